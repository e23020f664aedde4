"""A service over a store of its own, with one account of every role, for tests.

The town of `towns`, its east in a subdistrict of its own::

    +-----------+-----------+
    | A: c01-12 | B: c13-24 |      A = 370202001, B = 370202002
    +-----------+-----------+
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from steps import Clock, publish
from towns import EAST_CODE, WEST_CODE, area, frame, town, town_layers

from geogrid.governance.again import plan_again
from geogrid.governance.layout import make_plan

A, B = "370202001", "370202002"
EAST_IN_B = "370202002001"

ROLES = {
    "viewer": ("viewer", None),
    "clerk_a": ("clerk", A),
    "clerk_b": ("clerk", B),
    "planner": ("planner", None),
    "planner2": ("planner", None),
    "approver": ("approver", None),
    "admin": ("admin", None),
}
_KEYS = "house-keys.json"
GEOPACKAGE = "application/geopackage+sqlite3"


def two_subdistricts():
    """Return the town as a district of two subdistricts with one community each."""
    layers = town_layers()
    for name in ("communities", "courtyards", "basic_grids"):
        layer = layers[name]
        layer["community_code"] = layer["community_code"].replace(EAST_CODE, EAST_IN_B)
    grids = layers["basic_grids"]
    grids["grid_code"] = grids["grid_code"].str.replace(EAST_CODE, EAST_IN_B)
    layers["communities"]["subdistrict_code"] = [A, B]
    layers["subdistricts"] = frame(
        [
            {"subdistrict_code": A, "name": "西街道", "geometry": area(0, 0, 300, 600)},
            {"subdistrict_code": B, "name": "东街道", "geometry": area(300, 0, 600, 600)},
        ]
    )
    return town(**layers)


def town_plan():
    """Return the town's plan of three grids a community, paired with beats."""
    return plan_again(make_plan(two_subdistricts(), n_grids=6), n_grids=6)


def grids_of(assignment, community=WEST_CODE):
    """Return the courtyards of every grid of a community."""
    found = {}
    for ident, code in sorted(assignment.items()):
        if code.startswith(community):
            found.setdefault(code, []).append(ident)
    return found


@dataclass
class Desk:
    """Ask the service in the name of one account."""

    client: object
    headers: dict = field(default_factory=dict)

    def ask(self, method, path, *, json=None, headers=None, **more):
        given = {**self.headers, **(headers or {})}
        if json is not None:
            more["json"] = json
        return self.client.request(method, path, headers=given, **more)

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, json=None, *, at=None, **more):
        headers = dict(more.pop("headers", {}))
        if at is not None:
            plan_id = path.split("/")[2]
            headers["If-Match"] = f'"{plan_id}-{at}"'
        return self.ask("POST", path, json=json, headers=headers, **more)


@dataclass
class Service:
    """A running service, and a desk of every role in it."""

    client: object
    store: object
    clock: Clock
    secrets: dict

    def desk(self, role):
        if role == "anonymous":
            return Desk(self.client)
        return Desk(self.client, {"X-API-Key": self.secrets[role]})

    def __getattr__(self, role):
        if role not in ROLES and role != "anonymous":
            raise AttributeError(role)
        return self.desk(role)

    def draft(self, *, scope=None, base=None, title="草案"):
        """Start a draft and return its number."""
        by = {None: "planner", A: "clerk_a", B: "clerk_b"}[scope]
        made = self.store.derive_plan(base or 1, title=title, by=by, scope=scope)
        return made.plan_id

    def publish(self, plan_id, *, day, no="青南政〔2026〕1号"):
        """Lead a draft through its life, until it is published from a day on."""
        return publish(self.store, plan_id, day, document_no=no)

    def close(self):
        self.client.close()
        self.store.close()

    def revision(self, plan_id):
        return self.store.plan_info(plan_id).revision

    def grids(self, plan_id, community=WEST_CODE):
        return grids_of(self.store.draft(plan_id).assignment, community)


def open_house(path, folder):
    """Return a service over the store of a file; its keys lie in a folder."""
    from fastapi.testclient import TestClient

    from geogrid.store.store import Store
    from geogrid_api.app import create_app
    from geogrid_api.settings import load_settings

    clock = Clock()
    store = Store.open(path, now=clock)
    settings = load_settings(rate_public=0.0, rate_known=0.0, rate_sign_in=0.0, runner=False)
    secrets = json.loads((folder / _KEYS).read_text())
    return Service(TestClient(create_app(store, settings=settings)), store, clock, secrets)


def add_accounts(store, folder):
    """Make one account of every role, each with a key; write the keys into a folder."""
    secrets = {}
    for name, (role, subdistrict) in ROLES.items():
        store.add_user(name, role=role, subdistrict=subdistrict, by="test")
        secrets[name] = store.add_key(name, label="test").secret
    (folder / _KEYS).write_text(json.dumps(secrets))


def sound_move(plan):
    """Return a courtyard, its grid and another that it may join without a hard fault."""
    from geogrid.governance.verdict import Judge

    judge = Judge(plan)
    yards = plan.courtyards
    assignment = dict(zip(yards["courtyard_id"], yards["grid_code"], strict=True))
    for ident, old in assignment.items():
        for new in sorted(set(assignment.values()) - {old}):
            if new[:-3] == old[:-3] and not judge.judge(assignment | {ident: new}).hard:
                return ident, old, new
    raise AssertionError("no courtyard of this plan can move")

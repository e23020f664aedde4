"""Who may do what: every role at every address, whoever owns the draft; each cell is asked.

The addresses come from the service itself, so a new one without a row fails here. A row
says for each caller, in the order of `CALLERS`, what happens: ``+`` allowed, ``L`` sign in
first (401), ``F`` forbidden (403), ``N`` not there for these eyes (404).
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass, field

import plan_service
import pytest
from plan_service import GEOPACKAGE, A, B

CALLERS = ("anonymous", "viewer", "clerk_a", "clerk_b", "planner", "approver", "admin")
CODES = {"L": 401, "F": 403, "N": 404}
# plans of the template, by whose they are
OWNERS = {"district": 1, "published": 2, A: 3, B: 4}
STALE = {"If-Match": '"{plan}-999"'}
READABLE = ("subdistricts", "communities", "courtyards", "gov_grids", "basic_grids", "beats")
COLLECTIONS = (*READABLE, "compounds")


@dataclass
class Row:
    """One address: what is asked, and what each caller gets.

    ``allowed`` are the answers that show that the caller came through the door; a write is
    asked in a way that the room behind refuses (stale, not there), so that no cell changes
    what the next one finds.
    """

    cells: object
    path: str = ""
    allowed: tuple = (200,)
    json: object = None
    headers: dict = field(default_factory=dict)
    content: bytes | None = None


def same(cells):
    """Say the same for every owner."""
    return dict.fromkeys(OWNERS, cells)


#            .anonymous .viewer .clerk of A .clerk of B .planner .approver .admin
ALL = "+++++++"
KNOWN = "L++++++"
ADMIN = "LFFFFF+"
PLANNER = "LFFF+FF"
EDITOR = "LF+++FF"

# what a draft is for each caller, by its owner
SEEN = {A: "LN+N++N", B: "LNN+++N", "district": "LN++++N", "published": KNOWN}
WRITTEN = {A: "LN+N+FN", B: "LNN++FN", "district": "LN+++FN", "published": EDITOR}
# whole files, submissions: not a clerk's where the draft is the district's
WHOLE = {A: "LN+N++N", B: "LNN+++N", "district": "LNFF++N", "published": "LF++++F"}
WHOLE_WRITTEN = {A: "LN+N+FN", B: "LNN++FN", "district": "LNFF+FN", "published": EDITOR}
TALKED = {A: "LN+N++N", B: "LNN+++N", "district": "LN++++N", "published": "LF++++F"}
# a community of A, for whoever may take plans out
LEDGERED = {A: "LN+N++N", B: "LNNF++N", "district": "LN+F++N", "published": "LF++++F"}
APPROVED = {A: "LNFNF+N", B: "LNNFF+N", "district": "LNFFF+N", "published": "LFFFF+F"}
MERGED = {A: "LNFN+FN", B: "LNNF+FN", "district": "LNFF+FN", "published": "LFFF+FF"}

# what the map draws: the public sees what is in force
DRAWN = {A: "LN+N++N", B: "LNN+++N", "district": "LN++++N", "published": ALL}

EDIT = {"edits": [{"op": "lock", "subject": "grid:370202001001001"}]}
DONE = (409, 412)

ROWS = {
    # plans
    "GET /plans": Row(KNOWN),
    "POST /plans": Row(EDITOR, json={"base": 99, "title": "甲"}, allowed=(404,)),
    "GET /plans/{plan_id}": Row(SEEN),
    "GET /plans/{plan_id}/assignment": Row(SEEN),
    "GET /plans/{plan_id}/moves": Row(SEEN),
    "GET /plans/{plan_id}/locks": Row(SEEN),
    "GET /plans/{plan_id}/file": Row(WHOLE),
    "GET /plans/{plan_id}/comments": Row(TALKED),
    "GET /plans/{plan_id}/approvals": Row(TALKED),
    "GET /plans/{plan_id}/validate": Row(TALKED),
    "GET /plans/{plan_id}/compare": Row(TALKED, path="/plans/{plan}/compare?with=2"),
    "GET /plans/{plan_id}/crosswalk": Row(SEEN),
    "POST /plans/{plan_id}/moves": Row(WRITTEN, json=EDIT, headers=STALE, allowed=DONE),
    "POST /plans/{plan_id}/undo": Row(WRITTEN, json={"revision": 1}, headers=STALE, allowed=DONE),
    "POST /plans/{plan_id}/locks": Row(
        WRITTEN, json={"lock": ["grid:370202001001001"]}, headers=STALE, allowed=DONE
    ),
    "POST /plans/{plan_id}/change-list": Row(
        WRITTEN, content=b"id,to", headers={"Content-Type": "text/csv"}, allowed=(200, 409)
    ),
    "POST /plans/{plan_id}/mend": Row(
        WRITTEN, json={"communities": ["370202001001"]}, headers=STALE, allowed=DONE
    ),
    "POST /plans/{plan_id}/merge": Row(
        MERGED, json={"draft": 3}, headers=STALE, allowed=(400, *DONE)
    ),
    "POST /plans/{plan_id}/comments": Row(
        TALKED, json={"body": "x", "subject": ""}, allowed=(201,)
    ),
    "POST /plans/{plan_id}/comments/{comment_id}/settle": Row(
        TALKED, path="/plans/{plan}/comments/{plan}/settle", allowed=(200, 409)
    ),
    "POST /plans/{plan_id}/submit": Row(WHOLE_WRITTEN, headers=STALE, allowed=DONE),
    # no revision makes this stale: the first through the door does it, the others find it done
    "POST /plans/{plan_id}/withdraw": Row(WHOLE_WRITTEN, json={}, allowed=(200, 409)),
    "POST /plans/{plan_id}/send-back": Row(APPROVED, json={}, headers=STALE, allowed=DONE),
    "POST /plans/{plan_id}/approve": Row(APPROVED, json={}, headers=STALE, allowed=DONE),
    "POST /plans/{plan_id}/object": Row(APPROVED, json={}, headers=STALE, allowed=DONE),
    "POST /plans/{plan_id}/publish": Row(
        APPROVED,
        json={"document_no": "1", "effective_date": "2026-04-01"},
        headers=STALE,
        allowed=DONE,
    ),
    # processes
    "GET /processes": Row(ALL),
    "GET /processes/{processID}": Row(ALL, path="/processes/layout"),
    "POST /processes/{process_id}/execution": Row(
        PLANNER, path="/processes/layout/execution", json={"inputs": {}}, allowed=(400,)
    ),
    "GET /jobs": Row(PLANNER),
    "GET /jobs/{job_id}": Row(PLANNER, path="/jobs/x", allowed=(404,)),
    "DELETE /jobs/{job_id}": Row(PLANNER, path="/jobs/x", allowed=(404,)),
    "GET /jobs/{job_id}/results": Row(PLANNER, path="/jobs/x/results", allowed=(404,)),
    "GET /jobs/{job_id}/results/{output}": Row(
        PLANNER, path="/jobs/x/results/plan", allowed=(404,)
    ),
    # accounts
    "POST /token": Row(ALL, json={"name": "nobody", "password": "x"}, allowed=(401,)),
    "DELETE /token": Row("L++++++", allowed=(204, 400, 403, 409)),
    "POST /token/renew": Row("L++++++", allowed=(200, 400, 401, 403, 409)),
    "GET /me": Row(ALL),
    "POST /me/password": Row("L++++++", json={"old": "x", "new": "y"}, allowed=(400, 403, 409)),
    "GET /users": Row(ADMIN),
    "POST /users": Row(ADMIN, json={"name": "?", "role": "viewer"}, allowed=(400,)),
    "GET /users/{user_name}": Row(ADMIN, path="/users/planner"),
    "PATCH /users/{user_name}": Row(ADMIN, path="/users/nobody", json={}, allowed=(404,)),
    "GET /keys": Row(KNOWN),
    "POST /keys": Row(KNOWN, json={"label": ""}, allowed=(400, 403)),
    "DELETE /keys/{key_id}": Row(KNOWN, path="/keys/nothing", allowed=(403, 404)),
    "GET /settings/collections": Row(ADMIN),
    "PUT /settings/collections/{collection}": Row(
        ADMIN, path="/settings/collections/gov_grids", json={"is_public": True}, allowed=(200, 204)
    ),
    "GET /audit": Row(ADMIN),
    # what everybody reads
    "GET /": Row(ALL),
    "GET /conformance": Row(ALL),
    "GET /api": Row(ALL),
    "GET /api.html": Row(ALL),
    "GET /collections": Row(ALL),
    "GET /locate": Row(ALL, path="/locate?lon=120.33&lat=36.07", allowed=(200, 404)),
    "POST /locate": Row(ALL, json={"points": [[120.33, 36.07]]}, allowed=(200, 400)),
    "GET /changes": Row(ALL),
    "GET /g/{grid_layer}/{grid_code}": Row(ALL, path="/g/gov_grids/370202001001001"),
    "GET /tileMatrixSets": Row(ALL),
    "GET /tileMatrixSets/WebMercatorQuad": Row(ALL),
    "GET /tiles": Row(ALL),
    "GET /tiles/WebMercatorQuad": Row(ALL),
    "GET /tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}": Row(
        ALL, path="/tiles/WebMercatorQuad/0/0/0", allowed=(200, 204)
    ),
    "GET /healthz": Row(ALL),
    "GET /readyz": Row(ALL),
    "GET /metrics": Row(ALL, allowed=(200, 403)),
    # the web map: the page holds nothing; what it reads is opened as plans are, and to the
    # public as far as collections are
    "GET /map": Row(ALL, allowed=(200, 503)),
    "GET /map/start": Row(ALL),
    "GET /map/ground": Row(DRAWN, path="/map/ground?plan={plan}"),
    "GET /map/detail": Row(DRAWN, path="/map/detail?plan={plan}"),
    "GET /map/layout": Row(DRAWN, path="/map/layout?plan={plan}"),
    "GET /map/ledger": Row(
        LEDGERED, path="/map/ledger?plan={plan}&community=370202001001&f=geojson"
    ),
    "GET /favicon.ico": Row(ALL, allowed=(200, 204, 404)),
}
for name in COLLECTIONS:
    first = {"courtyards": "c01", "gov_grids": "370202001001001"}.get(name, "none")
    here = f"/collections/{name}"
    ROWS |= {
        f"GET {here}": Row(ALL),
        f"GET {here}/queryables": Row(ALL),
        f"GET {here}/schema": Row(ALL),
        f"GET {here}/items": Row(ALL),
        f"GET {here}/items/{{feature}}": Row(ALL, path=f"{here}/items/{first}", allowed=(200, 404)),
        f"GET {here}/tiles": Row(ALL),
        f"GET {here}/tiles/WebMercatorQuad": Row(ALL),
        f"GET {here}/tiles/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": Row(
            ALL, path=f"{here}/tiles/WebMercatorQuad/0/0/0", allowed=(200, 204)
        ),
    }


@pytest.fixture(scope="session")
def crowd_template(once, house_template):
    """Return the file of a store with a plan of every owner, each with one remark."""

    def make(path):
        shutil.copy(house_template, path)
        house = plan_service.open_house(path, house_template.parent)
        published = house.draft()
        house.publish(published, day=dt.date(2026, 3, 1))
        plans = {"district": 1, "published": published}
        plans |= {scope: house.draft(scope=scope, base=published) for scope in (A, B)}
        assert plans == OWNERS
        for plan_id in sorted(plans.values()):
            assert house.store.comment(plan_id, "注", by="planner").comment_id == plan_id
        house.close()

    return once("crowd.db", make)


@pytest.fixture
def crowd(crowd_template, house_template, tmp_path):
    """Return a service with a plan of every owner."""
    shutil.copy(crowd_template, tmp_path / "store.db")
    house = plan_service.open_house(tmp_path / "store.db", house_template.parent)
    yield house
    house.close()


def ask(house, caller, name, plan_id):
    """Ask for one cell of the table."""
    method, _, template = name.partition(" ")
    row = ROWS[name]
    path = (row.path or template.replace("{plan_id}", "{plan}")).replace("{plan}", str(plan_id))
    headers = {key: value.format(plan=plan_id) for key, value in row.headers.items()}
    return house.desk(caller).ask(method, path, json=row.json, headers=headers, content=row.content)


def test_every_address_of_the_service_has_a_row(crowd):
    paths = crowd.anonymous.get("/api").json()["paths"]
    found = {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method in methods
        if method in {"get", "post", "put", "patch", "delete"}
    }
    found |= {f"GET {path}" for path in crowd.client.app._fronts}
    assert found - set(ROWS) == set(), "an address without a row: say who may use it"
    assert set(ROWS) - found == set(), "a row without an address"


@pytest.mark.parametrize("name", list(ROWS))
def test_each_cell_of_the_table(crowd, name):
    row = ROWS[name]
    table = row.cells if isinstance(row.cells, dict) else {"nobody": row.cells}
    wrong = []
    for owner, cells in table.items():
        for caller, cell in zip(CALLERS, cells, strict=True):
            answer = ask(crowd, caller, name, OWNERS.get(owner, 1))
            want = row.allowed if cell == "+" else (CODES[cell],)
            if answer.status_code not in want:
                wrong.append((caller, owner, want, answer.status_code, answer.text[:120]))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("owner", [A, B])
def test_what_is_not_there_reads_the_same_as_what_is_hidden(crowd, owner):
    other = "clerk_b" if owner == A else "clerk_a"
    hidden = crowd.desk(other).get(f"/plans/{OWNERS[owner]}").json()
    absent = crowd.desk(other).get("/plans/999").json()
    for told in (hidden, absent):
        del told["instance"], told["request_id"]
    assert hidden["detail"].replace(str(OWNERS[owner]), "N") == absent["detail"].replace("999", "N")


@pytest.mark.parametrize("caller", CALLERS)
def test_a_plan_file_comes_from_those_who_may_compute(crowd, caller):
    answer = crowd.desk(caller).post(
        "/plans", content=b"no plan", headers={"Content-Type": GEOPACKAGE}
    )
    assert answer.status_code == {"anonymous": 401, "planner": 400}.get(caller, 403)


def test_a_key_that_ended_opens_nothing(crowd):
    (key,) = crowd.store.keys("planner")
    crowd.store.end_key(key.key_id)
    assert crowd.planner.get("/plans").status_code == 401


@pytest.mark.parametrize("secret", ["gg_forged", "' OR 1=1 --", "x" * 5_000, "null"])
def test_a_forged_key_opens_nothing(crowd, secret):
    for headers in ({"X-API-Key": secret}, {"Authorization": f"Bearer {secret}"}):
        assert crowd.anonymous.get("/plans", headers=headers).status_code == 401

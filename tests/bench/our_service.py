"""Our side: a store with one published plan of the sample, and `geogrid serve` over it."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

from servers import Server, free_port

from geogrid.store.plan_file import read_plan
from geogrid.store.store import Store

GRIDS = 349
# versions follow one another by a day each, all of them in the past
FIRST_DAY = dt.date(2020, 1, 1)
ROOT = Path(__file__).resolve().parents[2]
# features that one page may hold
LIMIT = 10_000
# points that one POST /locate may carry
PER_REQUEST = 10_000


def sample_plan(folder):
    """Return the file of the sample district's plan, both layers paired."""
    district, plan = Path(folder) / "sample.gpkg", Path(folder) / "plan.gpkg"
    if not plan.exists():
        geogrid("sample", district)
        geogrid("plan", district, "--grids", GRIDS, "--out", plan)
        for layer in ("gov_grids", "basic_grids"):
            geogrid("pair", plan, "--layer", layer)
    return plan


def geogrid(*words):
    """Run our command line."""
    command = [sys.executable, "-m", "geogrid.cli", *map(str, words)]
    subprocess.run(command, check=True, capture_output=True, env=environment())


def environment():
    """Return an environment in which a child finds this geogrid, not another."""
    folders = [str(ROOT), str(ROOT / "api"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(folders)}


def our_store(folder, *, url=None, plans=None):
    """Make a store in which plans are in force; return its address."""
    url = url or f"sqlite:///{folder}/store.db"
    with Store.create(url) as store:
        for plan in plans or [read_plan(sample_plan(folder))]:
            publish(store, store.add_plan(plan, title="Bench", by="planner"), FIRST_DAY)
    return url


def publish(store, info, effective_date):
    """Lead a draft all the way into force."""
    plan_id = info.plan_id
    info = store.submit(plan_id, expected=info.revision, by="planner")
    store.approve(plan_id, expected=info.revision, by="approver")
    return store.publish(
        plan_id,
        expected=info.revision,
        document_no="bench",
        effective_date=effective_date,
        by="approver",
        accepted_because="bench",
    )


def publish_again(store):
    """Bring the same layout into force once more, as a version of the day after the last."""
    last = store.in_force()[0]
    draft = store.derive_plan(last.plan_id, title="Bench", by="planner")
    return publish(store, draft, last.effective_date + dt.timedelta(days=1))


def planner_key(url):
    """Make a planner; return a key that acts in the planner's name."""
    with Store.open(url) as store:
        store.add_user("keyholder", role="planner", by="bench")
        return store.add_key("keyholder", label="bench").secret


def draft_of(url, n=20):
    """Make a draft of what is in force; return its number and moves there and back.

    Courtyards change to another grid of their community, and return.
    """
    with Store.open(url) as store:
        info = store.derive_plan(store.in_force()[0].plan_id, title="Draft", by="planner")
        held = store.draft(info.plan_id).assignment
    moves = []
    for courtyard, grid in sorted(held.items()):
        # a grid's code begins with that of its community
        others = sorted({code for code in held.values() if code[:12] == grid[:12]} - {grid})
        if others and len(moves) < 2 * n:
            moves += [(courtyard, others[0]), (courtyard, grid)]
    return info.plan_id, moves


def our_server(url, folder, *, workers=1, core=None, name="geogrid", **settings):
    """Return `geogrid serve` over a store, not yet started; as by default, but unlimited."""
    port = free_port()
    told = {
        "STORE": url,
        "PORT": port,
        "WORKERS": workers,
        "RATE_PUBLIC": 0,
        "RATE_KNOWN": 0,
        "RATE_SIGN_IN": 0,
    } | {key.upper(): value for key, value in settings.items()}
    env = environment() | {f"GEOGRID_{key}": str(value) for key, value in told.items()}
    return Server(
        name,
        [sys.executable, "-m", "geogrid.cli", "serve"],
        port=port,
        ready="/readyz",
        log=Path(folder) / "geogrid.log",
        env=env | {"OMP_NUM_THREADS": "1"},
        core=core,
    )


def everything(server, path="/collections/courtyards/items"):
    """Return all features of a collection as one document, page after page."""
    held, at = None, 0
    while True:
        page = json.loads(server.get(f"{path}?limit={LIMIT}&offset={at}"))
        if held is None:
            held = page
        else:
            held["features"] += page["features"]
        at = len(held["features"])
        if at >= page["numberMatched"]:
            return held


def bulk_body(points):
    """Return the body that asks for many points."""
    return json.dumps({"points": points.round(7).tolist()}).encode()

"""Our side: a store with one published plan of the sample, and `geogrid serve` over it."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

from servers import Server, free_port

from geogrid.plans.plan import Plan
from geogrid.store.store import Store

GRIDS = 349
ROOT = Path(__file__).resolve().parents[2]
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
        for path in plans or [sample_plan(folder)]:
            publish(store, Plan.read(path))
    return url


def publish(store, plan, *, title="Bench"):
    """Lead one plan all the way into force today."""
    info = store.add_plan(plan, title=title, by="planner")
    info = store.submit(info.plan_id, expected=info.revision, by="planner")
    info = store.approve(info.plan_id, expected=info.revision, by="approver")
    return store.publish(
        info.plan_id,
        expected=info.revision,
        document_no="bench",
        effective_date=dt.datetime.now(dt.UTC).date(),
        by="approver",
        accepted_because="bench",
    )


def our_server(url, folder, *, workers=1, core=None, name="geogrid", **settings):
    """Return `geogrid serve` over a store, not yet started: no limits of rate, quiet logs."""
    port = free_port()
    told = {
        "STORE": url,
        "PORT": port,
        "WORKERS": workers,
        "RATE_PUBLIC": 0,
        "RATE_KNOWN": 0,
        "RATE_SIGN_IN": 0,
        "LOG_LEVEL": "warning",
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


def bulk_body(points):
    """Return the body that asks for many points."""
    return json.dumps({"points": points.round(7).tolist()}).encode()

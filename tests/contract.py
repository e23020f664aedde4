"""Every request that our own OpenAPI document allows, and many that it does not (schemathesis)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

CONFIG = Path(__file__).with_name("contract.toml")
HOOKS = Path(__file__).with_name("contract_hooks.py")
COLLECTIONS = (
    "subdistricts",
    "communities",
    "courtyards",
    "gov_grids",
    "basic_grids",
    "beats",
    "compounds",
)


def run_contract(base, folder, *, plans, key="", examples=50, seed=1, timeout=600):
    """Ask one service for everything; return the finished process.

    Its output lists what was wrong, its exit code is 0 if nothing was. ``plans`` are numbers of
    plans that are there; with a key it asks in the name of the key's owner.
    """
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG)]
    command += ["run", f"{base}/api", "--url", base, "--checks", "all", "--no-color"]
    command += ["--max-examples", str(examples), "--seed", str(seed), "--continue-on-failure"]
    # who asks is said here; a key that was made up would only ever be refused
    command += ["--generation-with-security-parameters", "false"]
    # a failure is told as it came: making it smaller takes longer than all the rest
    command += ["--no-shrink", "--generation-database", "none"]
    headers = {"X-API-Key": key} if key else {}
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    there = json.dumps(names(base, headers, plans))
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"GEOGRID_CONTRACT_NAMES": there, "SCHEMATHESIS_HOOKS": str(HOOKS)},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def names(base, headers, plans):
    """Return what is there, by collection or by parameter of a path."""
    found = {name: [] for name in COLLECTIONS}
    for name in COLLECTIONS:
        asked = urllib.request.Request(f"{base}/collections/{name}/items?limit=50", headers=headers)  # noqa: S310 - our own
        with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310 - our own
            found[name] = [feature["id"] for feature in json.load(answer)["features"]]
    return found | {
        "plan_id": list(plans),
        "grid_layer": ["gov_grids", "basic_grids"],
        "grid_code": found["gov_grids"] + found["basic_grids"],
        "processID": ["layout"],
        "process_id": ["layout"],
    }

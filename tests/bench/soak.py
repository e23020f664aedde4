"""Soak: the service under load and edits for long, and under every request a schema allows.

    python tests/bench/soak.py [--requests 50000] [--examples 1000] [--kills 200] [--only STAGE]

Stages, each bound in count and in time, each with one line of result; the exit code is 1 if
any failed:

- read: requests over 16 connections while a planner edits a draft and versions come into
  force; no error, and no process grows by more than a tenth after the warm-up.
- contract: schemathesis over our own OpenAPI document, all checks, as anybody and as a planner.
- kills: editors and database servers killed at random moments, on SQLite and on PostgreSQL;
  every acknowledged edit must be there (`tests/soak/kills.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from addresses import (
    ITEMS,
    MANY,
    Town,
    asked_boxes,
    asked_places,
    asked_tiles,
)
from client import Connection, ask_all
from our_service import (
    bulk_body,
    draft_of,
    environment,
    everything,
    our_server,
    our_store,
    planner_key,
    publish_again,
)

from geogrid.store.store import Store

# what the tests ask, and of which town
sys.path.append(str(Path(__file__).resolve().parents[1]))

from contract import run_contract
from plan_service import town_plan

KILLS = Path(__file__).parents[1] / "soak" / "kills.py"
CONNECTIONS = 16
WORKERS = 2
# requests that fill every cache before memory is looked at
WARM_UP = 8_000
GROWTH = 0.10
# wall seconds that a stage may take
READ_S, CONTRACT_S, KILLS_S = 1_200, 7_200, 3_600
# rests of the editor between two edits
EDIT_S = 0.05
EDITS_PER_VERSION = 200
JSON = "Content-Type: application/json"


class Soak:
    """Run stages one after another; keep what each has shown.

    Parameters
    ----------
    given : Namespace
        The command line.
    folder : Path
        Where stores and logs are kept while it runs.
    """

    def __init__(self, given, folder):
        self.given, self.folder = given, Path(folder)
        self.results = {}

    def run(self):
        """Run what is asked for; return the exit code."""
        stages = {"read": self.read, "contract": self.contract, "kills": self.kills}
        for name, stage in stages.items():
            if self.given.only not in {None, name}:
                continue
            began = time.monotonic()
            try:
                faults, words = stage()
            except (OSError, TimeoutError, subprocess.TimeoutExpired) as error:
                faults, words = [f"{type(error).__name__}: {error}"], "did not end"
            self.results[name] = not faults
            verdict = "passed" if not faults else "FAILED"
            print(f"{name}: {verdict} in {time.monotonic() - began:.0f} s; {words}", flush=True)
            for fault in faults[:20]:
                print(f"  {fault}")
        return 0 if all(self.results.values()) else 1

    def read(self):
        """Read while plans are edited; return faults and a line of figures."""
        url = our_store(self.folder)
        key = planner_key(url)
        rng = np.random.default_rng(self.given.seed)
        with our_server(url, self.folder, workers=WORKERS) as server:
            town = Town.of(everything(server))
            return asyncio.run(self._read(server, town, url, key, rng))

    async def _read(self, server, town, url, key, rng):
        stop = asyncio.Event()
        editor = asyncio.create_task(edit(server.port, url, key, stop))
        sizes = []

        def look(n):
            if n % 1_000 == 0:
                sizes.append(server.memory_mb())

        try:
            async with asyncio.timeout(READ_S):
                # the largest answers first, so that what may be kept is full
                warm = list(mixed(town, rng, WARM_UP // 2))
                boxes = asked_boxes(town, MANY, rng, n=WARM_UP // 2)
                warm += [("GET", path, (), b"") for path in boxes]
                await ask_all(server.port, warm, connections=CONNECTIONS, expected=wrong)
                before = server.memory_mb()
                began = time.perf_counter()
                tally = await ask_all(
                    server.port,
                    mixed(town, rng, self.given.requests),
                    connections=CONNECTIONS,
                    expected=wrong,
                    on_answer=look,
                )
                took = time.perf_counter() - began
        finally:
            stop.set()
            edits, versions, faults = await editor
        after = server.memory_mb()
        faults = tally.faults + faults
        if tally.n != self.given.requests:
            faults.append(f"{tally.n} of {self.given.requests} answered")
        most = max(max(held) for held in [*sizes, after])
        if most > (1 + GROWTH) * max(before):
            faults.append(f"memory grew from {max(before):.0f} to {most:.0f} MB")
        if not edits:
            faults.append("nothing was edited")
        p99 = float(np.percentile(tally.times_ms, 99))
        return faults, (
            f"{tally.n:,} requests at {CONNECTIONS} connections in {took:.0f} s, "
            f"{dict(sorted(tally.statuses.items()))}, p99 {p99:.1f} ms; {edits} edits and "
            f"{versions} versions meanwhile; largest process {max(before):.0f} MB after the "
            f"warm-up, {max(after):.0f} MB at the end"
        )

    def contract(self):
        """Run schemathesis as anybody and as a planner; return faults and a line."""
        faults, told = [], []
        for name in ("anybody", "planner"):
            folder = self.folder / name
            folder.mkdir()
            # a drawn town: it is requests that count here, not kilobytes
            url = our_store(folder, plans=[town_plan()])
            key = planner_key(url)
            draft_of(url)
            with our_server(url, folder) as server:
                done = run_contract(
                    server.base,
                    folder,
                    # the one in force, and the draft
                    plans=(1, 2),
                    key=key if name == "planner" else "",
                    examples=self.given.examples,
                    seed=self.given.seed,
                    timeout=CONTRACT_S,
                )
            lines = done.stdout.strip().splitlines()
            told.append(f"{name}: {lines[-1].strip('= ')}" if lines else name)
            if done.returncode:
                report = Path(self.given.reports or self.folder) / f"contract-{name}.txt"
                report.write_text(done.stdout + done.stderr, encoding="utf-8")
                faults.append(f"{name}: see {report}")
        return faults, f"{self.given.examples} examples an operation; {'; '.join(told)}"

    def kills(self):
        """Kill editors often; return faults and a line."""
        faults, told = [], []
        for database in ("sqlite", "postgresql"):
            command = [sys.executable, str(KILLS), "--database", database]
            command += ["--kills", str(self.given.kills), "--seed", str(self.given.seed)]
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                timeout=KILLS_S,
                env=environment(),
            )
            if done.returncode:
                faults += [f"{database}: {line}" for line in done.stderr.splitlines()[-5:]]
            try:
                report = json.loads(done.stdout)
            except ValueError:
                faults.append(f"{database}: no report")
                continue
            faults += [f"{database}: {fault}" for fault in report["faults"]]
            told.append(
                f"{database}: {report['kills']} kills, {report['acknowledged']} edits "
                f"acknowledged, {report['saved']} in the store"
            )
        return faults, "; ".join(told)


def mixed(town, rng, n):
    """Yield requests of every kind that readers make, in a seeded order."""
    kinds = [
        asked_boxes(town, 16, rng, n=20_000),
        asked_boxes(town, MANY, rng, n=2_000),
        asked_places(town, rng, n=20_000),
        [f"{ITEMS}/{name}" for name in town.ids],
        asked_tiles(town),
        ["/", "/conformance", "/collections", "/api", "/changes?limit=10", "/collections?f=html"],
        [f"/collections/{name}/items?limit=20&f=html" for name in ("gov_grids", "beats")],
        ["/collections/gov_grids/items?filter=households%3E300", "/collections/gov_grids"],
    ]
    shares = np.array([0.3, 0.03, 0.35, 0.15, 0.1, 0.03, 0.02, 0.02])
    turns = [itertools.cycle(paths) for paths in kinds]
    gzip = ("Accept-Encoding: gzip",)
    # one in a hundred asks for many points at once
    bulk = bulk_body(town.middles()[:50])
    for choice, odd in zip(rng.choice(len(kinds), n, p=shares), rng.random(n), strict=True):
        if odd < 0.01:
            yield "POST", "/locate", (JSON,), bulk
        else:
            yield "GET", next(turns[choice]), gzip if odd < 0.3 else (), b""


def wrong(_request, answer):
    """Say what is wrong with an answer; nothing if it is as it should be."""
    status, headers, body = answer
    if status != 200:
        return f"{status} {body[:200]!r}"
    if "json" in headers.get("content-type", "") and "content-encoding" not in headers:
        try:
            json.loads(body)
        except ValueError:
            return "no JSON"
    return None


async def edit(port, url, key, stop):
    """Move courtyards there and back over HTTP until told to stop; publish now and then."""
    plan_id, pairs = draft_of(url)
    line = Connection(port)
    headers = (JSON, f"X-API-Key: {key}")
    faults, n, versions, revision = [], 0, 0, 0
    for courtyard, grid in itertools.cycle(pairs):
        if stop.is_set():
            break
        order = {"edits": [{"op": "move", "courtyards": [courtyard], "to": grid}]}
        tag = f'If-Match: "{plan_id}-{revision}"'
        status, _, body = await line.ask(
            "POST",
            f"/plans/{plan_id}/moves",
            headers=(*headers, tag),
            body=json.dumps(order).encode(),
        )
        if status != 200:
            faults.append(f"edit: {status} {body[:300]!r}")
            break
        revision = json.loads(body)["revision"]
        n += 1
        if n % EDITS_PER_VERSION == 0:
            await asyncio.to_thread(come_into_force, url)
            versions += 1
        await asyncio.sleep(EDIT_S)
    await line.close()
    return n, versions, faults


def come_into_force(url):
    """Publish the plan in force once more, so that every worker reads it afresh."""
    with Store.open(url) as store:
        publish_again(store)


def main():
    """Run the stages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--examples", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("read", "contract", "kills"))
    parser.add_argument("--reports", help="folder for what failed; else it goes with the rest")
    given = parser.parse_args()
    os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost")
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(Soak(given, folder).run())


if __name__ == "__main__":
    main()

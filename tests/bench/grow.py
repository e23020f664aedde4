"""Grow: one store with one district, then with many; what a request and a start cost in each."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
from addresses import FEW, Town, asked_boxes, asked_places
from copies import copies
from our_service import everything, our_server, our_store, sample_plan
from press import CONNECTIONS, press
from tables import layout

from geogrid.store.plan_file import read_plan

PRESS_S = 6
SERVER_CORE, ASKING_CORE = 0, 1


def grow(given):
    """Measure one district and many; print the table and return all figures."""
    rows = []
    with tempfile.TemporaryDirectory() as kept:
        plan = read_plan(sample_plan(kept))
        for n in (1, given.grow):
            print(f"  {n} districts ...", file=sys.stderr, flush=True)
            folder = Path(kept) / str(n)
            folder.mkdir(exist_ok=True)
            url = our_store(folder, plans=copies(plan, n))
            rows += measured(url, folder, n, np.random.default_rng(given.seed))
    print(table(rows))
    return rows


def measured(url, folder, n, rng):
    """Start one worker over a store; ask for boxes and places."""
    rows = []
    # on all cores, as it starts where people use it
    with our_server(url, folder) as server:
        start_s = server.start_s
    with our_server(url, folder, core=SERVER_CORE) as server:
        town = Town.of(everything(server))
        asked = {"bbox of 16": asked_boxes(town, FEW, rng), "locate": asked_places(town, rng)}
        for title, paths in asked.items():
            # one at a time shows the answer's own latency, many the queue before it
            for connections in (1, CONNECTIONS):
                load = press(
                    server,
                    paths,
                    folder,
                    seconds=PRESS_S,
                    connections=connections,
                    core=ASKING_CORE,
                )
                row = {"districts": n, "courtyards": len(town.ids), "title": title}
                rows.append(row | {"connections": connections} | asdict(load))
        for row in rows:
            row |= {"start_s": start_s, "memory_mb": server.memory_mb()[0]}
    return rows


def table(rows):
    """Draw the figures, and how many times those of the first store they are."""
    head = ["districts", "courtyards", "request", "connections", "CPU ms", "p50 ms", "p99 ms"]
    head += ["p50, times", "failed", "start s", "MB of the largest process"]
    first = {(r["title"], r["connections"]): r["p50_ms"] for r in reversed(rows)}
    lines = [
        [
            row["districts"],
            f"{row['courtyards']:,}",
            row["title"],
            row["connections"],
            f"{row['cpu_ms']:.3f}",
            f"{row['p50_ms']:.2f}",
            f"{row['p99_ms']:.2f}",
            f"{row['p50_ms'] / first[row['title'], row['connections']]:.2f}",
            row["failed"],
            f"{row['start_s']:.1f}",
            f"{row['memory_mb']:.0f}",
        ]
        for row in rows
    ]
    return layout(head, lines)

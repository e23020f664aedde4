"""Service: geogrid beside pygeoapi on the same courtyards, asked alike, CPU counted alike.

Started by run.py --service. The features that geogrid hands out are given to pygeoapi, first
to every provider that works here; the fastest for each kind of request is the one compared.
Nobody asks both at once. No address is asked twice unless a row says so, so that no cache of
answers flatters.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from addresses import (
    FEW,
    MANY,
    Town,
    asked_all,
    asked_boxes,
    asked_one,
    asked_places,
    asked_tiles,
    points,
)
from our_service import PER_REQUEST, bulk_body, everything, our_server, our_store
from press import press
from pygeoapi_peer import FRONTS, Peer
from tables import layout

# seconds of each press: to find the fastest provider, and of the comparison
LOOK_S, PRESS_S = 2, 6
WORKERS = (1, 2)
# answers compared feature by feature, of each kind
N_COMPARED = 20
# data further apart than this are not the same work; links beside a single feature weigh as much
# as the feature, and each service has its own
SIZE_RATIO = 1.25
BULK = 144_673
BULK_CPU_S = 5.0
# cores that the service and the asking program keep to when one worker is measured
SERVER_CORE, ASKING_CORE = 0, 1
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Kind:
    """Name one kind of request.

    Parameters
    ----------
    title : str
        As tables call it.
    asked : list of str
        Addresses, in order.
    is_shared : bool
        Whether pygeoapi answers it too.
    """

    title: str
    asked: list[str]
    is_shared: bool = True

    @property
    def compared(self):
        """Return the addresses whose answers are compared feature by feature."""
        return [address.split()[0] for address in self.asked[:N_COMPARED]]


def kinds(town, rng):
    """Return what is asked."""
    few = asked_boxes(town, FEW, rng)
    return {
        "few": Kind(f"bbox of {FEW}", few),
        "many": Kind(f"bbox of {MANY}", asked_boxes(town, MANY, rng)),
        "all": Kind(f"all {len(town.ids):,}", asked_all(town)),
        "one": Kind("one feature", asked_one(town, rng)),
        "few again": Kind(f"bbox of {FEW}, 100 addresses again", few[:100], is_shared=False),
        "one again": Kind("one feature, again", asked_one(town, rng)[:N_COMPARED], is_shared=False),
        "tile": Kind("tile z14, again", asked_tiles(town), is_shared=False),
        "locate": Kind("locate", asked_places(town, rng), is_shared=False),
    }


def compare_services(given):
    """Measure both services; print the tables and return all figures."""
    rng = np.random.default_rng(given.seed)
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        url = our_store(folder)
        with our_server(url, folder) as server:
            town = Town.of(everything(server))
        asked = kinds(town, rng)
        with Peer(town, folder) as peer:
            for name, why in peer.missing.items():
                print(f"pygeoapi's provider {name} is left out: {why}")
            looked = look(peer, asked, folder)
            best = fastest(looked)
            rows = []
            for workers in WORKERS:
                rows += side_by_side(peer, best, url, asked, folder, workers=workers)
        bulk = locate_in_bulk(url, town, folder, rng)
    print(provider_table(looked), "\n")
    print(service_table(rows), "\n")
    print(
        f"locate in bulk: {bulk['points']:,} points in {bulk['cpu_s']:.2f} CPU s of the service "
        f"({bulk['requests']} requests); at most {BULK_CPU_S:.0f} wanted"
    )
    return {"providers": looked, "services": rows, "bulk": bulk}


def look(peer, asked, folder):
    """Measure every provider behind both fronts, one worker, for what both services answer."""
    found = []
    for name, provider in peer.providers.items():
        for front in FRONTS:
            with peer.server(name, front, core=SERVER_CORE) as server:
                for kind, told in asked.items():
                    if not told.is_shared:
                        continue
                    say(f"{server.name}: {told.title}")
                    load = press(server, told.asked, folder, seconds=LOOK_S, core=ASKING_CORE)
                    row = {"provider": name, "title": provider.title, "front": front, "kind": kind}
                    found.append(row | figures(load))
    return found


def fastest(looked):
    """Return the provider and front of least CPU for each kind, its database included."""
    best = {}
    for row in looked:
        held = best.get(row["kind"])
        if not row["failed"] and (held is None or row["whole_ms"] < held["whole_ms"]):
            best[row["kind"]] = row
    return {kind: (row["provider"], row["front"]) for kind, row in best.items()}


def side_by_side(peer, best, url, asked, folder, *, workers):
    """Measure geogrid, then pygeoapi at its best for each kind."""
    alone = workers == 1
    core, asking = (SERVER_CORE, ASKING_CORE) if alone else (None, None)
    rows, answers = [], {}
    with our_server(url, folder, workers=workers, core=core) as server:
        for kind, told in asked.items():
            say(f"geogrid, {workers} workers: {told.title}")
            answers[kind] = [server.get(path) for path in told.compared]
            load = press(server, told.asked, folder, seconds=PRESS_S, core=asking)
            rows.append(row_of("geogrid", kind, told, workers, load, answers[kind]))
    for choice in sorted(set(best.values())):
        with peer.server(*choice, workers=workers, core=core) as server:
            for kind in (kind for kind, held in best.items() if held == choice):
                told = asked[kind]
                say(f"{server.name}, {workers} workers: {told.title}")
                theirs = [server.get(path) for path in told.compared]
                same_answers(told, answers[kind], theirs)
                load = press(server, told.asked, folder, seconds=PRESS_S, core=asking)
                rows.append(row_of(server.name, kind, told, workers, load, theirs))
    return rows


def row_of(name, kind, told, workers, load, answers):
    """Return one line of the table as plain data."""
    size = float(np.mean([len(answer) for answer in answers]))
    row = {"service": name, "kind": kind, "title": told.title, "workers": workers, "size": size}
    return row | figures(load)


def figures(load):
    """Return a load and what follows from it as plain data."""
    return asdict(load) | {"rate": load.rate, "whole_ms": load.whole_ms}


def same_answers(told, ours, theirs):
    """Stop unless both services answer with the same features in like sizes."""
    for path, one, other in zip(told.compared, ours, theirs, strict=True):
        if ids(one) != ids(other):
            raise SystemExit(f"The services differ in what they answer to {path}")
    ratio = sum(map(weight, theirs)) / sum(map(weight, ours))
    if not 1 / SIZE_RATIO <= ratio <= SIZE_RATIO:
        raise SystemExit(f"{told.title}: payloads differ by {ratio:.2f} times; not the same work")


def ids(answer):
    """Return the sorted identifiers of the features in an answer."""
    held = json.loads(answer)
    return sorted(feature["id"] for feature in held.get("features", [held]))


def weight(answer):
    """Return the bytes of an answer written one way, without the links beside the data."""
    held = json.loads(answer)
    held.pop("links", None)
    return len(json.dumps(held, ensure_ascii=False, separators=(",", ":")).encode())


def locate_in_bulk(url, town, folder, rng):
    """Locate very many points; return the CPU seconds of the service."""
    held = points(town, BULK, rng)
    bodies = [bulk_body(held[at : at + PER_REQUEST]) for at in range(0, len(held), PER_REQUEST)]
    with our_server(url, folder) as server:
        server.get("/locate", body=bulk_body(held[:10]), headers=JSON)
        before = server.cpu_s()
        for body in bodies:
            server.get("/locate", body=body, headers=JSON)
        spent = server.cpu_s() - before
    return {"points": BULK, "requests": len(bodies), "cpu_s": spent}


def provider_table(looked):
    """Draw CPU milliseconds per request of every provider and front."""
    kinds_of = list(dict.fromkeys(row["kind"] for row in looked))
    head = ["pygeoapi's provider, front", *kinds_of]
    lines = []
    for key in dict.fromkeys((row["title"], row["front"]) for row in looked):
        held = {r["kind"]: r for r in looked if (r["title"], r["front"]) == key}
        cells = [f"{held[kind]['whole_ms']:.2f}" for kind in kinds_of]
        lines.append([", ".join(key), *cells])
    return layout(head, lines)


def service_table(rows):
    """Draw both services side by side."""
    head = ["request", "workers", "service", "answer kB", "requests/s", "CPU ms", "of it database"]
    head += ["p50 ms", "p99 ms", "failed", "CPU, times"]
    lines = []
    for workers in dict.fromkeys(row["workers"] for row in rows):
        for kind in dict.fromkeys(row["kind"] for row in rows):
            held = [r for r in rows if r["workers"] == workers and r["kind"] == kind]
            ours = held[0]["whole_ms"]
            for row in held:
                is_ours = row["service"] == "geogrid"
                lines.append(
                    [
                        row["title"],
                        str(workers),
                        row["service"],
                        f"{row['size'] / 1e3:.1f}",
                        f"{row['rate']:,.0f}",
                        f"{row['whole_ms']:.3f}",
                        f"{row['beside_ms']:.3f}" if row["beside_ms"] else "-",
                        f"{row['p50_ms']:.2f}",
                        f"{row['p99_ms']:.2f}",
                        str(row["failed"]),
                        "-" if is_ours else f"{row['whole_ms'] / ours:.1f}",
                    ]
                )
    return layout(head, lines)


def say(words):
    """Tell how far it is."""
    print(f"  {words} ...", file=sys.stderr, flush=True)

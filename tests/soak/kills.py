"""Kill editors, and the server, at random moments; then look whether every promise was kept.

usage: kills.py [--kills 200] [--editors 8] [--database sqlite|postgresql] [--seed N]

Eight processes edit one draft as fast as they can. Each writes what the store acknowledged
to a file of its own, synced, before it goes on. Now and then one of them, all of them, or
(on PostgreSQL) the server is killed with SIGKILL, which nobody can catch; what was killed
starts again. In the end every acknowledged edit must be in the store, whole and once, and
whatever else is there must be whole too. Prints a JSON report; exit code 1 if a promise broke.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from clusters import running_cluster
from towns import town

from geogrid.errors import ConflictError, InputError, StorageError
from geogrid.governance.layout import make_plan
from geogrid.store.checks import check_store
from geogrid.store.edits import Move
from geogrid.store.store import Store

# a longer silence means that nobody gets on any more
_PATIENCE_S = 120.0
# a blow falls up to so long after an acknowledgement, into the midst of the next edits
_WITHIN_S = 0.02
_RETRY_S = 0.05


@dataclass
class Report:
    """Tell what was done and what was found."""

    database: str
    seed: int
    kills: int = 0
    editors_killed: int = 0
    servers_killed: int = 0
    acknowledged: int = 0
    saved: int = 0
    entries: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Scene:
    """Hold what every editor needs to know."""

    url: str
    plan_id: int
    # every grid of the start, also those that are empty by now
    grids: tuple[str, ...]
    folder: Path
    # where an editor tells of an acknowledgement, a byte each
    tell: int


def soak(url, *, kills, editors=8, seed=0, cluster=None):
    """Edit a new draft in a store under blows; return a `Report`.

    ``url``: an empty store. ``cluster``: its server, if that shall be killed as well. Forks,
    so call it where no other thread runs.
    """
    report = Report("sqlite" if cluster is None else "postgresql", seed)
    began = time.monotonic()
    with Store.open(url) as store:
        plan_id = store.add_plan(make_plan(town(), n_grids=6), title="soak", by="soak").plan_id
        grids = tuple(store.draft(plan_id).names)
    heard, tell = os.pipe()
    scene = Scene(url, plan_id, grids, Path(tempfile.mkdtemp(prefix="kills-")), tell)
    try:
        _strike(scene, heard, report, kills=kills, editors=editors, cluster=cluster)
        report.faults += _faults(scene, report)
    finally:
        os.close(heard)
        os.close(tell)
        shutil.rmtree(scene.folder)
    report.seconds = round(time.monotonic() - began, 1)
    return report


def _strike(scene, heard, report, *, kills, editors, cluster):
    """Let the editors edit, and kill at random moments."""
    rng = random.Random(report.seed)  # noqa: S311 - chance, no secret
    crew, births = {}, 0

    def employ(place):
        nonlocal births
        births += 1
        crew[place] = _fork_editor(scene, f"e{place}.{births}", rng.random())

    def dismiss(place):
        os.kill(crew[place], signal.SIGKILL)
        os.waitpid(crew.pop(place), 0)
        report.editors_killed += 1

    for place in range(editors):
        employ(place)
    try:
        for kill in range(1, kills + 1):
            _await(heard, rng.randint(1, 2 * editors))
            select.select([], [], [], rng.random() * _WITHIN_S)
            if cluster is not None and kill % 5 == 0:
                cluster.crash()
                cluster.start(durable=True)
                report.servers_killed += 1
            else:
                # every seventh blow hits them all
                struck = list(crew) if kill % 7 == 0 else [rng.choice(list(crew))]
                for place in struck:
                    dismiss(place)
                for place in struck:
                    employ(place)
            report.kills += 1
        _await(heard, editors)
    finally:
        for place in list(crew):
            dismiss(place)


def _await(heard, n_times):
    """Wait until so many edits were acknowledged."""
    while n_times > 0:
        if not select.select([heard], [], [], _PATIENCE_S)[0]:
            raise TimeoutError("nobody gets an edit acknowledged any more")
        n_times -= len(os.read(heard, n_times))


def _fork_editor(scene, name, seed):
    """Start one editor in a process of its own; return its number."""
    child = os.fork()
    if child:
        return child
    try:
        _edit_for_ever(scene, name, random.Random(seed))  # noqa: S311 - chance, no secret
    finally:
        # not the way out of the process that was forked
        os._exit(1)


def _edit_for_ever(scene, name, rng):
    """Move one to four courtyards at a time until killed; write down what was acknowledged."""
    book = os.open(scene.folder / f"{name}.jsonl", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    store, n_tries = None, 0
    while True:
        try:
            store = store or Store.open(scene.url)
            n_tries += 1
            made = _edit_once(store, scene, f"{name}:{n_tries}", rng)
        except (ConflictError, InputError):
            continue
        except StorageError:
            # the server is gone; it comes back
            if store is not None:
                store.close()
                store = None
            select.select([], [], [], _RETRY_S)
            continue
        line = {"token": made.note, "revision": made.revision, "entries": _plain(made.entries)}
        os.write(book, json.dumps(line).encode() + b"\n")
        os.fsync(book)
        os.write(scene.tell, b".")


def _edit_once(store, scene, token, rng):
    """Move some courtyards of a community into one of its grids."""
    state = store.draft(scene.plan_id)
    to = rng.choice(scene.grids)
    mine = sorted(c for c, code in state.assignment.items() if code[:-3] == to[:-3])
    return store.edit(
        scene.plan_id,
        [Move(tuple(rng.sample(mine, rng.randint(1, 4))), to)],
        expected=state.revision,
        by=token.partition(":")[0],
        rebase=True,
        note=token,
    )


def _plain(entries):
    return [[e.kind, e.subject, e.before, e.after] for e in entries]


def _faults(scene, report):
    """Return every broken promise."""
    promised = []
    for book in sorted(scene.folder.glob("*.jsonl")):
        # a last line without its end was not written down yet
        whole = book.read_bytes().rpartition(b"\n")[0]
        promised += [json.loads(line) for line in whole.splitlines()]
    faults = []
    with Store.open(scene.url) as store:
        saved = {made.revision: made for made in store.history(scene.plan_id)}
        state = dict(store.draft(scene.plan_id, at_revision=0).assignment)
        for made in saved.values():
            for entry in made.entries:
                if state.get(entry.subject) != entry.before:
                    faults.append(f"revision {made.revision} does not follow from those before")
                state[entry.subject] = entry.after
        if state != store.draft(scene.plan_id).assignment:
            faults.append("the log does not replay to the state")
        faults += [str(finding) for finding in check_store(store.database)]
    tokens = [made.note for made in saved.values()]
    if len(set(tokens)) != len(tokens):
        faults.append("an edit was saved twice")
    for line in promised:
        made = saved.get(line["revision"])
        if made is None or made.note != line["token"]:
            faults.append(f"{line['token']} was acknowledged as {line['revision']} and is gone")
        elif _plain(made.entries) != line["entries"]:
            faults.append(f"{line['token']} is there in part only")
    report.acknowledged, report.saved = len(promised), len(saved)
    report.entries = sum(len(made.entries) for made in saved.values())
    return faults


@contextmanager
def _somewhere(database):
    """Give the address of an empty store, and its server."""
    if database == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"{folder}/store.db", None
        return
    with running_cluster(durable=True) as cluster:
        yield cluster.url("postgres"), cluster


def main(argv=None):
    """Run one soak and print its report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--editors", type=int, default=8)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args(argv)
    with _somewhere(wanted.database) as (url, cluster):
        Store.create(url).close()
        report = soak(
            url, kills=wanted.kills, editors=wanted.editors, seed=wanted.seed, cluster=cluster
        )
    print(json.dumps(asdict(report), indent=1))
    return 1 if report.faults else 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())

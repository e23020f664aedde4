"""Servers: a service started on this computer, and what its processes cost."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

HOST = "127.0.0.1"
# what a service may take to answer for the first time, and to go
START_S = 90.0
STOP_S = 30.0
# rests between two looks at a service that is not there yet
LOOK_S = 0.1
# a service rests when it takes less than this share of a core over a look of so long
REST_SHARE, REST_S = 0.1, 0.5
TICKS = os.sysconf("SC_CLK_TCK")


class NotThereError(Exception):
    """A program or service that a measurement needs is missing; the message says what to do."""


class Server:
    """Run one service and everything it starts; count the CPU seconds of all of it.

    Parameters
    ----------
    name : str
        As tables call it.
    command : list of str
        What starts it.
    port : int
        Where it listens, on this computer only.
    ready : str
        Address that answers 200 as soon as the service can be asked.
    log : Path
        Where its output goes; the last lines are told if it does not start.
    env : dict
        Environment on top of this process's.
    core : int or None
        The only core it may use; None: any.
    beside : sequence of int
        Further process ids whose trees belong to it: its database.
    """

    def __init__(self, name, command, *, port, ready, log, env=None, core=None, beside=()):
        self.name, self.port, self.ready = name, port, ready
        self.command = [str(word) for word in on_core(command, core)]
        self.env = os.environ | (env or {})
        self.log = Path(log)
        self.beside = tuple(beside)
        self.start_s = None

    @property
    def base(self):
        """Return scheme, host and port."""
        return f"http://{HOST}:{self.port}"

    def __enter__(self):
        """Start it; wait until it answers."""
        began = time.monotonic()
        with self.log.open("wb") as out:
            # a group of its own, so that all of it can be ended together
            self.process = subprocess.Popen(
                self.command, env=self.env, stdout=out, stderr=out, start_new_session=True
            )
        try:
            self._wait(began)
        except BaseException:
            self.__exit__()
            raise
        self.start_s = time.monotonic() - began
        return self

    def _wait(self, began):
        while self.process.poll() is None and time.monotonic() - began < START_S:
            try:
                self.get(self.ready)
            except OSError:
                time.sleep(LOOK_S)
            else:
                return
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        raise NotThereError(f"{self.name} does not start:\n" + "\n".join(lines))

    def __exit__(self, *_):
        """Ask it to stop; end what is left after a while."""
        for kind in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, kind)
            except ProcessLookupError:
                break
            try:
                self.process.wait(STOP_S)
                break
            except subprocess.TimeoutExpired:
                continue

    def get(self, path, *, body=None, headers=None):
        """Return what one address answers, uncompressed."""
        asked = urllib.request.Request(self.base + path, data=body, headers=headers or {})  # noqa: S310 - this computer
        with urllib.request.urlopen(asked, timeout=120) as answer:  # noqa: S310 - the same
            return answer.read()

    def rest(self):
        """Wait until whatever it does besides answering when it starts is done."""
        before = None
        for _ in range(round(START_S / REST_S)):
            now = self.cpu_s()
            if before is not None and now - before < REST_SHARE * REST_S:
                return
            before = now
            time.sleep(REST_S)
        raise NotThereError(f"{self.name} is never at rest")

    def cpu_s(self):
        """Return user and system seconds of the service's own processes so far."""
        return sum(map(spent, family(self.process.pid)))

    def beside_cpu_s(self):
        """Return the same of its database."""
        return sum(spent(pid) for root in self.beside for pid in family(root))

    def memory_mb(self):
        """Return the resident memory of every process of the service, largest first."""
        return sorted((resident_mb(pid) for pid in family(self.process.pid)), reverse=True)


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as door:
        door.bind((HOST, 0))
        return door.getsockname()[1]


def on_core(command, core):
    """Return a command that keeps to one core; as it is where none is named."""
    if core is None or shutil.which("taskset") is None:
        return list(command)
    return ["taskset", "-c", str(core), *command]


def family(root):
    """Return a process and all that it started, directly or not."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := stat(entry.name)):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, left = [], [root]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def spent(pid):
    """Return user and system seconds of a process and of its ended children."""
    fields = stat(pid)
    return sum(map(int, fields[11:15])) / TICKS if fields else 0.0


def resident_mb(pid):
    """Return the memory that a process holds now; nothing once it has gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def stat(pid):
    """Return the kernel's fields of a process after its name; nothing once it has gone."""
    try:
        # a name may hold spaces and brackets: what counts begins after the last one
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return words.rpartition(")")[2].split()

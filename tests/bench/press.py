"""Press: ask a service as often as it can answer (wrk), and count what the answers cost it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from servers import NotThereError, on_core

SCRIPT = Path(__file__).with_name("press.lua")
CONNECTIONS = 16


@dataclass(frozen=True)
class Load:
    """Hold what one press has shown.

    Parameters
    ----------
    requests : int
        Answered.
    seconds : float
        Wall seconds.
    bytes : int
        Received, heads included.
    failed : int
        Statuses of 400 and more, broken connections, no answer in time.
    p50_ms, p99_ms : float
        Latency as the asking side sees it.
    cpu_ms : float
        CPU milliseconds per request of the service's processes.
    beside_ms : float
        The same of its database.
    """

    requests: int
    seconds: float
    bytes: int
    failed: int
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    beside_ms: float

    @property
    def rate(self):
        """Return requests per second."""
        return self.requests / self.seconds

    @property
    def whole_ms(self):
        """Return CPU milliseconds per request, database included."""
        return self.cpu_ms + self.beside_ms


def press(server, paths, folder, *, seconds, connections=CONNECTIONS, core=None):
    """Ask one service for a list of addresses, in order, over and over.

    The asking program is a process of its own, apart from what is counted.
    """
    if shutil.which("wrk") is None:
        raise NotThereError("This measurement asks with wrk; on Debian: apt-get install wrk")
    listed = Path(folder) / "addresses.txt"
    listed.write_text("".join(f"{path}\n" for path in paths), encoding="ascii")
    command = ["wrk", "--threads", "1", "--connections", str(connections)]
    command += ["--duration", f"{seconds}s", "--timeout", "60s", "--script", str(SCRIPT)]
    # a process for long work that still starts would be counted with the first answers
    server.rest()
    before, beside = server.cpu_s(), server.beside_cpu_s()
    done = subprocess.run(
        [*on_core(command, core), server.base, "--", str(listed)],
        check=True,
        capture_output=True,
        text=True,
    )
    spent, spent_beside = server.cpu_s() - before, server.beside_cpu_s() - beside
    told = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    n = max(told["requests"], 1)
    return Load(**told, cpu_ms=1e3 * spent / n, beside_ms=1e3 * spent_beside / n)

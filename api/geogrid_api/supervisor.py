"""The supervisor: starts workers and the runner, replaces those that die, stops them in order."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from geogrid_api.metrics import FOLDER_VARIABLE, forget_process
from geogrid_api.settings import PREFIX
from geogrid_api.worker import REPLACEMENT_VARIABLE

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from geogrid_api.settings import Settings

__all__ = ["Supervisor"]

_LOOK_S = 0.25
# a process that dies at once is started again, but not in a whirl
_MOST_WAIT_S = 10.0
_YOUNG_S = 10.0


@dataclass
class _Post:
    """One place to be filled: a worker's or the runner's."""

    name: str
    arguments: Sequence[str]
    descriptors: Sequence[int]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    n_early_deaths: int = 0
    start_at: float = 0.0
    environment: dict[str, str] = field(default_factory=dict)


class Supervisor:
    """Keep the processes of one service running.

    Parameters
    ----------
    settings : Settings
        Of the service; handed on in the environment.
    door : socket
        Bound and listening; the workers take turns at it.
    """

    def __init__(self, settings: Settings, door: socket.socket) -> None:
        self._settings = settings
        self._events = structlog.get_logger("geogrid_api")
        self._is_stopping = False
        descriptor = door.fileno()
        self._posts = [
            _Post(f"worker {number}", ("answer", str(descriptor)), (descriptor,))
            for number in range(1, settings.workers + 1)
        ]
        if settings.runner:
            self._posts.append(_Post("runner", ("run",), ()))

    def run(self) -> None:
        """Run until SIGTERM or SIGINT; then let requests end, and take everything down."""
        folder = tempfile.mkdtemp(prefix="geogrid-metrics-")
        os.environ[FOLDER_VARIABLE] = folder
        before = {
            number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            while not self._is_stopping:
                self.look(time.monotonic())
                time.sleep(_LOOK_S)
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)
            del os.environ[FOLDER_VARIABLE]
            shutil.rmtree(folder, ignore_errors=True)

    def look(self, now: float) -> None:
        """Fill every empty place.

        Parameters
        ----------
        now : float
            Of ``time.monotonic``.
        """
        for post in self._posts:
            process = post.process
            if process is not None and process.poll() is not None:
                self._events.error(
                    "process died", process=post.name, pid=process.pid, code=process.returncode
                )
                forget_process(process.pid)
                is_early = now - post.started < _YOUNG_S
                post.n_early_deaths = post.n_early_deaths + 1 if is_early else 0
                wait = min(_MOST_WAIT_S, 0.5 * 2**post.n_early_deaths) if is_early else 0.0
                post.process, post.start_at = None, now + wait
                post.environment = {REPLACEMENT_VARIABLE: "1"}
            if post.process is None and now >= post.start_at:
                self._start(post, now)

    def _start(self, post: _Post, now: float) -> None:
        """Start a process; its input ends when ours does, and then it ends too."""
        post.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "geogrid_api.worker", *post.arguments],
            env=os.environ | self._environment() | post.environment,
            pass_fds=post.descriptors,
            stdin=subprocess.PIPE,
            # Ctrl+C is for the supervisor, which tells the others
            start_new_session=True,
        )
        post.started = now
        self._events.info("process started", process=post.name, pid=post.process.pid)

    def _environment(self) -> dict[str, str]:
        """Return the settings as variables."""
        values = self._settings.model_dump()
        values["store"] = self._settings.store.get_secret_value()
        return {f"{PREFIX}{name.upper()}": str(value) for name, value in values.items()}

    def _stop(self, number: int, _frame: object) -> None:
        """Take note of a signal."""
        self._events.info("stopping", signal=signal.Signals(number).name)
        self._is_stopping = True

    def _end_all(self) -> None:
        """Tell all to end, wait, and end those that do not listen."""
        living = [post.process for post in self._posts if post.process is not None]
        for process in living:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + self._settings.stop_s + 1.0
        for process in living:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._events.error("process did not stop", pid=process.pid)
                process.kill()
                process.wait()
        self._events.info("stopped")

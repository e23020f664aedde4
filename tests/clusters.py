"""PostgreSQL servers that tests, soaks and measurements start for themselves."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_HOST = "127.0.0.1"
# hundreds of small databases on a small machine
_SPARING = " -c max_connections=60 -c shared_buffers=32MB -c autovacuum=off -c jit=off"


def missing(cause):
    """Fail where everything must be there, skip elsewhere."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(cause)
    pytest.skip(cause)


def _as_owner():
    """Return the words in front of a command that PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


class Cluster:
    """Hold a PostgreSQL server of one's own, reached through a socket in its folder or a port."""

    def __init__(self, folder, binaries, port=None):
        self.folder, self.binaries, self.port = folder, binaries, port
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name

    def run(self, program, *args):
        command = [*_as_owner(), str(self.binaries / program), *map(str, args)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def start(self, *, durable=False):
        data = self.folder / "data"
        if not data.exists():
            self.run(
                "initdb", "-D", data, "-A", "trust", "-U", self.user, "-E", "UTF8", "--no-sync"
            )
        on = "on" if durable else "off"
        options = (
            f"-c unix_socket_directories={self.folder} -c fsync={on} -c full_page_writes={on}"
            f" -c listen_addresses={_HOST if self.port else ''}"
        )
        # whoever asks for a port measures, and takes the server as it comes
        options += f" -c port={self.port}" if self.port else _SPARING
        self.run(
            "pg_ctl", "-D", data, "-w", "-s", "-l", self.folder / "log", "-o", options, "start"
        )

    def stop(self, mode="fast"):
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-s", "-m", mode, "stop")

    def crash(self):
        """End the server and all its parts at once, as a kill -9 or the power would."""
        first = self.pid
        # first it stops, so that nobody is born while we count
        os.kill(first, signal.SIGSTOP)
        parts = [first, *_children(first)]
        for process in parts:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(map(_lives, parts)):
            time.sleep(0.005)
        # where nobody buries the dead (a container without init), they would seem to live
        for lock in ("data/postmaster.pid", ".s.PGSQL.5432.lock"):
            (self.folder / lock).unlink()

    @property
    def pid(self):
        """Return the process that started all others of the server."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def url(self, database):
        if self.port:
            return f"postgresql://{self.user}@{_HOST}:{self.port}/{database}"
        return f"postgresql://{self.user}@/{database}?host={self.folder}"

    def execute(self, *statements, database="postgres"):
        engine = sa.create_engine(
            self.url(database).replace("postgresql:", "postgresql+psycopg:"),
            isolation_level="AUTOCOMMIT",
        )
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()


def why_not():
    """Return why no server can be started on this computer; nothing if one can."""
    if not _BINARIES:
        return "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no runuser"
    return ""


def cluster_folder():
    """Return a new folder with a short name, as sockets need, that the server may write."""
    if cause := why_not():
        missing(cause)
    folder = Path(tempfile.mkdtemp(prefix="ggpg", dir="/tmp"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    # the tests' own user reaches the socket through it
    folder.chmod(0o755)
    return folder


@contextmanager
def running_cluster(*, durable=False, folder=None, port=None):
    """Give a server of one's own and take it away again.

    ``durable``: it syncs as a real one does. ``folder``: where its files go, by default a new one.
    ``port``: where it listens on this computer, by default nowhere.
    """
    folder = cluster_folder() if folder is None else folder
    cluster = Cluster(folder, _BINARIES[0], port)
    try:
        cluster.start(durable=durable)
        yield cluster
        with suppress(AssertionError):  # it may be dead on purpose
            cluster.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _children(parent):
    """Return the processes that another one started."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            # the name, in brackets, may hold blanks
            if entry.name.isdigit() and _stat(entry)[1] == str(parent):
                found.append(int(entry.name))
    return found


def _lives(process):
    """Tell whether a process is still there; a dead one that nobody asked about is not."""
    try:
        return _stat(Path("/proc") / str(process))[0] != "Z"
    except OSError:
        return False


def _stat(entry):
    return (entry / "stat").read_text().rpartition(")")[2].split()

"""Postgres: a throw-away PostgreSQL cluster with PostGIS, on this computer only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from servers import HOST, NotThereError, free_port

# Debian keeps the programs apart from those on the path, one folder a version
PLACES = ("/usr/lib/postgresql/*/bin",)


class Cluster:
    """Hold a PostgreSQL that is gone when the block ends.

    Parameters
    ----------
    is_durable : bool
        Whether it waits for the disk at each commit.
    """

    def __init__(self, *, is_durable=False):
        self.is_durable = is_durable
        self.programs = find_programs()
        self.port = free_port()

    def __enter__(self):
        """Make and start it."""
        self.folder = Path(tempfile.mkdtemp(prefix="geogrid-pg-"))
        if os.geteuid() == 0:
            # the server refuses to run as root
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", self.folder, "-U", "postgres", "-A", "trust", "-E", "UTF8")
        fsync = "on" if self.is_durable else "off"
        options = f"-p {self.port} -k {self.folder} -c listen_addresses={HOST} -c fsync={fsync}"
        self._run(
            "pg_ctl", "-D", self.folder, "-o", options, "-l", self.folder / "log", "-w", "start"
        )
        return self

    def __exit__(self, *_):
        """Stop it and take it away."""
        self._run("pg_ctl", "-D", self.folder, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)

    def _run(self, program, *words):
        command = [str(self.programs / program), *map(str, words)]
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        done = subprocess.run(
            command,
            **(user if os.geteuid() == 0 else {}),
            cwd="/",
            # the server keeps what it inherits open: nothing of ours to wait on
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise NotThereError(f"{program} ended with {done.returncode}; see {self.folder}/log")

    def database(self, name):
        """Make an empty database with PostGIS; return its address."""
        for told, words in (
            ("postgres", f'create database "{name}"'),
            (name, "create extension postgis"),
        ):
            subprocess.run(
                ["psql", "-qh", HOST, "-p", str(self.port), "-U", "postgres", told, "-c", words],
                check=True,
            )
        return f"postgresql://postgres@{HOST}:{self.port}/{name}"

    @property
    def pid(self):
        """Return the process that started all others of the cluster."""
        return int((self.folder / "postmaster.pid").read_text(encoding="ascii").split()[0])


def find_programs():
    """Return the folder of PostgreSQL's programs, newest version first."""
    for pattern in PLACES:
        found = sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
        if found:
            return found[0]
    told = shutil.which("initdb")
    if told is None:
        raise NotThereError(
            "No PostgreSQL here; on Debian: apt-get install postgresql postgresql-15-postgis-3"
        )
    return Path(told).parent

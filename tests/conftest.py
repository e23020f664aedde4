"""What every test stands on: no network, fixed surroundings, one sample per run."""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# child processes (the command line, Chromium) have no socket guard: a proxy
# that does not exist bars their way out, and leaves this computer open to them
_NOWHERE = "http://127.0.0.1:9"
os.environ.update(
    {
        "MPLBACKEND": "Agg",
        "HTTP_PROXY": _NOWHERE,
        "HTTPS_PROXY": _NOWHERE,
        "http_proxy": _NOWHERE,
        "https_proxy": _NOWHERE,
        "NO_PROXY": "127.0.0.1,localhost,::1",
        "no_proxy": "127.0.0.1,localhost,::1",
    }
)

# a busy machine is not a fault of the code; the CI repeats the same examples
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden files afresh (and add a line to the changelog)",
    )


@contextmanager
def _only_one(lock):
    """Let one process in at a time; a process that dies lets go."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id):
    """Return a function that makes a file once per test run, however many workers there are.

    ``once(name, make)`` calls ``make(path)`` in the first process that asks and gives the finished
    file to all; a failure is met again, not hidden, by the next that asks.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def make_once(name, make):
        target = shared / name
        with _only_one(shared / f"{name}.lock"):
            if not target.exists():
                aside = shared / f"unfinished-{os.getpid()}-{name}"
                try:
                    make(aside)
                    aside.replace(target)
                finally:
                    aside.unlink(missing_ok=True)
        return target

    return make_once


@pytest.fixture(scope="session", autouse=True)
def true_costs():
    """Hash passwords with little work everywhere; return what it costs in truth."""
    from geogrid.store import passwords

    cheap = {"_PASSES": 1, "_MEMORY_KIB": 64, "_LANES": 1}
    true = {name: getattr(passwords, name) for name in cheap}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cheap.items():
            patch.setattr(passwords, name, value)
        yield true


@pytest.fixture(scope="session")
def run_cli():
    """Return a function that runs ``geogrid ARGS...`` in a process of its own."""

    def run(*args, check=True, **more):
        command = [sys.executable, "-m", "geogrid.cli", *map(str, args)]
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", check=False, **more
        )
        if check:
            said = f"{' '.join(command[2:])}\n{done.stdout}\n{done.stderr}"
            assert done.returncode == 0, f"exit {done.returncode}: {said}"
        return done

    return run


@pytest.fixture
def run(monkeypatch, capsys):
    """Run ``geogrid WORDS...`` in this process; return exit code, stdout and stderr."""
    from geogrid import cli

    def call(*words, typed=None):
        monkeypatch.setattr(sys, "argv", ["geogrid", *map(str, words)])
        if typed is not None:
            monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code or 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture(scope="session")
def sample_path(once):
    """Return the synthetic sample district as a GeoPackage; do not write to it."""
    from geogrid.sources.sample import make_sample
    from geogrid.sources.vector import write_district

    return once("sample.gpkg", lambda path: write_district(make_sample(), path))


@pytest.fixture(scope="session")
def sample(sample_path):
    """Return the synthetic sample district, as read back from its file."""
    from geogrid.sources.vector import read_district

    return read_district(sample_path)


@pytest.fixture(scope="session")
def sample_plan_path(once, sample_path, run_cli):
    """Return the sample's plan of 349 grids, made by the command line; do not write to it."""
    return once(
        "sample-plan.gpkg",
        lambda path: run_cli("plan", sample_path, "--grids", 349, "--out", path),
    )


@pytest.fixture(scope="session")
def paired_plan_path(once, sample_plan_path, run_cli):
    """Return the sample's plan with both layers paired; do not write to it."""

    def make(path):
        run_cli("pair", sample_plan_path, "--layer", "gov_grids", "--out", path)
        run_cli("pair", path, "--layer", "basic_grids")

    return once("paired-plan.gpkg", make)


@pytest.fixture(scope="session")
def shared_data():
    """Return the folder of real open data that lies beside the repository on some machines."""
    stated = os.environ.get("GEOGRID_SHARED_DATA")
    folder = Path(stated) if stated else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared open data is not on this machine (set GEOGRID_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def chromium_path():
    """Return the system's Chromium; without it skip here, but fail in the CI."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        cause = "Chromium is not installed (Debian: apt-get install chromium fonts-wqy-microhei)"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(cause)
        pytest.skip(cause)
    return found

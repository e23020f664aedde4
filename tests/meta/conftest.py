"""What the meta tests look at: the files that git tracks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def tracked():
    """Return the files that git tracks and that are there."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout: there is no list of tracked files")
    files = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    return [path for path in files if path.is_file()]


@pytest.fixture(scope="session")
def texts(tracked):
    """Return the text of every tracked text file, by path."""
    found = {}
    for path in tracked:
        raw = path.read_bytes()
        if b"\0" not in raw[:8000]:
            found[path] = raw.decode("utf-8", errors="replace")
    return found

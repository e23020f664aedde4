"""Laws of the repository: nothing in it ties it to a host, a machine or a person's disk."""

from __future__ import annotations

import json
import re

import pytest

LARGEST_BYTES = 2_000_000

# written in pieces, so that this file does not name them either
REGISTRIES = re.compile(
    "|".join(
        [
            r"pypi\." + "org",
            "pythonhosted" + r"\.org",
            r"registry\." + "npmjs",
            "npm" + "mirror",
            r"registry\." + "yarnpkg",
            "anaconda" + r"\.org",
            r"mirrors?\.[a-z0-9-]+\.[a-z]+/(?:py" + "pi|n" + "pm)",
        ]
    ),
    re.IGNORECASE,
)
NPM = ("api/web", "requirements/fonts")
LOCKS = ("requirements/*.lock", *(f"{f}/{n}" for f in NPM for n in ("package-lock.json", ".npmrc")))

# tests may show made-up paths as values, as long as they open none
MACHINE_PATH = re.compile(r"(?<![\w.$}/:-])/(?:work|root|home/\w+|Users/\w+|tmp/\w+)(?![\w-])")


def test_lock_files_name_no_host(root):
    locks = [path for pattern in LOCKS for path in root.glob(pattern)]
    assert len(locks) >= 10
    for path in locks:
        text = path.read_text(encoding="utf-8")
        assert not REGISTRIES.search(text), f"{path.name} names a registry's host; use make lock"
        if path.suffix == ".lock":
            assert "://" not in text, f"{path.name} names a host; use make lock"


@pytest.mark.parametrize("folder", NPM)
def test_npm_lock_has_hashes_and_no_addresses(root, folder):
    lock = json.loads((root / folder / "package-lock.json").read_text(encoding="utf-8"))
    for name, package in lock["packages"].items():
        assert "resolved" not in package, f"{name} names where it came from; use make lock"
        assert not name or package["integrity"].startswith("sha512-"), f"{name} has no hash"


def test_every_locked_package_has_a_hash_and_one_version(root):
    versions = {}
    for path in sorted(root.glob("requirements/*.lock")):
        for entry in re.split(r"\n(?=[A-Za-z0-9])", path.read_text(encoding="utf-8")):
            name, version = re.match(r"([\w.-]+)==([\w.!+-]+)", entry).groups()
            assert "--hash=sha256:" in entry, f"{name} in {path.name} has no hash"
            versions.setdefault(name, set()).add(version)
    torn = {name: found for name, found in versions.items() if len(found) > 1}
    assert not torn, f"locks disagree, use make lock: {torn}"


def test_no_file_names_a_registry(texts):
    named = [str(path) for path, text in texts.items() if REGISTRIES.search(text)]
    assert not named


def test_no_file_names_a_path_of_one_machine(texts):
    named = [
        f"{path.name}: {found.group()}"
        for path, text in texts.items()
        if "tests" not in path.parts
        for found in MACHINE_PATH.finditer(text)
    ]
    assert not named


def test_no_tracked_file_is_large(tracked):
    large = [str(path) for path in tracked if path.stat().st_size > LARGEST_BYTES]
    assert not large


def test_notebooks_carry_no_output(tracked):
    for path in tracked:
        if path.suffix != ".ipynb":
            continue
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            assert not cell.get("outputs"), f"{path.name} has outputs; clear them"
            assert cell.get("execution_count") is None, f"{path.name} was run; clear it"


def test_assets_load_nothing_from_elsewhere(root):
    rooms = (root / "geogrid/publish/assets", root / "api/web/src", root / "api/geogrid_api/web")
    # a link that somebody may click loads nothing; Leaflet brings one to its home
    loads = re.compile(
        r"""(?:src|(?<!<a )href|url|import|fetch)\s*[=(]?\s*["'(]+\s*(?:https?:)?//"""
    )
    for path in (path for room in rooms for path in room.rglob("*")):
        if path.suffix in {".html", ".css", ".js", ".ts", ".tsx"} and "vendor" not in path.parts:
            found = loads.search(path.read_text(encoding="utf-8"))
            assert not found, f"{path.name} loads {found.group()}...; vendor it by make web"


def test_the_ci_runs_make_test_and_nothing_else(root):
    lines = (root / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert lines == ["#!/bin/sh", "set -eu", "exec make test"]
    assert (root / ".ci/run").stat().st_mode & 0o111

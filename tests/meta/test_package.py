"""Laws of the package: light to import, whole when installed."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import zipfile
from importlib.util import find_spec

import pytest

HEAVY = ("folium", "geopandas", "highspy", "matplotlib", "numba", "osmnx", "pandas", "scipy")
N_TRIES = 5


def test_importing_the_package_loads_nothing_heavy():
    code = f"import sys, geogrid; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.split(), "import geogrid must do no work"


def test_help_answers_within_a_cpu_second():
    # a promise to users; the least of a few tries, since the machine may be busy
    if find_spec("geogrid.cli") is None:
        pytest.skip("the command line is not written yet")
    spent = []
    for _ in range(N_TRIES):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "geogrid.cli", "--help"], capture_output=True, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if spent[-1] < 1:
            return
    pytest.fail(f"geogrid --help took {min(spent):.2f} CPU seconds at best; import less")


@pytest.mark.slow
def test_wheel_holds_code_facts_and_assets(root, tmp_path):
    # outside the repository, so that nothing of an earlier build is met
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=root,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1704067200"},
        capture_output=True,
        check=True,
    )
    (wheel,) = tmp_path.glob("geogrid-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "geogrid/errors.py",
        "geogrid/locale/en.toml",
        "geogrid/locale/zh.toml",
        "geogrid/store/migrations/env.py",
        "geogrid/store/migrations/script.py.mako",
        "geogrid/store/migrations/versions/v0001_first.py",
        "geogrid_api/app.py",
        "geogrid/publish/assets/vendor/leaflet.js",
        "geogrid/publish/assets/vendor/leaflet.css",
        "geogrid/publish/assets/vendor/leaflet.LICENSE",
        "geogrid/publish/assets/vendor/NotoSansSC-Regular.ttf",
        "geogrid/publish/assets/vendor/NotoSansSC.LICENSE",
        "geogrid_api/web/index.html",
        "geogrid_api/web/map/LICENSES.txt",
    ):
        assert needed in names, f"{needed} is missing in the wheel"
    facts = {path.name for path in (root / "data/facts").glob("*.*")}
    packed = {name.rsplit("/", 1)[1] for name in names if name.startswith("geogrid/facts/")}
    assert facts <= packed, f"facts missing in the wheel: {facts - packed}"
    strangers = [
        n for n in names if n.split("/")[0].split("-")[0] not in {"geogrid", "geogrid_api"}
    ]
    assert not strangers, f"the wheel carries {strangers}"

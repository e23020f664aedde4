"""Laws of the notebooks: they run from a clean kernel, look well, and say the same twice.

With ``GEOGRID_LOOKS`` set to a folder, every picture and page is kept there.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import kernels
import pytest

# "each under three minutes on two cores": in CPU seconds, since the machine may be busy
MOST_CPU_S = 60
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# a figure in the prose that no cell states grows old; small ones are words
FIGURE = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
LARGEST_WORD = 12
# what a planner may import: the library's own face, and Python
FACES = {"geogrid", "geogrid.pictures"}
PLAIN = {"os", "pandas", "pathlib"}

each = pytest.mark.parametrize("path", kernels.PATHS, ids=lambda path: path.stem)


@pytest.fixture
def looks(tmp_path):
    """Return where pictures are kept."""
    stated = os.environ.get("GEOGRID_LOOKS")
    return Path(stated) if stated else tmp_path / "looks"


@pytest.mark.slow
@pytest.mark.e2e
@each
def test_a_notebook_runs_looks_well_and_says_the_same_twice(path, tmp_path, chromium, looks):
    # sets and dicts of the second kernel are in another order
    first, second = (
        kernels.run_notebook(path, tmp_path / str(seed), hash_seed=seed) for seed in (1, 2)
    )
    for run in (first, second):
        assert kernels.complaints_of(run) == []
        assert run.asked == ""
        assert run.cpu_s < MOST_CPU_S, f"{path.stem} took {run.cpu_s:.0f} CPU seconds"
    assert kernels.look_at(first, chromium, looks / path.stem) == []
    assert kernels.told(second) == kernels.told(first)
    files = [sorted(file.name for file in run.folder.iterdir()) for run in (first, second)]
    assert files[0] == files[1]


@pytest.mark.slow
@pytest.mark.e2e
def test_a_real_city_goes_the_same_way(shared_data, tmp_path, chromium, looks):
    extract = shared_data / "osm-shanghai-huangpu" / "shanghai_huangpu_osm.gpkg"
    (path,) = (path for path in kernels.PATHS if path.stem.startswith("06"))
    run = kernels.run_notebook(path, tmp_path / "real", GEOGRID_OSM=str(extract))
    assert kernels.complaints_of(run) == []
    assert kernels.look_at(run, chromium, looks / f"{path.stem}-shanghai") == []
    card = next(said for _, kind, said in kernels.told(run) if kind == kernels.HTML and said)
    assert "© OpenStreetMap contributors" in card
    assert "模拟数据" not in card


@each
def test_a_notebook_is_told_in_chinese_and_english(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", kernels.words_of(notebook), re.MULTILINE)
    assert headings[0].startswith(path.stem[:2] + " ")
    for heading in headings:
        chinese, _, english = heading.partition(" · ")
        assert CHINESE.search(chinese), heading
        assert re.search(r"[a-z]{3}", english), heading
        assert not CHINESE.search(english), heading


@each
def test_figures_of_the_prose_stand_in_a_cell(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    stated = set(FIGURE.findall(kernels.python_of(notebook)))
    for figure in FIGURE.findall(kernels.words_of(notebook)):
        small = figure.isdigit() and int(figure) <= LARGEST_WORD
        assert small or figure in stated, f"{path.stem} types {figure}; let a cell say it"


@each
def test_a_notebook_uses_only_what_the_package_offers(path):
    code = kernels.python_of(json.loads(path.read_text(encoding="utf-8")))
    taken = re.findall(r"^\s*(?:from (\S+) import|import (\S+))", code, re.MULTILINE)
    assert {a or b for a, b in taken} <= FACES | PLAIN


@each
def test_a_notebook_carries_nothing_but_its_cells(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(cell["metadata"] == {} for cell in notebook["cells"])


def test_each_notebook_stands_in_the_list_of_them():
    listed = (kernels.FOLDER / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in kernels.PATHS if path.name not in listed] == []

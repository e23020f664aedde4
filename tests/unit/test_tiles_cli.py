"""Laws of `geogrid tiles`: one file for anywhere, or a folder that the service reads."""

from __future__ import annotations

import pytest
from map_plan import drawn_plan
from pmtiles.reader import MemorySource, all_tiles
from typer.testing import CliRunner

from geogrid.cli import app
from geogrid.errors import InputError
from geogrid.publish.archive import archive_name
from geogrid.store import plan_file
from geogrid_api.library import Library


@pytest.fixture
def plan_path(monkeypatch):
    """Return a path at which the drawn plan is read."""
    monkeypatch.setattr(plan_file, "read_plan", lambda _: drawn_plan())
    return "plan.gpkg"


def run(*words):
    return CliRunner().invoke(app, ["tiles", *map(str, words)])


def test_one_file_holds_every_tile(plan_path, tmp_path):
    out = tmp_path / "t.pmtiles"
    done = run(plan_path, "--out", out, "--max-zoom", 12)
    assert done.exit_code == 0, done.output
    n = len(list(all_tiles(MemorySource(out.read_bytes()))))
    assert f"{n:,} tiles" in done.output


def test_a_folder_holds_what_the_service_looks_for(plan_path, tmp_path):
    done = run(plan_path, "--out", tmp_path / "ahead", "--max-zoom", 9)
    assert done.exit_code == 0, done.output
    library = Library.of_plan(drawn_plan())
    tags = {library.at(None, public=public).tag for public in (True, False)}
    assert {path.name for path in (tmp_path / "ahead").iterdir()} == set(map(archive_name, tags))


@pytest.mark.parametrize("words", [("--out", "t.pmtiles"), ("P", "--store", "S", "--out", "t")])
def test_it_wants_a_plan_or_a_store(words):
    assert isinstance(run(*words).exception, InputError)

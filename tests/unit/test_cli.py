"""The command line: files in, files out, exit codes, messages with the way out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from checker import check_plan
from towns import frame, line, town, town_layers

from geogrid.sources.vector import write_district, write_tables
from geogrid.store.plan_file import read_plan


@pytest.fixture
def district_path(tmp_path):
    path = tmp_path / "district.gpkg"
    write_district(town(), path)
    return path


def test_from_district_to_published_map(run, district_path, tmp_path):
    plan = tmp_path / "plan.gpkg"
    code, out, _ = run("check", district_path, "--json", tmp_path / "check.json")
    assert code == 0
    assert "24 courtyards" in out
    assert json.loads((tmp_path / "check.json").read_text("utf-8"))["ok"]
    code, out, _ = run(
        "plan", district_path, "--grids", 7, "--out", plan, "--json", tmp_path / "r.json"
    )
    assert code == 0
    assert "optimal" in out
    assert "proving: 3/3 parts" in out
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["status"] == "optimal"
    for layer in ("gov_grids", "basic_grids"):
        code, out, _ = run("pair", plan, "--layer", layer)
        assert code == 0
        assert f"{layer} with 2 beats" in out
    assert check_plan(plan, n_grids=7) == []
    code, out, _ = run("report", plan)
    assert code == 0
    assert "synthetic data" in out
    code, out, _ = run("publish", plan, "--out", tmp_path / "public")
    assert code == 0
    assert (tmp_path / "public" / "geojson" / "gov_grids.geojson").exists()
    assert (tmp_path / "public" / "map.html").stat().st_size > 10_000


def test_the_layout_before_may_be_a_column_a_csv_or_a_plan(run, district_path, tmp_path):
    first, second = tmp_path / "first.gpkg", tmp_path / "second.gpkg"
    assert run("plan", district_path, "--grids", 7, "--out", first)[0] == 0
    words = ("plan", district_path, "--grids", 6, "--out", second, "--previous")
    code, out, _ = run(*words, first)
    assert code == 0
    assert "6 kept, 1 ended, 0 new" in out
    assert "of 24 courtyards moved" in out
    assert "grid codes" in run("report", second)[1]
    rows = read_plan(first).courtyards[["courtyard_id", "grid_code"]]
    rows.iloc[2:].to_csv(tmp_path / "old.csv", index=False)
    code, out, _ = run(*words, tmp_path / "old.csv")
    assert code == 0
    assert "of 22 courtyards moved; 2 are new" in out
    code, out, _ = run(*words, "community_code")
    assert code == 0
    assert "0 kept, 2 renumbered, 0 ended, 4 new" in out


def test_jobs_change_no_figure(run, district_path, tmp_path):
    said = []
    for jobs in (1, 2):
        words = ("--grids", 7, "--jobs", jobs, "--json", tmp_path / "r.json")
        assert run("plan", district_path, "--out", tmp_path / "plan.gpkg", *words)[0] == 0
        said.append(json.loads((tmp_path / "r.json").read_text("utf-8")))
    assert said[0] == said[1]


def test_a_conflict_is_printed_in_english_and_chinese(run, district_path, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[keep]\nlocked = [["c01", "c08"]]\n', "utf-8")
    words = ("--grids", 7, "--rules", rules, "--out", tmp_path / "plan.gpkg")
    code, _, err = run("plan", district_path, *words)
    assert code == 3
    assert "Infeasible: 西岸社区, part 1" in err
    assert "not hanging together: c01, c08" in err
    assert "c01、c08 锁定为一个网格，但互不相连" in err


def test_score_reads_a_column(run, district_path):
    code, out, _ = run("score", district_path, "--assignment", "community_code")
    assert code == 0
    # two communities in one grid each: the west is cut by an arterial, so no plan does that
    assert "no plan with so many grids obeys the rules" in out
    assert "not by the rules" in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--grids", 2), 3, "3 parts"),
        (("--grids", 25), 3, "at most 24"),
        (("--grids", 0), 2, "at least 1"),
        ((), 2, "exactly one of --grids"),
        (("--grids", 7, "--weight", "beds"), 2, "no column beds"),
        (("--grids", 7, "--rules", "nowhere.toml"), 2, "no rules file"),
        (("--grids", "many"), 2, "Invalid value for '--grids'"),
        (("--grids", 7, "--previous", "nothing"), 2, "neither a column"),
        (("--grids", 7, "--previous", "nothing.gpkg"), 2, "nothing.gpkg"),
        (("--grids", 7, "--jobs", 0), 2, "Invalid value for '--jobs'"),
        (("--grids", 7, "--jobs", 2, "--cluster", "tcp://127.0.0.1:1"), 2, "not both"),
    ],
)
def test_plan_says_why_it_cannot(run, district_path, tmp_path, words, code, said):
    got, _, err = run("plan", district_path, "--out", tmp_path / "plan.gpkg", *words)
    assert got == code
    assert said in " ".join(err.split())
    assert not (tmp_path / "plan.gpkg").exists()


def broken(change):
    """Return the town's layers after one change."""
    layers = town_layers()
    change(layers)
    return layers


def negative(layers):
    layers["courtyards"].loc[3, "households"] = -5


def doubled(layers):
    layers["courtyards"].loc[1, "courtyard_id"] = "c01"


def outside(layers):
    courtyards = layers["courtyards"]
    courtyards.loc[2, "geometry"] = courtyards.loc[2, "geometry"].buffer(0)
    courtyards.loc[:, "geometry"] = courtyards.geometry
    moved = courtyards.geometry.iloc[2]
    courtyards.loc[2, "geometry"] = type(moved)([(x - 900, y) for x, y in moved.exterior.coords])


def bow_tie(layers):
    shape = layers["courtyards"].geometry.iloc[4]
    a, b, c, d, _ = shape.exterior.coords
    layers["courtyards"].loc[4, "geometry"] = type(shape)([a, c, b, d])


@pytest.mark.parametrize(
    ("change", "row", "field", "way_out"),
    [
        (negative, "row 4 (c04)", "households", "-5"),
        (doubled, "c01", "courtyard_id", "stands in rows 1, 2"),
        (outside, "row 3 (c03)", "geometry", "community"),
        (bow_tie, "row 5 (c05)", "geometry", "repair"),
    ],
)
def test_check_names_row_field_and_way_out(run, tmp_path, change, row, field, way_out):
    path = tmp_path / "broken.gpkg"
    write_tables(broken(change), path)
    code, _, err = run("check", path, "--json", tmp_path / "faults.json")
    assert code == 2
    assert row in err
    assert field in err
    assert way_out in err, err
    assert json.loads((tmp_path / "faults.json").read_text("utf-8"))["ok"] is False


def test_check_reports_all_faults_at_once(run, tmp_path):
    layers = town_layers()
    for change in (negative, bow_tie):
        change(layers)
    path = tmp_path / "broken.gpkg"
    write_tables(layers, path)
    _, _, err = run("check", path)
    assert "c04" in err
    assert "c05" in err


def test_a_missing_layer_and_a_missing_file_are_named(run, tmp_path):
    layers = town_layers()
    del layers["communities"]
    path = tmp_path / "partial.gpkg"
    write_tables(layers, path)
    code, _, err = run("check", path)
    assert (code, "communities" in err) == (2, True)
    code, _, err = run("check", tmp_path / "nothing.gpkg")
    assert (code, "nothing.gpkg" in err) == (2, True)


def test_a_layer_without_crs_is_refused(run, tmp_path):
    layers = town_layers()
    layers["courtyards"] = layers["courtyards"].set_crs(None, allow_override=True)
    path = tmp_path / "district.gpkg"
    write_tables(layers, path)
    code, _, err = run("check", path)
    assert code == 2
    assert "declares no coordinate system" in err


def test_zero_households_are_taken_and_listed(run, tmp_path):
    layers = town_layers()
    layers["courtyards"].loc[0, "households"] = 0
    path = tmp_path / "district.gpkg"
    write_tables(layers, path)
    code, out, _ = run("check", path)
    assert code == 0
    assert "c01" in out


def test_bridge_is_printed_by_the_report(run, district_path, tmp_path):
    plan = tmp_path / "plan.gpkg"
    assert run("plan", district_path, "--grids", 2, "--bridge", "--out", plan)[0] == 0
    assert "opened: c" in run("report", plan)[1]


def test_import_of_a_folder_of_geojson(run, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, layer in town_layers().items():
        # rooms stand in the layer's own system; without them the middle of the beat serves
        layer = layer.drop(columns=["room_x", "room_y"], errors="ignore")  # noqa: PLW2901
        layer.to_crs("EPSG:4326").to_file(folder / f"{name}.geojson", driver="GeoJSON")
    out = tmp_path / "district.gpkg"
    assert run("import", "--vector", folder, "--out", out)[0] == 0
    assert run("check", out)[0] == 0


def test_import_wants_exactly_one_source(run, tmp_path):
    code, _, err = run("import", "--out", tmp_path / "d.gpkg")
    assert code == 2
    assert "exactly one of" in err


def test_a_kill_in_mid_write_leaves_the_old_plan(district_path, tmp_path):
    plan = tmp_path / "plan.gpkg"
    plan.write_bytes(b"the last version")
    slow = (
        "import sys, time, geogrid.sources.vector as v; real = v.pyogrio_write = None\n"
        "import pyogrio; write = pyogrio.write_dataframe\n"
        "def stall(frame, path, **more):\n"
        "    write(frame, path, **more)\n"
        "    print('writing', flush=True)\n"
        "    time.sleep(60)\n"
        "pyogrio.write_dataframe = stall\n"
        "from geogrid.cli import main\n"
        f"sys.argv = ['geogrid', 'plan', {str(district_path)!r}, '--grids', '7', "
        f"'--out', {str(plan)!r}]\n"
        "main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", slow], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    deadline = time.monotonic() + 60
    for said in process.stdout:
        if "writing" in said or time.monotonic() > deadline:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert plan.read_bytes() == b"the last version"


def test_a_full_disk_is_an_error_not_a_loss(run, district_path, tmp_path, monkeypatch):
    plan = tmp_path / "plan.gpkg"
    plan.write_bytes(b"the last version")

    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyogrio.write_dataframe", full)
    code, _, err = run("plan", district_path, "--grids", 7, "--out", plan)
    assert code == 1
    assert "No space left on device" in err
    assert plan.read_bytes() == b"the last version"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_walls_that_close_a_courtyard_in_make_a_part_of_its_own(run, tmp_path):
    layers = town_layers()
    ring = [(30, 30), (110, 30), (110, 110), (30, 110), (30, 30)]
    layers["barriers"] = frame([{"barrier_id": "w", "kind": "wall", "geometry": line(*ring)}])
    path = tmp_path / "district.gpkg"
    write_tables(layers, path)
    code, out, _ = run("plan", path, "--grids", 7, "--out", tmp_path / "plan.gpkg")
    assert code == 0
    assert "in 4 parts" in out
    assert "its 101 households are 0.29 T" in run("report", tmp_path / "plan.gpkg")[1]

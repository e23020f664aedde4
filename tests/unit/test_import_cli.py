"""The import on the command line: flags, exit codes, reports; and the dialogue on a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import zipfile

import pytest
from office import COMMUNITY, HOUSEHOLDS, X, base_map, ledger, ledger_rows, whole_district
from towns import WEST_CODE, town_layers

from geogrid.dialogue import spoken_language, words_text
from geogrid.sources.vector import read_district

METRES = ("--crs", "courtyards=EPSG:4549")


@pytest.fixture
def files(tmp_path):
    """Return the words that name a ledger with three bad rows, its map and the output."""
    rows = ledger_rows()
    rows[0][HOUSEHOLDS] = "若干"
    rows[1][COMMUNITY] = "火星社区"
    rows[2][COMMUNITY] = "火星社区"
    rows[3][HOUSEHOLDS] = "约120户"
    book = ledger(tmp_path, rows)
    out = tmp_path / "out.gpkg"
    return ("--courtyards", book, "--vector", base_map(tmp_path), "--out", out), out


def test_rejected_rows_are_told_loudly_and_the_others_written(run, files, tmp_path):
    words, out = files
    reports = [tmp_path / f"report.{end}" for end in ("xlsx", "html", "json")]
    named = [word for path in reports for word in ("--report", path)]
    code, said, err = run("import", *words, *METRES, *named, "--json", tmp_path / "m.json")
    assert code == 0
    assert "read 24 rows = 20 taken + 1 mended + 3 rejected" in said
    assert "3 rows were rejected" in err
    assert "2 ×" in err
    assert "rows 3, 4" in err
    assert len(read_district(out).courtyards) == 21
    assert all(path.stat().st_size for path in reports)
    told = json.loads((tmp_path / "m.json").read_text("utf-8"))
    assert told["import"]["tally"] == {"read": 24, "taken": 20, "mended": 1, "rejected": 3}
    assert told["import"]["kinds"]["rejected"]["community_unknown"] == 2
    assert told["metadata"]["source_crs.courtyards"] == "EPSG:4549 (declared)"


def test_the_summary_speaks_chinese_when_asked(run, files):
    words, _ = files
    code, said, err = run("import", *words, *METRES, "--language", "zh")
    assert code == 0
    assert "读入 24 行 = 原样采用 20 + 按规则更正 1 + 未采用 3" in said
    assert "没有叫“火星社区”的社区" in err
    assert "已写入" in said


def test_strict_writes_reports_and_nothing_else(run, files, tmp_path):
    words, out = files
    out.write_bytes(b"the last version")
    report, machine = tmp_path / "r.xlsx", tmp_path / "m.json"
    more = ("--strict", "--report", report, "--json", machine)
    code, _, err = run("import", *words, *METRES, *more)
    assert code == 2
    assert "--strict" in err
    assert out.read_bytes() == b"the last version"
    assert report.exists()
    assert json.loads(machine.read_text("utf-8"))["import"]["tally"]["rejected"] == 3


def test_a_list_to_correct_does_not_take_the_place_of_the_whole(run, files, tmp_path):
    words, out = files
    report = tmp_path / "r.xlsx"
    assert run("import", *words, *METRES, "--report", report)[0] == 0
    with zipfile.ZipFile(report) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(report, "w") as corrected:
        for name, data in members.items():
            corrected.writestr(name, data.replace("火星".encode(), "西岸".encode()))
    whole = out.read_bytes()
    code, _, err = run("import", "--courtyards", report, *words[2:], *METRES, "--language", "zh")
    assert code == 2
    assert f"用 --update {out} 更新它" in err
    assert out.read_bytes() == whole
    code, _, _ = run("import", "--courtyards", report, "--update", out, *METRES, "--out", out)
    assert code == 0
    assert len(read_district(out).courtyards) > 21


def test_nothing_taken_is_an_error_with_reports(run, tmp_path):
    rows = ledger_rows()[:2]
    for row in rows:
        row[HOUSEHOLDS] = ""
    book, out, report = ledger(tmp_path, rows), tmp_path / "out.gpkg", tmp_path / "r.html"
    words = ("--courtyards", book, "--vector", base_map(tmp_path), "--out", out)
    code, _, err = run("import", *words, *METRES, "--report", report)
    assert code == 2
    assert "No row could be taken" in err
    assert report.exists()
    assert not out.exists()


def test_a_script_is_not_asked_which_system(run, tmp_path):
    book = ledger(tmp_path, ledger_rows("gcj02")[:5])
    words = ("--courtyards", book, "--vector", base_map(tmp_path), "--out", tmp_path / "o.gpkg")
    code, _, err = run("import", *words)
    assert code == 2
    assert "--crs courtyards=" in err
    # in both languages, with the evidence
    assert "不能确定" in err
    assert run("import", *words, "--crs", "gcj02")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "exactly one of"),
        (("--courtyards", "l.xlsx", "--report", "r.pdf"), "--report is"),
        (("--courtyards", "l.xlsx", "--drop-missing"), "--update"),
        (("--update", "d.gpkg"), "--update needs"),
        (("--osm", "a.osm", "--place", "Shinan"), "at most one"),
        (("--vector", "v", "--place", "Shinan"), "--place stands alone"),
        (("--courtyards", "l.xlsx", "--crs", "gcj02", "--crs", "bd09"), "given twice"),
        (("--courtyards", "l.xlsx", "--crs", "local"), "local"),
        (("--courtyards", "l.xlsx", "--vector", "nowhere.gpkg"), "nowhere.gpkg"),
        (("--buildings", "b.gpkg"), "--roads"),
    ],
)
def test_what_cannot_be_is_refused(run, tmp_path, words, said):
    out = tmp_path / "o.gpkg"
    code, _, err = run("import", *words, "--out", out)
    assert code == 2
    assert said in err
    assert not out.exists()


def test_an_update_tells_what_changed(run, tmp_path):
    district, out = whole_district(tmp_path), tmp_path / "new.gpkg"
    rows = ledger_rows()[1:]
    rows[0][HOUSEHOLDS] = "1"
    words = ("--courtyards", ledger(tmp_path, rows), "--update", district, "--out", out)
    code, said, _ = run("import", *words, *METRES)
    assert code == 0
    assert "0 added, 1 changed, 22 unchanged, 1 not in the ledger (kept)" in said
    assert len(read_district(out).courtyards) == 24
    code, said, _ = run("import", *words, *METRES, "--drop-missing", "--name", "新区")
    assert "(dropped)" in said
    assert read_district(out).name == "新区"
    assert len(read_district(out).courtyards) == 23
    assert code == 0


def test_a_kill_in_mid_write_leaves_the_old_district(files):
    words, out = files
    out.write_bytes(b"the last version")
    slow = (
        "import sys, time, pyogrio; write = pyogrio.write_dataframe\n"
        "def stall(frame, path, **more):\n"
        "    write(frame, path, **more)\n"
        "    print('writing', flush=True)\n"
        "    time.sleep(60)\n"
        "pyogrio.write_dataframe = stall\n"
        "from geogrid.cli import main\n"
        f"sys.argv = {['geogrid', 'import', *map(str, (*words, *METRES))]!r}\n"
        "main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", slow], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for said in process.stdout:
        if "writing" in said:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert out.read_bytes() == b"the last version"


class Terminal:
    """Drive ``geogrid import`` as a person at a terminal does."""

    def __init__(self, *words, language="zh_CN.UTF-8"):
        self.said = ""
        environment = {**os.environ, "LC_ALL": language, "TERM": "dumb", "COLUMNS": "120"}
        main, far = pty.openpty()
        self.main = main
        # whoever runs the tests in the background ignores Ctrl-C; who sits at a terminal does not
        command = ["env", "--default-signal=INT", sys.executable, "-m", "geogrid.cli", "import"]
        command += map(str, words)
        self.process = subprocess.Popen(
            command, stdin=far, stdout=far, stderr=far, env=environment, start_new_session=True
        )
        os.close(far)

    def until(self, text, limit_s=60):
        """Read until something is said; return what came since the last time."""
        before, ends = len(self.said), time.monotonic() + limit_s
        while text not in self.said[before:]:
            assert time.monotonic() < ends, self.said
            if select.select([self.main], [], [], 1)[0]:
                self.said += self._more()
        return self.said[before:]

    def type(self, text):
        os.write(self.main, text.encode())

    def ended(self, limit_s=60, *, presses_ctrl_c=False):
        """Read to the end; return the exit code. Who presses Ctrl-C does so until it ends."""
        ends = time.monotonic() + limit_s
        more, is_due = "more", presses_ctrl_c
        while more:
            if time.monotonic() > ends:
                self.process.kill()
                pytest.fail(f"it did not end: {self.said}")
            if is_due:
                self.process.send_signal(signal.SIGINT)
            if select.select([self.main], [], [], 5)[0]:
                self.said += (more := self._more())
                is_due = False
            else:
                # a signal between the prompt and the wait for a line counts at the next one only
                is_due = presses_ctrl_c
        os.close(self.main)
        return self.process.wait()

    def _more(self):
        try:
            return os.read(self.main, 65536).decode(errors="replace")
        except OSError:
            # how a terminal ends
            return ""


@pytest.fixture
def messy(tmp_path):
    """Return the words of a ledger in GCJ-02, undeclared, that names communities its own way."""
    rows = ledger_rows("gcj02")
    for row in rows[:3]:
        row[COMMUNITY] = "海西"
    rows[5][COMMUNITY] = "火星"
    heads = ("楼院编号", "楼院名称", "地址", "所属社区", "家数", "经度", "纬度")
    book = ledger(tmp_path, rows, heads=heads)
    out = tmp_path / "out.gpkg"
    return ("--courtyards", book, "--vector", base_map(tmp_path), "--out", out), out


def test_the_dialogue_asks_once_and_keeps_the_answers(run, messy, tmp_path):
    words, out = messy
    kept = tmp_path / "words.toml"
    person = Terminal(*words)
    asked = person.until("请输入序号")
    assert "没有认出“户数”是哪一列" in asked
    number = re.search(r"(\d+)\) 家数", asked)[1]
    person.type(f"{number}\n")
    assert "“海西”（3 行）指的是哪个社区" in person.until("请输入序号")
    person.type("岸\n")
    assert "没有这个选项" in person.until("请输入序号")
    person.type("西岸\n")
    assert "“火星”（1 行）" in person.until("请输入序号")
    person.type("0\n")
    asked = person.until("请输入序号")
    assert "台账" in asked or "楼院坐标" in asked
    assert "不清楚" in asked
    person.type("gcj02\n")
    asked = person.until("[Y/n]")
    assert "读入 24 行 = 原样采用 23 + 按规则更正 0 + 未采用 1" in asked
    assert not out.exists()
    person.type("\n")
    person.until("存为词表")
    person.type(f"{kept}\n")
    assert person.ended() == 0
    assert len(read_district(out).courtyards) == 23
    # the answers are words: a script needs to ask no more
    code, said, _ = run("import", *words, "--words", kept, "--crs", "gcj02")
    assert code == 0
    assert "23 taken" in said
    assert f'"海西" = "{WEST_CODE}"' in kept.read_text("utf-8")


def test_ctrl_c_writes_nothing(messy):
    words, out = messy
    person = Terminal(*words, "--language", "en", language="zh_CN.UTF-8")
    assert "No column was recognised" in person.until("Number:")
    assert person.ended(presses_ctrl_c=True) == 130
    assert "nothing was written" in person.said
    assert not out.exists()


def test_no_writes_nothing_and_yes_asks_nothing(tmp_path):
    book, out = ledger(tmp_path, ledger_rows()), tmp_path / "out.gpkg"
    words = ("--courtyards", book, "--vector", base_map(tmp_path), "--out", out, *METRES)
    person = Terminal(*words, language="en_GB.UTF-8")
    person.until("[Y/n]")
    person.type("n\n")
    assert person.ended() == 0
    assert "Nothing was written" in person.said
    assert not out.exists()
    person = Terminal(*words, "--yes", language="C")
    assert person.ended() == 0
    assert "[Y/n]" not in person.said
    assert out.exists()


def test_the_language_is_that_of_the_computer(monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert spoken_language() == "zh"
    assert spoken_language(default="en") == "en"
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert spoken_language() == "en"
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert spoken_language(default="en") == "zh"
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert spoken_language() == "zh"


def test_answers_go_on_from_words_that_were_given(tmp_path):
    given = tmp_path / "words.toml"
    given.write_text(
        '[communities]\n"海西" = "370202001001"\n[columns]\nhouseholds = "家数"\n'
        '[choices.committee]\nself = ["居民组"]\n',
        "utf-8",
    )
    told = {"communities": {'甲"乙': "370202001002"}, "columns": {"households": ["人家"]}}
    made = tmp_path / "more.toml"
    made.write_text(words_text(given, told), "utf-8")
    import tomllib

    assert tomllib.loads(made.read_text("utf-8")) == {
        "communities": {"海西": "370202001001", '甲"乙': "370202001002"},
        "columns": {"households": ["家数", "人家"]},
        "choices": {"committee": {"self": ["居民组"]}},
    }


def test_layers_of_openstreetmap_need_no_ledger(run, tmp_path):
    from geogrid.sources.sample.town import write_town

    write_town(tmp_path / "town.osm", seed=1)
    out = tmp_path / "town.gpkg"
    code, said, _ = run("import", "--osm", tmp_path / "town.osm", "--out", out)
    assert code == 0
    assert "Dwelling rule" in said
    assert read_district(out).is_synthetic
    assert X == 5
    assert len(town_layers()["courtyards"]) == 24

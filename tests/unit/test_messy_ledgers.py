"""The generator of messy ledgers keeps its own word: counts, rates, same seed, same bytes."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from messy_faults import FAULTS, spelt
from messy_ledgers import LAYOUTS, fault_counts, make_ledger

N_FAULTY = round(0.30 * 1418)


def test_rates_make_three_tenths():
    assert sum(fault.per_mille for fault in FAULTS.values()) == 300
    counts = fault_counts(1418, 0.30, FAULTS)
    assert sum(counts.values()) == N_FAULTY
    assert min(counts.values()) >= 5
    assert set(fault_counts(1418, 0.0, FAULTS).values()) == {0}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_ledger_has_the_faults_it_tells(layout, sample):
    ledger = make_ledger(sample, seed=7, layout=layout)
    assert sum(ledger.counts.values()) == N_FAULTY
    assert min(ledger.counts.values()) >= 5
    n_extra = ledger.counts["duplicate_row"] + ledger.counts["same_address"]
    assert len(ledger.truth) == 1418 + n_extra
    out = sum(n for kind, n in ledger.counts.items() if FAULTS[kind].expected == "out")
    assert ledger.n_in == len(ledger.truth) - out
    places = [(row.sheet, row.row) for row in ledger.truth]
    assert len(set(places)) == len(places)
    for row in ledger.truth:
        assert (row.expected == "out") == bool(row.causes)
        assert not row.causes & row.also
        assert row.fault is None or row.expected == FAULTS[row.fault].expected
    kept = [row.courtyard_id for row in ledger.truth if row.expected == "in"]
    assert len(set(kept)) == len(kept)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_same_seed_gives_the_same_bytes(layout, sample):
    one, same = (make_ledger(sample, seed=3, layout=layout) for _ in range(2))
    assert one.raw == same.raw
    assert one.truth == same.truth
    if layout == "gbk":
        assert make_ledger(sample, seed=4, layout=layout).raw != one.raw


@pytest.mark.parametrize(("layout", "code"), [("gbk", "gbk"), ("gb18030", "gb18030")])
def test_rows_stand_where_the_truth_says(layout, code, sample):
    ledger = make_ledger(sample, seed=5, layout=layout)
    rows = list(csv.reader(io.StringIO(ledger.raw.decode(code), newline="")))
    head = next(row for row in rows if "经度" in row)
    ident = next(i for i, word in enumerate(head) if "编" in word)
    for row in ledger.truth:
        if row.fault not in {"id_missing", "id_rounded", "full_width", "cell_error"} | {
            "duplicate_id",
            "same_address",
        }:
            assert rows[row.row - 1][ident].strip() == row.courtyard_id
    if layout == "gb18030":
        with pytest.raises(UnicodeDecodeError):
            ledger.raw.decode("gbk")


def test_workbook_has_formulas_errors_hidden_rows_and_merges(sample):
    with zipfile.ZipFile(io.BytesIO(make_ledger(sample, seed=1).raw)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert 'state="hidden"' in book.read("xl/workbook.xml").decode()
    assert "@@never" not in sheet
    assert "<f>E5+E6</f></c>" in sheet or "<f>SUM(E5:E6)</f></c>" in sheet
    assert 't="e"' in sheet
    assert 'hidden="1"' in sheet
    assert sheet.count("<mergeCell ") > 20


def test_intact_ledger_has_no_fault(sample):
    ledger = make_ledger(sample, seed=2, faulty=0.0, layout="utf8", system="EPSG:4528")
    assert (ledger.counts, ledger.n_in) == ({}, 1418)
    assert "东坐标" in ledger.raw.decode("utf-8-sig").splitlines()[0]


@pytest.mark.parametrize(
    ("number", "words"),
    [(120, "一百二十"), (105, "一百零五"), (15, "十五"), (1001, "一千零一"), (210, "二百一十")],
)
def test_numbers_are_spelt(number, words):
    assert spelt(number) == words

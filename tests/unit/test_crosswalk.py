"""Crosswalk and events: every courtyard in one row, every grid's fate told."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from towns import town

from geogrid.errors import InputError
from geogrid.governance.edit import regroup
from geogrid.governance.layout import make_plan
from geogrid.plans.crosswalk import CROSSWALK_COLUMNS, crosswalk, grid_events

OLD = {"a1": "A", "a2": "A", "b1": "B", "b2": "B", "c1": "C", "c2": "C", "gone": "C"}


def told(old, new, **names):
    """(kind, old codes, new codes) of every event but those that say nothing happened."""
    found = grid_events(old, new, **names)
    return [(e.kind, "".join(e.old_codes), "".join(e.new_codes)) for e in found if e.kind != "keep"]


def test_shares_are_of_households_and_every_courtyard_is_counted():
    new = {"a1": "A", "a2": "B", "b1": "B", "b2": "B", "c1": "D", "c2": "D", "fresh": "D"}
    households = {"a1": 30, "a2": 10, "b1": 0, "b2": 30, "c1": 0, "c2": 0, "gone": 0, "fresh": 5}
    table = crosswalk(OLD, new, households)
    assert tuple(table) == CROSSWALK_COLUMNS
    assert table.to_dict("split")["data"] == [
        ["", "D", 1, 5, 0.0, 1.0],
        ["A", "A", 1, 30, 0.75, 1.0],
        ["A", "B", 1, 10, 0.25, 0.25],
        ["B", "B", 2, 30, 1.0, 0.75],
        # nobody lives in C: courtyards count
        ["C", "", 1, 0, pytest.approx(1 / 3), 0.0],
        ["C", "D", 2, 0, pytest.approx(2 / 3), 0.0],
    ]


def test_unknown_households_are_refused():
    with pytest.raises(InputError, match="a2"):
        crosswalk({"a1": "A", "a2": "A"}, {}, {"a1": 1})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [("change", "C", "C")]),
        ({"gone": "C"}, []),
        ({"gone": "C", "a2": "B"}, [("change", "A", "A"), ("change", "B", "B")]),
        ({"gone": "C", "a2": "D"}, [("split", "A", "AD"), ("change", "A", "A")]),
        ({"gone": "C", "a1": "D", "a2": "E"}, [("split", "A", "DE")]),
        ({"gone": "C", "a1": "B", "a2": "B"}, [("merge", "AB", "B"), ("change", "B", "B")]),
        (
            {"gone": "C", "a1": "D", "a2": "D", "b1": "D", "b2": "D"},
            [("merge", "AB", "D")],
        ),
        # renumbered: nothing joined, nothing parted
        ({"gone": "C", "a1": "D", "a2": "D"}, [("create", "", "D"), ("retire", "A", "")]),
        # scattered over grids that go on
        (
            {"gone": "C", "a1": "B", "a2": "C"},
            [("retire", "A", ""), ("change", "B", "B"), ("change", "C", "C")],
        ),
        ({"gone": "C", "a1": "", "a2": ""}, [("retire", "A", "")]),
        ({"gone": "C", "fresh": "D"}, [("create", "", "D")]),
        (
            {"gone": "C", "a2": "D", "b2": "D"},
            [("create", "", "D"), ("change", "A", "A"), ("change", "B", "B")],
        ),
    ],
)
def test_every_kind_of_event(change, expected):
    new = {i: c for i, c in OLD.items() if i != "gone"} | change
    assert told(OLD, new) == expected


def test_names_are_told_and_renames_found():
    names = {"old_names": {"A": "一格", "B": "二格"}, "new_names": {"A": "新一格", "B": "二格"}}
    assert told(OLD, OLD, **names) == [("rename", "A", "A")]
    (event,) = [e for e in grid_events(OLD, OLD, **names) if e.kind == "rename"]
    assert event.words["zh"] == "一格（A）更名为新一格（A）。"
    assert event.words["en"] == "一格 (A) is now called 新一格 (A)."
    (kept,) = [e for e in grid_events(OLD, OLD, **names) if e.kind == "keep" and "A" in e.codes]
    assert (kept.codes, kept.as_dict()["codes"]) == (("A",), ["A"])


def test_what_a_grid_won_and_gave_up_is_said():
    new = OLD | {"a2": "B", "c1": "A"}
    (event,) = [e for e in grid_events(OLD, new) if e.codes == ("A",)]
    assert (event.kind, event.gained, event.lost) == ("change", ("c1",), ("a2",))
    assert event.words["zh"] == "A有调整：划入 1 个楼院（c1），划出 1 个楼院（a2）。"


def test_plans_bring_their_own_households_and_names():
    plan = make_plan(town(), n_grids=6)
    home = dict(zip(plan.courtyards["courtyard_id"], plan.courtyards["grid_code"], strict=True))
    fresh = home["c01"][:-3] + "050"
    edited = regroup(plan, home | {"c01": fresh}, names={fresh: "新网格"})
    table = crosswalk(plan, edited)
    assert table["households"].sum() == plan.gov_grids["households"].sum()
    assert table[table["old_code"] != table["new_code"]]["n_courtyards"].sum() == 1
    (split,) = [e for e in grid_events(plan, edited) if e.kind == "split"]
    assert split.codes == tuple(sorted({home["c01"], fresh}))
    assert f"新网格（{fresh}）" in split.words["zh"]


CODES = st.sampled_from(["", "A", "B", "C", "D", "E"])


@given(
    old=st.dictionaries(st.integers(0, 11).map(str), CODES, max_size=12),
    new=st.dictionaries(st.integers(0, 11).map(str), CODES, max_size=12),
    households=st.lists(st.integers(0, 3), min_size=12, max_size=12),
)
def test_every_courtyard_is_in_one_row_and_every_grid_has_one_fate(old, new, households):
    count = {str(i): h for i, h in enumerate(households)}
    before, after = ({i: c for i, c in side.items() if c} for side in (old, new))
    everybody = {*before, *after}
    if everybody:
        table = crosswalk(old, new, count)
        assert table["n_courtyards"].sum() == len(everybody)
        assert table["households"].sum() == sum(count[i] for i in everybody)
        moved = table[table["old_code"] != table["new_code"]]
        assert moved["n_courtyards"].sum() == sum(before.get(i) != after.get(i) for i in everybody)
        for side in ("old", "new"):
            shares = table[table[f"{side}_code"] != ""].groupby(f"{side}_code")
            assert all(s == pytest.approx(1) for s in shares[f"share_of_{side}"].sum())
    events = grid_events(old, new)
    old_codes, new_codes = set(before.values()), set(after.values())
    going_on = old_codes & new_codes
    fate = Counter(c for e in events for c in e.old_codes if c not in going_on)
    fate.update(c for e in events for c in e.new_codes if c not in going_on)
    assert fate == dict.fromkeys((old_codes | new_codes) - going_on, 1)
    stays = Counter(c for e in events if e.kind in {"keep", "change"} for c in e.codes)
    assert stays == dict.fromkeys(going_on, 1)
    assert all(e.words["zh"] and e.words["en"] for e in events)

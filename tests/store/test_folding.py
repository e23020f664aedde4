"""Laws of folding, without a database: any edits, applied, logged, folded, taken back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import ConflictError, InputError
from geogrid.store.edits import (
    EDITS,
    Lock,
    Merge,
    Move,
    Rename,
    Split,
    Unlock,
    parse_edits,
    wire_form,
)
from geogrid.store.folding import Sheet, fold, start_state, touched_by_edits, touched_by_log
from geogrid.store.outlines import Outline

A, B = "370202001001", "370202001002"
IDENTS = [f"c{i}" for i in range(12)]


def outline():
    """Two communities of two grids with three courtyards each."""
    homes = {ident: A if i < 6 else B for i, ident in enumerate(IDENTS)}
    codes = {ident: f"{homes[ident]}{1 + i // 3 % 2:03d}" for i, ident in enumerate(IDENTS)}
    return Outline(
        district_code="370202",
        district_name="海滨区",
        crs="EPSG:4549",
        assignment=codes,
        community_of=homes,
        names={code: f"第{code[-1]}网格" for code in sorted(set(codes.values()))},
        grid_community={code: code[:-3] for code in codes.values()},
        communities={A: ("西岸社区", "370202001"), B: ("东岸社区", "370202001")},
        retired=frozenset({f"{A}007"}),
    )


CODES = st.sampled_from([f"{home}{serial:03d}" for home in (A, B) for serial in range(1, 5)])
COURTYARDS = st.lists(st.sampled_from(IDENTS), min_size=1, max_size=4, unique=True).map(tuple)
SUBJECTS = st.one_of(
    st.sampled_from(IDENTS).map("courtyard:{}".format), CODES.map("grid:{}".format)
)
EDIT = st.one_of(
    st.builds(Move, COURTYARDS, CODES),
    st.builds(Split, COURTYARDS),
    st.builds(Merge, CODES, CODES),
    st.builds(Rename, CODES, st.sampled_from(["海边", "山上", "第1网格"])),
    st.builds(Lock, SUBJECTS),
    st.builds(Unlock, SUBJECTS),
)


def applied(edits, state=None):
    """Apply edits one by one, passing over those that are refused."""
    sheet = Sheet(outline(), state or start_state(outline()))
    for edit in edits:
        trial = Sheet(outline(), as_state(sheet), used=lambda: sheet.used)
        try:
            trial.apply([edit])
        except (InputError, ConflictError):
            continue
        sheet.apply([edit])
    return sheet


def as_state(sheet):
    return fold(sheet.before, sheet.entries, sheet.before.revision + 1)


@given(st.lists(EDIT, max_size=12))
def test_the_log_says_all_that_happened(edits):
    sheet = applied(edits)
    state = as_state(sheet)
    assert state.assignment == sheet.assignment
    assert state.names == sheet.names
    assert state.locks == sheet.locks
    assert set(state.assignment) == set(IDENTS)
    assert state.grids <= set(state.names)
    assert {c for c, held in sheet.members.items() if held} == state.grids


@given(st.lists(EDIT, max_size=12))
def test_what_was_done_can_be_taken_back(edits):
    sheet = applied(edits)
    back = Sheet(outline(), as_state(sheet))
    back.take_back(sheet.entries)
    state = as_state(back)
    start = start_state(outline())
    assert (state.assignment, state.names, state.locks) == (
        start.assignment,
        start.names,
        start.locks,
    )


@settings(max_examples=400)
@given(st.lists(EDIT, min_size=1, max_size=4), st.lists(EDIT, min_size=1, max_size=4))
def test_edits_that_touch_nothing_in_common_may_change_places(ours, theirs):
    """What replaying a stale edit rests on."""
    seen = start_state(outline())
    before = applied(theirs)
    if touched_by_log(before.entries) & touched_by_edits(ours, as_state(before)):
        return
    # without the others, and after them: the same entries, but for the codes of new grids
    ours = [edit for edit in ours if not isinstance(edit, Split)]
    alone, after = applied(ours, seen), applied(ours, as_state(before))
    assert alone.entries == after.entries


@given(st.lists(EDIT, max_size=12))
def test_a_renumbered_grid_keeps_its_courtyards_locks_and_own_name(edits):
    sheet = applied(edits)
    before = as_state(sheet)
    for code in sorted(before.grids):
        fresh = Sheet(outline(), before, used=lambda: sheet.used)
        given_code = fresh.renumber(code)
        after = as_state(fresh)
        assert given_code not in sheet.used
        assert after.grids == before.grids - {code} | {given_code}
        moved = {ident for ident, c in before.assignment.items() if c == code}
        assert {ident for ident, c in after.assignment.items() if c == given_code} == moved
        swap = {f"grid:{code}": f"grid:{given_code}"}
        assert after.locks == {swap.get(lock, lock) for lock in before.locks}
        if before.names[code] == "海边":
            assert after.names[given_code] == "海边"


@given(st.lists(EDIT, min_size=1, max_size=5))
def test_edits_travel_as_json(edits):
    assert parse_edits(json.loads(json.dumps([wire_form(edit) for edit in edits]))) == edits


@pytest.mark.parametrize(
    ("given_form", "words"),
    [
        (None, "list"),
        ([], "list"),
        ({}, "list"),
        ([1], "Edit 1: an edit is an object"),
        ([{}], "op is one of"),
        ([{"op": ["move"]}], "op is one of"),
        ([{"op": "fly"}], ", ".join(EDITS)),
        ([{"op": "lock"}], "takes op, subject"),
        ([{"op": "lock", "subject": "grid:1", "by": "me"}], "nothing else"),
        ([{"op": "lock", "subject": 7}], "subject is a text"),
        ([{"op": "move", "courtyards": "c1", "to": "x"}], "courtyards is a list"),
        ([{"op": "move", "courtyards": [], "to": "x"}], "courtyards is a list"),
        ([{"op": "move", "courtyards": [None], "to": "x"}], "courtyards is a text"),
        ([{"op": "unlock", "subject": "grid:1"}, {"op": "fly"}], "Edit 2"),
        ([{"op": "lock", "subject": "grid:1"}] * 1001, "1 to 1000"),
    ],
)
def test_a_malformed_edit_is_refused_by_place(given_form, words):
    with pytest.raises(InputError, match=words):
        parse_edits(given_form)


def test_an_outline_survives_packing():
    assert Outline.unpack(outline().pack()) == outline()


def test_a_community_has_999_serials():
    sheet = Sheet(outline(), start_state(outline()), used=lambda: [f"{A}999"])
    with pytest.raises(InputError, match="999"):
        sheet.split(["c1"])

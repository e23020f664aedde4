"""Laws of drafts: the log is the truth, nobody is overrun, locks hold."""

from __future__ import annotations

from geogrid.store.edits import Lock, Merge, Move, Rename, Split, Unlock
from geogrid.store.folding import fold, start_state
from geogrid.store.outlines import outline_of

W = "370202001001"
E = "370202001002"


def replayed(store, plan, plan_id):
    """Return the state that the log alone leads to."""
    return fold(start_state(outline_of(plan)), store.log_since(plan_id, 0), 0)


def test_state_is_the_fold_of_the_log(store, store_url, draft, small_plan):
    steps = [
        [Move(("c01",), f"{W}002"), Lock(f"grid:{E}003")],
        [Split(("c02", "c03")), Rename(f"{W}001", "海边")],
        [Merge(f"{E}001", f"{E}002")],
        [Lock("courtyard:c24"), Unlock(f"grid:{E}003")],
        [Move(("c02",), f"{W}002")],
    ]
    for revision, edits in enumerate(steps):
        made = store.edit(draft.plan_id, edits, expected=revision, by="planner")
        assert made.revision == revision + 1
    state = store.draft(draft.plan_id)
    log = replayed(store, small_plan, draft.plan_id)
    assert state.assignment == log.assignment
    assert state.locks == log.locks == {"courtyard:c24"}
    assert state.names == {code: log.names[code] for code in log.grids}
    # a process that has seen nothing yet reads the same
    with type(store).open(store_url) as other:
        assert other.draft(draft.plan_id).assignment == state.assignment
        assert other.draft(draft.plan_id, at_revision=2).assignment["c02"] == f"{W}004"
    assert store.draft(draft.plan_id, at_revision=0).assignment == outline_of(small_plan).assignment
    assert [len(made.entries) for made in store.history(draft.plan_id)] == [2, 4, 4, 2, 1]

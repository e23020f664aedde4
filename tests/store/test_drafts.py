"""Laws of drafts: the log is the truth, nobody is overrun, locks hold."""

from __future__ import annotations

import random
import threading

import pytest

from geogrid.errors import ConflictError, ForbiddenError, InputError, NotFoundError, StaleError
from geogrid.store.edits import Lock, Merge, Move, Rename, Split, Unlock
from geogrid.store.folding import fold, start_state
from geogrid.store.outlines import outline_of
from geogrid.store.store import Store

# the town: c01 c02 c03 in W3, c04-c06 in W2, c07-c12 in W1; c13-c16 in E2, c17 c18 c20 c21 in E3,
# c19 c22 c23 c24 in E1
W, E = "370202001001", "370202001002"
W1, W2, W3, W4 = (f"{W}{serial:03d}" for serial in (1, 2, 3, 4))
E1, E2, E3 = (f"{E}{serial:03d}" for serial in (1, 2, 3))
N_EDITS = 1_000


def edit(store, draft, *edits, expected=None, **more):
    """Edit a draft as it stands."""
    if expected is None:
        expected = store.plan_info(draft.plan_id).revision
    return store.edit(draft.plan_id, edits, expected=expected, **{"by": "planner", **more})


def replayed(store, plan, plan_id):
    """Return the state that the log alone leads to; every entry must fit onto the one before."""
    state = start_state(outline_of(plan))
    for entry in (e for done in store.history(plan_id) for e in done.entries):
        held = {
            "move": state.assignment.get(entry.subject),
            "name": state.names.get(entry.subject, ""),
            "lock": "1" if entry.subject in state.locks else "",
        }
        assert held[entry.kind] == entry.before, entry
        state = fold(state, [entry], entry.revision)
    return state


def test_state_is_the_fold_of_the_log(store, store_url, draft, small_plan):
    steps = [
        [Move(("c01",), W2), Lock(f"grid:{E3}")],
        [Split(("c02", "c03")), Rename(W1, "海边")],
        [Merge(E1, E2)],
        [Lock("courtyard:c24"), Unlock(f"grid:{E3}")],
        [Move(("c02",), W2)],
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
    with Store.open(store_url) as other:
        assert other.draft(draft.plan_id).assignment == state.assignment
        assert other.draft(draft.plan_id, at_revision=2).assignment["c02"] == W4
    assert store.draft(draft.plan_id, at_revision=0).assignment == outline_of(small_plan).assignment
    assert [len(made.entries) for made in store.history(draft.plan_id)] == [2, 4, 4, 2, 1]


def test_versions_are_numbered_and_kept(store, store_url, draft, small_plan):
    second = store.derive_plan(draft.plan_id, title="第二版", by="planner")
    assert (draft.number, second.number) == (1, 2)
    assert (second.base_plan_id, second.start_document) == (draft.plan_id, draft.start_document)
    assert draft.district_code == "370202"
    with Store.open(store_url) as other:
        assert [info.title for info in other.plans()] == ["第二版", "第一版"]
        assert other.plan(draft.plan_id).n_grids == small_plan.n_grids


def test_a_plan_derived_from_an_edited_draft_starts_where_that_stands(store, draft):
    edit(store, draft, Move(("c01",), W2))
    derived = store.derive_plan(draft.plan_id, title="再来", by="planner")
    assert store.draft(derived.plan_id).assignment["c01"] == W2
    assert store.history(derived.plan_id) == []


@pytest.mark.parametrize("plan_id", [0, -1, 99, 10**20])
def test_an_unknown_plan_is_not_found(store, plan_id):
    for ask in (store.plan_info, store.draft, store.plan, store.comments, store.history):
        with pytest.raises(NotFoundError, match="no plan"):
            ask(plan_id)
    with pytest.raises(NotFoundError, match="no plan"):
        store.edit(plan_id, [Move(("c01",), W2)], expected=0, by="planner")


def test_a_stale_edit_is_refused_with_what_happened_since(store, draft):
    edit(store, draft, Move(("c01",), W2), by="first")
    with pytest.raises(StaleError) as refused:
        edit(store, draft, Move(("c20",), E1), expected=0, by="second")
    assert refused.value.facts["revision"] == 1
    (entry,) = refused.value.facts["moves_since"]
    assert (entry.subject, entry.before, entry.after) == ("c01", W3, W2)
    assert refused.value.facts["collisions"] == ()
    assert store.plan_info(draft.plan_id).revision == 1


def test_a_revision_that_is_not_there_yet_is_stale_too(store, draft):
    with pytest.raises(StaleError, match="revision 0, not 7"):
        edit(store, draft, Move(("c01",), W2), expected=7, rebase=True)


def test_a_stale_edit_elsewhere_is_replayed_when_asked(store, draft):
    edit(store, draft, Move(("c01",), W2), by="first")
    made = edit(store, draft, Move(("c20",), E1), expected=0, by="second", rebase=True)
    assert (made.revision, made.replayed_over) == (2, 1)
    assert store.draft(draft.plan_id).assignment["c20"] == E1


@pytest.mark.parametrize(
    ("late", "met"),
    [
        (Move(("c01",), W1), "courtyard:c01"),
        (Move(("c05",), W1), f"grid:{W2}"),
        (Move(("c07",), W3), f"grid:{W3}"),
        (Merge(W3, W1), f"grid:{W3}"),
        (Rename(W2, "别名"), f"grid:{W2}"),
        (Lock("courtyard:c01"), "courtyard:c01"),
        (Lock(f"grid:{W2}"), f"grid:{W2}"),
        (Split(("c02",)), f"grid:{W3}"),
    ],
)
def test_a_stale_edit_that_collides_is_refused(store, draft, late, met):
    edit(store, draft, Move(("c01",), W2), by="first")
    with pytest.raises(StaleError) as refused:
        edit(store, draft, late, expected=0, by="second", rebase=True)
    assert met in refused.value.facts["collisions"]


@pytest.mark.parametrize(
    ("lock", "forbidden"),
    [
        ("courtyard:c01", Move(("c01",), W2)),
        ("courtyard:c01", Merge(W3, W2)),
        ("courtyard:c01", Split(("c01", "c02"))),
        (f"grid:{W3}", Move(("c01",), W2)),
        (f"grid:{W2}", Move(("c01",), W2)),
        (f"grid:{W2}", Merge(W2, W3)),
    ],
)
def test_a_lock_holds_until_it_is_taken_away(store, draft, lock, forbidden):
    edit(store, draft, Lock(lock))
    with pytest.raises(ConflictError, match="locked") as refused:
        edit(store, draft, forbidden)
    assert refused.value.facts["lock"] == lock
    assert not isinstance(refused.value, StaleError)
    edit(store, draft, Unlock(lock), forbidden)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (Move(("c01", "nobody"), W2), "nobody"),
        (Move(("c01",), "370202001001999"), "370202001001999"),
        (Merge("370202001001999", W1), "370202001001999"),
        (Merge(W1, W1), W1),
        (Rename("370202001001999", "x"), "370202001001999"),
        (Lock("courtyard:nobody"), "nobody"),
        (Lock("grid:nobody"), "nobody"),
        (Lock("house:c01"), "house:c01"),
        (Move(("c01",), W3), "changes nothing"),
        (Unlock("courtyard:c01"), "changes nothing"),
        (Split(("c01", "c13")), "one community"),
        (Rename(W1, "x" * 101), "101"),
        (Rename(W1, "a\x00b"), "control"),
        (Rename(W1, "\ud800"), "control"),
        (Move(("c01", "c01"), W2), "twice"),
    ],
)
def test_what_is_not_there_is_named_and_nothing_is_done(store, draft, wrong, named):
    with pytest.raises(InputError, match=named):
        edit(store, draft, wrong)
    assert store.plan_info(draft.plan_id).revision == 0


def test_one_wrong_edit_takes_all_of_its_revision_with_it(store, draft):
    with pytest.raises(InputError):
        edit(store, draft, Move(("c01",), W2), Move(("c02",), "nowhere"))
    assert store.draft(draft.plan_id).assignment["c01"] == W3
    assert store.history(draft.plan_id) == []


def test_a_clerk_stays_in_the_own_subdistrict(store, draft):
    assert edit(store, draft, Move(("c01",), W2), within="370202001").revision == 1
    for stray in (
        Move(("c01",), W3),
        Merge(W2, W3),
        Rename(W1, "x"),
        Lock(f"grid:{W1}"),
        Split(("c05",)),
    ):
        with pytest.raises(ForbiddenError, match="370202002"):
            edit(store, draft, stray, within="370202002")


def test_a_new_grid_takes_the_next_serial_and_keeps_it(store, draft):
    made = edit(store, draft, Split(("c01", "c02")))
    assert made.created == (W4,)
    assert store.draft(draft.plan_id).names[W4] == "西岸社区第4网格"
    store.undo(draft.plan_id, 1, expected=1, by="planner")
    assert W4 not in store.draft(draft.plan_id).names
    # taken back, but another grid must not be taken for it
    assert edit(store, draft, Split(("c01",))).created == (f"{W}005",)


def test_a_grid_without_courtyards_disappears_and_may_come_back(store, draft):
    made = edit(store, draft, Merge(W2, W1))
    assert made.emptied == (W2,)
    assert W2 not in store.draft(draft.plan_id).names
    assert edit(store, draft, Move(("c04",), W2)).created == (W2,)
    assert store.draft(draft.plan_id).names[W2] == "西岸社区第2网格"


def test_undo_is_a_revision_of_its_own(store, draft):
    before = store.draft(draft.plan_id)
    edit(store, draft, Move(("c01",), W2), Rename(W1, "海边"), Lock("courtyard:c05"))
    edit(store, draft, Move(("c20",), E1))
    made = store.undo(draft.plan_id, 1, expected=2, by="planner")
    assert (made.revision, made.undoes) == (3, 1)
    after = store.draft(draft.plan_id)
    assert after.assignment == {**before.assignment, "c20": E1}
    assert (after.names, after.locks) == (before.names, before.locks)
    store.undo(draft.plan_id, 3, expected=3, by="planner")
    assert store.draft(draft.plan_id).assignment["c01"] == W2


def test_undo_is_refused_when_later_edits_touched_the_same(store, draft):
    edit(store, draft, Move(("c01",), W2))
    edit(store, draft, Move(("c01",), W1))
    with pytest.raises(ConflictError, match="revision 2 changed c01"):
        store.undo(draft.plan_id, 1, expected=2, by="planner")
    with pytest.raises(StaleError):
        store.undo(draft.plan_id, 2, expected=1, by="planner")
    for revision in (0, 3, 10**20):
        with pytest.raises(NotFoundError, match="revisions 1 to 2"):
            store.undo(draft.plan_id, revision, expected=2, by="planner")


def test_undo_obeys_locks_and_limits(store, draft):
    edit(store, draft, Move(("c01",), W2))
    edit(store, draft, Lock(f"grid:{W3}"))
    with pytest.raises(ConflictError, match=f"{W3} is locked"):
        store.undo(draft.plan_id, 1, expected=2, by="planner")
    with pytest.raises(ForbiddenError):
        store.undo(draft.plan_id, 2, expected=2, by="clerk", within="370202002")


def test_undo_of_a_new_grid_that_others_use_keeps_its_name(store, draft):
    edit(store, draft, Split(("c01",)))
    edit(store, draft, Move(("c02",), W4))
    store.undo(draft.plan_id, 1, expected=2, by="planner")
    state = store.draft(draft.plan_id)
    assert state.assignment["c01"] == W3
    assert state.names[W4] == "西岸社区第4网格"


def test_a_subdistricts_own_draft_reaches_the_district_by_merging(store, draft):
    own = store.derive_plan(draft.plan_id, title="街道稿", by="clerk", scope="370202001")
    edit(store, own, Move(("c01",), W2), Split(("c20", "c21")), Rename(W1, "海边"), by="clerk")
    # the district's own new grid took the number meanwhile
    edit(store, draft, Split(("c23", "c24")), Lock("courtyard:c13"))
    made = store.merge_draft(draft.plan_id, own.plan_id, expected=1, by="planner")
    state = store.draft(draft.plan_id)
    assert state.assignment["c01"] == W2
    assert state.assignment["c23"] == f"{E}004"
    assert state.assignment["c20"] == f"{E}005"
    assert state.names[f"{E}005"] == "东岸社区第5网格"
    assert state.names[W1] == "海边"
    assert "街道稿" in made.note
    ended = store.plan_info(own.plan_id)
    assert (ended.status, ended.merged_into) == ("withdrawn", draft.plan_id)
    with pytest.raises(ConflictError, match="withdrawn"):
        edit(store, own, Move(("c02",), W2))


def test_merging_drafts_that_moved_the_same_courtyard_is_refused(store, draft):
    own = store.derive_plan(draft.plan_id, title="街道稿", by="clerk", scope="370202001")
    edit(store, own, Move(("c01", "c02"), W2))
    edit(store, draft, Move(("c01",), W1))
    with pytest.raises(ConflictError) as refused:
        store.merge_draft(draft.plan_id, own.plan_id, expected=1, by="planner")
    assert refused.value.facts["collisions"] == ("courtyard:c01",)
    assert store.plan_info(own.plan_id).status == "draft"
    with pytest.raises(StaleError):
        store.merge_draft(draft.plan_id, own.plan_id, expected=0, by="planner")
    with pytest.raises(InputError, match="itself"):
        store.merge_draft(draft.plan_id, draft.plan_id, expected=1, by="planner")


def test_a_scope_must_be_a_subdistrict_of_the_plan(store, draft, small_plan):
    with pytest.raises(InputError, match="370202001"):
        store.derive_plan(draft.plan_id, title="x", by="clerk", scope="370202009")
    with pytest.raises(InputError, match="title"):
        store.add_plan(small_plan, title=" ", by="planner")
    assert len(store.plans()) == 1


@pytest.mark.slow
def test_two_editors_at_once_leave_a_serial_order(store_url, draft, small_plan):
    """Each edit that was acknowledged is in the log once, whole, upon the state before it."""
    grids = {"c0": [W1, W2, W3], "c2": [E1, E2, E3]}
    done, counts, failures = {}, {1: 0, 2: 0}, []

    def work(seed):
        name = f"editor {seed}"
        rng = random.Random(seed)  # noqa: S311 - no secret
        try:
            with Store.open(store_url) as store:
                seen = 0
                while counts[seed] < N_EDITS:
                    half = rng.choice(("c0", "c2"))
                    idents = rng.sample([f"{half}{i}" for i in range(1, 5)], 2)
                    move = Move(tuple(idents), rng.choice(grids[half]))
                    try:
                        made = store.edit(
                            draft.plan_id, [move], expected=seen, by=name, rebase=True
                        )
                    except StaleError as error:
                        seen = error.facts["revision"]
                    except InputError:
                        seen = store.plan_info(draft.plan_id).revision
                    else:
                        seen = made.revision
                        done[seen] = name
                        counts[seed] += 1
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(i,)) for i in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with Store.open(store_url) as store:
        history = store.history(draft.plan_id)
        assert [made.revision for made in history] == list(range(1, 2 * N_EDITS + 1))
        assert {made.revision: made.made_by for made in history} == done
        state = store.draft(draft.plan_id)
        assert state.assignment == replayed(store, small_plan, draft.plan_id).assignment

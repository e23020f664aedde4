"""Laws of publication: dates decide, what was published stays, no code comes back."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from steps import approve, decree, publish
from versions import (
    AUTUMN,
    DAY,
    E1,
    E2,
    E3,
    SPRING,
    SUMMER,
    W1,
    W2,
    W3,
    W4,
    E,
    W,
    derive,
)

from geogrid.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    StaleError,
    StorageError,
)
from geogrid.publish.features import COLLECTIONS, feature_tables
from geogrid.store.edits import Merge, Move, Rename, Split
from geogrid.store.plan_file import read_plan
from geogrid.store.store import Store


@pytest.fixture
def first(store, draft):
    return publish(store, draft.plan_id, SPRING)


@pytest.fixture
def second(store, first):
    # W2 goes into W3, a corner of E3 becomes a grid of its own
    edits = (Merge(W2, W3), Split(("c20", "c21")), Rename(W1, "海边网格"))
    return publish(store, derive(store, first, *edits).plan_id, SUMMER)


def test_a_version_is_published_whole(store_url, first, small_plan):
    assert (first.status, first.published_by) == ("published", "approver")
    assert first.document_no == "青南网格〔2026〕4号"
    made = feature_tables(small_plan)
    with Store.open(store_url) as other:
        kept = other.features(first.plan_id)
        assert list(kept) == list(COLLECTIONS)
        for name, table in made.items():
            assert (kept[name].ids, kept[name].properties) == (table.ids, table.properties)
            assert shapely.equals_exact(kept[name].geometry, table.geometry).all()
        plan = other.plan(first.plan_id)
    # unedited, so the proof still holds
    assert plan.report["status"] == small_plan.report["status"]
    assert first.final_document == first.start_document


def test_an_edited_version_is_the_same_in_file_and_features(store, second, tmp_path):
    path = tmp_path / "second.gpkg"
    path.write_bytes(store.plan_bytes(second.plan_id))
    plan = read_plan(path)
    state = store.draft(second.plan_id)
    assert dict(
        zip(plan.courtyards["courtyard_id"], plan.courtyards["grid_code"], strict=True)
    ) == (state.assignment)
    kept = store.features(second.plan_id)["gov_grids"]
    assert set(kept.ids) == set(state.names) == {W1, W3, E1, E2, E3, f"{E}004"}
    names = {row["grid_code"]: row["name"] for row in kept.properties}
    assert names == state.names
    assert names[W1] == "海边网格"


def test_a_prepared_version_is_judged_without_its_file(store_url, clock, second, monkeypatch):
    fresh = Store.open(store_url, now=clock)
    fresh.prepare(second.plan_id)
    child = derive(fresh, second, Rename(W1, "西一"))
    monkeypatch.setattr("geogrid.store.materials.read_document", lambda *_: pytest.fail("read"))
    assert not fresh.verdict(child.plan_id).hard
    fresh.close()


def test_dates_decide_what_is_in_force(store, clock, first, second):
    numbers = {
        day: [info.number for info in store.in_force(day)]
        for day in (SPRING - DAY, SPRING, SUMMER - DAY, SUMMER, AUTUMN)
    }
    assert list(numbers.values()) == [[], [1], [1], [2], [2]]
    assert [info.shown for info in store.plans()] == ["upcoming", "upcoming"]
    assert store.plan_info(first.plan_id).valid_to == SUMMER
    assert second.valid_to is None
    # midnight of the first day, in China
    clock.moment = dt.datetime(2026, 3, 31, 15, 59, tzinfo=dt.UTC)
    assert store.in_force() == []
    clock.pass_time(minutes=1)
    assert [info.plan_id for info in store.in_force()] == [first.plan_id]
    assert store.plan_info(first.plan_id).shown == "in_force"
    clock.moment = dt.datetime(2026, 7, 1, 4, 0, tzinfo=dt.UTC)
    assert [info.shown for info in store.plans()] == ["in_force", "retired"]
    assert [info.shown for info in store.in_force(SPRING)] == ["in_force"]


def test_a_version_begins_after_the_one_before(store, first):
    later = derive(store, first, Merge(W2, W3))
    approve(store, later.plan_id)
    for day in (SPRING, SPRING - DAY):
        with pytest.raises(InputError, match="later day"):
            decree(store, later.plan_id, day)
    assert decree(store, later.plan_id, SPRING + DAY).status == "published"


def test_the_crosswalk_shares_out_every_household(store, first, second):
    assert store.crosswalk(first.plan_id).empty
    table = store.crosswalk(second.plan_id)
    assert table.groupby("old_code")["share_of_old"].sum().to_numpy() == pytest.approx(1)
    assert table.groupby("new_code")["share_of_new"].sum().to_numpy() == pytest.approx(1)
    assert set(table.loc[table["old_code"] == W2, "new_code"]) == {W3}
    assert table["n_courtyards"].sum() == 24


def test_changes_tell_each_version_in_order(store, first, second):
    told = store.changes()
    cursors = [change.cursor for change in told]
    assert cursors == sorted(set(cursors))
    ends = [change.plan_id for change in told if change.kind == "publish"]
    assert ends == [first.plan_id, second.plan_id]
    of_second = {(c.kind, c.subject) for c in told if c.plan_id == second.plan_id}
    assert ("publish", "") in of_second
    assert ("rename", W1) in of_second
    assert any(kind == "merge" for kind, _ in of_second)
    assert any(kind == "split" for kind, _ in of_second)
    assert sum(c.kind == "create" for c in told if c.plan_id == first.plan_id) == 6
    assert all(c.effective_date == SPRING for c in told if c.plan_id == first.plan_id)
    # piece by piece the same
    pieces, seen = [], 0
    while batch := store.changes(seen, 2):
        pieces += batch
        seen = batch[-1].cursor
    assert pieces == told
    assert store.changes(10**20) == []


def test_head_rises_with_what_is_served(store, store_url, draft):
    heads = [store.head()]
    store.edit(draft.plan_id, [Move(("c01",), W2)], expected=0, by="planner")
    assert store.head() == heads[0]
    publish(store, draft.plan_id, SPRING)
    heads.append(store.head())
    store.set_public("beats", public=False)
    heads.append(store.head())
    assert heads[0] < heads[1] < heads[2]
    with Store.open(store_url) as other:
        assert other.head() == heads[2]
        assert not other.is_public("beats")
        assert other.is_public("gov_grids")


BY_HAND = (
    "UPDATE plans SET title = 'x' WHERE status = 'published'",
    "UPDATE plans SET status = 'draft' WHERE status = 'published'",
    "DELETE FROM plans",
    "UPDATE features SET properties = '{}'",
    "DELETE FROM features",
    "INSERT INTO features VALUES (1, 'gov_grids', 'x', 9, '{}', NULL)",
    "UPDATE revisions SET note = 'x'",
    "DELETE FROM revisions",
    "UPDATE log SET after = before",
    "DELETE FROM log",
    "INSERT INTO revisions VALUES (1, 9, 'x', '2026-01-01', 0, NULL, '')",
    "UPDATE approvals SET decision = 'object'",
    "DELETE FROM approvals",
    "UPDATE changes SET kind = 'x'",
    "DELETE FROM changes",
    "UPDATE crosswalk SET share_of_old = 1",
    "DELETE FROM crosswalk",
    "UPDATE documents SET size = 0",
    "DELETE FROM documents",
    "UPDATE grid_codes SET ended_plan_id = NULL WHERE ended_plan_id IS NOT NULL",
    "DELETE FROM grid_codes",
)


@pytest.mark.usefixtures("second")
def test_a_hand_in_the_database_is_refused(store):
    for statement in BY_HAND:
        refused = pytest.raises(ConflictError, match=r"only added to|never|are kept")
        with refused, store.database.write() as connection:
            assert not connection.execute(sa.text(statement)).rowcount, statement


@pytest.mark.usefixtures("second")
def test_no_table_of_postgresql_is_emptied(store):
    if store.database.is_sqlite:
        return
    for table in ("features", "log", "revisions", "changes", "audit"):
        with pytest.raises(ConflictError), store.database.write() as connection:
            connection.execute(sa.text(f"TRUNCATE {table} CASCADE"))


def test_a_published_plan_takes_no_edit(store, first):
    refused = (
        lambda: store.edit(first.plan_id, [Move(("c01",), W2)], expected=0, by="planner"),
        lambda: store.submit(first.plan_id, expected=0, by="planner"),
        lambda: store.send_back(first.plan_id, expected=0, by="approver"),
        lambda: store.withdraw(first.plan_id, by="approver"),
        lambda: store.approve(first.plan_id, expected=0, by="approver"),
        lambda: decree(store, first.plan_id, SUMMER),
    )
    for ask in refused:
        with pytest.raises(ConflictError, match="only"):
            ask()
    # but people may still remark on it
    store.comment(first.plan_id, "墙倒了", by="clerk", subject="courtyard:c01")


def test_nobody_approves_what_they_proposed(store, draft):
    store.submit(draft.plan_id, expected=0, by="planner")
    with pytest.raises(ForbiddenError, match="somebody else"):
        store.approve(draft.plan_id, expected=0, by="planner")
    store.approve(draft.plan_id, expected=0, by="approver")
    with pytest.raises(ForbiddenError, match="somebody else"):
        decree(store, draft.plan_id, SPRING, by="planner")


def test_what_is_proposed_is_not_edited_until_it_is_sent_back(store, draft):
    store.submit(draft.plan_id, expected=0, by="planner")
    with pytest.raises(ConflictError, match="proposed"):
        store.edit(draft.plan_id, [Move(("c01",), W2)], expected=0, by="planner")
    info = store.send_back(draft.plan_id, expected=0, by="approver", note="太散")
    assert (info.status, info.proposed_by) == ("draft", None)
    (objection,) = store.approvals(draft.plan_id)
    assert (objection.decision, objection.note, objection.revision) == ("object", "太散", 0)
    store.edit(draft.plan_id, [Move(("c01",), W2)], expected=0, by="planner")
    with pytest.raises(StaleError):
        store.submit(draft.plan_id, expected=0, by="planner")
    assert store.withdraw(draft.plan_id, by="planner").shown == "withdrawn"


def test_decisions_and_comments_are_kept(store, draft):
    store.decide(draft.plan_id, "object", level="community", by="secretary", note="桥上不去")
    store.decide(draft.plan_id, "agree", level="subdistrict", by="clerk", expected=0)
    assert [a.decision for a in store.approvals(draft.plan_id)] == ["object", "agree"]
    with pytest.raises(StaleError):
        store.decide(draft.plan_id, "agree", level="community", by="clerk", expected=3)
    with pytest.raises(InputError):
        store.decide(draft.plan_id, "shrug", level="community", by="clerk")
    remark = store.comment(draft.plan_id, "3号院改名", by="clerk", subject=f"grid:{W3}")
    assert store.settle_comment(remark.comment_id, by="planner").settled_by == "planner"
    with pytest.raises(ConflictError, match="settled"):
        store.settle_comment(remark.comment_id, by="planner")
    with pytest.raises(InputError, match="not in this plan"):
        store.comment(draft.plan_id, "?", by="clerk", subject="grid:nowhere")
    for comment_id in (0, 99, 10**20):
        with pytest.raises(NotFoundError):
            store.settle_comment(comment_id, by="planner")
    assert [c.body for c in store.comments(draft.plan_id)] == ["3号院改名"]


def test_hard_faults_bar_publication_and_are_listed(store, draft):
    # the arterial lies between c01 and W1, and c13 lies in the other community
    edits = [Move(("c01",), W1), Move(("c13",), W2)]
    store.edit(draft.plan_id, edits, expected=0, by="planner")
    kinds = {fault.kind for fault in store.verdict(draft.plan_id).hard}
    assert kinds == {"broken", "split_community"}
    approve(store, draft.plan_id)
    with pytest.raises(InputError, match="hold always") as refused:
        decree(store, draft.plan_id, SPRING)
    assert {fault.kind for fault in refused.value.facts["findings"]} == kinds
    assert store.plan_info(draft.plan_id).status == "approved"
    assert store.changes() == []


def test_soft_faults_need_a_reason(store, draft):
    store.edit(draft.plan_id, [Merge(E1, E2), Merge(E2, E3)], expected=0, by="planner")
    assert not store.verdict(draft.plan_id).hard
    assert store.verdict(draft.plan_id).soft
    approve(store, draft.plan_id)
    with pytest.raises(InputError, match="accepted_because"):
        decree(store, draft.plan_id, SPRING, accepted_because=None)
    done = decree(store, draft.plan_id, SPRING, accepted_because="东岸整体托管")
    assert done.accepted_because == "东岸整体托管"


@pytest.mark.usefixtures("second")
def test_a_code_that_ended_is_not_given_again(store, small_plan):
    # the old layout once more: W2 ended with the second version
    again = store.add_plan(small_plan, title="照旧", by="planner")
    info = store.submit(again.plan_id, expected=0, by="planner")
    assert info.revision == 1
    (made,) = store.history(again.plan_id)
    assert W2 in made.note
    state = store.draft(again.plan_id)
    assert W2 not in state.names
    assert state.assignment["c04"] == W4
    assert state.names[W4] == "西岸社区第4网格"
    store.approve(again.plan_id, expected=1, by="approver")
    third = decree(store, again.plan_id, AUTUMN, follows=store.latest_published("370202").plan_id)
    assert W4 in store.features(third.plan_id)["gov_grids"].ids


def test_a_code_that_ended_before_the_store_began_is_not_given(store, small_plan):
    continuity = {"codes_retired": [f"{W}007"]}
    plan = small_plan.with_report(continuity=continuity)
    draft = store.add_plan(plan, title="承前", by="planner")
    made = store.edit(draft.plan_id, [Split(("c01",))], expected=0, by="planner")
    assert made.created == (f"{W}008",)
    store.undo(draft.plan_id, 1, expected=1, by="planner")
    publish(store, draft.plan_id, SPRING)
    # a plan that knows nothing of it does not take it either
    other = store.add_plan(small_plan, title="另起", by="planner")
    made = store.edit(other.plan_id, [Split(("c01",))], expected=0, by="planner")
    assert made.created == (f"{W}008",)
    assert store.fate_of(f"{W}007") is None


def test_a_code_does_not_jump_to_a_grid_elsewhere(store, first):
    # the courtyards of W2 and W3 change places: neither grid goes on
    swap = derive(store, first, Move(("c04", "c05", "c06"), W1), Move(("c01", "c02", "c03"), W2))
    info = store.submit(swap.plan_id, expected=2, by="planner")
    assert info.revision == 3
    assert store.draft(swap.plan_id).assignment["c01"] == W4


def test_two_drafts_that_gave_the_same_new_code_end_with_two(store, first):
    one = derive(store, first, Split(("c20", "c21")), title="甲")
    other = derive(store, first, Split(("c23", "c24")), title="乙")
    assert store.draft(other.plan_id).assignment["c23"] == f"{E}004"
    publish(store, one.plan_id, SUMMER)
    store.submit(other.plan_id, expected=1, by="planner")
    assert store.draft(other.plan_id).assignment["c23"] == f"{E}005"


def test_a_code_taken_after_approval_bars_publication(store, first):
    one = derive(store, first, Split(("c20", "c21")), title="甲")
    other = derive(store, first, Split(("c23", "c24")), title="乙")
    approve(store, other.plan_id)
    publish(store, one.plan_id, SUMMER)
    with pytest.raises(ConflictError, match="send the plan back"):
        decree(store, other.plan_id, AUTUMN, follows=one.plan_id)


def test_a_subdistricts_own_draft_is_not_published(store, first):
    own = store.derive_plan(first.plan_id, title="街道稿", by="clerk", scope="370202001")
    store.submit(own.plan_id, expected=0, by="clerk")
    with pytest.raises(ConflictError, match="merge it"):
        store.approve(own.plan_id, expected=0, by="approver")
    # proposed, it can be merged
    store_draft = derive(store, first)
    with pytest.raises(InputError, match="changes nothing"):
        store.merge_draft(store_draft.plan_id, own.plan_id, expected=0, by="planner")


def test_versions_published_at_once_queue_up(store, store_url, first):
    """Both are made beside the first version; one finds itself overtaken and looks again.

    The later draft was made from the earlier one, so it may follow that; never the other
    way round, which would take the later one's changes back.
    """
    drafts = [derive(store, first, Rename(W1, "甲"), title="甲")]
    drafts.append(derive(store, drafts[0], Rename(W2, "乙"), title="乙"))
    for draft in drafts:
        approve(store, draft.plan_id)
    ready, results = threading.Barrier(2), {}

    def work(draft, day):
        with Store.open(store_url) as own:
            made = own._edition

            def meet(*given):
                edition = made(*given)
                ready.wait(30)
                return edition

            own._edition = meet
            try:
                results[draft.plan_id] = decree(own, draft.plan_id, day)
            except ConflictError as error:
                results[draft.plan_id] = error

    threads = [
        threading.Thread(target=work, args=pair)
        for pair in zip(drafts, (SUMMER, AUTUMN), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = {info.plan_id: info for info in store.plans() if info.status == "published"}
    later = drafts[1].plan_id
    assert later in done
    if drafts[0].plan_id in done:
        # then the crosswalk is with the version in between
        with store.database.read() as connection:
            query = sa.text("SELECT DISTINCT old_plan_id FROM crosswalk WHERE plan_id = :p")
            assert connection.execute(query, {"p": later}).scalars().all() == [drafts[0].plan_id]
    else:
        assert results[drafts[0].plan_id].facts["between"] == [later]
    cursors = [change.cursor for change in store.changes()]
    assert cursors == sorted(cursors)


def test_a_damaged_plan_file_is_told_not_read(store, store_url, first):
    with store.database.write() as connection:
        name = " ON documents" if not store.database.is_sqlite else ""
        connection.execute(sa.text(f"DROP TRIGGER documents_no_update{name}"))
        body = connection.execute(sa.text("SELECT body FROM documents")).scalar()
        broken = bytes(body[:-9]) + bytes(9)
        connection.execute(sa.text("UPDATE documents SET body = :body"), {"body": broken})
    with Store.open(store_url) as other, pytest.raises(StorageError, match="damaged"):
        other.plan(first.plan_id)


def test_desktop_gis_sees_the_version_in_force(store, small_plan, clock):
    if store.database.is_sqlite:
        return
    past = publish(
        store, store.add_plan(small_plan, title="一", by="planner").plan_id, dt.date(2020, 1, 1)
    )
    clock.moment = dt.datetime(9998, 6, 1, tzinfo=dt.UTC)
    publish(store, derive(store, past, Merge(W2, W3)).plan_id, dt.date(9999, 1, 1))
    question = (
        "SELECT grid_code, households, plan_id, ST_SRID(geometry), ST_AsText(geometry)"
        " FROM geogrid_gov_grids_in_force"
    )
    with store.database.read() as connection:
        rows = connection.execute(sa.text(question)).all()
        for name in COLLECTIONS:
            query = f"SELECT count(*), count(geometry) FROM geogrid_{name}_in_force"  # noqa: S608
            counts = connection.execute(sa.text(query)).one()
            assert counts == (len(store.features(past.plan_id)[name].ids),) * 2
        kind = connection.execute(
            sa.text("SELECT type FROM geometry_columns WHERE f_table_name = :view"),
            {"view": "geogrid_gov_grids_in_force"},
        ).scalar()
    assert kind == "MULTIPOLYGON"
    made = {row[0]: row for row in rows}
    table = store.features(past.plan_id)["gov_grids"]
    assert set(made) == set(table.ids)
    for ident, properties, shape in zip(table.ids, table.properties, table.geometry, strict=True):
        _, households, plan_id, srid, text = made[ident]
        assert (households, plan_id, srid) == (properties["households"], past.plan_id, 4326)
        assert shapely.from_wkt(text).equals(shape)


def test_a_geometry_may_be_missing(small_plan):
    """A beat without an area is handed out as it came: without one."""
    beats = small_plan.district["beats"].copy()
    beats.geometry = [beats.geometry.iloc[0], None]
    tables = {**small_plan.district.tables, "beats": beats}
    plan = replace(small_plan, district=replace(small_plan.district, tables=tables))
    table = feature_tables(plan)["beats"]
    from geogrid.store.feature_rows import rows_of_tables, tables_of_rows

    rows = [sa.util.immutabledict(row) for row in rows_of_tables(1, {"beats": table})]
    back = tables_of_rows([type("Row", (), dict(row)) for row in rows])["beats"]
    assert np.array_equal(shapely.is_missing(back.geometry), [False, True])

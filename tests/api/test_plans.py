"""Laws of plans over HTTP: the life of a version, and edits that nobody loses."""

from __future__ import annotations

import csv
import datetime as dt
import io
import threading
from dataclasses import replace

import pytest
from plan_service import EAST_IN_B, GEOPACKAGE, WEST_CODE, A, B

from geogrid.store.edits import Move
from geogrid.store.plan_file import write_plan
from geogrid.store.store import Store


def neighbours(house, plan_id=1, community=WEST_CODE):
    """Return two grids of a community and their courtyards, the larger first."""
    grids = house.grids(plan_id, community)
    ordered = sorted(grids, key=lambda code: (-len(grids[code]), code))
    return ordered[0], ordered[1], grids


def move(courtyard, to, **more):
    return {"edits": [{"op": "move", "courtyards": [courtyard], "to": to}], **more}


def test_a_version_lives_from_upload_to_retired(house, two_plan_path):
    planner, approver = house.planner, house.approver
    body = two_plan_path.read_bytes()
    made = planner.post("/plans?title=新版", content=body, headers={"Content-Type": GEOPACKAGE})
    assert made.status_code == 201, made.text
    plan = made.json()
    here = f"/plans/{plan['plan_id']}"
    assert made.headers["location"].endswith(here)
    assert (plan["status"], plan["title"], plan["revision"]) == ("draft", "新版", 0)
    assert made.headers["etag"] == f'"{plan["plan_id"]}-0"'
    proposed = planner.post(f"{here}/submit", at=0)
    assert proposed.json()["status"] == "proposed"
    assert approver.post(f"{here}/approve", {}, at=0).json()["status"] == "approved"
    order = {"document_no": "青南政〔2026〕1号", "effective_date": "2026-04-01"}
    published = approver.post(f"{here}/publish", order, at=0)
    if published.status_code == 409:
        # a town so small breaks soft rules; the refusal names them
        assert published.json()["findings"]
        order["accepted_because"] = "小城"
        published = approver.post(f"{here}/publish", order, at=0)
    assert published.json()["status"] == "upcoming", published.text
    house.clock.pass_time(days=40)
    assert house.viewer.get(here).json()["status"] == "in_force"
    later = house.draft(base=plan["plan_id"])
    house.publish(later, day=dt.date(2026, 5, 1))
    house.clock.pass_time(days=40)
    assert house.viewer.get(here).json()["status"] == "retired"
    shown = [p["status"] for p in house.viewer.get("/plans").json()["plans"]]
    assert shown == ["in_force", "retired"]


def test_nobody_approves_what_they_proposed_and_what_is_published_is_never_edited(house):
    draft = house.draft()
    house.publish(draft, day=dt.date(2026, 3, 2))
    first, second, grids = neighbours(house, draft)
    refused = house.planner.post(f"/plans/{draft}/moves", move(grids[first][0], second), at=0)
    assert refused.status_code == 409
    assert house.planner.post(f"/plans/{draft}/withdraw", {}).status_code == 409
    assert house.planner.post(f"/plans/{draft}/undo", {"revision": 1}, at=0).status_code == 409


def test_a_version_in_between_is_not_taken_back_unsaid(house):
    base = published(house)
    first, second, _ = neighbours(house, base)
    one, other = house.draft(base=base), house.draft(base=base)
    for draft, code in ((one, first), (other, second)):
        order = {"edits": [{"op": "rename", "grid": code, "name": "新名"}]}
        assert house.planner.post(f"/plans/{draft}/moves", order, at=0).status_code == 200
    house.publish(one, day=dt.date(2026, 4, 1), no="2号")
    here = f"/plans/{other}"
    house.planner.post(f"{here}/submit", at=1)
    house.approver.post(f"{here}/approve", {}, at=1)
    order = {"document_no": "3号", "effective_date": "2026-05-01", "accepted_because": "测试"}
    refused = house.approver.post(f"{here}/publish", order, at=1)
    assert refused.status_code == 409
    assert (refused.json()["latest"], refused.json()["between"]) == (one, [one])
    wrong = house.approver.post(f"{here}/publish", {**order, "follows": base}, at=1)
    assert (wrong.status_code, wrong.json()["latest"]) == (409, one)
    done = house.approver.post(f"{here}/publish", {**order, "follows": one}, at=1)
    assert done.json()["status"] == "upcoming", done.text


@pytest.mark.parametrize(
    "day", [1775001600, "1775001600", "20260401", "2026-04-01T00:00:00", "2026-W14-3", None, True]
)
def test_a_day_is_written_as_one(house, day):
    order = {"document_no": "1号", "effective_date": day}
    refused = house.approver.post("/plans/1/publish", order, at=0)
    assert (refused.status_code, "effective_date" in refused.text) == (400, True)


def test_a_day_far_ahead_is_refused(house):
    house.planner.post("/plans/1/submit", at=0)
    house.approver.post("/plans/1/approve", {}, at=0)
    order = {"document_no": "1号", "effective_date": "2206-04-01", "accepted_because": "测试"}
    refused = house.approver.post("/plans/1/publish", order, at=0)
    assert (refused.status_code, "366 days" in refused.text) == (400, True)


def test_unknown_columns_of_a_file_are_named_and_not_handed_out(house, two_plan, tmp_path):
    yards = two_plan.courtyards.assign(telephone="13800138000")
    tables = {**two_plan.district.tables, "courtyards": yards}
    path = tmp_path / "plan.gpkg"
    write_plan(replace(two_plan, district=replace(two_plan.district, tables=tables)), path)
    made = house.planner.post(
        "/plans", content=path.read_bytes(), headers={"Content-Type": GEOPACKAGE}
    )
    assert made.json()["dropped"] == ["courtyards.telephone"], made.text
    here = f"/plans/{made.json()['plan_id']}"
    assert "dropped" not in house.planner.get(here).json()
    assert b"13800138000" not in house.planner.get(f"{here}/file").content


def test_a_proposal_is_sent_back_or_objected_to(house):
    draft = house.draft()
    house.planner.post(f"/plans/{draft}/submit", at=0)
    objected = house.approver.post(
        f"/plans/{draft}/object", {"level": "community", "note": "铁路以北另议"}, at=0
    )
    assert objected.json()["decision"] == "object"
    back = house.approver.post(f"/plans/{draft}/send-back", {"note": "请修改"}, at=0)
    assert back.json()["status"] == "draft"
    told = house.planner.get(f"/plans/{draft}/approvals").json()["approvals"]
    assert [one["note"] for one in told] == ["铁路以北另议", "请修改"]
    ended = house.planner.post(f"/plans/{draft}/withdraw", {"note": "不再需要"})
    assert ended.json()["status"] == "withdrawn"


def test_plans_are_filtered_and_paged(house):
    drafts = [house.draft(title=f"草案{i}") for i in range(4)]
    seen, address = [], "/plans?status=draft&limit=2"
    while address:
        page = house.planner.get(address).json()
        seen += [plan["plan_id"] for plan in page["plans"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        address = following[0] if following else None
    assert seen == [*reversed(drafts), 1]
    assert house.planner.get("/plans?status=published").status_code == 400
    assert house.planner.get("/plans?state=draft").status_code == 400
    assert house.planner.get("/plans?limit=1&limit=2").status_code == 400


def test_an_edit_answers_what_it_did_and_what_is_wrong(house):
    first, second, grids = neighbours(house)
    yard = grids[first][0]
    done = house.planner.post("/plans/1/moves", move(yard, second, note="试"), at=0)
    assert done.status_code == 200, done.text
    assert done.headers["etag"] == '"1-1"'
    told = done.json()
    entry = {"revision": 1, "seq": 0, "kind": "move", "subject": yard}
    assert told["entries"] == [{**entry, "before": first, "after": second}]
    figures = {row["grid_code"]: row for row in told["figures"]}
    assert set(figures) == {first, second}
    gained = figures[second]["households"] - figures[second]["households_before"]
    assert gained == figures[first]["households_before"] - figures[first]["households"] > 0
    assert figures[second]["n_courtyards"] == figures[second]["n_courtyards_before"] + 1
    for fault in told["warnings"]:
        assert set(fault["words"]) == {"zh", "en"}
    shown = house.planner.get("/plans/1/assignment")
    assert shown.json()["assignment"][yard] == second
    assert shown.headers["etag"] == '"1-1"'
    before = house.planner.get("/plans/1/assignment?revision=0").json()
    assert before["assignment"][yard] == first


def test_nobody_edits_blindly(house):
    first, second, grids = neighbours(house)
    order = move(grids[first][0], second)
    missing = house.planner.post("/plans/1/moves", order)
    assert missing.status_code == 428
    assert "If-Match" in missing.json()["detail"]
    for wrong in ("*", 'W/"1-0"', '"1"', '"2-0"', "1-0", '"1-0", "1-1"', '"1--1"', '"1-x"'):
        answer = house.planner.post("/plans/1/moves", order, headers={"If-Match": wrong})
        assert answer.status_code == 400, wrong
    ahead = house.planner.post("/plans/1/moves", order, at=7)
    assert ahead.status_code == 412
    assert house.revision(1) == 0


def test_a_stale_edit_is_told_what_happened_and_what_collides(house):
    first, second, grids = neighbours(house)
    mine, other = grids[first][0], grids[first][1]
    house.planner.post("/plans/1/moves", move(mine, second), at=0)
    stale = house.planner2.post("/plans/1/moves", move(other, second), at=0)
    assert stale.status_code == 412
    told = stale.json()
    assert told["revision"] == 1
    assert stale.headers["etag"] == '"1-1"'
    (since,) = told["moves_since"]
    assert (since["subject"], since["made_by"], since["revision"]) == (mine, "planner", 1)
    assert dt.datetime.fromisoformat(since["made_at"]) == house.clock()
    assert f"grid:{second}" in told["collisions"]
    # both touch the same grids: a rebase is refused as well
    again = house.planner2.post("/plans/1/moves?rebase=true", move(other, second), at=0)
    assert again.status_code == 412


def test_edits_that_touch_other_things_are_replayed(house):
    first, second, grids = neighbours(house)
    house.planner.post("/plans/1/moves", move(grids[first][0], second), at=0)
    east_first, east_second, east = neighbours(house, 1, EAST_IN_B)
    done = house.planner2.post(
        "/plans/1/moves?rebase=true", move(east[east_first][0], east_second), at=0
    )
    assert done.status_code == 200
    assert (done.json()["revision"], done.json()["replayed_over"]) == (2, 1)
    plain = house.planner2.post("/plans/1/moves", move(east[east_first][1], east_second), at=1)
    assert plain.status_code == 412
    assert plain.json()["moves_since"]


def test_undo_is_a_new_revision(house):
    first, second, grids = neighbours(house)
    yard = grids[first][0]
    house.planner.post("/plans/1/moves", move(yard, second), at=0)
    undone = house.planner.post("/plans/1/undo", {"revision": 1}, at=1)
    assert (undone.json()["revision"], undone.json()["undoes"]) == (2, 1)
    told = house.planner.get("/plans/1/moves?since=0").json()
    assert [one["revision"] for one in told["revisions"]] == [1, 2]
    assert told["revisions"][0]["made_by"] == "planner"
    assert house.planner.get("/plans/1/moves?since=1&limit=1").json()["next"] == 2
    assert house.planner.get("/plans/1/assignment").json()["assignment"][yard] == first
    assert house.planner.post("/plans/1/undo", {"revision": 9}, at=2).status_code == 404


def test_an_undo_is_replayed_over_what_others_did_elsewhere(house):
    first, second, west = neighbours(house)
    east_first, east_second, east = neighbours(house, 1, EAST_IN_B)
    yard, theirs = west[first][0], east[east_first][0]
    house.planner.post("/plans/1/moves", move(yard, second), at=0)
    house.planner2.post("/plans/1/moves", move(theirs, east_second), at=1)
    plain = house.planner.post("/plans/1/undo", {"revision": 1}, at=1)
    assert (plain.status_code, plain.json()["collisions"]) == (412, [])
    done = house.planner.post("/plans/1/undo?rebase=true", {"revision": 1}, at=1)
    assert done.status_code == 200, done.text
    assert (done.json()["revision"], done.json()["replayed_over"]) == (3, 1)
    now = house.store.draft(1).assignment
    assert (now[yard], now[theirs]) == (first, east_second)
    assert house.planner.post("/plans/1/undo?rebase=true", {"revision": 2}, at=9).status_code == 412


def test_an_undo_of_what_others_changed_again_is_refused_by_name(house):
    first, second, west = neighbours(house)
    yard = west[first][0]
    house.planner.post("/plans/1/moves", move(yard, second), at=0)
    house.planner2.post("/plans/1/moves", move(yard, first), at=1)
    refused = house.planner.post("/plans/1/undo?rebase=true", {"revision": 1}, at=1)
    assert refused.status_code == 412
    assert refused.json()["collisions"] == [f"courtyard:{yard}"]
    assert refused.json()["moves_since"][0]["made_by"] == "planner2"
    assert house.revision(1) == 2
    # seen, it is no surprise any more, but the later one goes first
    again = house.planner.post("/plans/1/undo?rebase=true", {"revision": 1}, at=2)
    assert again.status_code == 409


def test_what_is_locked_stays(house):
    first, second, grids = neighbours(house)
    yard = grids[first][0]
    locked = house.planner.post("/plans/1/locks", {"lock": [f"grid:{second}"]}, at=0)
    assert locked.status_code == 200
    assert house.planner.get("/plans/1/locks").json()["locks"] == [f"grid:{second}"]
    refused = house.planner.post("/plans/1/moves", move(yard, second), at=1)
    assert refused.status_code == 409
    assert refused.json()["lock"] == f"grid:{second}"
    house.planner.post("/plans/1/locks", {"unlock": [f"grid:{second}"]}, at=1)
    assert house.planner.post("/plans/1/moves", move(yard, second), at=2).status_code == 200
    assert house.planner.post("/plans/1/locks", {}, at=3).status_code == 400


def test_split_merge_and_rename(house):
    first, second, grids = neighbours(house)
    split = {"edits": [{"op": "split", "courtyards": grids[first][:1]}]}
    made = house.planner.post("/plans/1/moves", split, at=0).json()
    (fresh,) = made["created"]
    assert fresh.startswith(WEST_CODE)
    rename = {"edits": [{"op": "rename", "grid": fresh, "name": "新一网格"}]}
    house.planner.post("/plans/1/moves", rename, at=1)
    names = house.planner.get("/plans/1/assignment").json()["names"]
    assert names[fresh] == "新一网格"
    merge = {"edits": [{"op": "merge", "grid": fresh, "into": second}]}
    assert house.planner.post("/plans/1/moves", merge, at=2).json()["emptied"] == [fresh]


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"edits": []},
        {"edits": [{"op": "drop"}]},
        {"edits": [{"op": "move", "courtyards": [], "to": "x"}]},
        {"edits": [{"op": "move", "courtyards": ["c01"]}]},
        {"edits": [{"op": "move", "courtyards": ["c01"], "to": "x", "by": "me"}]},
        {"edits": [{"op": "move", "courtyards": ["nowhere"], "to": WEST_CODE + "001"}]},
        {"edits": [{"op": "move", "courtyards": ["c01"], "to": "999"}]},
        {"edits": [{"op": "lock", "subject": "plan:1"}]},
        {"edits": [{"op": "rename", "grid": WEST_CODE + "001", "name": "a\u0000b"}]},
        {"edits": "move"},
        [],
    ],
)
def test_a_senseless_edit_is_refused_and_changes_nothing(house, order):
    answer = house.planner.post("/plans/1/moves", order, at=0)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert house.revision(1) == 0


def test_remarks_are_made_and_settled(house):
    first, _, _ = neighbours(house)
    order = {"body": "边界应沿铁路", "subject": f"grid:{first}"}
    made = house.planner.post("/plans/1/comments", order)
    assert made.status_code == 201
    number = made.json()["comment_id"]
    settled = house.approver.post(f"/plans/1/comments/{number}/settle", {})
    assert settled.json()["settled_by"] == "approver"
    again = house.planner.post(f"/plans/1/comments/{number}/settle", {})
    assert again.status_code == 409
    assert house.planner.post(f"/plans/1/comments/{number + 1}/settle", {}).status_code == 404
    other = house.draft()
    assert house.planner.post(f"/plans/{other}/comments/{number}/settle").status_code == 404


def test_the_assignment_is_csv_that_our_own_commands_read(house, tmp_path):
    from geogrid.governance.score import read_labels

    answer = house.planner.get("/plans/1/assignment?f=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {r["courtyard_id"]: r["grid_code"] for r in rows} == house.store.draft(1).assignment
    path = tmp_path / "assignment.csv"
    path.write_bytes(answer.content)
    assert read_labels(path, known=None) == house.store.draft(1).assignment
    by_header = house.planner.get("/plans/1/assignment", headers={"Accept": "text/csv"})
    assert by_header.content == answer.content


def test_the_file_comes_back_as_it_went_in(house, tmp_path):
    from geogrid.store.plan_file import read_plan

    answer = house.planner.get("/plans/1/file")
    assert answer.headers["content-type"] == GEOPACKAGE
    assert "plan-1-0.gpkg" in answer.headers["content-disposition"]
    path = tmp_path / "plan.gpkg"
    path.write_bytes(answer.content)
    assert read_plan(path).n_grids == 6


def test_a_verdict_speaks_both_languages(house):
    first, _, _ = neighbours(house)
    _, _, east = neighbours(house, 1, EAST_IN_B)
    # a courtyard of the east in a grid of the west: not nested
    stray = next(iter(east.values()))[0]
    house.planner.post("/plans/1/moves", move(stray, first), at=0)
    told = house.planner.get("/plans/1/validate").json()
    assert told["is_publishable"] is False
    kinds = {fault["kind"] for fault in told["faults"]}
    assert "split_community" in kinds
    assert all(fault["words"]["zh"] and fault["words"]["en"] for fault in told["faults"])


def test_two_plans_are_compared(house):
    first, second, grids = neighbours(house)
    other = house.draft()
    house.planner.post(f"/plans/{other}/moves", move(grids[first][0], second), at=0)
    told = house.planner.get(f"/plans/{other}/compare?with=1")
    assert told.status_code == 200, told.text
    assert grids[first][0] in told.text
    (row,) = told.json()["moved"]
    assert (row["from"], row["to"], row["name"][-2:]) == (first, second, "号院")
    assert house.planner.get("/plans/1/compare").status_code == 400
    assert house.planner.get("/plans/1/compare?with=99").status_code == 404


def test_a_clerk_compares_the_own_rows(house):
    first, second, west = neighbours(house)
    east_first, east_second, east = neighbours(house, 1, EAST_IN_B)
    other = house.draft()
    yards = west[first][0], east[east_first][0]
    house.planner.post(f"/plans/{other}/moves", move(yards[0], second), at=0)
    house.planner.post(f"/plans/{other}/moves", move(yards[1], east_second), at=1)
    whole = house.planner.get(f"/plans/{other}/compare?with=1").json()
    assert [row["courtyard_id"] for row in whole["moved"]] == sorted(yards)
    for clerk, yard, grids, foreign in (
        (house.clerk_a, yards[0], west, EAST_IN_B),
        (house.clerk_b, yards[1], east, WEST_CODE),
    ):
        for path in (f"/plans/{other}/compare?with=1", f"/plans/1/compare?with={other}"):
            answer = clerk.get(path)
            assert foreign not in answer.text
            told = answer.json()
            assert [row["courtyard_id"] for row in told["moved"]] == [yard]
            assert told["figures"]["n_grids"] == {"a": len(grids), "b": len(grids)}
            assert told["figures"]["n_courtyards"]["a"] == sum(map(len, grids.values()))


def test_a_crosswalk_shares_out_households(house, sound):
    yard, first, second = sound
    draft = house.draft()
    assert house.planner.get(f"/plans/{draft}/crosswalk").status_code == 409
    house.publish(draft, day=dt.date(2026, 3, 2))
    later = house.draft(base=draft)
    house.planner.post(f"/plans/{later}/moves", move(yard, second), at=0)
    rows = house.planner.get(f"/plans/{later}/crosswalk").json()["rows"]
    parts = [row for row in rows if row["old_code"] == first]
    assert {row["new_code"] for row in parts} == {first, second}
    assert sum(row["share_of_old"] for row in parts) == pytest.approx(1)
    house.publish(later, day=dt.date(2026, 3, 9), no="2号")
    assert house.viewer.get(f"/plans/{later}/crosswalk").json()["rows"] == rows


def test_whoever_takes_a_plan_out_is_written_down(house):
    import asyncio

    draft = house.draft(scope=A, base=published(house))
    for path in ("assignment", "file", "crosswalk"):
        assert house.clerk_a.get(f"/plans/{draft}/{path}").status_code == 200
    assert house.clerk_b.get(f"/plans/{draft}/file").status_code == 404
    asyncio.run(house.client.app.exports.flush())
    rows = [row for row in house.store.read_audit() if row.action == "export.read"]
    assert {(row.user_name, row.subject) for row in rows} == {
        ("clerk_a", f"/plans/{draft}/{path}") for path in ("assignment", "file", "crosswalk")
    }


def published(house):
    """Publish a version and return its number."""
    draft = house.draft()
    house.publish(draft, day=dt.date(2026, 3, 1))
    return draft


def test_a_clerk_sees_and_touches_the_own_subdistrict_only(house):
    clerk = house.clerk_a
    first, second, west = neighbours(house)
    east_first, east_second, east = neighbours(house, 1, EAST_IN_B)
    shown = clerk.get("/plans/1/assignment").json()
    assert set(shown["assignment"]) == {i for grid in west.values() for i in grid}
    assert set(shown["names"]) == set(west)
    assert EAST_IN_B not in clerk.get("/plans/1/assignment?f=csv").text
    done = clerk.post("/plans/1/moves", move(west[first][0], second), at=0)
    assert done.status_code == 200
    yard = east[east_first][0]
    refused = clerk.post("/plans/1/moves", move(yard, east_second), at=1)
    assert refused.status_code == 403
    assert yard in refused.json()["detail"]
    assert clerk.post("/plans/1/locks", {"lock": [f"courtyard:{yard}"]}, at=1).status_code == 403
    remark = {"body": "甲", "subject": f"courtyard:{yard}"}
    assert clerk.post("/plans/1/comments", remark).status_code == 403
    assert clerk.get("/plans/1/file").status_code == 403
    assert clerk.post("/plans/1/submit", at=1).status_code == 403
    assert clerk.post("/plans/1/withdraw", {}).status_code == 403


def test_no_answer_tells_a_clerk_of_the_other_subdistrict(house):
    east_first, east_second, east = neighbours(house, 1, EAST_IN_B)
    yard = east[east_first][0]
    house.planner.post("/plans/1/moves", move(yard, east_second, note="东"), at=0)
    house.planner.post("/plans/1/locks", {"lock": [f"courtyard:{yard}"]}, at=1)
    remark = {"body": "东边的事", "subject": f"grid:{east_second}"}
    house.planner.post("/plans/1/comments", remark)
    first, second, west = neighbours(house)
    stale = house.clerk_a.post("/plans/1/moves", move(west[first][0], second), at=0)
    assert stale.status_code == 412
    answers = [
        house.clerk_a.get(f"/plans/1/{name}")
        for name in ("assignment", "moves", "locks", "comments", "validate")
    ]
    for answer in (stale, *answers):
        assert answer.status_code in {200, 412}
        for secret in (yard, EAST_IN_B, "东"):
            assert secret not in answer.text, (answer.url, secret)


def test_what_others_did_and_why_is_not_told_to_a_clerk(house):
    clerk = house.clerk_a
    east_first, east_second, east = neighbours(house, 1, EAST_IN_B)
    yard = east[east_first][0]
    first, _, _ = neighbours(house)
    both = [
        {"op": "move", "courtyards": [yard], "to": east_second},
        {"op": "rename", "grid": first, "name": "新名"},
    ]
    house.planner.post("/plans/1/moves", {"edits": both, "note": "东边的事"}, at=0)
    house.planner.post("/plans/1/moves", move(yard, east_first), at=1)
    split = {"edits": [{"op": "split", "courtyards": [yard]}]}
    made = house.planner.post("/plans/1/moves", split, at=2).json()["created"][0]
    objection = {"level": "subdistrict", "note": "东边的事"}
    assert house.approver.post("/plans/1/object", objection, at=3).status_code == 200
    merge = {"edits": [{"op": "merge", "grid": made, "into": first}]}
    answers = [
        *(clerk.post("/plans/1/undo", {"revision": n}, at=3) for n in (1, 2, 3)),
        clerk.post("/plans/1/moves", merge, at=3),
        clerk.get("/plans/1/moves"),
        clerk.get("/plans/1/approvals"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4 + [200] * 2
    for answer in answers:
        for secret in (yard, "东边的事"):
            assert secret not in answer.text, (answer.url, secret)
    assert "东边的事" in house.planner.get("/plans/1/approvals").text


def test_a_clerks_own_draft_is_nobody_elses(house):
    base = house.draft()
    house.publish(base, day=dt.date(2026, 3, 1))
    made = house.clerk_a.post("/plans", {"base": base, "title": "西街道"})
    assert made.status_code == 201
    own = made.json()["plan_id"]
    assert made.json()["scope"] == A
    here = f"/plans/{own}"
    assert house.clerk_b.get(here).status_code == 404
    unknown = house.clerk_b.get("/plans/999")
    assert (
        unknown.json()["detail"].replace("999", str(own))
        == (house.clerk_b.get(here).json()["detail"])
    )
    assert own not in [p["plan_id"] for p in house.clerk_b.get("/plans").json()["plans"]]
    assert house.clerk_a.get(f"{here}/file").status_code == 200
    foreign = {"base": base, "title": "东", "scope": B}
    assert house.clerk_a.post("/plans", foreign).status_code == 403
    # a copy of the district's draft would show what others work on
    assert house.clerk_a.post("/plans", {"base": 1, "title": "甲"}).status_code == 403


def test_a_clerks_draft_is_merged_by_a_planner(house):
    base = house.draft()
    house.publish(base, day=dt.date(2026, 3, 1))
    own, district = house.draft(scope=A, base=base), house.draft(base=base)
    first, second, grids = neighbours(house, own)
    house.clerk_a.post(f"/plans/{own}/moves", move(grids[first][0], second), at=0)
    house.clerk_a.post(f"/plans/{own}/submit", at=1)
    order = {"draft": own}
    assert house.clerk_a.post(f"/plans/{district}/merge", order, at=0).status_code == 403
    merged = house.planner.post(f"/plans/{district}/merge", order, at=0)
    assert merged.status_code == 200, merged.text
    assert [entry["subject"] for entry in merged.json()["entries"]] == [grids[first][0]]
    assert house.planner.get(f"/plans/{own}").json()["merged_into"] == district


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"SQLite format 3\x00" + b"x" * 4096, b"PK\x03\x04", b"\x00" * 100_000]
)
def test_a_file_that_is_no_plan_is_refused_without_our_paths(house, body):
    answer = house.planner.post("/plans", content=body, headers={"Content-Type": GEOPACKAGE})
    assert answer.status_code == 400, answer.text
    assert "geogrid-upload" not in answer.text


def test_a_district_file_is_no_plan(house, tmp_path, two_plan):
    from geogrid.sources.vector import write_district

    path = tmp_path / "district.gpkg"
    write_district(two_plan.district, path)
    headers = {"Content-Type": GEOPACKAGE}
    answer = house.planner.post("/plans", content=path.read_bytes(), headers=headers)
    assert answer.status_code == 400
    assert str(tmp_path) not in answer.text


def _bent(plan, how):
    """Return a plan that somebody bent in its file."""
    from dataclasses import replace

    members = {
        "target": 0.0,
        "parts": [1, None],
        "provenance": {},
        "weight": {**plan.report["provenance"], "weight": "name"},
    }
    if how in members:
        name = "provenance" if how == "weight" else how
        return replace(plan, report={**plan.report, name: members[how]})
    tables = {
        "contiguity": plan.contiguity.assign(a="nobody"),
        "walks": plan.walks.assign(walk_m="far"),
        "cells": plan.cells.iloc[1:],
        "gov_grids": plan.gov_grids.assign(community_code="nowhere"),
    }
    return replace(plan, **{how: tables[how]})


@pytest.mark.parametrize(
    "how",
    [
        *("target", "parts", "provenance", "weight"),
        *("contiguity", "walks", "cells", "gov_grids"),
    ],
)
def test_a_bent_plan_file_is_refused_at_the_door(house, tmp_path, two_plan, how):
    from geogrid.store.plan_file import write_plan

    path = tmp_path / "bent.gpkg"
    write_plan(_bent(two_plan, how), path)
    headers = {"Content-Type": GEOPACKAGE}
    answer = house.planner.post("/plans", content=path.read_bytes(), headers=headers)
    assert answer.status_code == 400, answer.text
    assert "damaged" in answer.json()["detail"]


@pytest.mark.parametrize("value", ["[" * 50_000, "NaN", "1e999", "1" * 5_000, "Infinity"])
def test_a_report_that_no_json_is_is_refused(house, tmp_path, two_plan, value):
    import sqlite3

    from geogrid.store.plan_file import write_plan

    path = tmp_path / "bent.gpkg"
    write_plan(two_plan, path)
    with sqlite3.connect(path) as file:
        file.execute("UPDATE report SET value = ? WHERE key = 'target'", (value,))
    file.close()
    headers = {"Content-Type": GEOPACKAGE}
    answer = house.planner.post("/plans", content=path.read_bytes(), headers=headers)
    assert answer.status_code == 400, answer.text


def test_a_plan_is_started_from_one_thing_that_is_there(house):
    for order, status in (
        ({"title": "甲"}, 400),
        ({"title": "甲", "base": 1, "job": "x"}, 400),
        ({"title": "甲", "base": 99}, 404),
        ({"title": "甲", "job": "../../etc/passwd"}, 404),
        ({"title": "甲", "base": 1, "scope": "nowhere"}, 400),
        ({"title": "", "base": 1}, 400),
        ({"base": 1}, 400),
        ({"title": "甲", "base": "1; DROP TABLE plans"}, 400),
    ):
        assert house.planner.post("/plans", order).status_code == status, order
    wrong = house.planner.post("/plans", content=b"a,b", headers={"Content-Type": "text/csv"})
    assert wrong.status_code == 415


HOSTILE = [
    "' OR 1=1 --",
    "1; DROP TABLE plans",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "0",
    "-1",
    "9" * 30,
    "1e3",
    "None",
    "${jndi:ldap://x}",
    "<script>",
]


@pytest.mark.parametrize("word", HOSTILE)
def test_sql_and_paths_in_any_parameter_are_refused(house, word):
    from urllib.parse import quote

    safe = quote(word, safe="")
    addresses = [
        f"/plans/{safe}",
        f"/plans/{safe}/assignment",
        f"/plans/{safe}/file",
        f"/plans/1/comments/{safe}/settle",
        f"/jobs/{safe}",
        f"/jobs/{safe}/results/{safe}",
        f"/plans?status={safe}",
        f"/plans?offset=x{safe}",
        f"/plans/1/compare?with={safe}",
        f"/plans/1/moves?since=x{safe}",
        f"/plans/1/assignment?f={safe}",
    ]
    for address in addresses:
        method = "POST" if address.endswith("settle") else "GET"
        answer = house.planner.ask(method, address)
        assert answer.status_code in {400, 404}, (address, answer.status_code)
    for name in ("district", "scope"):
        answer = house.planner.get(f"/plans?{name}={safe}")
        assert answer.status_code == 400 or answer.json()["plans"] == []
    assert len(house.store.plans()) == 1


def serial_order_holds(store, plan_id):
    """Assert that the log, replayed revision by revision, leads to what is shown."""
    state = dict(store.draft(plan_id, at_revision=0).assignment)
    seen = 0
    for entry in (e for done in store.history(plan_id) for e in done.entries):
        assert entry.revision >= seen
        seen = entry.revision
        assert state[entry.subject] == entry.before, f"revision {entry.revision} saw another state"
        state[entry.subject] = entry.after
    draft = store.draft(plan_id)
    assert draft.assignment == state
    return draft.revision


def test_two_editors_of_a_thousand_moves_each_leave_a_serial_order(house, tmp_path):
    path = tmp_path / "store.db"
    first, second, grids = neighbours(house)
    yards = [*grids[first], *grids[second]]
    failures = []

    def edit(name, offset):
        try:
            with Store.open(path, now=house.clock) as store:
                for i in range(1_000):
                    yard = yards[(i * 2 + offset) % len(yards)]
                    draft = store.draft(1)
                    to = second if draft.assignment[yard] == first else first
                    change = [Move((yard,), to)]
                    save(store, change, draft, name)
        except Exception as error:
            failures.append(error)
            raise

    def save(store, change, draft, name):
        from geogrid.errors import InputError, StaleError

        expected = draft.revision
        while True:
            try:
                return store.edit(1, change, expected=expected, by=name)
            except StaleError as error:
                expected = error.facts["revision"]
            except InputError:
                # the other editor was there first: it is so already
                return None

    threads = [
        threading.Thread(target=edit, args=(name, offset))
        for name, offset in (("planner", 0), ("planner2", 1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert serial_order_holds(house.store, 1) > 1_000


def test_two_editors_over_http_leave_a_serial_order(house):
    first, second, grids = neighbours(house)
    yards = [*grids[first], *grids[second]]
    stale = []

    def edit(desk, offset):
        for i in range(100):
            yard = yards[(i * 2 + offset) % len(yards)]
            while True:
                shown = desk.get("/plans/1/assignment")
                to = second if shown.json()["assignment"][yard] == first else first
                headers = {"If-Match": shown.headers["etag"]}
                address = "/plans/1/moves?rebase=true&verdict=false"
                done = desk.post(address, move(yard, to), headers=headers)
                if done.status_code == 200:
                    break
                assert done.status_code == 412, done.text
                stale.append(done.json()["revision"])

    threads = [
        threading.Thread(target=edit, args=(house.desk(name), offset))
        for name, offset in (("planner", 0), ("planner2", 1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert serial_order_holds(house.store, 1) == 200

"""Laws of change lists over HTTP: nothing is saved, what is taken can be saved as it stands."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import xlwt
from plan_service import A
from workbooks import workbook

CSV = {"Content-Type": "text/csv"}
XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

XLS = {"Content-Type": "application/vnd.ms-excel"}


def ask(desk, raw, plan_id=1, headers=CSV):
    content = raw if isinstance(raw, bytes) else raw.encode("gbk")
    return desk.post(f"/plans/{plan_id}/change-list", content=content, headers=headers)


def test_what_is_taken_is_saved_as_it_stands_and_asks_for_nothing_then(house, sound):
    yard, old, new = sound
    text = f"courtyard_id,to,rename\n{yard},{new},\n{yard[:1]}99,{new},\n,{old},东院\n"
    before = house.store.draft(1)
    told = ask(house.planner, text)
    assert told.status_code == 200, told.text
    assert told.headers["etag"] == '"1-0"'
    body = told.json()
    assert house.store.draft(1) == before
    assert body["edits"] == [
        {"op": "move", "courtyards": [yard], "to": new},
        {"op": "rename", "grid": old, "name": "东院"},
    ]
    assert [one["row"] for one in body["rejected"]] == [3]
    saved = house.planner.post("/plans/1/moves", {"edits": body["edits"]}, at=0)
    assert saved.status_code == 200, saved.text
    again = ask(house.planner, text).json()
    assert (again["edits"], again["unchanged"]) == ([], 1)


def test_the_file_of_an_assignment_goes_round(house):
    csv = house.planner.get("/plans/1/assignment?f=csv").content
    body = ask(house.planner, csv).json()
    assert (body["edits"], body["rejected"]) == ([], [])
    assert body["unchanged"] == len(house.store.draft(1).assignment)
    assert body["columns"]["sheets"][0]["read"] == {
        "courtyard_id": ["courtyard_id"],
        "to": ["grid_code"],
    }


def test_a_workbook_is_read_whatever_the_address_calls_it(house, sound):
    yard, _, new = sound
    raw = workbook({"名单": [["楼院编号", "划入网格"], [yard, new]]})
    for headers in (XLSX, CSV):
        assert len(ask(house.planner, raw, headers=headers).json()["taken"]) == 1


def test_a_workbook_of_old_excel_is_read_as_well(house, sound):
    yard, _, new = sound
    book = xlwt.Workbook()
    sheet = book.add_sheet("名单")
    for row, cells in enumerate([["楼院编号", "划入网格"], [yard, new]]):
        for column, text in enumerate(cells):
            sheet.write(row, column, text)
    raw = io.BytesIO()
    book.save(raw)
    answer = ask(
        house.planner, raw.getvalue(), headers={"Content-Type": "application/vnd.ms-excel"}
    )
    assert [one["to"] for one in answer.json()["edits"]] == [new]


def test_a_clerk_is_refused_what_is_anothers_and_told_nothing_of_it(house):
    own, others = house.grids(1), house.grids(1, "370202002001")
    mine, theirs = next(iter(own)), next(iter(others))
    yard, foreign = own[mine][0], others[theirs][0]
    rows = f"楼院编号,划入网格\n{foreign},1\n{yard},{theirs}\n{yard},新1\n"
    body = ask(house.desk("clerk_a"), rows).json()
    assert [(r["row"], r["kind"]) for r in body["rejected"]] == [
        (2, "outside"),
        (3, "unknown_grid"),
    ]
    assert "东" not in str(body["rejected"])
    assert body["edits"] == [{"op": "split", "courtyards": [yard]}]
    planner = ask(house.planner, rows).json()
    assert [r["kind"] for r in planner["rejected"]] == ["other_community"]


def test_a_draft_of_one_subdistrict_takes_its_own_rows_only(house):
    house.publish(1, day=dt.date(2026, 3, 1))
    scoped = house.draft(scope=A, base=1)
    foreign = house.grids(scoped, "370202002001")
    yard = next(iter(foreign.values()))[0]
    body = ask(house.planner, f"id,to\n{yard},新1\n", scoped).json()
    assert [r["kind"] for r in body["rejected"]] == ["outside"]


@pytest.mark.parametrize("raw", [b"", b"\xd0\xcf\x11\xe0", b"PK\x03\x04", "甲,乙\n".encode()])
def test_a_file_that_cannot_be_read_is_400_with_words(house, raw):
    refused = ask(house.planner, raw)
    assert refused.status_code == 400, refused.text
    assert set(refused.json()["words"]) == {"zh", "en"}


def test_a_file_too_large_or_of_another_kind_is_refused(house):
    assert ask(house.planner, b"x" * 5_000_001).status_code == 413
    assert (
        ask(house.planner, b"{}", headers={"Content-Type": "application/json"}).status_code == 415
    )


def test_what_is_no_draft_is_409(house):
    house.publish(1, day=dt.date(2026, 3, 1))
    assert ask(house.planner, "id,to\nc01,2\n").status_code == 409

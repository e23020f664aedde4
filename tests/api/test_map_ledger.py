"""Laws of the ledger over HTTP: for whoever may take plans out, and written down."""

from __future__ import annotations

import datetime as dt
from urllib.parse import unquote

from fastapi.testclient import TestClient
from plan_service import EAST_IN_B
from towns import WEST_CODE

from geogrid.sources.tables import read_workbook
from geogrid_api.app import create_app
from geogrid_api.settings import load_settings


def ledger(desk, plan, community=WEST_CODE, **more):
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return desk.get(f"/map/ledger?plan={plan}&community={community}{query}")


def pages(answer):
    """Return the rows of each sheet."""
    return [
        [sheet.rows[number] for number in sorted(sheet.rows)]
        for sheet in read_workbook(answer.content)
    ]


def test_a_draft_is_told_as_it_stands(house):
    draft = house.draft(title="春季草案")
    first, second = sorted(house.grids(draft))[:2]
    yard = house.grids(draft)[first][0]
    edit = {"edits": [{"op": "move", "courtyards": [yard], "to": second}]}
    assert house.planner.post(f"/plans/{draft}/moves", edit, at=0).status_code == 200
    answer = ledger(house.planner, draft)
    assert answer.status_code == 200
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
    assert answer.headers["cache-control"] == "private, no-store"
    assert "西岸社区网格台账-2026-03-01.xlsx" in unquote(answer.headers["content-disposition"])
    yards, grids = pages(answer)
    assert "春季草案" in yards[0][0]
    assert "草案" in yards[0][0]
    told = {row[0]: row[3] for row in yards[2:]}
    assert told[yard] == second
    assert len(told) == 12
    assert len(grids) == 2 + len(house.grids(draft))


def test_a_version_says_its_document_and_its_day(house):
    house.publish(1, day=dt.date(2026, 3, 1), no="青南政〔2026〕7号")
    title = pages(ledger(house.clerk_b, 1, lang="en"))[0][0][0]
    assert "青南政〔2026〕7号" in title
    assert "in force from 2026-03-01" in title
    told = ledger(house.clerk_b, 1, f="geojson")
    assert told.headers["content-type"].startswith("application/geo+json")
    assert len(told.json()["features"]) == 12
    # the published version is public; its ledger with every count is not
    assert ledger(house.anonymous, 1).status_code == 401
    assert ledger(house.viewer, 1).status_code == 403


def test_a_clerk_takes_the_own_communities_of_a_draft(house):
    assert ledger(house.clerk_a, 1).status_code == 200
    assert ledger(house.clerk_a, 1, EAST_IN_B).status_code == 403
    assert ledger(house.clerk_b, 1, EAST_IN_B).status_code == 200


def test_what_is_not_there_is_not_found_and_what_is_unknown_refused(house):
    assert ledger(house.planner, 9).status_code == 404
    assert ledger(house.planner, 1, "370202001099").status_code == 404
    for query in (
        "plan=1",
        "community=x",
        f"plan=x&community={WEST_CODE}",
        "plan=1&community=x&y=1",
    ):
        assert house.planner.get(f"/map/ledger?{query}").status_code == 400
    assert ledger(house.planner, 1, f="csv").status_code == 400
    assert house.planner.post(f"/map/ledger?plan=1&community={WEST_CODE}").status_code == 405


def test_who_took_it_stands_in_the_audit_log(house):
    with house.client:
        assert ledger(house.planner, 1).status_code == 200
    rows = [row for row in house.store.read_audit(action="export.read") if "ledger" in row.subject]
    (row,) = rows
    assert (row.user_name, row.subject) == ("planner", "/map/ledger")
    assert WEST_CODE in row.details["query"]


def test_the_one_plan_that_is_served_has_a_ledger_too(two_plan):
    with TestClient(create_app(two_plan, settings=load_settings())) as client:
        answer = client.get(f"/map/ledger?plan=0&community={WEST_CODE}")
        assert answer.status_code == 200
        assert len(pages(answer)[0]) == 14
        assert client.get(f"/map/ledger?plan=1&community={WEST_CODE}").status_code == 404

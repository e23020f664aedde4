"""Laws of what integrators read: the feed of changes, and every grid's permanent page."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import dataclass

import plan_service
import pytest
from plan_service import EAST_IN_B


@dataclass
class Past:
    """A service with two versions: the second merges one grid of the east into another."""

    house: object
    first: int
    later: int
    grids: list

    def turn(self):
        """Let the service see what is there on the store's day."""
        self.house.client.app.library.refresh()


@pytest.fixture(scope="session")
def past_template(once, house_template):
    """Return the file of a store with such a past, to be copied."""

    def make(path):
        shutil.copy(house_template, path)
        house = plan_service.open_house(path, house_template.parent)
        first = house.draft()
        house.publish(first, day=dt.date(2026, 3, 1), no="1号")
        grids = sorted(house.grids(first, EAST_IN_B))
        later = house.draft(base=first)
        merge = {"edits": [{"op": "merge", "grid": grids[1], "into": grids[0]}]}
        done = house.planner.post(f"/plans/{later}/moves", merge, at=0)
        assert done.status_code == 200, done.text
        house.publish(later, day=dt.date(2026, 3, 10), no="2号")
        house.close()

    return once("past.db", make)


@pytest.fixture
def past(past_template, house_template, tmp_path, monkeypatch):
    """Return a service with such a past, on the day of the first version."""
    shutil.copy(past_template, tmp_path / "store.db")
    house = plan_service.open_house(tmp_path / "store.db", house_template.parent)
    monkeypatch.setattr(house.client.app.library, "_today", house.store.today)
    made = Past(house, 2, 3, sorted(house.grids(2, EAST_IN_B)))
    made.turn()
    yield made
    house.close()


def test_the_feed_is_ordered_and_goes_on_where_it_ended(past):
    house = past.house
    answer = house.anonymous.get("/changes")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    cursors = [change["cursor"] for change in told["changes"]]
    assert cursors == sorted(set(cursors))
    assert [c["plan_id"] for c in told["changes"] if c["kind"] == "publish"] == [
        past.first,
        past.later,
    ]
    merged = [c for c in told["changes"] if c["kind"] == "merge" and c["plan_id"] == past.later]
    assert merged
    assert merged[0]["effective_date"] == "2026-03-10"
    seen, address = [], "/changes?limit=2"
    while address:
        page = house.anonymous.get(address).json()
        seen += page["changes"]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        address = following[0] if following else None
    assert seen == told["changes"]
    assert page["next"] == told["next"] == cursors[-1]
    rest = house.anonymous.get(f"/changes?since={told['next']}").json()
    assert (rest["changes"], rest["next"]) == ([], told["next"])


def test_a_page_of_the_feed_never_changes(past):
    house = past.house
    first = house.anonymous.get("/changes?limit=2")
    again = house.anonymous.get(
        "/changes?limit=2", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    later = house.draft(base=past.later)
    house.publish(later, day=dt.date(2026, 3, 20), no="3号")
    past.turn()
    assert house.anonymous.get("/changes?limit=2").json() == first.json()
    assert house.anonymous.get("/changes").json() != first.json()


def test_the_public_reads_no_counts_in_the_feed(past):
    house = past.house
    shown = house.anonymous.get("/changes").text
    for word in ('"households"', '"n_courtyards"', '"share_of_old"'):
        assert word not in shown


@pytest.mark.parametrize(
    "query", ["since=-1", "since=x", "limit=0", "limit=1001", "from=1", "since="]
)
def test_a_senseless_question_to_the_feed(past, query):
    assert past.house.anonymous.get(f"/changes?{query}").status_code == 400


def test_a_grids_page_is_json_and_chinese_html(past):
    house, grids = past.house, past.grids
    told = house.viewer.get(f"/g/gov_grids/{grids[0]}").json()
    assert (told["grid_layer"], told["grid_code"]) == ("gov_grids", grids[0])
    assert told["community"]["name"] == "东岸社区"
    assert told["subdistrict"]["name"] == "东街道"
    assert told["beat"]["station_name"] == "海滨派出所"
    assert told["version"]["document_no"] == "1号"
    yards = {yard["courtyard_id"] for yard in told["courtyards"]}
    assert yards == set(house.grids(past.first, EAST_IN_B)[grids[0]])
    for link in told["links"]:
        if link["rel"] != "map":
            assert house.viewer.get(link["href"]).status_code == 200, link
    page = house.anonymous.get(f"/g/gov_grids/{grids[0]}?f=html")
    assert page.status_code == 200
    assert '<html lang="zh-CN">' in page.text
    places = [
        page.text.index(word)
        for word in (told["name"], "户数", "牵头警格", told["beat"]["name"], "1号")
    ]
    assert places == sorted(places), "what is looked for first stands first"
    assert grids[0] in page.text
    assert all(yard["name"] in page.text for yard in told["courtyards"])
    assert "http://" not in page.text.replace("http://testserver", "")
    basic = house.anonymous.get(f"/g/basic_grids/{EAST_IN_B}001")
    assert basic.json()["beat"]["id"]


def test_a_code_that_ended_tells_where_its_courtyards_went(past):
    house, (kept, ended, *_) = past.house, past.grids
    assert house.anonymous.get(f"/g/gov_grids/{ended}").status_code == 200
    house.clock.pass_time(days=12)
    past.turn()
    gone = house.anonymous.get(f"/g/gov_grids/{ended}")
    assert gone.status_code == 410
    told = gone.json()
    assert told["valid_to"] == "2026-03-10"
    assert [one["grid_code"] for one in told["successors"]] == [kept]
    assert f'/g/gov_grids/{kept}>; rel="successor-version"' in gone.headers["link"]
    assert house.anonymous.get(told["successors"][0]["href"]).status_code == 200
    assert house.viewer.get(f"/g/gov_grids/{ended}").json()["successors"][0]["share"] == 1.0
    assert told["successors"][0]["share"] is None
    page = house.anonymous.get(f"/g/gov_grids/{ended}", headers={"accept": "text/html"})
    assert page.status_code == 410
    assert "已停用" in page.text
    assert f'/g/gov_grids/{kept}">{told["successors"][0]["name"]}' in page.text


def test_a_code_that_never_was(past):
    house = past.house
    for address in (
        f"/g/gov_grids/{EAST_IN_B}999",
        "/g/gov_grids/%27%20OR%201=1",
        f"/g/basic_grids/{EAST_IN_B}999",
        "/g/gov_grids/..%2f..%2fetc",
    ):
        assert house.anonymous.get(address).status_code == 404, address
    assert house.anonymous.get("/g/courtyards/c01").status_code in {400, 404}


def test_a_layer_that_is_not_public_is_not_shown_here_either(past):
    house, grids = past.house, past.grids
    house.store.set_public("gov_grids", public=False)
    past.turn()
    for address in ("/changes", f"/g/gov_grids/{grids[0]}"):
        assert house.anonymous.get(address).status_code == 401
        assert house.viewer.get(address).status_code == 200


def test_courtyards_that_are_not_public_are_not_named_in_the_feed(past):
    house = past.house
    yards = sorted(house.store.draft(1).assignment)
    assert any(f'"{yard}"' in house.anonymous.get("/changes").text for yard in yards)
    house.store.set_public("courtyards", public=False)
    past.turn()
    told = house.anonymous.get("/changes").text
    assert not any(yard in told for yard in yards)
    assert house.viewer.get("/changes").text != told


def test_courtyards_that_are_not_public_are_left_out_of_the_page(past):
    house, grids = past.house, past.grids
    house.store.set_public("courtyards", public=False)
    past.turn()
    told = house.anonymous.get(f"/g/gov_grids/{grids[0]}").json()
    assert "courtyards" not in told
    assert "c1" not in json.dumps(told["links"])


def test_what_is_published_is_served_at_once(house):
    draft = house.draft()
    house.planner.post(f"/plans/{draft}/submit", at=0)
    house.approver.post(f"/plans/{draft}/approve", {}, at=0)
    order = {"document_no": "1号", "effective_date": "2020-01-01", "accepted_because": "测试"}
    assert house.approver.post(f"/plans/{draft}/publish", order, at=0).status_code == 200
    code = min(house.grids(draft))
    assert house.anonymous.get(f"/g/gov_grids/{code}").status_code == 200

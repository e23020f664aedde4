"""Laws of reading the web map: what everybody does with it, with a mouse and with a thumb."""

from __future__ import annotations

import json
import urllib.request

import pytest
from web_house import OTHER, OWN, seated

pytestmark = pytest.mark.e2e

GRID = "370202007001001"


def items(house, collection):
    """Return a collection's features as anybody gets them over HTTP."""
    address = f"{house.address}/collections/{collection}/items?limit=10000"
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own
        return {one["id"]: one["properties"] for one in json.load(answer)["features"]}


def test_it_opens_on_the_version_in_force_and_says_so(chromium, house, screen):
    with seated(chromium, house.address, screen) as seat:
        page = seat.open().page
        assert "现行版" in page.get_by_role("banner").inner_text()
        assert page.get_by_text("模拟数据").first.is_visible()
        assert page.get_by_text("内部工作用图").first.is_visible()
        assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_a_clerk_begins_in_the_own_subdistrict(chromium, house, screen):
    with seated(chromium, house.address, screen) as seat:
        seat.open().sign_in("clerk")
        # as on every later day: the page is opened, the door is still open
        page = seat.open().page
        names = page.evaluate("geogridView.labels().map((label) => label.text)")
        assert "江苏路社区" in names


def test_a_grid_worker_finds_the_own_grid_and_its_courtyards(chromium, house, screen):
    """Persona 3: which courtyards are mine, who is next to me."""
    grid = items(house, "gov_grids")[GRID]
    yards = [p for p in items(house, "courtyards").values() if p["grid_code"] == GRID]
    with seated(chromium, house.address, screen) as seat:
        seat.open().sign_in("viewer")
        told = seat.find(GRID).inner_text()
        assert grid["name"] in told
        assert str(grid["households"]) in told
        for yard in yards:
            assert yard["name"] in told
        assert grid["beat_id"] in told or "警格" in told
        # and from a doorplate to the same grid
        told = seat.find(yards[0]["address"]).inner_text()
        assert yards[0]["name"] in told
        assert grid["name"] in told


def test_a_tap_on_the_map_shows_what_lies_there(chromium, house, screen):
    with seated(chromium, house.address, screen) as seat:
        seat.open()
        seat.find(GRID)
        other = GRID[:-1] + "3"
        seat.tap({"kind": "grid", "layer": "gov_grids", "code": other})
        assert other in seat.page.locator("#panel").inner_text()


def test_a_flight_counts_from_when_it_is_asked_for_and_the_last_one_wins(chromium, house, screen):
    with seated(chromium, house.address, screen) as seat:
        page = seat.open().page
        one, other = ({"kind": "subdistrict", "code": code} for code in (OWN, OTHER))

        def middle():
            seat.settle()
            return page.evaluate("geogridView.map.getCenter()")

        def fly(words, subject):
            page.evaluate("() => geogridView.home()")
            seat.settle()
            return page.evaluate(words, subject)

        # a hand on the map before it moves would meet the wrong place
        ask = "(subject) => { geogridView.flyTo(subject); return geogridView.busy() }"
        assert fly(ask, other)
        wanted = middle()
        # changed one's mind while it zooms
        again = "([one, other]) => { geogridView.map.once('zoomanim', () => "
        again += "geogridView.flyTo(other)); geogridView.flyTo(one) }"
        fly(again, [one, other])
        assert middle() == pytest.approx(wanted, abs=1e-3)


def test_the_permanent_address_of_a_grid_leads_to_it_on_the_map(chromium, house, screen):
    with seated(chromium, house.address, screen) as seat:
        page = seat.page
        page.goto(f"{house.address}/g/gov_grids/{GRID}")
        page.get_by_role("link", name="地图").first.click()
        seat.settle()
        assert GRID in page.locator("#panel").inner_text()


def test_english_is_one_click_away_and_stays(chromium, house):
    with seated(chromium, house.address) as seat:
        page = seat.open().page
        page.get_by_role("button", name="English").click()
        assert "In force" in page.get_by_role("banner").inner_text()
        assert page.evaluate("document.documentElement.lang") == "en"
        seat.open()
        assert "In force" in page.get_by_role("banner").inner_text()


def test_a_lost_network_leaves_the_map_as_it_is(chromium, house, screen):
    with seated(chromium, house.address, screen, is_strict=False) as seat:
        page = seat.open().page
        banner = page.get_by_text("网络已断开").first
        subject = {"kind": "community", "code": GRID[:12]}

        page.evaluate("(subject) => geogridView.flyTo(subject)", subject)
        at = seat.middle(subject)
        for state in ("visible", "hidden", "visible"):
            seat.context.set_offline(state == "visible")
            banner.wait_for(state=state)
            # a banner that pushes the map down must not push another place under the hand
            assert seat.middle(subject) == pytest.approx(at, abs=1.5)
        assert GRID in seat.find(GRID).inner_text()


def test_what_the_public_sees_hides_small_counts_and_offers_the_door(chromium, house):
    with seated(chromium, house.address) as seat:
        page = seat.open().page
        assert page.get_by_role("button", name="登录").first.is_visible()
        assert page.locator(".rail").get_by_role("button", name="编辑").count() == 0

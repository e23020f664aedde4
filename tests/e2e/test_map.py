"""Laws of the map in a browser: it opens offline, answers clicks, speaks two languages.

The plan is the hand-drawn one of `tests.map_plan`; places to click are asked
from the map itself, in pixels, so that no number here depends on a font.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

import pytest
from web_house import FLAGS, SCREENS

from geogrid.publish import write_map
from tests.map_plan import A, C, drawn_plan

pytestmark = pytest.mark.e2e

# what a phone on a slow line still opens gladly
LARGEST_BYTES = 6_000_000
NASTY = "<img src=x onerror=\"document.title='hit'\"></script>{{ 7 * 7 }}"


@pytest.fixture(scope="module")
def browser(request):
    from playwright.sync_api import sync_playwright

    # asked for only without a stated browser: it skips where there is none
    program = os.environ.get("GEOGRID_CHROMIUM") or request.getfixturevalue("chromium_path")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    plan = drawn_plan(names={"c4": NASTY}, attribution="© OpenStreetMap contributors")
    return write_map(plan, tmp_path_factory.mktemp("map") / "map.html").as_uri()


@contextmanager
def opened(browser, address, screen):
    """Open the map with every network request refused; afterwards expect none, and no error."""
    asked, complaints = [], []
    context = browser.new_context(offline=True, **SCREENS[screen])
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.wait_for_function("window.geogridMap && geogridMap.ready")
    settle(page)
    yield page
    context.close()
    page_itself = address.split("#")[0]
    assert [url for url in asked if url.split("#")[0] != page_itself] == []
    assert complaints == []


@pytest.fixture(params=list(SCREENS))
def page(browser, address, request):
    with opened(browser, address, request.param) as page:
        yield page


@pytest.fixture
def desk(browser, address):
    with opened(browser, address, "desk") as page:
        yield page


@pytest.fixture
def phone(browser, address):
    with opened(browser, address, "phone") as page:
        yield page


def settle(page):
    """Wait until the map stands still and the canvas has been painted."""
    page.evaluate(
        """() => new Promise((done) => {
            const map = geogridMap.map;
            const moves = () => map._animatingZoom || (map._panAnim || {})._inProgress;
            const look = () => moves()
                ? setTimeout(look, 20)
                : requestAnimationFrame(() => requestAnimationFrame(done));
            setTimeout(look, 20);
        })"""
    )


def pixel_of(page, table, code):
    """Return where in the window the middle of a record lies."""
    return page.evaluate(
        """([table, code]) => {
            const middle = geogridMap.middle(geogridMap.data[table][code]);
            const at = geogridMap.map.latLngToContainerPoint(middle);
            return [at.x, at.y];
        }""",
        [table, code],
    )


def look_at(page, table, code, zoom):
    page.evaluate(
        """([table, code, zoom]) => {
            const middle = geogridMap.middle(geogridMap.data[table][code]);
            geogridMap.map.setView(middle, zoom, {animate: false});
        }""",
        [table, code, zoom],
    )
    settle(page)


def click_on(page, table, code):
    page.mouse.click(*pixel_of(page, table, code))
    settle(page)


def card(page):
    return page.locator(".gg-card").inner_text()


def test_the_map_opens_with_its_title_figures_and_marks(page):
    assert page.title() == "东山区治理网格图"
    title = page.locator(".gg-title").inner_text()
    for said in (
        "东山区治理网格图",
        "12 个楼院",
        "5 个网格",
        "已证最优",
        "内部工作用图",
        "2026-02-13",
    ):
        assert said in title
    assert "模拟数据 Synthetic data" in title
    assert page.locator(".gg-title .gg-synthetic").is_visible()
    assert "OpenStreetMap" in page.locator(".gg-foot").inner_text()
    assert page.locator(".leaflet-control-scale-line").inner_text().endswith("米")
    assert page.locator(".gg-north").is_visible()


def test_real_data_carries_no_mark(browser, tmp_path):
    address = write_map(drawn_plan(synthetic="false"), tmp_path / "map.html").as_uri()
    with opened(browser, address, "desk") as page:
        assert "Synthetic" not in page.locator("body").inner_text()


def test_a_click_on_a_grid_tells_all_about_it(page):
    page.evaluate("geogridMap.map.setZoom(15.25, {animate: false})")
    settle(page)
    click_on(page, "grid", A + "001")
    text = card(page)
    for said in (
        "甲社区第1网格",
        A + "001",
        "东山街道",
        "210",
        "比目标 200 户多 10 户（+5.0%），略多。",
        "平均 87 米，最远 100 米",
        "东山一警格",
        "93 米",
        "东山路1号",
        "110 户",
    ):
        assert said in text


def test_a_grid_without_beat_says_so(page):
    page.evaluate(f"geogridMap.open(geogridMap.data.grid['{C}001'], {{zoom: true}})")
    settle(page)
    assert "未配对" in card(page)
    assert "正好等于目标 200 户" in card(page)


def test_a_click_on_a_courtyard_tells_about_it_and_leads_to_its_grid(page):
    look_at(page, "courtyard", "a1", 17)
    click_on(page, "courtyard", "a1")
    text = card(page)
    for said in ("东山路1号", "100", "2021 年", "先尝后买", "自管会", "2 栋 · 6 个单元"):
        assert said in text
    assert "建成" not in text, "an unknown year is not shown"
    page.locator(".gg-card").get_by_role("button", name="甲社区第1网格").click()
    settle(page)
    assert A + "001" in card(page)
    page.locator(".gg-back").click()
    settle(page)
    assert "自管会" in card(page)


def test_a_click_beside_everything_closes_the_card(desk):
    click_on(desk, "grid", A + "001")
    assert desk.locator(".gg-card").is_visible()
    desk.mouse.click(700, 20)
    assert not desk.locator(".gg-card").is_visible()


def test_the_card_lies_at_the_bottom_of_a_phone_and_leaves_the_grid_in_sight(phone):
    phone.evaluate(f"geogridMap.open(geogridMap.data.grid['{A}001'], {{zoom: true}})")
    settle(phone)
    box = phone.locator(".gg-card").bounding_box()
    assert box["x"] == 0
    assert box["width"] == 390
    assert box["y"] + box["height"] == pytest.approx(844, abs=1)
    _, y = pixel_of(phone, "grid", A + "001")
    top = phone.locator(".gg-top").bounding_box()
    assert top["y"] + top["height"] < y < box["y"]
    phone.locator(".gg-grip").click()
    assert phone.locator(".gg-card").bounding_box()["y"] <= box["y"]


def test_the_panel_of_a_phone_waits_behind_its_button(phone):
    panel = phone.locator(".gg-panel")
    assert not panel.is_visible()
    phone.locator(".gg-opener").click()
    assert panel.is_visible()
    panel.locator(".gg-close").click()
    assert not panel.is_visible()


def test_nothing_is_wider_than_the_phone(phone):
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    for name in (".gg-top", ".gg-search", ".gg-opener"):
        box = phone.locator(name).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390


def test_every_layer_toggles_and_comes_back(desk):
    # the map between the boxes, since those change by themselves
    part = {"x": 360, "y": 60, "width": 800, "height": 780}
    # the coast and the sea lie below the first view
    desk.evaluate("geogridMap.map.setZoom(16.5, {animate: false})")
    settle(desk)
    boxes = desk.locator(".gg-layer input")
    layers = [boxes.nth(i).get_attribute("data-layer") for i in range(boxes.count())]
    assert len(layers) == 16
    for layer in layers:
        box = desk.locator(f"[data-layer={layer}]")
        before = desk.screenshot(clip=part)
        was = box.is_checked()
        box.click()
        settle(desk)
        assert box.is_checked() is not was
        assert desk.screenshot(clip=part) != before, f"{layer} changes nothing"
        box.click()
        settle(desk)
        assert desk.screenshot(clip=part) == before, f"{layer} does not come back as it was"


def test_a_theme_brings_its_legend_and_counts_every_grid_once(desk):
    for theme in ("deviation", "walk"):
        desk.locator(f"[data-theme={theme}]").click()
        counts = desk.locator(".gg-class-count").all_inner_texts()
        assert sum(int(count.split()[0]) for count in counts) == 5
        assert desk.locator(f"[data-theme={theme}]").get_attribute("aria-checked") == "true"
    desk.locator("[data-theme=grids]").click()
    assert desk.locator(".gg-class").count() == 0


def test_search_finds_opens_and_works_by_keyboard(page):
    box = page.locator(".gg-search input")
    box.fill("乙社区")
    assert "乙社区第1网格" in page.locator(".gg-results").inner_text()
    box.press("ArrowDown")
    chosen = page.locator(".gg-hit[aria-selected=true] .gg-hit-name").inner_text()
    box.press("Enter")
    settle(page)
    assert chosen in card(page)
    assert not page.locator(".gg-results").is_visible()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (A + "002", "甲社区第2网格"),
        ("东山路１１号", "东山路11号"),
        ("甲社区 2", "甲社区第2网格"),
        ("二警格", "东山二警格"),
        ("碧海", "碧海花园"),
        ("南海街道", "南海街道"),
    ],
)
def test_search_knows_codes_addresses_beats_and_wide_digits(desk, typed, found):
    box = desk.locator(".gg-search input")
    box.fill(typed)
    assert desk.locator(".gg-hit-name").first.inner_text() == found
    box.press("Enter")
    settle(desk)
    assert found in card(desk)


def test_search_says_when_there_is_nothing(desk):
    desk.locator(".gg-search input").fill("月球")
    assert "没有找到" in desk.locator(".gg-results").inner_text()
    desk.keyboard.press("Escape")
    assert not desk.locator(".gg-results").is_visible()


def test_one_click_switches_the_whole_page_to_english_and_back(page):
    page.evaluate(f"geogridMap.open(geogridMap.data.grid['{A}001'], {{zoom: true}})")
    settle(page)
    page.locator(".gg-language").click()
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title() == "东山区 governance grids"
    assert "Proven optimal" in page.locator(".gg-title").inner_text()
    assert "10 households above the target of 200 (+5.0%): slightly more." in card(page)
    assert "Lead beat" in card(page)
    assert page.locator(".leaflet-control-scale-line").text_content().endswith(" m")
    panel = page.locator(".gg-panel").text_content()
    assert "Governance grids" in panel
    assert not any(word in panel for word in ("图层", "网格", "道路"))
    page.locator(".gg-language").click()
    assert "主责警格" in card(page)


def test_names_stay_text(desk):
    desk.evaluate("geogridMap.open(geogridMap.data.courtyard.c4, {zoom: true})")
    settle(desk)
    assert NASTY in card(desk)
    assert desk.locator(".gg-card img").count() == 0
    assert desk.title() == "东山区治理网格图"


def test_an_address_with_a_code_opens_that_grid(browser, address):
    with opened(browser, f"{address}#{A}002", "desk") as page:
        assert "甲社区第2网格" in card(page)


def test_paper_shows_title_legend_and_map_without_the_tools(desk):
    desk.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    desk.emulate_media(media="print")
    assert desk.locator(".gg-title").is_visible()
    assert desk.locator(".gg-panel").is_visible()
    assert not desk.locator(".gg-tools").is_visible()
    assert not desk.locator(".gg-search").is_visible()
    assert desk.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
    desk.emulate_media(media="screen")
    desk.evaluate("window.dispatchEvent(new Event('afterprint'))")
    settle(desk)
    assert desk.locator(".gg-map").bounding_box()["width"] == 1440


def test_a_notebook_shows_the_same_map(browser, tmp_path):
    from geogrid.publish import draw_map

    holder = tmp_path / "cell.html"
    html = draw_map(drawn_plan())._repr_html_()
    holder.write_text(f"<!doctype html><body style='width:900px'>{html}</body>", encoding="utf-8")
    complaints = []
    page = browser.new_page(offline=True)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(holder.as_uri())
    frame = page.frame_locator("iframe")
    frame.locator(".gg-title h1").wait_for()
    assert frame.locator(".gg-title h1").inner_text() == "东山区治理网格图"
    frame.locator(".gg-opener").click()
    assert frame.locator(".gg-panel").is_visible()
    page.close()
    assert complaints == []


@pytest.mark.slow
def test_the_whole_sample_fits_in_one_light_file_and_opens(browser, sample_plan_path, tmp_path):
    from geogrid.publish.colours import adjacent_pairs, grid_colours
    from geogrid.store.plan_file import read_plan

    plan = read_plan(sample_plan_path)
    path = write_map(plan, tmp_path / "map.html")
    assert path.stat().st_size < LARGEST_BYTES
    shades = grid_colours(plan.gov_grids)
    pairs = adjacent_pairs(plan.gov_grids, reach_m=0.0)
    assert (shades[pairs[:, 0]] != shades[pairs[:, 1]]).all()
    code = plan.gov_grids["grid_code"].iloc[100]
    for screen in SCREENS:
        with opened(browser, path.as_uri(), screen) as page:
            title = page.locator(".gg-title").inner_text()
            assert f"{plan.n_grids} 个网格" in title
            assert "模拟数据" in title
            page.locator(".gg-search input").fill(code)
            page.locator(".gg-search input").press("Enter")
            settle(page)
            assert code in card(page)
            rows = page.locator(".gg-list .gg-row").count()
            assert rows == plan.gov_grids["n_courtyards"].iloc[100]

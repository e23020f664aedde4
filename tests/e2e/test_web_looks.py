"""Laws of how the web map looks: nothing overlaps, nothing is cut off, a thumb can hit it.

Each view is opened in both sizes; axe-core judges contrast, names and roles.
"""

from __future__ import annotations

import json
import re

import pytest
from web_house import OWN, seated
from web_looks import clashing_labels, lines_outside, overlapping_lines, small_targets

from geogrid.store.store import Store

pytestmark = pytest.mark.e2e

GRID = "370202007001001"
VIEWS = {
    "the district": "",
    "a grid": f"?grid=gov_grids:{GRID}",
    "a courtyard": "?courtyard=C0300",
    "a community": "?community=370202007001",
    "a subdistrict": "?subdistrict=370202007",
    "a beat": "?beat=PS05-01",
    "households": f"?theme=households&grid=gov_grids:{GRID}",
    "walk": "?theme=walk",
    "committee": "?theme=committee",
    "property": "?theme=property",
    "beats": "?theme=beats",
    "English": f"?lang=en&grid=gov_grids:{GRID}",
}
PARTS = ("社区表", "图层", "方案", "比较", "意见", "审批", "警网结对", "覆盖情况", "帮助")


def judged(page, axe):
    """Return axe's serious and critical findings."""
    page.evaluate(f"() => {{ {axe} }}")
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        (one["id"], node["target"], node.get("failureSummary", "")[:300])
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


@pytest.fixture(scope="module")
def axe(request):
    return (request.config.rootpath / "api/web/node_modules/axe-core/axe.min.js").read_text("utf-8")


def faults(seat, axe):
    """Return everything that an eye, a thumb or a screen reader would stumble over."""
    page = seat.page
    found = {
        "overlap": overlapping_lines(page),
        "outside": lines_outside(page),
        "labels": clashing_labels(page),
        "axe": judged(page, axe),
    }
    if seat.is_phone:
        found["small"] = small_targets(page)
    return {name: those for name, those in found.items() if those}


def told(found):
    return json.dumps(found, ensure_ascii=False, indent=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_overlaps_or_overflows_and_axe_finds_nothing(chromium, house, screen, axe, scheme):
    found = {}
    with seated(chromium, house.address, screen, color_scheme=scheme) as seat:
        seat.open().sign_in("planner")
        for name, query in VIEWS.items():
            seat.open(query)
            found[name] = faults(seat, axe)
        seat.open("?lang=zh")
        for name in PARTS:
            seat.part(name)
            seat.settle()
            found[name] = faults(seat, axe)
    assert not any(found.values()), told({k: v for k, v in found.items() if v})


def test_signing_in_looks_as_well(chromium, house, screen, axe):
    with seated(chromium, house.address, screen) as seat:
        page = seat.open().page
        page.get_by_role("button", name="登录").first.click()
        page.get_by_role("dialog").wait_for()
        found = faults(seat, axe)
    assert not found, told(found)


def test_working_on_a_draft_looks_as_well(chromium, own_house, screen, axe):
    with Store.open(own_house.store) as store:
        plan_id = store.derive_plan(1, title="江苏路调整", by="clerk", scope=OWN).plan_id
    found = {}
    with seated(chromium, own_house.address, screen) as seat:
        page = seat.open().sign_in("clerk").page
        seat.edit(plan_id)
        found["nothing picked"] = faults(seat, axe)
        yard = next(ident for ident, code in seat.assignment().items() if code == GRID)
        seat.pick(yard, near=yard)
        page.get_by_role("button", name="拆出新网格", exact=True).wait_for()
        found["picked"] = faults(seat, axe)
        page.get_by_role("button", name="拆出新网格", exact=True).click()
        seat.saved()
        seat.settle()
        found["split off"] = faults(seat, axe)
        for tab in ("问题", "网格", "替我调整"):
            page.get_by_role("tab", name=re.compile(tab)).click()
            found[tab] = faults(seat, axe)
        page.get_by_role("button", name=re.compile("^替我调整（")).click()
        page.get_by_role("button", name="采用", exact=True).wait_for()
        found["a proposal"] = faults(seat, axe)
        seat.part("导入名单")
        found["导入名单"] = faults(seat, axe)
        for query, button in (
            (f"?plan=1&community={GRID[:-3]}", "打印社区图"),
            (f"?plan=1&grid=gov_grids:{GRID}", "打印卡片"),
        ):
            seat.open(query)
            if button == "打印社区图":
                seat.part("社区表")
            page.get_by_role("button", name=button).click()
            page.locator(".preview-page img").first.wait_for()
            # paper is smaller than the screen on purpose: its small print is no target
            looks = {"axe": judged(page, axe), "outside": lines_outside(page)}
            found[button] = {name: those for name, those in looks.items() if those}
            page.get_by_role("button", name="返回").first.click()
    assert not any(found.values()), told({k: v for k, v in found.items() if v})


def test_every_control_is_reached_by_the_keyboard(chromium, house):
    with seated(chromium, house.address) as seat:
        seat.open().sign_in("planner")
        page = seat.open(f"?grid=gov_grids:{GRID}").page
        wanted = page.evaluate(
            """() => {
                const all = [...document.querySelectorAll(
                    'button, a[href], input, select, [tabindex="0"]')];
                const seen = all.filter((one) => one.getClientRects().length > 0 && !one.disabled
                    && one.tabIndex >= 0);
                seen.forEach((one, at) => { one.dataset.at = at; });
                return seen.length;
            }"""
        )
        page.evaluate("document.activeElement.blur()")
        met = set()
        for _ in range(2 * wanted):
            page.keyboard.press("Tab")
            at = page.evaluate(
                """() => {
                    const one = document.activeElement;
                    if (!one || one === document.body) return null;
                    const style = getComputedStyle(one);
                    const ring = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
                    return [one.dataset.at ?? '', ring, one.outerHTML.slice(0, 80)];
                }"""
            )
            if at:
                assert at[1], f"no ring shows where the keyboard is: {at[2]}"
                met.add(at[0])
        missed = page.evaluate(
            """(met) => [...document.querySelectorAll('[data-at]')]
                .filter((one) => !met.includes(one.dataset.at))
                .filter((one) => !(one.type === 'radio' && !one.checked))
                .map((one) => one.outerHTML.slice(0, 120))""",
            sorted(met),
        )
    assert missed == []

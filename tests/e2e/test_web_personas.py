"""The week's work of the people that the map is for, each from signing in to the result.

DOMAIN section 6: clerk, community secretary and grid worker, police, property office; each at a
desk and on a phone, in Chinese. Every window refuses and counts what is asked elsewhere.
"""

from __future__ import annotations

import re
import zipfile

import pytest
from web_house import OWN, seated

from geogrid.store.plan_file import read_plan
from geogrid.store.store import Store

pytestmark = pytest.mark.e2e

COMMUNITY = f"{OWN}001"
GRID = f"{COMMUNITY}001"
# points of a PDF, of an inch each a seventy-second
A3, A4 = (842, 1191), (595, 842)
_BOX = re.compile(rb"/MediaBox \[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]")


def pages(page):
    """Return the sizes of the sheets that the printer would get, in points."""
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    return [(round(float(a)), round(float(b))) for a, b in _BOX.findall(printed)]


def on_paper(seat, *, size, is_wide):
    """Print what stands in the preview; return the number of sheets."""
    page = seat.page
    page.get_by_role("button", name="打印", exact=True).wait_for()
    seat.until(
        lambda: page.get_by_role("button", name="打印", exact=True).is_enabled(), "no preview"
    )
    sheets = pages(page)
    short, long = size
    wanted = (long, short) if is_wide else (short, long)
    assert sheets
    assert all(abs(a - wanted[0]) < 3 and abs(b - wanted[1]) < 3 for a, b in sheets), sheets
    page.get_by_role("button", name="返回").first.click()
    return len(sheets)


@pytest.fixture(scope="module")
def plan(paired_plan_path):
    return read_plan(paired_plan_path)


def two_yards(plan):
    """Return courtyards of two grids of one community, and another community's grid."""
    yards = plan.courtyards[["courtyard_id", "grid_code", "community_code"]]
    home = yards[yards["community_code"] == COMMUNITY]
    first = home.iloc[0]
    other = home[home["grid_code"] != first["grid_code"]].iloc[0]
    codes = yards["community_code"]
    far = yards[codes.str.startswith(OWN) & (codes != COMMUNITY)].iloc[0]
    return first, other, far


def table(*rows):
    """Return a change list as Excel saves it in an office: GBK, with a title line above."""
    lines = ["江苏路街道楼院调整名单,,", "楼院编号,划入网格,备注", *(",".join(row) for row in rows)]
    return {
        "name": "调整名单.csv",
        "mimeType": "text/csv",
        "buffer": "\r\n".join(lines).encode("gb18030"),
    }


def test_a_clerk_takes_a_change_list_over_prints_and_hands_in(
    chromium, own_house, plan, screen, tmp_path
):
    """Persona 2: change list, reject report, mending it, map, cards, ledger, handing in."""
    first, other, far = two_yards(plan)
    with seated(chromium, own_house.address, screen) as seat:
        page = seat.open().sign_in("clerk").page
        drafts = seat.part("方案")
        drafts.get_by_role("button", name="新建调整草案").click()
        drafts.get_by_label("草案名称").fill("江苏路三月调整")
        drafts.get_by_role("button", name="建立草案").click()
        page.locator(".edit-panel").wait_for()

        lists = seat.part("导入名单")
        wrong = [
            (first["courtyard_id"], other["grid_code"], ""),
            ("C99999", other["grid_code"], ""),
            (other["courtyard_id"], far["grid_code"], ""),
        ]
        page.set_input_files("input[type=file]", [table(*wrong)])
        lists.get_by_text("退回清单").first.wait_for()
        report = lists.inner_text()
        assert "C99999" in report
        assert "行" in report
        assert "字段" in report
        # mended in the table, chosen again
        mended = [wrong[0], (other["courtyard_id"], first["grid_code"], "")]
        page.set_input_files("input[type=file]", [table(*mended)])
        lists.get_by_role("button", name="采用 2 条").click()
        seat.until(
            lambda: seat.assignment()[first["courtyard_id"]] == other["grid_code"], "not taken over"
        )
        seat.saved()
        with Store.open(own_house.store) as store:
            (draft,) = [one for one in store.plans() if one.status == "draft"]
            state = store.draft(draft.plan_id).assignment
        assert state[first["courtyard_id"]] == other["grid_code"]
        assert state[other["courtyard_id"]] == first["grid_code"]

        seat.find(GRID)
        cards = seat.part("详情") if not seat.is_phone else page.locator("#panel")
        if not cards.get_by_role("button", name="打印卡片").count():
            page.get_by_role("button", name="详情", exact=True).last.click()
        page.get_by_role("button", name="打印卡片").click()
        assert on_paper(seat, size=A4, is_wide=False) == 1
        tables = seat.part("社区表")
        tables.get_by_role("button", name="打印社区图").click()
        assert on_paper(seat, size=A3, is_wide=True) == 1
        with page.expect_download() as got:
            tables.get_by_role("button", name="Excel").click()
        got.value.save_as(tmp_path / "ledger.xlsx")
        assert zipfile.is_zipfile(tmp_path / "ledger.xlsx")

        steps = seat.part("审批")
        steps.get_by_role("button", name="提交审批").click()
        page.get_by_role("dialog").get_by_role("button", name="确定").click()
        steps.get_by_text("等待区级规划人员并入全区草案").first.wait_for()
        with Store.open(own_house.store) as store:
            assert store.plan_info(draft.plan_id).status == "proposed"


def test_a_secretary_checks_on_paper_objects_and_signs(chromium, own_house, screen):
    """Persona 3: names and courtyards on paper, an objection, then an agreement."""
    with Store.open(own_house.store) as store:
        plan_id = store.derive_plan(1, title="全区调整", by="planner").plan_id
        store.submit(plan_id, expected=0, by="planner")
    with seated(chromium, own_house.address, screen) as seat:
        seat.open().sign_in("approver")
        seat.open(f"?plan={plan_id}&community={COMMUNITY}")
        seat.part("社区表").get_by_role("button", name="打印社区图").click()
        assert on_paper(seat, size=A3, is_wide=True) == 1

        seat.find(GRID)
        remarks = seat.part("意见")
        remarks.get_by_label("意见内容").fill("大学路28号院应与26号院同在一个网格。")
        remarks.get_by_role("button", name="提交意见").click()
        remarks.get_by_text("大学路28号院应与26号院同在一个网格。").first.wait_for()

        steps = seat.part("审批")
        for button, words in (("登记异议", "请先核对名单。"), ("登记同意", "已核对。")):
            form = steps.locator("details").filter(has_text=button).last
            form.locator("summary").click()
            form.get_by_label("代表").select_option(label="社区")
            form.get_by_label(re.compile("^说明")).fill(words)
            form.get_by_role("button", name=button).click()
            steps.get_by_text(words).first.wait_for()
    with Store.open(own_house.store) as store:
        (remark,) = store.comments(plan_id)
        told = [(one.level, one.decision) for one in store.approvals(plan_id)]
    assert remark.subject == f"grid:{GRID}"
    assert ("community", "object") in told
    assert ("community", "agree") in told


def test_the_police_see_pairs_try_a_move_and_print_the_weekly_sheet(chromium, own_house, screen):
    """Persona 4: the pairing, grids split by a beat line, one move's balance, the sheet."""
    with seated(chromium, own_house.address, screen) as seat:
        page = seat.open().sign_in("planner").page
        police = seat.part("警网结对")
        police.get_by_label(re.compile("^派出所")).select_option(index=4)
        seat.settle()
        told = police.inner_text()
        assert "警格与网格" in told
        assert "跨警格的网格" in told
        police.get_by_label(re.compile("^哪个网格")).select_option(index=1)
        police.get_by_label(re.compile("^改由哪个警格牵头")).select_option(index=1)
        police.get_by_text("调整前 → 调整后").first.wait_for()
        police.get_by_role("button", name="打印周例会表").click()
        assert on_paper(seat, size=A4, is_wide=False) >= 1
        assert page.get_by_text("警网融合周例会表").count() == 0


def test_the_property_office_lists_grids_without_service_and_takes_them_along(
    chromium, own_house, screen, tmp_path
):
    """Persona 5: grids without committee or property, on trial, neighbours to be bundled."""
    with seated(chromium, own_house.address, screen) as seat:
        page = seat.open().sign_in("viewer").page
        cover = seat.part("覆盖情况")
        told = cover.inner_text()
        assert "先尝后买" in told
        assert "相邻未覆盖网格组" in told
        with page.expect_download() as got:
            cover.get_by_role("button", name="CSV").click()
        got.value.save_as(tmp_path / "list.csv")
        held = (tmp_path / "list.csv").read_bytes()
        # Excel takes it for Chinese only with the mark
        assert held.startswith(b"\xef\xbb\xbf")
        rows = held.decode("utf-8-sig").splitlines()
        assert len(rows) > 1
        cover.get_by_role("tab", name=re.compile("业委会")).click()
        cover.get_by_text("业委会").first.wait_for()
        cover.get_by_role("button", name="打印清单").click()
        assert on_paper(seat, size=A4, is_wide=False) >= 1

"""Take pictures of the web map over the synthetic sample.

``python docs/build_screenshots.py`` writes the four of the READMEs into ``docs/img``;
``--all FOLDER`` writes every view there, at a desk and on a phone, for looking at. It needs what
``make check`` installs, the built map (``make web``) and the system's Chromium. The plan is
computed anew unless ``--plan PLAN.gpkg`` hands in one that is paired.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from web_house import FLAGS, OWN, SCREENS, Seat, house_of, make_house, seated  # noqa: E402

from geogrid.governance.verdict import Judge  # noqa: E402
from geogrid.store.edits import Move  # noqa: E402
from geogrid.store.plan_file import read_plan  # noqa: E402
from geogrid.store.store import Store  # noqa: E402

IMAGES = ROOT / "docs/img"
LARGEST_BYTES = 300_000
COMMUNITY = f"{OWN}001"
GRID = f"{COMMUNITY}001"
N_MOVES = 14
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

# what an address alone shows
VIEWS = {
    "district": "",
    "grid": f"?grid=gov_grids:{GRID}",
    "basic-grid": f"?grid=basic_grids:{GRID}",
    "courtyard": "?courtyard=C0300",
    "community": f"?community={COMMUNITY}",
    "subdistrict": f"?subdistrict={OWN}",
    "beat": "?beat=PS05-01",
    "theme-households": f"?theme=households&subdistrict={OWN}",
    "theme-walk": "?theme=walk",
    "theme-committee": f"?theme=committee&subdistrict={OWN}",
    "theme-property": f"?theme=property&subdistrict={OWN}",
    "theme-beats": f"?theme=beats&subdistrict={OWN}",
    "theme-changes": f"?plan=2&theme=changes&subdistrict={OWN}",
    "english": f"?lang=en&grid=gov_grids:{GRID}",
    "unknown-plan": "?plan=99",
}
PARTS = {
    "table": "社区表",
    "layers": "图层",
    "drafts": "方案",
    "compare-choice": "比较",
    "remarks": "意见",
    "police": "警网结对",
    "coverage": "覆盖情况",
    "help": "帮助",
}


def made_plan(folder: Path) -> Path:
    """Make the sample's plan by the command line, paired."""
    district, plan = folder / "district.gpkg", folder / "plan.gpkg"
    steps = (
        ("sample", district),
        ("plan", district, "--grids", 349, "--out", plan),
        ("pair", plan, "--layer", "gov_grids"),
        ("pair", plan, "--layer", "basic_grids"),
    )
    for step in steps:
        words = [sys.executable, "-m", "geogrid.cli", *map(str, step)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    return plan


def good_moves(plan: Any) -> list[Move]:  # noqa: ANN401 - a Plan
    """Return some moves of an office's own that break nothing, no two about the same grid."""
    judge = Judge(plan)
    graph, yards = judge.graph, plan.courtyards
    codes = dict(zip(yards["courtyard_id"], yards["grid_code"], strict=True))
    homes = dict(zip(yards["courtyard_id"], yards["community_code"], strict=True))
    found: list[Move] = []
    used: set[str] = set()
    pairs = zip(graph.a_ix, graph.b_ix, graph.is_usable, strict=True)
    for one, other in sorted((graph.ids[a], graph.ids[b]) for a, b, usable in pairs if usable):
        to = codes[other]
        is_own = homes[one] == homes[other] and homes[one].startswith(OWN)
        if not is_own or to == codes[one] or {to, codes[one]} & used:
            continue
        if not judge.judge(codes | {one: to}).hard:
            found.append(Move((one,), to))
            used |= {to, codes[one]}
    return found[:N_MOVES]


def furnish(path: Path, moves: list[Move]) -> None:
    """Put drafts in every state of life beside the version in force."""
    with Store.open(path) as store:
        whole = store.derive_plan(1, title="2026年二季度全区调整", by="planner")
        store.edit(whole.plan_id, moves, expected=0, by="planner")
        subject = f"grid:{moves[0].to}"
        store.comment(whole.plan_id, "社区已看过，同意这样划。", by="clerk", subject=subject)
        store.comment(whole.plan_id, "请把名单抄送两个派出所。", by="approver")
        own = store.derive_plan(1, title="江苏路街道二季度调整", by="clerk", scope=OWN)
        store.edit(own.plan_id, moves[:2], expected=0, by="clerk")
        sent = store.derive_plan(1, title="八大湖片区调整", by="planner")
        store.edit(sent.plan_id, moves[2:3], expected=0, by="planner")
        store.submit(sent.plan_id, expected=1, by="planner")
        agreed = store.derive_plan(1, title="湛山片区调整", by="planner")
        store.edit(agreed.plan_id, moves[3:4], expected=0, by="planner")
        store.submit(agreed.plan_id, expected=1, by="planner")
        info = store.plan_info(agreed.plan_id)
        store.approve(agreed.plan_id, expected=info.revision, by="approver", note="同意。")


class Studio:
    """Somebody at a window, and what becomes of the pictures.

    Parameters
    ----------
    browser, address : Browser, str
        Of Playwright; of the service.
    moves : list of Move
        Those that the drafts hold, and some more.
    """

    def __init__(self, browser: Any, address: str, moves: list[Move]) -> None:  # noqa: ANN401
        self.browser = browser
        self.address = address
        self.moves = moves

    @contextmanager
    def window(self, screen: str, who: str | None = None, **more: Any) -> Iterator[Seat]:  # noqa: ANN401
        """Open the map for somebody."""
        kind = {"is_strict": False, "reduced_motion": "reduce"} | more
        with seated(self.browser, self.address, screen, **kind) as seat:
            seat.page.goto(f"{self.address}/map")
            seat.settle()
            if who:
                seat.sign_in(who)
            yield seat


def taken(seat: Seat) -> bytes:
    """Return what the window shows when nothing moves, without a hand on it."""
    if not seat.is_phone:
        seat.page.mouse.move(2, 2)
    seat.page.wait_for_timeout(500)
    return seat.page.screenshot()


def keep(picture: bytes, path: Path) -> None:
    """Write a picture with the colours that it needs, for a page that many people open."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    # no dither: it would speckle even areas and blur letters
    image = image.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    image.save(path, optimize=True)
    size = path.stat().st_size
    if size >= LARGEST_BYTES:
        message = f"{path.name} has {size:,} bytes, more than {LARGEST_BYTES:,}"
        raise SystemExit(message)
    print(f"{path.name}: {size:,} bytes")


def pick(seat: Seat, move: Move) -> None:
    """Begin to move a courtyard: pick it, see where it may go."""
    yard = move.courtyards[0]
    # what opening the draft still moves has come to rest, so that the same place is in the middle
    seat.page.wait_for_timeout(1500)
    seat.pick(yard, near=yard)
    seat.page.get_by_text("划入哪个网格").wait_for()
    fly = "(id) => geogridView.flyTo({ kind: 'courtyard', id })"
    seat.page.evaluate(fly, yard)
    seat.settle()


def compare(seat: Seat) -> None:
    """Lay the version in force over the draft."""
    panel = seat.part("比较")
    panel.get_by_label("哪一版比较").select_option("1")
    panel.get_by_role("button", name="收起地图比较").wait_for()
    seat.settle()


def for_the_readmes(studio: Studio) -> None:
    """Take the four best."""
    with studio.window("desk", "planner") as seat:
        seat.open(f"?grid=gov_grids:{GRID}")
        keep(taken(seat), IMAGES / "map-district.png")
        seat.edit(2)
        pick(seat, studio.moves[-1])
        keep(taken(seat), IMAGES / "map-edit.png")
    with studio.window("desk", "planner") as seat:
        seat.open(f"?plan=2&community={COMMUNITY}")
        compare(seat)
        keep(taken(seat), IMAGES / "map-compare.png")
    # a phone's screen has two dots or more for each of the page's
    with studio.window("phone", "planner", device_scale_factor=2) as seat:
        seat.open(f"?grid=gov_grids:{GRID}")
        keep(taken(seat), IMAGES / "map-phone.png")


def everything(studio: Studio, screen: str, shot: Callable[[Seat, str], None]) -> None:
    """Take every view at one size of window."""
    for_the_public(studio, screen, shot)
    for_readers(studio, screen, shot)
    for_editors(studio, screen, shot)
    for_deciders(studio, screen, shot)


def for_the_public(studio: Studio, screen: str, shot: Callable[[Seat, str], None]) -> None:
    """Take what anybody sees, and the way in."""
    with studio.window(screen) as seat:
        shot(seat, "public")
        seat.open(f"?grid=gov_grids:{GRID}")
        shot(seat, "public-grid")
        seat.page.get_by_role("button", name="登录").first.click()
        shot(seat, "sign-in")


def for_readers(studio: Studio, screen: str, shot: Callable[[Seat, str], None]) -> None:
    """Take what is read: cards, themes, lists, paper."""
    with studio.window(screen, "planner") as seat:
        for name, query in VIEWS.items():
            seat.page.goto(f"{seat.address}/map{query}")
            if name == "unknown-plan":
                seat.page.wait_for_timeout(1000)
            else:
                seat.settle()
            shot(seat, name)
        seat.open("?lang=zh").open(f"?plan=2&grid=gov_grids:{GRID}")
        for name, part in PARTS.items():
            seat.part(part)
            seat.settle()
            shot(seat, name)
        seat.page.locator("#find-input").fill("大学路")
        seat.page.get_by_role("option").first.wait_for()
        shot(seat, "find")
        seat.page.keyboard.press("Escape")
        if seat.is_phone:
            seat.page.locator(".bar").get_by_role("button", name="更多").click()
            shot(seat, "more")
        seat.open(f"?community={COMMUNITY}")
        for name, part, button in (
            ("paper-card", "详情", "打印卡片"),
            ("paper-community", "社区表", "打印社区图"),
        ):
            seat.find(GRID)
            panel = seat.page.locator("#panel") if part == "详情" else seat.part(part)
            panel.get_by_role("button", name=button).click()
            seat.page.get_by_role("button", name="打印", exact=True).wait_for()
            seat.page.wait_for_timeout(2500)
            shot(seat, name)
            seat.page.get_by_role("button", name="返回").first.click()
    with studio.window(screen, "planner", color_scheme="dark") as seat:
        seat.open(f"?grid=gov_grids:{GRID}")
        shot(seat, "dark")
        seat.edit(2)
        pick(seat, studio.moves[-1])
        shot(seat, "dark-edit")


def for_editors(studio: Studio, screen: str, shot: Callable[[Seat, str], None]) -> None:
    """Take a draft at work."""
    with studio.window(screen, "planner") as seat:
        seat.part("方案").get_by_role("button", name="新建调整草案").click()
        shot(seat, "draft-new")
        panel = seat.edit(2)
        shot(seat, "edit")
        pick(seat, studio.moves[-1])
        shot(seat, "edit-picked")
        panel.locator(".edit-targets button").first.click()
        seat.saved()
        seat.settle()
        shot(seat, "edit-given")
        for name, tab in (("faults", "问题"), ("grids", "网格"), ("mend", "替我调整")):
            panel.get_by_role("tab", name=tab).click()
            shot(seat, f"edit-{name}")
        panel.get_by_role("button", name="替我调整（").click()
        panel.locator(".mend-status").wait_for(timeout=120_000)
        shot(seat, "edit-mended")
        seat.context.set_offline(True)
        seat.page.wait_for_timeout(6000)
        shot(seat, "edit-offline")
        seat.context.set_offline(False)
    with studio.window(screen, "planner") as seat:
        seat.open(f"?plan=2&subdistrict={OWN}")
        compare(seat)
        shot(seat, "compare")
        seat.edit(2)
        seat.part("导入名单")
        shot(seat, "list")


def for_deciders(studio: Studio, screen: str, shot: Callable[[Seat, str], None]) -> None:
    """Take the way of drafts from hand to hand."""
    for who, plan_id, name in (
        ("clerk", 3, "approval-draft"),
        ("approver", 4, "approval-proposed"),
        ("approver", 5, "approval-publish"),
        ("approver", 1, "approval-in-force"),
    ):
        with studio.window(screen, who) as seat:
            seat.open(f"?plan={plan_id}")
            seat.part("审批")
            seat.page.locator(".step-line").wait_for()
            seat.page.wait_for_timeout(1500)
            shot(seat, name)


def main() -> None:
    """Start a service, take pictures, stop it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--all", type=Path, metavar="FOLDER", help="write every view there instead")
    asked.add_argument("--plan", type=Path, metavar="PLAN", help="a paired plan of the sample")
    asked.add_argument("--screen", choices=list(SCREENS), help="of --all, one size only")
    told = asked.parse_args()
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        message = "Chromium is not installed (Debian: apt-get install chromium fonts-wqy-microhei)"
        raise SystemExit(message)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        plan_path = told.plan or made_plan(folder)
        moves = good_moves(read_plan(plan_path))
        make_house(folder / "template.db", plan_path)
        furnish(folder / "template.db", moves[:-1])
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        if told.all is None:
            with house_of(folder / "template.db", folder) as house:
                for_the_readmes(Studio(browser, house.address, moves))
            return
        told.all.mkdir(parents=True, exist_ok=True)
        for screen in [told.screen] if told.screen else SCREENS:
            with house_of(folder / "template.db", folder) as house:

                def shot(seat: Seat, view: str, screen: str = screen) -> None:
                    (told.all / f"{screen}-{view}.png").write_bytes(taken(seat))

                everything(Studio(browser, house.address, moves), screen, shot)


if __name__ == "__main__":
    main()

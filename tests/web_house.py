"""A real service over the sample's plan, and browsers at its map, for tests.

The service is `geogrid serve` in a process of its own. Every browser is kept from asking
anybody else: what it asks elsewhere is refused and counted.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from steps import publish

from geogrid.store.plan_file import read_plan
from geogrid.store.store import Store

PASSWORD = "a lighthouse in the fog"  # noqa: S105 - of a test's accounts
FIRST_DAY = dt.date(2026, 3, 1)
# 江苏路, 八大峡: two street offices
OWN, OTHER = "370202007", "370202002"
ACCOUNTS = {
    "planner": ("planner", None),
    "clerk": ("clerk", OWN),
    "neighbour": ("clerk", OTHER),
    "colleague": ("clerk", OWN),
    "viewer": ("viewer", None),
    "approver": ("approver", None),
    "admin": ("admin", None),
}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SCREENS = {"desk": DESK, "phone": PHONE}
_START_S = 60
# longer than anybody waits; a busy machine is not a fault of the page
_PATIENCE_MS = 60_000


def make_house(path, plan_path):
    """Make a store with accounts and the sample's plan in force since March."""
    with Store.create(path) as store:
        for name, (role, subdistrict) in ACCOUNTS.items():
            store.add_user(
                name, role=role, subdistrict=subdistrict, password=PASSWORD, by="console"
            )
        made = store.add_plan(read_plan(plan_path), title="2026 年治理网格", by="planner")
        publish(store, made.plan_id, FIRST_DAY, document_no="青南网格〔2026〕1号")


@dataclass
class House:
    """A running service.

    Parameters
    ----------
    store : Path
        Its database.
    address : str
        Where it answers, without a slash at the end.
    """

    store: Path
    port: int
    log: Path
    process: subprocess.Popen | None = None

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        """Start it and wait until it reads."""
        told = {"STORE": f"sqlite:///{self.store}", "PORT": self.port, "WORKERS": 1}
        told |= {"RATE_PUBLIC": 0, "RATE_KNOWN": 0, "RATE_SIGN_IN": 0, "LOG_LEVEL": "warning"}
        env = os.environ | {f"GEOGRID_{name}": str(value) for name, value in told.items()}
        with self.log.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "geogrid.cli", "serve"],
                env=env,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + _START_S
        while True:
            try:
                urllib.request.urlopen(f"{self.address}/readyz", timeout=2).close()  # noqa: S310 - our own
            except OSError:
                pass
            else:
                return self
            assert self.process.poll() is None, self.log.read_text("utf-8")[-2000:]
            assert time.monotonic() < end, self.log.read_text("utf-8")[-2000:]
            time.sleep(0.1)

    def stop(self):
        """Stop it as a power cut would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def house_of(template, folder):
    """Run a service over a copy of a store."""
    store = Path(shutil.copy(template, Path(folder) / "store.db"))
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    house = House(store, port, Path(folder) / "log")
    try:
        yield house.start()
    finally:
        house.stop()


@dataclass
class Seat:
    """Somebody at a browser.

    Attributes
    ----------
    foreign : list of str
        Addresses that were asked for elsewhere; every one of them was refused.
    complaints : list of str
        What the page reported as wrong.
    """

    context: object
    page: object
    address: str
    screen: str
    foreign: list = field(default_factory=list)
    complaints: list = field(default_factory=list)

    @property
    def is_phone(self):
        return self.screen == "phone"

    def open(self, query=""):
        """Open the map and wait until it stands."""
        self.page.goto(f"{self.address}/map{query}")
        self.settle()
        return self

    def settle(self):
        """Wait until the map is drawn and nothing moves."""
        # asked from outside: the page's policy forbids what Playwright's own waiting needs
        asked = "Boolean(window.geogridView) && !geogridView.busy()"
        self.until(lambda: self.page.evaluate(asked), "the map does not come to rest")

    def sign_in(self, name):
        """Sign in as a person does, by the form."""
        page = self.page
        page.get_by_role("button", name="登录").first.click()
        form = page.get_by_role("dialog")
        form.get_by_label("用户名").fill(name)
        form.get_by_label("密码").fill(PASSWORD)
        form.get_by_role("button", name="登录").click()
        form.wait_for(state="detached")
        self.settle()
        return self

    def part(self, name):
        """Open one of the page's parts by its name."""
        page = self.page
        if not self.is_phone:
            button = page.locator(".rail").get_by_role("button", name=name, exact=True)
            # a second click closes it
            if button.get_attribute("aria-pressed") != "true":
                button.click()
        else:
            page.locator(".bar").get_by_role("button", name="更多").click()
            page.locator("#panel").get_by_role("button", name=name, exact=True).click()
        return page.locator("#panel")

    def find(self, typed):
        """Type into the box for everything and take the first hit."""
        box = self.page.locator("#find-input")
        box.fill(typed)
        self.page.get_by_role("option").first.wait_for()
        box.press("Enter")
        self.settle()
        return self.page.locator("#panel")

    def edit(self, plan_id):
        """Open a draft and begin to edit it."""
        self.open(f"?plan={plan_id}")
        page = self.page
        if self.is_phone:
            page.locator(".bar").get_by_role("button", name="编辑").click()
        else:
            self.part("编辑")
        page.locator(".edit-panel").wait_for()
        self.settle()
        return page.locator("#panel")

    def pick(self, courtyard_id, *, near):
        """Bring a courtyard into the picture and pick it by a click or a tap."""
        self.page.evaluate(
            "(subject) => geogridView.flyTo(subject)", {"kind": "courtyard", "id": near}
        )
        self.settle()
        self.page.get_by_role("button", name="点选").click()
        self.tap({"kind": "courtyard", "id": courtyard_id})

    def give(self, courtyard_id, to):
        """Give a courtyard by hand to a grid, by its name."""
        self.pick(courtyard_id, near=courtyard_id)
        self.page.get_by_role("button", name=f"划入{to}", exact=True).click()
        # nothing is picked any more once it is written down
        self.page.locator(".edit-give h3").wait_for(state="detached")

    def assignment(self):
        """Return the grid of every courtyard as the screen shows it."""
        return self.page.evaluate("geogridProbe.assignment()")

    def saved(self, state="saved"):
        """Wait until everything is saved, or in whichever state."""
        self.until(lambda: self.page.evaluate("geogridProbe.saving().state") == state, state)

    def until(self, claim, words):
        """Wait until a claim holds."""
        end = time.monotonic() + _PATIENCE_MS / 1000
        while not claim():
            assert time.monotonic() < end, words
            self.page.wait_for_timeout(50)

    def middle(self, subject):
        """Return where in the window a subject lies once the map stands."""
        # asked in one breath: between two questions a banner may push the map
        asked = """(subject) => {
            if (geogridView.busy()) return [];
            const at = geogridView.middleOf(subject);
            if (!at) return null;
            const box = geogridView.map.getContainer().getBoundingClientRect();
            return [at.x + box.left, at.y + box.top];
        }"""
        told = []

        def is_told():
            told[:] = [self.page.evaluate(asked, subject)]
            return told[0] != []

        self.until(is_told, "the map does not come to rest")
        assert told[0] is not None, f"{subject} is not on the map"
        return told[0]

    def tap(self, subject):
        """Click or tap where a subject lies."""
        x, y = self.middle(subject)
        if self.is_phone:
            self.page.touchscreen.tap(x, y)
        else:
            self.page.mouse.click(x, y)
        self.settle()


@contextmanager
def seated(browser, address, screen="desk", *, is_strict=True, **more):
    """Open a browser window of somebody; afterwards nothing foreign was asked, nothing broke."""
    context = browser.new_context(locale="zh-CN", **SCREENS[screen], **more)
    context.set_default_timeout(_PATIENCE_MS)
    page = context.new_page()
    seat = Seat(context, page, address, screen)
    own = re.compile(re.escape(address) + r"(/|$)")

    def judge(route):
        if own.match(route.request.url):
            route.fallback()
        else:
            seat.foreign.append(route.request.url)
            route.abort()

    context.route(re.compile(r"^(?!data:|blob:)"), judge)
    page.on("pageerror", lambda error: seat.complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (
            seat.complaints.append(f"{said.text} {said.location.get('url', '')}")
            if said.type == "error"
            else None
        ),
    )
    try:
        yield seat
    finally:
        context.close()
    assert not seat.foreign, seat.foreign
    assert not (is_strict and seat.complaints), seat.complaints

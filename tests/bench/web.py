"""Web: how soon the map can be used, how soon a move is judged, how smoothly it pans.

Chromium from the system, driven from outside; the server runs beside it on the same two cores.
"""

from __future__ import annotations

import bisect
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from copies import one_city
from our_service import our_server, our_store, sample_plan

from geogrid.store.plan_file import read_plan
from geogrid.store.store import Store

sys.path.append(str(Path(__file__).resolve().parents[1]))

from web_house import ACCOUNTS, DESK, FLAGS, PASSWORD, PHONE

THROTTLE = 4
N_OPENINGS, N_MOVES, N_DRAGS = 7, 100, 12
SCRIPTING = frozenset(
    {
        "EvaluateScript",
        "EventDispatch",
        "FireAnimationFrame",
        "FunctionCall",
        "RunMicrotasks",
        "TimerFire",
        "V8.GC_MC_BACKGROUND_MARKING",
        "MajorGC",
        "MinorGC",
    }
)
_TRACED = ["-*", "devtools.timeline", "disabled-by-default-devtools.timeline", "v8"]
# the main thread hands a frame over to be shown
_FRAME = "BeginCommitCompositorFrame"
_READY = "performance.getEntriesByName('map-usable').length > 0 && !geogridView.busy()"
_PATIENCE_S = 120


def web(given):
    """Measure the sample, then one district of ten samples; print and return all figures."""
    from playwright.sync_api import sync_playwright

    rows = []
    with tempfile.TemporaryDirectory() as kept, sync_playwright() as playwright:
        plan = read_plan(sample_plan(kept))
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        for n in (1, given.web):
            print(f"  {n} x the sample ...", file=sys.stderr, flush=True)
            folder = Path(kept) / str(n)
            folder.mkdir()
            url = our_store(folder, plans=[one_city(plan, n) if n > 1 else plan])
            draft = prepared(url)
            with our_server(url, folder) as server:
                address = f"http://127.0.0.1:{server.port}"
                warm(browser, address)
                row = {"courtyards": len(plan.courtyards) * n}
                for screen, shape in (("desk", DESK), ("phone", PHONE)):
                    row[f"usable_{screen}_ms"] = opened(browser, address, shape)
                row |= judged(browser, address, draft)
                row |= panned(browser, address)
                rows.append(row)
        browser.close()
    print(table(rows))
    return rows


def prepared(url):
    """Make the accounts and a draft; return its number."""
    with Store.open(url) as store:
        for name, (role, subdistrict) in ACCOUNTS.items():
            store.add_user(name, role=role, subdistrict=subdistrict, password=PASSWORD, by="bench")
        base = store.in_force()[0].plan_id
        return store.derive_plan(base, title="Draft", by="planner").plan_id


def signed_in(browser, address, shape, name="planner"):
    """Return a window of somebody who has signed in."""
    context = browser.new_context(locale="zh-CN", **shape)
    told = {"name": name, "password": PASSWORD, "cookie": True}
    assert context.request.post(f"{address}/token", data=told).ok
    return context


def warm(browser, address):
    """Let the server make what it makes once after its start: seconds for a large district."""
    context = signed_in(browser, address, DESK)
    for part in ("ground", "layout", "detail"):
        answer = context.request.get(f"{address}/map/{part}?plan=1", timeout=1_000 * _PATIENCE_S)
        assert answer.ok, answer.status
    context.close()


def opened(browser, address, shape):
    """Return the median milliseconds from asking for the page to a map that answers."""
    found = []
    for _ in range(N_OPENINGS):
        # nothing kept from the last time
        context = signed_in(browser, address, shape)
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
        page.goto(f"{address}/map", wait_until="commit")
        wait_until(page, _READY)
        found.append(page.evaluate("performance.getEntriesByName('map-usable')[0].startTime"))
        context.close()
    return statistics.median(found)


def judged(browser, address, draft):
    """Return the milliseconds from a move to its verdict, of moves made by hand."""
    context = signed_in(browser, address, DESK)
    page = context.new_page()
    page.goto(f"{address}/map?plan={draft}")
    wait_until(page, _READY)
    page.locator(".rail").get_by_role("button", name="编辑").click()
    wait_until(
        page, "geogridProbe.saving().state === 'saved' && document.querySelector('.edit-panel')"
    )
    found = page.evaluate(
        """async (n) => {
            const found = [];
            for (let i = 0; i < n; i += 1) found.push(await geogridProbe.trialMove(i));
            return found;
        }""",
        N_MOVES,
    )
    context.close()
    return {"verdict_ms": statistics.median(found), "verdict_worst_ms": max(found)}


def panned(browser, address):
    """Return the scripting of each frame while the whole district is dragged about."""
    context = signed_in(browser, address, DESK)
    page = context.new_page()
    page.goto(f"{address}/map")
    # what comes after the first picture has come as well
    page.wait_for_load_state("networkidle")
    wait_until(page, _READY)
    browser.start_tracing(page=page, categories=_TRACED)
    for drag in range(N_DRAGS):
        drag_once(page, 1 if drag % 2 else -1)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    context.close()
    frames = sorted(scripting_per_frame(events))
    return {
        "frames": len(frames),
        "frame_median_ms": statistics.median(frames),
        "frame_p95_ms": frames[int(len(frames) * 0.95)],
        "frame_worst_ms": frames[-1],
    }


def wait_until(page, claim):
    """Wait until a claim holds, asked from outside: the page's policy forbids it from inside."""
    end = time.monotonic() + _PATIENCE_S
    while not page.evaluate(f"Boolean({claim})"):
        assert time.monotonic() < end, claim
        page.wait_for_timeout(10)


def drag_once(page, way):
    """Drag the map half a window to one side, as a hand does, and let go."""
    x, y = 600, 450
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(30):
        page.mouse.move(x + way * 14 * step, y + way * 6 * step)
    page.mouse.up()
    page.wait_for_timeout(400)


def scripting_per_frame(events):
    """Return the milliseconds of scripting between one frame and the next, of processor time."""
    main = main_thread(events)
    starts = sorted(e["ts"] for e in events if e["name"] == _FRAME and thread(e) == main)
    spans = sorted(
        (e["ts"], e["ts"] + e.get("dur", 0), e.get("tdur", e.get("dur", 0)))
        for e in events
        if e["name"] in SCRIPTING and e["ph"] == "X" and thread(e) == main
    )
    # outermost spans only: what runs inside another is counted with it
    outer, until = [], -1
    for start, end, spent in spans:
        if start >= until:
            outer.append((start, spent))
            until = end
    found = [0.0] * (len(starts) - 1)
    for start, spent in outer:
        frame = bisect.bisect_right(starts, start) - 1
        if 0 <= frame < len(found):
            found[frame] += spent / 1000
    return found


def main_thread(events):
    """Return the thread that made most of the page's frames."""
    counts = {}
    for event in events:
        if event["name"] == _FRAME:
            counts[thread(event)] = counts.get(thread(event), 0) + 1
    return max(counts, key=counts.get)


def thread(event):
    return event["pid"], event["tid"]


def table(rows):
    """Return the figures as one table."""
    from tables import layout

    titles = {
        "courtyards": "courtyards",
        "usable_desk_ms": "usable, desk, ms",
        "usable_phone_ms": "usable, phone, ms",
        "verdict_ms": "verdict, ms",
        "verdict_worst_ms": "worst",
        "frames": "frames",
        "frame_median_ms": "scripting per frame, ms",
        "frame_p95_ms": "p95",
        "frame_worst_ms": "worst frame",
    }
    body = [[f"{row[key]:,.1f}".removesuffix(".0") for key in titles] for row in rows]
    return layout(list(titles.values()), body)

"""The what-if widget in a real JupyterLab: a slider moves by keyboard, the proof follows."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import nbformat
import pytest
from playwright.sync_api import expect
from towns import town

from geogrid.sources.vector import write_district

TOKEN = "a-lantern"  # noqa: S105 - of a test's server
PATIENCE_MS = 60_000
CELL = """\
import geogrid
study = geogrid.open("district.gpkg", progress=False)
widget = study.try_out(study.plan(grids=7))
widget"""
# of the parts of JupyterLab that a test has no use for
QUIET = ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]


@contextmanager
def laboratory(folder):
    """Run JupyterLab over a folder of its own; return its address."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    home = folder / "home"
    own = {f"JUPYTER_{name}_DIR": str(home / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {f"JUPYTERLAB_{n}_DIR": str(home / n) for n in ("SETTINGS", "WORKSPACES")}
    env = os.environ | own | {"IPYTHONDIR": str(home / "ipython"), "JUPYTER_NO_CONFIG": "1"}
    env["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--allow-root"]
    command += [f"--port={port}", f"--IdentityProvider.token={TOKEN}", *QUIET]
    command.append(f"--ServerApp.root_dir={folder / 'desk'}")
    with (folder / "log").open("wb") as said:
        process = subprocess.Popen(
            command, env=env, cwd=folder, stdout=said, stderr=said, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + PATIENCE_MS / 1000
        while True:
            try:
                urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=2).close()  # noqa: S310 - our own
            except OSError:
                told = (folder / "log").read_text("utf-8")[-2000:]
                assert process.poll() is None, told
                assert time.monotonic() < end, told
                time.sleep(0.1)
            else:
                break
        yield address
    finally:
        # its kernels are in its group
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Return the address of a laboratory with one notebook and one district."""
    folder = tmp_path_factory.mktemp("laboratory")
    (folder / "desk").mkdir()
    write_district(town(), folder / "desk" / "district.gpkg")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "desk" / "try.ipynb")
    with laboratory(folder) as address:
        yield address


def complaint(said):
    """Return what the page's console complains of, if it does."""
    # JupyterLab asks for language servers, of which there are none
    is_ours = said.type == "error" and "/lsp/status" not in said.location["url"]
    return [f"{said.text} {said.location}"] if is_ours else []


@pytest.fixture
def page(chromium, desk):
    """Return a page at the notebook; what it asks elsewhere is refused and counted."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.foreign, opened.complaints = [], []

    def gate(route):
        if route.request.url.startswith((desk, "data:", "blob:")):
            route.continue_()
        else:
            opened.foreign.append(route.request.url)
            route.abort()

    opened.route("**/*", gate)
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.on("console", lambda said: opened.complaints.extend(complaint(said)))
    opened.set_default_timeout(PATIENCE_MS)
    opened.goto(f"{desk}/lab/tree/try.ipynb?token={TOKEN}")
    yield opened
    context.close()


@pytest.mark.slow
@pytest.mark.e2e
def test_a_slider_moves_and_the_proof_follows(page):
    expect.set_options(timeout=PATIENCE_MS)
    page.locator(".jp-Notebook .cm-content").first.click()
    expect(page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle")
    page.keyboard.press("Shift+Enter")
    widget = page.locator(".gt-try")
    widget.wait_for()
    state, whole = widget.get_by_role("status").first, widget.locator(".gt-map canvas")
    expect(state).to_have_text("这是原方案（已证最优）。")

    slider = widget.get_by_role("slider", name="网格数")
    before = whole.screenshot()
    slider.focus()
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "8 个")
    expect(state).to_contain_text("最优性已证明")
    tiles = widget.locator("dl")
    expect(tiles).to_contain_text(re.compile(r"总代价[\d,]+户·米 · [−+]"))
    expect(tiles).to_contain_text(re.compile(r"换网格的楼院[1-9]"))
    assert whole.screenshot() != before

    # the map answers to the keyboard, and JupyterLab leaves its keys alone
    whole.focus()
    whole.press("c")
    expect(widget.locator("[aria-live]").last).to_contain_text("原属")
    whole.press("0")
    whole.press("0")
    assert page.get_by_role("dialog").count() == 0

    # settings that no layout obeys: told why, the picture stays
    walk = widget.get_by_role("slider", name="最远步行")
    walk.focus()
    walk.press("Home")
    expect(state).to_have_text("这样设置没有可行方案。")
    expect(widget.locator(".gt-why")).to_contain_text("图上仍是上一个方案（8 个网格）。")
    expect(widget.get_by_role("button", name="采用")).to_be_disabled()
    walk.press("End")
    expect(state).to_contain_text("最优性已证明")

    widget.get_by_role("button", name="采用").click()
    expect(widget.locator(".gt-kept")).to_contain_text("已采用 8 个网格")
    widget.get_by_role("button", name="Switch to English").click()
    expect(state).to_contain_text("Proven optimal")
    widget.get_by_role("button", name="Back to the plan").click()
    expect(state).to_contain_text("This is the plan itself")
    assert page.foreign == []
    assert page.complaints == []

"""Laws of served pages in a browser: they keep to their own strict policy."""

from __future__ import annotations

import threading

import pytest
import uvicorn
from map_plan import drawn_plan

from geogrid_api.app import create_app
from geogrid_api.serve import listen
from geogrid_api.settings import load_settings
from geogrid_api.worker import server_config

pytestmark = pytest.mark.e2e


@pytest.fixture
def address():
    settings = load_settings(log_level="warning")
    server = uvicorn.Server(server_config(create_app(drawn_plan(), settings=settings), settings))
    with listen(0) as door:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def test_no_page_breaks_its_policy(address, chromium_path):
    from playwright.sync_api import sync_playwright

    complaints = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for path in ("/", "/collections", "/collections/gov_grids/items", "/api.html"):
            page.goto(address + path)
            assert page.title(), path
        browser.close()
    assert complaints == []

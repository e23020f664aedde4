"""What the tests in a browser stand on: a paired plan, a store of it, a service, a browser."""

from __future__ import annotations

import pytest
import web_house


@pytest.fixture(scope="session")
def house_template(once, paired_plan_path):
    """Return a store of the sample with an account of every role, to be copied."""
    return once("web-house.db", lambda path: web_house.make_house(path, paired_plan_path))


@pytest.fixture(scope="module")
def house(house_template, tmp_path_factory):
    """Return a running service over such a store, shared by tests that change nothing."""
    with web_house.house_of(house_template, tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture
def own_house(house_template, tmp_path):
    """Return a running service of one test's own."""
    with web_house.house_of(house_template, tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def chromium(chromium_path):
    """Return the system's Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=list(web_house.FLAGS)
        )
        yield browser
        browser.close()


@pytest.fixture(params=list(web_house.SCREENS))
def screen(request):
    """Return each size of window in turn."""
    return request.param

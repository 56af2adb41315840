"""A fake house, its panel as a test client, and the panel in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from scripts.bench_browser import BROWSERS, FLAGS, browser_path
from tests.fakes.house import FakeHouse
from web.app import create_app
from web.server import PanelServer


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse()


@pytest.fixture
def app(house: FakeHouse) -> Flask:
    return create_app(house)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def server(house: FakeHouse) -> Iterator[PanelServer]:
    with PanelServer(house) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = browser_path()
    if path is None:
        pytest.skip(f"no browser on this machine: install one of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, server: PanelServer) -> Iterator[Page]:
    """The panel in English, connected; at its end the page must not have complained."""
    expect.set_options(timeout=20_000)
    context = browser.new_context(locale="en-GB", reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if _is_of_the_page(message) else None)
    page.goto(server.url)
    expect(page.locator("body")).to_have_attribute("data-link", "open")
    yield page
    context.close()
    assert complaints == []


def _is_of_the_page(message: ConsoleMessage) -> bool:
    """The browser itself writes of every refused or broken request, which some tests provoke."""
    return message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource")

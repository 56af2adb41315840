"""The panel open in a real browser, as it is during a show."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)


def browser_path() -> str | None:
    """Where this machine's browser is, if it has one."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@contextmanager
def open_panel(url: str, width: int = 1280, height: int = 900, locale: str = "en-GB") -> Iterator[Page]:
    """A page that shows the panel at `url`, in a window of that size in CSS pixels."""
    path = browser_path()
    if path is None:
        raise RuntimeError(f"no browser was found: install one of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        page = browser.new_page(viewport={"width": width, "height": height}, locale=locale)
        page.goto(url)
        try:
            yield page
        finally:
            browser.close()

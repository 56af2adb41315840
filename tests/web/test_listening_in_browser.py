from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from installation.commands import (
    Listen,
)
from tests.fakes.house import FakeHouse

pytestmark = pytest.mark.browser


def test_a_show_that_asks_for_a_gesture_has_a_key_for_it_which_tells_who_is_listened_to(
    page: Page, house: FakeHouse
) -> None:
    key = page.locator("#listen")
    expect(key).to_be_hidden()
    house.change(awake=False)
    expect(key).to_have_text("Listen now")
    expect(page.locator("#mood-hint")).to_have_text(re.compile("Nobody is listened to"))
    key.click()
    assert house.next_command() == Listen()
    house.change(awake=True)
    expect(key).to_have_text("Listening")
    expect(key).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Français").click()
    expect(key).to_have_text("À l’écoute")


def test_applause_is_shown_while_it_lasts(page: Page, house: FakeHouse) -> None:
    house.change(applause=True)
    expect(page.locator("#applause")).to_have_text("Applause")
    house.change(applause=False)
    expect(page.locator("#applause")).to_be_hidden()

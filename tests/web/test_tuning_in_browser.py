"""The thresholds of turn-taking at the panel: moved, refused, and given back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from installation.commands import (
    Interrupt,
    Refused,
    Tune,
    TuneBack,
)
from installation.entries import LineState, TuningEntry, Who
from installation.turn_taking.settings import TurnTakingSettings, Wake
from installation.turn_taking.thresholds import THRESHOLDS
from installation.turn_taking.tuning import values_of
from tests.fakes.house import FakeHouse, line

pytestmark = pytest.mark.browser

OWN = TurnTakingSettings()


def row(page: Page, name: str) -> Locator:
    return page.locator(f".threshold[data-name={name}]")


def slide(page: Page, name: str, value: str) -> None:
    """As a finger does: the slider moves, and is let go."""
    row(page, name).get_by_role("slider").fill(value)


def unfold(page: Page) -> None:
    page.get_by_text("Who speaks when: thresholds").click()


def tuned(settings: TurnTakingSettings) -> TuningEntry:
    return TuningEntry(values_of(settings))


def test_the_thresholds_are_folded_away_until_somebody_wants_them(page: Page) -> None:
    expect(row(page, "open_pause_s")).to_be_hidden()
    unfold(page)
    expect(page.locator(".threshold:visible")).to_have_count(len(THRESHOLDS))
    expect(page.get_by_role("slider", name="Pause after a finished thought")).to_be_visible()
    expect(row(page, "open_pause_s")).to_contain_text("1.5 s")
    expect(row(page, "open_pause_s")).to_contain_text("I have always wondered whether")


def test_a_slider_moves_a_threshold_and_every_panel_shows_what_holds(page: Page, house: FakeHouse) -> None:
    unfold(page)
    slide(page, "duck_db", "20")
    assert house.next_command() == Tune("duck_db", 20.0)
    house.publish(tuned(replace(OWN, duck_db=20.0, stop_s=0.3)))
    expect(row(page, "stop_s").locator("output")).to_have_text("0.3 s")
    expect(row(page, "stop_s").get_by_role("slider")).to_have_value("0.3")
    expect(page.locator("#tuning-moved")).to_have_text("moved: 2")
    page.reload()
    unfold(page)
    expect(row(page, "duck_db").locator("output")).to_have_text("20 dB")
    page.keyboard.press("Space")
    assert house.next_command() == Interrupt(), "the space key stays the interrupt key"


def test_what_must_be_done_to_be_listened_to_is_chosen_from_a_list(page: Page, house: FakeHouse) -> None:
    unfold(page)
    page.get_by_label("Before one is listened to").select_option("press a button")
    assert house.next_command() == Tune("wake", "button")
    house.publish(tuned(replace(OWN, wake=Wake.BUTTON)))
    expect(row(page, "wake").get_by_role("button")).to_have_text("Back to the show’s own: nothing")


def test_a_refusal_stands_beside_its_slider_which_goes_back(page: Page, house: FakeHouse) -> None:
    unfold(page)
    house.refuses = Refused("It must not be longer.", "Ce ne doit pas être plus long.")
    slide(page, "finished_pause_s", "2")
    expect(row(page, "finished_pause_s").get_by_role("alert")).to_have_text("It must not be longer.")
    expect(row(page, "finished_pause_s").get_by_role("slider")).to_have_value("0.2")
    expect(row(page, "finished_pause_s").locator("output")).to_have_text("0.2 s")
    house.refuses = None
    slide(page, "finished_pause_s", "0.3")
    assert house.next_command() == Tune("finished_pause_s", 0.3)
    expect(row(page, "finished_pause_s").locator(".answer")).to_be_empty()


def test_a_button_gives_one_or_all_back_and_is_there_only_where_something_was_moved(
    page: Page, house: FakeHouse
) -> None:
    unfold(page)
    expect(page.locator("#tuning button:visible")).to_have_count(0)
    house.publish(tuned(replace(OWN, duck_db=20.0, stop_s=0.3)))
    row(page, "stop_s").get_by_role("button", name="Back to the show’s own: 0.16 s").click()
    assert house.next_command() == TuneBack("stop_s")
    page.get_by_role("button", name="All back to the show’s own").click()
    assert house.next_command() == TuneBack(None)
    house.publish(tuned(OWN))
    expect(page.locator("#tuning button:visible")).to_have_count(0)


def test_the_conversation_names_what_was_moved_in_the_panels_language(page: Page, house: FakeHouse) -> None:
    house.publish(line(4, 0, LineState.CHANGED, "2.5", who=Who.DESK, note="open_pause_s", language=""))
    moved = page.locator("#turns .line")
    expect(moved.locator(".said")).to_have_text("2.5 s")
    expect(moved.locator(".note")).to_have_text("Pause after words that want to go on")
    page.get_by_role("button", name="Français").click()
    expect(moved.locator(".note")).to_have_text("Pause après des mots qui appellent la suite")
    expect(moved.locator(".said")).to_have_text("2,5 s")
    house.publish(line(5, 0, LineState.CHANGED, "button", who=Who.DESK, note="wake", language=""))
    expect(moved.last.locator(".said")).to_have_text("appuyer sur un bouton")
    page.get_by_text("Qui parle quand : seuils").click()
    expect(row(page, "finished_pause_s").locator("output")).to_have_text("0,2 s")
    expect(page.get_by_role("slider", name="Baisser sa voix de")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_the_thresholds_fit_on_every_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for language, heading in (("Français", "Qui parle quand"), ("English", "Who speaks when")):
        page.get_by_role("button", name=language).click()
        if language == "Français":
            page.get_by_text(heading).click()
        expect(page.locator(".threshold:visible")).to_have_count(len(THRESHOLDS))
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator(".desk").evaluate("desk => desk.scrollWidth - desk.clientWidth") <= 0


@pytest.mark.parametrize("size", [(390, 844), (1024, 768), (1440, 900)])
def test_the_keys_stay_in_sight_while_thresholds_are_moved(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    unfold(page)
    for name in (THRESHOLDS[0].name, THRESHOLDS[-1].name):
        row(page, name).locator("label").scroll_into_view_if_needed()
        for key in ("interrupt", "mute", "pause", "panic"):
            expect(page.locator(f"#{key}")).to_be_in_viewport(ratio=0.99)
        page.locator("#panic").click(trial=True)

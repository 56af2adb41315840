from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from installation.commands import (
    Ask,
    Interrupt,
    MuteMicrophone,
    Panic,
    Pause,
    Reject,
    Release,
    Resume,
    Say,
    ScaleDouble,
    SetMode,
    Steer,
)
from installation.entries import LineState, Mood, Who
from installation.events import (
    Mode,
)
from tests.fakes.house import FakeHouse, line

pytestmark = pytest.mark.browser


def key(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


@pytest.fixture
def sent(page: Page) -> list[str]:
    """The names of the commands that the page has sent, in its own order."""
    names: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            names.append(request.post_data_json["command"])

    page.on("request", note)
    return names


def test_space_interrupts_and_escape_is_panic_each_once(page: Page, house: FakeHouse, sent: list[str]) -> None:
    page.keyboard.press("Space")
    assert house.next_command() == Interrupt()
    page.keyboard.press("Control+Space")
    page.keyboard.press("Escape")
    assert house.next_command() == Panic()
    expect(key(page, "Panic Esc")).not_to_have_attribute("data-pressed", "")
    assert sent == ["interrupt", "panic"]


def test_space_interrupts_even_when_another_button_was_pressed_last(
    page: Page, house: FakeHouse, sent: list[str]
) -> None:
    key(page, "Mute microphone").click()
    assert house.next_command() == MuteMicrophone(True)
    page.keyboard.press("Space")
    assert house.next_command() == Interrupt()
    page.keyboard.press("Escape")
    assert house.next_command() == Panic()
    expect(key(page, "Panic Esc")).not_to_have_attribute("data-pressed", "")
    assert sent == ["mute_microphone", "interrupt", "panic"]


def test_enter_presses_the_button_that_has_the_focus(page: Page, house: FakeHouse) -> None:
    key(page, "Mute microphone").focus()
    page.keyboard.press("Enter")
    assert house.next_command() == MuteMicrophone(True)


def test_in_a_field_space_is_a_space_and_escape_is_panic_all_the_same(page: Page, house: FakeHouse) -> None:
    field = page.get_by_label("The double shall say")
    field.click()
    expect(page.get_by_text("Esc is panic everywhere")).to_be_visible()
    page.keyboard.type("a b")
    expect(field).to_have_value("a b")
    assert house.commands.empty()
    page.keyboard.press("Escape")
    assert house.next_command() == Panic()
    expect(field).not_to_be_focused()
    expect(field).to_have_value("a b")


def test_space_interrupts_again_as_soon_as_typed_words_are_sent_or_a_language_chosen(
    page: Page, house: FakeHouse
) -> None:
    field = page.get_by_label("The double shall say")
    field.fill("Good evening.")
    field.press("Enter")
    assert house.next_command() == Say("Good evening.")
    expect(field).not_to_be_focused()
    page.keyboard.press("Space")
    assert house.next_command() == Interrupt()
    page.get_by_label("Language of these words").focus()
    page.get_by_label("Language of these words").select_option("fr")
    page.keyboard.press("Space")
    assert house.next_command() == Interrupt()


def test_the_keys_say_what_they_will_do_next(page: Page, house: FakeHouse) -> None:
    key(page, "Interrupt Space").click()
    assert house.next_command() == Interrupt()
    key(page, "Pause").click()
    assert house.next_command() == Pause()
    house.change(paused=True, mood=Mood.PAUSED)
    key(page, "Resume").click()
    assert house.next_command() == Resume()
    house.change(paused=False, microphone_muted=True, mood=Mood.LISTENING)
    expect(page.locator("#mood-hint")).to_have_text("The microphone is closed.")
    key(page, "Open microphone").click()
    assert house.next_command() == MuteMicrophone(False)


def test_after_a_panic_the_way_back_is_shown(page: Page, house: FakeHouse) -> None:
    key(page, "Panic Esc").click()
    assert house.next_command() == Panic()
    house.change(panic=True, mood=Mood.PANIC)
    expect(page.get_by_role("alert").filter(has_text="silent until Resume")).to_be_visible()
    key(page, "Resume").click()
    assert house.next_command() == Resume()
    house.change(panic=False, mood=Mood.LISTENING)
    expect(key(page, "Pause")).to_be_visible()
    expect(page.locator("#panicked")).to_be_hidden()


def test_words_typed_at_the_desk_reach_the_house_and_leave_their_field(page: Page, house: FakeHouse) -> None:
    for label, words, command in [
        ("The double shall say", "Good evening.", Say("Good evening.")),
        ("A visitor asks, typed", "Who are you?", Ask("Who are you?")),
        ("Steer the next answers", "be gentle", Steer("be gentle")),
    ]:
        page.get_by_label(label).fill(words)
        page.get_by_label(label).press("Enter")
        assert house.next_command() == command
        expect(page.get_by_label(label)).to_have_value("")
    page.get_by_label("Language of these words").select_option("fr")
    page.get_by_label("The double shall say").fill("Bonsoir.")
    key(page, "Say").click()
    assert house.next_command() == Say("Bonsoir.", "fr")


def test_the_present_steering_is_shown_and_can_be_cleared(page: Page, house: FakeHouse) -> None:
    expect(key(page, "Clear")).to_be_hidden()
    house.change(steering="talk about the sea")
    expect(page.locator("#steering")).to_contain_text("talk about the sea")
    key(page, "Clear").click()
    assert house.next_command() == Steer("")
    house.change(steering="")
    expect(page.locator("#steering")).to_be_hidden()


@pytest.mark.parametrize("length", [2_001, 100_000])
def test_too_long_a_text_stays_in_its_field_with_the_reason_beside_it(
    page: Page, house: FakeHouse, length: int
) -> None:
    field = page.get_by_label("The double shall say")
    field.fill("x" * length)
    field.press("Enter")
    expect(page.locator("#answer")).to_contain_text("The text ")
    expect(field).to_have_value("x" * length)
    assert house.commands.empty()
    key(page, "Interrupt Space").click()
    expect(page.locator("#answer")).to_be_empty()


def test_how_much_double_is_a_slider_where_the_persona_has_an_adapter(page: Page, house: FakeHouse) -> None:
    slider = page.get_by_role("slider", name="How much double")
    expect(slider).to_be_hidden()
    house.change(double_scale=1.0)
    expect(slider).to_have_value("1")
    expect(page.locator("#double-shown")).to_have_text("1.00")
    slider.fill("0.35")
    assert house.next_command() == ScaleDouble(0.35)
    expect(page.locator("#double-shown")).to_have_text("0.35")
    house.change(double_scale=1.75)
    expect(slider).to_have_value("1.75")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert house.next_command() == ScaleDouble(1.7)
    page.keyboard.press("Space")
    assert house.next_command() == Interrupt()
    house.change(double_scale=1.7)
    key(page, "Français").click()
    expect(page.locator("#double-shown")).to_have_text("1,70")


def test_a_change_of_how_much_double_stands_in_the_conversation(page: Page, house: FakeHouse) -> None:
    house.publish(line(4, 0, LineState.CHANGED, "0.35", who=Who.DESK, note="how much double", language=""))
    row = page.locator("#turns .line")
    expect(row).to_contain_text("Desk")
    expect(row.locator(".said")).to_have_text("0.35")
    expect(row.locator(".note")).to_have_text("how much double")
    key(page, "Français").click()
    expect(row.locator(".note")).to_have_text("part du double")


def test_the_mode_is_chosen_and_shown(page: Page, house: FakeHouse) -> None:
    page.get_by_label("Mode").select_option("curated")
    assert house.next_command() == SetMode(Mode.CURATED)
    house.change(mode=Mode.GALLERY)
    expect(page.get_by_label("Mode")).to_have_value("gallery")
    expect(page.get_by_text("it decides alone")).to_be_visible()
    page.keyboard.press("Space")
    assert house.next_command() == Interrupt()


def test_in_curated_mode_each_waiting_answer_can_be_released_or_rejected(page: Page, house: FakeHouse) -> None:
    for turn_id in (1, 2):
        house.visitor_says(turn_id, "Hello?")
        house.double(turn_id, 0, LineState.DRAFTED, f"Answer {turn_id}.")
    house.change(mode=Mode.CURATED, mood=Mood.WAITING, pending=(1, 2))
    expect(key(page, "Let it speak")).to_have_count(2)
    page.get_by_role("listitem").filter(has_text="Answer 2.").get_by_role("button", name="Let it speak").click()
    assert house.next_command() == Release(2)
    house.change(pending=(1,))
    expect(key(page, "Let it speak")).to_have_count(1)
    key(page, "Reject").click()
    assert house.next_command() == Reject(1)
    house.change(pending=())
    expect(key(page, "Reject")).to_have_count(0)


def test_a_press_is_seen_until_the_house_has_it(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/command", hold)
    button = key(page, "Interrupt Space")
    button.click()
    expect(button).to_have_attribute("data-pressed", "")
    held[0].continue_()
    expect(button).not_to_have_attribute("data-pressed", "")
    expect(page.locator("#answer")).to_be_empty()


def test_a_press_that_does_not_arrive_says_so(page: Page) -> None:
    page.route("**/command", lambda route: route.abort())
    key(page, "Interrupt Space").click()
    expect(page.locator("#answer")).to_contain_text("did not reach the house")

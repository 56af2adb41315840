from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from installation.commands import (
    Interrupt,
)
from installation.entries import EngineInfo, Fault, LevelEntry, LineState, Mood, Who
from installation.events import (
    Mode,
    Room,
)
from installation.sound.silent_clock import SilentSpeaker
from installation.sound.visitor import SimulatedVisitor
from models.engine_check import describe
from models.engine_settings import EngineSettings
from tests.fakes.house import INFO, FakeHouse, line
from web.server import PanelServer

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> & {{7*7}} \'"\u202e'
SIZES = {"phone": (390, 844), "tablet": (1024, 768), "desktop": (1440, 900)}


def rows(page: Page) -> Locator:
    return page.locator("#turns .line")


def key(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


# --- what the house shows ---------------------------------------------------------------------------------------------


def test_every_mood_has_a_word_a_shape_and_a_colour_of_its_own(page: Page, house: FakeHouse) -> None:
    seen = set()
    for mood in Mood:
        house.change(mood=mood)
        expect(page.locator("body")).to_have_attribute("data-mood", mood)
        word = page.get_by_role("status").locator("#mood").inner_text()
        shape = page.locator("#lamp").get_attribute("href")
        assert page.locator(f"symbol{shape}").count() == 1
        seen.add((word, shape))
        assert page.title().startswith(word)
    assert len({word for word, _ in seen}) == len({shape for _, shape in seen}) == len(Mood)


def test_a_sentence_is_seen_drafted_then_sounding_then_spoken_in_one_place(page: Page, house: FakeHouse) -> None:
    house.visitor_says(1, "What do you remember?")
    for state, note in [
        (LineState.DRAFTED, ""),
        (LineState.RELEASED, ""),
        (LineState.RELEASED, "sounding"),
        (LineState.SPOKEN, ""),
    ]:
        house.double(1, 0, state, "The sea.", note)
        expect(rows(page)).to_have_count(2)
        expect(rows(page).nth(1)).to_have_attribute("data-state", note or state)
        expect(rows(page).nth(1).locator(".said")).to_have_text("The sea.")
    expect(rows(page).nth(0)).to_contain_text("Visitor")
    expect(rows(page).nth(1)).to_contain_text("Double")


def test_a_cut_sentence_shows_what_was_heard_and_strikes_the_rest(page: Page, house: FakeHouse) -> None:
    house.double(1, 0, LineState.DRAFTED, "It was grey in the mornings.")
    house.double(1, 1, LineState.DRAFTED, "I miss it.")
    house.double(1, 0, LineState.CUT, "It was grey", "barge-in")
    house.double(1, 1, LineState.CANCELLED, "I miss it.", "barge-in")
    expect(rows(page).nth(0).locator("del")).to_have_text(" in the mornings.")
    expect(rows(page).nth(0)).to_contain_text("cut · the visitor spoke over it")
    expect(rows(page).nth(1).locator("del")).to_have_text("I miss it.")
    expect(rows(page).nth(1).locator(".note")).to_have_text("not said")


def test_the_conversation_follows_its_end_unless_somebody_reads_above(page: Page, house: FakeHouse) -> None:
    for turn_id in range(60):
        house.visitor_says(turn_id, f"Line {turn_id}")
    expect(rows(page).nth(59)).to_be_in_viewport()
    page.locator("#turns").evaluate("list => list.scrollTop = 0")
    expect(key(page, "To the newest")).to_be_visible()
    house.visitor_says(60, "Line 60")
    expect(rows(page)).to_have_count(61)
    expect(rows(page).nth(0)).to_be_in_viewport()
    key(page, "To the newest").click()
    expect(rows(page).nth(60)).to_be_in_viewport()
    expect(key(page, "To the newest")).to_be_hidden()


def test_faults_stand_in_a_banner_until_they_are_gone(page: Page, house: FakeHouse) -> None:
    sentence = "The microphone was unplugged: plug it in again."
    house.change(mood=Mood.FAULT, faults=(Fault(Room.MICROPHONE, sentence),))
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    house.change(mood=Mood.LISTENING, faults=())
    expect(page.get_by_text(sentence)).to_have_count(0)


def test_every_fault_has_a_sentence_in_french_before_its_english_detail(page: Page, house: FakeHouse) -> None:
    key(page, "Français").click()
    sentences = set()
    for room in Room:
        house.change(mood=Mood.FAULT, faults=(Fault(room, f"The {room} is broken."),))
        banner = page.get_by_role("alert").filter(has_text=f"The {room} is broken.")
        expect(banner.get_by_text(f"The {room} is broken.", exact=True)).to_have_attribute("lang", "en")
        sentences.add(banner.inner_text().removesuffix(f"The {room} is broken.").strip())
    assert len(sentences) == len(Room)
    assert all(sentence.endswith(".") for sentence in sentences)


def test_what_the_house_calls_its_embedded_engines_is_said_in_french(page: Page) -> None:
    engines = tuple(EngineInfo(engine.role, engine.name, "") for engine in describe(EngineSettings()))
    info = replace(INFO, engines=engines, microphone=SimulatedVisitor.name, loudspeaker=SilentSpeaker.name)
    with PanelServer(FakeHouse(info)) as french:
        page.goto(french.url)
        key(page, "Français").click()
        place = page.get_by_role("region", name="La maison")
        for words in ("anglais seulement", "répliques écrites", "intégré", "visiteur simulé", "aucun haut-parleur"):
            expect(place).to_contain_text(words)
        for engine in engines:
            expect(place).not_to_contain_text(engine.name)


def test_the_level_of_the_room_moves_the_meter(page: Page, house: FakeHouse) -> None:
    house.publish(LevelEntry(-30.0))
    expect(page.get_by_role("meter")).to_have_attribute("aria-valuenow", "-30")
    house.publish(LevelEntry(-120.0))
    expect(page.get_by_role("meter")).to_have_attribute("aria-valuenow", "-60")


def test_engines_devices_and_what_is_kept_are_said_plainly(page: Page, house: FakeHouse) -> None:
    place = page.get_by_role("region", name="The house")
    expect(place).to_contain_text("pocketsphinx (English)souffleur models list → whisper-small")
    expect(place).to_contain_text("USB microphone")
    expect(place).to_contain_text("Stage left")
    expect(place.get_by_text("espeak-ng")).to_have_count(1)
    expect(page.locator("#kept")).to_have_text("Visitors’ words are kept")
    house.change(mode=Mode.REHEARSAL)
    expect(page.locator("#kept")).to_have_text("Rehearsal: nothing is kept")


HOSTILE_INFO = replace(
    INFO,
    show=HOSTILE,
    character=HOSTILE,
    microphone=HOSTILE,
    loudspeaker=HOSTILE,
    engines=(EngineInfo(HOSTILE, HOSTILE, HOSTILE + "2"),),
)


@pytest.mark.parametrize("house", [FakeHouse(replace(INFO, records_sound=True))])
def test_that_sound_is_recorded_cannot_be_missed_in_either_language(page: Page, house: FakeHouse) -> None:
    mark = page.locator("#recording")
    expect(mark).to_be_visible()
    expect(mark).to_have_text("Sound is being recorded: everybody here must know and have consented")
    house.change(microphone_muted=True)
    expect(mark).to_contain_text("silence in its place")
    house.change(microphone_muted=False, mode=Mode.REHEARSAL)
    expect(mark).to_have_text("Rehearsal: no sound is recorded")
    house.change(mode=Mode.GALLERY)
    page.get_by_role("button", name="Français").click()
    expect(mark).to_have_text("Le son est enregistré : chacun ici doit le savoir et y avoir consenti")


def test_where_no_sound_is_recorded_nothing_says_so(page: Page) -> None:
    expect(page.locator("#recording")).to_be_hidden()


@pytest.mark.parametrize("house", [FakeHouse(HOSTILE_INFO)])
def test_hostile_words_are_shown_as_words(page: Page, house: FakeHouse) -> None:
    house.publish(line(1, -1, LineState.HEARD, HOSTILE, who=Who.VISITOR, language=HOSTILE))
    house.publish(line(1, 0, LineState.CANCELLED, HOSTILE, note=HOSTILE))
    house.change(steering=HOSTILE, faults=(Fault(Room.EARS, HOSTILE),))
    expect(page.locator("#steering-text")).to_have_text(HOSTILE)
    expect(rows(page).nth(0).locator(".said")).to_have_text(HOSTILE)
    expect(rows(page).nth(1).locator("del")).to_have_text(HOSTILE)
    assert page.locator("main img, main script, .notices img").count() == 0
    assert page.evaluate("window.hacked") is None


# --- the page itself --------------------------------------------------------------------------------------------------


def test_a_lost_connection_comes_back_by_itself_with_the_present_state(
    page: Page, house: FakeHouse, server: PanelServer
) -> None:
    page.evaluate("window.notReloaded = true")
    house.visitor_says(1, "Before.")
    house.double(1, 0, LineState.DRAFTED, "An answer.")
    expect(rows(page)).to_have_count(2)
    server.__exit__(None, None, None)
    expect(page.get_by_role("alert").filter(has_text="Connection lost, trying again")).to_be_visible()
    expect(page.locator("#mood")).to_have_text("No contact")
    house.double(1, 0, LineState.SPOKEN, "An answer.")
    house.change(mood=Mood.THINKING, steering="gently")
    with PanelServer(house, port=urlsplit(server.url).port or 0):
        expect(page.locator("#lost")).to_be_hidden()
        expect(page.locator("#mood")).to_have_text("Thinking")
        expect(page.locator("#steering")).to_contain_text("gently")
        expect(rows(page)).to_have_count(2)
        expect(rows(page).nth(1)).to_have_attribute("data-state", "spoken")
        house.visitor_says(2, "After.")
        expect(rows(page)).to_have_count(3)
        page.keyboard.press("Space")
        assert house.next_command() == Interrupt()
        assert page.evaluate("window.notReloaded")


def test_a_house_started_anew_leaves_nothing_of_the_old_one_on_the_page(
    page: Page, house: FakeHouse, server: PanelServer
) -> None:
    house.visitor_says(1, "Of the old house.")
    expect(rows(page)).to_have_count(1)
    server.__exit__(None, None, None)
    reborn = FakeHouse()
    reborn.visitor_says(1, "Of the new house.")
    with PanelServer(reborn, port=urlsplit(server.url).port or 0):
        expect(rows(page).locator(".said")).to_have_text(["Of the new house."])


def test_a_connection_that_has_fallen_silent_counts_as_lost(page: Page) -> None:
    page.clock.install()
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-link", "open")
    page.clock.fast_forward(13_000)
    expect(page.locator("body")).to_have_attribute("data-link", "lost")
    page.clock.fast_forward(1_000)
    expect(page.locator("body")).to_have_attribute("data-link", "open")


def test_the_panel_changes_its_language_and_remembers_it(page: Page, house: FakeHouse) -> None:
    house.double(1, 0, LineState.DRAFTED, "It was grey.")
    house.double(1, 0, LineState.CANCELLED, "It was grey.", "performer")
    house.change(pending=(1,))
    expect(key(page, "Let it speak")).to_be_visible()
    key(page, "Français").click()
    for _ in range(2):
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        expect(page.locator("#mood")).to_have_text("À l’écoute")
        expect(key(page, "Interrompre Espace")).to_be_visible()
        expect(key(page, "Laisser parler")).to_be_visible()
        expect(rows(page).first).to_contain_text("non dit · interrompu depuis la régie")
        page.get_by_label("Le double doit dire").fill("x" * 2_001)
        page.get_by_label("Le double doit dire").press("Enter")
        expect(page.locator("#answer")).to_contain_text("2001 caractères")
        page.reload()
    key(page, "English").click()
    expect(page.locator("#mood")).to_have_text("Listening")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["Français", "English"])
def test_the_keys_are_in_sight_and_big_enough_on_every_screen(
    page: Page, house: FakeHouse, size: str, language: str
) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    house.visitor_says(1, "W" * 300)
    house.double(1, 0, LineState.DRAFTED, "An answer.")
    house.change(mode=Mode.CURATED, mood=Mood.WAITING, pending=(1,), steering="s" * 200)
    key(page, language).click()
    expect(page.locator(".verdict .key")).to_have_count(2)
    for button in [page.locator(f"#{name}") for name in ("interrupt", "mute", "pause", "panic")]:
        expect(button).to_be_in_viewport(ratio=1)
    for button in page.locator(".key:visible").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 64
        assert box["width"] >= 64
    expect(page.locator("#mood")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == width

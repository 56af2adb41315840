"""How quickly the double answers, as the panel shows it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from installation.entries import PaceEntry, Step, WaterfallEntry
from tests.fakes.house import FakeHouse

pytestmark = pytest.mark.browser

ANSWER = WaterfallEntry(
    3,
    ((Step.VOICE_END, 0.0), (Step.PAUSE, 160.0), (Step.TRANSCRIPT, 400.0), (Step.TURN_END, 640.0), (Step.OUT, 800.0)),
)


def steps(page: Page) -> Locator:
    return page.locator("#waterfall .step")


def test_the_last_answer_is_drawn_step_by_step_and_the_next_takes_its_place(page: Page, house: FakeHouse) -> None:
    expect(page.get_by_text("No question that was spoken has been answered yet.")).to_be_visible()
    house.publish(ANSWER)
    expect(steps(page)).to_contain_text(["pause noticed", "words known", "visitor has finished", "heard"])
    expect(steps(page).locator(".passed")).to_have_text(["160 ms", "400 ms", "640 ms", "800 ms"])
    expect(page.get_by_text("No question that was spoken")).to_be_hidden()
    house.publish(WaterfallEntry(4, ((Step.VOICE_END, 0.0), (Step.PAUSE, 160.0), (Step.OUT, 12_400.0))))
    expect(steps(page).locator(".passed")).to_have_text(["160 ms", "12 s"])


def test_each_bar_begins_where_the_one_before_ends_and_all_fill_the_scale(page: Page, house: FakeHouse) -> None:
    house.publish(ANSWER)
    expect(steps(page)).to_have_count(4)
    scale = steps(page).first.locator(".scale").bounding_box()
    bars = [bar.bounding_box() for bar in page.locator("#waterfall .passing").all()]
    assert scale
    ends = [scale["x"]]
    for bar in bars:
        assert bar
        assert bar["x"] == pytest.approx(ends[-1], abs=1)
        ends.append(bar["x"] + bar["width"])
    shares = [(end - scale["x"]) / scale["width"] for end in ends[1:]]
    assert shares == pytest.approx([0.2, 0.5, 0.8, 1.0], abs=0.02)


def test_tonight_counts_from_the_beginning_also_for_who_opens_the_page_late(page: Page, house: FakeHouse) -> None:
    house.publish(ANSWER)
    house.publish(PaceEntry(1, 800.0, 800.0))
    expect(page.locator("#pace-tonight")).to_have_text("Tonight: 1 answer, after 800 ms.")
    house.publish(PaceEntry(1204, 640.4, 1310.0))
    page.reload()
    expect(page.locator("#pace-tonight")).to_have_text(
        "Tonight: half of 1,204 answers came within 640 ms, 95 % within 1,310 ms."
    )
    expect(steps(page)).to_have_count(4)
    page.get_by_role("button", name="Français").click()
    expect(page.locator("#pace-tonight")).to_contain_text("95 % en 1\u202f310 ms")
    expect(steps(page).last).to_contain_text("entendue")

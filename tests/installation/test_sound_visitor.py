"""The simulated visitor, in virtual time: whom the house hears when nobody is there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from installation.paths import PROJECT
from installation.sound.sources import FRAME_SAMPLES
from installation.sound.visitor import Question, SimulatedVisitor, load_questions
from models.audio import Audio, Frame, level_db
from models.protocols import ModelError
from models.settings import SettingsError
from tests.fakes.jumping_clock import JumpingClock

QUESTIONS = (Question("en", "Who are you?"), Question("fr", "Qui êtes-vous ?"), Question("en", "What is the sea?"))
PAUSE_S = 2.0
QUESTION_S = 1.0
RATE_HZ = 22_050


class Foyer:
    """A visitor before a house that listens or not, as the test says."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.listening = True
        self.clock = JumpingClock()
        self.visitor = SimulatedVisitor(QUESTIONS, self.render, PAUSE_S, lambda: self.listening, self.clock)
        self.frames: Iterator[Frame] = self.visitor.frames()

    def render(self, text: str, language: str, voice: str) -> Audio:
        self.asked.append((text, language, voice))
        wave = 0.3 * np.sin(np.arange(round(QUESTION_S * RATE_HZ)) * 0.1)
        return Audio(wave.astype(np.float32), RATE_HZ)

    def hear(self, seconds: float) -> list[bool]:
        """For each frame of that time, whether the visitor spoke in it."""
        frames = list(itertools.islice(self.frames, round(seconds / 0.02)))
        return [level_db(frame.audio.samples) > -40 for frame in frames]

    def ask(self) -> None:
        """Listen until a question has been asked, and then answer it from now on."""
        self.listening = True
        self.hear(PAUSE_S + QUESTION_S + 0.1)
        self.listening = False


def test_the_visitor_waits_until_the_house_has_listened_for_a_while() -> None:
    foyer = Foyer()
    heard = foyer.hear(PAUSE_S + QUESTION_S + 0.5)
    assert not any(heard[: round(PAUSE_S / 0.02) - 2])
    assert sum(heard) * 0.02 == pytest.approx(QUESTION_S, abs=0.06)


def test_the_visitor_says_nothing_while_the_house_speaks() -> None:
    foyer = Foyer()
    foyer.ask()
    assert not any(foyer.hear(60.0))
    assert len(foyer.asked) == 1


def test_a_house_that_looks_up_for_a_moment_is_not_asked() -> None:
    foyer = Foyer()
    for _ in range(10):
        foyer.listening = True
        assert not any(foyer.hear(PAUSE_S / 2))
        foyer.listening = False
        assert not any(foyer.hear(0.1))


def test_after_four_questions_the_visitor_interrupts_once() -> None:
    foyer = Foyer()
    foyer.listening = False
    for _ in range(4):
        assert not any(foyer.hear(10.0))
        foyer.ask()
    assert len(foyer.asked) == 4
    assert any(foyer.hear(10.0))
    assert len(foyer.asked) == 5
    assert not any(foyer.hear(60.0))


def test_every_question_is_asked_before_one_comes_again() -> None:
    foyer = Foyer()
    for _ in range(6):
        foyer.ask()
        foyer.listening = True
    texts = [text for text, _, _ in foyer.asked]
    assert sorted(texts[:3]) == sorted(texts[3:6]) == sorted(question.text for question in QUESTIONS)


def test_each_visitor_has_another_voice_of_the_right_language() -> None:
    foyer = Foyer()
    for _ in range(6):
        foyer.ask()
    assert all(voice.startswith(language) for _, language, voice in foyer.asked)
    english = [voice for _, language, voice in foyer.asked if language == "en"]
    assert len(set(english)) == len(english)


def test_between_questions_there_is_a_room_and_not_digital_silence() -> None:
    frame = next(Foyer().frames)
    assert -75 < level_db(frame.audio.samples) < -65


def test_frames_come_in_real_time_and_without_drift() -> None:
    foyer = Foyer()
    frames = list(itertools.islice(foyer.frames, 500))
    assert foyer.clock.now_s() == pytest.approx(100.0 + 500 * 0.02)
    assert all(len(frame.audio.samples) == FRAME_SAMPLES for frame in frames)
    assert [frame.start_s for frame in frames[:3]] == pytest.approx([0.0, 0.02, 0.04])


def test_a_visitor_that_is_sent_away_goes() -> None:
    foyer = Foyer()
    next(foyer.frames)
    foyer.visitor.close()
    assert list(foyer.frames) == []


def test_a_visitor_without_a_voice_stays_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    def dumb(text: str, language: str, voice: str) -> Audio:
        raise ModelError("espeak-ng cannot be started")

    visitor = SimulatedVisitor(QUESTIONS, dumb, PAUSE_S, lambda: True, JumpingClock())
    assert len(list(itertools.islice(visitor.frames(), 200))) == 200
    assert "espeak-ng cannot be started" in caplog.text


def test_questions_are_read_from_the_show(tmp_path: Path) -> None:
    path = tmp_path / "visitor.toml"
    path.write_text('[[question]]\nlanguage = "fr"\ntext = "Qui êtes-vous ?"\n', encoding="utf-8")
    assert load_questions(path, ("en", "fr")) == (Question("fr", "Qui êtes-vous ?"),)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "has no question"),
        ('[[question]]\nlanguage = "fr"\n', "text"),
        ('[[question]]\nlanguage = "fr"\ntext = " "\n', "must not be empty"),
        ('[[question]]\nlanguage = "fr"\ntxt = "Hm"\n', "did you mean 'text'"),
    ],
)
def test_a_wrong_file_of_questions_is_told_in_one_sentence(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "visitor.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=complaint) as caught:
        load_questions(path, ("en", "fr"))
    assert str(path) in str(caught.value)


def test_a_question_in_a_language_that_the_show_does_not_speak_is_named(tmp_path: Path) -> None:
    path = tmp_path / "visitor.toml"
    path.write_text('[[question]]\nlanguage = "de"\ntext = "Wer sind Sie?"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r'visitor\.toml: the question "Wer sind Sie\?" is in "de".*\(en, fr\)'):
        load_questions(path, ("en", "fr"))


def test_all_questions_that_stand_in_the_way_are_counted() -> None:
    with pytest.raises(
        SettingsError, match=r'and \d+ more are in "en", which the show does not speak \(fr\); take them'
    ):
        load_questions(PROJECT / "shows/demo/visitor.toml", ("fr",))

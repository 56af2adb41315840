"""Cover lines, prepared before the doors open."""

from __future__ import annotations

from itertools import pairwise

import pytest

from installation.covers import Covers, Line
from installation.paths import PROJECT
from models.protocols import ModelError
from persona.actor import Actor
from persona.character import load_character
from tests.fakes.engines import ScriptedVoice
from tests.fakes.scripted_model import ScriptedModel

ADA = load_character(PROJECT / "shows/demo/character.toml")


@pytest.fixture
def covers() -> Covers:
    return Covers(Actor(ADA, ScriptedModel()).covers, ("en", "de"))


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_the_same_cover_line_never_comes_twice_in_a_row(covers: Covers, language: str) -> None:
    lines = [covers.next(language) for _ in range(20)]
    assert all(line != following for line, following in pairwise(lines))
    assert {line.text for line in lines} == set(ADA.cover[ADA.nearest(language)])


def test_every_line_is_spoken_once_before_the_doors_open_and_whole(covers: Covers) -> None:
    voice = ScriptedVoice()
    covers.prepare(voice)
    own = ADA.cover[ADA.nearest("de")]
    assert voice.spoken == [(text, "en") for text in ADA.cover["en"]] + [(text, "de") for text in own]
    for line in (covers.next("en"), covers.next("de")):
        sound = covers.sound(line)
        assert sound is not None
        assert sound.duration_s == pytest.approx(len(line.text.split()) * 0.1)


def test_other_lines_and_lines_not_prepared_have_no_sound(covers: Covers) -> None:
    assert covers.sound(covers.next("en")) is None
    covers.prepare(ScriptedVoice())
    assert covers.sound(Line("I prompt.", "en")) is None


def test_a_voice_that_fails_is_found_before_the_doors_open(covers: Covers) -> None:
    voice = ScriptedVoice()
    voice.broken = True
    with pytest.raises(ModelError, match="The voice is broken"):
        covers.prepare(voice)

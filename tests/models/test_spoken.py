"""What a voice is given to say, whatever stands on the page."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from models import load as loader
from models.engine_settings import EngineSettings
from models.load import load
from models.pronunciation import Pronunciation
from models.protocols import Synthesizer
from models.spoken import SpokenSynthesizer
from tests.fakes.engines import ScriptedVoice

WORDS = Pronunciation({"en": {"Brecht": "Bresht"}, "fr": {"Brecht": "Brechte", "612": "six-un-deux"}})


def given(text: str, language: str) -> str:
    voice = ScriptedVoice()
    list(SpokenSynthesizer(voice, WORDS).synthesize(text, language))
    ((said, tongue),) = voice.spoken
    assert tongue == language
    return said


def test_numbers_and_the_shows_own_words_are_said_as_they_should_be():
    assert given("Brecht wrote 21 letters, Mr. Smith.", "en") == "Bresht wrote twenty-one letters, mister Smith."
    assert given("M. Brecht, 25 %", "fr") == "monsieur Brechte, vingt-cinq pour cent"


def test_the_shows_own_words_come_before_our_rules():
    assert given("612 lettres de 1984", "fr") == "six-un-deux lettres de mille neuf cent quatre-vingt-quatre"


def test_everything_else_is_the_engines():
    calls = []

    class Noted(ScriptedVoice):
        def abort(self) -> None:
            calls.append("abort")

        def close(self) -> None:
            calls.append("close")

    voice: Synthesizer = SpokenSynthesizer(Noted(), WORDS)
    assert (voice.name, voice.rate_hz) == ("scripted voice", 16_000)
    voice.abort()
    voice.close()
    assert calls == ["abort", "close"]


@pytest.mark.parametrize("name", ["espeak", "instant"])
def test_every_voice_of_a_show_has_its_words(name: str, monkeypatch: pytest.MonkeyPatch):
    scripted = ScriptedVoice()
    monkeypatch.setattr(loader, "EspeakSynthesizer", lambda _: scripted)
    monkeypatch.setattr(loader, "InstantSynthesizer", lambda _: scripted)
    settings = EngineSettings("instant", "instant", name, pronunciation={"en": {"Brecht": "Bresht"}})
    with closing(load(settings, Path(), ("en",))) as engines:
        list(engines.synthesizer.synthesize("Brecht, 1st", "en"))
    assert scripted.spoken[-1] == ("Bresht, first", "en")

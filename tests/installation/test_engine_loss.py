"""An evening in which the process of an engine is killed: what the public hears, and what the panel shows."""

from __future__ import annotations

import os
import signal
import threading
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from installation import house as building
from installation.bus import Subscription
from installation.config import load_show
from installation.entries import LineEntry, LineState, SceneEntry
from installation.events import Close, Room, UtteranceEnded, VoicePaused, VoiceStarted
from installation.house import House, open_house
from installation.sound.silent_clock import SilentSpeaker
from models import host as hosting
from models import load as loader
from models.hosted import Hosted
from models.spoken import SpokenSynthesizer
from tests.fakes.bad_engines import WORDS, bad
from tests.fakes.scenario import UTTERANCE
from tests.fakes.show_folder import make_show

ENGINES = """
[engines]
ears = "ears"
persona = "persona"
voice = "coqui:voice"
"""
COVERS = {"One moment.", "I am looking for my words.", "Un instant.", "Je cherche mes mots."}
ANSWER = "".join(WORDS)
PATIENCE_S = 60.0


class Evening:
    """A house that is open, and what its panel is told."""

    def __init__(self, house: House, panel: Subscription) -> None:
        self.house = house
        self._panel = panel

    def kill(self, role: str) -> None:
        engines = self.house.stage.conversation._engines
        assert isinstance(engines.synthesizer, SpokenSynthesizer)
        voice = engines.synthesizer._engine
        engine = {"ears": engines.transcriber, "persona": engines.language_model, "voice": voice}[role]
        assert isinstance(engine, Hosted)
        assert engine._host._child is not None
        os.kill(engine._host._child.pid, signal.SIGKILL)

    def speak_to_it(self) -> None:
        for event in (VoiceStarted(), VoicePaused(UTTERANCE), UtteranceEnded()):
            self.house.inbox.post(event)

    def until(self, holds: Callable[[LineEntry | SceneEntry], bool]) -> list[LineEntry | SceneEntry]:
        """What the panel is told up to the first entry of which this holds."""
        told: list[LineEntry | SceneEntry] = []
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            entry = self._panel.next(1.0)
            if isinstance(entry, LineEntry | SceneEntry):
                told.append(entry)
                if holds(entry):
                    return told
        raise AssertionError(told)

    def faults(self) -> set[Room]:
        return {fault.room for fault in self.house.director.scene.faults}


def spoken(entry: LineEntry | SceneEntry) -> bool:
    return isinstance(entry, LineEntry) and entry.state is LineState.SPOKEN


@pytest.fixture
def evening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Evening]:
    monkeypatch.setenv("SOUFFLEUR_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(building, "choose_loudspeaker", lambda _, post: SilentSpeaker(post))
    # nobody finds out that an engine is gone before somebody asks it something
    monkeypatch.setattr(hosting, "_LOOK_S", 1000.0)
    monkeypatch.setattr(loader, "_order", lambda *_: bad(pieces=1))
    with wave.open(str(tmp_path / "silence.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(3200))
    show = load_show(make_show(tmp_path / "show", ENGINES))
    with open_house(show, tmp_path / "silence.wav") as house, house.bus.subscribe() as panel:
        directing = threading.Thread(target=lambda: house.director.run(house.stage))
        directing.start()
        try:
            yield Evening(house, panel)
        finally:
            house.submit(Close())
            directing.join()


@pytest.mark.parametrize("role", ["ears", "persona", "voice"])
def test_an_engine_that_is_killed_is_covered_and_is_back_for_a_later_question(evening: Evening, role: str) -> None:
    room = Room(role)
    evening.speak_to_it()
    (*_, answer) = evening.until(spoken)
    assert isinstance(answer, LineEntry)
    assert answer.text.startswith(ANSWER)
    evening.kill(role)
    evening.speak_to_it()
    (*_, cover) = evening.until(spoken)
    assert isinstance(cover, LineEntry)
    assert cover.text in COVERS
    assert evening.faults() == {room}

    deadline_s = time.monotonic() + PATIENCE_S
    while evening.faults():
        assert time.monotonic() < deadline_s
        evening.speak_to_it()
        evening.until(spoken)

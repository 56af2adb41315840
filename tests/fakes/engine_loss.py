"""An evening with bad engines in processes of their own, which hang or crash while they are asked."""

from __future__ import annotations

import os
import signal
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from installation import house as building
from installation.bus import Subscription
from installation.commands import (
    Close,
)
from installation.config import load_show
from installation.entries import LineEntry, LineState, SceneEntry
from installation.events import (
    Event,
    Room,
    SentenceStarted,
    UtteranceEnded,
    VoicePaused,
    VoiceStarted,
)
from installation.house import House, open_house
from installation.sound.silent_clock import SilentSpeaker
from models import host as hosting
from models import load as loader
from models.host import Host
from models.hosted import Hosted
from models.spoken import SpokenSynthesizer
from tests.fakes.bad_engines import bad
from tests.fakes.processes import eventually
from tests.fakes.scenario import UTTERANCE
from tests.fakes.show_folder import make_show

ENGINES = """
[engines]
ears = "ears"
persona = "persona"
voice = "coqui:voice"
"""
COVERS = {"One moment.", "I am looking for my words.", "Un instant.", "Je cherche mes mots."}
LATEST_S = 60.0
SHORT_S = 0.3
"""Of patience with an engine that hangs."""


class Evening:
    """A house that is open, what its panel is told, and when (monotonic clock) each of its sentences began to sound."""

    def __init__(self, house: House, panel: Subscription, begun_s: list[float]) -> None:
        self.house = house
        self.begun_s = begun_s
        self._panel = panel

    def host(self, role: str) -> Host:
        engines = self.house.stage.conversation._engines
        assert isinstance(engines.synthesizer, SpokenSynthesizer)
        voice = engines.synthesizer._engine
        engine = {"ears": engines.transcriber, "persona": engines.language_model, "voice": voice}[role]
        assert isinstance(engine, Hosted)
        return engine._host

    def crash(self, role: str) -> float:
        """Have that engine die while it works for a visitor; when it did."""
        host = self.host(role)
        pid = _stop(host)
        self.speak_to_it()
        eventually(host._line.locked)
        began_s = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        return began_s

    def hang(self, role: str) -> float:
        """Have that engine give no sign of life any more while it works for a visitor; when it was killed for that."""
        host = self.host(role)
        child, patient = host._child, host._settings
        assert child is not None
        killed_s: list[float] = []
        kill = child.kill

        def noted() -> None:
            killed_s.append(time.monotonic())
            kill()

        with (
            patch.object(host, "_settings", replace(patient, patience_s=SHORT_S)),
            patch.object(child, "kill", noted),
        ):
            _stop(host)
            self.speak_to_it()
            eventually(lambda: bool(killed_s))
        return killed_s[0]

    def speak_to_it(self) -> None:
        for event in (VoiceStarted(), VoicePaused(UTTERANCE), UtteranceEnded()):
            self.house.inbox.post(event)

    def until_spoken(self) -> LineEntry:
        """The next line that the panel shows as spoken."""
        deadline_s = time.monotonic() + LATEST_S
        told: list[LineEntry | SceneEntry] = []
        while time.monotonic() < deadline_s:
            entry = self._panel.next(1.0)
            if isinstance(entry, LineEntry) and entry.state is LineState.SPOKEN:
                return entry
            if isinstance(entry, LineEntry | SceneEntry):
                told.append(entry)
        raise AssertionError(told)

    def until_whole_again(self) -> None:
        """Speak to it until no room is faulty."""
        deadline_s = time.monotonic() + LATEST_S
        while self.faults():
            assert time.monotonic() < deadline_s
            self.speak_to_it()
            self.until_spoken()

    def faults(self) -> set[Room]:
        return {fault.room for fault in self.house.director.scene.faults}


@contextmanager
def evening(folder: Path) -> Iterator[Evening]:
    """An evening in virtual rooms; its files go to `folder`."""
    begun_s: list[float] = []

    def loudspeaker(_: object, post: Callable[[Event], None]) -> SilentSpeaker:
        def noted(event: Event) -> None:
            if isinstance(event, SentenceStarted):
                begun_s.append(time.monotonic())
            post(event)

        return SilentSpeaker(noted)

    with wave.open(str(folder / "silence.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(3200))
    show = load_show(make_show(folder / "show", ENGINES))
    with (
        patch.dict(os.environ, SOUFFLEUR_HOME=str(folder / "home")),
        patch.object(building, "choose_loudspeaker", loudspeaker),
        # this persona says again what it was asked, at once: that is no echo of the room's
        patch("installation.listening._IN_THE_AIR_S", -1.0),
        # nobody finds out that an engine is gone before somebody asks it something
        patch.object(hosting, "_LOOK_S", 1000.0),
        patch.object(loader, "_order", lambda *_: bad(pieces=1)),
        open_house(show, folder / "silence.wav") as house,
        house.bus.subscribe() as panel,
    ):
        directing = threading.Thread(target=lambda: house.director.run(house.stage))
        directing.start()
        try:
            yield Evening(house, panel, begun_s)
        finally:
            house.submit(Close())
            directing.join()


def _stop(host: Host) -> int:
    """Let its process do nothing any more; its number."""
    assert host._child is not None
    os.kill(host._child.pid, signal.SIGSTOP)
    return host._child.pid

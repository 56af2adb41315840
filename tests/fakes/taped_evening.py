"""An evening in virtual time, recorded by the real recorder: visitors are noise, and the ears know their part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from installation.config import load_show
from installation.events import (
    Event,
    Mode,
)
from installation.hearing.hearing import Hearing
from installation.scene import Scene
from installation.sound.echo_canceller import EchoCanceller
from installation.sound.playback import Playback
from installation.sound.played import PlayedSound
from installation.tape.head import Head
from installation.tape.recorder import SoundRecorder
from installation.tape.reference import Reference
from installation.turn_taking.settings import TurnTakingSettings
from installation.virtual_house import VirtualHouse
from models.audio import HEARING_RATE_HZ, Audio, Samples, level_db
from models.protocols import Cancelled, Engines, Language, Transcript, VoiceDetector, never
from models.settings import plain
from persona.actor import Actor
from tests.fakes.engines import ScriptedPersona, ScriptedVoice
from tests.fakes.show_folder import make_show
from tests.fakes.spoken import room

SHOW = """
[show]
name = "Letters"
languages = ["en", "fr"]
"""


def voice(duration_s: float, seed: int = 1) -> Samples:
    """A visitor who speaks."""
    count = round(duration_s * HEARING_RATE_HZ)
    return np.random.default_rng(seed).normal(0, 0.1, count).astype(np.float32)


def evening_of(*stretches: tuple[bool, float]) -> Samples:
    """Speech (true) and quiet, so many seconds of each, in turn."""
    return np.concatenate([voice(s, n) if speaks else room(s, seed=n) for n, (speaks, s) in enumerate(stretches)])


class LoudDetector:
    """Takes what is loud for a voice."""

    window_samples = 320
    suspects = False
    certainty = 1.0

    def is_voice(self, samples: Samples, careful: bool = False) -> bool:
        self.suspects = level_db(samples) > -30
        return self.suspects

    def reset(self) -> None: ...


class EarsThatKnow:
    """Hears what it was told beforehand, one utterance after the other."""

    name = "ears that know"

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)

    def transcribe(self, audio: Audio, languages: Sequence[Language], cancelled: Cancelled = never) -> Transcript:
        return Transcript(self._texts.pop(0), "en")

    def abort(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class TapedEvening:
    """A house in virtual time, and what its recorder told the director."""

    house: VirtualHouse
    recorder: SoundRecorder
    folder: Path
    told: list[Event] = field(default_factory=list)

    @property
    def sound(self) -> Path:
        (path,) = self.folder.glob("*.flac")
        return path


@contextmanager
def taped(
    folder: Path,
    *texts: str,
    settings: TurnTakingSettings | None = None,
    mode: Mode = Mode.PERFORMANCE,
    show: str = SHOW,
    answer: str = "I was made from all of her letters.",
    detector: Callable[[], VoiceDetector] = LoudDetector,
    barge_in: bool = True,
) -> Iterator[TapedEvening]:
    """Feed `house` inside; the recording is complete after. Visitors say `texts`, one after the other."""
    settings = settings or TurnTakingSettings()
    loaded = load_show(make_show(folder / "show", show=show))
    engines = Engines(EarsThatKnow(*texts), ScriptedPersona(answer), ScriptedVoice())
    cancellers: list[EchoCanceller] = []
    playing: list[PlayedSound] = []

    def hear(playback: Playback) -> Hearing:
        cancellers.append(EchoCanceller(playback.played))
        playing.append(playback.played)
        return Hearing(detector(), settings, cancellers[0])

    scene = Scene(mode=mode, language="en", languages=("en", "fr"), turn_taking=settings, barge_in=barge_in)
    house = VirtualHouse(scene, engines, Actor(loaded.character, engines.language_model), hear, thinking_s=0.1)
    head = Head(loaded.config.show.name, "Ada", str(loaded.folder), mode, ("en", "fr"), turn_taking=plain(settings))
    told: list[Event] = []
    tape = folder / "recordings"
    with SoundRecorder(head, tape, Reference(playing[0], cancellers[0]).of, told.append) as recorder:
        house.keep, house.watch = recorder.hear, recorder.decided
        yield TapedEvening(house, recorder, tape, told)

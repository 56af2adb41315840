"""An open loudspeaker in a simulated room, in virtual time: a house that speaks and hears itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from installation.events import (
    Mode,
)
from installation.hearing.hearing import Hearing
from installation.paths import PROJECT
from installation.scene import Scene
from installation.sound.echo_canceller import EchoCanceller
from installation.sound.playback import Playback
from installation.sound.sources import FRAME_SAMPLES
from installation.turn_taking.settings import TurnTakingSettings
from installation.virtual_house import VirtualHouse
from models.audio import HEARING_RATE_HZ, Audio, Samples
from models.espeak import EspeakSettings, EspeakSynthesizer
from models.instant import InstantLanguageModel, InstantSettings
from models.protocols import Cancelled, Engines, Language, Transcript, TurnSense, never
from models.speech_likeness import SpeechJudge
from models.voice_detector import GatedDetector, VoiceDetectorSettings
from persona.actor import Actor
from persona.character import load_character
from persona.language import guess_language
from scripts.turns.room import EchoPath, impulse_response


class ToldEars:
    """Hear the next of their lines with every utterance, and the last one again and again."""

    name = "told ears"

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = deque(lines)

    def transcribe(self, audio: Audio, languages: Sequence[Language], cancelled: Cancelled = never) -> Transcript:
        line = self._lines[0]
        if len(self._lines) > 1:
            self._lines.popleft()
        return Transcript(line, guess_language(line, languages, languages[0]))

    def abort(self) -> None: ...

    def close(self) -> None: ...


ROOM_TONE_DB = -62.0
DELAY_S = 0.08
LONG_ANSWER = (
    "I remember that the sea was cold and grey in the morning. We swam there each day before the others woke. "
    "My sister held my hand and told me not to look down. She wrote to me for thirty years, from a house with green "
    "shutters. I kept every letter in a tin box under the stairs, beside the lamp and the pears. "
)


def room_tone(seconds: float, seed: int = 1) -> Samples:
    """The sound of a room in which nobody speaks, at HEARING_RATE_HZ."""
    random = np.random.default_rng(seed)
    return random.normal(0, 10 ** (ROOM_TONE_DB / 20), round(seconds * HEARING_RATE_HZ)).astype(np.float32)


def said(text: str, voice: str = "en-gb+f2", level_db: float = -23.0) -> Samples:
    """`text` in a voice of espeak-ng, at HEARING_RATE_HZ and that RMS level."""
    engine = EspeakSynthesizer(EspeakSettings(voices={voice[:2]: voice}))
    samples = np.concatenate([piece.samples for piece in engine.synthesize(text, voice[:2])])
    samples = Audio(samples, engine.rate_hz).at_rate(HEARING_RATE_HZ).samples
    loud = samples[np.abs(samples) > 0.02]
    return (samples * 10 ** (level_db / 20) / np.sqrt(np.mean(loud**2))).astype(np.float32)


def timeline(seconds: float, *sounds: tuple[float, Samples]) -> Samples:
    """Room tone with `sounds` in it, each from its second on."""
    whole = room_tone(seconds)
    for at_s, sound in sounds:
        begin = round(at_s * HEARING_RATE_HZ)
        part = sound[: len(whole) - begin]
        whole[begin : begin + len(part)] += part
    return whole


def path(rt60_s: float, delay_s: float = DELAY_S, drift_ppm: float = 0.0) -> EchoPath:
    """From the loudspeaker to the microphone of a room, speech at -6 dB."""
    response = impulse_response(rt60_s, HEARING_RATE_HZ)
    return EchoPath(response, FRAME_SAMPLES, delay_s * HEARING_RATE_HZ, drift_ppm)


def open_house(
    heard: tuple[str, ...] = ("What do you remember of the sea?",),
    answer: str = LONG_ANSWER,
    settings: TurnTakingSettings | None = None,
    character: Path = PROJECT / "shows/demo/character.toml",
    turn_sense: TurnSense | None = None,
) -> VirtualHouse:
    """A house that hears those words, draft by draft, and answers aloud, in the demo's voice."""
    settings = settings or TurnTakingSettings()
    persona = InstantLanguageModel(InstantSettings(answer=answer))
    engines = Engines(ToldEars(heard), persona, EspeakSynthesizer(EspeakSettings()), turn_sense=turn_sense)
    scene = Scene(mode=Mode.PERFORMANCE, language="en", languages=("en", "fr"), turn_taking=settings)
    actor = Actor(load_character(character), engines.language_model)

    def ears(playback: Playback) -> Hearing:
        return Hearing(
            GatedDetector(VoiceDetectorSettings()), settings, EchoCanceller(playback.played), SpeechJudge().likeness
        )

    return VirtualHouse(scene, engines, actor, ears)

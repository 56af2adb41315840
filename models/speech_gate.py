"""Keeps from a recogniser what holds no voice: it would find words in a noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.audio import Samples, level_db
from models.voice_detector import JUDGE_SAMPLES, JUDGE_WINDOW_S, Silero, silero_file


@dataclass(frozen=True, slots=True)
class SpeechGateSettings:
    """What an utterance must hold to be transcribed at all; the defaults let the quietest "oui" through."""

    least_voice_s: float = 0.1
    """So much voice; 0 lets everything through that is loud enough."""
    voice_threshold: float = 0.5
    """Silero's probability, 0..1, from which on it is a voice."""
    quietest_db: float = -65.0
    """Level of the whole utterance in dBFS, below which nobody can have spoken."""

    def __post_init__(self) -> None:
        if self.least_voice_s < 0:
            raise ValueError("least_voice_s must be at least 0")
        if not 0 < self.voice_threshold < 1:
            raise ValueError("voice_threshold must lie between 0 and 1")
        if self.quietest_db > 0:
            raise ValueError("quietest_db must be at most 0")


class SpeechGate:
    """Judges whole utterances.

    The segmenter has judged them already, while they were spoken, as `[hearing.detector]` told it; this gate has heard
    the end as well, and does not depend on it: in a show without Silero it is the first to tell music from a voice.

    Raises:
        ModelError: Silero's file is missing or cannot be read.
    """

    def __init__(self, settings: SpeechGateSettings) -> None:
        self._settings = settings
        self._silero = Silero(silero_file()) if settings.least_voice_s > 0 else None

    def lets_through(self, samples: Samples) -> bool:
        """Whether somebody may have spoken in `samples`, shape (n,) at 16 kHz."""
        if level_db(samples) < self._settings.quietest_db:
            return False
        return self._silero is None or self._voice_s(self._silero, samples) >= self._settings.least_voice_s

    def _voice_s(self, silero: Silero, samples: Samples) -> float:
        padded = np.concatenate((samples, np.zeros(-len(samples) % JUDGE_SAMPLES, np.float32)))
        silero.reset()
        return float(np.sum(silero.probabilities(padded) >= self._settings.voice_threshold)) * JUDGE_WINDOW_S

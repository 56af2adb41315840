"""Speech for tests: espeak-ng in a room that is quiet, but not digitally silent."""

from __future__ import annotations

import numpy as np

from models.audio import HEARING_RATE_HZ, Audio, Samples
from models.load import render


def room(duration_s: float, level_dbfs: float = -65.0, seed: int = 0) -> Samples:
    """Room tone at 16 kHz."""
    count = round(duration_s * HEARING_RATE_HZ)
    return np.random.default_rng(seed).normal(0, 10 ** (level_dbfs / 20), count).astype(np.float32)


def said(text: str, voice: str, before_s: float = 0.3, after_s: float = 0.3) -> Audio:
    """A sentence at 16 kHz in one of espeak-ng's voices, in a room."""
    speech = render(text, voice[:2], voice).at_rate(HEARING_RATE_HZ).samples
    samples = room(before_s + after_s + len(speech) / HEARING_RATE_HZ + 0.001)
    start = round(before_s * HEARING_RATE_HZ)
    samples[start : start + len(speech)] += speech
    return Audio(samples, HEARING_RATE_HZ)

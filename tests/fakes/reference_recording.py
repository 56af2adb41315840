"""Recordings as long and as loud as somebody who speaks; they hold noise."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from models.audio import Samples, to_pcm16

RATE_HZ = 22_050


def voice(duration_s: float, rate_hz: int = RATE_HZ) -> Samples:
    """As loud as somebody who speaks."""
    noise = np.random.default_rng(1).standard_normal(round(duration_s * rate_hz))
    return (0.1 * noise).astype(np.float32)


def write(file: Path, *channels: Samples, rate_hz: int = RATE_HZ) -> Path:
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(len(channels))
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(to_pcm16(np.stack(channels, axis=1).ravel()))
    return file

"""The sound of somebody who draws breath, for a voice that cannot make one."""

from __future__ import annotations

import numpy as np

from models.audio import Audio, Samples

LENGTH_S = 0.45
LEVEL_DB = -34.0
"""RMS: near a microphone one hears a speaker breathe, a little."""
_AIR_HZ = (700.0, 4_500.0)


def breath(rate_hz: int) -> Audio:
    """Air through a mouth: hiss between _AIR_HZ that swells and breaks off."""
    count = round(LENGTH_S * rate_hz)
    spectrum = np.fft.rfft(np.random.default_rng(7).normal(size=count))
    hz = np.fft.rfftfreq(count, 1 / rate_hz)
    low, high = _AIR_HZ
    spectrum *= (hz / low) ** 2 / (1 + (hz / low) ** 2) / (1 + (hz / high) ** 4)
    air = np.fft.irfft(spectrum, count) * np.sin(np.pi * np.linspace(0, 1, count) ** 1.6) ** 2
    samples: Samples = (air / air.std() * 10 ** (LEVEL_DB / 20)).astype(np.float32)
    return Audio(samples, rate_hz)

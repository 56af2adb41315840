"""The echo and the noise of a room by third octaves, as a picture shows them; no devices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from installation.sound.acoustics import BEFORE_S, STEP_S, Acoustics, Take
from installation.sound.sweep import WHOLE_HZ, Curve, impulse_response
from models.audio import HEARING_RATE_HZ, Samples, level_db

CENTRES_HZ: Curve = 1_000.0 * 2.0 ** (np.arange(-6, 8) / 3)
"""250 to 5,040 Hz."""
_HALF = 2.0 ** (1 / 6)
_FAINTEST_DB = -120.0


def echo_db(take: Take, found: Acoustics) -> Curve:
    """How loud each band comes back beside what was played, in dB; `found` in `take`, where it was heard."""
    response = impulse_response(take.recorded, take.played, WHOLE_HZ)
    if found.decay is None or found.delay_ms is None:
        return np.full(len(CENTRES_HZ), _FAINTEST_DB)
    begin_s = take.handed_over_s + found.delay_ms / 1000 - BEFORE_S
    begin, end = (round(at_s * HEARING_RATE_HZ) for at_s in (begin_s, begin_s + found.decay.knee * STEP_S))
    power = np.abs(np.fft.rfft(response[max(0, begin) : end], 1 << 17)) ** 2
    hz = np.fft.rfftfreq(1 << 17, 1 / HEARING_RATE_HZ)
    return np.array([_db(float(np.mean(power[_inside(hz, centre_hz)]))) for centre_hz in CENTRES_HZ])


def noise_db(take: Take) -> Curve:
    """How loud the empty room is in each band beside the sweep while it passes there, in dB."""
    alone = take.recorded[: round(take.handed_over_s * HEARING_RATE_HZ)]
    power = np.abs(np.fft.rfft(alone)) ** 2 / len(alone) ** 2 * 2
    hz = np.fft.rfftfreq(len(alone), 1 / HEARING_RATE_HZ)
    played_db = level_db(_middle(take.played))
    return np.array([_db(float(np.sum(power[_inside(hz, centre_hz)]))) - played_db for centre_hz in CENTRES_HZ])


def _inside(hz: npt.NDArray[np.floating], centre_hz: float) -> npt.NDArray[np.bool_]:
    return np.asarray((hz >= centre_hz / _HALF) & (hz < centre_hz * _HALF))


def _middle(played: Samples) -> Samples:
    """The sweep without its fades."""
    return played[len(played) // 4 : -len(played) // 4]


def _db(power: float) -> float:
    return 10 * float(np.log10(max(power, 10 ** (_FAINTEST_DB / 10))))

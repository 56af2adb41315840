"""What a recorded sweep tells about a room: delay, loudness and length of the echo, and the noise; no devices."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from installation.sound.sweep import (
    SPEECH_HZ,
    WHOLE_HZ,
    Curve,
    click_energy,
    click_peak,
    envelope,
    impulse_response,
    in_band,
    response_around,
)
from models.audio import HEARING_RATE_HZ, Samples

FULL_SCALE = 0.985
"""What comes so near to full scale has been cut off there."""
CLIPPED_SAMPLES = 4
LEAST = 1e-6
"""Far under what a converter rounds to, and under the noise of every microphone."""
NOISE_WINDOW_S = 0.1
CLEAR_DB = 20.0
"""So far above the noise of the response the direct sound must stand: chance alone comes to 12 dB."""
CERTAIN_RETURN_LOSS_DB = 40.0
"""An echo that is fainter than this, in a room where this would have been heard, is none."""
EARLIEST_S = 0.05
"""A reflection may be louder than the direct sound, for as long as sound takes for 17 metres."""
DIRECT_DB = -14.0
"""So loud, beside the loudest, the direct sound is at least; what the band itself rings before a click is fainter."""
CLIMB_S = 0.001
BEFORE_S = 0.005
"""What of the direct sound lies before its peak."""
LOW_HZ, HIGH_HZ = (320.0, 50.0), (4_500.0, 700.0)
"""What the sweep plays early, and what it plays late: notes around one, and how far around it."""
TORN_S = 0.008
"""A block that is lost is longer, and no loudspeaker sends its low notes off so much later than its high ones."""
ABSENT_DB = -36.0
"""Beside its loudest, a band is as good as silent where the other one has its direct sound."""
STEP_S = 0.005
"""One step of a decay curve."""
KNEE_DB = 5.0
"""Where a decay has come so near to the noise, it ends for us."""
DRY_S = 0.1
"""A cable, or a cupboard: a shorter reverberation is none."""
QUIET_S = 0.15
"""Between the direct sound and the first reflection, from a wall at most 25 metres away, it may be as quiet."""
FIT_FROM_DB = -5.0
MARGIN_DB = 5.0
"""A decay is followed only so far that this much of it is left (ISO 3382 wants the noise out of the way)."""


class Outcome(StrEnum):
    """How a measurement ended."""

    HEARD = "heard"
    UNHEARD = "unheard"
    """The microphone does not hear the loudspeaker, and it is quiet enough to be sure of that."""
    NOISY = "noisy"
    """The sweep was lost in the noise of the room."""
    TORN = "torn"
    """Sound was lost while the sweep played: its low notes and its high ones came back with different delays."""
    MUTE = "mute"
    """The microphone brings no sound at all, not even noise."""
    CLIPPED = "clipped"
    """It came back too loud for the microphone, so that nothing about it is certain."""


@dataclass(frozen=True, slots=True)
class Take:
    """The empty room, then the sweep in it, as the house's microphone heard both."""

    recorded: Samples
    """Shape (n,), at 16 kHz."""
    played: Samples
    """The sweep, shape (m,), at 16 kHz."""
    handed_over_s: float
    """Where in `recorded` the sweep was handed to the loudspeaker; what lies before is the room alone."""


@dataclass(frozen=True, slots=True)
class Acoustics:
    """What a take tells. What could not be measured is None."""

    outcome: Outcome
    noise_floor_db: float
    """RMS of the empty room in dBFS."""
    speech_noise_floor_db: float
    """The same, of what of it lies in the band of speech."""
    delay_ms: float | None = None
    """From the moment at which sound is handed over to that at which it comes back, straight from the loudspeaker."""
    echo_return_loss_db: float | None = None
    """How much quieter it comes back than it was played, in the band of speech, with all its reverberation."""
    reverberation_s: float | None = None
    """Time in which the room lets it fade by 60 dB, in the band of speech."""
    decay: Decay | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Decay:
    """How an echo dies away: its level in steps of STEP_S from `BEFORE_S` before the direct sound on, in dB.

    0 dB is a click as loud as it was played, in one step.
    """

    levels_db: Curve
    integrated_db: Curve
    """What is still to come, from each step on (Schroeder 1965), as far as the knee."""
    noise_db: float
    knee: int
    """The step at which the noise takes over."""


def analyse(take: Take) -> Acoustics:
    """Everything about the room that `take` holds."""
    rate_hz = HEARING_RATE_HZ
    alone = take.recorded[: round(take.handed_over_s * rate_hz)]
    noise_db, speech_noise_db = noise_floor_db(alone), noise_floor_db(in_band(alone, SPEECH_HZ))
    if np.abs(take.recorded).max() < LEAST:
        return Acoustics(Outcome.MUTE, noise_db, speech_noise_db)
    if np.count_nonzero(np.abs(take.recorded[len(alone) :]) >= FULL_SCALE) >= CLIPPED_SAMPLES:
        return Acoustics(Outcome.CLIPPED, noise_db, speech_noise_db)
    loud = envelope(impulse_response(take.recorded, take.played, WHOLE_HZ))
    noise = _noise(loud, len(alone))
    certain_db = 20 * math.log10(click_peak(WHOLE_HZ)) - CERTAIN_RETURN_LOSS_DB
    direct = direct_sound(loud, len(alone))
    if loud[direct] < noise * 10 ** (CLEAR_DB / 20):
        quiet = 20 * math.log10(noise) + CLEAR_DB < certain_db
        return Acoustics(Outcome.UNHEARD if quiet else Outcome.NOISY, noise_db, speech_noise_db)
    if _is_torn(take, len(alone)):
        return Acoustics(Outcome.TORN, noise_db, speech_noise_db)
    decay = decay_after(impulse_response(take.recorded, take.played, SPEECH_HZ), direct, len(alone))
    return Acoustics(
        Outcome.HEARD,
        noise_db,
        speech_noise_db,
        1000 * (direct / rate_hz - take.handed_over_s),
        -float(decay.integrated_db[0]),
        reverberation_s(decay),
        decay,
    )


def noise_floor_db(samples: Samples) -> float:
    """RMS in dBFS of the middle one of many short windows: a door that slams is not the room's noise."""
    window = round(NOISE_WINDOW_S * HEARING_RATE_HZ)
    windows = samples[: len(samples) // window * window].reshape(-1, window)
    power = float(np.median(np.mean(np.square(windows, dtype=np.float64), axis=1))) if len(windows) else 0.0
    return max(-120.0, 10 * math.log10(max(power, 1e-12)))


def direct_sound(loud: Curve, from_sample: int) -> int:
    """Where the envelope `loud` of a response has its first arrival, not its loudest, after `from_sample`."""
    loudest = from_sample + int(np.argmax(loud[from_sample:]))
    earliest = max(from_sample, loudest - round(EARLIEST_S * HEARING_RATE_HZ))
    heard = loud[earliest : loudest + 1] >= loud[loudest] * 10 ** (DIRECT_DB / 20)
    first = earliest + int(np.argmax(heard))
    return first + int(np.argmax(loud[first : first + round(CLIMB_S * HEARING_RATE_HZ)]))


def decay_after(response: Curve, direct: int, alone: int) -> Decay:
    """How `response` (in the band of speech) dies away after sample `direct`; it is noise before sample `alone`."""
    step = round(STEP_S * HEARING_RATE_HZ)
    noise = _noise(response, alone) ** 2 * step
    whole = np.square(response[max(0, direct - round(BEFORE_S * HEARING_RATE_HZ)) :])
    energy = whole[: len(whole) // step * step].reshape(-1, step).sum(axis=1)
    knee = _knee(energy, noise)
    rest = np.maximum(energy[:knee] - noise, 0.0)
    integrated = np.cumsum(rest[::-1])[::-1] + _beyond(energy, noise, knee)
    unit = click_energy(SPEECH_HZ)
    return Decay(
        10 * np.log10(np.maximum(energy / unit, 1e-14)),
        10 * np.log10(np.maximum(integrated / unit, 1e-14)),
        10 * math.log10(max(noise / unit, 1e-14)),
        knee,
    )


def reverberation_s(decay: Decay) -> float | None:
    """RT60 by T30, or by T20 where the noise leaves no more; None where it leaves less than that."""
    fallen_db = decay.integrated_db - decay.integrated_db[0]
    for range_db in (30.0, 20.0):
        to_db = FIT_FROM_DB - range_db
        if fallen_db[-1] > to_db - MARGIN_DB:
            continue
        part = (fallen_db <= FIT_FROM_DB) & (fallen_db >= to_db)
        if np.count_nonzero(part) < 3:
            # So dead a room falls silent within a step or two.
            return 60.0 / range_db * STEP_S * int(np.count_nonzero(fallen_db > to_db))
        slope_db, _ = np.polyfit(np.flatnonzero(part) * STEP_S, fallen_db[part], 1)
        return -60.0 / float(slope_db)
    return None


def _is_torn(take: Take, alone: int) -> bool:
    """Whether the low notes and the high ones have direct sounds apart, and the later ones are silent at the first."""
    bands = [envelope(response_around(take.recorded, take.played, *around)) for around in (LOW_HZ, HIGH_HZ)]
    direct = [direct_sound(band, alone) for band in bands]
    (first, _), (then, later) = sorted(zip(direct, bands, strict=True), key=lambda found: found[0])
    clear = all(band[at] > _noise(band, alone) * 10 ** (CLEAR_DB / 20) for at, band in zip(direct, bands, strict=True))
    silent = later[alone : first + 1].max(initial=0.0) < later[then] * 10 ** (ABSENT_DB / 20)
    return clear and silent and then - first > TORN_S * HEARING_RATE_HZ


def _noise(response: Curve, alone: int) -> float:
    """RMS of what is no answer in `response`: before sample `alone`, and at its end, when the room is silent again."""
    stretch = HEARING_RATE_HZ // 2
    before, after = response[max(0, alone - stretch) : alone], response[-stretch:]
    # Before it lies what the loudspeaker distorts, after it a very long reverberation: the quieter is nearer the truth.
    return max(1e-9, min(float(np.sqrt(np.mean(np.square(part)))) for part in (before, after) if len(part)))


def _knee(energy: Curve, noise: float) -> int:
    """The step from which on the mean of five steps keeps near to the noise for QUIET_S."""
    smooth = np.convolve(energy, np.ones(5) / 5, mode="same")
    peak, quiet = int(np.argmax(energy)), round(QUIET_S / STEP_S)
    ahead = np.lib.stride_tricks.sliding_window_view(np.pad(smooth[peak:], (0, quiet - 1)), quiet)
    under = ahead.max(axis=1) < noise * 10 ** (KNEE_DB / 10)
    return peak + int(np.argmax(under)) + 1 if under.any() else len(energy)


def _beyond(energy: Curve, noise: float, knee: int) -> float:
    """The energy that lies after the knee under the noise, if the decay goes on there as it did before."""
    peak = int(np.argmax(energy))
    # The later half of the decay: what is near to its end alone goes up and down too much.
    part = np.maximum(energy[(peak + knee) // 2 : knee] - noise, noise / 10)
    if len(part) < 6 or knee == len(energy):
        return 0.0
    slope = float(np.polyfit(np.arange(len(part)), np.log(part), 1)[0])
    return float(part[-1] / math.expm1(-slope)) if slope < 0 else 0.0

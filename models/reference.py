"""The recording of a person whose voice the double takes on, and their consent to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.audio import Audio, Samples, level_db
from models.protocols import ModelError
from models.sound_file import channels

LOWEST_RATE_HZ = 16_000
SHORTEST_S = 3.0
LONGEST_S = 60.0
LEAST_VOICE_S = 2.0
"""Of SHORTEST_S, somebody who speaks fills so much."""
_WINDOW_S = 0.1
_SPEECH_RANGE_DB = 35.0
"""From the loudest syllable to the end of a sentence; what is farther below is a pause."""
SILENT_DB = -50.0
"""A voice recorded far too low is at -40; a microphone that was not plugged in, below -60."""
CLIPPED_SHARE = 0.01
"""Of the samples at full scale: a loud, well-recorded voice has some in ten thousand."""
_FULL_SCALE = 0.999
_WANTED = "record 10 to 30 s of one person who speaks, in a quiet room"


@dataclass(frozen=True, slots=True)
class Consent:
    """Who lends their voice, and what they agreed to: `[engines.coqui.consent]`."""

    person: str
    date: str
    """When they agreed: "2026-03-01"."""
    scope: str
    """What the voice may be used for, in the words that were agreed upon."""

    def __post_init__(self) -> None:
        for name in ("person", "scope"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name} must not be empty")
        try:
            day = date.fromisoformat(self.date)
        except ValueError:
            raise ValueError(f'date must be a day written as "2026-03-01", not "{self.date[:40]}"') from None
        if day > date.today():
            raise ValueError(
                f'date = "{self.date}" is still to come: write the day on which they agreed, or set the clock'
            )

    def __str__(self) -> str:
        return f'{self.person}, who agreed on {self.date} to "{self.scope}"'


def read_reference(file: Path) -> Audio:
    """The recording in `file` (WAV, FLAC, MP3: what ffmpeg reads), its channels mixed down.

    Raises:
        ModelError: it cannot be read, is no file, or is too short, too long, too low in rate, silent or clipped.
    """
    # a pipe or a device would be waited for
    if file.exists() and not file.is_file() and not file.is_dir():
        raise ModelError(f"{file}: is no file; {_WANTED}.")
    sound, rate_hz = _decoded(file)
    duration_s = sound.shape[1] / rate_hz
    mixed = np.clip(sound.mean(axis=0), -1.0, 1.0).astype(np.float32)
    clipped = float(np.mean(np.any(np.abs(sound) >= _FULL_SCALE, axis=0))) if sound.size else 0.0
    fault = _fault(rate_hz, duration_s, level_db(mixed), clipped) or _too_little_voice(mixed, rate_hz)
    if fault:
        raise ModelError(f"{file}: this recording {fault}; {_WANTED}.")
    return Audio(mixed, rate_hz)


def _fault(rate_hz: int, duration_s: float, level: float, clipped: float) -> str:
    """What makes a recording useless as a reference, or ""."""
    if rate_hz < LOWEST_RATE_HZ:
        return f"has {rate_hz} samples a second, which is a telephone's sound, and needs at least {LOWEST_RATE_HZ}"
    if duration_s > LONGEST_S:
        return f"is longer than {LONGEST_S:.0f} s"
    if duration_s < SHORTEST_S:
        return f"is {duration_s:.1f} s short and needs at least {SHORTEST_S:.0f} s"
    if level < SILENT_DB:
        return f"is silent (level {level:.0f} dB)"
    if clipped > CLIPPED_SHARE:
        return f"is overdriven ({clipped:.0%} of it is at full scale)"
    return ""


def _too_little_voice(mixed: Samples, rate_hz: int) -> str:
    """What to say of a recording that is silent for the most part, or ""."""
    window_samples = round(_WINDOW_S * rate_hz)
    levels = [level_db(mixed[start : start + window_samples]) for start in range(0, len(mixed), window_samples)]
    quietest = max(SILENT_DB, max(levels) - _SPEECH_RANGE_DB)
    voice_s = _WINDOW_S * sum(level >= quietest for level in levels)
    return f"holds {voice_s:.1f} s of voice and needs at least {LEAST_VOICE_S:.0f} s" if voice_s < LEAST_VOICE_S else ""


def _decoded(file: Path) -> tuple[npt.NDArray[np.float32], int]:
    """The first LONGEST_S of a file and a little more, shape (channels, n), and its rate: an hour is not read."""
    import av
    import av.error

    pieces: list[npt.NDArray[np.float32]] = []
    rate_hz = samples = 0
    try:
        with av.open(str(file)) as container:
            for frame in container.decode(audio=0):
                piece = channels(frame)
                if pieces and (frame.sample_rate, len(piece)) != (rate_hz, len(pieces[0])):
                    break
                rate_hz = frame.sample_rate
                pieces.append(np.nan_to_num(piece))
                samples += piece.shape[1]
                if samples > LONGEST_S * rate_hz:
                    break
    except FileNotFoundError:
        raise ModelError(f"{file}: there is no such file; see reference under [engines.coqui].") from None
    except IndexError:
        raise ModelError(f"{file}: there is no sound in this file; {_WANTED}.") from None
    except (OSError, av.error.FFmpegError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"{file}: this is not a sound file that can be read ({reason}); save it as WAV.") from error
    if not pieces:
        raise ModelError(f"{file}: there is no sound in this file; {_WANTED}.")
    return np.concatenate(pieces, axis=1), rate_hz

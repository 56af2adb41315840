"""Hears from the sound of a turn, its melody and its pace, whether the speaker has finished: Smart Turn v3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from models.audio import HEARING_RATE_HZ, Samples
from models.log_mel import HOP_SAMPLES, MEL_BANDS, log_mel
from models.onnx_session import open_session
from models.protocols import ModelError

HEARD_SAMPLES = 8 * HEARING_RATE_HZ
"""The end of the turn that it hears, 8 s; a shorter one stands at the end, behind silence."""
INPUT = "input_features"
_SHAPE = (MEL_BANDS, HEARD_SAMPLES // HOP_SAMPLES)
_LEAST_VARIANCE = 1e-7
_FETCH = "fetch it with `souffleur models pull smart-turn-v3`"


class SmartTurn:
    """The model in a file; `finished` may be asked from any thread, and takes some 50 ms of one core."""

    def __init__(self, file: Path) -> None:
        """Raises ModelError: there is no such file, or it is not whole, or another model."""
        self._file = file
        if not file.is_file():
            raise ModelError(f"{file}: there is no such file; {_FETCH}.")
        try:
            self._session = open_session(file)
        except Exception as error:  # onnxruntime raises classes of its own, with no common base
            raise ModelError(f"{file}: is no whole ONNX model ({_in_short(error)}); {_FETCH}.") from error
        if (hears := _hears(self._session)) != _wanted():
            raise ModelError(f"{file}: is another model than Smart Turn v3 (it hears {hears}); {_FETCH}.")
        # the first time is the slowest, and a model that answers with something else is told before the doors open
        self.finished(np.zeros(0, np.float32))

    def finished(self, samples: Samples) -> float:
        """Probability, 0..1, that who spoke these samples, shape (n,) at 16 kHz, has finished.

        Best given the whole turn up to the pause, what was said in earlier turns left out.

        Raises:
            ModelError: the model fails, or what it gives is no probability.
        """
        heard = log_mel(_evened(_last_seconds(samples)))
        try:
            answers = self._session.run(None, {INPUT: heard[None]})
        except Exception as error:  # as above
            raise ModelError(f"{self._file}: failed ({_in_short(error)}); {_FETCH}.") from error
        answer = np.ravel(np.asarray(answers[0], np.float64)) if len(answers) == 1 else np.zeros(0)
        if len(answer) != 1 or not 0 <= answer[0] <= 1:
            raise ModelError(f"{self._file}: does not answer with one probability, as Smart Turn v3 does; {_FETCH}.")
        return float(answer[0])


def require_smart_turn(file: Path) -> None:
    """Whether there is a Smart Turn in that file, which is loaded for a moment. Raises ModelError."""
    SmartTurn(file)


def _last_seconds(samples: Samples) -> Samples:
    heard = samples[-HEARD_SAMPLES:]
    return np.concatenate((np.zeros(HEARD_SAMPLES - len(heard), np.float32), heard))


def _evened(samples: Samples) -> Samples:
    """At one level, and around zero, whatever the microphone's; the silence before a short turn counts."""
    spread = np.sqrt(np.var(samples) + _LEAST_VARIANCE)
    return np.asarray((samples - np.mean(samples)) / spread, np.float32)


def _wanted() -> str:
    return f"{INPUT} of {_SHAPE[0]} x {_SHAPE[1]}"


def _hears(session: Any) -> str:
    """What the model is given, in words; sizes that it leaves open are taken for the wanted ones."""
    if len(inputs := session.get_inputs()) != 1:
        return f"{len(inputs)} things"
    (given,) = inputs
    sizes = [size if isinstance(size, int) else wanted for size, wanted in zip(given.shape[1:], _SHAPE, strict=False)]
    sizes = [*sizes, *given.shape[1 + len(_SHAPE) :]]
    return f"{given.name} of {' x '.join(map(str, sizes)) or 'one number'}"


def _in_short(error: Exception) -> str:
    """The end of what onnxruntime says, which begins with codes and repeats the file's name."""
    said = " ".join(str(error).split())
    return said.rsplit("failed:", 1)[-1].rsplit(" : ", 1)[-1].rstrip(". ")[:160]

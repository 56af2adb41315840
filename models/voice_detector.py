"""Tells a voice from everything else: webrtcvad as the cheap gate, Silero as the judge behind it."""

from __future__ import annotations

import importlib.util
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import webrtcvad

from models.audio import HEARING_RATE_HZ, Samples, to_pcm16
from models.onnx_session import open_session
from models.protocols import ModelError

WINDOW_SAMPLES = 320
"""20 ms: a length that webrtcvad takes."""
JUDGE_SAMPLES = 512
"""32 ms: the window that Silero takes."""
JUDGE_WINDOW_S = JUDGE_SAMPLES / HEARING_RATE_HZ
_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (1, 1, 128)


@dataclass(frozen=True, slots=True)
class VoiceDetectorSettings:
    """How sure the detector must be."""

    gate: int = 2
    """How strict webrtcvad is, 0..3."""
    judge: bool = True
    """Whether Silero confirms what webrtcvad lets through; without it, noise and music pass for voices."""
    threshold: float = 0.5
    """Silero's probability, 0..1, from which on it is a voice."""
    careful_threshold: float = 0.7
    """The same while the double speaks, whose echo may be in what is heard."""
    release_threshold: float = 0.35
    """Below this probability a voice has ended; between the two thresholds nothing changes."""
    gate_hold_s: float = 0.4
    """The gate stays open this long after webrtcvad's last voice, so that the judge keeps its thread."""
    recall_s: float = 0.5
    """When the gate opens, the judge first hears this much of what came before."""

    def __post_init__(self) -> None:
        if self.gate not in range(4):
            raise ValueError("gate must be 0, 1, 2 or 3")
        if not 0 < self.release_threshold <= self.threshold <= self.careful_threshold < 1:
            names = "release_threshold, threshold and careful_threshold"
            raise ValueError(f"{names} must lie between 0 and 1, and none below the one before")


class Silero:
    """Silero's recurrent network: probability of a voice for each 32 ms of one continuous stream."""

    def __init__(self, path: Path) -> None:
        try:
            self._session = open_session(path)
        except Exception as error:  # onnxruntime raises classes of its own, with no common base
            raise ModelError(f"the voice detector {path} cannot be read ({error}); reinstall faster-whisper") from error
        self.reset()

    def reset(self) -> None:
        """Begin a new stream."""
        self._hidden = np.zeros(_STATE_SHAPE, np.float32)
        self._cell = np.zeros(_STATE_SHAPE, np.float32)
        self._context = np.zeros(_CONTEXT_SAMPLES, np.float32)

    def probability(self, samples: Samples) -> float:
        """Probability, 0..1, at the end of the next stretch, shape (512 * n,) with n > 0, at 16 kHz."""
        return float(self.probabilities(samples)[-1])

    def probabilities(self, samples: Samples) -> Samples:
        """Probabilities, 0..1, shape (n,), one for each window of the next stretch, shape (512 * n,) with n > 0."""
        windows = samples.reshape(-1, JUDGE_SAMPLES)
        tails = windows[:, -_CONTEXT_SAMPLES:]
        contexts = np.concatenate((self._context[None], tails[:-1]))
        self._context = tails[-1].copy()
        feed = {"input": np.concatenate((contexts, windows), axis=1), "h": self._hidden, "c": self._cell}
        probabilities, self._hidden, self._cell = self._session.run(None, feed)
        return np.ravel(probabilities)


class GatedDetector:
    """The `VoiceDetector` of the house: one call per 20 ms; in a silent room only webrtcvad works."""

    def __init__(self, settings: VoiceDetectorSettings) -> None:
        self._settings = settings
        self._gate = webrtcvad.Vad(settings.gate)
        self._silero = Silero(silero_file()) if settings.judge else None
        self._hold_windows = round(settings.gate_hold_s * HEARING_RATE_HZ / WINDOW_SAMPLES)
        recall_windows = max(2, round(settings.recall_s * HEARING_RATE_HZ / WINDOW_SAMPLES))
        self._recent: deque[Samples] = deque(maxlen=recall_windows)
        self.reset()

    @property
    def window_samples(self) -> int:
        """320: 20 ms at 16 kHz."""
        return WINDOW_SAMPLES

    def reset(self) -> None:
        """Forget what was heard before."""
        self._gate = webrtcvad.Vad(self._settings.gate)
        self._recent.clear()
        self._pending = np.zeros(0, np.float32)
        self._open_windows = 0
        self._voice = self._suspects = self._careful = False
        self._certainty = 0.0

    @property
    def suspects(self) -> bool:
        """Whether webrtcvad took the last window for a voice."""
        return self._suspects

    @property
    def certainty(self) -> float:
        """Silero's probability, or webrtcvad's yes or no where there is no judge."""
        return float(self._suspects) if self._silero is None else self._certainty

    def is_voice(self, samples: Samples, careful: bool = False) -> bool:
        """Whether this window, shape (320,) at 16 kHz, holds a voice; `careful`: our own may be in it.

        Raises:
            ValueError: a window of another length.
        """
        if len(samples) != WINDOW_SAMPLES:
            raise ValueError(f"the voice detector wants {WINDOW_SAMPLES} samples, not {len(samples)}")
        gate = self._gate.is_speech(to_pcm16(samples), HEARING_RATE_HZ)
        self._suspects, self._careful = bool(gate), careful
        if self._silero is None:
            return bool(gate)
        self._recent.append(samples)
        was_open = self._open_windows > 0
        self._open_windows = self._hold_windows if gate else max(0, self._open_windows - 1)
        if self._open_windows == 0:
            self._voice, self._certainty = False, 0.0
        elif was_open:
            self._judge(self._silero, np.concatenate((self._pending, samples)))
        else:
            self._silero.reset()
            recalled = np.concatenate(self._recent)
            # cut at the front: the newest sample must be judged now, not after the next window
            self._judge(self._silero, recalled[len(recalled) % JUDGE_SAMPLES :])
        return self._voice

    def _judge(self, silero: Silero, unheard: Samples) -> None:
        whole = len(unheard) // JUDGE_SAMPLES * JUDGE_SAMPLES
        self._pending = unheard[whole:]
        if whole:
            begin = self._settings.careful_threshold if self._careful else self._settings.threshold
            limit = self._settings.release_threshold if self._voice else begin
            self._certainty = silero.probability(unheard[:whole])
            self._voice = self._certainty >= limit


def silero_file() -> Path:
    """Silero's ONNX file, inside the faster-whisper package (found without importing that).

    Raises:
        ModelError: the package or the file is missing.
    """
    package = importlib.util.find_spec("faster_whisper")
    for folder in (package.submodule_search_locations or []) if package else []:
        for path in sorted(Path(folder, "assets").glob("silero_vad*.onnx")):
            return path
    raise ModelError("the voice detector (silero_vad*.onnx in the package faster-whisper) is missing; run scripts/run")

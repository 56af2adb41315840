"""Ears that understand many languages: faster-whisper, on any CTranslate2 Whisper folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from models.audio import HEARING_RATE_HZ, Audio, Samples
from models.ctranslate2_file import check_ctranslate2
from models.protocols import Language, ModelError, Transcript

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_NEEDED_FILES = {
    "model.bin": "this is no CTranslate2 Whisper; convert it with ct2-transformers-converter",
    "config.json": "copy it from where the model came from",
    "tokenizer.json": "copy it from the Whisper that the model was made of",
}
_HEAD = b"\6\0\0\0\x0c\0WhisperSpec\0"
"""A model.bin begins with the version of its format, then the kind of model."""
_SHORTEST_S = 0.1


@dataclass(frozen=True, slots=True)
class WhisperSettings:
    """How Whisper listens; the defaults are for a conversation: quick, and nothing carried over between utterances."""

    device: str = "auto"
    """"cpu", "cuda" or "auto"."""
    compute_type: str = "auto"
    """As CTranslate2 names it ("int8", "float16", ...); "auto" is int8 on a processor, float16 on a graphics card."""
    beam_size: int = 1
    temperatures: tuple[float, ...] = (0.0, 0.4, 0.8)
    """The first one decodes; each further one is tried when the text before it looked wrong."""
    threads: int = 0
    """Of the processor; 0 lets CTranslate2 choose."""

    def __post_init__(self) -> None:
        if self.beam_size < 1:
            raise ValueError("beam_size must be at least 1")
        if not self.temperatures:
            raise ValueError("temperatures needs at least one number, such as 0.0")


def check_folder(folder: Path) -> None:
    """Look whether `folder` holds what a Whisper needs, without loading it.

    Raises:
        ModelError: the folder or one of its files is missing, or model.bin is something else or ends too early.
    """
    if not folder.is_dir():
        raise ModelError(
            f'{folder}: there is no such folder; ears in [engines] is "sphinx" or the folder of a Whisper.'
        )
    for name, remedy in _NEEDED_FILES.items():
        if not (folder / name).is_file():
            raise ModelError(f"{folder}: has no {name}; {remedy}.")
    with (folder / "model.bin").open("rb") as file:
        head = file.read(len(_HEAD))
    if not head:
        raise ModelError(f"{folder}/model.bin: is empty; fetch it again.")
    if head[4:] != _HEAD[4:]:
        raise ModelError(f"{folder}/model.bin: is no CTranslate2 Whisper; convert it with ct2-transformers-converter.")
    check_ctranslate2(folder / "model.bin")


class WhisperTranscriber:
    """Understands what Whisper understands, in the languages of the show."""

    def __init__(self, settings: WhisperSettings, folder: Path) -> None:
        check_folder(folder)
        self.name = f"whisper ({folder.name})"
        self._settings = settings
        self._aborted = Event()
        self._model = _load(folder, settings)
        # detecting the language and transcribing need the same encoding, the dearest step of all
        self._model.encode = _Remembered(self._model.encode)

    def transcribe(self, audio: Audio, languages: Sequence[Language]) -> Transcript:
        """The words of `audio` (16 kHz) in the likeliest of `languages`; empty when aborted, between segments.

        Raises:
            ModelError: Whisper failed, or none of `languages` is one of its own.
        """
        self._aborted.clear()
        known = [language for language in languages if language in self._model.supported_languages]
        if not known:
            raise ModelError(f"{self.name} understands none of: {', '.join(languages)}; choose a multilingual Whisper.")
        if audio.duration_s < _SHORTEST_S:
            return Transcript("", known[0], 0.0)
        try:
            language, sureness = self._language(audio.samples, known)
            text = self._text(audio.samples, language)
        except Exception as error:  # CTranslate2 and the tokenizer have no common base
            raise ModelError(f"{self.name} failed on {audio.duration_s:.1f} s of sound ({error})") from error
        return Transcript("" if self._aborted.is_set() else text, language, sureness)

    def _language(self, samples: Samples, known: Sequence[Language]) -> tuple[Language, float]:
        if len(known) == 1:
            return known[0], 1.0
        features = self._model.feature_extractor(samples)
        # without its last frame it is what transcribing encodes: see _Remembered
        _, _, every = self._model.detect_language(features=features[..., :-1])
        probable = {language: float(probability) for language, probability in every if language in known}
        total = sum(probable.values())
        best = max(known, key=lambda language: probable.get(language, 0.0))
        return best, probable.get(best, 0.0) / total if total > 0 else 0.0

    def _text(self, samples: Samples, language: Language) -> str:
        segments, _ = self._model.transcribe(
            samples,
            language=language,
            beam_size=self._settings.beam_size,
            temperature=list(self._settings.temperatures),
            condition_on_previous_text=False,
            without_timestamps=len(samples) < 30 * HEARING_RATE_HZ,
        )
        said = []
        for segment in segments:
            if self._aborted.is_set():
                break
            said.append(segment.text.strip())
        return " ".join(part for part in said if part)

    def abort(self) -> None:
        """Stop a transcription after the segment under way."""
        self._aborted.set()

    def close(self) -> None:
        """Free the weights."""
        self._model.model.unload_model()


class _Remembered:
    """A function of an array that keeps its last answer."""

    def __init__(self, function: Callable[[np.ndarray[Any, Any]], Any]) -> None:
        self._function = function
        self._last: tuple[np.ndarray[Any, Any], Any] | None = None

    def __call__(self, features: np.ndarray[Any, Any]) -> Any:
        if self._last is None or not np.array_equal(self._last[0], features):
            self._last = (features.copy(), self._function(features))
        return self._last[1]


def _load(folder: Path, settings: WhisperSettings) -> WhisperModel:
    from faster_whisper import WhisperModel

    logging.getLogger("faster_whisper").setLevel(logging.WARNING)
    try:
        return WhisperModel(
            str(folder),
            device=settings.device,
            compute_type=_compute_type(settings),
            cpu_threads=settings.threads,
            local_files_only=True,
        )
    except Exception as error:  # the tokenizer raises bare Exceptions
        reason = " ".join(str(error).split())
        raise ModelError(
            f"{folder}: cannot be loaded as a CTranslate2 Whisper ({reason}); fetch it again, "
            "or see [engines.whisper] in show.toml."
        ) from error


def _compute_type(settings: WhisperSettings) -> str:
    if settings.compute_type != "auto":
        return settings.compute_type
    import ctranslate2

    on_card = settings.device == "cuda" or (settings.device == "auto" and ctranslate2.get_cuda_device_count() > 0)
    return "float16" if on_card else "int8"

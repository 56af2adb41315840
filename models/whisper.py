"""Ears that understand many languages: faster-whisper, on any CTranslate2 Whisper folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from models.audio import HEARING_RATE_HZ, Audio, Samples, silence
from models.hallucination import GuardSettings, Piece, confidence, speech_in
from models.phantoms import fold
from models.protocols import Cancelled, Language, ModelError, Transcript, never
from models.speech_gate import SpeechGate, SpeechGateSettings
from models.whisper_folder import check_folder, choose
from models.wording import brief

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_SHORTEST_S = 0.1


@dataclass(frozen=True, slots=True)
class WhisperSettings:
    """How Whisper listens; the defaults are for a conversation: quick, and nothing carried over between utterances."""

    device: str = "auto"
    """"cpu", "cuda" or "auto"."""
    compute_type: str = "auto"
    """As CTranslate2 names it ("int8", "float16", ...); "auto" is int8 on a processor, float16 on a graphics card."""
    beam_size: int = 1
    """How many texts are followed side by side: more hear a little better, and take longer."""
    temperatures: tuple[float, ...] = (0.0, 0.4, 0.8)
    """The first one decodes; each further one is tried when the text before it looked wrong."""
    language: Language = ""
    """The one that everybody speaks; "" takes for each utterance the likeliest of the show's languages.

    "any" takes the likeliest of all that the model knows: a visitor is understood who speaks none of the show's, and
    answered in the first of them.
    """
    hot_words: tuple[str, ...] = ()
    """Names and words of the show that it is to expect, spelt as they are to be written.

    A Whisper that never learned from a prompt is only confused by them; the pocket one is not given any.
    """
    threads: int = 0
    """Of the processor; 0 lets CTranslate2 choose."""
    gate: SpeechGateSettings = field(default_factory=SpeechGateSettings)
    guard: GuardSettings = field(default_factory=GuardSettings)

    def __post_init__(self) -> None:
        if self.beam_size < 1:
            raise ValueError("beam_size must be at least 1")
        if not self.temperatures:
            raise ValueError("temperatures needs at least one number, such as 0.0")
        if not all(0 <= temperature <= 1 for temperature in self.temperatures):
            raise ValueError("temperatures must be numbers between 0 and 1")
        for word in self.hot_words:
            # the tokenizer would take "<|en|>" for a command to Whisper
            if not fold(word) or "<|" in word or not word.isprintable():
                raise ValueError(f"hot_words has {word[:40]!r}, which is no word")


class WhisperTranscriber:
    """Understands what Whisper understands, in the languages of the show."""

    def __init__(self, settings: WhisperSettings, folder: Path) -> None:
        self._known = check_folder(folder)
        self.name = f"whisper ({folder.name})"
        self._settings = settings
        self._aborted = Event()
        self._gate = SpeechGate(settings.gate)
        self._model = _load(folder, settings)
        self._hot_words = _hot_words(self._model, settings)
        # detecting the language and transcribing need the same encoding, the dearest step of all
        self._model.encode = _Remembered(self._model.encode)

    def transcribe(self, audio: Audio, languages: Sequence[Language], cancelled: Cancelled = never) -> Transcript:
        """The words of `audio` (16 kHz) in the likeliest of `languages`; empty when nobody spoke, or when aborted.

        Where the settings allow any language, the words may be in another one; the transcript then tells the first of
        `languages`, in which the double can answer. An abort waits for the segment under way. The confidence is that of
        the tokens; see `hallucination.confidence`.

        Raises:
            ModelError: Whisper failed, or none of `languages` is one of its own.
        """
        self._aborted.clear()
        if audio.duration_s >= _SHORTEST_S and self._gate.lets_through(audio.samples) and not cancelled():
            return self._understand(audio, languages)
        return Transcript("", _of_the_show(self._candidates(languages)[0], languages), 0.0)

    def warm_up(self, languages: Sequence[Language]) -> None:
        """Transcribe a silence, which the gate would keep away. Raises ModelError, as `transcribe` does."""
        self._aborted.clear()
        self._understand(silence(0.5, HEARING_RATE_HZ), languages)

    def _understand(self, audio: Audio, languages: Sequence[Language]) -> Transcript:
        chosen = self._candidates(languages)
        try:
            heard = self._likeliest(audio.samples, chosen)
            text, sureness = self._speech(audio.samples, heard)
        except Exception as error:  # CTranslate2 and the tokenizer have no common base
            raise ModelError(f"{self.name} failed on {audio.duration_s:.1f} s of sound ({error})") from error
        language = _of_the_show(heard, languages)
        return Transcript("", language, 0.0) if self._aborted.is_set() else Transcript(text, language, sureness)

    def _candidates(self, languages: Sequence[Language]) -> tuple[Language, ...]:
        return choose(self.name, self._settings.language, languages, self._known)

    def _likeliest(self, samples: Samples, chosen: Sequence[Language]) -> Language:
        if len(chosen) == 1:
            return chosen[0]
        features = self._model.feature_extractor(samples)
        # without its last frame it is what transcribing encodes: see _Remembered
        _, _, every = self._model.detect_language(features=features[..., :-1])
        probable = {language: float(probability) for language, probability in every}
        return max(chosen, key=lambda language: probable.get(language, 0.0))

    def _speech(self, samples: Samples, language: Language) -> tuple[str, float]:
        """What was said in that language, and how sure that is, 0..1."""
        segments, _ = self._model.transcribe(
            samples,
            language=language,
            beam_size=self._settings.beam_size,
            # at its own wish faster-whisper would follow five texts wherever it doubts the first one
            best_of=self._settings.beam_size,
            temperature=list(self._settings.temperatures),
            compression_ratio_threshold=self._settings.guard.compression_threshold,
            log_prob_threshold=self._settings.guard.logprob_threshold,
            no_speech_threshold=self._settings.guard.no_speech_threshold,
            condition_on_previous_text=False,
            without_timestamps=len(samples) < 30 * HEARING_RATE_HZ,
            hotwords=self._hot_words,
        )
        said: list[tuple[str, float]] = []
        for segment in segments:
            if self._aborted.is_set():
                break
            length_s = segment.end - segment.start
            piece = Piece(segment.text, segment.no_speech_prob, segment.avg_logprob, length_s)
            if text := speech_in(piece, self._settings.guard, self._settings.hot_words):
                said.append((text, segment.avg_logprob))
        mean = sum(len(text) * logprob for text, logprob in said) / max(1, sum(len(text) for text, _ in said))
        return " ".join(text for text, _ in said), confidence(mean) if said else 0.0

    def abort(self) -> None:
        """Stop a transcription after the segment under way."""
        self._aborted.set()

    def close(self) -> None:
        """Free the weights."""
        self._model.model.unload_model()


def _of_the_show(language: Language, languages: Sequence[Language]) -> Language:
    return language if language in languages else languages[0]


class _Remembered:
    """A function of an array that keeps its last answer."""

    def __init__(self, function: Callable[[np.ndarray[Any, Any]], Any]) -> None:
        self._function = function
        self._last: tuple[np.ndarray[Any, Any], Any] | None = None

    def __call__(self, features: np.ndarray[Any, Any]) -> Any:
        if self._last is None or not np.array_equal(self._last[0], features):
            self._last = (features.copy(), self._function(features))
        return self._last[1]


def _hot_words(model: WhisperModel, settings: WhisperSettings) -> str | None:
    """The hot words as faster-whisper takes them. Raises ModelError where it would leave some out without a word."""
    listed = ", ".join(settings.hot_words)
    most = model.max_length // 2 - 1
    count = len(model.hf_tokenizer.encode(" " + listed, add_special_tokens=False).ids)
    if count > most:
        raise ModelError(f"[engines.whisper] hot_words are {count} tokens long, of {most} at most; leave some out.")
    return listed or None


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
        raise ModelError(
            f"{folder}: cannot be loaded as a CTranslate2 Whisper ({brief(error)}); fetch it again, "
            "or see [engines.whisper] in show.toml."
        ) from error


def _compute_type(settings: WhisperSettings) -> str:
    if settings.compute_type != "auto":
        return settings.compute_type
    import ctranslate2

    on_card = settings.device == "cuda" or (settings.device == "auto" and ctranslate2.get_cuda_device_count() > 0)
    return "float16" if on_card else "int8"

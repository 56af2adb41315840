"""Counts what the pocket ears mishear: sentences and voices that they were not trained on, and rooms without speech."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

from scripts.pocket import noises
from scripts.pocket.ear_examples import Studio
from scripts.pocket.ear_text import EarText, normal

BEAM_SIZE = 5
"""As faster-whisper has it by itself, and the demo: for ears so small it costs little and helps much."""
_ROOMS = 60


@dataclass(frozen=True, slots=True)
class EarTrial:
    """How it went."""

    word_error_rate: dict[str, float]
    """Per language: words wrong, missing or too many, per word said; the language is not given."""
    language_right: dict[str, float]
    """Share of sentences whose language was told."""
    rooms_with_text: int
    """Of `rooms` sounds without speech, those in which something was understood."""
    rooms: int
    mistakes: list[tuple[str, str]]
    """Some sentences as said and as understood."""


def try_out(folder: Path, texts: tuple[EarText, ...], sentences: int) -> EarTrial:
    """Listen to `sentences` sentences of each language with the model in `folder`, through faster-whisper."""
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True)
    if not model.model.is_multilingual:
        raise SystemExit(f"{folder}: CTranslate2 does not take it for a multilingual Whisper.")
    studio = Studio(texts, seed=0)
    rates, right, mistakes = {}, {}, []
    for text in texts:
        wrong, said, told = 0, 0, 0
        for number in range(sentences):
            sound, sentence = studio.trial(number, text)
            heard, language = hear(model, sound)
            told += language == text.language
            errors = distance(normal(sentence), normal(heard))
            wrong, said = wrong + errors, said + len(normal(sentence))
            if errors:
                mistakes.append((sentence, heard))
        rates[text.language], right[text.language] = wrong / said, told / sentences
    rng = np.random.default_rng(99)
    heard_in_rooms = sum(bool(hear(model, _room(rng))[0]) for _ in range(_ROOMS))
    random.Random(1).shuffle(mistakes)
    return EarTrial(rates, right, heard_in_rooms, _ROOMS, mistakes[:20])


def hear(model: WhisperModel, sound: np.ndarray) -> tuple[str, str]:
    """What is understood, as it stands (no guard of the house's around it), and in which language."""
    segments, info = model.transcribe(
        sound,
        beam_size=BEAM_SIZE,
        temperature=0.0,
        condition_on_previous_text=False,
        without_timestamps=True,
    )
    return " ".join(segment.text.strip() for segment in segments).strip(), info.language


def distance(said: list[str], heard: list[str]) -> int:
    """Words to be changed, added or left out (Levenshtein) to make one of the other."""
    row = list(range(len(heard) + 1))
    for left, word in enumerate(said, 1):
        diagonal, row[0] = row[0], left
        for column, other in enumerate(heard, 1):
            diagonal, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, diagonal + (word != other))
    return row[-1]


def _room(rng: np.random.Generator) -> np.ndarray:
    sound = noises.anything(round(rng.uniform(0.5, 8) * noises.RATE_HZ), rng)
    return sound / (np.max(np.abs(sound)) + 1e-6) * np.float32(10 ** (rng.uniform(-50, -6) / 20))

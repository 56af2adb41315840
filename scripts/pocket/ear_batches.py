"""Batches for the training of the pocket ears, each a pure function of its number."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import Dataset

from scripts.pocket.ear_examples import FRAMES_PER_S, Example, Studio
from scripts.pocket.ear_network import FRAMES_PER_STEP, IGNORED, MELS, NOWHERE
from scripts.pocket.ear_text import EarText
from scripts.pocket.ear_tokens import END, NO_SPEECH, prompt

WINDOW_FRAMES = 30 * FRAMES_PER_S
GROUP = 8
"""Batches that are made at once and share their examples by length, so that little is padding."""
_EASY_SHARE = 0.12
"""In the first part of the training the rooms are quiet and near: sounds are learnt sooner, and noise after them."""
_PHRASES_SHARE = 0.35
"""So long all examples are phrases of a few words, later few."""
_WINDOWS_SHARE = 0.94
"""From here on, windows of the full 30 s are frequent, as faster-whisper will give them."""


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Sizes and proportions."""

    seed: int
    size: int
    steps: int
    """Of the whole training: its last part sees windows of the full 30 s."""


class EarBatches(Dataset):
    """Item n is the n-th group of batches."""

    def __init__(
        self, texts: tuple[EarText, ...], tokenizer: Tokenizer, phonemes: str, settings: BatchSettings, first: int
    ) -> None:
        self._texts = texts
        self._tokenizer = tokenizer
        self._phonemes = {sign: number for number, sign in enumerate(phonemes, 1)}
        self._settings = settings
        self._first = first
        self._studio: Studio | None = None

    def __len__(self) -> int:
        """Groups that are left."""
        return max(0, -(-self._settings.steps // GROUP) - self._first)

    def __getitem__(self, item: int) -> list[dict[str, Tensor]]:
        """The batches of one group, in an order of their own."""
        if self._studio is None:  # espeak-ng belongs to one process
            self._studio = Studio(self._texts, self._settings.seed)
        group, size = self._first + item, self._settings.size
        rng = random.Random(f"group/{self._settings.seed}/{group}")
        numbers = range(group * GROUP * size, (group + 1) * GROUP * size)
        share = group * GROUP / self._settings.steps
        phrases, easy = 1.0 if share < _PHRASES_SHARE else 0.15, share < _EASY_SHARE
        drawn = (self._studio.example(n, phrases, easy) for n in numbers)
        examples = sorted(drawn, key=lambda one: one.features.shape[1])
        batches = [examples[start : start + size] for start in range(0, len(examples), size)]
        rng.shuffle(batches)
        return [self._batch(batch, share, rng) for batch in batches]

    def _batch(self, examples: list[Example], share: float, rng: random.Random) -> dict[str, Tensor]:
        longest = max(one.features.shape[1] for one in examples)
        frames = min(WINDOW_FRAMES, _rounded(longest + _padding(share, rng), 60))
        if frames > 1_000:  # the cost grows with the padding: fewer at a time
            examples = rng.sample(examples, max(4, len(examples) * 1_000 // frames))
        features = np.zeros((len(examples), MELS, frames), np.float32)
        for row, one in zip(features, examples, strict=True):
            heard = one.features if share < _EASY_SHARE else _masked(one.features, rng)
            row[:, : heard.shape[1]] = heard
        given, wanted, places = self._tokens(examples)
        sounds = [[self._phonemes[sign] for sign in one.phonemes if sign in self._phonemes] for one in examples]
        return {
            "features": torch.from_numpy(features),
            "given": torch.tensor(given),
            "wanted": torch.tensor(wanted),
            "phonemes": torch.tensor([number for one in sounds for number in one], dtype=torch.long),
            "phoneme_lengths": torch.tensor([len(one) for one in sounds]),
            "places": torch.tensor(places) / FRAMES_PER_STEP,
        }

    def _tokens(self, examples: list[Example]) -> tuple[list[list[int]], list[list[int]], list[list[float]]]:
        """What the decoder reads, what it must say next, and the frame where that is heard (NOWHERE: no matter).

        First comes the language (or that nobody speaks), then words.
        """
        end, nobody = self._tokenizer.token_to_id(END), self._tokenizer.token_to_id(NO_SPEECH)
        given, wanted, places = [], [], []
        for one in examples:
            head = prompt(self._tokenizer, one.language)
            pieces = self._tokenizer.encode(one.text, add_special_tokens=False)
            words = pieces.ids
            given.append([*head, *words])
            middles = [(start + stop) / 2 for start, stop in pieces.offsets]
            characters, frames = zip(*one.places, strict=True) if one.text else ((), ())
            heard = np.interp(middles, characters, frames).tolist() if one.text else []
            places.append([NOWHERE] * (len(head) - 1) + [*heard, frames[-1] if one.text else NOWHERE])
            first = head[1] if one.text else nobody
            wanted.append([first, IGNORED, IGNORED, *words, end])
        longest = _rounded(max(map(len, given)), 4)
        return _filled(given, end, longest), _filled(wanted, IGNORED, longest), _filled(places, NOWHERE, longest)


def _rounded(length: int, step: int) -> int:
    """Few different lengths: PyTorch prepares and keeps something for each, which takes time and memory."""
    return -(-length // step) * step


def _filled(rows: list[list[Any]], filler: float, length: int) -> list[list[Any]]:
    return [row + [filler] * (length - len(row)) for row in rows]


def _padding(share: float, rng: random.Random) -> int:
    """Frames of nothing after the sound: a little, to begin with, then more and more often the whole window."""
    chance = rng.random()
    if share < _PHRASES_SHARE:
        return rng.randint(0, 60)
    if chance < (0.02 if share < _WINDOWS_SHARE else 0.3):
        return WINDOW_FRAMES
    return rng.randint(0, 60) if chance < 0.85 else rng.randint(0, 500)


def _masked(features: np.ndarray, rng: random.Random) -> np.ndarray:
    """Bands and moments struck out (SpecAugment, Park et al. 2019) in every second example."""
    if rng.random() < 0.5:
        return features
    masked, floor = features.copy(), features.min()
    for _ in range(2):
        low, moment = rng.randrange(MELS), rng.randrange(features.shape[1])
        masked[low : low + rng.randint(0, 10), :] = floor
        masked[:, moment : moment + rng.randint(0, 12)] = floor
    return masked

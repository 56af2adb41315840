"""Utterances in espeak-ng's voices, English and French."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import count, pairwise

import numpy as np

from models.audio import HEARING_RATE_HZ, Audio, Samples
from models.load import render
from scripts.turns import sentences
from scripts.turns.stimuli import Stimulus, pauses_s, room_tone, stimulus, voiced_spans

_MARGIN_S = 0.3
_DRAFTED_S = 0.2
"""A pause so long is drafted, and the ears are asked for the words so far."""


@lru_cache(maxsize=512)
def voiced(text: str, voice: str) -> Samples:
    """`text` in one of espeak-ng's voices, without silence at its ends, at 16 kHz."""
    audio = render(text, voice[:2], voice).at_rate(HEARING_RATE_HZ)
    spans = voiced_spans(audio)
    return audio.samples[round(spans[0][0] * audio.rate_hz) : round(spans[-1][1] * audio.rate_hz)]


def said(text: str, voice: str) -> Stimulus:
    """A sentence in a quiet room."""
    return stimulus(f"{voice}: {text}", _in_a_room(voiced(text, voice)), voice[:2], (text,))


def held(first: str, second: str, voice: str, pause_s: float) -> Stimulus:
    """A sentence whose halves are parted by a pause."""
    # The comma keeps the voice up, as of somebody who has more to say.
    one, two = voiced(f"{first},", voice), voiced(second, voice)
    audio = _in_a_room(np.concatenate((one, np.zeros(round(pause_s * HEARING_RATE_HZ), np.float32), two)))
    begin_s = _MARGIN_S + len(one) / HEARING_RATE_HZ
    drafts = (first, *(f"{first} {part}" for part in _at_pauses(second, two)))
    whole = stimulus(f"{voice}: {first} … {second}", audio, voice[:2], drafts)
    return replace(whole, pause_s=(begin_s, begin_s + pause_s))


def _at_pauses(text: str, sound: Samples) -> list[str]:
    """What has been said of `text` at each pause that the voice makes at its marks, and at its end."""
    marks = [found.end() for found in re.finditer(r"[.,;:?!](?= )", text)]
    spans = voiced_spans(Audio(sound, HEARING_RATE_HZ))
    pauses = sum(after[0] - before[1] >= _DRAFTED_S for before, after in pairwise(spans))
    return [*(text[:mark] for mark in marks[:pauses]), text]


def questions() -> Iterator[Stimulus]:
    """Finished sentences in one breath, in turn English and French, in all voices; without end."""
    return _in_turn(sentences.QUESTIONS)


def questions_with_commas() -> Iterator[Stimulus]:
    """Finished sentences of several clauses; without end."""
    return _in_turn(sentences.WITH_COMMAS)


def interruptions() -> Iterator[Stimulus]:
    """What is said over an answer; without end."""
    return _in_turn(sentences.INTERRUPTIONS)


def back_channels() -> Iterator[Stimulus]:
    """What is said to somebody who may go on; without end."""
    return _in_turn(sentences.BACK_CHANNELS)


def held_questions(seed: int = 2) -> Iterator[Stimulus]:
    """Sentences with a pause of 450 to 700 ms inside; without end."""
    for number, pause_s in zip(count(), pauses_s(seed), strict=False):
        language, voice, place = _seat(number)
        halves = sentences.HALVES[language]
        yield held(*halves[place % len(halves)], voice, pause_s)


def _in_turn(texts: dict[str, tuple[str, ...]]) -> Iterator[Stimulus]:
    for number in count():
        language, voice, place = _seat(number)
        yield said(texts[language][place % len(texts[language])], voice)


def _seat(number: int) -> tuple[str, str, int]:
    """Language and voice of the visitor with that number, and how many of that language came before."""
    language, place = ("en", "fr")[number % 2], number // 2
    return language, sentences.VOICES[language][place % len(sentences.VOICES[language])], place


def _in_a_room(samples: Samples) -> Audio:
    audio = room_tone(2 * _MARGIN_S + len(samples) / HEARING_RATE_HZ)
    start = round(_MARGIN_S * HEARING_RATE_HZ)
    audio[start : start + len(samples)] += samples[: len(audio) - start]
    return Audio(audio, HEARING_RATE_HZ)

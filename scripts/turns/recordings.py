"""Human utterances, cut at their own pauses from recordings that lie outside the project."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import cycle, pairwise
from pathlib import Path

import av
import numpy as np

from models.audio import HEARING_RATE_HZ, Audio
from models.sound_file import channels
from scripts.turns import sentences
from scripts.turns.stimuli import Stimulus, faded, held, pauses_s, room_tone, stimulus, voiced_spans

VARIABLE = "SOUFFLEUR_VOICES"
"""The environment variable that names the folder of recordings."""
USUAL_FOLDER = Path(__file__).parents[2].parent / "shared" / "audio"
FILES = ("jfk.flac", "multilingual.mp3", "hotwords.mp3", "stereo_diarization.wav")
ONE_VOICE_PER_CHANNEL = ("stereo_diarization.wav",)
ENDS_S = {"jfk.flac": 10.6}
"""Where the speaker has finished, of recordings in which something else goes on: here a crowd that begins to cheer."""
SHORTEST_S, LONGEST_S = 1.0, 5.0
BREATH_S = 0.2
"""A shorter gap is inside a sentence."""
_MARGIN_S = 0.3
_LEAST_SPLIT_S = 0.08


def folder_of_voices(given: Path | None = None) -> Path | None:
    """Where the recordings lie: `given`, what VARIABLE names, or the usual place; None where they are not."""
    folder = given or Path(os.environ.get(VARIABLE) or USUAL_FOLDER)
    return folder if all((folder / name).is_file() for name in FILES) else None


def missing(given: Path | None = None) -> str:
    """Why there are no human voices; empty where there are."""
    if folder_of_voices(given) is not None:
        return ""
    where = given or os.environ.get(VARIABLE) or USUAL_FOLDER
    return f"{where}: {', '.join(FILES)} are not there; name their folder with --voices or in {VARIABLE}"


def utterances(folder: Path) -> list[Stimulus]:
    """Every utterance of 1 to 5 s in one breath, at 16 kHz, in the order of the files."""
    return [utterance for name in FILES for track, sound in _tracks(folder / name) for utterance in _cut(track, sound)]


def held_utterances(folder: Path, seed: int = 1) -> list[Stimulus]:
    """Those that are long enough, each with a pause of 450 to 700 ms inside, in the room of their own recording."""
    halves, lengths_s = cycle(sentences.HALVES["en"]), pauses_s(seed)
    whole = [utterance for utterance in utterances(folder) if utterance.last_voiced_s - utterance.onset_s > 1.5]
    holding = []
    for utterance, (first, second), pause_s in zip(whole, halves, lengths_s, strict=False):
        tone = room_tone(pause_s, like=utterance.audio)
        holding.append(held(utterance, pause_s, (first, f"{first} {second}"), tone))
    return holding


def _tracks(path: Path) -> Iterator[tuple[str, Audio]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    sound, rate_hz = np.concatenate([channels(frame) for frame in frames], axis=1), frames[0].sample_rate
    if path.name in ENDS_S:
        sound = sound[:, : round(ENDS_S[path.name] * rate_hz)]
    if path.name in ONE_VOICE_PER_CHANNEL:
        for number, samples in enumerate(sound, 1):
            yield f"{path.stem} {number}", Audio(samples, rate_hz).at_rate(HEARING_RATE_HZ)
    else:
        yield path.stem, Audio(sound.mean(axis=0), rate_hz).at_rate(HEARING_RATE_HZ)


def _cut(track: str, sound: Audio) -> Iterator[Stimulus]:
    spans = voiced_spans(sound)
    for begin, end in _phrases(spans):
        before_s = spans[begin - 1][1] if begin else 0.0
        after_s = spans[end + 1][0] if end + 1 < len(spans) else sound.duration_s
        start_s = max(before_s, spans[begin][0] - _MARGIN_S)
        stop_s = min(after_s, spans[end][1] + _MARGIN_S)
        piece = sound.samples[round(start_s * sound.rate_hz) : round(stop_s * sound.rate_hz)]
        cut = stimulus(f"{track} at {spans[begin][0]:.1f} s", Audio(faded(piece, sound.rate_hz), sound.rate_hz), "en")
        if SHORTEST_S <= cut.last_voiced_s - cut.onset_s <= LONGEST_S:
            yield cut


def _phrases(spans: list[tuple[float, float]]) -> Iterator[tuple[int, int]]:
    """First and last stretch of each phrase: parted by breaths, and long ones at their longest gap."""
    gaps_s = [after[0] - before[1] for before, after in pairwise(spans)]
    first = 0
    for number, gap_s in enumerate([*gaps_s, BREATH_S]):
        if gap_s >= BREATH_S - 1e-6:
            yield from _parted(spans, gaps_s, first, number)
            first = number + 1


def _parted(spans: list[tuple[float, float]], gaps_s: list[float], first: int, last: int) -> Iterator[tuple[int, int]]:
    if spans[last][1] - spans[first][0] <= LONGEST_S or first == last:
        yield first, last
        return
    longest = max(range(first, last), key=lambda number: gaps_s[number])
    if gaps_s[longest] < _LEAST_SPLIT_S:
        return
    yield from _parted(spans, gaps_s, first, longest)
    yield from _parted(spans, gaps_s, longest + 1, last)

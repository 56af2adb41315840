"""espeak-ng as a library: a hundred times faster than a process for each sentence, and it tells what sounds when.

Source of the interface: speak_lib.h of espeak-ng 1.51. One process can hold one espeak-ng.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass
from typing import Any

import numpy as np

_SYNCHRONOUS_RETRIEVAL = 2
_UTF8 = 1
_IPA = 2
_RATE, _PITCH, _RANGE = 1, 3, 4
_CHARACTER_POSITIONS = 1
_OK = 0
_WORD = 1


class _Event(ctypes.Structure):
    """espeak_EVENT; the last field is a union of 8 bytes that nothing here needs."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence that was said."""

    sound: np.ndarray
    """float32, shape (n,), at the library's `rate_hz`."""
    phonemes: str
    """IPA, words parted by spaces."""
    words: list[tuple[int, float]]
    """Where each word begins: in the text (character, from 0) and in the sound (seconds)."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a voice says a sentence: espeak-ng's voice ("en-gb+f3"), words per minute, pitch and its range 0..99."""

    voice: str
    speed_wpm: int = 160
    pitch: int = 50
    pitch_range: int = 50


def espeak_version() -> str:
    """Of the library, as it tells it ("1.51")."""
    library = _library()
    library.espeak_Info.restype = ctypes.c_char_p
    version: bytes = library.espeak_Info(None)
    return version.decode()


def _library() -> ctypes.CDLL:
    name = ctypes.util.find_library("espeak-ng")
    if name is None:
        raise SystemExit("libespeak-ng is not installed: install espeak-ng and start again.")
    return ctypes.CDLL(name)


class EspeakLibrary:
    """Speech and phonemes of sentences; not for use by two threads."""

    def __init__(self) -> None:
        self._library = _library()
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self.rate_hz = int(self._library.espeak_Initialize(_SYNCHRONOUS_RETRIEVAL, 0, None, 0))
        self._blocks: list[np.ndarray] = []
        self._words: list[tuple[int, float]] = []
        signature = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
        self._callback = signature(self._keep)
        self._library.espeak_SetSynthCallback(self._callback)

    def _keep(self, samples: object, count: int, events: Any) -> int:
        if count > 0:
            self._blocks.append(np.ctypeslib.as_array(samples, shape=(count,)).astype(np.float32) / 32768)
        number = 0
        while events and events[number].type != 0:
            if events[number].type == _WORD and events[number].text_position > 0:  # the end of all is word 0
                self._words.append((events[number].text_position - 1, events[number].audio_position / 1000))
            number += 1
        return 0

    def say(self, text: str, manner: Manner) -> Spoken:
        """The sound and the phonemes of `text`, and when each of its words begins."""
        if self._library.espeak_SetVoiceByName(manner.voice.encode()) != _OK:
            raise SystemExit(f"espeak-ng has no voice {manner.voice!r}.")
        for parameter, value in ((_RATE, manner.speed_wpm), (_PITCH, manner.pitch), (_RANGE, manner.pitch_range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._blocks, self._words = [], []
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, _CHARACTER_POSITIONS, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        sound = np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.float32)
        return Spoken(sound, self._phonemes(data), self._words)

    def _phonemes(self, data: bytes) -> str:
        rest, left = ctypes.c_char_p(data), len(data) + 1
        clauses = []
        # each call reads one clause; at the end the rest is nothing, or no longer gets shorter
        while rest.value and len(rest.value) < left:
            left = len(rest.value)
            clauses.append(self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA).decode())
        return " ".join(clauses)

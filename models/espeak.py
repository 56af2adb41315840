"""The voice of espeak-ng, one short-lived process per sentence."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from threading import Lock
from typing import cast

import numpy as np

from models.audio import Audio, Samples, from_pcm16
from models.protocols import Language, ModelError

COMMAND = "espeak-ng"
_RATE_HZ = 22_050
_BLOCK_BYTES = 16_384
_HEADER_BYTES = 44
_LEAD_S = 0.010
"""Of the silence that espeak-ng puts first, this much stays."""
_AUDIBLE = 0.003


@dataclass(frozen=True, slots=True)
class EspeakSettings:
    """How espeak-ng speaks: its voice per language (`espeak-ng --voices` lists them), words per minute, pitch 0..99."""

    voices: dict[Language, str] = field(default_factory=lambda: {"en": "en-gb", "fr": "fr"})
    speed_wpm: int = 160
    pitch: int = 45


class EspeakSynthesizer:
    """Speaks through espeak-ng; a sentence takes some 10 ms to begin."""

    def __init__(self, settings: EspeakSettings) -> None:
        self.name = COMMAND
        self.rate_hz = _RATE_HZ
        self._settings = settings
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._aborted = False
        require_espeak()

    def synthesize(self, text: str, language: Language) -> Iterator[Audio]:
        """Sound of `text` at 22,050 Hz, piece by piece as espeak-ng makes it, its leading silence cut to 10 ms.

        Raises:
            ModelError: espeak-ng is missing, does not know the voice, or failed.
        """
        self._aborted = False
        return self._sound(plain(text), self._settings.voices.get(language, language))

    def _sound(self, text: str, voice: str) -> Iterator[Audio]:
        if not any(character.isalnum() for character in text):
            return
        process = self._start(voice)
        try:
            for samples in _without_lead(_samples(process, text)):
                yield Audio(samples, _RATE_HZ)
            complaint = _complaint(process)
            if process.wait() != 0 and not self._aborted:
                raise ModelError(f"espeak-ng failed with the voice {voice!r} ({complaint}); see [engines.espeak]")
        finally:
            self._end(process)

    def _start(self, voice: str) -> subprocess.Popen[bytes]:
        arguments = [COMMAND, "--stdin", "--stdout", "-b", "1", "-v", voice]
        arguments += ["-s", str(self._settings.speed_wpm), "-p", str(self._settings.pitch)]
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe)
        except OSError as error:
            raise ModelError(f"espeak-ng cannot be started ({error}); {_REMEDY}") from error
        with self._lock:
            self._process = process
            if self._aborted:
                process.kill()
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            if self._process is process:
                self._process = None
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def abort(self) -> None:
        """Kill the process that is speaking."""
        with self._lock:
            self._aborted = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """Kill the process that is speaking, if any."""
        self.abort()


_REMEDY = "install it: `sudo apt install espeak-ng`, or `brew install espeak-ng` on a Mac"


def require_espeak() -> str:
    """Where espeak-ng is.

    Raises:
        ModelError: it is not installed.
    """
    where = shutil.which(COMMAND)
    if where is None:
        raise ModelError(f"espeak-ng, the voice of this show, is not installed; {_REMEDY}")
    return where


def plain(text: str) -> str:
    """`text` without what espeak-ng would take as a command: control characters, and phonemes in [[ ]]."""
    printable = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    while "[[" in printable:
        printable = printable.replace("[[", "[")
    return printable.strip()


def _samples(process: subprocess.Popen[bytes], text: str) -> Iterator[Samples]:
    assert process.stdin is not None
    sound = cast(BufferedReader, process.stdout)
    try:
        process.stdin.write(text.encode() + b"\n")
        process.stdin.close()
    except BrokenPipeError:  # aborted, or it refused the voice: reading tells which
        pass
    # the header of a stream claims 2 GB of sound, so only its fixed place counts
    sound.read(_HEADER_BYTES)
    rest = b""
    while block := sound.read1(_BLOCK_BYTES):
        rest += block
        even = len(rest) // 2 * 2
        yield from_pcm16(rest[:even], _RATE_HZ).samples
        rest = rest[even:]


def _without_lead(pieces: Iterator[Samples]) -> Iterator[Samples]:
    """The same sound, its leading silence cut to `_LEAD_S`."""
    lead = np.zeros(0, np.float32)
    for piece in pieces:
        lead = np.concatenate((lead, piece))
        audible = np.flatnonzero(np.abs(lead) > _AUDIBLE)
        if len(audible):
            yield lead[max(0, int(audible[0]) - round(_LEAD_S * _RATE_HZ)) :]
            break
    yield from pieces


def _complaint(process: subprocess.Popen[bytes]) -> str:
    if process.stderr is None:
        return "it gave no reason"
    lines = process.stderr.read().decode(errors="replace").split("\n")
    said = (line.strip().removeprefix("Error: ").rstrip(".") for line in lines if line.strip())
    return next(said, "it gave no reason")

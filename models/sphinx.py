"""Ears that need no download: pocketsphinx, in a child process, with the English model inside its package."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock

from models.audio import Audio, Samples
from models.phrasebook import DICTIONARY_LANGUAGE, Phrase, Phrasebook
from models.protocols import Cancelled, Language, ModelError, Transcript, never

_CHILD = "models.sphinx_child"
_PROJECT = Path(__file__).parents[1]
_READY_S = 60.0
_SHORTEST_S = 0.1
_LONGEST_PHRASE_S = 20.0
_SLOWEST = 10.0
"""A transcription that takes more than this many times as long as its sound, and a while more, has hung."""
_GRACE_S = 10.0


@dataclass(frozen=True, slots=True)
class _Child:
    """A recogniser in a process of its own, and our end of the line to it."""

    process: subprocess.Popen[bytes]
    line: Connection

    def tell(self, message: Samples | Phrasebook | None) -> None:
        """Send it the phrasebook, or samples; whether it is still alive shows when its answer is awaited."""
        with suppress(OSError):
            self.line.send(message)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.line.close()


class SphinxTranscriber:
    """Understands English or, given a phrasebook, its phrases in any language and nothing else."""

    def __init__(self, phrasebook: Phrasebook | None = None) -> None:
        known = "English" if phrasebook is None else f"{len(phrasebook.phrases)} phrases"
        self.name = f"pocketsphinx ({known})"
        self._phrasebook = phrasebook
        self._lock = Lock()
        self._busy = self._aborted = False
        self._child: _Child | None = None
        self._ready = False
        self._begin()
        try:
            self._wait_until_ready()
        except ModelError:
            self.close()
            raise

    def transcribe(self, audio: Audio, languages: Sequence[Language], cancelled: Cancelled = never) -> Transcript:
        """The words of `audio` (16 kHz). Empty when no phrase fits whole, and when it was aborted.

        Raises:
            ModelError: the recogniser failed, hung or died; another one is there for the next call.
        """
        nothing = Transcript("", languages[0] if languages else DICTIONARY_LANGUAGE, 0.0)
        longest_s = math.inf if self._phrasebook is None else _LONGEST_PHRASE_S
        if not _SHORTEST_S <= audio.duration_s <= longest_s:
            return nothing
        with self._lock:
            if cancelled():
                return nothing
            self._busy, self._aborted = True, False
        phrase, failure = None, None
        try:
            phrase = self._ask(audio.samples, _GRACE_S + _SLOWEST * audio.duration_s)
        except ModelError as error:
            failure = error
        finally:
            with self._lock:
                # from here on an abort has nothing to end: the answer is there, or another child takes over
                self._busy, aborted = False, self._aborted
        # an abort may have killed the child just after it had answered: then nothing failed, yet nobody listens
        if (aborted or failure is not None) and self._child is not None:
            self._begin()
        if failure is not None and not aborted:
            raise failure
        return nothing if aborted or phrase is None else Transcript(phrase.text, phrase.language)

    def _ask(self, samples: Samples, patience_s: float) -> Phrase | None:
        child = self._wait_until_ready()
        child.tell(samples)
        answer = self._answer(child, patience_s)
        if isinstance(answer, str):
            raise ModelError(answer)
        return answer

    def _wait_until_ready(self) -> _Child:
        if self._child is None:
            raise ModelError(f"{self.name} is closed; open the house again.")
        if not self._ready:
            complaint = self._answer(self._child, _READY_S)
            if complaint is not None:
                raise ModelError(str(complaint))
            self._ready = True
        return self._child

    def _answer(self, child: _Child, patience_s: float) -> Phrase | str | None:
        try:
            if not child.line.poll(patience_s):
                raise ModelError(f"{self.name} has not answered for {patience_s:.0f} s; it is started again.")
            answer: Phrase | str | None = child.line.recv()
        except (EOFError, OSError) as error:
            raise ModelError(f"{self.name} ended without an answer; it is started again.") from error
        return answer

    def _begin(self) -> None:
        """Another child in the place of the one before; it gets ready while the visitor goes on speaking."""
        ours, theirs = Pipe()
        places = os.pathsep.join(filter(None, (str(_PROJECT), os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-m", _CHILD, str(theirs.fileno())]
        with theirs:
            process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), env={**os.environ, "PYTHONPATH": places})
        child = _Child(process, ours)
        child.tell(self._phrasebook)
        with self._lock:
            before, self._child, self._ready = self._child, child, False
        if before is not None:
            before.end()

    def abort(self) -> None:
        """End a transcription under way, by ending the process that does it."""
        with self._lock:
            if self._busy and self._child is not None:
                self._aborted = True
                self._child.process.kill()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.end()

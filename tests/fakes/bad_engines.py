"""The process of an engine that does what no engine should, as its order says; and otherwise speaks, writes and hears.

Run as a program, as models.hosted_child is: `bad(...)` orders one.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models import hosted_child
from models.audio import Audio
from models.host import Order
from models.protocols import Cancelled, Message, ModelError, Sampling, Transcript, never

WORDS = ("It ", "was ", "the ", "tide.")
RATE_HZ = 24_000
PIECE_SAMPLES = 12_000


class StrangeError(Exception):
    """Of a library that knows no ModelError."""


def bad(does: str = "nothing", at: str = "work", **more: Any) -> Order:
    """The order for an engine that `does` something bad when it is loaded, at `work`, or with its third `piece`."""
    return Order("the engine", {"does": does, "at": at, **more}, "tests.fakes.bad_engines")


class BadEngine:
    """Ears, persona and voice in one."""

    name = "bad engine"
    rate_hz = RATE_HZ

    def __init__(self, order: Mapping[str, Any]) -> None:
        self._order = order
        self._aborted = threading.Event()
        self._hoard: list[bytearray] = []
        self._made = 0
        self._misbehave("load")

    def _misbehave(self, when: str) -> None:
        if self._order["at"] == when:
            if "begun" in self._order:
                Path(self._order["begun"]).touch()
            getattr(self, f"_{self._order['does']}")()

    def transcribe(self, audio: Audio, languages: Sequence[str], cancelled: Cancelled = never) -> Transcript:
        """How many samples there were, and how loud."""
        self._aborted.clear()
        self._misbehave("work")
        loudest = float(np.abs(audio.samples).max(initial=0.0))
        return Transcript(f"{len(audio.samples)} {loudest:.3f}", languages[0], 0.5)

    def stream(self, messages: Sequence[Message], language: str, sampling: Sampling) -> Iterator[str]:
        """Four words, and then what it was asked."""
        self._aborted.clear()
        self._misbehave("work")
        return self._words(f" {messages[-1].role} {messages[-1].text} {language} {sampling.max_tokens}")

    def _words(self, asked: str) -> Iterator[str]:
        for number, word in enumerate((*WORDS, asked)):
            if number == 2:
                self._misbehave("piece")
            if self._aborted.is_set():
                return
            yield word

    def synthesize(self, text: str, language: str) -> Iterator[Audio]:
        """A thousand `pieces` of half a second; each holds how many there were before it."""
        self._aborted.clear()
        self._misbehave("work")
        return self._sound()

    def _sound(self) -> Iterator[Audio]:
        for number in range(self._order.get("pieces", 1000)):
            if number == 2:
                self._misbehave("piece")
            if self._aborted.is_set():
                return
            self._made += 1
            yield Audio(np.full(PIECE_SAMPLES, (self._made - 1) % 1000 / 1000, np.float32), RATE_HZ)

    def abort(self) -> None:
        self._aborted.set()

    def close(self) -> None: ...

    def _nothing(self) -> None: ...

    def _wait(self) -> None:
        """Work until it is aborted."""
        self._aborted.wait()

    def _hang(self) -> None:
        time.sleep(1000)

    def _hang_and_hold_everything(self) -> None:
        """In native code that lets no other thread of Python run."""
        ctypes.PyDLL(None).sleep(1000)

    def _segfault(self) -> None:
        ctypes.string_at(0)

    def _abort_itself(self) -> None:
        os.write(2, b"GGML_ASSERT: n_tokens > 0\n")
        os.abort()

    def _exit(self) -> None:
        os._exit(7)

    def _raise(self) -> None:
        raise StrangeError("tensor of\nthe wrong shape")

    def _refuse(self) -> None:
        raise ModelError("The weights are of another model; fetch them again.")

    def _leave(self) -> None:
        raise SystemExit(5)

    def _print(self) -> None:
        """As native libraries do, on both of the descriptors that they know."""
        for _ in range(2_000):
            os.write(1, b'\x00\xff{"text": 1}' * 20)
            os.write(2, b"llama_model_loader: loaded\n")
        print("done", flush=True)

    def _leak(self) -> None:
        self._hoard.append(bytearray(os.urandom(1 << 20) * 60))

    def _write_down_the_line(self) -> None:
        os.write(int(sys.argv[1]), b"\xff" * 64)
        time.sleep(1000)

    def _start_another(self) -> None:
        """A process of its own, whose number it tells by a file."""
        process = subprocess.Popen(["sleep", "1000"])
        Path(self._order["file"]).write_text(str(process.pid))

    def _fail_once_loaded_before(self) -> None:
        """Be loaded well once, and never again."""
        try:
            Path(self._order["file"]).mkdir()
        except FileExistsError:
            raise ModelError("The weights are gone.") from None


if __name__ == "__main__":
    hosted_child.WATCH_S = 2.0
    hosted_child.main(BadEngine)

"""The process of a hosted engine: makes the engine that it is told to, and does what the house asks of it."""

from __future__ import annotations

import faulthandler
import os
import resource
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from socket import socket
from threading import Lock, Thread
from typing import Any

from models.audio import Audio
from models.engine_settings import EngineSettings
from models.load import Engine, make
from models.pipe import CALL_NUMBER, Packet, audio_bytes, audio_of, receive, send
from models.protocols import Message, ModelError, Sampling, as_scorer
from models.settings import build

Maker = Callable[[Mapping[str, Any]], Engine]
"""Makes an engine, after its first small task, from the order that the house sends."""

WATCH_S = 30.0
"""The watch shows so often that it is awake; native code that never lets Python run keeps it from that."""
_STUCK = 4
"""After so many times as long without a sign of the watch the process ends itself."""


class Watch:
    """Reads the lifeline: a number aborts that call, its end means that the house is no more."""

    def __init__(self, lifeline: int) -> None:
        self._lifeline = lifeline
        self._lock = Lock()
        self._engine: Engine | None = None
        self._call = self._aborted = 0

    def begin(self, call: int, engine: Engine) -> bool:
        """That call begins on that engine; whether it has been aborted already."""
        with self._lock:
            self._call, self._engine = call, engine
            return self._aborted == call

    def is_aborted(self, call: int) -> bool:
        """Whether that call has been aborted."""
        return self._aborted == call

    def run(self) -> None:
        """Watch until the lifeline ends; then end this process."""
        while True:
            # a timer in C, which ends the process even when this thread can never run again
            faulthandler.dump_traceback_later(_STUCK * WATCH_S, exit=True)
            readable, _, _ = select.select([self._lifeline], [], [], WATCH_S)
            if readable:
                number = os.read(self._lifeline, CALL_NUMBER.size)
                if not number:
                    _leave()
                self._abort(*CALL_NUMBER.unpack(number))

    def _abort(self, call: int) -> None:
        # under the lock: a moment later the engine may be at work on another call
        with self._lock:
            self._aborted = call
            if self._call == call and self._engine is not None:
                try:
                    self._engine.abort()
                except Exception:
                    traceback.print_exc()


class Service:
    """Does one call after the other."""

    def __init__(self, make_engine: Maker, watch: Watch) -> None:
        self._make = make_engine
        self._watch = watch
        self._engine: Any = None
        self._pieces: Iterator[str | Audio] = iter(())

    def serve(self, line: socket) -> None:
        """Answer every packet with one packet, until the house closes the line."""
        with suppress(EOFError, ConnectionError):
            while True:
                packet = receive(line)
                try:
                    answer = self._answer(packet)
                except ModelError as error:
                    answer = Packet({"error": str(error)})
                except Exception as error:
                    traceback.print_exc()
                    name = getattr(self._engine, "name", "the engine")
                    reason = " ".join(f"{type(error).__name__}: {error}".split())
                    answer = Packet({"error": f"{name} failed ({reason})."})
                send(line, answer)

    def _answer(self, packet: Packet) -> Packet:
        header = packet.header
        match header["do"]:
            case "load":
                self._engine = self._make(header["order"])
                told = {key: getattr(self._engine, key, None) for key in ("name", "rate_hz", "double_scale")}
                return Packet(told)
            case "next":
                return self._next()
            case "drop":
                self._drop()
                return Packet({})
            case call:
                self._drop()
                if self._watch.begin(header["call"], self._engine):
                    return Packet({})
                return self._begin(call, packet)

    def _begin(self, call: str, packet: Packet) -> Packet:
        header = packet.header
        match call:
            case "transcribe":
                cancelled = partial(self._watch.is_aborted, header["call"])
                heard = self._engine.transcribe(audio_of(packet), tuple(header["languages"]), cancelled)
                return Packet({"text": heard.text, "language": heard.language, "confidence": float(heard.confidence)})
            case "stream":
                messages, sampling = self._messages(header), Sampling(**header["sampling"])
                self._pieces = self._engine.stream(messages, header["language"], sampling)
            case "score":
                return self._scores(header)
            case "synthesize":
                self._pieces = self._engine.synthesize(header["text"], header["language"])
            case _:
                raise ValueError(f"nobody knows how to {call}")
        return Packet({})

    def _messages(self, header: Mapping[str, Any]) -> tuple[Message, ...]:
        """What a language model is asked, after it has been told how much of its adapter to add."""
        if header["double_scale"] is not None:
            self._engine.set_double_scale(header["double_scale"])
        return tuple(Message(**message) for message in header["messages"])

    def _scores(self, header: Mapping[str, Any]) -> Packet:
        scores = as_scorer(self._engine).log_probabilities(self._messages(header), header["text"])
        return Packet({"scores": [(score.text, score.log_probability) for score in scores]})

    def _next(self) -> Packet:
        match next(self._pieces, None):
            case None:
                return Packet({"end": True})
            case Audio() as audio:
                return Packet({"rate_hz": audio.rate_hz}, audio_bytes(audio))
            case text:
                return Packet({"text": text})

    def _drop(self) -> None:
        close = getattr(self._pieces, "close", None)
        self._pieces = iter(())
        if close is not None:
            close()


def make_as_ordered(order: Mapping[str, Any]) -> Engine:
    """The engine of a role, by the settings of the show.

    Raises:
        ModelError: it cannot be used.
    """
    settings = build(EngineSettings, order["settings"], "[engines]")
    return make(order["role"], settings, Path(order["show_folder"]), tuple(order["languages"]))


def main(make_engine: Maker) -> None:
    """Serve the house at the other end of the socket whose descriptor is the first argument."""
    # Ctrl-C and the end of a service reach every process, but only the house decides when to leave
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.nice(int(sys.argv[2]))
    # a core dump would take seconds, gigabytes, and the words of visitors
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable()
    line = socket(fileno=int(sys.argv[1]))
    # what an engine starts must not hold the line open when this process is gone, nor read the lifeline
    os.set_inheritable(line.fileno(), False)
    lifeline = os.dup(0)
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    watch = Watch(lifeline)
    Thread(target=watch.run, name="watch").start()
    try:
        Service(make_engine, watch).serve(line)
    except BaseException:
        traceback.print_exc()
        # the watch is not waited for
        os._exit(1)
    _leave()


def _leave() -> None:
    """End this process, and all that it has started."""
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(make_as_ordered)

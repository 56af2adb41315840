"""Keeps an engine at work in a process of its own: one that hangs, crashes or leaks is killed and started again."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Any

from models.child import Child, ChildLost
from models.pipe import Packet
from models.protocols import Cancelled, ModelError, never

log = logging.getLogger(__name__)

_LOOK_S = 1.0
_IDLE_S = 5.0
"""Nobody has asked anything for so long: it is no moment in which the public waits."""
_LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class HostedSettings:
    """How engines in processes of their own are watched: `[engines.hosted]`."""

    heavy: bool = True
    """Whether Whisper, llama.cpp and Coqui each run in a process of their own, and not in that of the house."""
    patience_s: float = 20.0
    """Without a sign of life for so long (the ears: and for the length of what they hear) an engine hangs."""
    load_s: float = 300.0
    """The same while it is loaded."""
    leak_mb: int = 2_000
    """An engine that has grown by so much since it was loaded leaks, and is started again in the next quiet moment."""
    nice: int = 5
    """How far the engines stand back behind the sound of the house when the processor is busy, 0 to 19."""

    def __post_init__(self) -> None:
        if self.patience_s <= 0 or self.load_s <= 0:
            raise ValueError("patience_s and load_s must be more than 0")
        if self.leak_mb < 1:
            raise ValueError("leak_mb must be at least 1")
        if not 0 <= self.nice <= 19:
            raise ValueError("nice must be between 0 and 19")


@dataclass(frozen=True, slots=True)
class Order:
    """Which engine a process is to make."""

    name: str
    """What it is called in errors until it has told its own name."""
    contents: Mapping[str, Any]
    """Plain JSON, for the maker of the program."""
    program: str = "models.hosted_child"
    """The module that runs in the process."""


@dataclass(slots=True)
class Call:
    """A call under way."""

    number: int
    child: Child
    over: bool = False
    aborted: bool = False


def pause_s(failures: int) -> float:
    """How long to wait before an engine is started again that has failed so many times in a row without an answer."""
    return 0.0 if failures <= 1 else min(_LONGEST_PAUSE_S, 2.0 ** (failures - 2))


class Host:
    """Keeps one engine at work in a process of its own, until it is closed."""

    def __init__(self, order: Order, settings: HostedSettings) -> None:
        self.name = order.name
        self.made: Mapping[str, Any] = {}
        """What the engine told of itself when it was loaded."""
        self.back: Callable[[], None] = lambda: None
        """Is called each time that the engine works again after it was lost, on a thread of its own."""
        self._order = order
        self._settings = settings
        self._line = Lock()
        """Held by who asks: one packet there, one back."""
        self._lock = Lock()
        """Held for a moment by who changes which process there is."""
        self._closed, self._needed = Event(), Event()
        self._numbers = itertools.count(1)
        self._call: Call | None = None
        self._child: Child | None = None
        self._newborn: Child | None = None
        self._remains: list[Child] = []
        self._loaded_mb = self._last_s = 0.0
        self._failures = 0
        self._complaint = ""
        self._child = self._start()
        self._keeper = Thread(target=self._keep, name=f"keeper of {self.name}")
        self._keeper.start()

    def begin(self, do: str, asked: Packet, more_s: float = 0.0, cancelled: Cancelled = never) -> tuple[Call, Packet]:
        """Begin a call, in the place of the one before; `more_s` of patience on top. Raises ModelError."""
        with self._line:
            call = self._call = Call(next(self._numbers), self._present())
            # from here on an abort reaches this call
            if cancelled():
                call.aborted = call.over = True
                return call, Packet({})
            try:
                return call, self._ask(call, {"do": do, "call": call.number, **asked.header}, asked.body, more_s)
            except ModelError:
                call.over = True
                raise

    def pieces(self, call: Call) -> Generator[Packet, None, None]:
        """What a call brings, piece by piece, each made when it is asked for; it ends early when it is aborted.

        Raises:
            ModelError: while it is pulled.
        """
        try:
            while not call.aborted:
                with self._line:
                    packet = self._ask(call, {"do": "next"})
                if "end" in packet.header:
                    call.over = True
                elif not call.aborted:
                    yield packet
                if call.over:
                    return
        finally:
            self._drop(call)

    def _drop(self, call: Call) -> None:
        """Let the process forget what is left of a call, unless it has forgotten already, or will at the next one."""
        if not call.over and self._line.acquire(blocking=False):
            try:
                with suppress(ModelError):
                    self._ask(call, {"do": "drop"})
            finally:
                self._line.release()
        call.over = True

    def abort(self) -> None:
        """Abort the call under way; never blocks."""
        call = self._call
        if call is not None and not call.over:
            call.aborted = True
            call.child.abort(call.number)

    def close(self) -> None:
        """End the process; a call under way raises."""
        self._closed.set()
        self._needed.set()
        with self._lock:
            children = [child for child in (self._child, self._newborn) if child is not None]
        for child in children:
            child.kill()
        self._keeper.join()
        with self._line, self._lock:
            for child in (*children, *self._remains):
                child.end()
            self._child, self._complaint = None, "is closed; open the house again"

    def _present(self) -> Child:
        with self._lock:
            if self._child is None:
                raise ModelError(f"{self.name} {self._complaint}.")
            return self._child

    def _ask(self, call: Call, header: Mapping[str, Any], body: bytes | bytearray = b"", more_s: float = 0.0) -> Packet:
        """One packet there and one back, for who holds the line."""
        if self._present() is not call.child or call is not self._call:
            raise ModelError(f"{self.name} was interrupted by another call, or started again.")
        try:
            answer = call.child.ask(header, self._settings.patience_s + more_s, body)
        except ChildLost as lost:
            self._lose(call.child, str(lost))
            raise ModelError(f"{self.name} {lost}; it is started again.") from lost
        finally:
            self._last_s = time.monotonic()
        self._failures = 0
        return answer

    def _lose(self, child: Child, why: str) -> None:
        """That process is of no use any more; another one takes its place."""
        child.kill()
        with self._lock:
            if self._child is not child:
                return
            self._child = None
            self._remains.append(child)
            self._failures += 1
            self._complaint = f"is being started again, since it {why}"
        if not self._closed.is_set():
            log.error("%s %s; it is started again.", self.name, why)
        self._needed.set()

    def _keep(self) -> None:
        while not self._closed.is_set():
            self._needed.wait(_LOOK_S)
            self._needed.clear()
            self._look()
            with self._lock:
                remains, self._remains = self._remains, []
            for child in remains:
                child.end()
            if self._child is None and not self._closed.wait(pause_s(self._failures)):
                self._start_again()

    def _look(self) -> None:
        """See whether the process has died, or leaks, while nobody asked it anything."""
        with self._line:
            child = self._child
            if child is None:
                return
            if not child.is_alive:
                self._lose(child, child.fate())
            elif self._is_idle() and (grown_mb := child.memory_mb() - self._loaded_mb) > self._settings.leak_mb:
                self._lose(child, f"had grown by {grown_mb:.0f} MB, which is more than leak_mb under [engines.hosted]")

    def _is_idle(self) -> bool:
        under_way = self._call is not None and not self._call.over and self._call.child is self._child
        return not under_way and time.monotonic() - self._last_s >= _IDLE_S

    def _start_again(self) -> None:
        try:
            child = self._start()
        except ModelError as error:
            if self._closed.is_set():
                return
            self._failures += 1
            self._complaint = f"could not be started again ({str(error).rstrip('.')}); it will be tried again"
            log.error("%s %s in %.0f s.", self.name, self._complaint, pause_s(self._failures))
            self._needed.set()
            return
        with self._lock:
            self._child = child
        log.warning("%s works again.", self.name)
        self.back()

    def _start(self) -> Child:
        """A process with the engine loaded. Raises ModelError."""
        try:
            with self._lock:
                if self._closed.is_set():
                    raise ModelError(f"{self.name} is closed.")
                child = self._newborn = Child(self._order.program, self._settings.nice)
            try:
                made = child.ask({"do": "load", "order": self._order.contents}, self._settings.load_s).header
            except BaseException:
                child.end()
                raise
        except OSError as error:
            raise ModelError(f"{self.name} gets no process ({error.strerror}); end other programs.") from error
        except ChildLost as lost:
            raise ModelError(
                f"{self.name} {lost} while it was loaded; take a smaller one, or fetch it again."
            ) from lost
        self.name, self.made = made["name"], made
        self._loaded_mb, self._last_s = child.memory_mb(), time.monotonic()
        return child

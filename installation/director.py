"""The director: takes events and commands one by one, decides, and does what was decided."""

from __future__ import annotations

import logging
import math
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, assert_never

from installation.changes import Moment
from installation.commands import (
    Command,
)
from installation.conversation import Conversation
from installation.decisions import decide
from installation.effects import (
    AnswerAfter,
    CancelTurn,
    Dictated,
    DuckVoice,
    Effect,
    Finish,
    HoldVoice,
    Overhear,
    Record,
    ReleaseTurn,
    Retune,
    SetDoubleScale,
    SetEars,
    StartTurn,
)
from installation.entries import Entry, SceneEntry
from installation.events import (
    Event,
    RoomCrashed,
    TimePassed,
)
from installation.hearing.hearing import Hearing
from installation.scene import Scene
from installation.sound.playback import Playback
from installation.turn import CancelReason, Turn
from installation.turn_taking.settings import TurnTakingSettings

log = logging.getLogger(__name__)

LOOK_S = 0.25
"""Who waits long looks up so often: Python runs the handler of a signal that came just as a wait began only then."""

CLOSING_S = 1.0
"""How long the director waits at the end for the last word of what was cut."""


def now() -> Moment:
    """The present, on the machine's clocks."""
    return Moment(datetime.now(UTC).astimezone(), time.monotonic())


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about one event or command."""

    event: Event | Command
    before: Scene
    after: Scene
    effects: tuple[Effect, ...]


def unwatched(_: Decided) -> None:
    """Nobody looks on."""


class Ears(Protocol):
    """The listener, or who stands in for it."""

    @property
    def hearing(self) -> Hearing:
        """What it feeds."""

    def set_ears(self, are_open: bool) -> None:
        """Hear (or not)."""


class Jobs(Protocol):
    """A worker, or who stands in for it."""

    def submit(self, job: Callable[[], None], urgent: bool = False) -> None:
        """Do `job` after those that wait already; an `urgent` one before them."""

    def give_way(self) -> None:
        """Do the urgent jobs now."""


class Records(Protocol):
    """The recorder, or who stands in for it."""

    def record(self, entry: Entry, keep: bool = True) -> None:
        """Show an entry, and log it."""


class Tunings(Protocol):
    """Where thresholds are saved, or who stands in for that."""

    def keep(self, settings: TurnTakingSettings) -> None:
        """Save them with the show; never blocks."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The rooms that the director commands."""

    listener: Ears
    worker: Jobs
    overhearing: Jobs
    """Understands what is said over an answer, while the worker may still be drafting the rest of that."""
    conversation: Conversation
    playback: Playback
    recorder: Records
    tunings: Tunings


class Inbox:
    """Where events and commands wait for the director; `post` never blocks and may be called from any thread."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event | Command] = queue.SimpleQueue()
        self.post: Callable[[Event | Command], None] = self._queue.put

    def next(self, timeout_s: float | None = None) -> Event | Command | None:
        """The oldest that waits, or None when nothing came in time."""
        deadline_s = math.inf if timeout_s is None else time.monotonic() + timeout_s
        while True:
            left_s = deadline_s - time.monotonic()
            try:
                return self._queue.get(timeout=max(0.0, min(left_s, LOOK_S)))
            except queue.Empty:
                if left_s <= LOOK_S:
                    return None


class Director:
    """Runs on the thread that calls `run`, and owns the scene."""

    def __init__(
        self,
        scene: Scene,
        inbox: Inbox,
        now: Callable[[], Moment] = now,
        watch: Callable[[Decided], None] = unwatched,
    ) -> None:
        """`watch` is told of every decision, before it is carried out; it must not block."""
        self._scene = scene
        self._inbox = inbox
        self._now = now
        self._watch = watch
        self._turns: dict[int, Turn] = {}
        self._shown: SceneEntry | None = None
        self._finished: Finish | None = None

    @property
    def scene(self) -> Scene:
        """The present scene, an immutable value: may be read from any thread."""
        return self._scene

    def run(self, stage: Stage) -> bool:
        """Direct `stage` until Close; true when the evening ended as it should, false when a bug ended it."""
        try:
            self._show(stage)
            while self._finished is None:
                self.take(self._inbox.next(self.wait_s()) or TimePassed(), stage)
            deadline_s = time.monotonic() + CLOSING_S
            while self._scene.turns and time.monotonic() < deadline_s:
                self.take(self._inbox.next(0.05), stage)
        finally:
            # A bug in here must not leave the double speaking, and its engines at work, with nobody to stop them.
            for turn in self._turns.values():
                turn.cancel(CancelReason.CLOSING)
        return not self._finished.failed

    def wait_s(self) -> float | None:
        """How long it is until something changes by itself; None for never."""
        deadline_s = self._scene.deadline_s
        return None if deadline_s is None else max(0.0, deadline_s - self._now().at_s)

    def take(self, event: Event | Command | None, stage: Stage) -> None:
        """Decide about one event or command, and do what was decided; for who directs without `run`."""
        if event is None:
            return
        if isinstance(event, RoomCrashed):
            log.critical(
                "The thread %s crashed (%s): the evening ends here, with exit code 1", event.thread, event.message
            )
        before = self._scene
        self._scene, effects = decide(before, event, self._now())
        self._watch(Decided(event, before, self._scene, effects))
        for effect in effects:
            self._perform(effect, stage)
        self._show(stage)
        self._forget_turns()

    def _perform(self, effect: Effect, stage: Stage) -> None:
        match effect:
            case StartTurn() | Overhear():
                self._work_on(effect, stage)
            case ReleaseTurn(turn_id, filler_in):
                self._turns[turn_id].release()
                filler = stage.conversation.filler(filler_in) if filler_in else None
                stage.playback.release(self._turns[turn_id], filler)
            case CancelTurn() | HoldVoice() | DuckVoice():
                self._let_sound(effect, stage.playback)
            case SetEars(are_open):
                stage.listener.set_ears(are_open)
            case AnswerAfter(pause, pause_s):
                stage.listener.hearing.answer_after(pause, pause_s)
            case SetDoubleScale(scale):
                stage.conversation.set_double_scale(scale)
            case Retune(settings):
                stage.listener.hearing.tune(settings)
                stage.tunings.keep(settings)
            case Record(entry, keep):
                stage.recorder.record(entry, keep)
            case Finish():
                self._finished = effect
            case _:
                assert_never(effect)

    def _work_on(self, effect: StartTurn | Overhear, stage: Stage) -> None:
        turn = self._turns[effect.turn_id] = Turn(effect.turn_id)
        worker, conversation = stage.worker, stage.conversation
        if isinstance(effect, Overhear):
            # On a thread of its own: the worker may be busy with the rest of the answer that is spoken over.
            stage.overhearing.submit(lambda: conversation.overhear(turn, effect.utterance))
            return
        # A performer's words do not wait until every draft for the curator is written.
        urgent = isinstance(effect.source, Dictated)
        worker.submit(lambda: conversation.draft(turn, effect, worker.give_way), urgent)

    def _let_sound(self, effect: CancelTurn | HoldVoice | DuckVoice, playback: Playback) -> None:
        match effect:
            case CancelTurn(turn_id, reason):
                self._turns[turn_id].cancel(reason)
                playback.cut(self._turns[turn_id])
            case HoldVoice(held):
                playback.hold() if held else playback.go_on()
            case DuckVoice(level):
                playback.duck(level)
            case _:
                assert_never(effect)

    def _show(self, stage: Stage) -> None:
        entry = self._scene.entry()
        if entry != self._shown:
            self._shown = entry
            stage.recorder.record(entry)

    def _forget_turns(self) -> None:
        live = {turn.id for turn in self._scene.turns}
        self._turns = {turn_id: turn for turn_id, turn in self._turns.items() if turn_id in live}

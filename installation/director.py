"""The director: takes events and commands one by one, decides, and does what was decided."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from installation.changes import Moment
from installation.conversation import Conversation
from installation.decisions import decide
from installation.effects import (
    CancelTurn,
    Dictated,
    Effect,
    Finish,
    HoldVoice,
    Record,
    ReleaseTurn,
    SetDoubleScale,
    SetEars,
    StartTurn,
)
from installation.entries import SceneEntry
from installation.events import Command, Event, RoomCrashed
from installation.hearing.listener import Listener
from installation.scene import Scene
from installation.show_log import Recorder
from installation.sound.playback import Playback
from installation.turn import CancelReason, Turn
from installation.worker import Worker

log = logging.getLogger(__name__)

CLOSING_S = 1.0
"""How long the director waits at the end for the last word of what was cut."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The rooms that the director commands."""

    listener: Listener
    worker: Worker
    conversation: Conversation
    playback: Playback
    recorder: Recorder


class Inbox:
    """Where events and commands wait for the director; `post` never blocks and may be called from any thread."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event | Command] = queue.SimpleQueue()
        self.post: Callable[[Event | Command], None] = self._queue.put

    def next(self, timeout_s: float | None = None) -> Event | Command | None:
        """The oldest that waits, or None when nothing came in time."""
        try:
            return self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None


class Director:
    """Runs on the thread that calls `run`, and owns the scene."""

    def __init__(self, scene: Scene, inbox: Inbox) -> None:
        self._scene = scene
        self._inbox = inbox
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
                self._take(self._inbox.next(), stage)
            deadline_s = time.monotonic() + CLOSING_S
            while self._scene.turns and time.monotonic() < deadline_s:
                self._take(self._inbox.next(0.05), stage)
        finally:
            # A bug in here must not leave the double speaking, and its engines at work, with nobody to stop them.
            for turn in self._turns.values():
                turn.cancel(CancelReason.CLOSING)
        return not self._finished.failed

    def _take(self, event: Event | Command | None, stage: Stage) -> None:
        if event is None:
            return
        if isinstance(event, RoomCrashed):
            log.critical(
                "The thread %s crashed (%s): the evening ends here, with exit code 1", event.thread, event.message
            )
        moment = Moment(datetime.now(UTC).astimezone(), time.monotonic())
        self._scene, effects = decide(self._scene, event, moment)
        for effect in effects:
            self._perform(effect, stage)
        self._show(stage)
        self._forget_turns()

    def _perform(self, effect: Effect, stage: Stage) -> None:
        match effect:
            case StartTurn(turn_id, source):
                turn = self._turns[turn_id] = Turn(turn_id)
                worker, conversation = stage.worker, stage.conversation
                # A performer's words do not wait until every draft for the curator is written.
                urgent = isinstance(source, Dictated)
                worker.submit(lambda: conversation.draft(turn, effect, worker.give_way), urgent)
            case ReleaseTurn(turn_id):
                self._turns[turn_id].release()
                stage.playback.release(self._turns[turn_id])
            case CancelTurn(turn_id, reason):
                self._turns[turn_id].cancel(reason)
                stage.playback.cut(self._turns[turn_id])
            case HoldVoice(held):
                stage.playback.hold() if held else stage.playback.go_on()
            case SetEars(are_open):
                stage.listener.set_ears(are_open)
            case SetDoubleScale(scale):
                stage.conversation.set_double_scale(scale)
            case Record(entry, keep):
                stage.recorder.record(entry, keep)
            case Finish():
                self._finished = effect
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

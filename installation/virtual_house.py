"""A house in virtual time: the rooms of a real one, stepped by the samples that it hears, faster than real time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from installation.changes import Moment
from installation.commands import (
    Command,
)
from installation.conversation import Conversation
from installation.director import Decided, Director, Inbox, Stage, unwatched
from installation.entries import Entry
from installation.events import (
    Event,
    TimePassed,
)
from installation.hearing.hearing import Hearing
from installation.hearing.listener import Keep, keep_nothing
from installation.scene import Scene
from installation.sound.playback import Playback
from installation.sound.sources import FRAME_SAMPLES
from installation.turn_taking.settings import TurnTakingSettings
from models.audio import HEARING_RATE_HZ, Audio, Frame, Samples
from models.protocols import Engines
from persona.actor import Actor

FRAME_S = FRAME_SAMPLES / HEARING_RATE_HZ
BEGIN = datetime(2000, 1, 1, tzinfo=UTC)

Room = Callable[[Samples], Samples]
"""What of a frame that the loudspeaker plays reaches the microphone, and of those before: both of FRAME_SAMPLES."""


def headphones(played: Samples) -> Samples:
    """A room in which the microphone hears nothing of the loudspeaker."""
    return np.zeros_like(played)


@dataclass(slots=True)
class _LaterWorker:
    """Does each job `delay_s` of virtual time after it could begin: what its engines would take."""

    now_s: Callable[[], float]
    delay_s: float
    _jobs: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    _free_s: float = 0.0

    def submit(self, job: Callable[[], None], urgent: bool = False) -> None:
        due_s = max(self.now_s(), 0.0 if urgent else self._free_s) + self.delay_s
        self._free_s = max(self._free_s, due_s)
        self._jobs.append((due_s, job))

    def give_way(self) -> None:
        """Nobody waits: every job is done in a moment."""

    def work(self) -> bool:
        """Do what is due; whether there was anything."""
        due = [job for due_s, job in self._jobs if due_s <= self.now_s()]
        self._jobs = [(due_s, job) for due_s, job in self._jobs if due_s > self.now_s()]
        for job in due:
            job()
        return bool(due)


@dataclass(slots=True)
class _Ears:
    hearing: Hearing
    are_open: bool = True

    def set_ears(self, are_open: bool) -> None:
        self.are_open = are_open


@dataclass(slots=True)
class _Records:
    now_s: Callable[[], float]
    entries: list[tuple[float, Entry]] = field(default_factory=list)

    def record(self, entry: Entry, keep: bool = True) -> None:  # noqa: ARG002 - protocol
        self.entries.append((self.now_s(), entry))


class _NoTunings:
    def keep(self, settings: TurnTakingSettings) -> None:
        """Nothing is saved: the evening is over when it has been played."""


class VirtualHouse:
    """Feed it what visitors say; it answers into `room`, and keeps what it heard, decided and played."""

    def __init__(
        self,
        scene: Scene,
        engines: Engines,
        actor: Actor,
        hear: Callable[[Playback], Hearing],
        thinking_s: float = 0.0,
    ) -> None:
        """`hear` makes the ears; an echo canceller of theirs reads from the playback, which is at HEARING_RATE_HZ."""
        self.now_s = 0.0
        self.events: list[tuple[float, Event]] = []
        self._inbox = Inbox()
        playback = self._playback = Playback(HEARING_RATE_HZ, self._post)
        conversation = Conversation(engines, actor, playback, scene.languages, self._post)
        conversation.prepare()
        self._ears = _Ears(hear(playback))
        self._workers = (_LaterWorker(lambda: self.now_s, thinking_s), _LaterWorker(lambda: self.now_s, thinking_s))
        self._records = _Records(lambda: self.now_s)
        self.director = Director(scene, self._inbox, self._moment, self._decided)
        self.watch: Callable[[Decided], None] = unwatched
        """Told of every decision."""
        self.keep: Keep = keep_nothing
        """Told of every frame that is heard."""
        self._stage = Stage(self._ears, *self._workers, conversation, playback, self._records, _NoTunings())
        self._out: list[Samples] = []

    @property
    def entries(self) -> list[tuple[float, Entry]]:
        """What the panel was shown, with the second of each."""
        return self._records.entries

    @property
    def played(self) -> Samples:
        """What the loudspeaker played, from the beginning, at HEARING_RATE_HZ."""
        return np.concatenate([np.zeros(0, np.float32), *self._out])

    def hear(self, visitor: Samples, room: Room = headphones) -> None:
        """Let that sound in the room, shape (n,) at HEARING_RATE_HZ; what does not fill a frame is left out."""
        for begin in range(0, len(visitor) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            out = self._playback.render(FRAME_SAMPLES)
            self._out.append(out)
            heard = visitor[begin : begin + FRAME_SAMPLES] + room(out)
            frame = Frame(Audio(heard.astype(np.float32), HEARING_RATE_HZ), self.now_s)
            self.now_s += FRAME_S
            is_open = self._ears.are_open
            events = self._ears.hearing.feed(frame) if is_open else self._ears.hearing.pass_over(frame)
            self.keep(frame, is_open, events)
            for event in events:
                self._post(event)
            self._settle()

    def submit(self, command: Command) -> None:
        """What a person at the panel orders, now."""
        self._inbox.post(command)
        self._settle()

    def _settle(self) -> None:
        if self.director.wait_s() == 0.0:
            self.director.take(TimePassed(), self._stage)
        while True:
            while (event := self._inbox.next(0)) is not None:
                self.director.take(event, self._stage)
            if not any(worker.work() for worker in self._workers):
                return

    def _decided(self, decided: Decided) -> None:
        self.watch(decided)

    def _post(self, event: Event) -> None:
        self.events.append((self.now_s, event))
        self._inbox.post(event)

    def _moment(self) -> Moment:
        return Moment(BEGIN + timedelta(seconds=self.now_s), self.now_s)

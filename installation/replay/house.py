"""A house that hears a recorded evening again, in virtual time: today's ears and decisions, the sound of then."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from installation.changes import Moment
from installation.commands import (
    Command,
    Reject,
    Release,
)
from installation.decisions import decide
from installation.director import Decided
from installation.effects import AnswerAfter, CancelTurn, Effect, Overhear, ReleaseTurn, Retune, SetEars, StartTurn
from installation.events import (
    Event,
    Heard,
    TimePassed,
    Utterance,
)
from installation.hearing.hearing import Hearing
from installation.replay.playing import RecordedPlaying
from installation.replay.words import RecordedWords
from installation.scene import Scene
from installation.sound.echo_canceller import Cleaned, EchoCanceller
from installation.sound.played import PlayedSound
from installation.sound.sources import FRAME_SAMPLES
from installation.tape.notes import COMMANDS, Note, What, decision_notes, heard_note
from installation.tape.reading import RecordedEvening
from installation.tape.recorder import LOST
from models.audio import HEARING_RATE_HZ, Audio, Frame, Samples
from models.settings import SettingsError, build

FRAME_S = FRAME_SAMPLES / HEARING_RATE_HZ
BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


class RecordedEcho(EchoCanceller):
    """The echo canceller of the house, given what was played while each frame was heard."""

    def __init__(self) -> None:
        super().__init__(PlayedSound())

    def clean(self, frame: Frame) -> Cleaned:
        """The frame without our voice."""
        return self.take_out(frame, self.reference)


class RecordedHouse:
    """`play` makes its notes, as the house made those of the evening."""

    def __init__(
        self, evening: RecordedEvening, scene: Scene, hear: Callable[[EchoCanceller], Hearing], words: RecordedWords
    ) -> None:
        """`hear` makes the ears, on that canceller or on none."""
        self.notes: list[Note] = []
        self.now_s = 0.0
        self._evening = evening
        self._scene = scene
        self._echo = RecordedEcho()
        self._hearing = hear(self._echo)
        self.words = words
        self._playing = RecordedPlaying(evening.notes)
        self._to_come = deque(evening.notes)
        self._known: list[tuple[float, Heard]] = []
        self._open = True
        self._unheard = ""

    def play(self) -> None:
        """Hear the whole evening. Raises RecordingError."""
        self._take_due()
        for number, (heard, played) in enumerate(self._evening.frames()):
            begin_s, self.now_s = number * FRAME_S, (number + 1) * FRAME_S
            for event in self._heard(begin_s, heard, played):
                self.notes += filter(None, (heard_note(event, self.now_s),))
                self._decide(event)
            if self._scene.deadline_s is not None and self._scene.deadline_s <= self.now_s:
                self._decide(TimePassed())
            # Before the evening's own: what it brought about then is to be decided here, too.
            self._know_words()
            self._take_due()
            for note in self._playing.late(self._scene):
                self._sound(note)
            for over in self._playing.over(self._scene, self.now_s):
                self._decide(over)

    def _heard(self, begin_s: float, heard: Samples, played: Samples) -> Sequence[Event]:
        frame = Frame(Audio(heard, HEARING_RATE_HZ), begin_s)
        self._echo.reference = played
        if self._unheard:
            # The silence in its place would teach the canceller that no echo comes back.
            return [] if self._unheard == LOST else self._hearing.forget()
        return self._hearing.feed(frame) if self._open else self._hearing.pass_over(frame)

    def _take_due(self) -> None:
        while self._to_come and self._to_come[0].at_s <= self.now_s + 1e-6:
            self._take(self._to_come.popleft())

    def _know_words(self) -> None:
        due = [heard for due_s, heard in self._known if due_s <= self.now_s + 1e-6]
        self._known = [known for known in self._known if known[0] > self.now_s + 1e-6]
        for heard in due:
            self._decide(heard)

    def _take(self, note: Note) -> None:
        """What was not decided that evening, but came from outside: a person at the panel, or the loudspeaker."""
        match note.what:
            case What.UNHEARD | What.HEARD:
                self._unheard = note.why if note.what is What.UNHEARD else ""
            case What.COMMAND:
                if (command := self._command(note)) is not None:
                    self._decide(command)
            case What.SENTENCE | What.SPOKEN | What.SILENT:
                for told in self._playing.told(note, self._scene):
                    self._sound(told)
            case _:
                pass

    def _sound(self, note: Note) -> None:
        self._scene = self._playing.tell(note, self._scene, self.now_s)
        for event in self._playing.events(note, self._scene):
            self._decide(event)

    def _command(self, note: Note) -> Command | None:
        """The command, if this house knows it, about a turn of its own."""
        fields: dict[str, Any] = dict(note.fields)
        kind = COMMANDS.get(note.why)
        if kind in (Release, Reject):
            fields["turn_id"] = self._playing.turn_of(int(fields.get("turn_id", 0)), self._scene)
        try:
            return None if kind is None else build(kind, fields, note.why)
        except SettingsError:
            return None

    def _decide(self, event: Event | Command) -> None:
        events: deque[Event | Command] = deque([event])
        while events:
            event = events.popleft()
            before = self._scene
            moment = Moment(BEGIN + timedelta(seconds=self.now_s), self.now_s)
            self._scene, effects = decide(before, event, moment)
            self.notes += decision_notes(Decided(event, before, self._scene, effects), self.now_s)
            for effect in effects:
                events.extend(self._perform(effect))

    def _perform(self, effect: Effect) -> tuple[Event, ...]:
        """Do it, as far as there is something to do; what the loudspeaker tells of it."""
        match effect:
            case StartTurn(turn_id, Utterance() as utterance) | Overhear(turn_id, utterance):
                self._listen(turn_id, utterance)
            case ReleaseTurn(turn_id):
                self._scene = self._playing.release(turn_id, self._scene, self.now_s)
            case CancelTurn(turn_id):
                turn = self._scene.turn(turn_id)
                return () if turn is None else (self._playing.cut(turn),)
            case AnswerAfter(pause, pause_s):
                self._hearing.answer_after(pause, pause_s)
            case SetEars(are_open):
                self._open = are_open
            case Retune(settings):
                self._hearing.tune(settings)
            case _:
                pass
        return ()

    def _listen(self, turn_id: int, utterance: Utterance) -> None:
        understood = self.words.of(utterance)
        if understood.turn is not None:
            self._playing.same(understood.turn, turn_id)
        if understood.transcript is not None:
            heard = Heard(turn_id, understood.transcript, understood.finished)
            self._known.append((self.now_s + understood.after_s, heard))

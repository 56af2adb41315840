"""One turn from end to end: understand, answer, voice; one thread pulls, and to stop pulling stops everything."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial

import numpy as np

from installation.covers import Covers, Line
from installation.effects import Dictated, StartTurn, Typed
from installation.events import (
    AnswerBegun,
    DraftFailed,
    DraftFinished,
    Event,
    FaultCleared,
    FaultRaised,
    Heard,
    Room,
    SentenceDrafted,
    Utterance,
    VoiceMade,
)
from installation.sound.playback import Playback
from installation.sound.track import Filler
from installation.turn import Turn, TurnCancelled
from installation.turn_taking.sensing import Sensing
from models.audio import Audio
from models.protocols import Adaptable, AnswerCut, Engines, Language, ModelError, Transcript
from persona.actor import Actor
from persona.sentences import Sentences, is_whole

log = logging.getLogger(__name__)


class Conversation:
    """Drafts turns with the engines of the evening: on the worker's thread, except where said."""

    def __init__(
        self,
        engines: Engines,
        actor: Actor,
        playback: Playback,
        languages: tuple[Language, ...],
        post: Callable[[Event], None],
    ) -> None:
        self._engines = engines
        self._actor = actor
        self._playback = playback
        self._languages = languages
        self._post = post
        self._failing: set[Room] = set()
        self._fault_lock = threading.Lock()
        self._ears = threading.Lock()
        """The ears hear one utterance at a time."""
        self._covers = Covers(actor.covers, languages)
        self._fillers = Covers(actor.fillers, languages)
        for role, engine in engines.restarting.items():
            engine.when_back(partial(self._works, Room(role)))

    def prepare(self) -> None:
        """Make the sound of the lines that are spoken when the engines cannot, or are late. Raises ModelError."""
        self._covers.prepare(self._engines.synthesizer)
        self._fillers.prepare(self._engines.synthesizer)

    def filler(self, language: Language) -> Filler | None:
        """What the character utters when its answer in `language` is late; None if nothing. On one thread alone."""
        if not self._actor.fillers(language):
            return None
        line = self._fillers.next(language)
        sound = self._fillers.sound(line)
        return Filler(sound, self._actor.patience_s, line.text) if sound else None

    def draft(self, turn: Turn, start: StartTurn, give_way: Callable[[], None] = lambda: None) -> None:
        """Draft the whole turn: its sound waits in the loudspeaker's queue until the turn is released.

        `give_way` is called between two sentences, and may draft another turn in the meantime.
        """
        try:
            turn.check()
            with closing(self._lines(turn, start)) as lines:
                for part, line in enumerate(lines):
                    turn.check()
                    guarded = self._actor.guards(line.text)
                    self._post(SentenceDrafted(turn.id, part, line.text, line.language, guarded))
                    if not self._voice(turn, part, line):
                        break
                    give_way()
            turn.check()
            self._playback.finish(turn)
            self._post(DraftFinished(turn.id))
        except TurnCancelled:
            log.debug("Turn %d was cancelled: %s", turn.id, turn.reason)
        except ModelError as error:
            if not turn.cancelled:
                self._fault(Room.VOICE, error)
                self._post(DraftFailed(turn.id))

    def overhear(self, turn: Turn, utterance: Utterance) -> None:
        """Understand what was said over an answer; nothing was said where the ears fail. On another thread."""
        try:
            turn.check()
            heard = self._understand(turn, utterance)
            self._post(heard or Heard(turn.id, Transcript("", self._languages[0])))
        except TurnCancelled:
            log.debug("Turn %d was cancelled: %s", turn.id, turn.reason)

    @property
    def double_scale(self) -> float | None:
        """How much of its adapter is added to the persona; None where it has none."""
        persona = self._engines.language_model
        return persona.double_scale if isinstance(persona, Adaptable) else None

    def set_double_scale(self, scale: float) -> None:
        """Add so much from the next answer on. May be called from any thread."""
        persona = self._engines.language_model
        if isinstance(persona, Adaptable):
            persona.set_double_scale(scale)

    def _lines(self, turn: Turn, start: StartTurn) -> Generator[Line, None, None]:
        """The sentences of the answer; an engine that fails is covered by a line of the character's own."""
        match start.source:
            case Dictated(text, language):
                splitter = Sentences()
                for sentence in (*splitter.feed(text), *splitter.finish()):
                    yield Line(sentence, language)
            case Typed(text, language):
                yield from self._answer(turn, start, Transcript(text, language))
            case Utterance() as utterance:
                heard = self._understand(turn, utterance)
                if heard is None:
                    yield self._covers.next(self._languages[0])
                    return
                self._post(heard)
                if heard.transcript.text:
                    yield from self._answer(turn, start, heard.transcript)

    def _understand(self, turn: Turn, utterance: Utterance) -> Heard | None:
        """The visitor's words, and whether they sounded finished; None when the ears failed."""
        ears, sensing = self._engines.transcriber, Sensing(self._engines.turn_sense, utterance.audio, self._post)
        try:
            with self._ears, sensing, turn.abortable(ears.abort):
                words = ears.transcribe(utterance.audio, self._languages, lambda: turn.cancelled)
        except ModelError as error:
            turn.check()
            self._fault(Room.EARS, error)
            return None
        if sensing.error is not None:
            # the words alone decide how long the visitor is waited for
            self._fault(Room.EARS, sensing.error)
        else:
            self._works(Room.EARS)
        return Heard(turn.id, words, sensing.finished)

    def _answer(self, turn: Turn, start: StartTurn, heard: Transcript) -> Generator[Line, None, None]:
        abort = self._engines.language_model.abort
        spoken = ""
        try:
            # begun and pulled in two steps: an engine may forget an abort that comes while it begins, the turn does not
            with turn.abortable(abort):
                sentences = self._actor.answer(
                    start.memory, heard.text, heard.language, start.steering, lambda: self._post(AnswerBegun(turn.id))
                )
            with closing(sentences):
                while True:
                    with turn.abortable(abort):
                        sentence = next(sentences, None)
                    if sentence is None:
                        break
                    spoken = sentence
                    yield Line(sentence, heard.language)
            if not spoken:
                raise ModelError(self._without_a_word())
        except AnswerCut:
            # Room.SERVER tells of it already; whole sentences stand as the answer
            turn.check()
            if not is_whole(spoken):
                yield self._covers.next(heard.language)
        except ModelError as error:
            turn.check()
            self._fault(Room.PERSONA, error)
            yield self._covers.next(heard.language)
        else:
            self._works(Room.PERSONA)

    def _without_a_word(self) -> str:
        return (
            f"{self._engines.language_model.name} gave an answer without a single word; if it does so again, its "
            "file is damaged or not meant for conversation: fetch it again, or take another model."
        )

    def _voice(self, turn: Turn, part: int, line: Line) -> bool:
        """Let a line be heard; whether it was that one, and not a cover line because the voice failed."""
        prepared = self._covers.sound(line)
        if prepared is not None:
            self._playback.add(turn, part, prepared, last=True)
            self._post(VoiceMade(turn.id, part))
            return True
        voice, begun = self._engines.synthesizer, False
        try:
            with turn.abortable(voice.abort):
                sound = voice.synthesize(line.text, line.language)
            with turn.abortable(voice.abort):
                for audio in sound:
                    self._playback.add(turn, part, audio, last=False)
                    if not begun and len(audio.samples):
                        begun = True
                        self._post(VoiceMade(turn.id, part))
        except ModelError as error:
            turn.check()
            cover = self._covers.next(line.language)
            prepared = self._covers.sound(cover)
            if prepared is None:
                raise
            self._fault(Room.VOICE, error)
            # a sentence that has begun stands as far as it came; one without a sound gives its place to the cover line
            place = part + 1 if begun else part
            self._post(SentenceDrafted(turn.id, place, cover.text, cover.language))
            self._playback.add(turn, place, prepared, last=True)
            return False
        self._playback.add(turn, part, Audio(np.zeros(0, np.float32), voice.rate_hz), last=True)
        self._works(Room.VOICE)
        return True

    def _fault(self, room: Room, error: ModelError) -> None:
        log.error("%s: %s", room, error)
        with self._fault_lock:
            self._failing.add(room)
            self._post(FaultRaised(room, str(error)))

    def _works(self, room: Room) -> None:
        """The room is whole again: its engine has done its work, or was started again. On any thread."""
        with self._fault_lock:
            if room in self._failing:
                self._failing.remove(room)
                self._post(FaultCleared(room))

"""The house: builds the rooms of one evening, opens them in order, and closes them in reverse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from installation.bus import Bus
from installation.commands import (
    Command,
    Tune,
    TuneBack,
)
from installation.config import SHOW_FILE, Show
from installation.conversation import Conversation
from installation.director import Director, Inbox, Stage
from installation.ears import make_ears, make_turn_sense
from installation.entries import EngineInfo, Health, HouseInfo, Mood, Snapshot, TuningEntry
from installation.events import (
    AdapterFound,
    Event,
    FaultCleared,
    FaultRaised,
    Room,
)
from installation.hearing.listener import Listener
from installation.listening import prepare
from installation.paths import log_path
from installation.room import read_room
from installation.scene import Scene
from installation.show_log import Recorder
from installation.show_log_file import Evening
from installation.sound.choice import SimulatedInput, choose_loudspeaker, choose_source, needs_visitor
from installation.sound.echo_canceller import EchoCanceller
from installation.sound.silent_clock import SilentSpeaker
from installation.sound.sources import FrameSource
from installation.sound.speaker import Speaker
from installation.sound.visitor import load_questions
from installation.tape.choice import choose_recorder
from installation.tuning_file import TuningKeeper
from installation.turn_taking.tuning import moved, offered, values_of
from installation.weights import located
from installation.worker import Worker
from models.engine_check import describe
from models.load import STEPS as LOADING
from models.load import load, render
from models.phrasebook import Phrasebook, read_phrasebook
from models.protocols import Engines, ModelError
from persona.actor import Actor

COVERS = "cover lines"
STEPS = (*LOADING, COVERS)
"""What takes a while before a house is open."""


@dataclass(frozen=True, slots=True)
class House:
    """A house that is open: what the panel and the command line may touch of it."""

    bus: Bus
    inbox: Inbox
    director: Director
    stage: Stage
    listener: Listener
    recorder: Recorder
    show: Show
    source: FrameSource
    speaker: Speaker | SilentSpeaker

    @property
    def info(self) -> HouseInfo:
        """What does not change during the evening."""
        config = self.show.config
        return HouseInfo(
            show=config.show.name,
            character=self.show.character.name,
            languages=config.show.languages,
            microphone=self.source.name,
            loudspeaker=self.speaker.name,
            engines=tuple(EngineInfo(e.role, e.name, e.recommended) for e in describe(config.engines)),
            keeps_visitor_words=config.log.keep_visitor_words,
            thresholds=offered(self.show.own_turn_taking),
            records_sound=config.log.record_sound,
        )

    def snapshot(self) -> Snapshot:
        """What stands now: enough to draw a page from nothing."""
        health = Health(self.speaker.underruns, self.source.overruns)
        recorder, scene = self.recorder, self.director.scene
        return Snapshot(
            info=self.info,
            scene=scene.entry(),
            lines=recorder.recent(),
            health=health,
            waterfall=recorder.waterfall,
            pace=recorder.pace,
            tuning=TuningEntry(values_of(scene.turn_taking)),
        )

    def submit(self, command: Command) -> None:
        """Hand a person's command to the director; returns at once.

        Raises:
            Refused: it contradicts how things stand; nothing changes.
        """
        if isinstance(command, Tune | TuneBack):
            scene = self.director.scene
            moved(scene.turn_taking, scene.own_turn_taking, command)
        self.inbox.post(command)


@contextmanager
def open_house(
    show: Show, recording: Path | None = None, visitor: bool = False, tell: Callable[[str], None] = lambda _: None
) -> Iterator[House]:
    """A house that listens, until the end of the `with`; `recording` or a simulated `visitor` replace the microphone.

    `tell` is given each of STEPS as it begins.

    Raises:
        SettingsError, RecordingError, ModelError, NewerLogError: it cannot open; one sentence.
    """
    config, inbox, bus = show.config, Inbox(), Bus()
    scene = Scene(
        mode=config.show.mode,
        language=config.show.languages[0],
        languages=config.show.languages,
        barge_in=config.hearing.barge_in,
        turn_taking=config.turn_taking,
        own_turn_taking=show.own_turn_taking,
    )
    # A show need not have questions: without them and without a microphone it opens all the same, and shows the fault.
    replaced = needs_visitor(config.sound) and show.visitor_file.exists()
    simulated = recording is None and (visitor or replaced)
    speaker = choose_loudspeaker(config.sound, inbox.post)
    # What stands in the microphone's place does not hear the loudspeaker.
    hears_us = recording is None and not simulated and config.hearing.cancel_echo
    room = read_room(show.folder)
    delay_s = (room.delay_ms or 0.0) / 1000 if room else 0.0
    canceller = EchoCanceller(speaker.playback.played, delay_s) if hears_us else None
    tape = choose_recorder(show, speaker.playback.played, canceller, inbox.post)
    director = Director(scene, inbox, watch=tape.decided)
    asking = _visitor(show, director) if simulated else None
    hearing = make_ears(config, canceller)
    source = choose_source(config.sound, recording, asking, inbox.post, lambda: hearing.in_utterance)
    with ExitStack() as stack:
        stack.callback(bus.close)
        evening = Evening(config.show.name, show.character.name, config.show.mode, datetime.now(UTC).astimezone())
        keep_words = config.log.keep_visitor_words
        recorder = stack.enter_context(Recorder(log_path(config.show.name), bus, evening, keep_words, inbox.post))
        stack.enter_context(tape)
        phrasebook = read_phrasebook(show.visitor_file) if simulated else None
        engines = stack.enter_context(closing(_engines(show, phrasebook, tell, inbox.post)))
        actor = Actor(show.character, engines.language_model)
        # A server tells the length of its context only when it is too late.
        here = actor if engines.language_model_here is None else Actor(show.character, engines.language_model_here)
        _try_persona(show, here)
        conversation = Conversation(engines, actor, speaker.playback, config.show.languages, inbox.post)
        prepare(config.show.languages)
        tell(COVERS)
        conversation.prepare()
        stack.enter_context(speaker)
        worker = stack.enter_context(Worker(inbox.post))
        stack.enter_context(source)
        overhearing = stack.enter_context(Worker(inbox.post, "overhearing"))
        listener = stack.enter_context(Listener(source, hearing, inbox.post, recorder.record, tape.hear))
        if (scale := conversation.double_scale) is not None:
            inbox.post(AdapterFound(scale))
        tunings = stack.enter_context(TuningKeeper(show.folder, show.own_turn_taking, inbox.post))
        stage = Stage(listener, worker, overhearing, conversation, speaker.playback, recorder, tunings)
        yield House(bus, inbox, director, stage, listener, recorder, show, source, speaker)


def _engines(
    show: Show, phrasebook: Phrasebook | None, tell: Callable[[str], None], post: Callable[[Event], None]
) -> Engines:
    def notice(sentence: str) -> None:
        post(FaultRaised(Room.SERVER, sentence) if sentence else FaultCleared(Room.SERVER))

    try:
        found = located(show)
        turn_sense = make_turn_sense(found)
        engines = load(found.engines, show.folder, show.config.show.languages, phrasebook, tell, notice)
        return replace(engines, turn_sense=turn_sense)
    except ModelError as error:
        # A sentence that names its file needs no other one in front of it.
        if str(error).startswith(str(show.folder)):
            raise
        table = "" if str(error).startswith("[engines") else "[engines] "
        raise ModelError(f"{show.folder / SHOW_FILE}: {table}{error}") from error


def _try_persona(show: Show, actor: Actor) -> None:
    """Whether this machine's persona can play its part. Raises ModelError."""
    try:
        for language in show.config.show.languages:
            actor.check(language)
            actor.require_words(language)
    except ModelError as error:
        raise ModelError(f"{show.folder / SHOW_FILE}: [engines] persona: {error}") from error


def _visitor(show: Show, director: Director) -> SimulatedInput:
    def is_listening() -> bool:
        return director.scene.mood is Mood.LISTENING

    return SimulatedInput(load_questions(show.visitor_file, show.config.show.languages), render, is_listening)

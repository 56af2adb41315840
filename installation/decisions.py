"""What the house does about an event or a command: `decide`, a pure function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from installation.answer import draft, fill, speak
from installation.changes import (
    VISITORS_LINE,
    Decision,
    Moment,
    audible,
    cancel,
    record,
    release,
    scale_double,
    start,
)
from installation.commands import (
    Ask,
    Close,
    Command,
    Interrupt,
    Listen,
    MuteMicrophone,
    Panic,
    Pause,
    Reject,
    Release,
    Resume,
    Say,
    ScaleDouble,
    SetMode,
    Steer,
    Tune,
    TuneBack,
)
from installation.effects import Dictated, DuckVoice, Effect, Finish, HoldVoice, SetEars, Typed
from installation.entries import Fault, LineState, Step
from installation.events import (
    AdapterFound,
    AnswerBegun,
    ApplauseEnded,
    ApplauseStarted,
    DraftFailed,
    DraftFinished,
    Event,
    FaultCleared,
    FaultRaised,
    FillerStarted,
    Heard,
    InputEnded,
    Mode,
    Room,
    RoomCrashed,
    SentenceDrafted,
    SentenceSpoken,
    SentenceStarted,
    SpeechCut,
    SuspicionLifted,
    TimePassed,
    TurnSpoken,
    UtteranceEnded,
    VoiceDiscarded,
    VoiceGrown,
    VoiceMade,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
    VoiceSuspected,
)
from installation.listening import answer_overheard, listen
from installation.scene import Scene, SceneTurn
from installation.tuning import tune
from installation.turn import CancelReason
from installation.waking import fall_asleep, stay_awake, wake
from persona.language import guess_language
from persona.memory import Memory

MAX_PENDING = 10
"""Drafts that wait for a curator: each keeps its whole sound in memory, and nobody chooses among more."""


def decide(scene: Scene, event: Event | Command, moment: Moment) -> Decision:
    """The scene after `event`, and what to do, in order."""
    after, effects = _react(scene, event, moment)
    for then in (_take_question, answer_overheard, _throw_away_surplus):
        after, more = then(after, moment)
        effects = (*effects, *more)
    # What was to be stopped is gone: the next answer must not begin in silence.
    if not (after.ears_open and after.sounding):
        after = replace(after, stopped=False, suspected=after.suspected and after.ears_open)
    return after, (*effects, *_at_the_devices(scene, after))


def _at_the_devices(before: Scene, after: Scene) -> Iterator[Effect]:
    """What changes at microphone and loudspeaker."""
    if after.held != before.held:
        yield HoldVoice(after.held)
    if after.ducked != before.ducked:
        yield DuckVoice(10 ** (-after.turn_taking.duck_db / 20) if after.ducked else 1.0)
    if after.ears_open != before.ears_open:
        yield SetEars(after.ears_open)


def _react(scene: Scene, event: Event | Command, moment: Moment) -> Decision:  # noqa: C901, PLR0911, PLR0912 - a table
    match event:
        case VoiceSuspected() | SuspicionLifted() | VoiceStarted() | VoiceGrown() | VoicePaused():
            return listen(scene, event, moment)
        case VoiceResumed() | UtteranceEnded() | VoiceDiscarded():
            return listen(scene, event, moment)
        case Heard() | AnswerBegun() | SentenceDrafted() | VoiceMade() | DraftFinished() | DraftFailed():
            return draft(scene, event, moment)
        case FillerStarted():
            return fill(scene, event, moment)
        case SentenceStarted() | SentenceSpoken() | TurnSpoken() | SpeechCut():
            after, effects = speak(scene, event, moment)
            return stay_awake(after, moment), effects
        case FaultRaised(room, message):
            return _break(scene, Fault(room, message), moment)
        case FaultCleared(room):
            return replace(scene, faults=tuple(fault for fault in scene.faults if fault.room != room)), ()
        case AdapterFound(scale):
            return replace(scene, double_scale=scale), ()
        case InputEnded():
            return scene, ()
        case TimePassed():
            return fall_asleep(scene, moment), ()
        case Listen():
            return wake(scene, moment), ()
        case ApplauseStarted() | ApplauseEnded():
            return replace(scene, applause=isinstance(event, ApplauseStarted)), ()
        case RoomCrashed():
            return _close(scene, moment, failed=True)
        case Close():
            return _close(scene, moment, failed=False)
        case Release(turn_id):
            return _let_go(scene, scene.turn(turn_id), moment)
        case Reject(turn_id):
            turn = scene.turn(turn_id)
            return cancel(scene, (turn,) if turn else (), CancelReason.REJECTED, moment)
        case Say() | Ask():
            return _typed(scene, event, moment)
        case SetMode(mode):
            return _set_mode(scene, mode, moment)
        case Steer(text):
            return replace(scene, steering=text.strip()), ()
        case ScaleDouble(scale):
            return scale_double(scene, scale, moment)
        case Tune() | TuneBack():
            return tune(scene, event, moment)
        case Interrupt() | MuteMicrophone() | Pause() | Resume() | Panic():
            return _control(scene, event, moment)
        case _:
            assert_never(event)


def _control(scene: Scene, event: Interrupt | MuteMicrophone | Pause | Resume | Panic, moment: Moment) -> Decision:
    match event:
        case Interrupt():
            return cancel(replace(scene, unanswered=None), _under_way(scene), CancelReason.PERFORMER, moment)
        case MuteMicrophone(muted):
            return replace(scene, microphone_muted=muted), ()
        case Pause():
            return replace(scene, paused=True), ()
        case Resume():
            held = tuple(turn for turn in scene.turns if scene.paused and not turn.begun)
            for turn in held:
                scene = scene.with_turn(turn.passing(Step.LET_GO, moment.at_s))
            return replace(scene, paused=False, panic=False), ()
        case Panic():
            # What was held is gone, so that there is nothing left to hold.
            scene = replace(scene, panic=True, paused=False, unanswered=None, asked="")
            return cancel(scene, scene.turns, CancelReason.PANIC, moment)
        case _:
            assert_never(event)


def _let_go(scene: Scene, turn: SceneTurn | None, moment: Moment) -> Decision:
    """A person lets a draft be spoken."""
    return release(scene, turn and turn.passing(Step.LET_GO, moment.at_s), moment)


def _under_way(scene: Scene) -> tuple[SceneTurn, ...]:
    """What is being said or about to be, but not what waits for a person."""
    return tuple(turn for turn in scene.turns if turn.released or turn.over or turn.id == scene.hearing)


def _typed(scene: Scene, event: Say | Ask, moment: Moment) -> Decision:
    text = event.text.strip()
    if not text or scene.panic or scene.closing:
        return scene, ()
    scene = replace(scene, unanswered=None)
    if isinstance(event, Ask):
        scene = replace(scene, asked=f"{scene.asked} {text}".lstrip())
        return cancel(scene, _under_way(scene), CancelReason.BARGE_IN, moment)
    scene, stopped = cancel(scene, _under_way(scene), CancelReason.PERFORMER, moment)
    language = event.language if event.language in scene.languages else None
    language = language or guess_language(text, scene.languages, scene.language)
    turn = SceneTurn(scene.next_turn_id, dictated=True, language=language)
    scene, started = start(scene, Dictated(text, language), turn)
    scene, released = release(scene, scene.turns[-1], moment)
    return scene, (*stopped, *started, *released)


def _take_question(scene: Scene, moment: Moment) -> Decision:
    """Begin to answer a typed question, as soon as the memory holds what was heard of the answer that it stopped."""
    if not scene.asked or any(turn.cancelled for turn in scene.turns):
        return scene, ()
    language = guess_language(scene.asked, scene.languages, scene.language)
    turn = SceneTurn(scene.next_turn_id, dictated=False, heard=scene.asked, language=language)
    scene, started = start(replace(scene, asked="", language=language), Typed(turn.heard, language), turn)
    turn = scene.turns[-1]
    effects = (*started, record(turn, VISITORS_LINE, LineState.HEARD, moment))
    if scene.mode is Mode.CURATED:
        return scene, effects
    scene, released = release(scene, turn, moment)
    return scene, (*effects, *released)


def _throw_away_surplus(scene: Scene, moment: Moment) -> Decision:
    """A desk that nobody sits at must not fill the memory with drafts: the oldest give way."""
    surplus = tuple(turn for turn in scene.turns if turn.id in scene.pending[:-MAX_PENDING])
    return cancel(scene, surplus, CancelReason.TOO_MANY_WAIT, moment)


def _break(scene: Scene, fault: Fault, moment: Moment) -> Decision:
    """A part of the house is broken; what a lost loudspeaker was saying ends at the word where it fell silent."""
    others = tuple(standing for standing in scene.faults if standing.room != fault.room)
    lost = fault.room is Room.LOUDSPEAKER and not scene.is_faulty(fault.room)
    scene = replace(scene, faults=(*others, fault))
    return cancel(scene, audible(scene) if lost else (), CancelReason.LOUDSPEAKER_LOST, moment)


def _set_mode(scene: Scene, mode: Mode, moment: Moment) -> Decision:
    """Entering a rehearsal puts the memory aside; leaving it brings the memory back as it was.

    What waited for a curator is thrown away when there is none any more.
    """
    if mode is scene.mode:
        return scene, ()
    waiting = tuple(turn for turn in scene.turns if scene.mode is Mode.CURATED and turn.id in scene.pending)
    scene, effects = cancel(scene, waiting, CancelReason.MODE_CHANGED, moment)
    if mode is Mode.REHEARSAL:
        scene = replace(scene, memory_before_rehearsal=scene.memory)
    if scene.mode is Mode.REHEARSAL:
        scene = replace(scene, memory=scene.memory_before_rehearsal, memory_before_rehearsal=Memory())
    return replace(scene, mode=mode), effects


def _close(scene: Scene, moment: Moment, failed: bool) -> Decision:
    scene, effects = cancel(replace(scene, closing=True, asked=""), scene.turns, CancelReason.CLOSING, moment)
    return scene, (*effects, Finish(failed))

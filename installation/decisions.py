"""What the house does about an event or a command: `decide`, a pure function."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from installation.answer import draft, speak
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
from installation.effects import Dictated, Finish, HoldVoice, SetEars, Typed
from installation.entries import Fault, LineState, Step
from installation.events import (
    AdapterFound,
    AnswerBegun,
    Ask,
    Close,
    Command,
    DraftFailed,
    DraftFinished,
    Event,
    FaultCleared,
    FaultRaised,
    Heard,
    InputEnded,
    Interrupt,
    Mode,
    MuteMicrophone,
    Panic,
    Pause,
    Reject,
    Release,
    Resume,
    Room,
    RoomCrashed,
    Say,
    ScaleDouble,
    SentenceDrafted,
    SentenceSpoken,
    SentenceStarted,
    SetMode,
    SpeechCut,
    Steer,
    TurnSpoken,
    UtteranceEnded,
    VoiceDiscarded,
    VoiceMade,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
)
from installation.scene import Scene, SceneTurn
from installation.turn import CancelReason
from persona.language import guess_language
from persona.memory import Memory

MAX_PENDING = 10
"""Drafts that wait for a curator: each keeps its whole sound in memory, and nobody chooses among more."""


def decide(scene: Scene, event: Event | Command, moment: Moment) -> Decision:
    """The scene after `event`, and what to do, in order."""
    after, effects = _react(scene, event, moment)
    for then in (_take_question, _throw_away_surplus):
        after, more = then(after, moment)
        effects = (*effects, *more)
    if after.ears_open != scene.ears_open:
        effects = (*effects, SetEars(after.ears_open))
    return after, effects


def _react(scene: Scene, event: Event | Command, moment: Moment) -> Decision:  # noqa: C901, PLR0911, PLR0912 - a table
    match event:
        case VoiceStarted() | VoicePaused() | VoiceResumed() | UtteranceEnded() | VoiceDiscarded():
            return _listen(scene, event, moment)
        case Heard() | AnswerBegun() | SentenceDrafted() | VoiceMade() | DraftFinished() | DraftFailed():
            return draft(scene, event, moment)
        case SentenceStarted() | SentenceSpoken() | TurnSpoken() | SpeechCut():
            return speak(scene, event, moment)
        case FaultRaised(room, message):
            return _break(scene, Fault(room, message), moment)
        case FaultCleared(room):
            return replace(scene, faults=tuple(fault for fault in scene.faults if fault.room != room)), ()
        case AdapterFound(scale):
            return replace(scene, double_scale=scale), ()
        case InputEnded():
            return scene, ()
        case RoomCrashed():
            return _close(scene, moment, failed=True)
        case Close():
            return _close(scene, moment, failed=False)
        case Release(turn_id):
            return release(scene, scene.turn(turn_id), moment)
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
        case Interrupt() | MuteMicrophone() | Pause() | Resume() | Panic():
            return _control(scene, event, moment)
        case _:
            assert_never(event)


def _listen(
    scene: Scene,
    event: VoiceStarted | VoicePaused | VoiceResumed | UtteranceEnded | VoiceDiscarded,
    moment: Moment,
) -> Decision:
    hearing = scene.turn(scene.hearing)
    match event:
        case VoiceStarted():
            return _speak_up(scene, moment) if scene.ears_open else (scene, ())
        case VoicePaused(utterance, silent_s):
            if not scene.ears_open:
                return scene, ()
            whole = utterance.after(scene.unanswered)
            turn = SceneTurn(scene.next_turn_id, dictated=False, utterance=whole)
            turn = turn.passing(Step.VOICE_END, moment.at_s - silent_s).passing(Step.PAUSE, moment.at_s)
            scene, effects = start(replace(scene, voice=False), whole, turn)
            return replace(scene, hearing=turn.id), effects
        case VoiceResumed():
            scene = replace(scene, voice=True)
            if hearing is not None:
                return cancel(scene, (hearing,), CancelReason.VISITOR_RESUMED, moment)
            return cancel(scene, audible(scene), CancelReason.BARGE_IN, moment)
        case UtteranceEnded():
            scene = replace(scene, voice=False, hearing=None, unanswered=None)
            if hearing is not None:
                hearing = hearing.passing(Step.TURN_END, moment.at_s)
                scene = scene.with_turn(hearing)
            return (scene, ()) if scene.mode is Mode.CURATED else release(scene, hearing, moment)
        case VoiceDiscarded():
            return _hush(scene, hearing, moment)
        case _:
            assert_never(event)


def _speak_up(scene: Scene, moment: Moment) -> Decision:
    """A visitor begins to speak; before the first word of an answer, that is still the same question."""
    spoken_over = audible(scene)
    resumed = tuple(
        turn
        for turn in spoken_over
        if turn.utterance and not turn.begun and not turn.cancelled and scene.mode is not Mode.CURATED
    )
    scene = replace(scene, voice=True, unanswered=resumed[-1].utterance if resumed else None)
    scene, dropped = cancel(scene, resumed, CancelReason.VISITOR_RESUMED, moment)
    barged_in = tuple(turn for turn in spoken_over if turn not in resumed)
    scene, cut = cancel(scene, barged_in, CancelReason.BARGE_IN, moment)
    return scene, (*dropped, *cut)


def _hush(scene: Scene, hearing: SceneTurn | None, moment: Moment) -> Decision:
    """It was no voice, or the ears were closed; a question that a cough has held up is answered after all."""
    unanswered = scene.unanswered
    dropped = (hearing,) if hearing else ()
    scene = replace(scene, voice=False, unanswered=None)
    scene, effects = cancel(scene, dropped, CancelReason.PERFORMER, moment)
    if unanswered is None or not scene.ears_open:
        return scene, effects
    scene, started = start(scene, unanswered, SceneTurn(scene.next_turn_id, dictated=False, utterance=unanswered))
    scene, released = release(scene, scene.turns[-1], moment)
    return scene, (*effects, *started, *released)


def _control(scene: Scene, event: Interrupt | MuteMicrophone | Pause | Resume | Panic, moment: Moment) -> Decision:
    match event:
        case Interrupt():
            return cancel(replace(scene, unanswered=None), _under_way(scene), CancelReason.PERFORMER, moment)
        case MuteMicrophone(muted):
            return replace(scene, microphone_muted=muted), ()
        case Pause():
            return replace(scene, paused=True), (HoldVoice(True),)
        case Resume():
            return replace(scene, paused=False, panic=False), (HoldVoice(False),)
        case Panic():
            scene = replace(scene, panic=True, unanswered=None, asked="")
            scene, effects = cancel(scene, scene.turns, CancelReason.PANIC, moment)
            # What was held is gone, so that there is nothing left to hold.
            held = (HoldVoice(False),) if scene.paused else ()
            return replace(scene, paused=False), (*effects, *held)
        case _:
            assert_never(event)


def _under_way(scene: Scene) -> tuple[SceneTurn, ...]:
    """What is being said or about to be, but not what waits for a person."""
    hearing = scene.turn(scene.hearing)
    return (*audible(scene), *((hearing,) if hearing else ()))


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

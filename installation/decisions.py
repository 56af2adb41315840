"""What the house does about an event or a command: `decide`, a pure function."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from installation.changes import (
    SOUNDING,
    VISITORS_LINE,
    Decision,
    Moment,
    audible,
    cancel,
    record,
    release,
    remember,
    start,
)
from installation.effects import Dictated, Effect, Finish, HoldVoice, SetEars, Source, Typed
from installation.entries import Fault, LineState
from installation.events import (
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
    RoomCrashed,
    Say,
    SentenceDrafted,
    SentenceSpoken,
    SentenceStarted,
    SetMode,
    SpeechCut,
    Steer,
    TurnSpoken,
    UtteranceEnded,
    VoiceDiscarded,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
)
from installation.scene import Scene, SceneTurn, Sentence
from installation.turn import CancelReason
from persona.language import guess_language


def decide(scene: Scene, event: Event | Command, moment: Moment) -> Decision:
    """The scene after `event`, and what to do, in order."""
    after, effects = _react(scene, event, moment)
    if after.ears_open != scene.ears_open:
        effects = (*effects, SetEars(after.ears_open))
    return after, effects


def _react(scene: Scene, event: Event | Command, moment: Moment) -> Decision:  # noqa: C901, PLR0911, PLR0912 - a table
    match event:
        case VoiceStarted() | VoicePaused() | VoiceResumed() | UtteranceEnded() | VoiceDiscarded():
            return _listen(scene, event, moment)
        case Heard() | SentenceDrafted() | DraftFinished() | DraftFailed():
            return _draft(scene, event, moment)
        case SentenceStarted() | SentenceSpoken() | TurnSpoken() | SpeechCut():
            return _speak(scene, event, moment)
        case FaultRaised(room, message):
            others = tuple(fault for fault in scene.faults if fault.room != room)
            return replace(scene, faults=(*others, Fault(room, message))), ()
        case FaultCleared(room):
            return replace(scene, faults=tuple(fault for fault in scene.faults if fault.room != room)), ()
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
            return _set_mode(scene, mode), ()
        case Steer(text):
            return replace(scene, steering=text.strip()), ()
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
            if not scene.ears_open:
                return scene, ()
            return cancel(replace(scene, voice=True), audible(scene), CancelReason.BARGE_IN, moment)
        case VoicePaused(utterance):
            if not scene.ears_open:
                return scene, ()
            scene, effects = start(
                replace(scene, voice=False), utterance, SceneTurn(scene.next_turn_id, dictated=False)
            )
            return replace(scene, hearing=scene.turns[-1].id), effects
        case VoiceResumed():
            scene = replace(scene, voice=True)
            if hearing is not None:
                return cancel(scene, (hearing,), CancelReason.VISITOR_RESUMED, moment)
            return cancel(scene, audible(scene), CancelReason.BARGE_IN, moment)
        case UtteranceEnded():
            scene = replace(scene, voice=False, hearing=None)
            return (scene, ()) if scene.mode is Mode.CURATED else release(scene, hearing, moment)
        case VoiceDiscarded():
            dropped = (hearing,) if hearing else ()
            return cancel(replace(scene, voice=False), dropped, CancelReason.PERFORMER, moment)
        case _:
            assert_never(event)


def _draft(scene: Scene, event: Heard | SentenceDrafted | DraftFinished | DraftFailed, moment: Moment) -> Decision:
    turn = scene.turn(event.turn_id)
    if turn is None or turn.cancelled:
        return scene, ()
    match event:
        case Heard(_, transcript):
            if not transcript.text:
                return cancel(scene, (turn,), CancelReason.NOTHING_HEARD, moment)
            turn = replace(turn, heard=transcript.text, language=transcript.language)
            scene = replace(scene.with_turn(turn), language=transcript.language)
            return scene, (record(turn, VISITORS_LINE, LineState.HEARD, moment),)
        case SentenceDrafted(_, _, text, language):
            turn = replace(turn, sentences=(*turn.sentences, Sentence(text)), language=language)
            states = (LineState.DRAFTED, LineState.RELEASED) if turn.released else (LineState.DRAFTED,)
            part = len(turn.sentences) - 1
            return scene.with_turn(turn), tuple(record(turn, part, state, moment) for state in states)
        case DraftFinished():
            return scene.with_turn(replace(turn, drafted=True)), ()
        case DraftFailed():
            return cancel(scene, (turn,), CancelReason.ENGINE_FAILED, moment)
        case _:
            assert_never(event)


def _speak(scene: Scene, event: SentenceStarted | SentenceSpoken | TurnSpoken | SpeechCut, moment: Moment) -> Decision:
    turn = scene.turn(event.turn_id)
    if turn is None:
        return scene, ()
    match event:
        case SentenceStarted(_, part):
            turn = _mark(turn, part, started=True)
            return scene.with_turn(turn), (record(turn, part, LineState.RELEASED, moment, SOUNDING),)
        case SentenceSpoken(_, part):
            turn = _mark(turn, part, started=True, spoken=True)
            return scene.with_turn(turn), (record(turn, part, LineState.SPOKEN, moment),)
        case TurnSpoken():
            return remember(scene.without_turn(turn.id), turn, turn.exchange()), ()
        case SpeechCut(_, part, share):
            return _cut(scene, turn, part, share, moment)
        case _:
            assert_never(event)


def _mark(turn: SceneTurn, part: int, started: bool, spoken: bool = False) -> SceneTurn:
    sentences = tuple(
        replace(sentence, started=started, spoken=spoken) if index == part else sentence
        for index, sentence in enumerate(turn.sentences)
    )
    return replace(turn, sentences=sentences)


def _cut(scene: Scene, turn: SceneTurn, part: int, share: float, moment: Moment) -> Decision:
    """The loudspeaker has fallen silent: log what was heard and what was not, and remember the former."""
    heard = turn.heard_of(part, share)
    exchange = turn.exchange_cut(part, share)
    note = turn.cancelled or CancelReason.PERFORMER
    effects: list[Effect] = []
    for index, sentence in enumerate(turn.sentences):
        if index == part and heard:
            effects.append(record(turn, index, LineState.CUT, moment, note, heard))
        elif index >= part and not sentence.spoken:
            effects.append(record(turn, index, LineState.CANCELLED, moment, note))
    return remember(scene.without_turn(turn.id), turn, exchange), tuple(effects)


def _control(scene: Scene, event: Interrupt | MuteMicrophone | Pause | Resume | Panic, moment: Moment) -> Decision:
    match event:
        case Interrupt():
            hearing = scene.turn(scene.hearing)
            stopped = (*audible(scene), *((hearing,) if hearing else ()))
            return _go_on(*cancel(scene, stopped, CancelReason.PERFORMER, moment))
        case MuteMicrophone(muted):
            return replace(scene, microphone_muted=muted), ()
        case Pause():
            return replace(scene, paused=True), (HoldVoice(True),)
        case Resume():
            return replace(scene, paused=False, panic=False), (HoldVoice(False),)
        case Panic():
            return _go_on(*cancel(replace(scene, panic=True), scene.turns, CancelReason.PANIC, moment))
        case _:
            assert_never(event)


def _go_on(scene: Scene, effects: tuple[Effect, ...]) -> Decision:
    """What was held has been cancelled, so that there is nothing left to hold."""
    if not scene.paused:
        return scene, effects
    return replace(scene, paused=False), (*effects, HoldVoice(False))


def _typed(scene: Scene, event: Say | Ask, moment: Moment) -> Decision:
    text = event.text.strip()
    if not text or scene.panic or scene.closing:
        return scene, ()
    if isinstance(event, Say):
        language = event.language or guess_language(text, scene.languages, scene.language)
        source: Source = Dictated(text, language)
        reason = CancelReason.PERFORMER
    else:
        language = guess_language(text, scene.languages, scene.language)
        source = Typed(text, language)
        reason = CancelReason.BARGE_IN
    hearing = scene.turn(scene.hearing)
    scene, stopped = cancel(scene, (*audible(scene), *((hearing,) if hearing else ())), reason, moment)
    turn = SceneTurn(scene.next_turn_id, dictated=isinstance(source, Dictated), language=language)
    scene, started = start(scene, source, turn)
    effects = (*stopped, *started)
    if scene.mode is Mode.CURATED and not turn.dictated:
        return scene, effects
    scene, released = release(scene, scene.turns[-1], moment)
    return scene, (*effects, *released)


def _set_mode(scene: Scene, mode: Mode) -> Scene:
    """Entering a rehearsal puts the memory aside; leaving it brings the memory back as it was."""
    if mode is scene.mode:
        return scene
    if mode is Mode.REHEARSAL:
        return replace(scene, mode=mode, memory_before_rehearsal=scene.memory)
    if scene.memory_before_rehearsal is not None:
        return replace(scene, mode=mode, memory=scene.memory_before_rehearsal, memory_before_rehearsal=None)
    return replace(scene, mode=mode)


def _close(scene: Scene, moment: Moment, failed: bool) -> Decision:
    scene, effects = cancel(replace(scene, closing=True), scene.turns, CancelReason.CLOSING, moment)
    return scene, (*effects, Finish(failed))

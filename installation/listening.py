"""What the house does about a visitor's voice: draft, wait, answer; over the double lower it, stop it, listen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import assert_never

from installation.changes import VISITORS_LINE, Decision, Moment, audible, cancel, record, release, start
from installation.effects import AnswerAfter, Effect, Overhear, Typed
from installation.entries import LineState, Step
from installation.events import (
    Heard,
    Mode,
    SuspicionLifted,
    UtteranceEnded,
    VoiceDiscarded,
    VoiceGrown,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
    VoiceSuspected,
)
from installation.scene import Scene, SceneTurn
from installation.turn import CancelReason
from installation.turn_taking.end_of_turn import PAUSES_KEPT, Words, pause_to_answer_s
from installation.turn_taking.interruption import Meant, meant, stops
from installation.turn_taking.settings import TurnTakingSettings
from persona.own_words import is_own_words
from persona.thought import asks, how_finished

Listened = (
    VoiceSuspected
    | SuspicionLifted
    | VoiceStarted
    | VoiceGrown
    | VoicePaused
    | VoiceResumed
    | UtteranceEnded
    | VoiceDiscarded
)
ANOTHER_VISITOR_S = 30.0
"""After so long without a word somebody else may be there, who pauses in a way of their own."""
_IN_THE_AIR_S = 0.5
"""So long the end of an answer may echo."""
_REASONS = {
    Meant.NOTHING: CancelReason.NOTHING_HEARD,
    Meant.BACK_CHANNEL: CancelReason.BACK_CHANNEL,
    Meant.OWN_VOICE: CancelReason.OWN_VOICE,
}


def listen(scene: Scene, event: Listened, moment: Moment) -> Decision:
    """A voice may begin, begins, grows, pauses, goes on, ends, or was none."""
    if scene.ignoring or not scene.awake:
        begins, ends = isinstance(event, VoiceStarted), isinstance(event, UtteranceEnded | VoiceDiscarded)
        suspected = scene.suspected and not (ends or isinstance(event, SuspicionLifted))
        return replace(scene, ignoring=(scene.ignoring or begins) and not ends, suspected=suspected), ()
    hearing = scene.turn(scene.hearing)
    match event:
        case VoiceSuspected():
            return replace(scene, suspected=scene.ears_open), ()
        case SuspicionLifted():
            return replace(scene, suspected=False), ()
        case VoiceStarted():
            return _speak_up(scene, moment) if scene.ears_open else (scene, ())
        case VoiceGrown(voice_s):
            return _grow(scene, voice_s, moment), ()
        case VoicePaused():
            return _pause(scene, event, moment) if scene.ears_open else (scene, ())
        case VoiceResumed(pause_s):
            pauses_s = (*scene.pauses_s, pause_s)[-PAUSES_KEPT:]
            scene = replace(scene, voice=True, suspected=True, pauses_s=pauses_s)
            return cancel(scene, (hearing,) if hearing else (), CancelReason.VISITOR_RESUMED, moment)
        case UtteranceEnded():
            return _end(scene, hearing, moment)
        case VoiceDiscarded():
            return _hush(scene, hearing, moment)
        case _:
            assert_never(event)


def _speak_up(scene: Scene, moment: Moment) -> Decision:
    """A visitor begins to speak; before the first word of an answer, that is still the same question."""
    resumed = tuple(
        turn
        for turn in audible(scene)
        if turn.utterance and not turn.begun and not turn.cancelled and scene.mode is not Mode.CURATED
    )
    another = moment.at_s - scene.heard_s > ANOTHER_VISITOR_S
    scene = replace(
        scene,
        voice=True,
        suspected=True,
        unanswered=resumed[-1].utterance if resumed else None,
        pauses_s=() if another else scene.pauses_s,
        heard_s=moment.at_s,
        voice_began_s=moment.at_s,
    )
    return cancel(scene, resumed, CancelReason.VISITOR_RESUMED, moment)


def _grow(scene: Scene, voice_s: float, moment: Moment) -> Scene:
    scene = replace(scene, heard_s=moment.at_s)
    if scene.stopped or not scene.sounding:
        return scene
    turn = scene.sounding[-1]
    sounding_s = moment.at_s - (moment.at_s if turn.begun_s is None else turn.begun_s)
    guarded = any(sentence.guarded and sentence.started and not sentence.spoken for sentence in turn.sentences)
    return replace(scene, stopped=stops(voice_s, sounding_s, guarded, scene.turn_taking))


def _pause(scene: Scene, event: VoicePaused, moment: Moment) -> Decision:
    """Draft an answer; or, to what is said over an answer, listen first."""
    whole = event.utterance.after(scene.unanswered)
    # What waits for its sound, as the answer to a typed question does, is spoken over as well.
    over = bool(scene.let_go)
    turn = SceneTurn(scene.next_turn_id, dictated=False, utterance=whole, pause=event, over=over)
    turn = turn.passing(Step.VOICE_END, moment.at_s - event.silent_s).passing(Step.PAUSE, moment.at_s)
    scene = replace(scene, voice=False, hearing=turn.id)
    if not over:
        return start(scene, whole, turn)
    turn = replace(turn, kept=scene.mode is not Mode.REHEARSAL)
    scene = replace(scene.with_turn(turn), next_turn_id=turn.id + 1)
    return scene, (Overhear(turn.id, whole),)


def _end(scene: Scene, hearing: SceneTurn | None, moment: Moment) -> Decision:
    """The visitor has finished."""
    scene = replace(scene, voice=False, hearing=None, unanswered=None)
    if hearing is None:
        return replace(scene, suspected=False, stopped=False), ()
    hearing = replace(hearing.passing(Step.TURN_END, moment.at_s), ended=True)
    scene = scene.with_turn(hearing)
    if hearing.over:
        return scene, ()
    scene = replace(scene, suspected=False)
    return (scene, ()) if scene.mode is Mode.CURATED else release(scene, hearing, moment)


def _hush(scene: Scene, hearing: SceneTurn | None, moment: Moment) -> Decision:
    """It was no voice, or the ears were closed; a question that a cough has held up is answered after all."""
    unanswered = scene.unanswered
    dropped = (hearing,) if hearing else ()
    scene = replace(scene, voice=False, suspected=False, stopped=False, unanswered=None)
    scene, effects = cancel(scene, dropped, CancelReason.PERFORMER, moment)
    if unanswered is None or not scene.ears_open:
        return scene, effects
    scene, started = start(scene, unanswered, SceneTurn(scene.next_turn_id, dictated=False, utterance=unanswered))
    scene, released = release(scene, scene.turns[-1], moment)
    return scene, (*effects, *started, *released)


def prepare(languages: Collection[str]) -> None:
    """Read the lists of words before the doors open: the first visitor would wait for them."""
    for language in languages:
        how_finished("Hello.", language)
        meant("Hello.", {language}, 0.0, "Good evening.", TurnTakingSettings())


def patience(scene: Scene, turn: SceneTurn) -> tuple[AnswerAfter, ...]:
    """How long the visitor, whose words are known now, must be silent to be answered."""
    if turn.pause is None or turn.id != scene.hearing:
        return ()
    words = Words(how_finished(turn.heard, turn.language), asks(turn.heard, turn.language))
    pause_s = pause_to_answer_s(words, scene.pauses_s, turn.pause.room_db, scene.turn_taking, turn.finished)
    return (AnswerAfter(turn.pause.number, pause_s),)


def is_our_echo(scene: Scene, words: str) -> bool:
    """Whether what began while the double's last words were still in the air is just these."""
    return scene.voice_began_s - scene.last_said_s < _IN_THE_AIR_S and is_own_words(words, scene.last_said)


def overheard(scene: Scene, turn: SceneTurn, event: Heard, moment: Moment) -> Decision:
    """It is known what was said over the double: end its answer, or let it go on where it stopped."""
    words, language = event.transcript.text, event.transcript.language
    pause = turn.pause
    voice_s = pause.voice_s if pause else 0.0
    what = meant(words, {language, *scene.languages}, voice_s, _saying(scene), scene.turn_taking)
    turn = replace(turn, heard=words, language=language, finished=event.finished)
    if what is Meant.NOTHING or (what is not Meant.SPEECH and scene.let_go):
        scene = replace(scene.without_turn(turn.id), suspected=False, stopped=False)
        if not words:
            return scene, ()
        heard = record(turn, VISITORS_LINE, LineState.HEARD, moment)
        return scene, (heard, record(turn, VISITORS_LINE, LineState.CANCELLED, moment, _REASONS[what]))
    scene = scene.with_turn(replace(turn, heard=f"{_first_half(scene)} {words}".strip()))
    scene, cut = cancel(scene, scene.let_go, CancelReason.BARGE_IN, moment)
    return replace(scene, language=language), cut


def _first_half(scene: Scene) -> str:
    """What the visitor had said whom the double took for finished, and who has gone on as soon as it began."""
    hasty = (
        turn.heard
        for turn in scene.sounding
        if turn.utterance
        and turn.begun_s is not None
        and 0 <= scene.voice_began_s - turn.begun_s < scene.turn_taking.cut_in_s
    )
    return next(hasty, "")


def answer_overheard(scene: Scene, moment: Moment) -> Decision:
    """Draft an answer to what stopped the double, as soon as the memory holds what was heard of what it stopped."""
    turn = next((turn for turn in scene.turns if turn.over and turn.heard and not turn.cancelled), None)
    if turn is None or scene.let_go or any(other.cancelled for other in scene.turns):
        return scene, ()
    turn = replace(turn, over=False)
    effects: tuple[Effect, ...] = (record(turn, VISITORS_LINE, LineState.HEARD, moment), *patience(scene, turn))
    scene, started = start(replace(scene, suspected=False, stopped=False), Typed(turn.heard, turn.language), turn)
    turn = scene.turn(turn.id) or turn
    if not turn.ended or scene.mode is Mode.CURATED:
        return scene, (*effects, *started)
    scene, released = release(scene, turn, moment)
    return scene, (*effects, *started, *released)


def _saying(scene: Scene) -> str:
    """What the public has just heard: the sentence that sounds and the one before, or what fills the wait."""
    begun = [sentence.text for turn in scene.sounding for sentence in turn.sentences if sentence.started]
    return " ".join([*(turn.filler for turn in scene.let_go if turn.filler), *begun[-2:]])

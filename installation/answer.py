"""What becomes of the sentences of an answer: drafted, begun, spoken, cut, and remembered as far as they were heard."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from installation.changes import (
    FILLER,
    FILLER_LINE,
    SOUNDING,
    VISITORS_LINE,
    Decision,
    Moment,
    cancel,
    record,
    remember,
)
from installation.effects import Effect, Record
from installation.entries import LineState, Step, WaterfallEntry
from installation.events import (
    AnswerBegun,
    DraftFailed,
    DraftFinished,
    FillerStarted,
    Heard,
    Room,
    SentenceDrafted,
    SentenceSpoken,
    SentenceStarted,
    SpeechCut,
    TurnSpoken,
    VoiceMade,
)
from installation.listening import is_our_echo, overheard, patience
from installation.scene import Scene, SceneTurn, Sentence
from installation.turn import CancelReason

Drafted = Heard | AnswerBegun | SentenceDrafted | VoiceMade | DraftFinished | DraftFailed
_STEPS: dict[type[Drafted], Step] = {
    Heard: Step.TRANSCRIPT,
    AnswerBegun: Step.TOKEN,
    SentenceDrafted: Step.CLAUSE,
    VoiceMade: Step.SOUND,
}


def draft(scene: Scene, event: Drafted, moment: Moment) -> Decision:
    """What the engines bring: the visitor's words, then the sentences of the answer."""
    # A cancelled turn still takes what was on its way: its sound may have begun before the loudspeaker was told.
    turn = scene.turn(event.turn_id)
    if turn is None:
        return scene, ()
    if step := _STEPS.get(type(event)):
        turn = turn.passing(step, moment.at_s)
        scene = scene.with_turn(turn)
    match event:
        case Heard():
            return _hear(scene, turn, event, moment)
        case AnswerBegun() | VoiceMade():
            return scene, ()
        case SentenceDrafted():
            return _draft_sentence(scene, turn, event, moment)
        case DraftFinished():
            return scene.with_turn(replace(turn, drafted=True)), ()
        case DraftFailed():
            return cancel(scene, (turn,), CancelReason.ENGINE_FAILED, moment)
        case _:
            assert_never(event)


def _hear(scene: Scene, turn: SceneTurn, event: Heard, moment: Moment) -> Decision:
    """The visitor's words are known."""
    transcript = event.transcript
    if turn.over:
        return overheard(scene, turn, event, moment)
    if not transcript.text:
        return cancel(scene, (turn,), CancelReason.NOTHING_HEARD, moment)
    if is_our_echo(scene, transcript.text):
        return cancel(scene, (turn,), CancelReason.OWN_VOICE, moment)
    turn = replace(turn, heard=transcript.text, language=transcript.language, finished=event.finished)
    scene = replace(scene.with_turn(turn), language=transcript.language)
    return scene, (record(turn, VISITORS_LINE, LineState.HEARD, moment), *patience(scene, turn))


def _draft_sentence(scene: Scene, turn: SceneTurn, event: SentenceDrafted, moment: Moment) -> Decision:
    """The next sentence, or another one in the place of a sentence to which the voice gave no sound."""
    part = min(event.part, len(turn.sentences))
    mute = range(part, len(turn.sentences))
    dropped = tuple(record(turn, each, LineState.CANCELLED, moment, CancelReason.ENGINE_FAILED) for each in mute)
    sentences = (*turn.sentences[:part], Sentence(event.text, guarded=event.guarded))
    turn = replace(turn, sentences=sentences, language=event.language)
    let_go = turn.released and not turn.cancelled
    states = (LineState.DRAFTED, LineState.RELEASED) if let_go else (LineState.DRAFTED,)
    drafted = (record(turn, part, state, moment) for state in states)
    return scene.with_turn(turn), (*dropped, *drafted)


def speak(scene: Scene, event: SentenceStarted | SentenceSpoken | TurnSpoken | SpeechCut, moment: Moment) -> Decision:
    """What the loudspeaker tells: a sentence began, was spoken, was cut."""
    turn = scene.turn(event.turn_id)
    if turn is None:
        return scene, ()
    match event:
        case SentenceStarted(_, part):
            waterfall = () if turn.begun else _waterfall(turn.passing(Step.OUT, moment.at_s))
            begun_s = moment.at_s if turn.begun_s is None else turn.begun_s
            turn = replace(_mark(turn, part, started=True), begun_s=begun_s)
            return scene.with_turn(turn), (record(turn, part, LineState.RELEASED, moment, SOUNDING), *waterfall)
        case SentenceSpoken(_, part):
            turn = _mark(turn, part, started=True, spoken=True)
            note = CancelReason.LOUDSPEAKER_LOST if scene.is_faulty(Room.LOUDSPEAKER) else ""
            return scene.with_turn(turn), (record(turn, part, LineState.SPOKEN, moment, note),)
        case TurnSpoken():
            unheard = scene.is_faulty(Room.LOUDSPEAKER)
            exchange = turn.exchange_cut(0, 0.0) if unheard else turn.exchange()
            said = " ".join(sentence.text for sentence in turn.sentences[-2:])
            scene = replace(scene, last_said=said, last_said_s=moment.at_s)
            return remember(scene.without_turn(turn.id), turn, exchange), ()
        case SpeechCut(_, part, share):
            return _cut(scene, turn, part, share, moment)
        case _:
            assert_never(event)


def fill(scene: Scene, event: FillerStarted, moment: Moment) -> Decision:
    """The character utters something because its answer is late."""
    turn = scene.turn(event.turn_id)
    if turn is None:
        return scene, ()
    scene = scene.with_turn(replace(turn.passing(Step.FILLER, moment.at_s), filler=event.text))
    return scene, (record(turn, FILLER_LINE, LineState.SPOKEN, moment, FILLER, event.text),)


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
    resumed = note is CancelReason.VISITOR_RESUMED
    if resumed and turn.heard:
        effects.append(record(turn, VISITORS_LINE, LineState.CANCELLED, moment, note))
    for index, sentence in enumerate(turn.sentences):
        if index == part and heard:
            effects.append(record(turn, index, LineState.CUT, moment, note, heard))
        elif index >= part and not sentence.spoken:
            effects.append(record(turn, index, LineState.CANCELLED, moment, note))
    scene = scene.without_turn(turn.id)
    # The visitor goes on: what they said so far is in their next utterance.
    goes_on = resumed and not exchange.said
    return (scene if goes_on else remember(scene, turn, exchange)), tuple(effects)


def _waterfall(turn: SceneTurn) -> tuple[Record, ...]:
    """How the answer came about; nothing for one to a question that was not just spoken."""
    begin_s = dict(turn.passed).get(Step.VOICE_END)
    if begin_s is None:
        return ()
    in_order = sorted(turn.passed, key=lambda passed: passed[1])
    passed_ms = tuple((step, round((at_s - begin_s) * 1000, 1)) for step, at_s in in_order)
    return (Record(WaterfallEntry(turn.id, passed_ms), keep=turn.kept),)

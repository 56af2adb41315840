"""Changes that many decisions share: to start, release, cancel, remember and record a turn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from installation.effects import CancelTurn, Effect, Record, ReleaseTurn, SetDoubleScale, Source, StartTurn
from installation.entries import LineEntry, LineState, Who
from installation.events import (
    Mode,
)
from installation.scene import Scene, SceneTurn
from installation.turn import CancelReason
from persona.memory import Exchange

SOUNDING = "sounding"
"""Note of the RELEASED entry that a sentence gets when its first sample goes out."""

FILLER = "filler"
"""Note of the entry for what the character utters while its answer is not ready."""

HOW_MUCH_DOUBLE = "how much double"
"""Note of the CHANGED entry for the scale of the persona's adapter."""

VISITORS_LINE = -1
"""`part` of the visitor's line."""

FILLER_LINE = -2
"""`part` of what the character utters while its answer is not ready."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When an event is decided: wall clock (with time zone) and house clock (monotonic seconds)."""

    at: datetime
    at_s: float


Decision = tuple[Scene, tuple[Effect, ...]]


def audible(scene: Scene) -> tuple[SceneTurn, ...]:
    """The turns whose sound may be out."""
    return tuple(turn for turn in scene.turns if turn.released)


def start(scene: Scene, source: Source, turn: SceneTurn) -> Decision:
    """Begin to draft `turn` from `source`."""
    turn = replace(turn, kept=scene.mode is not Mode.REHEARSAL)
    scene = replace(scene.with_turn(turn), next_turn_id=turn.id + 1)
    return scene, (StartTurn(turn.id, source, scene.memory, scene.steering),)


def release(scene: Scene, turn: SceneTurn | None, moment: Moment) -> Decision:
    """Let a turn sound; nothing for one that is over, cancelled or released already."""
    if turn is None or turn.released or turn.cancelled:
        return scene, ()
    turn = replace(turn, released=True)
    scene = replace(scene.with_turn(turn), hearing=None if scene.hearing == turn.id else scene.hearing)
    records = (record(turn, part, LineState.RELEASED, moment) for part in range(len(turn.sentences)))
    language = "" if turn.dictated else turn.language or scene.language
    return scene, (ReleaseTurn(turn.id, language), *records)


def cancel(scene: Scene, turns: tuple[SceneTurn, ...], reason: CancelReason, moment: Moment) -> Decision:
    """Cancel those turns; one whose sound may be out stays until the loudspeaker has told how much was heard."""
    effects: list[Effect] = []
    for turn in turns:
        if turn.cancelled:
            continue
        effects.append(CancelTurn(turn.id, reason))
        if turn.released:
            scene = scene.with_turn(replace(turn, cancelled=reason))
            continue
        scene = scene.without_turn(turn.id)
        first = VISITORS_LINE if turn.heard and reason is CancelReason.VISITOR_RESUMED else 0
        parts = range(first, len(turn.sentences))
        effects += [record(turn, part, LineState.CANCELLED, moment, reason) for part in parts]
    return scene, tuple(effects)


def remember(scene: Scene, turn: SceneTurn, exchange: Exchange) -> Scene:
    """Add to the memory; of a turn begun in a rehearsal, only as long as that lasts."""
    in_rehearsal = scene.mode is Mode.REHEARSAL
    if not (exchange.heard or exchange.said):
        return scene
    if turn.kept and in_rehearsal:
        return replace(scene, memory_before_rehearsal=scene.memory_before_rehearsal.with_exchange(exchange))
    if not turn.kept and not in_rehearsal:
        return scene
    return replace(scene, memory=scene.memory.with_exchange(exchange))


def scale_double(scene: Scene, scale: float, moment: Moment) -> Decision:
    """Add so much of the persona's adapter, if it has one; the log keeps it as a turn of its own."""
    if scene.double_scale in (None, scale):
        return scene, ()
    entry = LineEntry(
        turn_id=scene.next_turn_id,
        part=0,
        who=Who.DESK,
        state=LineState.CHANGED,
        text=f"{scale:.2f}",
        language="",
        at=moment.at,
        at_s=moment.at_s,
        note=HOW_MUCH_DOUBLE,
    )
    scene = replace(scene, double_scale=scale, next_turn_id=entry.turn_id + 1)
    return scene, (SetDoubleScale(scale), Record(entry, keep=scene.mode is not Mode.REHEARSAL))


def record(
    turn: SceneTurn, part: int, state: LineState, moment: Moment, note: str = "", text: str | None = None
) -> Record:
    """The effect that logs and shows that sentence `part` of a turn has reached `state`."""
    if part == VISITORS_LINE:
        who, words = Who.VISITOR, turn.heard
    elif part == FILLER_LINE:
        who, words = Who.DOUBLE, ""
    else:
        who = Who.PERFORMER if turn.dictated else Who.DOUBLE
        words = turn.sentences[part].text
    entry = LineEntry(
        turn_id=turn.id,
        part=part,
        who=who,
        state=state,
        text=words if text is None else text,
        language=turn.language,
        at=moment.at,
        at_s=moment.at_s,
        note=str(note),
    )
    return Record(entry, keep=turn.kept)

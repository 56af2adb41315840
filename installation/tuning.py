"""What the house does when a threshold of turn-taking is moved at the panel."""

from __future__ import annotations

from dataclasses import replace

from installation.changes import Decision, Moment
from installation.commands import (
    Refused,
    Setting,
    Tune,
    TuneBack,
)
from installation.effects import Record, Retune
from installation.entries import LineEntry, LineState, TuningEntry, Who
from installation.events import Mode
from installation.scene import Scene
from installation.turn_taking.tuning import differing, moved, values_of


def tune(scene: Scene, command: Tune | TuneBack, moment: Moment) -> Decision:
    """Listen with it from now on; the log keeps what was moved as a turn of its own.

    What another panel's command, a moment before, has made a contradiction changes nothing, and the panels are told how
    things stand.
    """
    try:
        settings = moved(scene.turn_taking, scene.own_turn_taking, command)
    except Refused:
        return scene, (_shown(scene),)
    changes = differing(settings, scene.turn_taking)
    if not changes:
        return scene, (_shown(scene),)
    keep = scene.mode is not Mode.REHEARSAL
    entries = (_entry(scene, part, change, moment) for part, change in enumerate(changes))
    records = tuple(Record(entry, keep) for entry in entries)
    scene = replace(scene, turn_taking=settings, next_turn_id=scene.next_turn_id + 1)
    return scene, (Retune(settings), *records, _shown(scene))


def _shown(scene: Scene) -> Record:
    return Record(TuningEntry(values_of(scene.turn_taking)), keep=False)


def _entry(scene: Scene, part: int, change: tuple[str, Setting], moment: Moment) -> LineEntry:
    name, value = change
    return LineEntry(
        turn_id=scene.next_turn_id,
        part=part,
        who=Who.DESK,
        state=LineState.CHANGED,
        text=f"{value:g}" if isinstance(value, float) else str(value),
        language="",
        at=moment.at,
        at_s=moment.at_s,
        note=name,
    )

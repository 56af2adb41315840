"""A house without a machine: a real bus, a scripted scene, and a list of the commands that people gave."""

from __future__ import annotations

import queue
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from installation.bus import Bus
from installation.commands import (
    Command,
    Refused,
)
from installation.entries import (
    EngineInfo,
    Entry,
    Health,
    HouseInfo,
    LineEntry,
    LineState,
    Mood,
    PaceEntry,
    SceneEntry,
    Snapshot,
    TuningEntry,
    WaterfallEntry,
    Who,
)
from installation.events import (
    Mode,
)
from installation.turn_taking.settings import TurnTakingSettings
from installation.turn_taking.tuning import offered, values_of

INFO = HouseInfo(
    show="demo",
    character="Ada",
    languages=("en", "fr"),
    microphone="USB microphone",
    loudspeaker="Stage left",
    engines=(
        EngineInfo("ears", "pocketsphinx (English)", "whisper-small"),
        EngineInfo("persona", "authored lines", "souffleur-persona"),
        EngineInfo("voice", "espeak-ng", "espeak-ng"),
    ),
    keeps_visitor_words=True,
    thresholds=offered(TurnTakingSettings()),
)

SCENE = SceneEntry(
    mode=Mode.PERFORMANCE,
    mood=Mood.LISTENING,
    microphone_muted=False,
    paused=False,
    panic=False,
    steering="",
    double_scale=None,
    pending=(),
    faults=(),
)

_EIGHT_O_CLOCK = datetime(2025, 11, 20, 20, 0, tzinfo=UTC)


class FakeHouse:
    """Publishes what a test tells it to, and keeps the snapshot in step."""

    def __init__(self, info: HouseInfo = INFO) -> None:
        self.bus = Bus()
        self.commands: queue.Queue[Command] = queue.Queue()
        self._info = info
        self._lock = threading.Lock()
        self._scene = SCENE
        self._lines: list[LineEntry] = []
        self._waterfall: WaterfallEntry | None = None
        self._pace = PaceEntry()
        self._tuning = TuningEntry(values_of(TurnTakingSettings()))
        self.refuses: Refused | None = None
        """What it answers to every command from now on."""

    def snapshot(self) -> Snapshot:
        """The info, the scene and every line so far."""
        with self._lock:
            lines = tuple(self._lines)
            waterfall, pace, tuning = self._waterfall, self._pace, self._tuning
            return Snapshot(self._info, self._scene, lines, Health(0, 0), waterfall, pace, tuning)

    def submit(self, command: Command) -> None:
        """Record the command, or refuse it."""
        if self.refuses is not None:
            raise self.refuses
        self.commands.put(command)

    def next_command(self) -> Command:
        """The oldest command not yet taken; fails when none comes."""
        return self.commands.get(timeout=20)

    def publish(self, entry: Entry) -> None:
        """Keep an entry for the snapshot and send it to the pages."""
        with self._lock:
            if isinstance(entry, LineEntry):
                self._lines.append(entry)
            elif isinstance(entry, SceneEntry):
                self._scene = entry
            elif isinstance(entry, WaterfallEntry):
                self._waterfall = entry
            elif isinstance(entry, PaceEntry):
                self._pace = entry
            elif isinstance(entry, TuningEntry):
                self._tuning = entry
        self.bus.publish(entry)

    def change(self, **fields: Any) -> None:
        """Publish the scene with some fields changed."""
        self.publish(replace(self._scene, **fields))

    def visitor_says(self, turn_id: int, text: str) -> None:
        """A visitor's line is heard."""
        self.publish(line(turn_id, -1, LineState.HEARD, text, who=Who.VISITOR))

    def double(self, turn_id: int, part: int, state: LineState, text: str, note: str = "") -> None:
        """A sentence of the double changes its state."""
        self.publish(line(turn_id, part, state, text, note=note))


def line(
    turn_id: int, part: int, state: LineState, text: str, *, who: Who = Who.DOUBLE, note: str = "", language: str = "en"
) -> LineEntry:
    """A change in the life of a line, one second after the turn before it."""
    return LineEntry(
        turn_id, part, who, state, text, language, _EIGHT_O_CLOCK + timedelta(seconds=turn_id), float(turn_id), note
    )

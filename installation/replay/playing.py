"""What the double was saying when, on a recorded evening, told to a replay whose decisions may be others.

The recorded microphone holds the echo of the recorded answers, and the visitors spoke to these. So the double of a
replay sounds when that of the evening did: it is judged by what really was in the room, and one decision that is
different does not change all that come after. An answer that the replay lets go earlier waits for the recorded sound,
and one that it lets go later begins in the middle of it. One that it does not have is sounded by a turn of nobody's;
one that the evening did not have is over at once; and one that the replay cuts is over, though its echo may go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from installation.events import (
    Event,
    SentenceDrafted,
    SentenceSpoken,
    SentenceStarted,
    SpeechCut,
    TurnSpoken,
)
from installation.replay.differences import PAIRED_WITHIN_S
from installation.scene import Scene, SceneTurn
from installation.tape.notes import Note, What

GRACE_S = 0.3
"""An answer that was cut that evening may be cut so much later in the replay."""


class RecordedPlaying:
    """Ties the answers of the evening to the turns of the replay. Turns of the evening are `recorded`."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._answered_s = {note.turn: note.at_s for note in notes if note.what is What.ANSWERED}
        self._sounds_s = _first(notes, What.SENTENCE)
        self._cut_s = _first(notes, What.CUT)
        self._same: dict[int, int] = {}
        """Recorded turn to the one that was drafted from the same utterance."""
        self._bound: dict[int, int] = {}
        """Recorded turn to the one that sounds for it."""
        self._parts: dict[tuple[int, int], int] = {}
        self._waiting: dict[int, float] = {}
        """Turns let go that do not sound yet, with the second of their release."""
        self._nobodys: set[int] = set()
        self._ends: list[tuple[float, int]] = []
        self._early: list[Note] = []
        """What sounded that evening before the replay has let its own answer go."""

    def same(self, recorded: int, turn_id: int) -> None:
        """Both were drafted from one utterance."""
        self._same[recorded] = turn_id

    def turn_of(self, recorded: int, scene: Scene) -> int | None:
        """The turn of the replay that a person means who let that one go, or threw it away."""
        turn_id = self._same.get(recorded)
        return turn_id if turn_id in scene.pending else next(iter(scene.pending), None)

    def release(self, turn_id: int, scene: Scene, now_s: float) -> Scene:
        """A turn is let go: it takes over what sounds for nobody, or waits."""
        nobodys = next((turn for turn in scene.sounding if turn.id in self._nobodys), None)
        turn = scene.turn(turn_id)
        if nobodys is None or turn is None:
            self._waiting[turn_id] = now_s
            return scene
        self._bound = {recorded: turn_id if bound == nobodys.id else bound for recorded, bound in self._bound.items()}
        turn = replace(turn, sentences=nobodys.sentences, begun_s=nobodys.begun_s)
        return scene.without_turn(nobodys.id).with_turn(turn)

    def cut(self, turn: SceneTurn) -> SpeechCut:
        """What the loudspeaker tells of a turn that has been cancelled."""
        return SpeechCut(turn.id, max(0, len(turn.sentences) - 1), 0.5 if turn.begun else 0.0)

    def told(self, note: Note, scene: Scene) -> list[Note]:
        """What the loudspeaker told that evening, unless the replay has not let its own answer go yet."""
        recorded = note.turn or 0
        if self._is_early(recorded, scene):
            self._early = [early for early in self._early if note.what is not What.SILENT or early.turn != note.turn]
            self._early += [note] if note.what is not What.SILENT else []
            return []
        return [note]

    def late(self, scene: Scene) -> list[Note]:
        """What can be told now, because the replay has let its answer go, or has dropped it."""
        now = [note for note in self._early if not self._is_early(note.turn or 0, scene)]
        self._early = [note for note in self._early if note not in now]
        return now

    def _is_early(self, recorded: int, scene: Scene) -> bool:
        own = scene.turn(self._same.get(recorded))
        return recorded not in self._bound and own is not None and not own.released

    def tell(self, note: Note, scene: Scene, now_s: float) -> Scene:
        """The scene in which that is then decided about."""
        recorded = note.turn or 0
        if note.what is What.SENTENCE and recorded not in self._bound:
            scene = self._bind(note, recorded, scene)
        turn = scene.turn(self._bound.get(recorded))
        if turn is None:
            return scene
        if note.what is What.SILENT:
            # Ended by a person or a visitor: the replay decides that for itself, soon.
            self._ends.append((now_s + GRACE_S if note.why else now_s, turn.id))
        return scene

    def events(self, note: Note, scene: Scene) -> tuple[Event, ...]:
        """The same as events of the replay's own turn."""
        recorded = note.turn or 0
        turn = scene.turn(self._bound.get(recorded))
        if turn is None or turn.cancelled:
            return ()
        if note.what is What.SENTENCE:
            part = self._parts[recorded, note.part] = len(turn.sentences)
            drafted = SentenceDrafted(turn.id, part, note.words, note.language, note.guarded)
            return (drafted, SentenceStarted(turn.id, part))
        part = self._parts.get((recorded, note.part), 0)
        return (SentenceSpoken(turn.id, part),) if note.what is What.SPOKEN else ()

    def over(self, scene: Scene, now_s: float) -> list[Event]:
        """The turns that are over by now: spoken, or let go for no sound that is on the recording."""
        ended = {turn_id for end_s, turn_id in self._ends if end_s <= now_s}
        self._ends = [(end_s, turn_id) for end_s, turn_id in self._ends if end_s > now_s]
        self._waiting = {
            turn_id: released_s
            for turn_id, released_s in self._waiting.items()
            if (turn := scene.turn(turn_id)) is not None and not turn.begun
        }
        for turn_id, released_s in self._waiting.items():
            if not self._will_sound(turn_id, released_s, now_s):
                ended.add(turn_id)
        live = (turn for turn in scene.turns if turn.id in ended and not turn.cancelled)
        return [TurnSpoken(turn.id) for turn in live]

    def _will_sound(self, turn_id: int, released_s: float, now_s: float) -> bool:
        """Whether an answer of the evening is still to come, or to be cut, that this turn may be."""
        for recorded, answered_s in self._answered_s.items():
            same = self._same.get(recorded or 0) == turn_id
            near = abs(answered_s - released_s) <= PAIRED_WITHIN_S and (recorded or 0) not in self._same
            until_s = self._sounds_s.get(recorded, self._cut_s.get(recorded, -GRACE_S))
            if (same or near) and (recorded or 0) not in self._bound and until_s + GRACE_S >= now_s:
                return True
        return False

    def _bind(self, note: Note, recorded: int, scene: Scene) -> Scene:
        free = [turn.id for turn in scene.turns if turn.released and not turn.begun and not turn.cancelled]
        same = self._same.get(recorded)
        if same in free or free:
            self._bound[recorded] = same if same is not None and same in free else free[0]
            return scene
        turn = SceneTurn(scene.next_turn_id, dictated=False, released=True, language=note.language)
        self._nobodys.add(turn.id)
        self._bound[recorded] = turn.id
        return replace(scene.with_turn(turn), next_turn_id=turn.id + 1)


def _first(notes: Sequence[Note], what: What) -> dict[int | None, float]:
    """The second of the first such note of each turn."""
    first: dict[int | None, float] = {}
    for note in notes:
        if note.what is what:
            first.setdefault(note.turn, note.at_s)
    return first

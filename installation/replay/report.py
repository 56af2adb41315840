"""What a replay prints: a table of decisions with their seconds, and what it comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from installation.replay.differences import Change, Decision
from installation.tape.notes import Note, What

_OTHER = {
    Change.SAME: "",
    Change.ADDED: "not that evening",
    Change.MISSING: "only that evening",
}
_LONGEST = 48


def clock(at_s: float) -> str:
    """A second of the recording as people read it: 0:01:02.34."""
    hundredths = round(at_s * 100)
    minutes, hundredths = divmod(hundredths, 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{hundredths // 100:02}.{hundredths % 100:02}"


def rows(decisions: Iterable[Decision], words: Sequence[dict[int | None, str]]) -> Iterator[tuple[Change, str]]:
    """A line for each decision; `words` are those that each turn answers, of the replay and of the evening."""
    for decision in decisions:
        note = decision.now or decision.then
        if note is None:
            continue
        of_turn = words[0] if decision.now else words[1]
        other = _OTHER.get(decision.change, "")
        if decision.change is Change.MOVED and decision.then:
            other = f"{decision.moved_s:+.2f} s, that evening {clock(decision.then.at_s)}"
        yield (
            decision.change,
            f"{decision.change} {clock(note.at_s)}  {_told(note, of_turn):<{_LONGEST}}  {other}".rstrip(),
        )


def words_of(notes: Iterable[Note]) -> dict[int | None, str]:
    """The words that each turn answers."""
    return {note.turn: note.words for note in notes if note.what is What.WORDS}


def summary(decisions: Sequence[Decision]) -> str:
    """How many decisions are different, in one sentence."""
    counts = Counter(decision.change for decision in decisions)
    if counts[Change.SAME] == len(decisions):
        return f"Nothing is different: {_many(len(decisions))} as that evening."
    told = (
        (counts[Change.SAME], "as that evening"),
        (counts[Change.MOVED], "moved"),
        (counts[Change.ADDED], "not made that evening"),
        (counts[Change.MISSING], "made only that evening"),
    )
    return f"{_many(len(decisions))}: {', '.join(f'{count} {what}' for count, what in told if count)}."


def speed(heard_s: float, took_s: float) -> str:
    """How fast that was."""
    return f"{clock(heard_s)} heard in {took_s:.1f} s, {heard_s / max(took_s, 1e-3):.0f} times faster than real time."


def _told(note: Note, words: dict[int | None, str]) -> str:
    what = str(note.what)
    if note.what is What.ANSWERED and words.get(note.turn):
        what += f" “{words[note.turn]}”"
    if note.why:
        what += f" ({note.why})"
    # Words come from a file: no terminal obeys what stands in them.
    plain = "".join(char if char.isprintable() else " " for char in what)
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def _many(count: int) -> str:
    return "1 decision" if count == 1 else f"{count} decisions"

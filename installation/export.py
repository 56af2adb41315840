"""An evening of the show log as text: for the terminal, to read (Markdown), for tables (CSV), as subtitles (WebVTT)."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from installation.changes import SOUNDING
from installation.entries import LineEntry, LineState, Step, WaterfallEntry, Who
from installation.pace import StepPace, step_paces
from installation.show_log import NOT_KEPT
from installation.show_log_reading import PastEvening, Protocol

STEPS = tuple(step for step in Step if step is not Step.VOICE_END)
"""Those that have a time; it counts from the first."""

CSV_COLUMNS = ("evening", "turn", "part", "who", "state", "text", "language", "at", "at_s", "note")

SHORTEST_CUE_S = 0.001

BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters without a shape that turn the order of what stands around them."""

PACE_HEAD = "When each step of an answer was passed, in ms after the visitor's last voiced sample"
GAP_UNKNOWN = "Gap before an answer: not known, since a person let each of them go."

DIM, PLAIN = "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Life:
    """All changes of one line, in order."""

    changes: tuple[LineEntry, ...]

    @property
    def last(self) -> LineEntry:
        """What became of it."""
        return self.changes[-1]

    @property
    def sounding(self) -> LineEntry | None:
        """The change with which its sound began."""
        return next((change for change in self.changes if change.note == SOUNDING), None)

    @property
    def shown(self) -> LineEntry:
        """The change whose time stands for the line's: when the public could notice it, or else the first."""
        return self.sounding or self.changes[0]


def lives(lines: Iterable[LineEntry]) -> tuple[Life, ...]:
    """The changes gathered line by line, in the order in which the public noticed the lines.

    A line that never sounded stands behind what sounded before it in its turn.
    """
    gathered: dict[tuple[int, int], list[LineEntry]] = {}
    for line in lines:
        gathered.setdefault((line.turn_id, line.part), []).append(line)
    noticed_s: dict[int, float] = {}
    placed: list[tuple[float, int, int, Life]] = []
    for (turn_id, _), changes in sorted(gathered.items(), key=lambda item: (item[0][0], item[1][0].place)):
        life = Life(tuple(changes))
        noticed_s[turn_id] = max(life.shown.at_s, noticed_s.get(turn_id, life.shown.at_s))
        placed.append((noticed_s[turn_id], turn_id, life.last.place, life))
    return tuple(life for *_, life in sorted(placed, key=lambda place: place[:3]))


# --- terminal ---------------------------------------------------------------------------------------------------------


def to_terminal(protocol: Protocol, colour: bool) -> str:
    """Who said what and when, a line each; what was never said is marked, and dimmed where there is `colour`."""
    evening = protocol.evening
    width = max((len(_speaker(line.who, evening)) for line in protocol.lines), default=0)
    rows = [f"Evening {evening.id} · {_one_line(evening.head.show)} · {evening.head.mode} · {_span(evening)}", ""]
    for life in lives(protocol.lines):
        row = f"{_clock(life.shown.at)}  {_speaker(life.last.who, evening):<{width}}  {_words(life)}"
        rows.append(f"{DIM}{row}{PLAIN}" if colour and not _was_public(life) else row)
    return "\n".join([*rows, *_pace_rows(protocol.waterfalls)]) + "\n"


def _pace_rows(waterfalls: Iterable[WaterfallEntry]) -> list[str]:
    """How long visitors waited, and for what; nothing where nobody was answered."""
    paces = step_paces(waterfalls)
    if not paces:
        return []
    width = max(len(pace.step) for pace in paces)
    rows = [
        f"{pace.step:<{width}}  median {pace.p50_ms:>6.0f}   p95 {pace.p95_ms:>6.0f}   turns {pace.turns:>4}"
        for pace in paces
    ]
    return ["", f"{PACE_HEAD}:", *rows, _gap_sentence(paces)]


def _gap_sentence(paces: Iterable[StepPace]) -> str:
    """The last step's pace, which is what the public notices."""
    gap = next((pace for pace in paces if pace.step is Step.OUT), None)
    if gap is None:
        return GAP_UNKNOWN
    turns = f"{gap.turns} turn{'' if gap.turns == 1 else 's'}"
    return f"Gap before an answer, over {turns}: median {gap.p50_ms:.0f} ms, p95 {gap.p95_ms:.0f} ms."


def to_list(evenings: Iterable[PastEvening]) -> str:
    """The evenings of a log, a line each."""
    rows = [
        f"{evening.id:>4}  {_one_line(evening.head.show)} · {_span(evening)} · {evening.changes} changes of lines"
        for evening in evenings
    ]
    return "\n".join(rows or ["The show log holds no evening yet."]) + "\n"


def _words(life: Life) -> str:
    """The words of a line and what became of them."""
    line = life.last
    text = f"({NOT_KEPT})" if line.note.endswith(NOT_KEPT) else _one_line(line.text)
    reason = _one_line(line.note.removesuffix(NOT_KEPT)).rstrip(",")
    match line.state:
        case LineState.HEARD | LineState.SPOKEN:
            return text
        case LineState.CUT:
            return f"{text} — ({reason})"
        case LineState.CANCELLED:
            return f"[cancelled: {reason}] {text}"
        case LineState.CHANGED:
            return f"[{reason}] {text}"
        case LineState.RELEASED if life.sounding:
            return f"[no end known] {text}"
        case _:
            return f"[{line.state}] {text}"


def _was_public(life: Life) -> bool:
    return life.last.state in (LineState.HEARD, LineState.SPOKEN, LineState.CUT) or life.sounding is not None


# --- Markdown ---------------------------------------------------------------------------------------------------------


def to_markdown(protocol: Protocol) -> str:
    """A protocol to read: turn by turn, each line with the times of its changes, in seconds from the turn's first."""
    evening = protocol.evening
    rows = [
        f"# {_markdown(evening.head.show)}, {evening.head.started_at:%Y-%m-%d}",
        "",
        f"- Character: {_markdown(evening.head.character)}",
        f"- Evening {evening.id}: {_span(evening)}",
        f"- Mode at the start: {evening.head.mode}",
    ]
    turns: dict[int, list[Life]] = {}
    for life in lives(protocol.lines):
        turns.setdefault(life.last.turn_id, []).append(life)
    for turn_id, lines in turns.items():
        first = min((life.changes[0] for life in lines), key=lambda change: change.at_s)
        rows += ["", f"## {_clock(first.at)} · turn {turn_id}", ""]
        rows += [_markdown_line(life, first, evening) for life in sorted(lines, key=lambda life: life.last.place)]
    return "\n".join([*rows, *_markdown_pace(protocol.waterfalls)]) + "\n"


def _markdown_pace(waterfalls: Iterable[WaterfallEntry]) -> list[str]:
    paces = step_paces(waterfalls)
    if not paces:
        return []
    head = ["", "## How long visitors waited", "", _gap_sentence(paces), f"{PACE_HEAD}:", ""]
    table = ["| step | median | p95 | turns |", "|---|---:|---:|---:|"]
    rows = [f"| {pace.step} | {pace.p50_ms:.0f} | {pace.p95_ms:.0f} | {pace.turns} |" for pace in paces]
    return [*head, *table, *rows]


def _markdown_line(life: Life, first: LineEntry, evening: PastEvening) -> str:
    times = ", ".join(
        f"{SOUNDING if change.note == SOUNDING else change.state} {change.at_s - first.at_s:+.2f} s"
        for change in life.changes
    )
    words = _markdown(_words(life))
    language = f" ({_markdown(life.last.language)})" if life.last.language else ""
    return f"- **{_markdown(_speaker(life.last.who, evening))}**{language}: {words} *({times})*"


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>&|~#])", r"\\\1", _one_line(text))


# --- CSV --------------------------------------------------------------------------------------------------------------


def to_csv(protocol: Protocol) -> str:
    """Every change as a row, below a row of names. A text that a spreadsheet would take for a formula begins with '."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for line in protocol.lines:
        words = (_cell(line.text), _cell(line.language))
        times = (line.at.isoformat(timespec="milliseconds"), f"{line.at_s:.3f}")
        place = (protocol.evening.id, line.turn_id, line.part)
        writer.writerow((*place, line.who.value, line.state.value, *words, *times, _cell(line.note)))
    return out.getvalue()


def to_waterfalls(protocol: Protocol) -> str:
    """Every answer to a voice as a row (CSV): when it passed each step, in ms after the last voiced sample."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("evening", "turn", *(f"{step.name.lower()}_ms" for step in STEPS)))
    for waterfall in protocol.waterfalls:
        passed = dict(waterfall.passed_ms)
        times = (f"{passed[step]:.1f}" if step in passed else "" for step in STEPS)
        writer.writerow((protocol.evening.id, waterfall.turn_id, *times))
    return out.getvalue()


def _cell(text: str) -> str:
    shown = _visible(text)
    return f"'{shown}" if shown.lstrip().startswith(("=", "+", "-", "@")) else shown


# --- WebVTT -----------------------------------------------------------------------------------------------------------


def to_webvtt(protocol: Protocol) -> str:
    """What was said aloud, as subtitles for a recording that was started with the house.

    A cue lasts from a line's first sample to its last. Between lines the house clock counts, which no one sets.
    """
    cues = ["WEBVTT\n"]
    if protocol.lines:
        first = protocol.lines[0]
        offset_s = (first.at - protocol.evening.head.started_at).total_seconds() - first.at_s
        cues += [_cue(life, offset_s, protocol.evening) for life in lives(protocol.lines) if _was_said(life)]
    return "\n".join(cues)


def _was_said(life: Life) -> bool:
    line = life.last
    ended = line.state in (LineState.SPOKEN, LineState.CUT)
    return ended and line.who is not Who.VISITOR and bool(_one_line(line.text))


def _cue(life: Life, offset_s: float, evening: PastEvening) -> str:
    start_s = max(0.0, life.shown.at_s + offset_s)
    end_s = max(start_s + SHORTEST_CUE_S, life.last.at_s + offset_s)
    # Whoever wrote the words, the public hears the double.
    name, text = _vtt(evening.head.character), _vtt(life.last.text)
    dash = " —" if life.last.state is LineState.CUT else ""
    return f"{life.last.turn_id}.{life.last.part}\n{_stamp(start_s)} --> {_stamp(end_s)}\n<v {name}>{text}{dash}\n"


def _vtt(text: str) -> str:
    return _one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(time_s: float) -> str:
    minutes, milliseconds = divmod(round(time_s * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"


WRITERS: dict[str, Callable[[Protocol], str]] = {
    "markdown": to_markdown,
    "csv": to_csv,
    "webvtt": to_webvtt,
    "waterfalls": to_waterfalls,
}
"""The formats of `souffleur log --export`."""

# --- shared -----------------------------------------------------------------------------------------------------------


def _speaker(who: Who, evening: PastEvening) -> str:
    match who:
        case Who.VISITOR:
            return "Visitor"
        case Who.DOUBLE:
            return _one_line(evening.head.character)
        case Who.PERFORMER:
            return f"{_one_line(evening.head.character)} (performer's words)"
        case Who.DESK:
            return "Desk"


def _span(evening: PastEvening) -> str:
    began = f"{evening.head.started_at:%Y-%m-%d %H:%M:%S}"
    if evening.ended_at is None:
        return f"from {began}, its end was not logged (it still runs, or was broken off)"
    return f"{began} to {_clock(evening.ended_at)}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"


def _one_line(text: str) -> str:
    return " ".join(_visible(text).split())


def _visible(text: str) -> str:
    """`text` without what would steer a terminal or turn the direction of writing."""
    return "".join(
        char for char in text if char in "\n\t" or (unicodedata.category(char) != "Cc" and char not in BIDI_CONTROLS)
    )

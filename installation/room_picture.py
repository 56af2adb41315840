"""Draws a measured room: how its echo dies away, and how loud echo and noise are at each pitch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from installation.sound.acoustics import BEFORE_S, DRY_S, STEP_S, Acoustics, Take
from installation.sound.spectra import CENTRES_HZ, echo_db, noise_db
from installation.sound.sweep import SPEECH_HZ

_WIDTH, _HEIGHT = 760, 640
_LEFT, _RIGHT = 70, 24
_PANEL, _UPPER, _LOWER = 200, 92, 388
_ECHO, _NOISE, _LINE = "#2f6f4f", "#a0522d", "#333"
_TITLE = "How the echo of a click dies away"
_NOTHING = "Nothing came back: the microphone does not hear the loudspeaker."
_LABEL = 150
"""Where there is room for the label before the direct sound, it covers nothing there."""
_GRID = '<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="#ddd"/>'


@dataclass(frozen=True, slots=True)
class _Panel:
    """A drawing area with a level in dB upwards."""

    top: float
    low_db: float
    high_db: float
    from_x: float
    to_x: float
    """What the left and the right edge mean, in the panel's own unit."""

    def x(self, value: float) -> float:
        share = (value - self.from_x) / (self.to_x - self.from_x)
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(1.0, max(0.0, share))

    def y(self, level_db: float) -> float:
        share = (self.high_db - level_db) / (self.high_db - self.low_db)
        return self.top + _PANEL * min(1.0, max(0.0, share))

    def line(self, points: Iterable[tuple[float, float]], colour: str, more: str = "") -> str:
        """A line through values and levels."""
        path = " ".join(f"{self.x(value):.1f},{self.y(level_db):.1f}" for value, level_db in points)
        return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5" {more}/>'

    def upright(self, value: float, colour: str) -> str:
        x = self.x(value)
        return f'<line x1="{x:.1f}" y1="{self.top}" x2="{x:.1f}" y2="{self.top + _PANEL}" stroke="{colour}"/>'

    def frame(self, title: str, marks: Sequence[tuple[float, str]], unit: str) -> Iterable[str]:
        """The grid, what its lines mean, and what the panel shows."""
        yield f'<text x="{_LEFT}" y="{self.top - 12}">{escape(title)}</text>'
        for level_db in range(math.ceil(self.low_db / 20) * 20, int(self.high_db) + 1, 20):
            y = self.y(level_db)
            yield _GRID.format(_LEFT, y, _WIDTH - _RIGHT, y)
            yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{level_db} dB</text>'
        for value, label in marks:
            x, bottom = self.x(value), self.top + _PANEL
            yield _GRID.format(x, self.top, x, bottom)
            yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle" fill="#555">{label}</text>'
        yield (f'<text x="{_WIDTH - _RIGHT}" y="{self.top + _PANEL + 36}" text-anchor="end" fill="#555">{unit}</text>')


def room_svg(title: str, facts: str, take: Take, found: Acoustics) -> str:
    """A picture (SVG) of what was `found` in `take`; `facts` stands in one line under the title."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="13"><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="16" y="28" font-size="16">{escape(title)}</text>',
        f'<text x="16" y="50" fill="#555">{escape(facts)}</text>',
        *_decay(found),
        *_spectrum(take, found),
    ]
    return "\n".join([*parts, "</svg>\n"])


def _decay(found: Acoustics) -> Iterable[str]:
    decay, delay_ms = found.decay, found.delay_ms
    if decay is None or delay_ms is None:
        yield f'<text x="{_LEFT}" y="{_UPPER - 12}">{_TITLE}</text>'
        middle, height = (_LEFT + _WIDTH - _RIGHT) / 2, _UPPER + _PANEL / 2
        yield f'<text x="{middle}" y="{height}" text-anchor="middle" fill="#555">{_NOTHING}</text>'
        return
    began_ms, step_ms = delay_ms - 1000 * BEFORE_S, 1000 * STEP_S
    top_db = math.ceil(max(decay.levels_db.max(), decay.integrated_db[0]) / 10) * 10
    low_db = max(top_db - 90, math.floor((decay.noise_db - 10) / 10) * 10)
    last_ms = began_ms + step_ms * int((decay.integrated_db > low_db).sum())
    end_ms = max(200.0, math.ceil(1.15 * last_ms / 50) * 50)
    panel = _Panel(_UPPER, low_db, top_db, 0, end_ms)
    every_ms = next(every for every in (50, 100, 200, 500, 1000) if end_ms / every <= 10)
    marks = [(at, str(at)) for at in range(0, int(end_ms) + 1, every_ms)]
    ringing = "" if (found.reverberation_s or 0) < DRY_S else f": 60 dB in {found.reverberation_s:.1f} s"
    yield from panel.frame(_TITLE + ringing, marks, "300 to 4,000 Hz; ms after it was handed to the loudspeaker")
    shown = decay.levels_db[: math.ceil((end_ms - began_ms) / step_ms) + 1]
    yield panel.line(((began_ms + step_ms * (i + 0.5), level) for i, level in enumerate(shown)), _ECHO)
    yield panel.line(
        ((began_ms + step_ms * i, level) for i, level in enumerate(decay.integrated_db)),
        _LINE,
        'stroke-dasharray="5 3"',
    )
    yield panel.line([(0, decay.noise_db), (end_ms, decay.noise_db)], _NOISE, 'stroke-dasharray="2 3"')
    yield panel.upright(delay_ms, _LINE)
    on_left = panel.x(delay_ms) > _LEFT + _LABEL
    anchor, x = ("end", panel.x(delay_ms) - 6) if on_left else ("start", panel.x(delay_ms) + 6)
    yield f'<text x="{x:.1f}" y="{_UPPER + _PANEL - 26}" text-anchor="{anchor}">direct sound, {delay_ms:.0f} ms</text>'
    yield _legend(_UPPER, [(_ECHO, "echo"), (_LINE, "all that is still to come"), (_NOISE, "noise")])


def _spectrum(take: Take, found: Acoustics) -> Iterable[str]:
    heard, noise = echo_db(take, found), noise_db(take)
    levels = [*noise, *(heard if found.decay is not None else ())]
    top_db = max(0, math.ceil(max(levels) / 10) * 10)
    panel = _Panel(_LOWER, max(top_db - 100, math.floor(min(levels) / 10) * 10), top_db, math.log(230), math.log(5500))
    marks = [(math.log(hz), f"{hz:,}") for hz in (250, 500, 1_000, 2_000, 4_000)]
    yield from panel.frame("Beside what was played", marks, "Hz")
    loss_db = found.echo_return_loss_db
    if loss_db is not None:
        yield panel.line([(math.log(hz), -loss_db) for hz in SPEECH_HZ], _LINE, 'stroke-dasharray="5 3"')
        yield panel.line(zip(map(math.log, CENTRES_HZ), heard, strict=True), _ECHO)
    yield panel.line(zip(map(math.log, CENTRES_HZ), noise, strict=True), _NOISE)
    echo = [(_ECHO, "echo"), (_LINE, f"in the band of speech, {0 - round(loss_db)} dB")] if loss_db is not None else []
    yield _legend(_LOWER, [*echo, (_NOISE, f"noise of the empty room, {found.noise_floor_db:.0f} dBFS")])


def _legend(top: float, entries: Sequence[tuple[str, str]]) -> str:
    spans = "   ".join(f'<tspan fill="{colour}">{escape(text)}</tspan>' for colour, text in entries)
    return f'<text x="{_WIDTH - _RIGHT}" y="{top - 12}" text-anchor="end" xml:space="preserve">{spans}</text>'

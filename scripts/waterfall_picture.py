"""Draws the steps of an answer as bars, one below the other: what a stage costs is how far its bar goes on."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_WIDTH, _ROW, _LEFT, _RIGHT, _TOP = 760, 30, 190, 120, 56
_GRID_MS = 100


def waterfall_svg(title: str, steps: Sequence[tuple[str, float, float]]) -> str:
    """A picture (SVG) of `steps`: name, and when it was passed in the median and in the 95th percentile, in ms.

    Each bar begins where the median of the step before it ends; a thin line goes on to the 95th percentile.
    """
    longest_ms = max([1.0, *(p95 for _, _, p95 in steps)])
    scale = (_WIDTH - _LEFT - _RIGHT) / longest_ms
    height = _TOP + _ROW * len(steps) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        f'font-size="13"><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="16" y="28" font-size="16">{escape(title)}</text>',
    ]
    for mark_ms in range(0, int(longest_ms) + 1, _GRID_MS):
        x, bottom = _LEFT + mark_ms * scale, _TOP + _ROW * len(steps)
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{bottom}" stroke="#ddd"/>')
        if mark_ms % (2 * _GRID_MS) == 0:
            parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle" fill="#555">{mark_ms}</text>')
    before_ms = 0.0
    for row, (name, median, p95) in enumerate(steps):
        top, start = _TOP + row * _ROW, _LEFT + before_ms * scale
        parts += [
            f'<text x="{_LEFT - 10}" y="{top + 18}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{start:.1f}" y="{top + 5}" width="{max(1.5, (median - before_ms) * scale):.1f}" height="18" '
            'fill="#2f6f4f"/>',
            f'<line x1="{_LEFT + median * scale:.1f}" y1="{top + 14}" x2="{_LEFT + p95 * scale:.1f}" y2="{top + 14}" '
            'stroke="#2f6f4f"/>',
            f'<text x="{_LEFT + p95 * scale + 8:.1f}" y="{top + 18}" fill="#333">{median:.0f} / {p95:.0f} ms</text>',
        ]
        before_ms = max(before_ms, median)
    return "\n".join([*parts, "</svg>\n"])

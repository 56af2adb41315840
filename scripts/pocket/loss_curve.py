"""The course of a training as a picture."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot


def draw(losses: list[dict[str, float]], parts: tuple[str, ...], title: str, path: Path) -> None:
    """Write a PNG of `parts` of the losses over the steps."""
    figure, axes = pyplot.subplots(figsize=(8, 4.5), dpi=100)
    for part in parts:
        points = [(loss["step"], loss[part]) for loss in losses if part in loss]
        if points:
            axes.plot(*zip(*points, strict=True), label=part, linewidth=1)
    axes.set_yscale("log")
    axes.set(xlabel="step", ylabel="loss", title=title)
    axes.grid(visible=True, which="both", alpha=0.2)
    if axes.lines:  # stopped before the first losses were noted
        axes.legend()
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)

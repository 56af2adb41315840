"""A gain on its way from one level to another."""

from __future__ import annotations

import numpy as np

from models.audio import Samples


class Fader:
    """Begins at full level."""

    def __init__(self) -> None:
        self.level = 1.0
        """Where it is."""

    def toward(self, goal: float, step: float, n: int) -> Samples:
        """The next `n` gains, shape (n,), each nearer to `goal` by at most `step`."""
        if self.level == goal:
            return np.full(n, goal, np.float32)
        ramp = self.level + (step if goal > self.level else -step) * np.arange(1, n + 1)
        gains = np.minimum(ramp, goal) if goal > self.level else np.maximum(ramp, goal)
        self.level = float(gains[-1])
        return np.asarray(gains, np.float32)

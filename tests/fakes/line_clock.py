"""The clock of a line to a server, which stands still, and a network that brings a few bytes at a time."""

from __future__ import annotations

import pytest

from models import line

_FEW_BYTES = 10


class LineClock:
    """Shows `now_s`, and goes on by `step_s` whenever somebody looks at it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 0.0
        self.step_s = 0.0
        monkeypatch.setattr(line, "monotonic", self.read)
        monkeypatch.setattr(line, "_BLOCK_BYTES", _FEW_BYTES)

    def read(self) -> float:
        self.now_s += self.step_s
        return self.now_s

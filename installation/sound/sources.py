"""What the listener pulls: frames of sound, from a microphone or from something in its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from models.audio import Frame

FRAME_SAMPLES = 320
"""20 ms at 16 kHz."""
LONGEST_JOIN_S = 0.001
"""Frames that are further apart on the sample clock do not belong together."""


class FrameSource(Protocol):
    """A microphone, or something in its place. A context manager opens and closes it."""

    name: str
    """For people: the device, the file, or the simulated visitor."""
    overruns: int
    """How often sound was lost because the machine or the listener was late."""

    def __enter__(self) -> FrameSource: ...

    def __exit__(self, *exc: object) -> None: ...

    def frames(self) -> Iterator[Frame]:
        """Frames of FRAME_SAMPLES at 16 kHz in real time, until the source has no more or `close` is called.

        A frame follows the one before without a gap, or begins more than LONGEST_JOIN_S after its end: sound was lost.
        """

    def close(self) -> None:
        """End `frames`, from any thread."""

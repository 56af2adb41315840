"""What the panel is given of the house: something to watch, something to begin from, somewhere to send commands."""

from __future__ import annotations

from typing import Protocol

from installation.bus import Bus
from installation.commands import (
    Command,
)
from installation.entries import Snapshot


class House(Protocol):
    """The whole of the house that the panel can reach; its methods may be called from any thread."""

    @property
    def bus(self) -> Bus:
        """Where lines, scenes and levels are published."""

    def snapshot(self) -> Snapshot:
        """What stands now: enough to draw a page from nothing."""

    def submit(self, command: Command) -> None:
        """Hand a person's command to the director; returns at once.

        Raises:
            Refused: it contradicts how things stand; nothing changes.
        """

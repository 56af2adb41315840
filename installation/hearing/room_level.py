"""How loud a room is while nobody speaks, learnt from what is heard."""

from __future__ import annotations

from models.audio import Samples, level_db

_FALLS = 0.3
"""Share of the way down that a frame makes: the quiet between two words tells."""
_RISES_DB = 0.02
"""Per frame of 20 ms, 1 dB a second: applause is not the room, an air conditioner is."""
_SMOOTHS = 0.5
QUIETEST_DB = -75.0
"""Below any microphone's own noise; in digital silence everything would stand out."""


class RoomLevel:
    """Feed it frame by frame."""

    def __init__(self) -> None:
        self.room_db = -60.0
        """The room, in dBFS."""
        self.now_db = self.room_db
        """What is heard, over the last 40 ms."""

    def feed(self, samples: Samples, may_be_room: bool = True) -> None:
        """The next frame, shape (n,); `may_be_room` is false while we speak ourselves."""
        self.now_db += (1 - _SMOOTHS) * (level_db(samples) - self.now_db)
        if not may_be_room:
            return
        if self.now_db < self.room_db:
            self.room_db += _FALLS * (self.now_db - self.room_db)
        else:
            self.room_db += min(_RISES_DB, self.now_db - self.room_db)
        self.room_db = max(self.room_db, QUIETEST_DB)

    @property
    def over_room_db(self) -> float:
        """By how much the present stands out."""
        return self.now_db - self.room_db

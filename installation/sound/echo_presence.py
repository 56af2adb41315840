"""Notices whether the microphone hears the loudspeaker at all: with headphones there is nothing to take out."""

from __future__ import annotations

_AUDIBLE = 4.0
"""So much more power than the room has alone: 6 dB."""
_LOST = 10**-3.5
"""35 dB: what comes back so much quieter than it was played disturbs nobody."""
_FALLS, _RISES = 0.3, 1.005
"""Per frame: the room's power is learnt from its quiet moments."""
_QUIETEST = 1e-8
_GOES = 0.06
"""Share by which a frame counts while an echo may be there: a third of a second of playing without one is enough."""
_COMES = 0.01
"""The same while there is none: a visitor who speaks over headphones for a second is no echo."""
_LEAST_SHARE, _MOST_SHARE = 0.25, 0.8


class EchoPresence:
    """Feed it frame by frame; until it is known better, there is an echo."""

    def __init__(self) -> None:
        self._room_power = 1e-6
        self._share = 1.0
        self.there = True
        """Whether something of us comes back."""

    def feed(self, heard_power: float, played_power: float) -> None:
        """The mean power of the next frame, and of what we played while it was heard; 0 where we were silent."""
        if not played_power:
            way = _FALLS * (heard_power - self._room_power)
            self._room_power += way if way < 0 else min(way, (_RISES - 1) * self._room_power)
            self._room_power = max(self._room_power, _QUIETEST)
            return
        audible = heard_power > max(_AUDIBLE * self._room_power, _LOST * played_power)
        self._share += (_GOES if self.there else _COMES) * (audible - self._share)
        self.there = self._share > (_LEAST_SHARE if self.there else _MOST_SHARE)

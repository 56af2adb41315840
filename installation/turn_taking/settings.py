"""Every threshold of turn-taking, in one place: `[turn_taking]` in show.toml, and the panel while the show runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from installation.events import (
    LONGEST_UTTERANCE_S,
)

LONGEST_PAUSE_S = 10.0
"""Who waits longer for an answer has left."""


class Wake(StrEnum):
    """What a visitor must do to be answered."""

    NOTHING = "nothing"
    BUTTON = "button"
    """Press: at the panel, on a page of their own, or a control that sends the command."""


@dataclass(frozen=True, slots=True)
class TurnTakingSettings:
    """When a voice begins, when a visitor has finished, what interrupts the double, and who is not spoken with."""

    onset_s: float = 0.08
    """Voice within `onset_window_s` that makes a beginning: longer resists clicks, shorter listens sooner."""
    onset_window_s: float = 0.16
    pre_roll_s: float = 0.3
    """Kept from before the beginning, so that no first syllable is clipped."""
    min_voice_s: float = 0.16
    """An utterance with less voice than this in it is thrown away."""
    max_utterance_s: float = LONGEST_UTTERANCE_S
    """An utterance is ended here even if the voice goes on."""

    draft_pause_s: float = 0.2
    """A pause this long begins a draft."""
    finished_pause_s: float = 0.2
    """A pause this long after a finished question or request ends the turn."""
    stated_pause_s: float = 0.5
    """The same after a finished statement, which a question may follow."""
    unclear_pause_s: float = 0.6
    """The same after words that may be a finished thought or not."""
    open_pause_s: float = 1.5
    """The same after words that want to go on, and when it is not known which words they are."""
    sounds_finished: float = 0.8
    """Where a model hears the ends of turns: so probable, unclear words are waited for like a finished thought."""
    sounds_open: float = 0.2
    """And no more probable than this, a finished thought is waited for like unclear words."""
    slow_visitor: float = 1.3
    """A visitor who pauses long is given so many times their longest pause of late, if that is more."""
    noisy_room_s: float = 0.15
    """So much longer in a room as loud as `loud_room_db`, where the end of a word is lost in noise."""
    loud_room_db: float = -40.0

    duck_db: float = 12.0
    """How much lower the double speaks as soon as somebody may be speaking."""
    stop_s: float = 0.16
    """So much voice over the double stops it; what was said decides whether it goes on."""
    early_s: float = 1.0
    """The beginning of an answer, in which it takes `early_stop_s`: the visitor's last word may still be in the air."""
    early_stop_s: float = 0.32
    guarded_stop_s: float = 1.5
    """The same in a sentence that the character marks as not to be interrupted."""
    back_channel_s: float = 1.2
    """So much voice is no "mm-hm" any more, whatever its words."""
    cut_in_s: float = 1.2
    """Who speaks up so soon after the answer began had not finished: both halves are answered together."""

    voice_over_room_db: float = 8.0
    """A voice that stands out less than this is the room's (people who talk to each other), or an echo of our own."""
    speech_likeness: float = 0.5
    """What is less like one person's speech than this, 0..1, is laughter, a cough, music or a crowd; 0 judges not."""
    wake: Wake = Wake.NOTHING
    wake_s: float = 15.0
    """So long after the gesture one is listened to."""

    def __post_init__(self) -> None:
        if not 0 < self.onset_s <= self.onset_window_s:
            raise ValueError("onset_s must be above 0 and at most onset_window_s")
        if self.max_utterance_s < 1:
            raise ValueError("max_utterance_s must be at least 1")
        pauses = ("draft_pause_s", "finished_pause_s", "stated_pause_s", "unclear_pause_s", "open_pause_s")
        lengths_s = [getattr(self, name) for name in pauses]
        if lengths_s[0] <= 0 or lengths_s != sorted(lengths_s):
            raise ValueError(f"{', '.join(pauses)} must be above 0, and none shorter than the one before")
        if self.open_pause_s > LONGEST_PAUSE_S:
            raise ValueError(f"open_pause_s must be at most {LONGEST_PAUSE_S:.0f}")
        for name in ("stop_s", "early_stop_s", "guarded_stop_s", "wake_s", "back_channel_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0")
        self._check_probabilities()
        for name in ("pre_roll_s", "min_voice_s", "early_s", "cut_in_s", "slow_visitor", "noisy_room_s", "duck_db"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0")

    def _check_probabilities(self) -> None:
        if not 0 <= self.speech_likeness < 1:
            raise ValueError("speech_likeness must be at least 0 and below 1")
        if not 0 <= self.sounds_open < self.sounds_finished <= 1:
            raise ValueError("sounds_open and sounds_finished must lie between 0 and 1, the first below the second")

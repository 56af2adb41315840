"""What comes down to the house from people: a closed union of commands."""

from __future__ import annotations

from dataclasses import dataclass

from installation.events import Mode
from models.protocols import MAX_DOUBLE_SCALE

MAX_TEXT_CHARS = 2_000
"""Longest text that a person may send to the double in one command."""

MAX_STEERING_CHARS = 300
"""Longest line of direction: it stands in every prompt, beside a character and a conversation."""

MAX_SCALE = MAX_DOUBLE_SCALE
"""Most of an adapter that a person may add."""


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stop what is being said, and what is about to be."""


@dataclass(frozen=True, slots=True)
class MuteMicrophone:
    """Close (or open) the ears."""

    muted: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Hold everything where it is: the voice stops mid-word, the ears close."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after a pause or a panic; after a pause, the voice goes on where it stopped."""


@dataclass(frozen=True, slots=True)
class Panic:
    """Silence at once; everything is cancelled and the house stays silent until Resume."""


@dataclass(frozen=True, slots=True)
class Say:
    """Words that a performer puts into the double's mouth."""

    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Words that a visitor typed instead of speaking."""

    text: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Somebody wants to be heard: the gesture that a show may ask of its visitors."""


@dataclass(frozen=True, slots=True)
class Steer:
    """One line of direction that colours the next answers; empty takes it away."""

    text: str


@dataclass(frozen=True, slots=True)
class ScaleDouble:
    """How much double: the share of the persona's adapter, 0 to MAX_SCALE, from the next answer on."""

    scale: float


Setting = bool | float | str
"""The value of a threshold, as it stands in a file."""


@dataclass(frozen=True, slots=True)
class Tune:
    """Move a threshold of turn-taking, by its name in show.toml, from now on."""

    name: str
    value: Setting


@dataclass(frozen=True, slots=True)
class TuneBack:
    """Give a threshold the show's own value again; None: all of them."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class SetMode:
    """Change who decides that a line is spoken."""

    mode: Mode


@dataclass(frozen=True, slots=True)
class Release:
    """A person lets a drafted turn be spoken."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Reject:
    """A person throws a drafted turn away."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Close:
    """End of the evening: fade out and leave."""


Command = (
    Interrupt
    | MuteMicrophone
    | Pause
    | Resume
    | Panic
    | Say
    | Ask
    | Listen
    | Steer
    | ScaleDouble
    | Tune
    | TuneBack
    | SetMode
    | Release
    | Reject
    | Close
)


class Refused(Exception):  # noqa: N818 - the answer to a person, not a failure of the house
    """A command that contradicts how things stand, with the reason in one sentence of English and of French."""

    def __init__(self, en: str, fr: str) -> None:
        super().__init__(en)
        self.en = en
        self.fr = fr

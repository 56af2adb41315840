"""How the house hears: `[hearing]` in show.toml."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.voice_detector import VoiceDetectorSettings


@dataclass(frozen=True, slots=True)
class HearingSettings:
    """What counts as a voice, and whether it may interrupt the double."""

    barge_in: bool = True
    """False: the ears are closed while the double speaks."""
    cancel_echo: bool = True
    """Whether the double's own voice is taken out of what the microphone hears; with headphones nothing has to be."""
    detector: VoiceDetectorSettings = field(default_factory=VoiceDetectorSettings)

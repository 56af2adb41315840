"""How the house hears: `[hearing]` in show.toml."""

from __future__ import annotations

from dataclasses import dataclass, field

from installation.hearing.segmenter import SegmenterSettings
from models.voice_detector import VoiceDetectorSettings


@dataclass(frozen=True, slots=True)
class HearingSettings:
    """What counts as a voice, when it begins and ends, and whether it may interrupt the double."""

    barge_in: bool = True
    """False: the ears are closed while the double speaks, for a loudspeaker that the microphone hears."""
    segmenter: SegmenterSettings = field(default_factory=SegmenterSettings)
    detector: VoiceDetectorSettings = field(default_factory=VoiceDetectorSettings)

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
    smart_turn: str = ""
    """A name of the catalogue ("smart-turn-v3"), or an ONNX file, looked for in the show's folder; "": none. It hears
    from the melody of a voice whether the visitor has finished: one vote in how long they are waited for."""
    detector: VoiceDetectorSettings = field(default_factory=VoiceDetectorSettings)

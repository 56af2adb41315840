"""What a voice over the double does: nothing, lower it, stop it, or end its answer."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from installation.turn_taking.settings import TurnTakingSettings
from persona.back_channel import is_back_channel
from persona.own_words import is_own_words


class Meant(StrEnum):
    """What somebody meant who spoke over the double."""

    SPEECH = "speech"
    BACK_CHANNEL = "back-channel"
    OWN_VOICE = "own voice"
    NOTHING = "nothing heard"


def stops(voice_s: float, sounding_s: float, guarded: bool, settings: TurnTakingSettings) -> bool:
    """Whether so much voice stops the double, `sounding_s` after its answer began; `guarded`: in a marked sentence."""
    if guarded:
        return voice_s >= settings.guarded_stop_s
    return voice_s >= (settings.early_stop_s if sounding_s < settings.early_s else settings.stop_s)


def meant(words: str, languages: Collection[str], voice_s: float, saying: str, settings: TurnTakingSettings) -> Meant:
    """What `words`, with so much voice in them, mean while the double is `saying` something.

    Of a murmur nobody can tell the language: it may be in any of `languages`.
    """
    if not words.strip():
        return Meant.NOTHING
    if is_own_words(words, saying):
        return Meant.OWN_VOICE
    if voice_s < settings.back_channel_s and any(is_back_channel(words, language) for language in languages):
        return Meant.BACK_CHANNEL
    return Meant.SPEECH

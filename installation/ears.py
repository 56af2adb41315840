"""Makes the ears of a show, and what hears the ends of turns, for the house and for a replay alike."""

from __future__ import annotations

from installation.config import ShowConfig
from installation.hearing.hearing import Hearing
from installation.sound.echo_canceller import EchoCanceller
from installation.weights import Located
from models.protocols import TurnSense
from models.smart_turn import SmartTurn
from models.speech_likeness import SpeechJudge
from models.voice_detector import GatedDetector


def make_ears(config: ShowConfig, canceller: EchoCanceller | None) -> Hearing:
    """Ears by the settings of the show; without a canceller nothing of the loudspeaker reaches them."""
    return Hearing(GatedDetector(config.hearing.detector), config.turn_taking, canceller, SpeechJudge().likeness)


def make_turn_sense(located: Located) -> TurnSense | None:
    """What hears whether a visitor has finished, where the show names it. Raises ModelError."""
    return SmartTurn(located.smart_turn) if located.smart_turn else None

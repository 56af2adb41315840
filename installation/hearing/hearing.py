"""From a frame of the microphone to what it makes known: echo out, voice told, utterances cut; no thread, no clock."""

from __future__ import annotations

from installation.events import (
    ApplauseEnded,
    ApplauseStarted,
    Event,
)
from installation.hearing.applause import Applause
from installation.hearing.echo_level import EchoLevel
from installation.hearing.room_level import RoomLevel
from installation.hearing.segmenter import Likeness, Segmenter, Verdict, anything
from installation.sound.echo_canceller import Cleaned, EchoCanceller
from installation.sound.sources import LONGEST_JOIN_S
from installation.turn_taking.settings import TurnTakingSettings
from models.audio import Frame
from models.protocols import VoiceDetector

_SUSPECT_OVER_DB, _SURELY_OVER_DB = 9.0, 20.0


class Hearing:
    """One thread feeds it; `answer_after` may come from any."""

    def __init__(
        self,
        detector: VoiceDetector,
        settings: TurnTakingSettings,
        canceller: EchoCanceller | None = None,
        likeness: Likeness = anything,
    ) -> None:
        """Without a canceller the source is one that the loudspeaker cannot reach."""
        self._detector = detector
        self._canceller = canceller
        self._segmenter = Segmenter(settings, likeness)
        self._room = RoomLevel()
        self._echo = EchoLevel()
        self._applause = Applause()
        self._heard_to_s: float | None = None
        self._suspicious_frames = 0
        self._shut = False

    @property
    def in_utterance(self) -> bool:
        """Whether a visitor is speaking, or pausing. From any thread."""
        return self._segmenter.in_utterance

    @property
    def settings(self) -> TurnTakingSettings:
        """The thresholds in force."""
        return self._segmenter.settings

    def tune(self, settings: TurnTakingSettings) -> None:
        """Go on with other thresholds. From any thread."""
        self._segmenter.settings = settings

    def answer_after(self, pause: int, pause_s: float) -> None:
        """End the utterance when the pause of that number has lasted so long. From any thread."""
        self._segmenter.answer_after(pause, pause_s)

    def feed(self, frame: Frame) -> list[Event]:
        """What the next frame makes known."""
        events: list[Event] = []
        self._shut = False
        if self._heard_to_s is not None and frame.start_s - self._heard_to_s > LONGEST_JOIN_S:
            # sound was lost: what went before it is not answered, and is no part of what comes after
            events += self.forget()
        self._heard_to_s = frame.end_s
        cleaned = self._clean(frame)
        over_db = self._over_db(cleaned)
        voiced = self._detector.is_voice(cleaned.frame.audio.samples, careful=cleaned.own)
        suspect = self._suspects(over_db)
        voiced = voiced and over_db >= self._segmenter.settings.voice_over_room_db
        if not cleaned.own and self._applause.feed(cleaned.frame.audio.samples, over_db, self._detector.certainty):
            events.append(ApplauseStarted() if self._applause.on else ApplauseEnded())
        verdict = Verdict(voiced, suspect, self._detector.certainty, self._room.room_db)
        return [*events, *self._segmenter.feed(cleaned.frame, verdict)]

    def pass_over(self, frame: Frame) -> list[Event]:
        """The ears are closed: the frame is not heard, and what was half heard is forgotten."""
        self._clean(frame)
        self._heard_to_s = frame.end_s
        if self._shut:
            return []
        self._shut = True
        return self.forget()

    def forget(self) -> list[Event]:
        """Begin anew."""
        self._detector.reset()
        return [*self._segmenter.reset()]

    def _clean(self, frame: Frame) -> Cleaned:
        return Cleaned(frame, own=False) if self._canceller is None else self._canceller.clean(frame)

    def _over_db(self, cleaned: Cleaned) -> float:
        """By how much the frame stands out from the room, and from what comes through of our own voice."""
        self._room.feed(cleaned.frame.audio.samples, may_be_room=not cleaned.own)
        if not cleaned.own:
            return self._room.over_room_db
        self._echo.feed(self._room.now_db, cleaned.echo_db)
        return min(self._room.over_room_db, self._echo.over_echo_db)

    def _suspects(self, over_db: float) -> bool:
        """Whether the detector suspects a voice that stands out: for two frames, or one that stands out far."""
        suspicious = self._detector.suspects and over_db >= _SUSPECT_OVER_DB
        self._suspicious_frames = self._suspicious_frames + 1 if suspicious else 0
        return self._suspicious_frames >= (1 if over_db >= _SURELY_OVER_DB else 2)

"""What the loudspeaker plays: tracks of turns, their order, their cuts and fades, without any device."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from installation.events import (
    Event,
    FillerStarted,
    SentenceSpoken,
    SentenceStarted,
    SpeechCut,
    TurnSpoken,
)
from installation.sound.fader import Fader
from installation.sound.played import PlayedSound
from installation.sound.track import Filler, Track
from installation.turn import Turn
from models.audio import Audio, Samples

FADE_S = 0.010
"""Long enough to hide the click of a cut, too short to be heard as a fade."""
CLOSING_FADE_S = 0.030
DUCK_S = 0.030
"""From full level down to a ducked one."""
RISE_S = 0.200
"""Back up: slow enough that nobody notices when it was nothing."""
ENDED_TURNS_KEPT = 256


class Playback:
    """Tracks of turns on their way to the loudspeaker; safe to use from any thread.

    `post` is called under the lock, also from the audio callback: it must neither block nor call back.
    """

    def __init__(self, rate_hz: int, post: Callable[[Event], None]) -> None:
        self.played = PlayedSound()
        """What was rendered, for the echo canceller."""
        self._rate_hz = rate_hz
        self._post = post
        self._lock = threading.Lock()
        self._tracks: dict[int, Track] = {}
        self._order: deque[Track] = deque()
        self._ended: deque[int] = deque(maxlen=ENDED_TURNS_KEPT)
        self._tail: Samples = np.zeros(0, np.float32)
        self._hold, self._held = Fader(), False
        self._duck, self._ducked_to = Fader(), 1.0
        self._closing = False

    @property
    def rate_hz(self) -> int:
        """Rate of what `render` gives."""
        return self._rate_hz

    @property
    def idle(self) -> bool:
        """Whether nothing sounds and nothing has been released to sound."""
        return not self._order and not len(self._tail)

    def add(self, turn: Turn, part: int, audio: Audio, last: bool) -> None:
        """Append sound to sentence `part` of a turn, before or after its release; `last`: the sentence is complete.

        Only one thread adds to a turn.

        Raises:
            TurnCancelled: the turn was cancelled; nothing of `audio` will sound.
        """
        with self._lock:
            turn.check()
            track, rate_hz = self._track(turn), self._rate_hz
        samples = track.converter.convert(part, audio, rate_hz, last)
        with self._lock:
            turn.check()
            if rate_hz != self._rate_hz:
                samples = Audio(samples, rate_hz).at_rate(self._rate_hz).samples
            track.append(part, samples, last)

    def finish(self, turn: Turn) -> None:
        """No more sentences come for this turn; does nothing on a cancelled one."""
        with self._lock:
            if not turn.cancelled:
                track = self._track(turn)
                track.complete_last()
                track.finished = True

    def release(self, turn: Turn, filler: Filler | None = None) -> None:
        """Let a turn sound, after those released before it; does nothing on a cancelled one.

        Where its sound is late, `filler` sounds first, and to its end.
        """
        if filler is not None:
            filler.sound = filler.sound.at_rate(self._rate_hz)
        with self._lock:
            track = self._track(turn)
            if turn.cancelled or turn.id in self._ended or track in self._order:
                return
            track.filler = filler
            self._order.append(track)

    def cut(self, turn: Turn) -> None:
        """Drop everything of a turn that has been cancelled before; what sounds of it fades out.

        Posts SpeechCut once, unless the turn has been spoken to its end.
        """
        with self._lock:
            if turn.id in self._ended:
                return
            track = self._tracks.get(turn.id) or Track(turn)
            if self._order and self._order[0] is track:
                self._let_fade(track)
            self._end(track)
            self._post(SpeechCut(turn.id, *track.position))

    def hold(self) -> None:
        """Fade out and stay where it is."""
        with self._lock:
            self._held = True

    def go_on(self) -> None:
        """Go on with a fade-in where `hold` stopped."""
        with self._lock:
            self._held = False

    def duck(self, level: float) -> None:
        """Speak at `level` (0..1 of full level) until another is given; reached within DUCK_S, or RISE_S upwards."""
        with self._lock:
            self._ducked_to = level

    def fade_out(self) -> None:
        """Let everything fade out; nothing plays any more after that."""
        with self._lock:
            self._closing = True

    def change_rate(self, rate_hz: int) -> None:
        """Go on at another rate, for a device that wants it. Takes as long as resampling does: not while it plays."""
        with self._lock:
            for track in self._tracks.values():
                for sentence in track.sentences:
                    sentence.convert(self._rate_hz, rate_hz)
            self._tail = np.zeros(0, np.float32)
            self._rate_hz = rate_hz

    def render(self, n: int) -> Samples:
        """The next `n` samples for the device, shape (n,). For the audio callback: never blocks."""
        out = np.zeros(n, np.float32)
        with self._lock:
            gain = self._envelope(n)
            if len(gain):
                self._advance(out[: len(gain)])
                out[: len(gain)] *= gain
            self._add_tail(out)
            self.played.write(out, self._rate_hz)
        return out

    def _track(self, turn: Turn) -> Track:
        """The turn's track; one that is not kept when the turn has already ended."""
        track = self._tracks.get(turn.id)
        if track is None:
            track = Track(turn)
            if not turn.cancelled and turn.id not in self._ended:
                self._tracks[turn.id] = track
        return track

    def _envelope(self, n: int) -> Samples:
        """Gain of each sample of the next buffer; shorter than `n` when the sound comes to a stand in it."""
        still = self._held or self._closing
        fade_s = CLOSING_FADE_S if self._closing else FADE_S
        gain = self._hold.toward(0.0 if still else 1.0, 1.0 / (fade_s * self._rate_hz), n)
        duck_s = DUCK_S if self._ducked_to < self._duck.level else RISE_S
        gain = gain * self._duck.toward(self._ducked_to, 1.0 / (duck_s * self._rate_hz), n)
        return gain[: int(np.count_nonzero(gain))] if still else gain

    def _advance(self, out: Samples) -> None:
        """Fill `out` from the released tracks, in their order; silence where the next sound is not ready in time."""
        filled = 0
        while self._order:
            track = self._order[0]
            if self._fill(track, out[filled:]):
                return
            while track.sentences:
                sentence = track.sentences[0]
                if not sentence.started and (sentence.ready_samples or sentence.complete) and filled < len(out):
                    sentence.started, track.filler = True, None
                    self._post(SentenceStarted(track.turn.id, sentence.part))
                filled += sentence.take_into(out[filled:])
                if not (sentence.over and sentence.started):
                    return
                track.sentences.popleft()
                self._post(SentenceSpoken(track.turn.id, sentence.part))
            if not track.finished:
                return
            self._end(track)
            self._post(TurnSpoken(track.turn.id))

    def _fill(self, track: Track, out: Samples) -> bool:
        """Let the track's filler wait or sound, as long as the answer has not begun; whether it has the floor."""
        filler = track.filler
        if filler is None:
            return False
        first = track.sentences[0] if track.sentences else None
        if not filler.sounding and (track.finished or (first is not None and (first.ready_samples or first.complete))):
            return False
        if filler.fill(out, self._rate_hz):
            self._post(FillerStarted(track.turn.id, filler.text))
        return True

    def _let_fade(self, track: Track) -> None:
        """Leave a short fade of what would have sounded next, so that the cut makes no click."""
        ahead = np.zeros(round(FADE_S * self._rate_hz), np.float32)
        filling = track.filler is not None and track.filler.sounding
        begun = bool(track.sentences) and track.sentences[0].started
        if not (filling or begun) or self._hold.level == 0.0:
            return
        length = len(ahead)
        if filling:
            self._fill(track, ahead)
        else:
            length = track.sentences[0].take_into(ahead)
        gain = self._hold.level * self._duck.level
        ramp = np.linspace(gain, 0.0, length, endpoint=False, dtype=np.float32)
        ahead[:length] *= ramp
        ahead[: len(self._tail)] += self._tail[: len(ahead)]
        self._tail = ahead

    def _add_tail(self, out: Samples) -> None:
        """Mix in what is left of a cut turn's fade."""
        if len(self._tail):
            length = min(len(out), len(self._tail))
            out[:length] += self._tail[:length]
            self._tail = self._tail[length:]

    def _end(self, track: Track) -> None:
        """Forget a track."""
        self._tracks.pop(track.turn.id, None)
        if track in self._order:
            self._order.remove(track)
        self._ended.append(track.turn.id)

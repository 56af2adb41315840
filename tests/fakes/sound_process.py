"""A process with a microphone and a loudspeaker and nothing between them, told by lines what to do.

`say TURN HZ SECONDS`, `cut TURN`, `listen` (answers `heard HZ LEVEL_DB START_S` of the last 200 ms), `lost` (answers
`lost UNDERRUNS OVERRUNS`), `quit`. Whatever the rooms post is printed as it is.
"""

from __future__ import annotations

import sys
import threading
from collections import deque

import numpy as np

from installation.events import (
    Event,
)
from installation.sound.microphone import Microphone, MicrophoneSettings
from installation.sound.speaker import Speaker, SpeakerSettings
from installation.turn import CancelReason, Turn
from models.audio import HEARING_RATE_HZ, Audio, Frame, level_db

SAY_RATE_HZ = 22_050
LATENCY_S = 0.1
"""More than the house wants: a machine that is busy with other tests must not make the loudspeaker crackle."""


def tell(event: Event | str) -> None:
    """One line for the test."""
    sys.stdout.write(f"{event}\n")
    sys.stdout.flush()


def tone(hz: float, seconds: float) -> Audio:
    """A tone that begins and ends softly."""
    time_s = np.arange(round(seconds * SAY_RATE_HZ)) / SAY_RATE_HZ
    envelope = np.clip(np.minimum(time_s, seconds - time_s) / 0.02, 0.0, 1.0)
    return Audio((0.5 * envelope * np.sin(2 * np.pi * hz * time_s)).astype(np.float32), SAY_RATE_HZ)


def describe(frames: list[Frame]) -> str:
    """The loudest frequency of these frames, their level, and where they begin."""
    samples = np.concatenate([frame.audio.samples for frame in frames]) if frames else np.zeros(1, np.float32)
    hz = np.abs(np.fft.rfft(samples)).argmax() * HEARING_RATE_HZ / len(samples)
    return f"heard {hz:.0f} {level_db(samples):.0f} {frames[0].start_s if frames else 0.0:.3f}"


def obey(line: str, microphone: Microphone, speaker: Speaker, turns: dict[int, Turn], heard: deque[Frame]) -> None:
    """Do what one line says."""
    match line.split():
        case ["say", turn_id, hz, seconds]:
            turn = turns[int(turn_id)] = Turn(int(turn_id))
            speaker.playback.add(turn, 0, tone(float(hz), float(seconds)), last=True)
            speaker.playback.finish(turn)
            speaker.playback.release(turn)
        case ["cut", turn_id]:
            turns[int(turn_id)].cancel(CancelReason.BARGE_IN)
            speaker.playback.cut(turns[int(turn_id)])
        case ["listen"]:
            tell(describe(list(heard)))
        case ["lost"]:
            tell(f"lost {speaker.underruns} {microphone.overruns}")
        case other:
            raise ValueError(f"no such line: {other}")


def main() -> None:
    """Obey standard input until it ends or says `quit`."""
    heard: deque[Frame] = deque(maxlen=10)
    turns: dict[int, Turn] = {}
    with (
        Speaker(SpeakerSettings(latency_s=LATENCY_S), tell) as speaker,
        Microphone(MicrophoneSettings(), tell) as microphone,
    ):
        listener = threading.Thread(target=lambda: heard.extend(microphone.frames()))
        listener.start()
        tell("ready")
        for line in sys.stdin:
            if line.strip() == "quit":
                break
            obey(line, microphone, speaker, turns, heard)
        microphone.close()
        listener.join()
    tell("closed")


if __name__ == "__main__":
    main()

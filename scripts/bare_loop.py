"""The least that a spoken exchange can be: callback, webrtcvad, a fixed hangover, play. A yardstick."""

from __future__ import annotations

import queue
import sys
from itertools import count

import numpy as np
import sounddevice as sd
import webrtcvad

RATE_HZ = 16_000
FRAME = 320
HANGOVER_FRAMES = 25
ONSET_FRAMES = 4


class Player:
    """Plays an answer from its first sample, or silence."""

    def __init__(self, answer: np.ndarray) -> None:
        self.answer = answer
        self.position = len(answer)

    def callback(self, out: np.ndarray, n: int, *_: object) -> None:
        piece = self.answer[self.position : self.position + n]
        out[: len(piece), 0] = piece
        out[len(piece) :] = 0.0
        self.position += len(piece)


def main() -> None:
    heard: queue.SimpleQueue[np.ndarray] = queue.SimpleQueue()
    time_s = np.arange(int(sys.argv[1] if len(sys.argv) > 1 else 6) * 44_100) / 44_100
    player = Player((0.3 * np.cos(2 * np.pi * 200 * time_s)).astype(np.float32))
    gate = webrtcvad.Vad(2)

    def listen(sound: np.ndarray, *_: object) -> None:
        heard.put(sound[:, 0].copy())

    output = sd.OutputStream(samplerate=44_100, channels=1, dtype="float32", latency=0.02, callback=player.callback)
    microphone = sd.InputStream(
        samplerate=RATE_HZ, channels=1, dtype="int16", blocksize=FRAME, latency=0.02, callback=listen
    )
    with output, microphone:
        print("ready", flush=True)
        voiced = silent = 0
        for _ in count():
            voice = gate.is_speech(heard.get().tobytes(), RATE_HZ)
            voiced = voiced + 1 if voice else (voiced if voiced >= ONSET_FRAMES else 0)
            silent = 0 if voice else silent + 1
            if voice and voiced >= ONSET_FRAMES:
                player.position = len(player.answer)  # barge-in: whoever speaks stops the answer
            if voiced >= ONSET_FRAMES and silent >= HANGOVER_FRAMES:
                player.position = voiced = 0


if __name__ == "__main__":
    main()

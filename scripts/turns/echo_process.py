"""A process that is the air of an open room: takes what the house plays, and plays what of it reaches the microphone.

Its input takes lines: "delay SAMPLES" from then on; it ends when its input does.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import numpy as np

from scripts.turns.priority import hasten
from scripts.turns.room import EchoPath
from tests.fakes.sound_card import RATE_HZ, pacat

BLOCK_SAMPLES = 256
"""6 ms."""
_FRAGMENT_MS = 5
_BLOCK_BYTES = 4 * BLOCK_SAMPLES


def main() -> None:
    """Its one argument is the path of a file: {"response": PATH of an array, "drift_ppm": ..., "buffer_ms": ...}."""
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    path = EchoPath(np.load(order["response"]), BLOCK_SAMPLES, 0.0, order["drift_ppm"])
    path.feed(np.zeros(BLOCK_SAMPLES, np.float32))  # the first block is the slowest
    hasten(in_real_time=True)  # air is never late
    record = pacat("--record", "loudspeaker", RATE_HZ, _FRAGMENT_MS)
    play = pacat("--playback", "echo", RATE_HZ, order["buffer_ms"])
    with (
        subprocess.Popen(record, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as heard,
        subprocess.Popen(play, stdin=subprocess.PIPE) as played,
    ):
        try:
            carry(path, heard, played)
        finally:
            heard.terminate()
            played.terminate()


def carry(path: EchoPath, heard: subprocess.Popen[bytes], played: subprocess.Popen[bytes]) -> None:
    """Block by block, until the orders end or the card is gone."""
    assert heard.stdout is not None
    assert played.stdin is not None
    has_begun = False
    while len(block := heard.stdout.read(_BLOCK_BYTES)) == _BLOCK_BYTES:
        echo = path.feed(np.frombuffer(block, "<f4"))
        try:
            played.stdin.write(echo.astype("<f4").tobytes())
            played.stdin.flush()
        except BrokenPipeError:
            return
        if not has_begun:
            has_begun = True
            print("begun", flush=True)
        if select.select([sys.stdin], [], [], 0)[0]:
            told = os.read(sys.stdin.fileno(), 1024).decode()
            if not told:
                return
            for line in told.splitlines():
                path.set_delay(float(line.removeprefix("delay ")))


if __name__ == "__main__":
    main()

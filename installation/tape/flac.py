"""Turns two channels into FLAC that can be cut off anywhere: what is written is readable, whatever comes after."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
import numpy.typing as npt

from models.audio import HEARING_RATE_HZ

Pcm = npt.NDArray[np.int16]
"""Shape (n, 2), full scale: the microphone, and what the loudspeaker played."""

LENGTH_AT = 8 + 13
"""Where the file tells its length, in 36 bits whose first four are the low ones of this byte."""


class FlacStream:
    """For one thread: `begin`, then `feed`, then `finish`; what they give is written one behind the other."""

    def __init__(self) -> None:
        codec: Any = av.CodecContext.create("flac", "w")
        codec.sample_rate, codec.layout, codec.format = HEARING_RATE_HZ, "stereo", "s16"
        codec.open()
        self._codec = codec
        self._rest: Pcm = np.zeros((0, 2), np.int16)
        self._samples = 0

    def begin(self) -> bytes:
        """The head of the file; its length is not told yet."""
        about = bytes(self._codec.extradata)
        return b"fLaC" + bytes([0x80]) + len(about).to_bytes(3, "big") + about

    def feed(self, sound: Pcm) -> bytes:
        """What can be written when this has come."""
        self._rest = np.concatenate((self._rest, sound))
        block = self._codec.frame_size
        whole = len(self._rest) // block * block
        blocks, self._rest = self._rest[:whole], self._rest[whole:]
        return b"".join(self._encode(blocks[begin : begin + block]) for begin in range(0, whole, block))

    def finish(self) -> bytes:
        """The last of it."""
        last = self._encode(self._rest) if len(self._rest) else b""
        return last + b"".join(bytes(packet) for packet in self._codec.encode(None))

    def length(self, head: bytes) -> bytes:
        """The five bytes at LENGTH_AT of a file that begins with `head`, when all has been fed."""
        low_bits = head[LENGTH_AT] & 0xF0
        return bytes([low_bits | (self._samples >> 32) & 0x0F]) + (self._samples & 0xFFFFFFFF).to_bytes(4, "big")

    def _encode(self, sound: Pcm) -> bytes:
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = HEARING_RATE_HZ, self._samples
        self._samples += len(sound)
        return b"".join(bytes(packet) for packet in self._codec.encode(frame))

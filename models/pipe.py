"""Packets between the house and the process of an engine: a JSON header and raw bytes, their lengths in front."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from socket import socket
from typing import Any

import numpy as np

from models.audio import Audio, Samples

CALL_NUMBER = struct.Struct("<Q")
"""What goes down the lifeline: the number of a call that is aborted."""
_LENGTHS = struct.Struct("<II")
_LONGEST_BYTES = 1 << 28
"""An hour of sound at 16 kHz; what claims to be longer is no packet."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One message: a header that is plain JSON, and bytes for what would be long in JSON."""

    header: Mapping[str, Any]
    body: bytes | bytearray = b""


def send(line: socket, packet: Packet) -> None:
    """Send a packet.

    Raises:
        OSError: nobody listens any more; TimeoutError when nobody took it for as long as the socket's timeout.
    """
    header = json.dumps(packet.header).encode()
    line.sendall(_LENGTHS.pack(len(header), len(packet.body)) + header)
    line.sendall(packet.body)


def receive(line: socket) -> Packet:
    """The next packet.

    Raises:
        EOFError: the other end has closed.
        OSError: it broke off; TimeoutError when nothing came for as long as the socket's timeout.
        ValueError: what came is no packet.
    """
    header_length, body_length = _LENGTHS.unpack(_exactly(line, _LENGTHS.size))
    if max(header_length, body_length) > _LONGEST_BYTES:
        raise ValueError(f"a packet of {max(header_length, body_length)} bytes")
    header = json.loads(_exactly(line, header_length))
    if not isinstance(header, dict):
        raise ValueError("a packet without a header")
    return Packet(header, _exactly(line, body_length))


def _exactly(line: socket, length: int) -> bytearray:
    received = bytearray(length)
    view = memoryview(received)
    while view:
        count = line.recv_into(view)
        if count == 0:
            raise EOFError
        view = view[count:]
    return received


def audio_bytes(audio: Audio) -> bytes:
    """Its samples, shape (n,), as little-endian float32: the body of a packet."""
    return np.ascontiguousarray(audio.samples, "<f4").tobytes()


def audio_of(packet: Packet) -> Audio:
    """The sound that a packet carries: samples in the body, their `rate_hz` in the header."""
    samples: Samples = np.frombuffer(packet.body, "<f4").astype(np.float32, copy=False)
    return Audio(samples, int(packet.header["rate_hz"]))

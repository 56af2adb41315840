"""A server on this machine that answers as a test tells it to: byte by byte, late, torn, or not at all."""

from __future__ import annotations

import json
import select
import socket
import ssl
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

LATEST_S = 20.0
"""A test that waits for more than this has failed."""
SPEECH, CHAT, EARS, MODELS = "/v1/audio/speech", "/v1/chat/completions", "/v1/audio/transcriptions", "/v1/models"


class Then(Enum):
    """What an answer does beside sending bytes."""

    HANG = "nothing more, until the client hangs up"
    CUT = "the line breaks"


Step = bytes | Then | threading.Event


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    headers: Message
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


def head(kind: str, status: int = 200, more: Mapping[str, str] | None = None, length: int | None = None) -> bytes:
    """Status line and headers; without a `length`, chunks follow."""
    size = {"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": str(length)}
    headers = {"Content-Type": kind, "Connection": "close", **size, **(more or {})}
    lines = [f"HTTP/1.1 {status} It is so", *(f"{name}: {value}" for name, value in headers.items() if value)]
    return "\r\n".join([*lines, "", ""]).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST = b"0\r\n\r\n"


def whole(kind: str, content: bytes | str, status: int = 200, more: Mapping[str, str] | None = None) -> list[Step]:
    """A complete answer."""
    data = content.encode() if isinstance(content, str) else content
    return [head(kind, status, more, len(data)), data]


def as_json(content: object, status: int = 200) -> list[Step]:
    return whole("application/json", json.dumps(content), status)


def delta(text: str | None, finish: str | None = None) -> bytes:
    """An event with a piece of an answer."""
    choice = {"index": 0, "delta": {"content": text} if text is not None else {}, "finish_reason": finish}
    return chunk(b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n")


DONE = chunk(b"data: [DONE]\n\n")
EVENTS_HEAD = head("text/event-stream; charset=utf-8")


def answer(*pieces: str) -> list[Step]:
    """A whole answer of a persona."""
    return [EVENTS_HEAD, *(delta(piece) for piece in pieces), delta(None, "stop"), DONE, LAST]


def sound(*pieces: bytes) -> list[Step]:
    """A whole sentence as PCM."""
    return [head("audio/pcm"), *(chunk(piece) for piece in pieces), LAST]


class OpenAIServer:
    """A context manager; `answers` holds what each path does, `asked` what came."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, list[Step]] = {MODELS: as_json({"data": [{"id": "ears"}, {"id": "words"}]})}
        self.asked: list[Asked] = []
        self.waiting = threading.Event()
        """A client waits for something that does not come."""
        self.hung_up = threading.Event()
        """That client has gone."""
        self.closing = threading.Event()
        self._server = _Server(self)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        self.port = self._server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> OpenAIServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def last(self) -> Asked:
        return self.asked[-1]


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, owner: OpenAIServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is nothing to write to the terminal about."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        owner = self.server.owner  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        owner.asked.append(Asked(self.path, self.headers, body))
        self.close_connection = True
        for step in owner.answers.get(self.path, as_json({"error": {"message": "no such path"}}, 404)):
            if isinstance(step, bytes):
                self.wfile.write(step)
            elif isinstance(step, threading.Event):
                step.wait(LATEST_S)
            elif step is Then.CUT:
                # a reset instead of a goodbye
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            else:
                self._hang(owner)

    def _hang(self, owner: OpenAIServer) -> None:
        owner.waiting.set()
        while not owner.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.02)
            if readable:
                owner.hung_up.set()
                return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""

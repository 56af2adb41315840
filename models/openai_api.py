"""Requests to an OpenAI-style server, and what can go wrong with them in one sentence each."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import h11

from models.line import Line, LineCut, OpenRoadError
from models.protocols import ModelError
from models.server_settings import ServerSettings

JSON, EVENTS = "application/json", "text/event-stream"
LONGEST_TEXT_BYTES = 1_000_000
"""More than this is no answer to a visitor, whatever it is."""
_REASON_BYTES = 10_000
_REASON_CHARS = 200
_PORTS = {"http": 80, "https": 443}


class ServerAway(ModelError):  # noqa: N818 - what it is called on the panel
    """There was no connection: whatever is asked of the server, it is not there."""


class Aborted(Exception):  # noqa: N818 - not an error: another thread asked for it
    """The request was aborted: nobody waits for its answer any more."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `path` below the server's url, and what is sent."""

    path: str
    body: bytes = b""
    """Empty: only ask (GET)."""
    content_type: str = JSON
    patience_s: float = 0.0
    """On top of answer_timeout_s."""


def json_request(path: str, content: dict[str, Any]) -> Request:
    """A request that sends `content`."""
    return Request(path, json.dumps(content).encode())


class Server:
    """One engine's way to the server: a new connection for every request.

    A connection kept from the last turn may have died in the meantime without telling; a new one shows within
    `connect_timeout_s` whether the server is there. Redirects are not followed, proxies not used.
    """

    def __init__(self, settings: ServerSettings, show_folder: Path) -> None:
        self.url = settings.url.rstrip("/")
        self._settings = settings
        self._token = settings.token(show_folder)
        self._address = settings.address(show_folder)
        self._lock = threading.Lock()
        self._lines: set[Line] = set()
        self._late: list[Line] = []
        self._aborted = False

    def begin(self) -> None:
        """A call begins: an abort of the one before does not count any more."""
        with self._lock:
            self._aborted = False

    def abort(self) -> None:
        """Wake the thread that waits for an answer, from another one: it gets Aborted."""
        with self._lock:
            self._aborted = True
            for line in self._lines:
                line.cut()

    def close(self) -> None:
        """Abort, and wait for what still looks a name up."""
        self.abort()
        for line in self._late:
            line.join()

    @contextmanager
    def ask(self, request: Request, wanted: str) -> Iterator[Answer]:
        """The answer to a request, open until the end of the `with`; `wanted` is its content type, or "" for any.

        Raises:
            ServerAway: there was no connection.
            ModelError: the server refused, did not answer in time, broke off (inside the `with`, too), or answered with
                something else than `wanted`.
            Aborted: another thread wanted it.
        """
        line = Line(self._address)
        try:
            with self._lock:
                self._lines.add(line)
            self._check()
            yield self._answer(line, request, wanted)
        except (OSError, h11.RemoteProtocolError) as error:
            self._check()
            raise self._broken(error) from error
        finally:
            with self._lock:
                self._lines.discard(line)
            line.close()
            self._late = [late for late in (*self._late, line) if late.is_connecting]

    def _check(self) -> None:
        if self._aborted:
            raise Aborted

    def _answer(self, line: Line, request: Request, wanted: str) -> Answer:
        self._connect(line)
        patience_s = self._settings.answer_timeout_s
        line.wait_at_most(patience_s + request.patience_s)
        answer = Answer(self.url, line, patience_s, self._check)
        # a server that refuses may do so before it has read everything: its answer tells why
        with suppress(BrokenPipeError, ConnectionResetError):
            line.send(self._head(answer, request))
            line.send(answer.connection.send(h11.Data(request.body)) or b"")
            line.send(answer.connection.send(h11.EndOfMessage()) or b"")
        answer.read_head()
        if answer.status != 200:
            raise ModelError(f"{self.url}: {self._refusal(answer)}")
        if wanted and answer.content_type != wanted:
            raise self.strange(answer.content_type or "something without a type", wanted)
        return answer

    def _connect(self, line: Line) -> None:
        within_s = self._settings.connect_timeout_s
        try:
            line.open(within_s)
        except TimeoutError as error:
            reason = f"no connection within {within_s:g} s"
            raise ServerAway(f"{self.url}: {reason}.") from error
        except OpenRoadError as error:
            raise ModelError(f"{self.url}: leads to a public address without TLS; use https://.") from error
        except (OSError, UnicodeError) as error:
            raise ServerAway(f"{self.url}: {_no_connection(error)}.") from error
        except LineCut:
            raise Aborted from None

    def _head(self, answer: Answer, request: Request) -> bytes:
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname).encode("idna").decode()
        port = parts.port or _PORTS[parts.scheme]
        headers = [
            ("Host", host if port == _PORTS[parts.scheme] else f"{host}:{port}"),
            ("User-Agent", "souffleur"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ]
        if self._token:
            headers.append(("Authorization", f"Bearer {self._token}"))
        if request.body:
            headers += [("Content-Type", request.content_type), ("Content-Length", str(len(request.body)))]
        method = "POST" if request.body else "GET"
        head = h11.Request(method=method, target=parts.path + request.path, headers=headers)
        return answer.connection.send(head) or b""

    # --- sentences ----------------------------------------------------------------------------------------------------

    def strange(self, found: str, wanted: str) -> ModelError:
        """The sentence for an answer that is not what was asked for."""
        return ModelError(
            f"{self.url}: answered with {self.cleared(found)} where {wanted} was asked for; "
            "url must lead to an OpenAI-style server, up to its /v1."
        )

    def cleared(self, text: str) -> str:
        """What a server said, short, on one line and without our token: some repeat it when they refuse it."""
        if self._token:
            text = text.replace(self._token, "…")
        text = " ".join("".join(char if char.isprintable() else " " for char in text).split()).rstrip(".")
        return text if len(text) <= _REASON_CHARS else text[:_REASON_CHARS] + "…"

    def _refusal(self, answer: Answer) -> str:
        reason = self._reason(answer)
        match answer.status:
            case 401 | 403:
                return f"does not let us in ({reason}); see token_env and token_file under [engines.server]."
            case 404 | 405:
                return f"does not know what is asked ({reason}); url must end in its /v1, and the model be its own."
            case status if 300 <= status < 400:
                where = self.cleared(answer.headers.get("location", "nowhere"))
                return f"sends us on to {where}, where we do not go unasked; if that is right, name it as url."
            case _:
                return f"refused ({reason}); its own log says more."

    def _reason(self, answer: Answer) -> str:
        """The status, and what an OpenAI-style server says about it."""
        try:
            content = json.loads(answer.whole(_REASON_BYTES))
            told = content["error"]["message"] if "error" in content else content["detail"]
        except (OSError, h11.RemoteProtocolError, ModelError, ValueError, LookupError, TypeError):
            self._check()
            kind = answer.content_type
            told = f"with {kind}" if kind and kind != JSON else ""
        return f"{answer.status} {self.cleared(str(told))}".strip()

    def _broken(self, error: Exception) -> ModelError:
        if isinstance(error, TimeoutError):
            reason = f"no answer within {self._settings.answer_timeout_s:g} s"
        else:
            # h11 tells a line that was closed in its own terms
            told = "the line was closed" if "ConnectionClosed" in str(error) else self.cleared(str(error))
            reason = f"the answer broke off or is no HTTP ({told})"
        return ModelError(f"{self.url}: {reason}.")


def _no_connection(error: OSError | UnicodeError) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message}); name the company's under ca_file"
        case ssl.SSLError():
            return f"no encrypted line ({error.reason or error}); perhaps it is http:// there, or another port"
        case OSError():
            return f"no connection ({(error.strerror or str(error)).lower()})"
        case _:
            return f"no connection ({error})"


@dataclass(slots=True)
class Answer:
    """What a server sends back, as it comes."""

    url: str
    line: Line
    patience_s: float
    check: Callable[[], None]
    connection: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT))
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """Without its parameters, in lower case."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def read_head(self) -> None:
        """Wait for status and headers."""
        while not isinstance(event := self._event(), h11.Response):
            if isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                raise h11.RemoteProtocolError("nothing came")
        self.status = event.status_code
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}

    def pieces(self) -> Iterator[bytes]:
        """The content, as it comes."""
        while isinstance(event := self._event(), h11.Data):
            self.check()
            yield bytes(event.data)
        # an answer without a length ends when the line does, even when it was us who cut it
        self.check()

    def whole(self, longest_bytes: int = LONGEST_TEXT_BYTES) -> bytes:
        """The whole content. Raises ModelError when there is more than `longest_bytes`."""
        content = b""
        for piece in self.pieces():
            content += piece
            if len(content) > longest_bytes:
                raise ModelError(f"{self.url}: sent more than {longest_bytes} bytes where a few words were expected.")
        return content

    def wait_anew(self) -> None:
        """Something useful has come: the next may take as long again."""
        self.line.wait_at_most(self.patience_s)

    def _event(self) -> Any:
        while (event := self.connection.next_event()) is h11.NEED_DATA:
            self.connection.receive_data(self.line.receive())
        return event

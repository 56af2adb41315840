"""The panel's web server, alive between `with` and its end."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from cheroot import wsgi
from cheroot.server import HTTPConnection

from web.app import MAX_REQUEST_BYTES, create_app
from web.house import House
from web.security import LOOPBACK_HOSTS
from web.stream import MAX_STREAMS, Streams

_log = logging.getLogger(__name__)

SPARE_THREADS = 8
"""Threads beside those that hold a stream, so that a command never waits for a page to close."""

GRACE_S = 0.3
"""How long pages have to take their last events when the server stops."""

PATIENCE_S = 3.0
"""How long the other side may be silent in the middle of a request: until then it holds a thread."""

MAX_HEADER_BYTES = 64 * 1024

_STOP_CHECK_S = 0.2


class AddressError(Exception):
    """The panel cannot listen where it was told to; the message says why, and what to do."""


class PanelServer:
    """Serves the panel of `house` on a thread of its own; port 0 takes a free one."""

    def __init__(self, house: House, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host = host
        self._streams = Streams(house)
        self._server = _Server(
            ("127.0.0.1" if host == "localhost" else host, port),
            create_app(house, self._streams),
            server_name="Souffleur",
            # The pool does not grow by itself: a thread for every stream from the beginning.
            numthreads=MAX_STREAMS + SPARE_THREADS,
            max=MAX_STREAMS + SPARE_THREADS,
            request_queue_size=64,
            shutdown_timeout=GRACE_S,
            timeout=PATIENCE_S,
        )
        self._server.max_request_header_size = MAX_HEADER_BYTES
        self._server.max_request_body_size = MAX_REQUEST_BYTES
        self._thread = threading.Thread(target=self._server.serve, name="panel")

    @property
    def url(self) -> str:
        """Where a browser finds the panel."""
        host, port = self._server.bind_addr
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    def __enter__(self) -> PanelServer:
        """Listen.

        Raises:
            AddressError: the port is taken, or the address is not one of this machine's own.
        """
        if self._host not in LOOPBACK_HOSTS:
            raise AddressError(
                f"The panel has no lock on its door yet, so it cannot listen on {self._host}: use 127.0.0.1."
            )
        self._server.prepare()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._streams.close()
        self._server.hang_up(GRACE_S)
        self._server.stop()
        self._thread.join()


class _Connection(HTTPConnection):
    """A connection that its server knows of, so that a peer that neither reads nor writes cannot delay the end."""

    def __init__(self, server: _Server, *args: Any, **kwargs: Any) -> None:
        super().__init__(server, *args, **kwargs)
        server.opened(self)

    def communicate(self) -> bool:
        """Answer one request, to the last byte of it."""
        with self.server.answering(self):
            return bool(super().communicate())  # type: ignore[no-untyped-call]

    def close(self) -> None:
        self.server.closed(self)
        super().close()


class _Server(wsgi.Server):
    """Cheroot, with errors that speak to people and an end that does not wait for the other side."""

    ConnectionClass = _Connection
    expiration_interval = _STOP_CHECK_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._changed = threading.Condition()
        self._alive: set[_Connection] = set()
        self._answering: set[_Connection] = set()

    def opened(self, connection: _Connection) -> None:
        """Remember a connection."""
        with self._changed:
            self._alive.add(connection)

    def closed(self, connection: _Connection) -> None:
        """Forget a connection."""
        with self._changed:
            self._alive.discard(connection)

    @contextmanager
    def answering(self, connection: _Connection) -> Iterator[None]:
        """While inside, an answer is on its way to that connection."""
        with self._changed:
            self._answering.add(connection)
        try:
            yield
        finally:
            with self._changed:
                self._answering.discard(connection)
                self._changed.notify_all()

    def put_conn(self, conn: _Connection) -> None:
        """Keep a connection for its next request; one that comes back while the server ends is closed."""
        try:
            super().put_conn(conn)
        except (ValueError, KeyError, OSError):
            # Cheroot closes what it watches its connections with while its threads may still bring one back
            if self.ready:
                raise
            conn.close()

    def hang_up(self, grace_s: float) -> None:
        """Wait that long for answers to arrive whole, then wake every thread that still reads or writes."""
        with self._changed:
            self._changed.wait_for(lambda: not self._answering, grace_s)
            for connection in self._alive:
                try:
                    connection.socket.shutdown(socket.SHUT_RDWR)
                except OSError as error:
                    _log.debug("connection already gone: %s", error)

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        """Bind, or close the socket and say in one sentence why not."""
        host, port = bind_addr[:2]
        try:
            socket_.bind((host, port))
            # Without it, connections that linger after the end would keep a free port that was found from being used
            # again; set before the bind it could take somebody else's.
            socket_.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        except OSError as error:
            socket_.close()
            raise AddressError(_reason(error, host, port)) from error
        return socket_

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """What Cheroot has to say goes to the house's log."""
        _log.log(level, "%s", msg, exc_info=traceback)


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use, perhaps by another Souffleur: end that one, or use --port 0 for a free port."
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system: use one above 1023, or --port 0 for a free port."
    return f"The panel cannot listen on {host}, port {port} ({error.strerror}): use 127.0.0.1 and --port 0."

"""One connection to a server, for one request: made in time or not at all, and cut from any thread."""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

_BLOCK_BYTES = 16_384
_LEAST_S = 0.001
"""A socket takes a patience of 0 s for "do not wait at all"."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens; `tls` is None for a line that everybody on the way can read."""

    host: str
    port: int
    tls: ssl.SSLContext | None


class LineCut(Exception):  # noqa: N818 - not an error: somebody wanted it
    """The line was cut from our side."""


class OpenRoadError(Exception):
    """A line that everybody can read would have led into the open internet."""


def is_public(host: str) -> bool:
    """Whether `host` is an IP address that anybody can have: not this machine's, and of no private network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_global


class Line:
    """Bytes to and from a server; used by one thread, and cut by any other.

    Looking up a name can be neither woken nor given a deadline: connecting has a thread of its own, which is left to
    end by itself when it is late, and joined by `join`.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._opened: queue.SimpleQueue[socket.socket | Exception | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None
        # a second handle of the same connection: the first one is inside the TLS library when it must be woken
        self._handle: socket.socket | None = None
        self._cut = False
        self._deadline_s = 0.0

    def open(self, timeout_s: float) -> None:
        """Look up the name, connect, and agree on the encryption, all of it within `timeout_s`.

        Raises:
            TimeoutError: that took longer.
            OSError: it failed; ssl.SSLCertVerificationError if the server is not who it should be.
            OpenRoadError: the address has no TLS and is a public one.
            LineCut: another thread cut it.
        """
        self._thread = threading.Thread(target=self._connect, args=(timeout_s,), name="connecting")
        self._thread.start()
        try:
            found = self._opened.get(timeout=timeout_s)
        except queue.Empty:
            raise TimeoutError from None
        if found is None:
            raise LineCut
        if isinstance(found, Exception):
            raise found
        self._socket = found
        self._thread.join()

    def _connect(self, timeout_s: float) -> None:
        found: socket.socket | Exception
        try:
            found = self._connected(timeout_s)
        except (OSError, UnicodeError, OpenRoadError) as error:
            found = error
        with self._lock:
            if not self._cut:
                self._opened.put(found)
            elif isinstance(found, socket.socket):
                found.close()

    def _connected(self, timeout_s: float) -> socket.socket:
        place, context = (self._address.host, self._address.port), self._address.tls
        plain = socket.create_connection(place, timeout_s)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is None and is_public(plain.getpeername()[0]):
                raise OpenRoadError
            self._keep_handle(plain)
            return context.wrap_socket(plain, server_hostname=self._address.host) if context else plain
        except BaseException:
            plain.close()
            raise

    def _keep_handle(self, connected: socket.socket) -> None:
        with self._lock:
            if self._cut:
                _shut(connected)
            else:
                self._handle = connected.dup()

    def wait_at_most(self, patience_s: float) -> None:
        """From now on, what is sent and received must have passed within `patience_s`."""
        self._deadline_s = monotonic() + patience_s

    def send(self, data: bytes) -> None:
        """Send all of it. Raises OSError, TimeoutError among them."""
        self._in_time().sendall(data)

    def receive(self) -> bytes:
        """What comes next, b"" at the end. Raises OSError, TimeoutError among them."""
        return self._in_time().recv(_BLOCK_BYTES)

    def _in_time(self) -> socket.socket:
        assert self._socket is not None
        left_s = self._deadline_s - monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._socket.settimeout(max(left_s, _LEAST_S))
        return self._socket

    def cut(self) -> None:
        """Wake whoever opens, sends or receives: nothing more comes."""
        with self._lock:
            self._cut = True
            self._opened.put(None)
            if self._handle is not None:
                _shut(self._handle)

    def close(self) -> None:
        """Cut it and give its sockets back."""
        self.cut()
        with self._lock:
            if self._handle is not None:
                self._handle.close()
                self._handle = None
        with suppress(queue.Empty):
            while True:
                late = self._opened.get_nowait()
                if isinstance(late, socket.socket):
                    late.close()
        if self._socket is not None:
            self._socket.close()

    @property
    def is_connecting(self) -> bool:
        """Whether the thread that connects is still at it, though nobody waits for it any more."""
        return self._thread is not None and self._thread.is_alive()

    def join(self) -> None:
        """Wait for the thread that connects, as long as the system takes to look a name up."""
        if self._thread is not None:
            self._thread.join()


def _shut(connected: socket.socket) -> None:
    # the server may have been quicker
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)

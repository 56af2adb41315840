from __future__ import annotations

import http.client
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from installation.commands import (
    Interrupt,
)
from installation.entries import LevelEntry
from tests.fakes.house import FakeHouse
from web.server import AddressError, PanelServer
from web.stream import BEAT_S, MAX_STREAMS

END_S = 0.8 * BEAT_S
"""A server that waited for its pages would take a beat, or for ever; a busy machine may take its time."""


@contextmanager
def connection(server: PanelServer) -> Iterator[http.client.HTTPConnection]:
    connected = http.client.HTTPConnection(str(urlsplit(server.url).netloc), timeout=20)
    try:
        yield connected
    finally:
        connected.close()


@contextmanager
def open_stream(server: PanelServer) -> Iterator[http.client.HTTPResponse]:
    with connection(server) as connected:
        connected.request("GET", "/events")
        response = connected.getresponse()
        assert response.readline() == b"event: snapshot\n"
        yield response


def interrupt(server: PanelServer) -> int:
    with connection(server) as connected:
        body = json.dumps({"command": "interrupt"})
        connected.request("POST", "/command", body, {"Content-Type": "application/json"})
        return connected.getresponse().status


def test_the_panel_is_served_on_a_free_port_of_this_machine(house: FakeHouse) -> None:
    with PanelServer(house) as server, connection(server) as connected:
        assert server.url.startswith("http://127.0.0.1:")
        connected.request("GET", "/")
        assert b"Souffleur" in connected.getresponse().read()


def test_a_command_gets_through_while_thirty_pages_are_open(house: FakeHouse) -> None:
    with PanelServer(house) as server, ExitStack() as pages:
        streams = [pages.enter_context(open_stream(server)) for _ in range(MAX_STREAMS)]
        assert interrupt(server) == 202
        assert house.next_command() == Interrupt()
        house.publish(LevelEntry(-20.0))
        for stream in streams:
            while stream.readline() != b"event: level\n":
                pass


def test_the_end_does_not_wait_for_open_pages_and_leaves_no_thread(house: FakeHouse) -> None:
    before = set(threading.enumerate())
    with ExitStack() as pages:
        with PanelServer(house) as server:
            stream, *_ = [pages.enter_context(open_stream(server)) for _ in range(5)]
            began_s = time.monotonic()
        assert time.monotonic() - began_s < END_S
        assert stream.read().endswith(b"\n\n")
    assert set(threading.enumerate()) <= before


def test_the_end_does_not_wait_for_a_page_that_has_stopped_reading(house: FakeHouse) -> None:
    before = set(threading.enumerate())
    with ExitStack() as peers:
        with PanelServer(house) as server:
            peers.enter_context(open_stream(server))
            wall = "x" * 100_000
            for turn_id in range(150):
                house.visitor_says(turn_id, wall)
            half_said = peers.enter_context(socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0)))
            half_said.sendall(b"POST /command HTTP/1.1\r\nHost: ")
            assert interrupt(server) == 202
            began_s = time.monotonic()
        assert time.monotonic() - began_s < END_S
    assert set(threading.enumerate()) <= before


def test_a_page_ends_when_the_bus_closes(house: FakeHouse) -> None:
    with PanelServer(house) as server, open_stream(server) as stream:
        house.bus.close()
        assert stream.read().endswith(b"\n\n")


def test_a_connection_that_comes_back_as_the_server_ends_is_closed(
    house: FakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Kept:
        closed = False

        def close(self) -> None:
            self.closed = True

    with PanelServer(house) as panel:
        server, kept = panel._server, Kept()

        def ended_meanwhile(_: Kept) -> None:
            monkeypatch.setattr(server, "ready", False)
            raise ValueError("I/O operation on closed epoll object")

        monkeypatch.setattr(server._connections, "put", ended_meanwhile)
        server.put_conn(kept)
        assert kept.closed
        monkeypatch.undo()


def test_a_port_in_use_is_named_with_its_remedy(house: FakeHouse) -> None:
    with PanelServer(house) as first:
        port = urlsplit(first.url).port
        assert port
        with pytest.raises(AddressError, match=f"Port {port} is in use.*--port 0"), PanelServer(house, port=port):
            pass


def test_the_same_port_can_be_taken_again_at_once(house: FakeHouse) -> None:
    with PanelServer(house) as first, open_stream(first):
        port = urlsplit(first.url).port or 0
    with PanelServer(house, port=port) as second:
        assert urlsplit(second.url).port == port
        assert interrupt(second) == 202


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_the_panel_does_not_open_to_the_network(house: FakeHouse, host: str) -> None:
    with pytest.raises(AddressError, match="no lock"), PanelServer(house, host):
        pass


def test_far_too_long_a_text_gets_its_sentence_over_a_real_connection(house: FakeHouse) -> None:
    with PanelServer(house) as server, connection(server) as connected:
        body = json.dumps({"command": "say", "text": "x" * 500_000})
        connected.request("POST", "/command", body, {"Content-Type": "application/json"})
        answer = connected.getresponse()
        assert answer.status == 413
        assert "too long" in json.loads(answer.read())["error"]["en"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Length": "-5"}, b"{}", 400),
        ({"Content-Length": "99999999999"}, b"{}", 413),
        ({"Transfer-Encoding": "chunked"}, b"zz\r\n{}\r\n", 400),
    ],
)
def test_a_broken_request_is_refused_without_a_word_on_the_terminal(
    house: FakeHouse, caplog: pytest.LogCaptureFixture, headers: dict[str, str], body: bytes, status: int
) -> None:
    with PanelServer(house) as server, connection(server) as connected:
        connected.putrequest("POST", "/command")
        for name, value in ({"Content-Type": "application/json"} | headers).items():
            connected.putheader(name, value)
        connected.endheaders()
        connected.send(body)
        assert connected.getresponse().status == status
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert house.commands.empty()

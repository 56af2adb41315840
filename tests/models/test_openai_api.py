"""What goes over the line to a server, and what is told when it goes wrong."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from models import line as line_module
from models.openai_api import JSON, Aborted, Request, Server, ServerAway, json_request
from models.protocols import ModelError
from models.server_settings import ServerSettings
from tests.fakes import certificates
from tests.fakes.line_clock import LineClock
from tests.fakes.openai_server import CHAT, LATEST_S, MODELS, OpenAIServer, Step, Then, as_json, chunk, head, whole

TOKEN = "sk-very-secret"
LISTING = Request("/models")


@pytest.fixture
def there() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def settings(there: OpenAIServer, tmp_path: Path) -> ServerSettings:
    (tmp_path / "token").write_text(TOKEN)
    return ServerSettings(url=there.url, token_file=str(tmp_path / "token"), answer_timeout_s=LATEST_S)


@pytest.fixture
def server(settings: ServerSettings) -> Iterator[Server]:
    server = Server(settings, Path())
    yield server
    server.close()


def told(server: Server, request: Request = LISTING, wanted: str = JSON) -> str:
    """The one sentence with which a request fails."""
    with pytest.raises(ModelError) as caught, server.ask(request, wanted) as answer:
        answer.whole()
    sentence = str(caught.value)
    assert sentence.startswith(server.url)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert TOKEN not in sentence
    return sentence


def test_a_request_carries_the_token_and_nothing_that_is_kept(there: OpenAIServer, server: Server) -> None:
    for _ in range(2):
        with server.ask(json_request("/models", {"a": "é"}), JSON) as answer:
            assert json.loads(answer.whole())["data"]
    assert there.last.headers["Authorization"] == f"Bearer {TOKEN}"
    assert there.last.headers["Host"] == f"127.0.0.1:{there.port}"
    assert there.last.headers["Connection"] == "close"
    assert there.last.content == {"a": "é"}


def test_proxies_of_the_environment_are_not_used(
    there: OpenAIServer, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with server.ask(LISTING, JSON) as answer:
        assert answer.whole()
    assert len(there.asked) == 1


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        (
            as_json({"error": {"message": f"Incorrect key {TOKEN} provided."}}, 401),
            "does not let us in (401 Incorrect key …",
        ),
        (as_json({"detail": "Not Found"}, 404), "url must end in its /v1"),
        (as_json({"error": {"message": "out of\nmemory"}}, 500), "refused (500 out of memory"),
        (whole("text/html", "<h1>Bad Gateway</h1>", 502), "refused (502 with text/html"),
        (as_json({"error": "no"}, 400), "refused (400"),
        (as_json([], 400), "refused (400"),
        (as_json({"error": {"message": "x" * 5000}}, 500), "x…"),
        ([head(JSON, 503, length=100_000), b"x" * 100_000], "refused (503"),
        ([head(JSON, 500, length=100), b"x"], "refused (500"),
        (whole("text/html", "<h1>Welcome</h1>"), "answered with text/html where application/json was asked for"),
        (whole("", "{}"), "something without a type"),
        ([head(JSON, length=100), b"half"], "broke off"),
        ([head(JSON), chunk(b"half"), b"40\r\n"], "broke off"),
        ([head(JSON), b"not a length\r\n"], "broke off or is no HTTP"),
        ([head(JSON), Then.CUT], "broke off"),
        ([], "broke off or is no HTTP (the line was closed)."),
        ([b"SSH-2.0-OpenSSH_9.2\r\n\r\n"], "is no HTTP"),
        ([b"\x15\x03\x01" * 100_000], "is no HTTP"),
        ([b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100_000], "is no HTTP"),
        ([head(JSON, length=2_000_000), b"x" * 2_000_000], "sent more than 1000000 bytes"),
    ],
)
def test_a_bad_answer_is_one_sentence(there: OpenAIServer, server: Server, steps: list[Step], sentence: str) -> None:
    there.answers[MODELS] = steps
    complaint = told(server)
    assert sentence in complaint
    assert len(complaint) < 500


def test_a_redirect_is_not_followed_with_our_token(there: OpenAIServer, server: Server) -> None:
    with OpenAIServer() as elsewhere:
        there.answers[MODELS] = whole("text/plain", "", 307, {"Location": elsewhere.url + "/models"})
        assert f"sends us on to {elsewhere.url}" in told(server)
        assert elsewhere.asked == []


def test_a_server_that_refuses_before_it_has_read_everything_is_understood(there: OpenAIServer, server: Server) -> None:
    there.answers[CHAT] = as_json({"error": {"message": "too large"}}, 413)
    assert "refused (413 too large)" in told(server, Request("/chat/completions", b"x" * 3_000_000))


def test_a_server_that_does_not_answer_is_given_up(there: OpenAIServer, settings: ServerSettings) -> None:
    there.answers[MODELS] = [Then.HANG]
    server = Server(replace(settings, answer_timeout_s=0.05), Path())
    assert "no answer within 0.05 s" in told(server)
    assert there.hung_up.wait(LATEST_S)


def test_a_server_that_sends_a_byte_now_and_then_is_given_up_as_well(
    settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    LineClock(monkeypatch).step_s = 1.0
    with OpenAIServer() as drip:
        drip.answers[MODELS] = [head(JSON, length=1000), b"x" * 1000]
        server = Server(replace(settings, url=drip.url), Path())
        assert "no answer within 20 s" in told(server)


def test_nobody_at_the_port_is_a_server_that_is_away(settings: ServerSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server = Server(replace(settings, url=f"http://127.0.0.1:{port}/v1"), Path())
    with pytest.raises(ServerAway, match=r"no connection \(connection refused\)"), server.ask(LISTING, JSON):
        pass


def test_a_name_that_nobody_knows_is_a_server_that_is_away(
    settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    server = Server(replace(settings, url="http://gpu.company.example/v1"), Path())
    with pytest.raises(ServerAway, match="name or service not known"), server.ask(LISTING, JSON):
        pass


class SlowName:
    """Looking a name up takes until it is `found`; then the connection is made after all."""

    def __init__(self) -> None:
        self.asked, self.found = threading.Event(), threading.Event()
        self._connect = socket.create_connection

    def connect(self, address: tuple[str, int], timeout_s: float) -> socket.socket:
        self.asked.set()
        self.found.wait(LATEST_S)
        return self._connect(address, timeout_s)


@pytest.fixture
def slow_name(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowName]:
    slow = SlowName()
    monkeypatch.setattr(socket, "create_connection", slow.connect)
    yield slow
    slow.found.set()


def test_a_name_that_is_looked_up_for_long_does_not_hold_the_turn_up(
    there: OpenAIServer, settings: ServerSettings, slow_name: SlowName
) -> None:
    server = Server(replace(settings, connect_timeout_s=0.05), Path())
    with pytest.raises(ServerAway, match=r"no connection within 0\.05 s"), server.ask(LISTING, JSON):
        pass
    slow_name.found.set()
    server.close()
    assert [thread.name for thread in threading.enumerate() if thread.name == "connecting"] == []
    assert there.asked == []


def aborted(server: Server, work: Callable[[], object], ready: threading.Event) -> bool:
    """Whether an abort, once `ready`, ends `work` with Aborted."""
    ended: list[bool] = []

    def run() -> None:
        try:
            work()
        except Aborted:
            ended.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(LATEST_S)
    server.abort()
    thread.join(LATEST_S)
    return ended == [True] and not thread.is_alive()


def list_models(server: Server) -> None:
    server.begin()
    with server.ask(LISTING, JSON) as answer:
        answer.whole()


ENDLESS = head(JSON, more={"Transfer-Encoding": ""})
"""Without a length: its content ends when the line does."""


@pytest.mark.parametrize("before", [[], [head(JSON, length=100), b"half"], [ENDLESS, b"half"]])
def test_an_abort_wakes_whoever_waits_for_an_answer(
    there: OpenAIServer, settings: ServerSettings, before: list[Step]
) -> None:
    there.answers[MODELS] = [*before, Then.HANG]
    server = Server(replace(settings, answer_timeout_s=30), Path())
    assert aborted(server, lambda: list_models(server), there.waiting)
    assert there.hung_up.wait(LATEST_S)
    there.answers[MODELS] = as_json({})
    list_models(server)


def test_an_abort_wakes_whoever_waits_for_a_name(settings: ServerSettings, slow_name: SlowName) -> None:
    server = Server(replace(settings, connect_timeout_s=30), Path())
    assert aborted(server, lambda: list_models(server), slow_name.asked)


def test_an_abort_before_the_request_is_not_lost(there: OpenAIServer, server: Server) -> None:
    server.begin()
    server.abort()
    with pytest.raises(Aborted), server.ask(LISTING, JSON):
        pass
    assert there.asked == []


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return certificates.make(tmp_path_factory.mktemp("tls"))


def test_a_certificate_of_the_company_s_own_is_trusted_when_it_is_named(
    company: tuple[Path, ssl.SSLContext], settings: ServerSettings
) -> None:
    certificate, context = company
    with OpenAIServer(context) as there:
        named = replace(settings, url=there.url, ca_file=str(certificate))
        list_models(Server(named, Path()))
        assert there.last.headers["Authorization"]
        stranger = Server(replace(named, ca_file=""), Path())
        assert "its certificate is not trusted (self-signed certificate); name the company's under ca_file" in told(
            stranger
        )
        assert len(there.asked) == 1


def test_a_certificate_for_another_name_is_not_trusted(
    company: tuple[Path, ssl.SSLContext], settings: ServerSettings
) -> None:
    certificate, context = company
    with OpenAIServer(context) as there:
        url = there.url.replace("127.0.0.1", "localhost")
        assert "its certificate is not trusted" in told(
            Server(replace(settings, url=url, ca_file=str(certificate)), Path())
        )


def test_an_abort_wakes_whoever_waits_inside_an_encrypted_line(
    company: tuple[Path, ssl.SSLContext], settings: ServerSettings
) -> None:
    certificate, context = company
    with OpenAIServer(context) as there:
        there.answers[MODELS] = [head(JSON, length=100), b"half", Then.HANG]
        server = Server(replace(settings, url=there.url, ca_file=str(certificate), answer_timeout_s=30), Path())
        assert aborted(server, lambda: list_models(server), there.waiting)


def test_https_to_a_server_without_tls_says_so(there: OpenAIServer, settings: ServerSettings) -> None:
    url = there.url.replace("http://", "https://")
    sentence = told(Server(replace(settings, url=url), Path()))
    assert "no encrypted line" in sentence
    assert sentence.endswith("perhaps it is http:// there, or another port.")


def test_a_server_that_is_silent_at_the_encryption_is_away_and_nothing_is_left_behind(settings: ServerSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/v1"
        server = Server(replace(settings, url=url, connect_timeout_s=0.05), Path())
        assert "no connection within 0.05 s" in told(server)
        server.close()
    assert [thread.name for thread in threading.enumerate() if thread.name == "connecting"] == []


def test_a_name_that_turns_out_to_be_public_gets_nothing_without_tls(
    there: OpenAIServer, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "is_public", lambda host: host == "127.0.0.1")
    assert "public address without TLS; use https://" in told(server)
    assert there.asked == []


def test_nothing_logs_the_token(there: OpenAIServer, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        there.answers[MODELS] = whole("text/plain", TOKEN, 401)
        told(server)
    assert TOKEN not in caplog.text + repr(server) + repr(LISTING)

"""A persona on llama.cpp's own server, on a tiny model of random weights."""

from __future__ import annotations

import importlib.util
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from models.api_persona import ApiLanguageModel
from models.openai_api import JSON, Request, Server
from models.protocols import Message, ModelError, Sampling
from models.server_settings import ServerSettings
from tests.fakes import tiny_gguf

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("uvicorn") is None, reason="llama.cpp's server is not installed (scripts/test does it)"
)

STARTS_WITHIN_S = 100.0
TOKEN = "let-me-in"
CONVERSATION = (
    Message("system", "you are a lamp that remembers every guest"),
    Message("direction", "be gentle"),
    Message("user", "who are you"),
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerSettings]:
    """A server that is up, and how to get into it."""
    folder = tmp_path_factory.mktemp("llama-server")
    model, token = tiny_gguf.make(folder), folder / "token"
    token.write_text(TOKEN)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--model_alias", "lamp"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--api_key", TOKEN, "--n_ctx", "1024", "--n_threads", "1"]
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
    settings = ServerSettings(
        f"http://127.0.0.1:{port}/v1", persona_model="lamp", token_file=str(token), answer_timeout_s=30.0
    )
    try:
        wait_until_up(Server(settings, folder), process, log)
        yield settings
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_up(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    latest_s = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < latest_s and process.poll() is None:
        with suppress(ModelError), server.ask(Request("/models"), JSON):
            return
        time.sleep(0.1)
    pytest.fail(f"llama.cpp's server did not start: {log.read_text()[-2000:]}")


@pytest.fixture
def persona(settings: ServerSettings) -> Iterator[ApiLanguageModel]:
    persona = ApiLanguageModel(settings, Path())
    yield persona
    persona.close()


def test_an_answer_of_llama_cpps_server_comes_piece_by_piece(persona: ApiLanguageModel) -> None:
    pieces = list(persona.stream(CONVERSATION, "en", Sampling(max_tokens=20, seed=7)))
    assert len(pieces) > 5
    assert not set("".join(pieces)) - set("abcdefghijklmnopqrstuvwxyz ")


def test_sampling_reaches_llama_cpps_server(persona: ApiLanguageModel) -> None:
    def said(seed: int) -> str:
        return "".join(persona.stream(CONVERSATION, "en", Sampling(max_tokens=20, seed=seed)))

    first = said(7)
    assert first == said(7)
    assert first != said(8)
    assert len(list(persona.stream(CONVERSATION, "en", Sampling(max_tokens=3, seed=7)))) <= 3


def test_an_answer_of_llama_cpps_server_can_be_interrupted(persona: ApiLanguageModel) -> None:
    long = persona.stream(CONVERSATION, "en", Sampling(max_tokens=900, seed=7))
    assert next(long)
    persona.abort()
    assert len(list(long)) <= 1
    assert list(persona.stream(CONVERSATION, "en", Sampling(max_tokens=5, seed=7)))


def test_llama_cpps_server_lets_nobody_in_without_its_token(settings: ServerSettings) -> None:
    stranger = ApiLanguageModel(ServerSettings(settings.url, persona_model="lamp"), Path())
    with pytest.raises(ModelError, match="does not let us in"):
        list(stranger.stream(CONVERSATION, "en", Sampling(max_tokens=5)))


def test_a_prompt_too_long_for_llama_cpps_server_is_an_answer_that_breaks_off(persona: ApiLanguageModel) -> None:
    with pytest.raises(ModelError, match="the answer broke off"):
        list(persona.stream((Message("user", "lamp " * 1000),), "en", Sampling(max_tokens=5)))

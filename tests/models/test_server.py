"""A show that leans on a server of the company's, from its settings to its first words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.audio import silence, to_pcm16
from models.engine_check import check, check_server, describe
from models.engine_settings import EngineSettings
from models.instant import InstantSettings
from models.load import load
from models.protocols import Engines, Message, ModelError, Sampling
from models.server_settings import FallbackSettings, ServerSettings
from tests.fakes.openai_server import CHAT, EARS, MODELS, SPEECH, OpenAIServer, answer, as_json, sound, whole

BOTH = ("en", "fr")
QUESTION = (Message("user", "Who are you?"),)
NOBODY = "http://127.0.0.1:9/v1"
ALL = EngineSettings(
    "server",
    "server",
    "server",
    instant=InstantSettings(heard="From here?", answer="I am here.", rate_hz=16_000),
    fallback=FallbackSettings("instant", "instant", "instant"),
)


def settings(url: str) -> EngineSettings:
    voices = {"en": "ada", "fr": "ada"}
    server = ServerSettings(url, ears_model="ears", persona_model="words", voice_model="tts", voices=voices)
    return replace(ALL, server=server)


@pytest.fixture
def there() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        server.answers[EARS] = as_json({"text": "From far?", "language": "french"})
        server.answers[CHAT] = answer("I am far.")
        server.answers[SPEECH] = sound(to_pcm16(np.full(24_000, 0.1, np.float32)))
        server.answers[MODELS] = as_json({"data": [{"id": "ears"}, {"id": "words"}, {"id": "tts"}]})
        yield server


def turn(engines: Engines) -> tuple[str, str, float]:
    """What is heard, answered, and for how long it is spoken."""
    heard = engines.transcriber.transcribe(silence(1.0, 16_000), BOTH)
    said = "".join(engines.language_model.stream(QUESTION, heard.language, Sampling()))
    spoken = sum(piece.duration_s for piece in engines.synthesizer.synthesize(said, heard.language))
    return heard.text, said, spoken


def test_a_show_hears_answers_and_speaks_through_the_server(there: OpenAIServer) -> None:
    notices: list[str] = []
    with closing(load(settings(there.url), Path(), BOTH, notice=notices.append)) as engines:
        assert turn(engines) == ("From far?", "I am far.", 1.0)
    assert notices == []


def test_a_house_opens_without_its_server_and_plays_on_this_machine() -> None:
    notices: list[str] = []
    with closing(load(settings(NOBODY), Path(), BOTH, notice=notices.append)) as engines:
        heard, said, spoken = turn(engines)
        assert (heard, said) == ("From here?", "I am here.")
        assert spoken > 1
        assert engines.synthesizer.rate_hz == 24_000
    assert len(notices) == 1
    assert notices[0].startswith("Without the company's server, this machine plays on as ears, persona, voice: http")


def test_a_line_that_drops_in_the_middle_of_an_evening_is_one_notice_and_no_silence(there: OpenAIServer) -> None:
    notices: list[str] = []
    with closing(load(settings(there.url), Path(), BOTH, notice=notices.append)) as engines:
        there.answers[CHAT] = whole("text/html", "<h1>Bad Gateway</h1>", 502)
        assert turn(engines)[:2] == ("From far?", "I am here.")
        assert turn(engines)[:2] == ("From far?", "I am here.")
    assert len(notices) == 1
    assert "this machine plays on as persona" in notices[0]
    assert "502" in notices[0]


def test_only_the_roles_that_are_named_lean_on_the_server(there: OpenAIServer) -> None:
    only = replace(settings(there.url), ears="instant", voice="instant")
    with closing(load(only, Path(), BOTH)) as engines:
        assert turn(engines)[:2] == ("From here?", "I am far.")
    assert {asked.path for asked in there.asked} == {CHAT}


def test_without_the_word_server_nothing_is_connected_to(there: OpenAIServer) -> None:
    unused = replace(settings(there.url), ears="instant", persona="instant", voice="instant")
    load(unused, Path(), BOTH).close()
    assert check_server(unused, Path(), BOTH) is None
    assert there.asked == []


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"url": ""}, "needs a url"),
        ({"url": "", "persona_model": ""}, "needs a url"),
        ({"ears_model": ""}, 'needs ears_model, because ears = "server"'),
        ({"voices": {"en": "ada"}}, 'has no voice for "fr"'),
        ({"token_env": "NOBODY_SET_THIS"}, "holds no token"),
    ],
)
def test_settings_that_lack_something_are_found_before_the_doors_open(wrong: dict[str, Any], complaint: str) -> None:
    lacking = replace(ALL, server=replace(settings(NOBODY).server, **wrong))
    with pytest.raises(ModelError, match=complaint):
        load(lacking, Path(), BOTH)
    found = check_server(lacking, Path(), BOTH)
    assert found is not None
    assert found.state == "unusable"


def test_an_engine_behind_the_server_that_cannot_be_used_is_found_before_the_doors_open(there: OpenAIServer) -> None:
    broken = replace(settings(there.url), fallback=FallbackSettings("instant", "ada.gguf", "instant"))
    with pytest.raises(ModelError, match=r"ada\.gguf: there is no such file"):
        load(broken, Path(), BOTH)
    assert [found.ok for found in check(broken, Path())] == [True, False, True]


def test_a_server_cannot_fall_back_on_a_server() -> None:
    with pytest.raises(ValueError, match="engines of this machine"):
        FallbackSettings(voice="server")


def test_the_panel_shows_where_the_engines_are() -> None:
    names = [engine.name for engine in describe(settings("https://gpu.company.example/v1"))]
    assert names[0].startswith("ears on gpu.company.example, else instant")
    assert {engine.recommended for engine in describe(settings(NOBODY))} == {""}


def test_the_doctor_asks_the_server_once(there: OpenAIServer) -> None:
    found = check_server(settings(there.url), Path(), BOTH)
    assert found is not None
    assert (found.state, found.sentence) == ("ready", f"{there.url}, for ears, persona, voice")
    assert [asked.path for asked in there.asked] == [MODELS]


def test_the_doctor_tells_what_is_wrong_with_the_server(there: OpenAIServer) -> None:
    found = check_server(settings(NOBODY), Path(), BOTH)
    assert found is not None
    assert found.state == "away"
    there.answers[MODELS] = as_json({"data": [{"id": "other"}]})
    found = check_server(settings(there.url), Path(), BOTH)
    assert found is not None
    assert "has no model 'ears'; it lists: other" in found.sentence
    for strange in ({"data": [1]}, {"models": []}, []):
        there.answers[MODELS] = as_json(strange)
        found = check_server(settings(there.url), Path(), BOTH)
        assert found is not None
        assert "other JSON where a list of models" in found.sentence

"""What the house makes of engines that lean on a server of the company's."""

from __future__ import annotations

from pathlib import Path

import pytest

from installation import house
from installation.config import load_show
from installation.events import (
    Event,
    FaultCleared,
    FaultRaised,
    Room,
)
from installation.house import open_house
from models.protocols import ModelError
from tests.fakes import tiny_gguf
from tests.fakes.openai_server import CHAT, OpenAIServer, answer, as_json
from tests.fakes.show_folder import CHARACTER, make_show

LEANING = """
[engines]
ears = "instant"
persona = "server"
voice = "instant"
[engines.fallback]
persona = "{here}"
[engines.server]
url = "{url}"
persona_model = "words"
"""


def test_a_server_that_is_away_stands_on_the_panel_until_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.reach.FIRST_PAUSE_S", 0.0)
    posted: list[Event] = []
    with OpenAIServer() as server:
        server.answers[CHAT] = as_json({"error": {"message": "out of memory"}}, 500)
        show = load_show(make_show(tmp_path / "show", LEANING.format(here="instant", url=server.url)))
        engines = house._engines(show, None, lambda _: None, posted.append)
        assert isinstance(posted[-1], FaultRaised)
        assert posted[-1].room is Room.SERVER
        assert "this machine plays on as persona" in posted[-1].message
        assert "out of memory" in posted[-1].message
        server.answers[CHAT] = answer("I am far.")
        list(engines.language_model.stream((), "en", show.character.sampling))
        assert posted[-1] == FaultCleared(Room.SERVER)
        engines.close()


def test_a_model_behind_the_server_that_the_longest_prompt_does_not_fit_is_refused_before_the_doors_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUFFLEUR_HOME", str(tmp_path / "home"))
    with OpenAIServer() as server:
        server.answers[CHAT] = answer("I am far.")
        long = CHARACTER.replace("You are Ada.", "you are ada " * 100)
        folder = make_show(tmp_path / "show", LEANING.format(here="tiny.gguf", url=server.url), character=long)
        tiny_gguf.make(folder)
        with pytest.raises(ModelError, match="do not fit its context"), open_house(load_show(folder), visitor=False):
            pass

"""The double, asked and answering."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.protocols import ModelError, Sampling
from persona.actor import Actor
from persona.character import Character
from persona.memory import Memory
from persona.prompt import BUDGET_CHARS
from tests.fakes.scripted_model import ScriptedModel

ADA = Character(
    name="Ada Morel",
    description={"en": "You are Ada.", "fr": "Tu es Ada."},
    cover={"en": ("One moment.", "Wait.", "A breath."), "fr": ("Un instant.", "Attendez.")},
    sampling=Sampling(temperature=0.3),
)


def test_the_double_answers_in_sentences_without_its_stage_directions() -> None:
    model = ScriptedModel("Ada: *sm", "iles* Good ev", "ening. I am", " here.")
    actor = Actor(ADA, model)
    assert list(actor.answer(Memory(), "Hello?", "en", "")) == ["Good evening.", "I am here."]
    assert [message.role for message in model.asked] == ["system", "user"]
    assert (model.language, model.sampling) == ("en", Sampling(temperature=0.3))


def test_the_steering_reaches_the_model() -> None:
    model = ScriptedModel("Yes.")
    list(Actor(ADA, model).answer(Memory(), "Hello?", "en", "be gentle"))
    assert [message.text for message in model.asked if message.role == "direction"] == ["be gentle"]


def test_the_first_sentence_comes_before_the_answer_is_written() -> None:
    model = ScriptedModel("Good evening. ", "I ", "am ", "here.")
    answer = Actor(ADA, model).answer(Memory(), "Hello?", "en", "")
    assert (next(answer), model.pulled) == ("Good evening.", 2)


def test_the_first_piece_is_told_before_its_sentence_is_written() -> None:
    model = ScriptedModel("Good ", "evening. ", "I am here.")
    told: list[int] = []
    answer = Actor(ADA, model).answer(Memory(), "Hello?", "en", "", lambda: told.append(model.pulled))
    assert (list(answer), told) == (["Good evening.", "I am here."], [1])


def test_an_interrupted_answer_stops_the_model() -> None:
    model = ScriptedModel("One. ", "Two. ", "Three. ", "Four.")
    answer = Actor(ADA, model).answer(Memory(), "Count.", "en", "")
    next(answer)
    answer.close()
    assert (model.closed_streams, model.pulled) == (1, 2)


def test_an_answer_that_loops_stops_the_model() -> None:
    model = ScriptedModel(*["Again. "] * 1000)
    assert list(Actor(ADA, model).answer(Memory(), "Go on.", "en", "")) == ["Again.", "Again."]
    assert (model.closed_streams, model.pulled < 10) == (1, True)


def test_a_model_that_fails_is_not_hidden() -> None:
    answer = Actor(ADA, ScriptedModel("One. ", "Two.", fails=True)).answer(Memory(), "Count.", "en", "")
    assert next(answer) == "One."
    with pytest.raises(ModelError, match="torn"):
        next(answer)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_check_before_the_doors_open_asks_with_the_longest_prompt(language: str) -> None:
    model = ScriptedModel("Never pulled.")
    Actor(replace(ADA, description={"en": "You are Ada. " * 60, "fr": "Tu es Ada. " * 60}), model).check(language)
    assert BUDGET_CHARS * 0.85 < sum(len(message.text) for message in model.asked) <= BUDGET_CHARS + 100
    assert model.language == language
    assert model.pulled == 0


def test_a_model_that_gives_no_words_is_refused_before_the_doors_open() -> None:
    mute = ScriptedModel("\n", " \x00", "…")
    with pytest.raises(ModelError, match="scripted gives no words: its file is damaged"):
        Actor(ADA, mute).require_words("fr")
    assert mute.language == "fr"
    assert mute.asked[0].text == "Tu es Ada.", "it was asked as the character"


def test_a_model_that_begins_to_speak_is_stopped_at_its_first_word() -> None:
    model = ScriptedModel(" ", "Good", " evening.")
    Actor(ADA, model).require_words("en")
    assert (model.pulled, model.closed_streams) == (2, 1)

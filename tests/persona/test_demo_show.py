"""The show that ships: a newcomer's first minute with it."""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from models.authored import choose, read_lines
from models.protocols import Message
from persona.character import load_character
from persona.guard import guard
from persona.sentences import split

DEMO = Path(__file__).parents[2] / "shows" / "demo"


def tables(file: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((DEMO / file).read_text(encoding="utf-8"))[name]
    return found


LINES = tables("lines.toml", "line")
QUESTIONS = tables("visitor.toml", "question")
ASKED = [pytest.param(question["language"], question["text"], id=question["text"]) for question in QUESTIONS]


def words(text: str) -> set[str]:
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    return set("".join(char if char.isalnum() else " " for char in letters).split())


def answers(language: str, *messages: Message) -> set[str]:
    lines = read_lines(DEMO / "lines.toml")
    return {choose(lines, messages, language, seed).text for seed in range(20)}


def about(text: str) -> set[str]:
    return next(words(" ".join(line["about"])) for line in LINES if line["text"] == text)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_double_has_enough_to_say_in_each_language(language: str) -> None:
    lines = [line for line in LINES if line["language"] == language]
    assert sum(1 for line in lines if line["about"]) >= 60
    assert sum(1 for line in lines if not line["about"]) >= 6
    assert len({line["text"] for line in lines}) == len(lines)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_simulated_visitor_has_eight_questions_in_each_language(language: str) -> None:
    assert len({question["text"] for question in QUESTIONS if question["language"] == language}) == 8


@pytest.mark.parametrize(("language", "question"), ASKED)
def test_every_question_of_the_visitor_finds_a_line_that_speaks_of_it(language: str, question: str) -> None:
    for answer in answers(language, Message("user", question)):
        assert about(answer) & words(question)


@pytest.mark.parametrize(
    ("language", "question", "subject"),
    [
        ("en", "Who are you?", "introduce"),
        ("en", "Tell me about the sea.", "sea"),
        ("en", "Are you a machine?", "machine"),
        ("en", "What do you do with my words?", "record"),
        ("en", "Are you recording me?", "record"),
        ("en", "Good evening!", "hello"),
        ("en", "How are you?", "doing"),
        ("en", "Good night.", "goodbye"),
        ("en", "I don't understand.", "understand"),
        ("en", "You are stupid.", "stupid"),
        ("fr", "Qui êtes-vous ?", "presentez"),
        ("fr", "Parlez-moi de la mer.", "ocean"),
        ("fr", "Vous êtes une machine ?", "machine"),
        ("fr", "Vous m'enregistrez ?", "enregistrer"),
        ("fr", "Que gardez-vous de mes paroles ?", "enregistrer"),
        ("fr", "Bonsoir !", "bonsoir"),
        ("fr", "Comment allez-vous ?", "allez"),
        ("fr", "Bonne nuit.", "revoir"),
        ("fr", "Je ne comprends pas.", "comprendre"),
        ("fr", "Tu es nulle.", "nulle"),
    ],
)
def test_what_everybody_asks_is_answered_and_nothing_else(language: str, question: str, subject: str) -> None:
    for answer in answers(language, Message("user", question)):
        assert subject in about(answer)


@pytest.mark.parametrize(
    ("language", "note", "question", "beginning"),
    [
        ("en", "be gentle", "Tell me about the sea.", "Listen."),
        ("en", "be dry", "Tell me about the sea.", "The sea is overrated"),
        ("fr", "sois douce", "Parlez-moi de la mer.", "Écoutez."),
        ("fr", "be ironic", "Parlez-moi de la mer.", "La mer est surfaite"),
    ],
)
def test_a_performers_note_chooses_the_tone(language: str, note: str, question: str, beginning: str) -> None:
    said = answers(language, Message("direction", note), Message("user", question))
    assert all(answer.startswith(beginning) for answer in said)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["text"][:30])
def test_every_line_is_spoken_whole_and_is_short_enough_to_listen_to(line: dict[str, Any]) -> None:
    spoken = list(guard(split([line["text"]]), "Ada Morel"))
    assert "".join("".join(spoken).split()) == "".join(line["text"].split())
    assert 2 <= len(spoken) <= 7
    assert len(line["text"]) <= 300


def test_the_character_speaks_the_languages_of_the_show() -> None:
    show = tomllib.loads((DEMO / "show.toml").read_text(encoding="utf-8"))["show"]
    assert set(show["languages"]) <= set(load_character(DEMO / "character.toml").languages)

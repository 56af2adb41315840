"""What the language model reads before it answers."""

from __future__ import annotations

from models.protocols import Message
from persona.character import MAX_DESCRIPTION_CHARS, Character
from persona.memory import Exchange, Memory
from persona.prompt import BUDGET_CHARS, Question, build_prompt

ADA = Character(
    name="Ada",
    description={"en": "You are Ada.\n", "fr": "Tu es Ada.\n"},
    cover={"en": ("One moment.", "Wait."), "fr": ("Un instant.", "Attendez.")},
)
NOTHING = Memory()


def prompt(
    memory: Memory, heard: str = "And you?", steering: str = "", language: str = "en", budget: int = 2_000
) -> list[Message]:
    return build_prompt(ADA, memory, Question(heard, language, steering), budget)


def test_the_character_the_past_the_note_and_the_question_come_in_this_order() -> None:
    past = Memory((Exchange("Hello.", "Good evening.", "en"),))
    assert prompt(past, steering="be gentle") == [
        Message("system", "You are Ada."),
        Message("user", "Hello."),
        Message("assistant", "Good evening."),
        Message("direction", "be gentle"),
        Message("user", "And you?"),
    ]


def remembering(*memories: str, heard: str = "And you?", budget: int = 2_000, past: Memory = NOTHING) -> list[Message]:
    question = Question(heard, "en", steering="be gentle", memories=memories)
    return build_prompt(ADA, past, question, budget)


def test_remembered_lines_stand_between_the_past_and_the_note() -> None:
    past = Memory((Exchange("Hello.", "Good evening.", "en"),))
    assert remembering("A lamp was lit.", "It rained.", past=past)[2:] == [
        Message("assistant", "Good evening."),
        Message("memory", "A lamp was lit."),
        Message("memory", "It rained."),
        Message("direction", "be gentle"),
        Message("user", "And you?"),
    ]


def test_remembered_lines_that_do_not_fit_are_left_out_whole_the_last_ones_first() -> None:
    lines = [f"{number} {'lamp ' * 30}".strip() for number in range(20)]
    messages = remembering(*lines, budget=1_000)
    kept = [message.text for message in messages if message.role == "memory"]
    assert 0 < len(kept) < 20
    assert kept == lines[: len(kept)]
    assert sum(len(message.text) for message in messages) <= 1_000


def test_what_was_said_makes_room_for_remembered_lines() -> None:
    past = Memory(tuple(Exchange(f"Question {n}?", f"Answer {n}. " * 5, "en") for n in range(40)))
    messages = remembering("A lamp was lit. " * 10, budget=1_000, past=past)
    assert any(message.role == "memory" for message in messages)
    assert any(message.role == "assistant" for message in messages)
    assert sum(len(message.text) for message in messages) <= 1_000


def test_a_remembered_line_is_one_line_and_an_empty_one_is_none() -> None:
    kept = [message.text for message in remembering("A lamp\n\n was lit.", "  ") if message.role == "memory"]
    assert kept == ["A lamp was lit."]


def test_the_character_speaks_the_language_of_the_question() -> None:
    assert prompt(Memory(), language="fr")[0] == Message("system", "Tu es Ada.")


def test_a_language_that_the_character_does_not_speak_finds_it_in_its_own() -> None:
    assert prompt(Memory(), language="de")[0] == Message("system", "You are Ada.")


def test_an_answer_that_was_interrupted_ends_with_a_dash() -> None:
    past = Memory(
        (Exchange("Hello.", "Good evening, I", "en", cut_off=True), Exchange("Stop.", "", "en", cut_off=True))
    )
    assert [message.text for message in prompt(past) if message.role == "assistant"] == ["Good evening, I —", "—"]


def test_roles_alternate_even_when_the_double_spoke_unasked() -> None:
    past = Memory((Exchange("", "Is anyone there?", "en"), Exchange("Yes.", "Good.", "en"), Exchange("", "Sit.", "en")))
    assert prompt(past)[1:] == [
        Message("user", "…"),
        Message("assistant", "Is anyone there?"),
        Message("user", "Yes."),
        Message("assistant", "Good. Sit."),
        Message("user", "And you?"),
    ]


def test_the_prompt_keeps_to_its_budget_and_to_the_latest_words() -> None:
    past = Memory(tuple(Exchange(f"Question {n}?", f"Answer {n}. " * 5, "en") for n in range(40)))
    messages = prompt(past, budget=1_000)
    assert sum(len(message.text) for message in messages) <= 1_000
    assert messages[0] == Message("system", "You are Ada.")
    assert messages[-3].text == "Question 39?"


def test_of_an_endless_question_the_end_is_kept() -> None:
    messages = prompt(Memory(), heard="well you know " * 500 + "who are you?", budget=400)
    assert messages[-1].text.startswith("… ")
    assert messages[-1].text.endswith("well you know who are you?")
    assert sum(len(message.text) for message in messages) <= 420


def test_the_next_prompt_begins_with_the_last_one() -> None:
    first = prompt(Memory(), heard="Who are you?")
    second = prompt(Memory((Exchange("Who are you?", "Ada.", "en"),)))
    assert second[: len(first)] == first


def test_the_longest_note_beside_the_longest_character_leaves_the_prompt_in_its_budget() -> None:
    ada = Character("Ada", {"en": "a" * MAX_DESCRIPTION_CHARS}, {"en": ("One moment.", "Wait.")})
    past = Memory((Exchange("Hello?" * 50, "Yes. " * 50, "en"),) * 20)
    question = Question("well " * 1_000, "en", steering="n" * 300)
    messages = build_prompt(ada, past, question, BUDGET_CHARS)
    assert sum(len(message.text) for message in messages) <= BUDGET_CHARS + 10
    assert messages[-2].text == "n" * 300

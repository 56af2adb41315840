"""How a conversation of the house becomes one that a chat template takes."""

from __future__ import annotations

from models.chat import fold
from models.protocols import Message


def spoken(*messages: Message, system_role: bool = True) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in fold(messages, system_role)]


SYSTEM, USER = Message("system", "A lamp."), Message("user", "Who are you?")


def test_a_conversation_of_known_roles_stays_as_it_is() -> None:
    answer = Message("assistant", "A lamp.")
    assert spoken(SYSTEM, USER, answer) == [
        ("system", "A lamp."),
        ("user", "Who are you?"),
        ("assistant", "A lamp."),
    ]


def test_a_direction_stands_in_brackets_before_the_next_question() -> None:
    assert spoken(SYSTEM, Message("direction", "be gentle"), USER)[1] == ("user", "[be gentle]\nWho are you?")


def test_a_direction_with_no_question_after_it_is_a_message_of_its_own() -> None:
    assert spoken(SYSTEM, Message("direction", "say goodbye")) == [("system", "A lamp."), ("user", "[say goodbye]")]


def test_remembered_lines_stand_in_quotation_marks_before_the_direction_and_the_question() -> None:
    memories = (Message("memory", "A lamp was lit."), Message("memory", "Une lampe, Inès."))
    assert spoken(SYSTEM, *memories, Message("direction", "be gentle"), USER)[1] == (
        "user",
        "« A lamp was lit. »\n« Une lampe, Inès. »\n[be gentle]\nWho are you?",
    )


def test_remembered_lines_belong_to_the_question_after_them_alone() -> None:
    past = (Message("memory", "A lamp was lit."), USER, Message("assistant", "A lamp."))
    assert spoken(*past, USER)[2] == ("user", "Who are you?")


def test_neighbours_of_one_role_are_joined() -> None:
    assert spoken(USER, Message("user", "Hello?")) == [("user", "Who are you?\nHello?")]


def test_a_direction_between_two_questions_joins_them() -> None:
    assert spoken(USER, Message("direction", "be brief"), USER) == [
        ("user", "Who are you?\n[be brief]\nWho are you?"),
    ]


def test_where_there_is_no_system_role_the_character_stands_before_the_question() -> None:
    assert spoken(SYSTEM, USER, system_role=False) == [("user", "A lamp.\nWho are you?")]

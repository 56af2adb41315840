"""What the pocket persona learns from: conversations drawn from the corpus of the demo's character."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from models.protocols import Message
from persona.language import guess_language
from scripts.pocket.ear_text import is_kept_for_trial
from scripts.pocket.grammar import Corpus
from scripts.pocket.persona_slips import slipped
from scripts.pocket.persona_text import CUT_OFF, DIRECTIONS, LONGEST_TALK, PersonaText

CORPUS = Path("scripts/pocket/corpus")
COUNT = 1_500

SMALL = """
:who = Inès | Basile | Auguste
:day = Monday | Sunday
## lamp
? {What is|Where is|Why is there} {the|a|your|this} {lamp|light|green light}?
= The lamp is green.
=gentle The lamp is green, and yours.
+ It was cheap.
## unknown
? What {is|was|makes} a {whale|volcano|tax|bicycle|jungle}?
= That is not in the letters.
## memory: gifts
~ On a <day>, <who> brought me a hat.
? Who brought you {the|that|your} hat{| then| in the end| after all}?
= It was <who>, on a <day>.
## memory: rain
~ On a <day> it rained on <who>.
? Did it rain{| on you| on the town| on the boats}?
= On <who>, yes.
## letter
@ Dear sister, it rains.
"""


@pytest.fixture(scope="module")
def text() -> PersonaText:
    return PersonaText({language: Corpus(CORPUS / f"{language}.txt") for language in ("en", "fr")}, seed=1)


@pytest.fixture(scope="module")
def conversations(text: PersonaText) -> list[tuple[Message, ...]]:
    return [text.example(number).messages for number in range(COUNT)]


@pytest.fixture
def small(tmp_path: Path) -> PersonaText:
    file = tmp_path / "en.txt"
    file.write_text(SMALL, encoding="utf-8")
    return PersonaText({"en": Corpus(file)}, seed=1)


def with_role(messages: tuple[Message, ...], role: str) -> list[str]:
    return [message.text for message in messages if message.role == role]


def test_an_example_is_the_same_in_every_run(text: PersonaText) -> None:
    again = PersonaText({language: Corpus(CORPUS / f"{language}.txt") for language in ("en", "fr")}, seed=1)
    assert [text.example(number) for number in (0, 7, 900)] == [again.example(number) for number in (0, 7, 900)]
    assert text.example(0) != text.example(1)


def test_every_conversation_ends_with_an_answer_and_fits_the_template(conversations: list[tuple[Message, ...]]) -> None:
    for messages in conversations:
        assert messages[-1].role == "assistant"
        assert not messages[-1].text.endswith(CUT_OFF)
        spoken = [message.role for message in messages if message.role in ("user", "assistant")]
        assert spoken == ["assistant"] or spoken == ["user", "assistant"] * (len(spoken) // 2)
        assert len(spoken) <= 2 * LONGEST_TALK


def test_all_that_the_house_may_hand_over_is_among_the_examples(conversations: list[tuple[Message, ...]]) -> None:
    roles = {message.role for messages in conversations for message in messages}
    assert roles == {"memory", "direction", "user", "assistant"}
    assert any(message.text.endswith(f" {CUT_OFF}") for messages in conversations for message in messages)
    assert {len(with_role(messages, "user")) for messages in conversations} == {0, 1, 2, 3}
    assert {len(with_role(messages, "memory")) for messages in conversations} >= {0, 1, 2, 3}


def test_every_answer_has_its_subject(text: PersonaText, small: PersonaText) -> None:
    for number in range(COUNT):
        talk = text.example(number)
        assert len(talk.subjects) == len(with_role(talk.messages, "assistant"))
        assert set(talk.subjects) <= set(text.subjects)
    subjects = {
        "The lamp is green.": "en/lamp",
        "The lamp is green, and yours.": "en/lamp",
        "It was cheap.": "en/lamp",
        "That is not in the letters.": "en/unknown",
        "Dear sister, it rains.": "en/letter",
    }
    found = set()
    for number in range(COUNT):
        talk = small.example(number)
        for answer, subject in zip(with_role(talk.messages, "assistant"), talk.subjects, strict=True):
            assert subjects.get(answer, subject) == subject
            found.add(answer)
    assert set(subjects) <= found


def test_both_languages_have_their_half(conversations: list[tuple[Message, ...]]) -> None:
    french = sum(guess_language(messages[-1].text, ("en", "fr"), "en") == "fr" for messages in conversations)
    assert 0.4 * COUNT < french < 0.6 * COUNT


def test_the_questions_of_the_trial_are_never_trained_on(tmp_path: Path) -> None:
    file = tmp_path / "en.txt"
    file.write_text(SMALL, encoding="utf-8")
    corpus = Corpus(file)
    lamp = corpus.topics[0]
    rng = random.Random(1)
    asked = {corpus.draw(lamp.questions[0], rng) for _ in range(2_000)}
    kept = {question for question in asked if is_kept_for_trial(question)}
    assert kept
    text = PersonaText({"en": corpus}, seed=1)
    heard = {question for number in range(4_000) for question in with_role(text.example(number).messages, "user")}
    assert asked - kept <= heard
    assert not kept & heard
    # as they are asked in the trial, but for the slips of the recogniser
    assert {text.held_out(number).messages[0].text for number in range(200)} & kept


def test_a_remembered_answer_says_what_its_line_says(small: PersonaText) -> None:
    told = 0
    for number in range(2_000):
        messages = small.example(number).messages
        lines, answer = with_role(messages, "memory"), messages[-1].text
        if ", on a " in answer:
            who, day = answer.removeprefix("It was ").removesuffix(".").split(", on a ")
            assert f"On a {day}, {who} brought me a hat." in lines
            told += 1
    assert told > 100


def test_without_its_line_the_character_does_not_know(small: PersonaText) -> None:
    answers = set()
    for number in range(4_000):
        messages = small.example(number).messages
        question = " ".join(with_role(messages, "user")[-1:])
        if question.startswith("Who brought") and "hat" not in " ".join(with_role(messages, "memory")):
            answers.add(messages[-1].text)
    assert answers == {"That is not in the letters."}


def test_a_gentle_note_gets_a_gentle_answer(small: PersonaText) -> None:
    answers = set()
    for number in range(2_000):
        messages = small.example(number).messages
        if set(with_role(messages, "direction")) & set(DIRECTIONS["gentle"]) and "lamp" in messages[-1].text:
            answers.add(messages[-1].text)
    assert answers == {"The lamp is green, and yours."}


def test_going_on_follows_the_subject(small: PersonaText) -> None:
    talks = (small.example(number).messages for number in range(2_000))
    followed = [messages for messages in talks if messages[-1].text == "It was cheap."]
    assert followed
    assert all(len(with_role(messages, "user")) > 1 for messages in followed)


def test_a_subject_is_asked_for_by_its_names_by_what_one_does_there_and_in_words_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "fr.txt"
    file.write_text(
        """
:frames = Parlez-nous, & ? | Et & ?
:vframes = Ça vous arrive de & ?
## sea
? {La mer|Et la mer} ?
?? Mon père était marin.
& l'océan | les vagues
&v nager | aller à la plage
= Elle est à quarante pas.
""",
        encoding="utf-8",
    )
    corpus, rng = Corpus(file), random.Random(1)
    (sea,) = corpus.topics
    assert sea.remarks == ["Mon père était marin."]
    assert {corpus.draw(corpus.framed(sea, rng), rng) for _ in range(200)} == {
        "Parlez-nous, l'océan ?",
        "Parlez-nous, les vagues ?",
        "Et l'océan ?",
        "Et les vagues ?",
        "Ça vous arrive de nager ?",
        "Ça vous arrive d'aller à la plage ?",
    }


def test_slips_leave_most_questions_as_they_were_and_none_empty() -> None:
    rng = random.Random(1)
    heard = [slipped("Où est la lampe d'Ada ?", "fr", ["pain"], rng) for _ in range(1_000)]
    assert heard.count("Où est la lampe d'Ada ?") > 500
    assert "où est la lampe d'ada" in heard
    assert any("pain" in question for question in heard)
    assert all(slipped("Oui.", "fr", ["pain"], rng).strip() for _ in range(1_000))
    assert all(slipped("…", "en", ["bread"], rng) for _ in range(1_000))

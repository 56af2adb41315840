"""The words of the pocket persona: cut by llama.cpp as in the training, and put together by the template as there."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
from tokenizers import Tokenizer

from models.chat import fold
from models.protocols import Message
from scripts.pocket.grammar import Corpus
from scripts.pocket.persona_text import PersonaText
from scripts.pocket.persona_tokens import ASSISTANT, END, TEMPLATE, USER, encode, make_tokenizer

SYSTEM = Message("system", "You are Ada. " * 300)
TALK = (
    Message("user", "Who are you?"),
    Message("assistant", "A voice —"),
    Message("user", "And the sea?"),
    Message("assistant", "It is forty steps away."),
    Message("memory", "On a Sunday, Basile brought me a lamp."),
    Message("direction", "sois douce"),
    Message("user", "Et l'été ?"),
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    text = PersonaText(
        {language: Corpus(Path("scripts/pocket/corpus") / f"{language}.txt") for language in ("en", "fr")}, seed=1
    )
    drawn = (message.text for number in range(300) for message in text.example(number).messages)
    return make_tokenizer(drawn, text.subjects)


def rendered(*messages: Message, prompt: bool = True) -> str:
    return jinja2.Template(TEMPLATE).render(messages=fold(messages), add_generation_prompt=prompt)


def test_the_training_reads_what_the_template_writes(tokenizer: Tokenizer) -> None:
    tokens, _ = encode(tokenizer, TALK)
    assert tokenizer.encode(rendered(*TALK, prompt=False)).ids == tokens
    assert tokenizer.encode(rendered(*TALK)).ids == [*tokens, tokenizer.token_to_id(ASSISTANT)]


def learned_of(tokenizer: Tokenizer, *messages: Message) -> str:
    tokens, learned = encode(tokenizer, messages, "en/sea")
    kept = [token for token, is_learned in zip(tokens, learned, strict=True) if is_learned]
    return tokenizer.decode(kept, skip_special_tokens=False)


def test_the_last_answer_is_learned_with_its_subject_and_nothing_else(tokenizer: Tokenizer) -> None:
    assert learned_of(tokenizer, *TALK[:4]) == f"<|en/sea|>It is forty steps away.{END}"
    tokens, _ = encode(tokenizer, TALK[:4], "en/sea")
    without = [token for token in tokens if token != tokenizer.token_to_id("<|en/sea|>")]
    assert without == encode(tokenizer, TALK[:4])[0]


def test_of_a_question_alone_its_subject_is_learned(tokenizer: Tokenizer) -> None:
    assert learned_of(tokenizer, *TALK[:3]) == "<|en/sea|>"
    tokens, _ = encode(tokenizer, TALK[:3], "en/sea")
    assert tokens[:-1] == tokenizer.encode(rendered(*TALK[:3])).ids


def test_the_template_leaves_the_system_and_the_old_exchanges_out() -> None:
    long_ago = tuple(message for n in range(30) for message in (Message("user", f"{n}?"), Message("assistant", "Yes.")))
    text = rendered(SYSTEM, *long_ago, *TALK)
    assert "You are Ada" not in text
    assert "29?" not in text
    assert text == (
        f"{USER}Who are you?{ASSISTANT}A voice —{END}{USER}And the sea?{ASSISTANT}It is forty steps away.{END}"
        f"{USER}« On a Sunday, Basile brought me a lamp. »\n[sois douce]\nEt l'été ?{ASSISTANT}"
    )


def test_of_an_endless_question_the_template_writes_the_end() -> None:
    text = rendered(Message("memory", "A lamp."), Message("user", "well " * 2_000 + "who are you?"))
    assert text.startswith(f"{USER}« A lamp. »\n")
    assert text.endswith(f"well who are you?{ASSISTANT}")
    assert len(text) < 400


def test_every_text_can_be_written(tokenizer: Tokenizer) -> None:
    text = "L’été, d'où ? 1 234,5 € 😀 naïve cœur  two  spaces\n\n日本語 …"
    assert tokenizer.decode(tokenizer.encode(text).ids) == text

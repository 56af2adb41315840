"""How much of a prompt llama.cpp really computes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import llama_cpp
import pytest

from models import llama_prefixes
from models.llama import LlamaLanguageModel
from models.llama_loader import LlamaSettings
from models.protocols import Message, Sampling
from tests.fakes import tiny_gguf

ONE = Sampling(max_tokens=1, seed=7)
ENGLISH = Message("system", "you are a lamp that remembers every guest " * 4)
FRENCH = Message("system", "tu es une lampe et tu te souviens de chacun " * 4)
QUESTION = Message("user", "who are you")


class Counted:
    """A tiny model, and how many tokens each of its answers took to compute."""

    def __init__(self, model: LlamaLanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
        self.model = model
        self._tokens = 0
        self._decode = model._llama._ctx.decode
        self.fails_after: int | None = None
        monkeypatch.setattr(model._llama._ctx, "decode", self._count)

    def _count(self, batch: object) -> None:
        if self.fails_after == 0:
            self.model.abort()
        elif self.fails_after is not None:
            self.fails_after -= 1
        self._decode(batch)
        self._tokens += batch.batch.n_tokens  # type: ignore[attr-defined]

    def answer(self, *messages: Message, sampling: Sampling = ONE) -> int:
        before = self._tokens
        list(self.model.stream(messages, "en", sampling))
        return self._tokens - before

    def length(self, *messages: Message) -> int:
        return len(self.model._prompt.tokens(self.model._prompt.text(messages)))


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    model = LlamaLanguageModel(tiny_gguf.make(tmp_path), LlamaSettings(context_tokens=1024, threads=1))
    yield Counted(model, monkeypatch)
    model.close()


def test_only_what_is_new_in_a_conversation_is_computed(counted: Counted) -> None:
    whole = counted.answer(ENGLISH, QUESTION)
    assert whole == counted.length(ENGLISH, QUESTION)
    more = (ENGLISH, QUESTION, Message("assistant", "a lamp"), Message("user", "and where"))
    new = counted.length(*more) - whole
    assert counted.answer(*more) <= new
    assert new < counted.length(ENGLISH)


def test_the_beginning_is_kept_when_the_conversation_goes_on_otherwise(counted: Counted) -> None:
    counted.answer(ENGLISH, QUESTION, Message("assistant", "a lamp"), Message("user", "and where"))
    another = (ENGLISH, Message("user", "tell me of the sea"))
    assert counted.answer(*another) <= counted.length(*another) - counted.length(ENGLISH) + 20


def test_what_was_computed_before_an_interruption_is_kept(counted: Counted) -> None:
    counted.answer(ENGLISH, QUESTION, sampling=Sampling(max_tokens=5, seed=7))
    counted.fails_after = 0
    assert counted.answer(ENGLISH, QUESTION, Message("assistant", "a lamp"), Message("user", "and where")) <= 1
    counted.fails_after = None
    assert counted.answer(ENGLISH, QUESTION) <= 2


def test_a_prompt_that_was_interrupted_goes_on_after_its_last_whole_batch(counted: Counted) -> None:
    long = (Message("system", "lamp " * 180), QUESTION)
    counted.fails_after = 1
    assert counted.answer(*long) == 512
    counted.fails_after = None
    assert counted.answer(*long) == counted.length(*long) - 512


def test_a_turn_in_another_language_costs_only_itself(counted: Counted) -> None:
    assert counted.answer(ENGLISH, QUESTION) == counted.length(ENGLISH, QUESTION)
    assert counted.answer(FRENCH, QUESTION) >= counted.length(FRENCH)
    assert [counted.answer(head, QUESTION) for head in (ENGLISH, FRENCH, ENGLISH)] == [1, 1, 1]


def test_of_a_prompt_too_large_to_be_put_away_the_beginning_is(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted.answer(ENGLISH, QUESTION)
    whole_bytes = llama_cpp.llama_state_seq_get_size(counted.model._llama.ctx, 0)
    monkeypatch.setattr(llama_prefixes, "LARGEST_BYTES", whole_bytes // 2)
    counted.answer(FRENCH, QUESTION)
    kept = counted.model._prefixes._kept
    assert kept is not None
    assert 0.4 * whole_bytes < len(kept.state) <= 0.5 * whole_bytes
    length = counted.length(ENGLISH, QUESTION)
    assert counted.answer(ENGLISH, QUESTION) == pytest.approx(0.5 * length, abs=0.1 * length)


def test_an_answer_after_half_of_its_prompt_was_put_away_is_the_same_as_ever(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    ten = Sampling(max_tokens=10, seed=7)
    first = "".join(counted.model.stream((ENGLISH, QUESTION), "en", ten))
    half_bytes = llama_cpp.llama_state_seq_get_size(counted.model._llama.ctx, 0) // 2
    monkeypatch.setattr(llama_prefixes, "LARGEST_BYTES", half_bytes)
    counted.answer(FRENCH, QUESTION)
    assert "".join(counted.model.stream((ENGLISH, QUESTION), "en", ten)) == first


def test_nothing_is_put_away_of_which_hardly_a_beginning_fits(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llama_prefixes, "LARGEST_BYTES", 1000)
    counted.answer(ENGLISH, QUESTION)
    counted.answer(FRENCH, QUESTION)
    assert counted.model._prefixes._kept is None
    assert counted.answer(ENGLISH, QUESTION) > counted.length(ENGLISH, QUESTION) - 10


def test_an_interrupted_turn_in_another_language_costs_only_itself(counted: Counted) -> None:
    counted.answer(ENGLISH, QUESTION)
    counted.fails_after = 0
    counted.answer(FRENCH, QUESTION)
    counted.fails_after = None
    assert counted.answer(ENGLISH, QUESTION) <= 2


def test_an_answer_after_a_turn_in_another_language_is_the_same_as_ever(counted: Counted) -> None:
    ten = Sampling(max_tokens=10, seed=7)
    model = counted.model
    first, _, again = ("".join(model.stream((head, QUESTION), "en", ten)) for head in (ENGLISH, FRENCH, ENGLISH))
    assert first == again

"""How likely a model finds a given text, against the plain way to compute it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import llama_cpp
import numpy as np
import pytest

from models.llama import LlamaLanguageModel
from models.llama_loader import LlamaSettings
from models.protocols import Message, ModelError, Sampling, Scorer
from tests.fakes import tiny_gguf

CONVERSATION = (Message("system", "you are a lamp that remembers every guest"), Message("user", "who are you"))
TEXT = "a lamp and nothing but a lamp of the old house by the sea where nobody sleeps before the last guest has left"


@pytest.fixture
def model(tmp_path: Path) -> Iterator[LlamaLanguageModel]:
    model = LlamaLanguageModel(tiny_gguf.make(tmp_path), LlamaSettings(context_tokens=1024, threads=1))
    yield model
    model.close()


def token_by_token(file: str, prompt: list[int], text: list[int]) -> list[float]:
    """Every token computed alone, on a model of its own that keeps every logit."""
    llama = llama_cpp.Llama(file, n_ctx=1024, n_threads=1, logits_all=True, verbose=False)
    llama.eval(prompt)
    result = []
    for token in text:
        logits = llama.scores[llama.n_tokens - 1].astype(np.float64)
        result.append(float(logits[token] - np.logaddexp.reduce(logits)))
        llama.eval([token])
    llama.close()
    return result


def test_each_token_is_as_likely_as_when_it_is_computed_alone(model: LlamaLanguageModel) -> None:
    scored = model.log_probabilities(CONVERSATION, TEXT)
    prompt = model._prompt.tokens(model._prompt.text(CONVERSATION))
    text = model._prompt.tokens(model._prompt.text(CONVERSATION) + TEXT)[len(prompt) :]
    assert len(text) > 64, "more than is computed at once"
    plain = token_by_token(model._llama.model_path, prompt, text)
    assert [token.log_probability for token in scored] == pytest.approx(plain, abs=2e-2)
    assert "".join(token.text for token in scored).strip() == TEXT
    assert all(token.log_probability < 0 for token in scored)


def test_what_the_model_says_itself_is_likelier_than_other_letters(model: LlamaLanguageModel) -> None:
    assert isinstance(model, Scorer)
    own = "".join(model.stream(CONVERSATION, "en", Sampling(max_tokens=10, temperature=0.0, repeat_penalty=1.0)))
    own_sum, other_sum = (
        sum(token.log_probability for token in model.log_probabilities(CONVERSATION, text)) for text in (own, own[::-1])
    )
    assert own_sum > other_sum


def test_a_score_does_not_depend_on_what_was_computed_before(model: LlamaLanguageModel) -> None:
    first = [token.log_probability for token in model.log_probabilities(CONVERSATION, TEXT)]
    list(model.stream((*CONVERSATION, Message("assistant", "a lamp"), CONVERSATION[1]), "en", Sampling(max_tokens=9)))
    again = [token.log_probability for token in model.log_probabilities(CONVERSATION, TEXT)]
    once_more = [token.log_probability for token in model.log_probabilities(CONVERSATION, TEXT)]
    assert first == pytest.approx(again, abs=2e-2)
    assert first == pytest.approx(once_more, abs=2e-2)


def test_an_answer_is_the_same_after_a_text_was_scored(model: LlamaLanguageModel) -> None:
    ten = Sampling(max_tokens=10, seed=7)
    before = "".join(model.stream(CONVERSATION, "en", ten))
    model.log_probabilities(CONVERSATION, TEXT)
    model.log_probabilities(CONVERSATION, "")
    assert "".join(model.stream(CONVERSATION, "en", ten)) == before


def test_a_text_without_letters_has_no_tokens(model: LlamaLanguageModel) -> None:
    assert model.log_probabilities(CONVERSATION, "") == ()


def test_control_tokens_in_a_text_are_not_read_as_such(model: LlamaLanguageModel) -> None:
    scored = "".join(token.text for token in model.log_probabilities(CONVERSATION, "a<|end|>b"))
    assert scored.split() == ["a", "b"]


def test_a_text_that_does_not_fit_the_context_is_refused(model: LlamaLanguageModel) -> None:
    with pytest.raises(ModelError, match="do not fit its context of 1024"):
        model.log_probabilities(CONVERSATION, "lamp " * 300)


def test_an_aborted_score_is_no_score(model: LlamaLanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    decode = model._llama._ctx.decode

    def interrupted(batch: object) -> None:
        model.abort()
        decode(batch)

    with monkeypatch.context() as patched:
        patched.setattr(model._llama._ctx, "decode", interrupted)
        with pytest.raises(ModelError, match="was stopped before it had scored the text"):
            model.log_probabilities(CONVERSATION, TEXT)
    assert len(model.log_probabilities(CONVERSATION, TEXT)) > 64

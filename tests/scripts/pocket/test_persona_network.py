"""The network of the pocket persona: what is trained is what llama.cpp runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.llama import LlamaLanguageModel
from models.llama_loader import LlamaSettings
from models.protocols import Message, Sampling
from scripts.pocket.persona_text import Talk
from scripts.pocket.persona_tokens import ASSISTANT, END, FIRST_SUBJECT, encode, make_tokenizer

torch = pytest.importorskip("torch")

from scripts.pocket import checkpoint  # noqa: E402
from scripts.pocket.muon import Muon, levelled  # noqa: E402
from scripts.pocket.persona_batches import Coder, batch  # noqa: E402
from scripts.pocket.persona_export import export  # noqa: E402
from scripts.pocket.persona_network import IGNORED, NetworkSettings, Persona  # noqa: E402

pytestmark = pytest.mark.training

WORDS = ("What is the sea like?", "The sea is forty steps away.", "D'où vient l'été ?", "L'été vient de la mer.")
TALK = (
    Message("user", WORDS[0]),
    Message("assistant", WORDS[1]),
    Message("memory", "The lamp was green."),
    Message("direction", "sois douce"),
    Message("user", WORDS[2]),
)
SUBJECTS = ("en/lamp", "en/sea", "fr/été")
TEXTS = (
    "L’été d'où qu'il n'y a 1234,5 € 😀👩‍👩‍👧 naïve cœur  two  spaces\n\nnew\tline",
    "I'll don't l'Re 'S ÇA «  x  » 日本語 … — e\u0301",
    "   ",
    " a",
    "a ",
    "\n",
    "\r\n x",
    "\u00a0x\u202f!",
    "__x__ $%^ ́",
    "<|end|>",
)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return make_tokenizer(WORDS * 20, SUBJECTS)


@pytest.fixture(scope="module")
def persona(tokenizer: Any) -> Any:
    torch.manual_seed(1)
    persona = Persona(
        NetworkSettings(tokenizer.get_vocab_size(), width=64, layers=2, heads=2, feed_forward=96, subjects=3)
    )
    with torch.no_grad():
        for weights in persona.parameters():
            weights.mul_(4 if weights.dim() > 1 else 1)  # scores that differ
    return persona.eval()


@pytest.fixture(scope="module")
def model(persona: Any, tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaLanguageModel]:
    path = tmp_path_factory.mktemp("persona") / "ada.gguf"
    export(persona, tokenizer, path)
    model = LlamaLanguageModel(path, LlamaSettings(threads=1))
    yield model
    model.close()


@pytest.mark.parametrize("text", TEXTS)
def test_llama_cpp_cuts_a_text_into_the_pieces_of_the_training(
    model: LlamaLanguageModel, tokenizer: Any, text: str
) -> None:
    special = text == END
    cut = model._llama.tokenize(text.encode(), add_bos=False, special=special)
    assert list(cut) == tokenizer.encode(text).ids


def test_llama_cpp_scores_an_answer_as_the_training_does(
    model: LlamaLanguageModel, persona: Any, tokenizer: Any
) -> None:
    prompt, _ = encode(tokenizer, TALK)
    prompt.append(tokenizer.token_to_id(ASSISTANT))
    answer = tokenizer.encode(WORDS[3]).ids
    with torch.no_grad():
        scores = torch.log_softmax(persona(torch.tensor([prompt + answer]))[0], dim=-1)
    expected = [float(scores[len(prompt) - 1 + n, token]) for n, token in enumerate(answer)]
    told = [one.log_probability for one in model.log_probabilities(TALK, WORDS[3])]
    assert max(expected) - min(expected) > 0.3
    assert told == pytest.approx(expected, abs=0.05)


def test_the_house_gets_an_answer_however_long_the_talk_was(model: LlamaLanguageModel) -> None:
    long_ago = (Message("system", "You are Ada. " * 200), *TALK[:2] * 40, Message("user", "日本語" * 500))
    assert "".join(model.stream(long_ago, "fr", Sampling(max_tokens=10, seed=1)))


def test_only_last_answers_and_their_subjects_count_in_the_loss(tokenizer: Any) -> None:
    coder = Coder(tokenizer)
    short, long = Talk(TALK[:2], ("en/sea",)), Talk((*TALK, Message("assistant", WORDS[3])), ("en/sea", "fr/été"))
    given, wanted = batch([coder.row(short), coder.row(long)])
    first, second = ([*tokenizer.encode(words).ids, tokenizer.token_to_id(END)] for words in (WORDS[1], WORDS[3]))
    assert wanted[wanted != IGNORED].tolist() == [FIRST_SUBJECT + 1, *first, FIRST_SUBJECT + 2, *second]
    named = (wanted == FIRST_SUBJECT + 1) | (wanted == FIRST_SUBJECT + 2)
    assert set(given[named].tolist()) == {tokenizer.token_to_id(ASSISTANT)}


def test_a_subject_is_named_and_never_spoken(persona: Any, tokenizer: Any, tmp_path: Path) -> None:
    path = tmp_path / "ada.gguf"
    export(persona, tokenizer, path)
    model = LlamaLanguageModel(path, LlamaSettings(threads=1))
    named = [tokenizer.token_to_id(f"<|{subject}|>") for subject in SUBJECTS]
    assert model._llama.detokenize([*named, *tokenizer.encode("The sea").ids]) == b"The sea"
    model.close()


def test_the_padding_behind_a_short_talk_changes_nothing(persona: Any, tokenizer: Any) -> None:
    coder = Coder(tokenizer)
    short, long = (coder.row(Talk(messages, ("en/sea",))) for messages in (TALK[:2], (*TALK[2:], TALK[1])))
    with torch.no_grad():
        together = [loss.item() for loss in persona.loss(*batch([short, long]))]
        alone = [[loss.item() for loss in persona.loss(*batch([row]))] for row in (short, long)]
    assert together == pytest.approx([sum(losses) / 2 for losses in zip(*alone, strict=True)], rel=1e-4)


def test_muon_levels_what_a_gradient_does_in_every_direction() -> None:
    torch.manual_seed(1)
    for shape in ((64, 96), (96, 64)):
        matrix = torch.randn(shape) @ torch.diag(torch.logspace(0, -1.5, shape[1]))
        values = torch.linalg.svdvals(levelled(matrix))
        assert float(values.min()) > 0.5
        assert float(values.max()) < 1.4


def test_muon_learns_and_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    torch.manual_seed(1)
    wanted = torch.randn(16, 16)

    def trained(matrix: Any, steps: int, state: dict[str, Any] | None = None) -> dict[str, Any]:
        optimizer = Muon([matrix], lr=0.15, weight_decay=0.0)
        if state is not None:
            optimizer.load_state_dict(state)
        for _ in range(steps):
            optimizer.zero_grad()
            ((matrix - wanted) ** 2).sum().backward()
            optimizer.step()
        return optimizer.state_dict()

    whole, parts = torch.zeros(16, 16, requires_grad=True), torch.zeros(16, 16, requires_grad=True)
    trained(whole, 60)
    checkpoint.save(tmp_path, {"step": 30, "optimizer": trained(parts, 30), "matrix": parts.detach()}, [])
    state, _ = checkpoint.load(tmp_path)
    assert state is not None
    again = state["matrix"].requires_grad_()
    trained(again, 30, state["optimizer"])
    assert np.allclose(again.detach(), whole.detach(), atol=1e-6)
    assert ((whole - wanted) ** 2).sum().item() < 0.2 * (wanted**2).sum().item()

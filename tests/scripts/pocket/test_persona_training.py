"""The training of the pocket persona, interrupted and resumed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from scripts.pocket.grammar import Corpus
from scripts.pocket.persona_text import PersonaText
from scripts.pocket.persona_tokens import make_tokenizer

torch = pytest.importorskip("torch")
pytest.importorskip("matplotlib")

from scripts.pocket import checkpoint  # noqa: E402
from scripts.pocket.persona_batches import GROUP, BatchSettings  # noqa: E402
from scripts.pocket.persona_network import NetworkSettings, Persona  # noqa: E402
from scripts.pocket.persona_training import Training, rate  # noqa: E402

pytestmark = pytest.mark.training

SMALL = """
## lamp
? {What is|Where is|Why is there} {the|a|your|this} {lamp|light|green light}?
= The lamp is green.
## unknown
? What {is|was|makes} a {whale|volcano|tax|bicycle|jungle}?
= That is not in the letters.
## memory: gifts
~ Basile brought me a hat.
? Who brought you {the|that|your} hat{| then| in the end| after all}?
= It was Basile.
## memory: rain
~ On that day it rained.
? Did it rain{| on you| on the town| on the boats}?
= Yes.
## letter
@ Dear sister, it rains.
"""
STEPS = 3 * GROUP


def weights_after(corpus: Corpus, folder: Path, *minutes: float) -> Any:
    """The weights after one training, or after several that go on with each other."""
    folder.mkdir()
    text = PersonaText({"en": corpus}, seed=1)
    drawn = (message.text for number in range(200) for message in text.example(number).messages)
    tokenizer = make_tokenizer(drawn, text.subjects)
    for time_s in minutes:
        torch.manual_seed(1)
        shape = NetworkSettings(
            tokenizer.get_vocab_size(), 32, layers=1, heads=2, feed_forward=32, subjects=len(text.subjects)
        )
        persona = Persona(shape)
        finished = Training(persona, text, tokenizer, BatchSettings(seed=1, size=2, steps=STEPS)).run(folder, time_s)
        assert finished == (time_s == math.inf)
    return persona.state_dict()


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    file = tmp_path / "en.txt"
    file.write_text(SMALL, encoding="utf-8")
    return Corpus(file)


def test_an_interrupted_training_ends_where_the_other_does(corpus: Corpus, tmp_path: Path) -> None:
    whole = weights_after(corpus, tmp_path / "whole", math.inf)
    parts = weights_after(corpus, tmp_path / "parts", 1e-9, 1e-9, math.inf)
    assert all(torch.allclose(whole[name], parts[name], atol=1e-5) for name in whole)


def test_the_record_of_a_training_says_how_it_went(corpus: Corpus, tmp_path: Path) -> None:
    weights_after(corpus, tmp_path / "whole", math.inf)
    state, losses = checkpoint.load(tmp_path / "whole")
    assert state is not None
    assert state["step"] == STEPS
    assert [loss["step"] for loss in losses] == [20, 40, STEPS]
    assert losses[-1]["answers"] < losses[0]["answers"]
    assert losses[-1]["held out"] < losses[0]["answers"]
    assert losses[-1]["subjects held out"] < losses[0]["subjects"]
    assert (tmp_path / "whole" / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [rate(step, 1_000) for step in range(1_001)]
    assert rates[0] < 0.1
    assert rates[100] > 0.8
    assert 0.15 < rates[800] < 0.6
    assert rates[1_000] < 0.02

"""Trains the pocket persona from nothing, writes it to models/pocket/persona and tries it; see `--help`."""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import torch
from tokenizers import Tokenizer

from scripts.pocket import checkpoint, loss_curve
from scripts.pocket.grammar import Corpus
from scripts.pocket.model_card import write_card
from scripts.pocket.persona_batches import BatchSettings
from scripts.pocket.persona_export import export
from scripts.pocket.persona_network import NetworkSettings, Persona
from scripts.pocket.persona_text import PersonaText
from scripts.pocket.persona_tokens import make_tokenizer
from scripts.pocket.persona_training import LOSSES, RATES, Training

ROOT = Path(__file__).resolve().parents[1]
WORKSHOP = ROOT / "var" / "pocket" / "persona"
PRODUCT = ROOT / "models" / "pocket" / "persona"
LANGUAGES = ("en", "fr")
_SAMPLES = 40_000
"""Conversations from which the vocabulary is made."""


def main() -> None:
    """Train, or go on training, then export and try."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=5_440, help="of the whole training (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=24, help="conversations a step (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="of the processor; 0: all")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long; the next start goes on")
    parser.add_argument("--only-export", action="store_true", help="write what the last checkpoint holds")
    parser.add_argument("--house", help="Python that has what the house needs: tries the persona when it is done")
    chosen = parser.parse_args()
    WORKSHOP.mkdir(parents=True, exist_ok=True)
    PRODUCT.mkdir(parents=True, exist_ok=True)
    torch.set_flush_denormal(True)
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    corpus = ROOT / "scripts" / "pocket" / "corpus"
    text = PersonaText({language: Corpus(corpus / f"{language}.txt") for language in LANGUAGES}, chosen.seed)
    tokenizer = _vocabulary(text)
    torch.manual_seed(chosen.seed)
    persona = Persona(NetworkSettings(tokenizer.get_vocab_size(), subjects=len(text.subjects)))
    settings = BatchSettings(chosen.seed, chosen.batch, chosen.steps)
    training = Training(persona, text, tokenizer, settings)
    finished = training.run(WORKSHOP, 0.0 if chosen.only_export else chosen.minutes * 60)
    if finished or chosen.only_export:
        _finish(persona.cpu(), tokenizer, settings)
        if chosen.house:  # llama.cpp is no part of the environment for trainings
            subprocess.run([chosen.house, "-m", "scripts.pocket.persona_trial"], cwd=ROOT, check=True)


def _vocabulary(text: PersonaText) -> Tokenizer:
    """The pieces of words, made at the first start."""
    path = WORKSHOP / "tokenizer.json"
    if not path.exists():
        drawn = (message.text for n in range(_SAMPLES) for message in text.example(n).messages)
        make_tokenizer(drawn, text.subjects).save(str(path))
    return Tokenizer.from_file(str(path))


def _finish(persona: Persona, tokenizer: Tokenizer, settings: BatchSettings) -> None:
    export(persona, tokenizer, PRODUCT / "ada.gguf")
    _, losses = checkpoint.load(WORKSHOP)
    loss_curve.draw(losses, LOSSES, "Pocket persona", PRODUCT / "loss.png")
    write_card("persona", PRODUCT, {**asdict(settings), **asdict(persona.settings), **RATES}, losses, {})


if __name__ == "__main__":
    sys.exit(main())

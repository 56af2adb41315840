"""Trains the pocket ears from nothing, tries them, and writes them to models/pocket/whisper; see `--help`."""

from __future__ import annotations

import argparse
import itertools
import math
import random
import sys
from dataclasses import asdict
from pathlib import Path

import torch
from tokenizers import Tokenizer

from scripts.pocket import checkpoint, loss_curve
from scripts.pocket.ear_batches import BatchSettings
from scripts.pocket.ear_examples import Studio
from scripts.pocket.ear_export import export
from scripts.pocket.ear_network import Ears, NetworkSettings
from scripts.pocket.ear_text import EarText
from scripts.pocket.ear_tokens import END, LANGUAGES, START, make_tokenizer
from scripts.pocket.ear_training import LOSSES, RATES, Training
from scripts.pocket.ear_trial import try_out
from scripts.pocket.grammar import Corpus
from scripts.pocket.model_card import write_card

ROOT = Path(__file__).resolve().parents[1]
WORKSHOP = ROOT / "var" / "pocket" / "whisper"
PRODUCT = ROOT / "models" / "pocket" / "whisper"


def main() -> None:
    """Train, or go on training, then export and try."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=6_000, help="of the whole training (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=32, help="utterances a step (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="of the processor; 0: all")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long; the next start goes on")
    parser.add_argument("--trial", type=int, default=150, help="sentences of each language in the trial")
    parser.add_argument("--only-trial", action="store_true", help="export and try what the last checkpoint holds")
    chosen = parser.parse_args()
    WORKSHOP.mkdir(parents=True, exist_ok=True)
    torch.set_flush_denormal(True)  # sounds that end in zeros would cost ten times as much
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    texts = tuple(EarText(name, Corpus(_corpus(name)), ROOT / "shows" / "demo") for name in LANGUAGES)
    tokenizer, phonemes = _vocabulary(texts, chosen.seed)
    number = tokenizer.token_to_id
    torch.manual_seed(chosen.seed)
    ears = Ears(NetworkSettings(tokenizer.get_vocab_size(), number(END), number(START), len(phonemes)))
    settings = BatchSettings(chosen.seed, chosen.batch, chosen.steps)
    training = Training(ears, texts, tokenizer, phonemes, settings)
    finished = training.run(WORKSHOP, 0.0 if chosen.only_trial else chosen.minutes * 60)
    if finished or chosen.only_trial:
        _finish(ears.cpu(), texts, tokenizer, settings, chosen.trial)


def _corpus(language: str) -> Path:
    return ROOT / "scripts" / "pocket" / "corpus" / f"{language}.txt"


def _vocabulary(texts: tuple[EarText, ...], seed: int) -> tuple[Tokenizer, str]:
    """The pieces of words and the signs of sounds, made at the first start."""
    pieces, sounds = WORKSHOP / "tokenizer.json", WORKSHOP / "phonemes.txt"
    if not sounds.exists():
        rng, studio = random.Random(seed), Studio(texts, seed)
        make_tokenizer([text.draw(rng) for text in texts for _ in range(20_000)]).save(str(pieces))
        heard = {sign for number in range(600) for sign in studio.example(number).phonemes}
        sounds.write_text("".join(sorted(sign for sign in heard if sign not in " \nˈˌ-_|")), encoding="utf-8")
    return Tokenizer.from_file(str(pieces)), sounds.read_text(encoding="utf-8")


def _finish(
    ears: Ears, texts: tuple[EarText, ...], tokenizer: Tokenizer, settings: BatchSettings, sentences: int
) -> None:
    ears.eval()
    export(ears, tokenizer, PRODUCT)
    trial = try_out(PRODUCT, texts, sentences)
    for said, heard in itertools.islice(trial.mistakes, 12):
        print(f"  said  {said}\n  heard {heard}")
    print(f"word error rate {trial.word_error_rate}, language right {trial.language_right}")
    print(f"rooms without speech in which something was understood: {trial.rooms_with_text} of {trial.rooms}")
    _, losses = checkpoint.load(WORKSHOP)
    loss_curve.draw(losses, LOSSES, "Pocket Whisper", PRODUCT / "loss.png")
    write_card("whisper", PRODUCT, {**asdict(settings), **RATES}, losses, asdict(trial))


if __name__ == "__main__":
    sys.exit(main())

"""Trains the pocket ears from nothing, tries them, and writes them to models/pocket/whisper; see `--help`."""

from __future__ import annotations

import argparse
import itertools
import math
import random
import sys
import time
from dataclasses import asdict
from pathlib import Path

import torch
from tokenizers import Tokenizer

from scripts.pocket import checkpoint, loss_curve
from scripts.pocket.ear_batches import GROUP, BatchSettings, EarBatches
from scripts.pocket.ear_examples import Studio
from scripts.pocket.ear_export import export
from scripts.pocket.ear_network import Ears
from scripts.pocket.ear_text import EarText
from scripts.pocket.ear_tokens import END, LANGUAGES, START, make_tokenizer
from scripts.pocket.ear_trial import try_out
from scripts.pocket.grammar import Corpus
from scripts.pocket.loader import loader
from scripts.pocket.model_card import write_card
from scripts.pocket.muon import Muon

ROOT = Path(__file__).resolve().parents[1]
WORKSHOP = ROOT / "var" / "pocket" / "whisper"
PRODUCT = ROOT / "models" / "pocket" / "whisper"
RATES = {"muon_rate": 2e-3, "adam_rate": 1e-3, "decay": 0.01, "warm_up_steps": 80}
"""Of the two optimisers; the card names them."""
_LOWEST = 0.01
LOSSES = ("text", "sounds", "places")
_NOTED_EVERY = 20


def main() -> None:
    """Train, or go on training, then export and try."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3_200, help="of the whole training (default: %(default)s)")
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
    ears = Ears(tokenizer.get_vocab_size(), number(END), number(START), len(phonemes))
    settings = BatchSettings(chosen.seed, chosen.batch, chosen.steps)
    finished = _train(ears, texts, tokenizer, phonemes, settings, 0.0 if chosen.only_trial else chosen.minutes * 60)
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


def _train(
    ears: Ears, texts: tuple[EarText, ...], tokenizer: Tokenizer, phonemes: str, settings: BatchSettings, time_s: float
) -> bool:
    """Whether the training has come to its end."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    ears.to(device)
    optimizers = _optimizers(ears)
    state, losses = checkpoint.load(WORKSHOP)
    step = 0
    if state is not None:
        ears.load_state_dict(state["ears"])
        for optimizer, kept in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        step = state["step"]
    batches = EarBatches(texts, tokenizer, phonemes, settings, step // GROUP)
    ears.train()
    started, seconds_of_training = time.monotonic(), losses[-1]["seconds"] if losses else 0.0
    for group in loader(batches) if time_s > 0 else ():
        for batch in group:
            loss, parts = ears.loss({name: tensor.to(device) for name, tensor in batch.items()})
            ears.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(ears.parameters(), 1.0)
            for optimizer in optimizers:
                optimizer.param_groups[0]["lr"] = optimizer.defaults["lr"] * _rate(step, settings.steps)
                optimizer.step()
            step += 1
            if step % _NOTED_EVERY == 0:
                seconds = seconds_of_training + time.monotonic() - started
                losses.append({"step": step, **parts, "seconds": seconds})
                told = ", ".join(f"{name} {parts[name]:.3f}" for name in LOSSES)
                print(f"step {step}: {told}, {seconds:.0f} s", flush=True)
        if step // GROUP % 12 == 0 or step >= settings.steps or time.monotonic() - started > time_s:
            kept = [optimizer.state_dict() for optimizer in optimizers]
            checkpoint.save(WORKSHOP, {"ears": ears.state_dict(), "optimizers": kept, "step": step}, losses)
            loss_curve.draw(losses, LOSSES, "Pocket Whisper", WORKSHOP / "loss.png")
        if time.monotonic() - started > time_s:
            break
    return step >= settings.steps


def _rate(step: int, steps: int) -> float:
    """Share of the highest rate: up in a line, and down in a line over the last two thirds."""
    return max(_LOWEST, min(1.0, (step + 1) / RATES["warm_up_steps"], 1.5 * (steps - step) / steps))


def _optimizers(ears: Ears) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, Adam for all else."""
    named = list(ears.named_parameters())
    matrices = [weights for name, weights in named if weights.dim() == 2 and ".layers." in name]
    others = [weights for name, weights in named if not (weights.dim() == 2 and ".layers." in name)]
    rate, decay = RATES["adam_rate"], RATES["decay"]
    return [
        Muon(matrices, lr=RATES["muon_rate"], weight_decay=decay),
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=decay, fused=True),
    ]


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

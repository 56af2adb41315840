"""The training of the pocket ears: it can be interrupted at any moment and goes on as if it had not been."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from scripts.pocket import checkpoint, loss_curve
from scripts.pocket.ear_batches import GROUP, BatchSettings, EarBatches
from scripts.pocket.ear_network import Ears
from scripts.pocket.ear_text import EarText
from scripts.pocket.loader import loader
from scripts.pocket.muon import Muon

RATES = {"muon_rate": 2e-3, "adam_rate": 1e-3, "decay": 0.01, "warm_up_steps": 80}
"""Of the two optimisers; the card names them."""
LOSSES = ("text", "sounds", "places")
_LOWEST = 0.01
_NOTED_EVERY = 20
_KEPT_EVERY = 12
"""Groups between two checkpoints."""


class Training:
    """Trains one pair of ears in one folder, from where the folder's checkpoint stands."""

    def __init__(
        self, ears: Ears, texts: tuple[EarText, ...], tokenizer: Tokenizer, phonemes: str, settings: BatchSettings
    ) -> None:
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._ears = ears.to(self._device)
        self._texts, self._tokenizer, self._phonemes, self._settings = texts, tokenizer, phonemes, settings
        self._optimizers = optimizers_of(ears)
        self._step = 0
        self._losses: list[dict[str, float]] = []

    def run(self, folder: Path, time_s: float) -> bool:
        """Train for about `time_s`, keeping checkpoints in `folder`; whether the training has come to its end."""
        self._load(folder)
        first = self._step // GROUP
        batches = EarBatches(self._texts, self._tokenizer, self._phonemes, self._settings, first)
        self._ears.train()
        before_s = self._losses[-1]["seconds"] if self._losses else 0.0
        started = time.monotonic()
        for number, group in enumerate(loader(batches) if time_s > 0 else (), first + 1):
            for batch in group:
                parts = self._learn({name: tensor.to(self._device) for name, tensor in batch.items()})
                if self._step % _NOTED_EVERY == 0:
                    self._note(parts, before_s + time.monotonic() - started)
            late = time.monotonic() - started > time_s
            if number % _KEPT_EVERY == 0 or self._step >= self._settings.steps or late:
                self._save(folder)
            if late:
                break
        return self._step >= self._settings.steps

    def _learn(self, batch: dict[str, Tensor]) -> dict[str, float]:
        loss, parts = self._ears.loss(batch)
        self._ears.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._ears.parameters(), 1.0)
        for optimizer in self._optimizers:
            optimizer.param_groups[0]["lr"] = optimizer.defaults["lr"] * rate(self._step, self._settings.steps)
            optimizer.step()
        self._step += 1
        return parts

    def _note(self, parts: dict[str, float], seconds: float) -> None:
        self._losses.append({"step": self._step, **parts, "seconds": seconds})
        told = ", ".join(f"{name} {parts[name]:.3f}" for name in LOSSES)
        print(f"step {self._step}: {told}, {seconds:.0f} s", flush=True)

    def _save(self, folder: Path) -> None:
        optimizers = [optimizer.state_dict() for optimizer in self._optimizers]
        state = {"ears": self._ears.state_dict(), "optimizers": optimizers, "step": self._step}
        checkpoint.save(folder, state, self._losses)
        loss_curve.draw(self._losses, LOSSES, "Pocket Whisper", folder / "loss.png")

    def _load(self, folder: Path) -> None:
        state, self._losses = checkpoint.load(folder)
        if state is not None:
            self._ears.load_state_dict(state["ears"])
            for optimizer, kept in zip(self._optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(kept)
            self._step = state["step"]


def optimizers_of(ears: Ears) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, Adam for all else."""
    named = list(ears.named_parameters())
    matrices = [weights for name, weights in named if weights.dim() == 2 and ".layers." in name]
    others = [weights for name, weights in named if not (weights.dim() == 2 and ".layers." in name)]
    decay = RATES["decay"]
    return [
        Muon(matrices, lr=RATES["muon_rate"], weight_decay=decay),
        torch.optim.AdamW(others, lr=RATES["adam_rate"], betas=(0.9, 0.98), weight_decay=decay, fused=True),
    ]


def rate(step: int, steps: int) -> float:
    """Share of the highest rate: up in a line, and down in a line over the last two thirds."""
    return max(_LOWEST, min(1.0, (step + 1) / RATES["warm_up_steps"], 1.5 * (steps - step) / steps))

"""The training of the pocket persona: it can be interrupted at any moment and goes on as if it had not been."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from scripts.pocket import checkpoint, loss_curve
from scripts.pocket.loader import loader
from scripts.pocket.muon import Muon
from scripts.pocket.persona_batches import GROUP, QUESTIONS, BatchSettings, PersonaBatches, held_out
from scripts.pocket.persona_network import Persona
from scripts.pocket.persona_text import PersonaText

RATES = {"muon_rate": 3e-3, "adam_rate": 1.5e-3, "muon_decay": 0.05, "warm_up_steps": 80, "falling_share": 1.0}
"""Of the two optimisers; the card names them."""
LOSSES = ("answers", "held out", "subjects", "subjects held out")
SUBJECTS_WEIGHT = 0.4
"""Of the subjects beside the words, in a batch of questions. In one of conversations it is as much less as there are
fewer subjects: their gradient is so noisy there that it would drown that of the words."""
_LOWEST = 0.01
_NOTED_EVERY = 20
_KEPT_EVERY = 8
"""Groups between two checkpoints."""
_HELD_OUT = 128


class Training:
    """Trains one persona in one folder, from where the folder's checkpoint stands."""

    def __init__(self, persona: Persona, text: PersonaText, tokenizer: Tokenizer, settings: BatchSettings) -> None:
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._persona = persona.to(self._device)
        self._text, self._tokenizer, self._settings = text, tokenizer, settings
        self._optimizers = optimizers_of(persona)
        self._held_out = [part.to(self._device) for part in held_out(text, tokenizer, _HELD_OUT)]
        self._step = 0
        self._loss: dict[str, float] = {}
        self._losses: list[dict[str, float]] = []

    def run(self, folder: Path, time_s: float) -> bool:
        """Train for about `time_s`, keeping checkpoints in `folder`; whether the training has come to its end."""
        self._load(folder)
        first = self._step // GROUP
        batches = PersonaBatches(self._text, self._tokenizer, self._settings, first)
        before_s = self._losses[-1]["seconds"] if self._losses else 0.0
        started = time.monotonic()
        for number, group in enumerate(loader(batches) if time_s > 0 else (), 1):
            for batch in group:
                self._learn([part.to(self._device) for part in batch])
                if self._step % _NOTED_EVERY == 0:
                    self._note(before_s + time.monotonic() - started)
            late = time.monotonic() - started > time_s
            if number % _KEPT_EVERY == 0 or number == len(batches) or late:
                self._save(folder, before_s + time.monotonic() - started)
            if late:
                break
        return self._step >= self._settings.steps

    def _learn(self, batch: list[Tensor]) -> None:
        words, subjects = self._persona.loss(*batch)
        questions_only = words.item() == 0
        weight = SUBJECTS_WEIGHT if questions_only else SUBJECTS_WEIGHT / QUESTIONS
        self._persona.zero_grad(set_to_none=True)
        (words + weight * subjects).backward()
        torch.nn.utils.clip_grad_norm_(self._persona.parameters(), 1.0)
        for optimizer in self._optimizers:
            optimizer.param_groups[0]["lr"] = optimizer.defaults["lr"] * rate(self._step, self._settings.steps)
            optimizer.step()
        self._step += 1
        for name, loss in (("answers", words), ("subjects", subjects)):
            if loss.item() > 0:
                before = self._loss.get(name, loss.item())
                self._loss[name] = before + (loss.item() - before) / _NOTED_EVERY

    def _note(self, seconds: float) -> None:
        self._losses.append({"step": self._step, **self._loss, "seconds": seconds})
        told = ", ".join(f"{name} {loss:.3f}" for name, loss in self._loss.items())
        print(f"step {self._step}: {told}, {seconds:.0f} s", flush=True)

    @torch.no_grad()
    def _save(self, folder: Path, seconds: float) -> None:
        words, subjects = (loss.item() for loss in self._persona.loss(*self._held_out))
        kept_out = {"held out": words, "subjects held out": subjects}
        self._losses.append({"step": self._step, **self._loss, **kept_out, "seconds": seconds})
        print(f"step {self._step}: held out {words:.3f}, subjects {subjects:.3f}", flush=True)
        optimizers = [optimizer.state_dict() for optimizer in self._optimizers]
        state = {"persona": self._persona.state_dict(), "optimizers": optimizers, "step": self._step}
        checkpoint.save(folder, state, self._losses)
        loss_curve.draw(self._losses, LOSSES, "Pocket persona", folder / "loss.png")

    def _load(self, folder: Path) -> None:
        state, self._losses = checkpoint.load(folder)
        if state is not None:
            self._persona.load_state_dict(state["persona"])
            for optimizer, kept in zip(self._optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(kept)
            self._step = state["step"]
            self._loss = {name: self._losses[-1][name] for name in ("answers", "subjects")}


def optimizers_of(persona: Persona) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, Adam for embeddings and norms."""
    matrices = [weights for weights in persona.blk.parameters() if weights.dim() > 1]
    others = [weights for weights in persona.parameters() if not any(weights is matrix for matrix in matrices)]
    return [
        Muon(matrices, lr=RATES["muon_rate"], weight_decay=RATES["muon_decay"]),
        torch.optim.AdamW(others, lr=RATES["adam_rate"], betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]


def rate(step: int, steps: int) -> float:
    """Share of the highest rate: up in a line, and down in a line over the last `falling_share` of the steps."""
    down = (steps - step) / max(1.0, RATES["falling_share"] * steps)
    return max(_LOWEST, min(1.0, (step + 1) / RATES["warm_up_steps"], down))

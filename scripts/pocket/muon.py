"""The Muon optimiser for matrices (Jordan et al. 2024), in single precision.

torch has one of its own, which computes in bfloat16: on the processor of the first training that took longer.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic that drives singular values towards one, from Jordan et al."""
_ITERATIONS = 5
_LIKE_ADAM = 0.2
"""The size of Adam's usual update (Liu et al. 2025), so that both may have one learning rate."""


class Muon(torch.optim.Optimizer):
    """Follows the momentum of a matrix's gradient with all its singular values made about equal."""

    def __init__(self, matrices: Iterable[Tensor], lr: float, weight_decay: float, momentum: float = 0.95) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """Move every matrix by its gradient."""
        for group in self.param_groups:
            for matrix in (weights for weights in group["params"] if weights.grad is not None):
                memory = self.state[matrix].setdefault("momentum", torch.zeros_like(matrix))
                memory.lerp_(matrix.grad, 1 - group["momentum"])
                update = levelled(matrix.grad.lerp(memory, group["momentum"]))
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(update, alpha=-group["lr"] * _LIKE_ADAM * max(matrix.shape) ** 0.5)


def levelled(matrix: Tensor) -> Tensor:
    """The matrix with its singular values brought near one (Newton-Schulz)."""
    first, third, fifth = _COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    level = matrix.T if tall else matrix
    level = level / (level.norm() + 1e-7)
    for _ in range(_ITERATIONS):
        square = level @ level.T
        level = torch.addmm(level, torch.addmm(square, square, square, beta=third, alpha=fifth), level, beta=first)
    return level.T if tall else level

"""Batches on their way to a training, made by processes of their own."""

from __future__ import annotations

import os
from typing import Any

from torch.utils.data import DataLoader, Dataset

_PROCESSES = 2


def loader(groups: Dataset[Any]) -> DataLoader[Any]:
    """The groups of batches, in their order; made while the training waits, and not in its way while it computes."""
    return DataLoader(
        groups, batch_size=None, num_workers=_PROCESSES, prefetch_factor=1, worker_init_fn=lambda _: os.nice(19)
    )

"""Counts the cores that are worth a thread of heavy arithmetic."""

from __future__ import annotations

import os
from pathlib import Path

_TOPOLOGY = Path("/sys/devices/system/cpu")


def physical_cores(topology: Path = _TOPOLOGY) -> int:
    """Cores of this machine, twins of hyper-threading counted once; where that cannot be told, all of them."""
    twins = {file.read_text().strip() for file in topology.glob("cpu[0-9]*/topology/thread_siblings_list")}
    return len(twins) or os.cpu_count() or 1

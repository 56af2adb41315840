"""Keeps every core of the machine busy, at the priority of the house's engines."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psutil

from models.host import HostedSettings


@contextmanager
def full_load() -> Iterator[None]:
    """As many processes as there are cores, none of which ever rests, while inside."""
    program = f"import os; os.nice({HostedSettings().nice})\nwhile True: pass"
    with ExitStack() as stack:
        for _ in range(psutil.cpu_count() or 1):
            process = stack.enter_context(subprocess.Popen([sys.executable, "-c", program]))
            stack.callback(process.kill)
        yield

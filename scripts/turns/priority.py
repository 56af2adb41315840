"""Lets what measures run before what else is busy on the machine, where that is allowed."""

from __future__ import annotations

import os
from contextlib import suppress

_NICENESS = -11


def hasten(in_real_time: bool = False) -> None:
    """This process, and what it starts from now on; without the right to it (that needs root) nothing changes."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
    if in_real_time and hasattr(os, "sched_setscheduler"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))

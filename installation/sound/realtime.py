"""Asks the system to run the audio callback before everything else: a late callback is a crackle in the room."""

from __future__ import annotations

import logging
import os
import sys

log = logging.getLogger(__name__)

PRIORITY = 5
"""As sound servers have it: above everything ordinary, below the kernel's own."""


def run_first() -> None:
    """Give the calling thread real-time priority where the user may have it (root, or a limit `rtprio`)."""
    if sys.platform == "linux":
        try:
            os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
        except OSError as error:
            log.info("The sound runs at ordinary priority (%s): a busy machine may crackle", error)

"""Keeps the libraries of the engines from opening a connection to the outside."""

from __future__ import annotations

import os

ASKED_NOT_TO = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}
"""What faster-whisper, transformers and coqui-tts read, through the libraries that would fetch for them."""


def stay_offline() -> None:
    """Tell them, and the child processes, by environment; it must come before the first of them is imported."""
    os.environ.update(ASKED_NOT_TO)

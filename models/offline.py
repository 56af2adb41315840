"""Keeps the libraries of the engines from opening a connection to the outside."""

from __future__ import annotations

import os

TELL_NOBODY = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
"""onnxruntime (since 1.29, on Linux too) and the libraries of the hub report their use, unless they are told not to."""

ASKED_NOT_TO = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}
"""What faster-whisper, transformers and coqui-tts read, through the libraries that would fetch for them."""


def tell_nobody() -> None:
    """Tell them, and the child processes, by environment; it must come before the first of them is imported."""
    os.environ.update(TELL_NOBODY)


def stay_offline() -> None:
    """Tell them not to fetch anything either: for everything but a pull."""
    os.environ.update(ASKED_NOT_TO)

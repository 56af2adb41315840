"""Loads with coqui-tts, and keeps it quiet: it asks, fetches and prints nothing while a house plays."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

from models.protocols import ModelError


@contextlib.contextmanager
def loading(folder: Path) -> Iterator[None]:
    """What goes wrong inside while the model in `folder` is loaded, as one sentence. Raises ModelError."""
    # models are checked for before: nothing may be asked on the terminal, or fetched, while a house opens
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import transformers  # noqa: F401  (sets the level of its own log, and must have done so)

            logging.getLogger("transformers").setLevel(logging.ERROR)
            # it logs what it is given to say, and as a warning when one of the characters is unknown to the model
            logging.getLogger("TTS").setLevel(logging.ERROR)
            yield
        except ModelError:
            raise
        except Exception as error:  # torch, json and the models each have their own
            reason = " ".join(str(error).split())[:200]
            raise ModelError(f"{folder}: cannot be loaded as a Coqui model ({reason}); fetch it again.") from error


def chosen_device(device: str) -> str:
    """ "auto" as what this machine has.

    Raises:
        ModelError: it has no graphics card, and `device` asks for one.
    """
    import torch

    has_card = torch.cuda.is_available()
    if device.startswith("cuda") and not has_card:
        raise ModelError(
            f'device in [engines.coqui] is "{device}", and torch finds no graphics card here; write "auto" or "cpu".'
        )
    return ("cuda" if has_card else "cpu") if device == "auto" else device

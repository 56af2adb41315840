"""Loads with coqui-tts, and keeps it quiet: it asks, fetches and prints nothing while a house plays."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.protocols import Language, ModelError
from models.wording import brief


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
            raise ModelError(
                f"{folder}: cannot be loaded as a Coqui model ({brief(error)}); fetch its config.json and its "
                "weights again, from one place, or choose another voice."
            ) from error


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


def chosen_speaker(model: str, speakers: Sequence[str], wanted: str) -> str:
    """`wanted`, or the first of `speakers` where none is wanted.

    Raises:
        ModelError: `model` has no such speaker.
    """
    if wanted and wanted not in speakers:
        raise ModelError(f"{model} has no speaker {wanted!r}; it has: {', '.join(speakers[:20])}.")
    return wanted or speakers[0]


def tongue(model: str, known: Sequence[str], language: Language) -> str:
    """What `model`, which knows languages by names such as "fr-fr", calls `language`.

    Raises:
        ModelError: it does not speak it.
    """
    for name in known:
        if name.split("-")[0] == language:
            return name
    raise ModelError(f"{model} does not speak {language!r}; it speaks: {', '.join(known)}.")

"""Neural voices: any Coqui model, VITS or XTTS, that lies on this machine."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from models.audio import Audio
from models.protocols import Language, ModelError

if TYPE_CHECKING:
    from TTS.api import TTS

_EXTRA = (
    "the neural voices are not installed (about 6 GB); in the project's folder: "
    ".venv/bin/pip install -r requirements-coqui.lock"
)
_OWN_FOLDER_MODELS = ("xtts",)
"""Models that find their several files themselves, given the folder."""
_PAD_SAMPLES = 10_000
"""Coqui's fixed silence after every sentence, half a second for which an answer would stand still."""


@dataclass(frozen=True, slots=True)
class CoquiSettings:
    """How a Coqui model speaks."""

    speaker: str = ""
    """Of a model with several speakers; "" is its first."""
    speaker_wav: str = ""
    """A recording, in the show folder, of the voice that a cloning model (XTTS) takes on."""
    device: str = "auto"
    """"cpu", "cuda" or "auto"."""


def require_coqui(model: str, show_folder: Path) -> Path:
    """The folder of a model: `model` is a folder (relative to the show), or a name ("tts_models/fr/css10/vits").

    Raises:
        ModelError: the extra is not installed, or the model does not lie on this machine.
    """
    if importlib.util.find_spec("TTS") is None:
        raise ModelError(f"{_EXTRA}.")
    folder = _model_folder(model, show_folder)
    if not folder.is_dir():
        raise ModelError(
            f"{folder}: there is no such folder; voice in [engines] must name a folder, or a Coqui model that lies "
            f'there already: tts --model_name "{model}" --text "." fetches one.'
        )
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: has no config.json; this is no Coqui model, or only a part of one.")
    return folder


def _model_folder(model: str, show_folder: Path) -> Path:
    folder = show_folder / Path(model).expanduser()
    if folder.is_dir() or not model.startswith("tts_models/"):
        return folder
    home = os.environ.get("TTS_HOME") or os.environ.get("XDG_DATA_HOME")
    usual = "~/Library/Application Support" if sys.platform == "darwin" else "~/.local/share"
    return Path(home or usual).expanduser() / "tts" / model.replace("/", "--")


class CoquiSynthesizer:
    """Speaks with a Coqui model, a whole text at a time."""

    def __init__(self, model: str, show_folder: Path, settings: CoquiSettings) -> None:
        folder = require_coqui(model, show_folder)
        self.name = f"coqui ({folder.name})"
        self._aborted = Event()
        self._tts = _load(folder, settings)
        self.rate_hz = int(self._tts.synthesizer.output_sample_rate)
        self._voice = self._chosen_voice(settings, show_folder)

    def _chosen_voice(self, settings: CoquiSettings, show_folder: Path) -> dict[str, str]:
        if settings.speaker_wav:
            recording = show_folder / settings.speaker_wav
            if not recording.is_file():
                raise ModelError(f"{recording}: there is no such file; see speaker_wav under [engines.coqui].")
            return {"speaker_wav": str(recording)}
        speakers = list(self._tts.speakers or [])
        if not speakers:
            return {}
        if settings.speaker and settings.speaker not in speakers:
            raise ModelError(f"{self.name} has no speaker {settings.speaker!r}; it has: {', '.join(speakers[:20])}.")
        return {"speaker": settings.speaker or speakers[0]}

    def synthesize(self, text: str, language: Language) -> Iterator[Audio]:
        """Sound of `text`, one piece; a model of one language speaks every text in that.

        Raises:
            ModelError: the model failed, or does not speak `language`.
        """
        self._aborted.clear()
        return self._sound(text, language)

    def _sound(self, text: str, language: Language) -> Iterator[Audio]:
        if self._aborted.is_set() or not any(character.isalnum() for character in text):
            return
        voice = dict(self._voice)
        if self._tts.is_multi_lingual:
            voice["language"] = self._tongue(language)
        try:
            padded = np.asarray(self._tts.tts(text, split_sentences=False, **voice), np.float32).ravel()
        except Exception as error:  # models raise whatever they like
            raise ModelError(f"{self.name} failed on a text of {len(text)} characters ({error}).") from error
        if not self._aborted.is_set():
            yield Audio(np.clip(padded[:-_PAD_SAMPLES], -1.0, 1.0), self.rate_hz)

    def _tongue(self, language: Language) -> str:
        known = list(self._tts.languages or [])
        for name in known:
            if name.split("-")[0] == language:
                return str(name)
        raise ModelError(f"{self.name} does not speak {language!r}; it speaks: {', '.join(known)}.")

    def abort(self) -> None:
        """Throw away the sentence under way: the model cannot be stopped inside one."""
        self._aborted.set()

    def close(self) -> None:
        """Nothing to free beyond the object itself."""


def _load(folder: Path, settings: CoquiSettings) -> TTS:
    # its models are checked for before: nothing may be asked on the terminal, or fetched, while a house opens
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    from TTS.api import TTS

    # it logs what it is given to say, and as a warning when one of the characters is unknown to the model
    logging.getLogger("TTS").setLevel(logging.ERROR)
    config = folder / "config.json"
    try:
        kind = json.loads(config.read_text(encoding="utf-8"))["model"]
        weights = folder if kind in _OWN_FOLDER_MODELS else _weights(folder)
        tts: Any = TTS(model_path=str(weights), config_path=str(config), progress_bar=False)
    except ModelError:
        raise
    except Exception as error:  # torch, json and the models each have their own
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"{folder}: cannot be loaded as a Coqui model ({reason}); fetch it again.") from error
    device = settings.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return tts.to(device)


def _weights(folder: Path) -> Path:
    files = sorted(folder.glob("*.pth*"), key=lambda file: file.stat().st_size)
    if not files:
        raise ModelError(f"{folder}: has no weights (*.pth); this is no Coqui model, or only a part of one.")
    # beside the weights lie smaller files, of speakers for instance
    return files[-1]

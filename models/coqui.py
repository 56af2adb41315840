"""Neural voices that speak a whole text at a time: VITS, and any other Coqui model but XTTS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from models.audio import Audio
from models.coqui_library import chosen_device, chosen_speaker, loading, tongue
from models.coqui_model import CoquiModel, CoquiSettings
from models.protocols import Language, ModelError

if TYPE_CHECKING:
    from TTS.api import TTS

_PAD_SAMPLES = 10_000
"""Coqui's fixed silence after every sentence, half a second for which an answer would stand still."""


class CoquiSynthesizer:
    """Speaks with a Coqui model, a whole text at a time."""

    def __init__(self, model: CoquiModel, settings: CoquiSettings) -> None:
        self.name = f"coqui ({model.folder.name})"
        self._aborted = Event()
        self._tts = _load(model, settings)
        self.rate_hz = int(self._tts.synthesizer.output_sample_rate)
        self._voice = self._chosen_voice(settings)

    def _chosen_voice(self, settings: CoquiSettings) -> dict[str, str]:
        speakers = list(self._tts.speakers or [])
        if not speakers:
            return {}
        return {"speaker": chosen_speaker(self.name, speakers, settings.speaker)}

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
            voice["language"] = tongue(self.name, list(self._tts.languages or []), language)
        try:
            padded = np.asarray(self._tts.tts(text, split_sentences=False, **voice), np.float32).ravel()
        except Exception as error:  # models raise whatever they like
            raise ModelError(f"{self.name} failed on a text of {len(text)} characters ({error}).") from error
        if not self._aborted.is_set():
            yield Audio(np.clip(padded[:-_PAD_SAMPLES], -1.0, 1.0), self.rate_hz)

    def abort(self) -> None:
        """Throw away the sentence under way: the model cannot be stopped inside one."""
        self._aborted.set()

    def close(self) -> None:
        """Nothing to free beyond the object itself."""


def _load(model: CoquiModel, settings: CoquiSettings) -> TTS:
    with loading(model.folder), TemporaryDirectory() as place:
        from TTS.api import TTS

        # the configuration names further files where they lie on this machine; the one in the folder stays as it is
        config = Path(place) / "config.json"
        config.write_text(json.dumps(model.config), encoding="utf-8")
        tts = TTS(model_path=str(model.weights), config_path=str(config), progress_bar=False)
        return tts.to(chosen_device(settings.device))

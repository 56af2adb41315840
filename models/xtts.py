"""The neural voice XTTS: streamed, in many languages, and with the voice of a recording where the show has one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from models.audio import Audio, Samples
from models.coqui_library import chosen_device, chosen_speaker, loading, tongue
from models.coqui_model import CoquiModel, CoquiSettings
from models.protocols import Language, ModelError

if TYPE_CHECKING:
    import torch
    from TTS.tts.models.xtts import Xtts

    Voice = tuple[torch.Tensor, torch.Tensor]
    """What the language model and the decoder know of a voice: its latents and its embedding."""

LONGEST_CHARS = 220
"""XTTS cuts longer texts short, from 250 characters on in English; they are spoken in parts."""
CHUNK_TOKENS = 20
"""Of sound in a piece, some 0.9 s; Coqui's own choice."""
_REFERENCE_RATE_HZ = 22_050
"""At which XTTS was taught what a voice is."""
_SAMPLING = ("temperature", "length_penalty", "repetition_penalty", "top_k", "top_p")


class _AbortedError(Exception):
    """Raised inside the model, so that it stops between two tokens."""


class XttsSynthesizer:
    """Speaks with XTTS; the first sound comes before the sentence has been worked out."""

    def __init__(self, model: CoquiModel, settings: CoquiSettings, reference: Audio | None) -> None:
        self.name = f"coqui ({model.folder.name})"
        self._aborted = Event()
        with loading(model.folder):
            self._xtts = _load(model.folder)
            self._xtts.to(chosen_device(settings.device))
            self._voice = self._named_voice(settings.speaker) if reference is None else _taken_on(self._xtts, reference)
        self._xtts.gpt.gpt_inference.register_forward_pre_hook(self._stop_when_aborted)
        self._sampling = {name: self._xtts.config[name] for name in _SAMPLING}
        self.rate_hz = int(self._xtts.config.audio.output_sample_rate)

    def _named_voice(self, speaker: str) -> Voice:
        speakers: dict[str, dict[str, torch.Tensor]] = self._xtts.speaker_manager.speakers
        latents, embedding = speakers[chosen_speaker(self.name, list(speakers), speaker)].values()
        return latents, embedding

    def _stop_when_aborted(self, *_: object) -> None:
        if self._aborted.is_set():
            raise _AbortedError

    def synthesize(self, text: str, language: Language) -> Iterator[Audio]:
        """Sound of `text`, in pieces of some 0.9 s.

        Raises:
            ModelError: the model failed, or does not speak `language`.
        """
        self._aborted.clear()
        return self._sound(text, language)

    def _sound(self, text: str, language: Language) -> Iterator[Audio]:
        if not any(character.isalnum() for character in text):
            return
        spoken = tongue(self.name, list(self._xtts.config.languages), language)
        for part in textwrap.wrap(text, LONGEST_CHARS):
            if self._aborted.is_set():
                return
            yield from self._pieces(part, spoken)

    def _pieces(self, text: str, language: str) -> Iterator[Audio]:
        stream = self._xtts.inference_stream(
            text, language, *self._voice, stream_chunk_size=CHUNK_TOKENS, **self._sampling
        )
        with closing(stream):
            while (piece := self._next(stream, len(text))) is not None:
                yield Audio(np.clip(piece, -1.0, 1.0), self.rate_hz)

    def _next(self, stream: Iterator[torch.Tensor], characters: int) -> Samples | None:
        """The next samples, or None at the end, which an abort brings about."""
        try:
            piece = next(stream, None)
        except _AbortedError:
            return None
        except Exception as error:  # torch and the tokenizer each have their own
            raise ModelError(f"{self.name} failed on a text of {characters} characters ({error}).") from error
        return None if piece is None or self._aborted.is_set() else np.asarray(piece.float().cpu().numpy(), np.float32)

    def abort(self) -> None:
        """Stop the sentence under way at its next token, a few milliseconds later."""
        self._aborted.set()

    def close(self) -> None:
        """Nothing to free beyond the object itself."""


def _load(folder: Path) -> Xtts:
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.models.xtts import Xtts

    config = XttsConfig()
    config.load_json(str(folder / "config.json"))
    xtts = Xtts(config)
    xtts._load_checkpoint = _read_weights
    xtts.load_checkpoint(config, checkpoint_dir=str(folder), eval=True)
    return xtts


def _read_weights(file: Path) -> dict[str, torch.Tensor]:
    """The weights in `file`, as they are: coqui-tts 0.28.0 writes the published file anew when it first reads it."""
    import torch
    from TTS.tts.models.xtts import _legacy_safe_globals

    with _legacy_safe_globals():
        checkpoint = torch.load(file, map_location="cpu", weights_only=True)
    weights: dict[str, torch.Tensor] = checkpoint["model"]
    return weights


def _taken_on(xtts: Xtts, reference: Audio) -> Voice:
    """The voice of a recording, as Xtts.get_conditioning_latents does for a file."""
    import torch

    samples = reference.at_rate(_REFERENCE_RATE_HZ).samples[: xtts.config.max_ref_len * _REFERENCE_RATE_HZ]
    if xtts.config.sound_norm_refs:
        samples = samples / np.abs(samples).max() * 0.75
    sound = torch.from_numpy(samples.copy())[None]
    embedding = xtts.get_speaker_embedding(sound, _REFERENCE_RATE_HZ)
    length_s, chunk_s = xtts.config.gpt_cond_len, xtts.config.gpt_cond_chunk_len
    return xtts.get_gpt_cond_latents(sound, _REFERENCE_RATE_HZ, length_s, chunk_s), embedding

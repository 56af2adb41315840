"""Makes a Coqui XTTS voice that loads and streams like a real one and speaks in noise: its weights are random."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import torch
from TTS.config.shared_configs import BaseDatasetConfig
from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
from TTS.tts.models import xtts
from TTS.tts.models.xtts import Xtts, _legacy_safe_globals

WIDTH = 64
DECODER_WIDTH = 32
"""Of 512; it stands in no configuration, so both who makes the voice and who loads it must be `narrow`."""
SENTENCE_TOKENS = 50
"""What the model allows, some 2.3 s; the weights are told never to stop before."""
LETTERS = string.ascii_lowercase + "àâçéèêëîïôùûü'.,!?-;:"
MARKS = ("[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]", "[fr]")


@contextmanager
def narrow() -> Iterator[None]:
    """Inside, the part of XTTS that makes sound is a tenth of a second's work and not ten."""
    with pytest.MonkeyPatch.context() as patched:
        decoder = partial(xtts.HifiDecoder, upsample_initial_channel_decoder=DECODER_WIDTH)
        patched.setattr(xtts, "HifiDecoder", decoder)
        yield


def make(folder: Path, speakers: tuple[str, ...] = ("anna", "bruno")) -> Path:
    """Write `folder`/tiny-xtts: the files of an XTTS-v2 as it is published."""
    path = folder / "tiny-xtts"
    path.mkdir(parents=True)
    torch.manual_seed(7)
    _write_vocabulary(path / "vocab.json")
    config = XttsConfig(model_args=_layers(), languages=["en", "fr"], gpt_cond_len=6, gpt_cond_chunk_len=3)
    config.save_json(str(path / "config.json"))
    model = Xtts(config)
    model.tokenizer = type(model.tokenizer)(str(path / "vocab.json"))
    model.init_models()
    with torch.no_grad():
        model.gpt.mel_head.bias[config.model_args.gpt_stop_audio_token] = -1e9
    # the published weights hold their configuration as an object, under names of an older coqui-tts
    config.datasets = [BaseDatasetConfig()]
    with _legacy_safe_globals():
        torch.save({"model": model.state_dict(), "config": config}, path / "model.pth")
    if speakers:
        _write_speakers(path / "speakers_xtts.pth", speakers)
    return path


def _layers() -> XttsArgs:
    return XttsArgs(
        gpt_max_audio_tokens=SENTENCE_TOKENS + 3,
        gpt_layers=1,
        gpt_n_model_channels=WIDTH,
        gpt_n_heads=2,
        gpt_num_audio_tokens=34,
        gpt_start_audio_token=32,
        gpt_stop_audio_token=33,
        gpt_use_perceiver_resampler=True,
        decoder_input_dim=WIDTH,
    )


def _write_vocabulary(file: Path) -> None:
    tokens = [*MARKS, *LETTERS]
    marks = [{"id": number, "content": mark, "special": True} | _PLAIN for number, mark in enumerate(MARKS)]
    vocabulary = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": marks,
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "[UNK]",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "vocab": {token: number for number, token in enumerate(tokens)},
            "merges": [],
        },
    }
    file.write_text(json.dumps(vocabulary), encoding="utf-8")


_PLAIN = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}


def _write_speakers(file: Path, names: tuple[str, ...]) -> None:
    voices = {
        name: {"gpt_cond_latent": torch.randn(1, 32, WIDTH), "speaker_embedding": torch.randn(1, 512, 1)}
        for name in names
    }
    torch.save(voices, file)

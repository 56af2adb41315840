"""Makes a CTranslate2 Whisper that loads and runs like a real one and hears the same in everything, likeliest German.

Its layers are zeros: what it writes depends on the position alone, by position encodings that each token's row answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
import tokenizers
from ctranslate2.specs.whisper_spec import WhisperSpec
from faster_whisper.tokenizer import _LANGUAGE_CODES

HEARD = "hello"
WIDTH, HEADS, FEED_FORWARD, MELS = 32, 2, 64, 80
WORDS = 50_257
"""Below the special tokens; the last one is empty, by which CTranslate2 tells a multilingual Whisper."""
LANGUAGES = list(_LANGUAGE_CODES)[:99]
SPECIAL = (
    ["<|endoftext|>", "<|startoftranscript|>"]
    + [f"<|{language}|>" for language in LANGUAGES]
    + ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    + [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
)
LIKELY = {"de": 5.0, "fr": 3.0, "en": 1.0}
FIRST_TEXT_POSITION = 3
"""After start, language, task and "no timestamps", of which the last one predicts the first letter."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What it hears, and how sure it is of that and of hearing nothing; at most 28 letters."""

    text: str = HEARD
    sure: float = 3.0
    """3: almost certain; 1: the mean log-probability of a token is about -5."""
    nobody: float = 0.0
    """3: almost certain that nobody spoke."""


def make(folder: Path, hearing: Hearing = Hearing(), languages: Sequence[str] = LANGUAGES) -> Path:
    """Write `folder`/tiny-whisper, a Whisper of those languages; of English alone, it is an English one."""
    path = folder / "tiny-whisper"
    path.mkdir(parents=True, exist_ok=True)
    special = [token for token in SPECIAL if token[2:-2] not in LANGUAGES or token[2:-2] in languages]
    tokenizer = _tokenizer(special, WORDS - 1 if list(languages) == ["en"] else WORDS)
    tokenizer.save(str(path / "tokenizer.json"))
    spec = WhisperSpec(1, HEADS, 1, HEADS)
    _fill(spec, tokenizer, hearing)
    spec.register_vocabulary([tokenizer.id_to_token(index) for index in range(tokenizer.get_vocab_size())])
    spec.config.lang_ids = [tokenizer.token_to_id(f"<|{language}|>") for language in languages]
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.alignment_heads = [(0, 0)]
    spec.validate()
    spec.optimize()
    spec.save(str(path))
    return path


def make_translator(folder: Path) -> Path:
    """Write a folder that has all the files of a Whisper, around a CTranslate2 model of another kind."""
    path = make(folder)
    spec = ctranslate2.specs.TransformerSpec.from_config(1, HEADS)
    for stack in (spec.encoder, spec.decoder):
        _fill_layers(stack)
    vocabulary = ["<unk>", "<s>", "</s>"]
    table = np.zeros((len(vocabulary), WIDTH), np.float32)
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = spec.decoder.projection.weight = table
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.validate()
    spec.save(str(path))
    return path


def _tokenizer(special: list[str], words: int) -> tokenizers.Tokenizer:
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    fillers = [f"filler{number}" for number in range(WORDS - len(letters) - 1)]
    vocabulary = {token: index for index, token in enumerate([*letters, *fillers, ""][:words])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    return tokenizer


def _fill(spec: WhisperSpec, tokenizer: tokenizers.Tokenizer, hearing: Hearing) -> None:
    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv2.weight = _zeros(WIDTH, MELS, 3), _zeros(WIDTH, WIDTH, 3)
    encoder.conv1.bias, encoder.conv2.bias = _zeros(WIDTH), _zeros(WIDTH)
    encoder.position_encodings.encodings = _zeros(1500, WIDTH)
    encoder.num_heads = np.int16(HEADS)
    _fill_layers(encoder)
    _fill_layers(decoder)
    letters = tokenizer.encode(hearing.text, add_special_tokens=False).ids
    # an English Whisper is told neither language nor task
    first = FIRST_TEXT_POSITION if tokenizer.token_to_id("") is not None else 1
    end = first + len(letters)
    positions = np.minimum(np.arange(448), end)
    decoder.position_encodings.encodings = np.eye(WIDTH, dtype=np.float32)[positions]
    table = _zeros(tokenizer.get_vocab_size(), WIDTH)
    for language, weight in LIKELY.items():
        if (number := tokenizer.token_to_id(f"<|{language}|>")) is not None:
            table[number, 0] = weight / 5
    table[tokenizer.token_to_id("<|nospeech|>"), 0] = hearing.nobody
    for offset, letter in enumerate(letters):
        table[letter, first + offset] = hearing.sure
    table[tokenizer.token_to_id("<|endoftext|>"), end] = hearing.sure
    # what is read must not disturb what is written: nothing goes in, everything comes out
    decoder.embeddings.weight = _zeros(*table.shape)
    decoder.projection.weight = table


def _fill_layers(stack: ctranslate2.specs.model_spec.LayerSpec) -> None:
    _norm(stack.layer_norm)
    for layer in stack.layer:
        _attend(layer.self_attention, (3, 1))
        if hasattr(layer, "attention"):
            _attend(layer.attention, (1, 2, 1))
        _norm(layer.ffn.layer_norm)
        _linear(layer.ffn.linear_0, FEED_FORWARD, WIDTH)
        _linear(layer.ffn.linear_1, WIDTH, FEED_FORWARD)


def _attend(attention: ctranslate2.specs.model_spec.LayerSpec, heights: tuple[int, ...]) -> None:
    _norm(attention.layer_norm)
    for linear, height in zip(attention.linear, heights, strict=True):
        _linear(linear, height * WIDTH, WIDTH)


def _linear(linear: ctranslate2.specs.model_spec.LayerSpec, rows: int, columns: int) -> None:
    linear.weight, linear.bias = _zeros(rows, columns), _zeros(rows)


def _norm(norm: ctranslate2.specs.model_spec.LayerSpec) -> None:
    norm.gamma, norm.beta = np.ones(WIDTH, np.float32), _zeros(WIDTH)


def _zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)

"""The vocabulary of the pocket ears: a byte-level BPE of their own, with Whisper's special tokens after it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

LANGUAGES = ("en", "fr")
END, START, NO_SPEECH = "<|endoftext|>", "<|startoftranscript|>", "<|nospeech|>"
TRANSCRIBE, NO_TIMESTAMPS = "<|transcribe|>", "<|notimestamps|>"
SPECIAL = (
    END,
    START,
    *(f"<|{language}|>" for language in LANGUAGES),
    "<|translate|>",
    TRANSCRIBE,
    "<|startoflm|>",
    "<|startofprev|>",
    NO_SPEECH,
    NO_TIMESTAMPS,
    *(f"<|{step * 0.02:.2f}|>" for step in range(1501)),
)
_PIECES = 1_800


def make_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """A tokenizer of pieces that are frequent in `texts`."""
    pieces = Tokenizer(models.BPE())
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pieces.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    pieces.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=_PIECES, initial_alphabet=alphabet))
    # CTranslate2 takes a Whisper for a multilingual one by its empty token, the last before the special ones
    state = json.loads(pieces.to_str())
    state["model"]["vocab"][""] = len(state["model"]["vocab"])
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


def prompt(tokenizer: Tokenizer, language: str) -> list[int]:
    """What the decoder is given before the text."""
    return [tokenizer.token_to_id(token) for token in (START, f"<|{language}|>", TRANSCRIBE, NO_TIMESTAMPS)]

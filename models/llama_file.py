"""Looks whether a GGUF file is a model for conversation, or an adapter for one, without loading it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.gguf_header import GgufHeader, read_header
from models.protocols import ModelError

SMALLEST_CONTEXT = 512
"""Less than this holds no character and a conversation."""

TEMPLATE = "tokenizer.chat_template"
_NO_TOKENIZER = ("", "none", "no_vocab")
_ADAPTER = "adapter"
_PROJECTOR = "mmproj"
_LISTENERS = ("t5", "t5encoder", "gemma-embedding", "llama-embed", "wavtokenizer-dec")
"""Architectures that do not go on with a conversation, but see, sound or compare; so does each "bert"."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What the head of a model tells."""

    path: Path
    architecture: str
    layers: int
    """Its blocks and the output layer: what can lie on a graphics card."""
    tensors: dict[str, tuple[int, ...]]
    """The shape of every tensor, as `gguf_header` gives it."""
    tokenizer: str
    pre_tokenizer: str
    """How it cuts a text before it tokenizes; "" where it does not say."""
    template: str


def require_gguf(path: Path) -> ModelFile:
    """Look whether `path` is a whole GGUF model for conversation.

    Raises:
        ModelError: it is missing, cannot be read, is of another format or kind, or is not whole.
    """
    known = '"pocket", "authored", "server", a name that `souffleur models list` shows, or a GGUF file'
    _require_file(path, f"persona in [engines] is {known}")
    header = read_header(path)
    _check_kind(path, header)
    tensors = dict(header.tensors)
    for part in _other_parts(path, header):
        tensors |= read_header(part).tensors
    _check_conversation(path, header)
    architecture = header.text("general.architecture")
    return ModelFile(
        path,
        architecture,
        header.number(f"{architecture}.block_count") + 1,
        tensors,
        tokenizer=header.text("tokenizer.ggml.model"),
        pre_tokenizer=header.text("tokenizer.ggml.pre"),
        template=header.text(TEMPLATE),
    )


def require_lora(path: Path, model: ModelFile) -> None:
    """Look whether `path` is a LoRA adapter for `model`.

    Raises:
        ModelError: it is missing, cannot be read, is something else, or was made for another model.
    """
    _require_file(path, "lora in [engines.llama] is a LoRA adapter as GGUF, or left out")
    header = read_header(path)
    if header.text("general.type") != _ADAPTER or header.text("adapter.type") != "lora":
        raise ModelError(f"{path}: is no LoRA adapter; convert one with llama.cpp's convert_lora_to_gguf.py.")
    other = ModelError(f"{path}: was made for another model than {model.path.name}; take the adapter of this one.")
    if header.text("general.architecture") != model.architecture:
        raise other
    for name, (columns, rows) in _changed(header):
        shape = model.tensors.get(name)
        # the vocabulary's adapter lies the other way round: llama.cpp looks at it
        if shape is None or (name != "token_embd.weight" and shape[:2] != (columns, rows)):
            raise other


def _require_file(path: Path, wanted: str) -> None:
    if path.is_dir():
        raise ModelError(f"{path}: is a folder; name the GGUF file in it.")
    if path.exists() and not path.is_file():
        raise ModelError(f"{path}: is no file; {wanted}.")
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file; {wanted}.")
    if not path.stat().st_size:
        raise ModelError(f"{path}: is empty; fetch it again.")


def _check_kind(path: Path, header: GgufHeader) -> None:
    kind, architecture = header.text("general.type"), header.text("general.architecture")
    if kind == _ADAPTER:
        raise ModelError(
            f"{path}: is an adapter, not a model; name the model as persona, and this as lora under [engines.llama]."
        )
    if kind == _PROJECTOR or architecture == "clip":
        raise ModelError(
            f"{path}: is the part of a model that sees images or hears sound; name the file of the part that converses."
        )
    if kind not in ("", "model") or architecture in _LISTENERS or "bert" in architecture or _embeds(header):
        told = architecture if kind in ("", "model") else kind
        raise ModelError(f"{path}: is of the kind {told}, which does not converse; take an instruct or chat model.")
    if not architecture:
        raise ModelError(f"{path}: does not say of which architecture it is; fetch or convert it again.")


def _embeds(header: GgufHeader) -> bool:
    """Whether the model compares texts instead of writing them."""
    architecture = header.text("general.architecture")
    causal = header.metadata.get(f"{architecture}.attention.causal", True)
    return not causal or header.number(f"{architecture}.pooling_type") > 0


def _check_conversation(path: Path, header: GgufHeader) -> None:
    if header.text("tokenizer.ggml.model") in _NO_TOKENIZER:
        raise ModelError(f"{path}: has no tokenizer; convert the model again, with its tokenizer beside it.")
    if not header.text(TEMPLATE):
        raise ModelError(
            f"{path}: has no chat template: it is no model for conversation; take an instruct or chat one."
        )
    made_for = header.number(f"{header.text('general.architecture')}.context_length")
    if made_for < SMALLEST_CONTEXT:
        raise ModelError(
            f"{path}: was made for a context of {made_for} tokens, too small for a character and a conversation "
            f"(at least {SMALLEST_CONTEXT}); take another model."
        )


def _other_parts(path: Path, header: GgufHeader) -> list[Path]:
    """The second and further files of a model that was cut in parts; llama.cpp finds them by their names."""
    count = header.number("split.count")
    if count <= 1:
        return []
    first = f"-00001-of-{count:05}.gguf"
    if number := header.number("split.no"):
        raise ModelError(f"{path}: is part {number + 1} of {count}; name the first, whose name ends in {first}.")
    if not path.name.endswith(first):
        raise ModelError(f"{path}: is the first of {count} parts, so its name must end in {first}; name it as it was.")
    prefix = path.name.removesuffix(first)
    parts = [path.with_name(f"{prefix}-{number:05}-of-{count:05}.gguf") for number in range(2, count + 1)]
    missing = ", ".join(part.name for part in parts if not part.is_file())
    if missing:
        raise ModelError(f"{path}: is cut in {count} parts, of which are missing: {missing}; fetch them beside it.")
    return parts


def _changed(header: GgufHeader) -> Iterator[tuple[str, tuple[int, int]]]:
    """The tensors that an adapter changes, with the columns and rows that they must have."""
    for name, a in header.tensors.items():
        b = header.tensors.get(re.sub(r"\.lora_a$", ".lora_b", name), ())
        if name.endswith(".lora_a") and len(a) >= 2 and len(b) >= 2:
            yield name.removesuffix(".lora_a"), (a[0], b[1])

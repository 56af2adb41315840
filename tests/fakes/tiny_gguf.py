"""Makes a GGUF of random weights, small enough for a test and complete enough for llama.cpp."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np

WIDTH, HEADS, LAYERS, FEED_FORWARD, RANK = 64, 4, 2, 128, 4
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
CONTROL = ("<unk>", "<s>", "</s>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
LETTERS = "▁abcdefghijklmnopqrstuvwxyz"


def make(
    folder: Path,
    context: int = 1024,
    template: str | None = TEMPLATE,
    user_defined: Sequence[str] = (),
    **facts: str | bool,
) -> Path:
    """Write `folder`/tiny.gguf: llama architecture, a SentencePiece vocabulary of letters and bytes.

    `facts` change what it says of itself, with "__" for the dots: general__type="mmproj".
    """
    path = folder / "tiny.gguf"
    architecture = str(facts.pop("general__architecture", "llama"))
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name("tiny")
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    size = _add_vocabulary(writer, facts.pop("tokenizer", "llama"), user_defined)
    if template is not None:
        writer.add_chat_template(template)
    for key, value in facts.items():
        name = key.replace("__", ".")
        writer.add_bool(name, value) if isinstance(value, bool) else writer.add_string(name, value)
    for name, shape in _shapes(size).items():
        writer.add_tensor(name, _weights(name, shape))
    return _written(writer, path)


def make_lora(folder: Path, rows: int = WIDTH, architecture: str = "llama") -> Path:
    """Write `folder`/lora.gguf: an adapter that changes the attention of every layer of a tiny model a good deal."""
    path = folder / "lora.gguf"
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(RANK))
    numbers = np.random.default_rng(5)
    for layer in range(LAYERS):
        name = f"blk.{layer}.attn_output.weight"
        writer.add_tensor(f"{name}.lora_a", numbers.normal(0, 0.5, (RANK, WIDTH)).astype(np.float32))
        writer.add_tensor(f"{name}.lora_b", numbers.normal(0, 0.5, (rows, RANK)).astype(np.float32))
    return _written(writer, path)


def make_parts(folder: Path) -> list[Path]:
    """Write a tiny model in two files, as llama.cpp's gguf-split does."""
    whole = gguf.GGUFReader(make(folder))
    paths = [folder / f"tiny-{number:05}-of-00002.gguf" for number in (1, 2)]
    half = len(whole.tensors) // 2
    for number, (path, tensors) in enumerate(zip(paths, (whole.tensors[:half], whole.tensors[half:]), strict=True)):
        writer = gguf.GGUFWriter(path, "llama")
        for field in whole.fields.values() if number == 0 else ():
            if not field.name.startswith("GGUF.") and field.name != gguf.Keys.General.ARCHITECTURE:
                kind = field.types[0]
                inner = field.types[-1] if kind is gguf.GGUFValueType.ARRAY else None
                writer.add_key_value(field.name, field.contents(), kind, inner)
        writer.add_uint16(gguf.Keys.Split.LLM_KV_SPLIT_NO, number)
        writer.add_uint16(gguf.Keys.Split.LLM_KV_SPLIT_COUNT, len(paths))
        writer.add_int32(gguf.Keys.Split.LLM_KV_SPLIT_TENSORS_COUNT, len(whole.tensors))
        for tensor in tensors:
            writer.add_tensor(tensor.name, tensor.data)
        _written(writer, path)
    return paths


def _written(writer: gguf.GGUFWriter, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_vocabulary(writer: gguf.GGUFWriter, kind: str | bool, user_defined: Sequence[str]) -> int:
    kinds = gguf.TokenType
    tokens = [(text, kinds.CONTROL) for text in CONTROL]
    tokens += [(f"<0x{byte:02X}>", kinds.BYTE) for byte in range(256)]
    tokens += [(text, kinds.USER_DEFINED) for text in user_defined]
    tokens += [(letter, kinds.NORMAL) for letter in LETTERS]
    writer.add_tokenizer_model(str(kind))
    writer.add_vocab_size(len(tokens))
    writer.add_token_list([text for text, _ in tokens])
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([int(kind) for _, kind in tokens])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    return len(tokens)


def _shapes(vocabulary: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (vocabulary, WIDTH),
        "output_norm.weight": (WIDTH,),
        "output.weight": (vocabulary, WIDTH),
    }
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        shapes[block + "attn_norm.weight"] = shapes[block + "ffn_norm.weight"] = (WIDTH,)
        for part in "qkv":
            shapes[f"{block}attn_{part}.weight"] = (WIDTH, WIDTH)
        shapes[block + "attn_output.weight"] = (WIDTH, WIDTH)
        shapes[block + "ffn_gate.weight"] = shapes[block + "ffn_up.weight"] = (FEED_FORWARD, WIDTH)
        shapes[block + "ffn_down.weight"] = (WIDTH, FEED_FORWARD)
    return shapes


def _weights(name: str, shape: tuple[int, ...]) -> np.ndarray:
    if len(shape) == 1:
        return np.ones(shape, np.float32)
    weights = np.random.default_rng(len(name)).normal(0, 0.1, shape).astype(np.float32)
    if name == "output.weight":
        # only letters are ever likely: neither control tokens nor halves of characters
        weights[: -len(LETTERS)] = 0
        weights[-len(LETTERS) :] *= 5
    return weights

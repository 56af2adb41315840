"""Makes a GGUF of random weights, small enough for a test and complete enough for llama.cpp."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

WIDTH, HEADS, LAYERS, FEED_FORWARD = 64, 4, 2, 128
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
CONTROL = ("<unk>", "<s>", "</s>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
LETTERS = "▁abcdefghijklmnopqrstuvwxyz"


def make(folder: Path, context: int = 1024, template: str | None = TEMPLATE) -> Path:
    """Write `folder`/tiny.gguf: llama architecture, a SentencePiece vocabulary of letters and bytes."""
    path = folder / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    size = _add_vocabulary(writer)
    if template is not None:
        writer.add_chat_template(template)
    for name, shape in _shapes(size).items():
        writer.add_tensor(name, _weights(name, shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_vocabulary(writer: gguf.GGUFWriter) -> int:
    kinds = gguf.TokenType
    tokens = [(text, kinds.CONTROL) for text in CONTROL]
    tokens += [(f"<0x{byte:02X}>", kinds.BYTE) for byte in range(256)]
    tokens += [(letter, kinds.NORMAL) for letter in LETTERS]
    writer.add_tokenizer_model("llama")
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

"""Turns the trained network into a GGUF that llama.cpp loads like any other."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np
from tokenizers import Tokenizer

from scripts.pocket.persona_network import EPSILON, ROTARY_BASE, Persona
from scripts.pocket.persona_tokens import END, TEMPLATE, is_control

CONTEXT_TOKENS = 2048


def export(persona: Persona, tokenizer: Tokenizer, path: Path) -> None:
    """Write `path`: weights as Q8_0 (norms as they are), vocabulary, chat template."""
    new = path.with_suffix(".new")
    writer = gguf.GGUFWriter(new, "llama")
    settings = persona.settings
    writer.add_name("Souffleur pocket persona")
    writer.add_description("Speaks as Ada Morel, the demo character of Souffleur, and as nobody else.")
    writer.add_license("apache-2.0")
    writer.add_languages(["en", "fr"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_embedding_length(settings.width)
    writer.add_block_count(settings.layers)
    writer.add_feed_forward_length(settings.feed_forward)
    writer.add_head_count(settings.heads)
    writer.add_head_count_kv(settings.heads)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_rope_dimension_count(settings.head_width)
    writer.add_rope_freq_base(ROTARY_BASE)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _add_vocabulary(writer, tokenizer)
    for name, tensor in persona.state_dict().items():
        weights = tensor.detach().cpu().numpy().astype(np.float32)
        if weights.ndim == 1:
            writer.add_tensor(name, weights)
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name, gguf.quants.quantize(weights, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    new.replace(path)


def _add_vocabulary(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    model = json.loads(tokenizer.to_str())["model"]
    pieces = sorted(model["vocab"], key=model["vocab"].__getitem__)
    kinds = [gguf.TokenType.CONTROL if is_control(piece) else gguf.TokenType.NORMAL for piece in pieces]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_vocab_size(len(pieces))
    writer.add_token_list(pieces)
    writer.add_token_types([int(kind) for kind in kinds])
    writer.add_token_merges([" ".join(pair) for pair in model["merges"]])
    writer.add_eos_token_id(tokenizer.token_to_id(END))
    writer.add_bos_token_id(tokenizer.token_to_id(END))
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)

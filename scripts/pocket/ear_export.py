"""Turns the trained network into a folder that faster-whisper loads like any other Whisper."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tokenizers import Tokenizer
from transformers import GenerationConfig, PreTrainedTokenizerFast

from scripts.pocket.ear_network import Ears
from scripts.pocket.ear_tokens import END, LANGUAGES, NO_TIMESTAMPS, START


def export(ears: Ears, tokenizer: Tokenizer, folder: Path) -> None:
    """Write model.bin (int8), config.json, vocabulary.json and tokenizer.json into `folder`."""
    number = tokenizer.token_to_id
    end, start = number(END), number(START)
    # without the languages CTranslate2 would prompt it as a Whisper that knows English alone
    ears.whisper.generation_config = GenerationConfig(
        lang_to_id={f"<|{language}|>": number(f"<|{language}|>") for language in LANGUAGES},
        task_to_id={"transcribe": number("<|transcribe|>"), "translate": number("<|translate|>")},
        is_multilingual=True,
        suppress_tokens=[],
        begin_suppress_tokens=[],
        no_timestamps_token_id=number(NO_TIMESTAMPS),
        alignment_heads=[[0, 0]],
        max_length=448,
        decoder_start_token_id=start,
        eos_token_id=end,
        bos_token_id=end,
        pad_token_id=end,
    )
    with tempfile.TemporaryDirectory() as temporary:
        ears.whisper.save_pretrained(temporary)
        fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, bos_token=END, unk_token=END)
        fast.save_pretrained(temporary)
        converter = shutil.which("ct2-transformers-converter", path=str(Path(sys.executable).parent))
        command = [str(converter), "--model", temporary, "--output_dir", str(folder), "--quantization", "int8"]
        subprocess.run([*command, "--force"], check=True, stdout=subprocess.DEVNULL)
    tokenizer.save(str(folder / "tokenizer.json"))

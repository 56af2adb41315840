"""A file of weights that ends too early is found before it is loaded."""

from __future__ import annotations

import struct
from pathlib import Path

import gguf
import numpy as np
import pytest

from models.llama import require_gguf
from models.protocols import ModelError
from models.weight_files import _BLOCKS, check_ctranslate2, check_gguf
from models.whisper import check_folder
from tests.fakes import tiny_whisper


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper.make(tmp_path_factory.mktemp("whisper"))


def shortened(path: Path, folder: Path, size_bytes: int) -> Path:
    copy = folder / path.name
    copy.write_bytes(path.read_bytes()[:size_bytes])
    return copy


@pytest.mark.parametrize("part", [0.01, 0.2, 0.5, 0.9, 0.999])
def test_a_language_model_of_which_a_part_is_missing_is_refused(gguf_file: Path, tmp_path: Path, part: float) -> None:
    require_gguf(gguf_file)
    short = shortened(gguf_file, tmp_path, int(part * gguf_file.stat().st_size))
    with pytest.raises(ModelError, match=r"tiny\.gguf: ends .*; fetch it again"):
        require_gguf(short)


def test_the_last_byte_of_a_language_model_counts(gguf_file: Path, tmp_path: Path) -> None:
    reader = gguf.GGUFReader(gguf_file)
    end = max(tensor.data_offset + tensor.n_bytes for tensor in reader.tensors)
    check_gguf(shortened(gguf_file, tmp_path, end))
    with pytest.raises(ModelError, match=f"ends after {end - 1} of {end} bytes"):
        check_gguf(shortened(gguf_file, tmp_path, end - 1))


def test_quantised_weights_are_measured_as_llama_cpp_does() -> None:
    for kind, (block, block_bytes) in _BLOCKS.items():
        assert (block, block_bytes) == gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType(kind)]


def test_an_alignment_of_its_own_is_kept_to(tmp_path: Path) -> None:
    path = tmp_path / "aligned.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_custom_alignment(4096)
    writer.add_array("numbers", [1, 2, 3])
    writer.add_array("texts", ["a", "b"])
    writer.add_tensor("weights", np.ones((32, 64), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    check_gguf(path)
    with pytest.raises(ModelError, match="ends after"):
        check_gguf(shortened(path, tmp_path / "..", 4096 + 32 * 64 * 4 - 1))


@pytest.mark.parametrize("part", [0.00001, 0.2, 0.9, 0.9999])
def test_ears_of_which_a_part_is_missing_are_refused(whisper: Path, tmp_path: Path, part: float) -> None:
    check_folder(whisper)
    model = whisper / "model.bin"
    with pytest.raises(ModelError, match=r"model\.bin: ends .*; fetch it again"):
        check_ctranslate2(shortened(model, tmp_path, int(part * model.stat().st_size)))


def test_the_last_byte_of_ears_counts(whisper: Path, tmp_path: Path) -> None:
    model = whisper / "model.bin"
    check_ctranslate2(model)
    with pytest.raises(ModelError, match="ends"):
        check_ctranslate2(shortened(model, tmp_path, model.stat().st_size - 1))


def test_a_header_of_nonsense_is_refused_at_once_and_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "nonsense.gguf"
    for version, counts in ((3, (2**60, 2**60)), (3, (1, 2**23)), (2, (2**23, 0))):
        path.write_bytes(b"GGUF" + struct.pack("<IQQ", version, *counts) + b"\xff" * 64)
        with pytest.raises(ModelError, match="is damaged"):
            check_gguf(path)

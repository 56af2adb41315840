"""What the head of a GGUF file tells, and how a broken one is found."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import gguf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.gguf_header import BLOCKS, read_header
from models.protocols import ModelError
from tests.fakes import tiny_gguf


def test_the_head_tells_what_the_file_says_of_itself(gguf_file: Path) -> None:
    header = read_header(gguf_file)
    assert header.text("general.architecture") == "llama"
    assert header.number("llama.context_length") == 1024
    assert header.metadata["llama.attention.layer_norm_rms_epsilon"] == pytest.approx(1e-5)
    assert "tokenizer.ggml.tokens" not in header.metadata
    assert header.tensors["blk.1.ffn_up.weight"] == (tiny_gguf.WIDTH, tiny_gguf.FEED_FORWARD)


def test_what_is_not_told_is_empty(gguf_file: Path) -> None:
    header = read_header(gguf_file)
    assert (header.text("general.url"), header.number("llama.expert_count")) == ("", 0)
    assert (header.text("llama.context_length"), header.number("general.architecture")) == ("", 0)


def test_the_length_that_a_file_must_have_is_known_to_the_byte(gguf_file: Path, tmp_path: Path) -> None:
    content = gguf_file.read_bytes()
    needed = read_header(gguf_file).length_bytes
    assert 0 <= len(content) - needed < 32, "nothing but padding may stand behind the last weight"
    short = tmp_path / "short.gguf"
    short.write_bytes(content[:needed])
    read_header(short)
    short.write_bytes(content[: needed - 1])
    with pytest.raises(ModelError, match=rf"breaks off after {needed - 1:,} of {needed:,} bytes; fetch it again\."):
        read_header(short)


def test_the_size_of_every_type_of_weights_is_known() -> None:
    assert {int(kind): size for kind, size in gguf.GGML_QUANT_SIZES.items()} == BLOCKS


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (b"", "is no GGUF file"),
        (b"GGUF", "breaks off in its head"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "other byte order"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "GGUF of version 1"),
        (b"GGUF" + struct.pack("<IQQ", 9, 0, 0), "GGUF of version 9"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0), "breaks off in its head"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 62), "breaks off in its head"),
        (b"GGUF" + struct.pack("<IQQQcI", 3, 0, 1, 1, b"k", 99), "breaks off in its head"),
        (b"GGUF" + struct.pack("<IQQQcIIQ", 3, 0, 1, 1, b"k", 9, 9, 1), "breaks off in its head"),
        (b"GGUF" + struct.pack("<IQQQcIIQ", 3, 0, 1, 1, b"k", 9, 8, 1 << 63), "breaks off in its head"),
        (b"GGUF" + struct.pack("<IQQQcI", 3, 1, 0, 1, b"t", 1 << 31) + bytes(64), "breaks off in its head"),
    ],
)
def test_a_broken_head_is_one_sentence(tmp_path: Path, head: bytes, sentence: str) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(head)
    with pytest.raises(ModelError, match=sentence) as caught:
        read_header(path)
    assert str(caught.value).startswith(str(path))


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be read \(No such file or directory\)"):
        read_header(tmp_path / "missing.gguf")


# The machine may be busy: how long an example takes says nothing here.
@settings(
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(place=st.integers(0, 12_000), byte=st.integers(0, 255), cut=st.integers(0, 12_000))
def test_whatever_a_byte_turns_into_the_head_is_read_or_refused(
    gguf_file: Path, tmp_path: Path, place: int, byte: int, cut: int
) -> None:
    content = bytearray(gguf_file.read_bytes())
    content[place] = byte
    path = tmp_path / "damaged.gguf"
    path.write_bytes(content[: len(content) - cut])
    with suppress(ModelError):
        read_header(path)

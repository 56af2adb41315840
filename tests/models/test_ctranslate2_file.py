"""A Whisper that ends too early is found before it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.ctranslate2_file import check_ctranslate2
from models.protocols import ModelError
from models.whisper import check_folder
from tests.fakes import tiny_whisper


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper.make(tmp_path_factory.mktemp("whisper"))


def shortened(path: Path, folder: Path, size_bytes: int) -> Path:
    copy = folder / path.name
    copy.write_bytes(path.read_bytes()[:size_bytes])
    return copy


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


def test_ears_that_cannot_be_read_are_one_sentence(tmp_path: Path) -> None:
    for name, cannot in (("folder", "Is a directory"), ("nowhere", "No such file or directory")):
        (tmp_path / "folder").mkdir(exist_ok=True)
        with pytest.raises(ModelError, match=rf"{name}: cannot be read \({cannot}\)\.$"):
            check_ctranslate2(tmp_path / name)

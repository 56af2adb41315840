"""The lock: what it pins, and what is no lock."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.lock import PinnedFile, PinnedModel, is_inside, pin, read_lock, write_lock
from models.settings import SettingsError

SUM = "ab" * 32
TINY = PinnedModel("tiny", "somebody/tiny", "c0ffee", (PinnedFile("a/model.bin", 5, SUM), PinnedFile("é.json", 1, SUM)))


def test_what_was_pinned_is_read_again(tmp_path: Path) -> None:
    lock = tmp_path / "models.lock"
    assert read_lock(lock) == {}
    pin(lock, {"tiny": TINY})
    assert read_lock(lock) == {"tiny": TINY}


def test_pinning_one_model_leaves_the_others(tmp_path: Path) -> None:
    lock = tmp_path / "models.lock"
    other = replace(TINY, id="other")
    pin(lock, {"tiny": TINY})
    pin(lock, {"other": other})
    assert read_lock(lock) == {"tiny": TINY, "other": other}


def test_the_same_bytes_have_the_same_folder_whatever_they_are_said_to_be() -> None:
    assert replace(TINY, commit="", repository="x").folder_name == TINY.folder_name
    assert replace(TINY, file=TINY.file[::-1]).folder_name == TINY.folder_name
    assert replace(TINY, file=TINY.file[:1]).folder_name != TINY.folder_name


def test_a_lock_that_was_tampered_with_is_one_sentence(tmp_path: Path) -> None:
    lock = tmp_path / "models.lock"
    write_lock(lock, [TINY])
    good = lock.read_text(encoding="utf-8")
    for before, after, complaint in (
        ("a/model.bin", "../model.bin", "no file inside"),
        (SUM, "short", "64 hexadecimal digits"),
        ('id = "tiny"', 'id = "../tiny"', "not one of the catalogue"),
        ("size_bytes = 5", 'size_bytes = "5"', "whole number"),
        ("size_bytes = 5", "size_bytes = -1", 'size_bytes of "a/model.bin" must be at least 0, not -1'),
        ("repository", "repo", "repository"),
    ):
        lock.write_text(good.replace(before, after), encoding="utf-8")
        with pytest.raises(SettingsError, match=complaint) as error:
            read_lock(lock)
        assert str(lock) in str(error.value)


def test_a_lock_that_cannot_be_written_is_one_sentence_and_leaves_the_old_one(tmp_path: Path) -> None:
    lock = tmp_path / "models.lock"
    write_lock(lock, [TINY])
    (tmp_path / "models.lock.new").mkdir()
    with pytest.raises(SettingsError, match="cannot be written"):
        pin(lock, {"other": replace(TINY, id="other")})
    assert list(read_lock(lock)) == ["tiny"]


@pytest.mark.parametrize("name", ["model.bin", "a/b/c.json", "m 1.gguf", "é.json"])
def test_ordinary_names_stay_inside(name: str) -> None:
    assert is_inside(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/a", "../a", "a/../b", "a//b", "a/", "./a", "a\\b", "C:a", "a\nb", "\0"]
)
def test_names_that_lead_elsewhere_do_not(name: str) -> None:
    assert not is_inside(name)

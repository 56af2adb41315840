"""The store: what lies in it is what was fetched, and a large file is not read again without need."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from models import store as module
from models.lock import PinnedModel
from models.protocols import ModelError
from models.store import DamagedModelError, MissingModelError, Store, pin_of

FILES = {"model.bin": b"weights", "config.json": b"{}"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def put(store: Store, files: dict[str, bytes], identifier: str = "tiny") -> PinnedModel:
    part = store.folder / "new.part"
    part.mkdir()
    for name, data in files.items():
        (part / name).write_bytes(data)
    model = PinnedModel(identifier, "somebody/tiny", "", tuple(pin_of(part / name, name) for name in sorted(files)))
    store.take(part, model)
    return model


@pytest.fixture
def summed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read from end to end."""
    names: list[str] = []

    def sum_of(path: Path, tell: Callable[[int], None] = lambda _: None) -> str:
        names.append(path.name)
        return real(path, tell)

    real = module.sum_of
    monkeypatch.setattr(module, "sum_of", sum_of)
    return names


def test_a_model_that_was_just_taken_in_is_not_read_again(store: Store, summed: list[str]) -> None:
    model = put(store, FILES)
    summed.clear()
    store.check(model)
    assert summed == []
    store.check(model, every_byte=True)
    assert sorted(summed) == sorted(FILES)


def test_a_file_that_was_touched_is_read_once(store: Store, summed: list[str]) -> None:
    model = put(store, FILES)
    os.utime(store.home(model) / "model.bin", (1, 1))
    summed.clear()
    store.check(model)
    store.check(model)
    assert summed == ["model.bin"]


def test_bytes_that_changed_are_found_although_the_size_is_the_same(store: Store) -> None:
    model = put(store, FILES)
    (store.home(model) / "model.bin").write_bytes(b"WEIGHTS")
    with pytest.raises(DamagedModelError, match="has other bytes than it had when it was fetched"):
        store.check(model)


def test_bytes_that_rotted_behind_the_clocks_back_are_found_when_every_byte_is_read(store: Store) -> None:
    model = put(store, FILES)
    path = store.home(model) / "model.bin"
    before = path.stat()
    path.write_bytes(b"WEIGHTS")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    store.check(model)
    with pytest.raises(DamagedModelError, match="other bytes"):
        store.check(model, every_byte=True)


def test_a_file_that_was_cut_off_or_lost_is_named(store: Store) -> None:
    model = put(store, FILES)
    path = store.home(model) / "model.bin"
    path.write_bytes(b"wei")
    with pytest.raises(DamagedModelError, match="has 3 bytes instead of 7"):
        store.check(model)
    path.unlink()
    with pytest.raises(DamagedModelError, match=r"model\.bin: is missing; `souffleur models pull tiny` mends it"):
        store.check(model)


def test_a_note_that_is_lost_or_nonsense_costs_only_time(store: Store, summed: list[str]) -> None:
    model = put(store, FILES)
    note = next(store.folder.glob("*.verified.json"))
    for nonsense in ("[]", '"a"', "{", '{"model.bin": 1}'):
        note.write_text(nonsense)
        summed.clear()
        store.check(model)
        assert sorted(summed) == sorted(FILES)


def test_the_pinned_bytes_are_chosen_and_no_others(store: Store) -> None:
    old, new = put(store, FILES), put(store, {**FILES, "model.bin": b"newer"})
    os.utime(store.folder / f"{old.folder_name}.toml", (1, 1))
    assert store.choose("tiny", old) == old
    assert store.choose("tiny", None) == new
    lost = replace(old, file=old.file[:1])
    with pytest.raises(MissingModelError, match=r"other bytes than models\.lock pins"):
        store.choose("tiny", lost)
    with pytest.raises(MissingModelError, match=r"is not in .* yet"):
        store.choose("other", None)


def test_a_model_whose_name_begins_like_anothers_is_not_taken_for_it(store: Store) -> None:
    put(store, FILES, "tiny-en")
    assert store.pulled("tiny") == ()
    assert len(store.pulled("tiny-en")) == 1


def test_a_record_without_its_folder_counts_as_not_pulled(store: Store) -> None:
    model = put(store, FILES)
    shutil.rmtree(store.home(model))
    assert store.pulled("tiny") == ()


def test_a_record_that_cannot_be_read_is_one_sentence(store: Store) -> None:
    put(store, FILES)
    next(store.folder.glob("*.toml")).write_text("[[")
    with pytest.raises(ModelError, match="not valid TOML"):
        store.pulled("tiny")


def test_a_store_where_there_can_be_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="cannot be read or written"):
        Store(tmp_path / "file" / "models").make_room(1)
    assert Store(tmp_path / "nowhere").pulled("tiny") == ()

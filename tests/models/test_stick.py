"""Models come on a stick as they come from the hub: the pinned bytes, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from models.protocols import ModelError
from models.store import Store
from tests.fakes import tiny_gguf
from tests.fakes.hub import Hub
from tests.fakes.pulls import ENTRY, FILES, WEIGHTS, fetch, stick_complaint, took
from tests.fakes.unreadable import UNREADABLE


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)


def test_a_stick_laid_out_as_the_store_brings_the_bytes_and_where_they_are_from(
    hub: Hub, store: Store, tmp_path: Path
) -> None:
    hub.add("somebody/tiny", FILES)
    model = fetch(store)
    hub.status = 500
    elsewhere = Store(tmp_path / "elsewhere")
    assert took(elsewhere, store.folder) == model
    assert took(Store(tmp_path / "third"), store.folder, model) == model
    elsewhere.check(model, every_byte=True)


def test_a_stick_that_simply_holds_the_files_will_do(hub: Hub, store: Store, tmp_path: Path) -> None:
    hub.add("somebody/tiny", FILES)
    pinned = fetch(store)
    stick = tmp_path / "stick"
    stick.mkdir()
    write(stick, FILES)
    model = took(Store(tmp_path / "elsewhere"), stick)
    assert (model.commit, model.folder_name) == ("", pinned.folder_name)
    assert took(Store(tmp_path / "third"), stick, pinned) == pinned


def test_a_stick_with_other_bytes_is_refused(hub: Hub, store: Store, tmp_path: Path) -> None:
    hub.add("somebody/tiny", FILES)
    pinned = fetch(store)
    (store.path(pinned) / "model.pth").write_bytes(b"a" * len(WEIGHTS))
    write(tmp_path, {name: data.replace(b"1", b"2") for name, data in FILES.items()})
    for number, stick in enumerate((store.folder, tmp_path)):
        elsewhere = Store(tmp_path / f"elsewhere{number}")
        said = stick_complaint(elsewhere, stick, pinned)
        assert said.startswith(f"{stick}: ")
        assert "is not the file that models.lock pins" in said
        assert "copy it to the stick again" in said
        assert "--from" not in said
        assert elsewhere.pulled("tiny") == ()


def test_a_stick_that_differs_from_its_own_record_alone_is_said_to(hub: Hub, store: Store, tmp_path: Path) -> None:
    hub.add("somebody/tiny", FILES)
    (store.path(fetch(store)) / "model.pth").write_bytes(b"a" * len(WEIGHTS))
    said = stick_complaint(Store(tmp_path / "elsewhere"), store.folder)
    assert said.startswith(f"{store.folder}: model.pth is not the file that the record on the stick pins")
    assert "models.lock" not in said


def test_a_stick_that_holds_something_else_is_not_taken_in(store: Store, tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "model.pth": b"<html>" * 150_000})
    said = stick_complaint(store, tmp_path)
    assert said.startswith(f"{tmp_path}: holds no Tiny that can be used, and nothing of it was kept (")
    assert "model.pth: holds no weights" in said
    assert store.pulled("tiny") == ()
    write(tmp_path, FILES)
    assert (store.path(took(store, tmp_path)) / "model.pth").read_bytes() == WEIGHTS


@pytest.mark.parametrize(("size_mb", "size"), [(480, "480 MB"), (2, "2 MB")])
def test_a_smaller_model_of_the_same_family_is_not_taken_for_the_one_that_is_wanted(
    store: Store, tmp_path: Path, size_mb: int, size: str
) -> None:
    write(tmp_path, FILES)
    said = stick_complaint(store, tmp_path, entry=replace(ENTRY, size_mb=size_mb))
    assert said.startswith(f"{tmp_path}: holds 1024 kB where tiny has {size}: this is another model, or a part of one")
    assert "name the folder or its file under voice in [engines]" in said
    assert store.pulled("tiny") == ()


def test_a_model_whose_bytes_are_pinned_may_have_any_size(hub: Hub, store: Store, tmp_path: Path) -> None:
    hub.add("somebody/tiny", FILES)
    entry = replace(ENTRY, size_mb=480)
    pinned = fetch(store, entry=entry)
    stick = tmp_path / "stick"
    stick.mkdir()
    write(stick, FILES)
    assert took(Store(tmp_path / "elsewhere"), stick, pinned, entry) == pinned


def test_one_piece_of_a_language_model_alone_is_not_taken_in(store: Store, tmp_path: Path) -> None:
    entry = replace(ENTRY, role="persona", files=("tiny*.gguf",), size_mb=0)
    first, second = tiny_gguf.make_parts(tmp_path)
    (tmp_path / "tiny.gguf").unlink()
    aside = second.rename(tmp_path / "aside")
    assert f"of which are missing: {second.name}" in stick_complaint(store, tmp_path, entry=entry)
    assert store.pulled("tiny") == ()
    aside.rename(second)
    assert store.path(took(store, tmp_path, entry=entry)).name == first.name


def test_a_stick_without_the_model_says_what_is_looked_for(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"does not hold tiny: config.json, \*\.pth are looked for"):
        took(store, tmp_path)
    with pytest.raises(ModelError, match="there is no such folder"):
        took(store, tmp_path / "nowhere")


@pytest.mark.skipif(not UNREADABLE.exists(), reason="this system has no file whose reading fails")
def test_a_file_that_the_stick_cannot_give_is_named(store: Store, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    (tmp_path / "model.pth").unlink()
    (tmp_path / "model.pth").symlink_to(UNREADABLE)
    said = stick_complaint(store, tmp_path, entry=replace(ENTRY, size_mb=0))
    assert said == f"{tmp_path}/model.pth: cannot be read (Input/output error); is the stick still there?"

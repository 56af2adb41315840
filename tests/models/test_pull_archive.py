"""Voices that their makers publish as a zip are unpacked into the store, and pinned by their files."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

from models.catalog import CatalogEntry
from models.store import Store
from tests.fakes.hub import Hub, zipped
from tests.fakes.pulls import CONFIG, ENTRY, WEIGHTS, complaint, fetch

VOICE = {"tts/": b"", "tts/config.json": CONFIG, "tts/model_file.pth": WEIGHTS, "../evil.pth": b"x", "tts/notes": b"x"}


def archive_entry(hub: Hub) -> CatalogEntry:
    commit = hub.add("coqui/releases", {"voice.zip": zipped(VOICE)})
    return replace(
        ENTRY,
        id="voice",
        role="voice",
        archive=f"{hub.url}/coqui/releases/resolve/{commit}/voice.zip",
        files=("config.json", "model*.pth"),
    )


def test_an_archive_is_unpacked_flat_and_pinned_by_its_files(hub: Hub, store: Store, tmp_path: Path) -> None:
    entry = archive_entry(hub)
    hub.cut_after["voice.zip"] = 400_000
    model = fetch(store, entry=entry)
    assert hub.ranges_of("voice.zip") == ["", "bytes=400000-"]
    assert model.commit == "sha256:" + hashlib.sha256(zipped(VOICE)).hexdigest()
    assert sorted(path.name for path in store.path(model).iterdir()) == ["config.json", "model_file.pth"]
    assert not (store.folder / "evil.pth").exists()
    elsewhere = Store(tmp_path / "elsewhere")
    assert fetch(elsewhere, model, entry) == model


def test_another_archive_in_the_place_of_the_pinned_one_is_refused(hub: Hub, store: Store, tmp_path: Path) -> None:
    entry = archive_entry(hub)
    model = fetch(store, entry=entry)
    hub.swapped["voice.zip"] = zipped({**VOICE, "tts/model_file.pth": b"other"})
    said = complaint(Store(tmp_path / "elsewhere"), model, entry)
    assert "model_file.pth is not the file that models.lock pins" in said


def test_what_is_no_zip_is_one_sentence(hub: Hub, store: Store) -> None:
    entry = archive_entry(hub)
    hub.swapped["voice.zip"] = b"<html>" * 1000
    assert "is no zip" in complaint(store, entry=entry)


def test_a_zip_that_would_fill_the_disk_is_not_unpacked(hub: Hub, store: Store) -> None:
    entry = archive_entry(hub)
    hub.swapped["voice.zip"] = zipped({**VOICE, "tts/model_file.pth": bytes(20_000_000)}, zipfile.ZIP_DEFLATED)
    assert "it would grow to 20 MB" in complaint(store, entry=entry)
    assert not list(store.folder.rglob("*.pth"))


def test_a_zip_that_was_damaged_on_the_way_is_one_sentence(hub: Hub, store: Store) -> None:
    entry = archive_entry(hub)
    whole = zipped(VOICE, zipfile.ZIP_DEFLATED)
    data = whole.index(b"config.json") + len("config.json")
    hub.swapped["voice.zip"] = whole[:data] + b"\xff" + whole[data + 1 :]
    said = complaint(store, entry=entry)
    assert "is no zip that can be unpacked (Error -3 while decompressing data" in said

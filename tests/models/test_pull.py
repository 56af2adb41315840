"""Models are fetched from a hub on this machine, on which everything goes wrong once."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from models.lock import pin, read_lock
from models.protocols import ModelError
from models.pull import pull
from models.store import Store
from tests.fakes import tiny_gguf
from tests.fakes.hub import Hub
from tests.fakes.pulls import ENTRY, FILES, WEIGHTS, complaint, fetch, pull_in_a_process

OTHER_CONFIG = b'{"model": "vits", "run": 2}'


# --- the good way -----------------------------------------------------------------------------------------------------


def test_the_wanted_files_come_and_their_commit_and_sums_are_known(hub: Hub, store: Store) -> None:
    commit = hub.add("somebody/tiny", FILES)
    model = fetch(store)
    assert model.commit == commit
    assert {file.name: file.sha256 for file in model.file} == {
        name: hashlib.sha256(FILES[name]).hexdigest() for name in ("config.json", "model.pth")
    }
    assert (store.path(model) / "model.pth").read_bytes() == WEIGHTS
    assert sorted(path.name for path in store.path(model).iterdir()) == ["config.json", "model.pth"]


def test_progress_is_told_up_to_the_last_byte(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", FILES)
    told: list[tuple[str, int, int]] = []
    pull(ENTRY, store, None, lambda *news: told.append(news))
    done = [done_bytes for _, done_bytes, _ in told]
    whole = len(WEIGHTS) + len(FILES["config.json"])
    assert {total for _, _, total in told} == {whole}
    assert done == sorted(done)
    assert done[-1] == whole
    assert len(done) > 20


def test_files_in_a_folder_of_the_repository_are_given_to_the_engine_without_it(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", {"ct2/" + name: data for name, data in FILES.items()})
    model = fetch(store, entry=replace(ENTRY, files=("ct2/config.json", "ct2/*.pth")))
    assert store.path(model).name == "ct2"
    assert (store.path(model) / "model.pth").is_file()


def test_of_a_language_model_in_pieces_the_first_piece_is_given_to_the_engine(
    hub: Hub, store: Store, tmp_path: Path
) -> None:
    pieces = {path.name: path.read_bytes() for path in tiny_gguf.make_parts(tmp_path)}
    hub.add("somebody/tiny", pieces)
    model = fetch(store, entry=replace(ENTRY, role="persona", files=("tiny*.gguf",)))
    assert store.path(model).name == "tiny-00001-of-00002.gguf"


def test_what_is_in_the_store_is_never_renewed(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", FILES)
    first = fetch(store)
    hub.add("somebody/tiny", {**FILES, "model.pth": b"newer"})
    asked = len(hub.asked)
    assert fetch(store) == first
    assert len(hub.asked) == asked


def test_the_hub_learns_neither_a_session_nor_the_machine(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", FILES)
    done = pull_in_a_process(hub, store.folder)
    assert done.returncode == 0, done.stderr
    assert hub.agents
    assert not [agent for agent in hub.agents if re.search("session_id|torch|origin", agent)]


# --- cut connections --------------------------------------------------------------------------------------------------


def test_a_connection_that_is_cut_is_taken_up_where_it_was(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", FILES)
    hub.cut_after["model.pth"] = 400_000
    model = fetch(store)
    assert (store.path(model) / "model.pth").read_bytes() == WEIGHTS
    assert hub.ranges_of("model.pth") == ["", "bytes=400000-"]


def test_a_pull_that_was_given_up_is_carried_on_by_the_next_one(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", FILES)
    hub.cut_after["model.pth"] = 400_000

    def hang_up(_: str, done_bytes: int, __: int) -> None:
        if done_bytes > 300_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(ENTRY, store, None, hang_up)
    assert store.pulled("tiny") == ()
    model = fetch(store)
    assert (store.path(model) / "model.pth").read_bytes() == WEIGHTS
    resumed_at = int(hub.ranges_of("model.pth")[-1].removeprefix("bytes=").rstrip("-"))
    assert resumed_at >= 300_000


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><p>Log in", b"\n <html lang='fr'>" + b" " * 5_000])
def test_a_portals_page_is_thrown_away_at_once_and_said_to_be_one(hub: Hub, store: Store, page: bytes) -> None:
    hub.add("somebody/tiny", FILES)
    hub.swapped["model.pth"] = page
    said = complaint(store)
    assert "a web page came in place of the file, and was thrown away" in said
    assert "log in" in said
    assert "carries on" not in said
    assert len(hub.ranges_of("model.pth")) == 1
    del hub.swapped["model.pth"]
    assert (store.path(fetch(store)) / "model.pth").read_bytes() == WEIGHTS
    assert hub.ranges_of("model.pth")[-1] == "", "it began again at its first byte"


def test_what_is_no_language_model_is_thrown_away_at_once(hub: Hub, store: Store, tmp_path: Path) -> None:
    hub.add("somebody/tiny", {"tiny.gguf": tiny_gguf.make(tmp_path).read_bytes()})
    hub.swapped["tiny.gguf"] = b"busy, come again"
    said = complaint(store, entry=replace(ENTRY, role="persona", files=("tiny.gguf",)))
    assert "something that is no GGUF file came in place of the file" in said


def test_a_hub_that_always_hangs_up_is_left_alone_in_the_end(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", FILES)
    hub.always_cut = True
    assert "it carries on from there" in complaint(store)


def test_half_a_file_of_another_commit_is_not_carried_on_with(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", {**FILES, "model.pth": b"x" * 500_000})

    def hang_up(_: str, done_bytes: int, __: int) -> None:
        if done_bytes > 300_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(ENTRY, store, None, hang_up)
    hub.add("somebody/tiny", FILES)
    model = fetch(store)
    assert (store.path(model) / "model.pth").read_bytes() == WEIGHTS
    assert sorted(path.name for path in store.home(model).iterdir()) == ["config.json", "model.pth"]


def test_bytes_that_were_damaged_on_the_way_are_thrown_away(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", FILES)
    for name in ("model.pth", "config.json"):
        hub.swapped = {name: b"y" * len(FILES[name])}
        assert "other bytes than announced" in complaint(store)
    hub.swapped = {}
    fetch(store)


# --- pinned bytes -----------------------------------------------------------------------------------------------------


def test_a_lock_brings_the_same_bytes_to_another_machine(hub: Hub, store: Store, tmp_path: Path) -> None:
    hub.add("somebody/tiny", FILES)
    lock = tmp_path / "models.lock"
    pin(lock, {"tiny": fetch(store)})
    hub.add("somebody/tiny", {**FILES, "model.pth": b"newer"})
    elsewhere = Store(tmp_path / "elsewhere")
    model = fetch(elsewhere, read_lock(lock)["tiny"])
    assert (elsewhere.path(model) / "model.pth").read_bytes() == WEIGHTS


@pytest.mark.parametrize("name", ["model.pth", "config.json"])
def test_a_file_that_was_changed_after_the_lock_is_refused(hub: Hub, store: Store, tmp_path: Path, name: str) -> None:
    commit = hub.add("somebody/tiny", FILES)
    pinned = fetch(store)
    hub.commits["somebody/tiny"][commit][name] = b"z" * len(FILES[name])
    elsewhere = Store(tmp_path / "elsewhere")
    said = complaint(elsewhere, pinned)
    assert f"{name} is not the file that models.lock pins" in said
    assert elsewhere.pulled("tiny") == ()


def test_a_commit_that_is_gone_is_one_sentence(hub: Hub, store: Store, tmp_path: Path) -> None:
    hub.add("somebody/tiny", FILES)
    pinned = replace(fetch(store), commit="0" * 40)
    assert "no longer has the commit" in complaint(Store(tmp_path / "elsewhere"), pinned)


def test_two_shows_that_pin_different_bytes_share_a_store(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", FILES)
    old = fetch(store)
    commit = hub.add("somebody/tiny", {**FILES, "config.json": OTHER_CONFIG})
    newer = hashlib.sha256(OTHER_CONFIG).hexdigest()
    files = tuple(
        replace(f, size_bytes=len(OTHER_CONFIG), sha256=newer) if f.name == "config.json" else f for f in old.file
    )
    new = fetch(store, replace(old, commit=commit, file=files))
    assert store.choose("tiny", old) == old
    assert store.choose("tiny", new) == new
    assert (store.path(new) / "config.json").read_bytes() == OTHER_CONFIG
    assert (store.path(old) / "config.json").read_bytes() == FILES["config.json"]


def test_a_damaged_model_is_mended_with_the_bytes_that_it_had(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", FILES)
    model = fetch(store)
    hub.add("somebody/tiny", {**FILES, "model.pth": b"newer"})
    (store.path(model) / "model.pth").write_bytes(b"short")
    with pytest.raises(ModelError, match=r"has 5 bytes instead of 1024015; `souffleur models pull tiny` mends it"):
        store.check(model)
    assert fetch(store) == model
    store.check(model, every_byte=True)


# --- what cannot be used ----------------------------------------------------------------------------------------------


def test_a_voice_that_is_none_is_neither_taken_nor_pinned(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", {**FILES, "model.pth": b"<html>" * 1000})
    said = complaint(store)
    assert said.startswith("somebody/tiny: holds no Tiny that can be used, and nothing of it was kept (")
    assert "tiny/model.pth: holds no weights" in said
    assert store.pulled("tiny") == ()
    hub.add("somebody/tiny", FILES)
    assert (store.path(fetch(store)) / "model.pth").read_bytes() == WEIGHTS


def test_what_is_pinned_and_cannot_be_used_is_refused_with_a_way_out(
    hub: Hub, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("somebody/tiny", {**FILES, "model.pth": b"<html>" * 1000})
    with monkeypatch.context() as before:
        before.setattr("models.pull.require_fit", lambda *_: None)
        pinned = fetch(store)
    for said in (complaint(store, pinned), complaint(Store(tmp_path / "elsewhere"), pinned)):
        assert "model.pth: holds no weights" in said
        assert "`souffleur models forget tiny --show SHOW` takes it out of the store and of models.lock" in said
    assert "`souffleur models forget tiny` takes it out of the store" in complaint(store)
    hub.add("somebody/tiny", FILES)
    store.forget(pinned)
    assert store.pulled("tiny") == ()
    assert list(store.folder.glob("tiny-*")) == []
    assert (store.path(fetch(store)) / "model.pth").read_bytes() == WEIGHTS


# --- what is not there ------------------------------------------------------------------------------------------------


def test_a_repository_that_was_moved_is_one_sentence(hub: Hub, store: Store) -> None:
    assert "somebody/tiny: is not there (404)" in complaint(store)


@pytest.mark.parametrize(
    ("status", "words"), [(401, "set HF_TOKEN"), (403, "set HF_TOKEN"), (404, "(404)"), (500, "answered 500")]
)
def test_every_refusal_of_the_hub_is_one_sentence(hub: Hub, store: Store, status: int, words: str) -> None:
    hub.add("somebody/tiny", FILES)
    hub.status = status
    assert words in complaint(store)


def test_a_repository_that_lost_a_file_is_not_pulled_by_halves(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", {"model.pth": WEIGHTS})
    assert "holds no config.json" in complaint(store)


def test_a_hub_that_cannot_be_reached_is_one_sentence(hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    said = complaint(store)
    assert "cannot be reached" in said
    assert "--from DIR" in said


def test_something_else_that_answers_is_no_hub(hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hub, "listing", lambda *_: ["a", "list"])
    hub.add("somebody/tiny", FILES)
    assert "HF_ENDPOINT" in complaint(store)


def test_an_address_gone_wrong_is_one_sentence(hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "hub.local")
    assert "check HF_ENDPOINT" in complaint(store)


def test_offline_by_environment_is_said(hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in complaint(store)


@pytest.mark.parametrize(
    "name", ["../model.pth", "/tmp/model.pth", "a/../../model.pth", "a\\..\\model.pth", "./model.pth"]
)
def test_a_file_that_would_be_written_outside_the_store_is_refused(hub: Hub, store: Store, name: str) -> None:
    hub.add("somebody/tiny", {**FILES, name: b"evil"})
    assert "outside the store" in complaint(store)
    assert store.pulled("tiny") == ()
    assert not (store.folder.parent / "model.pth").exists()


def test_a_second_pull_at_the_same_time_waits_for_nobody(hub: Hub, store: Store) -> None:
    hub.add("somebody/tiny", FILES)
    said = []

    def meanwhile(*_: object) -> None:
        if not said:
            said.append(complaint(store))

    pull(ENTRY, store, None, meanwhile)
    assert "is being fetched by another program" in said[0]

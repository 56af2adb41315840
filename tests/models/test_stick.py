"""Models come on a stick as they come from the hub: the pinned bytes, or a refusal."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest

from models.protocols import ModelError
from models.store import Store
from tests.fakes.hub import Hub
from tests.fakes.pulls import FILES, WEIGHTS, fetch, took


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
    for name, data in FILES.items():
        (stick / name).write_bytes(data)
    model = took(Store(tmp_path / "elsewhere"), stick)
    assert (model.commit, model.folder_name) == ("", pinned.folder_name)
    assert took(Store(tmp_path / "third"), stick, pinned) == pinned


def test_a_stick_with_other_bytes_is_refused(hub: Hub, store: Store, tmp_path: Path) -> None:
    hub.add("somebody/tiny", FILES)
    pinned = fetch(store)
    (store.path(pinned) / "model.bin").write_bytes(b"a" * len(WEIGHTS))
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data.replace(b"1", b"2"))
    for number, stick in enumerate((store.folder, tmp_path)):
        elsewhere = Store(tmp_path / f"elsewhere{number}")
        with pytest.raises(ModelError, match=r"is not the file that models\.lock pins"):
            took(elsewhere, stick, pinned)
        assert elsewhere.pulled("tiny") == ()


def test_a_stick_without_the_model_says_what_is_looked_for(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"does not hold tiny: config.json, \*\.bin are looked for"):
        took(store, tmp_path)
    with pytest.raises(ModelError, match="there is no such folder"):
        took(store, tmp_path / "nowhere")


def test_a_stick_that_is_pulled_out_is_one_sentence(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)

    class Gone(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise OSError(errno.EIO, os.strerror(errno.EIO), "model.bin")

    before = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, *rest: Gone() if path == tmp_path / "model.bin" else before(path, *rest)
    )
    with pytest.raises(ModelError, match="Input/output error"):
        took(store, tmp_path)

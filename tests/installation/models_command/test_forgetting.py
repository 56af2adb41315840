"""A wrong model, and the way out: what has been pulled is forgotten."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from installation.findings import State
from installation.weights import the_store
from models.lock import read_lock
from tests.fakes.hub import Hub
from tests.fakes.models_command import EARS, ENGINES, FILES, OTHER, REPOSITORY, ears, model_file, models, sentence
from tests.fakes.show_folder import make_show

WRONG = {**FILES, "model.bin": b"<html>" * 1000}
"""The files of some ears, one of them a page that a portal sent in its place."""


def take_without_a_look(monkeypatch: pytest.MonkeyPatch, show: Path) -> None:
    """Pinned before anybody looked at what is pinned."""
    with monkeypatch.context() as before:
        before.setattr("models.pull.require_fit", lambda *_: None)
        assert models("pull", "--show", show).exit_code == 0


def test_a_wrong_file_on_the_hub_is_not_pinned(hub: Hub, show: Path) -> None:
    hub.add(REPOSITORY, WRONG)
    result = models("pull", "--show", show)
    assert result.exit_code == 3
    assert f"{REPOSITORY}: holds no Whisper small that can be used" in sentence(result)
    assert "model.bin: is no CTranslate2 Whisper" in sentence(result)
    assert not (show / "models.lock").exists()
    hub.add(REPOSITORY, FILES)
    assert models("pull", "--show", show).exit_code == 0


def test_a_wrong_file_that_is_pinned_can_be_forgotten_and_the_right_one_pulled(
    hub: Hub, show: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add(REPOSITORY, WRONG)
    take_without_a_look(monkeypatch, show)
    hub.add(REPOSITORY, FILES)
    forget = f"souffleur models forget {EARS} --show"
    assert forget in sentence(models("pull", "--show", show))
    state, what = ears(show)
    assert state is State.FAULT
    assert f"{forget} {show}, then souffleur models pull --show {show}" in what
    (show / "models.lock").rename(tmp_path / "aside")
    assert f"{forget} {show}" in sentence(models("lock", show))
    (tmp_path / "aside").rename(show / "models.lock")
    told = models("forget", EARS, "--show", show)
    assert told.exit_code == 0
    assert f"{show / 'models.lock'} no longer pins it" in told.stdout
    assert models("pull", "--show", show).exit_code == 0
    assert model_file().read_bytes() == FILES["model.bin"]
    assert ears(show)[0] is State.OK


def test_without_a_show_a_model_is_forgotten_and_every_pin_stays(hub: Hub, show: Path) -> None:
    models("pull", "--show", show)
    lock = (show / "models.lock").read_bytes()
    folder = model_file().parent
    assert str(folder) in models("forget", EARS).stdout
    assert not folder.exists()
    assert the_store().pulled(EARS) == ()
    assert (show / "models.lock").read_bytes() == lock
    assert "there is nothing to forget" in sentence(models("forget", EARS))


def test_of_two_shows_the_other_keeps_its_bytes(hub: Hub, show: Path, tmp_path: Path) -> None:
    models("pull", "--show", show)
    models("forget", EARS, "--show", show)
    hub.add(REPOSITORY, {**FILES, "model.bin": OTHER})
    models("pull", "--show", show)
    other = make_show(tmp_path / "other", ENGINES)
    shutil.copy(show / "models.lock", other)
    models("forget", EARS, "--show", show)
    hub.add(REPOSITORY, FILES)
    models("pull", "--show", show)
    models("pull", "--show", other)
    assert models("forget", EARS, "--show", show).exit_code == 0
    assert model_file().read_bytes() == OTHER
    assert EARS in read_lock(other / "models.lock")


def test_a_pin_whose_bytes_are_nowhere_can_be_forgotten(hub: Hub, show: Path, home: Path) -> None:
    models("pull", "--show", show)
    shutil.rmtree(home / "models")
    assert models("forget", EARS, "--show", show).exit_code == 0
    assert read_lock(show / "models.lock") == {}

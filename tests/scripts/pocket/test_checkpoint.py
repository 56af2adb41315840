"""The checkpoint of a training that is killed while it is written; torch is stood in for, to run everywhere."""

from __future__ import annotations

import pickle
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
FILES = ("losses.json", "checkpoint.pt")


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture
def checkpoint(monkeypatch: pytest.MonkeyPatch) -> Any:
    torch = SimpleNamespace(
        save=lambda state, path: path.write_bytes(pickle.dumps(state)),
        load=lambda path, **_: pickle.loads(path.read_bytes()),
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    return SimpleNamespace(**runpy.run_path(str(ROOT / "scripts" / "pocket" / "checkpoint.py")))


def losses(*steps: int) -> list[dict[str, float]]:
    return [{"step": step, "loss": 1 / step} for step in steps]


def save_killed_at(checkpoint: Any, folder: Path, place: str, name: str, step: int) -> None:
    """A save at `step` that ends `before` or `after` the file `name` is put in its place."""
    replace = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if target.name != name:
            return replace(self, target)
        if place == "after":
            replace(self, target)
        raise KilledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KilledError):
            checkpoint.save(folder, {"step": step}, losses(*range(10, step + 1, 10)))


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("name", FILES)
def test_a_training_killed_in_its_first_save_begins_again_or_goes_on(
    checkpoint: Any, tmp_path: Path, name: str, place: str
) -> None:
    save_killed_at(checkpoint, tmp_path, place, name, 10)
    state, record = checkpoint.load(tmp_path)
    assert (state, record) in ((None, []), ({"step": 10}, losses(10)))


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("name", FILES)
def test_a_training_killed_in_a_later_save_has_the_record_of_its_weights(
    checkpoint: Any, tmp_path: Path, name: str, place: str
) -> None:
    checkpoint.save(tmp_path, {"step": 20}, losses(10, 20))
    save_killed_at(checkpoint, tmp_path, place, name, 40)
    state, record = checkpoint.load(tmp_path)
    assert record == losses(*range(10, state["step"] + 1, 10))


def test_where_nothing_was_kept_there_is_nothing(checkpoint: Any, tmp_path: Path) -> None:
    assert checkpoint.load(tmp_path) == (None, [])

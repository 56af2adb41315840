"""A hub, a show and a home for the commands about models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.hub import Hub, reachable_hub
from tests.fakes.models_command import ENGINES, FILES, REPOSITORY
from tests.fakes.show_folder import make_show


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of its own, so that no test reads or writes the user's."""
    folder = tmp_path / "home"
    monkeypatch.setenv("SOUFFLEUR_HOME", str(folder))
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with reachable_hub(monkeypatch) as hub:
        hub.add(REPOSITORY, FILES)
        yield hub


@pytest.fixture
def show(tmp_path: Path) -> Path:
    return make_show(tmp_path / "letters", ENGINES)

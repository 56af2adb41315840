"""Small real engines and real recordings, made or found once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.store import Store
from tests.fakes import tiny_gguf
from tests.fakes.hub import Hub, reachable_hub

RECORDINGS = Path(__file__).parents[2].parent / "shared/audio"


@pytest.fixture(scope="session")
def gguf_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_gguf.make(tmp_path_factory.mktemp("gguf"))


@pytest.fixture(scope="session")
def recordings() -> Path:
    if not RECORDINGS.is_dir():
        pytest.skip(f"the recordings of real people are not at {RECORDINGS}")
    return RECORDINGS


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with reachable_hub(monkeypatch) as hub:
        yield hub


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")

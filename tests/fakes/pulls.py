"""A model of a hub of the tests, and how it is pulled and copied in them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from models.catalog import CatalogEntry
from models.lock import PinnedModel
from models.protocols import ModelError
from models.pull import copy, pull
from models.store import Store
from tests.fakes.hub import Hub

PROJECT = Path(__file__).parents[2]

WEIGHTS = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + bytes(range(256)) * 4000
"""About one megabyte, which begins as weights of torch did."""
CONFIG = b'{"model": "vits", "run": 1}'
FILES = {"model.pth": WEIGHTS, "config.json": CONFIG, "README.md": b"read me"}
"""Of a voice, as far as its files tell."""
ENTRY = CatalogEntry(
    id="tiny",
    role="voice",
    name="Tiny",
    machine="laptop",
    repository="somebody/tiny",
    files=("config.json", "*.pth"),
    licence="MIT",
    size_mb=1,
    languages=(),
)


def fetch(store: Store, pinned: PinnedModel | None = None, entry: CatalogEntry = ENTRY) -> PinnedModel:
    return pull(entry, store, pinned, lambda *_: None)


def took(store: Store, stick: Path, pinned: PinnedModel | None = None, entry: CatalogEntry = ENTRY) -> PinnedModel:
    return copy(entry, stick, store, pinned, lambda *_: None)


def complaint(store: Store, pinned: PinnedModel | None = None, entry: CatalogEntry = ENTRY) -> str:
    """What pulling complains of: one sentence."""
    return _sentence(lambda: fetch(store, pinned, entry))


def stick_complaint(store: Store, stick: Path, pinned: PinnedModel | None = None, entry: CatalogEntry = ENTRY) -> str:
    """What copying from a stick complains of: one sentence."""
    return _sentence(lambda: took(store, stick, pinned, entry))


def _sentence(way: Callable[[], object]) -> str:
    with pytest.raises(ModelError) as error:
        way()
    said = str(error.value)
    assert "\n" not in said
    assert said.endswith((".", "?"))
    return said


def pull_in_a_process(hub: Hub, folder: Path, *before: str) -> subprocess.CompletedProcess[str]:
    """Pull into `folder` in a fresh Python, which `before` starts, without asking how much is free."""
    program = folder.parent / "program.py"
    program.write_text(f"""
from pathlib import Path
from models.pull import pull
from models.store import Store
from tests.fakes.pulls import ENTRY
Store.make_room = lambda *_: None
pull(ENTRY, Store(Path({str(folder)!r})), None, lambda *_: None)
""")
    env = os.environ | {"PYTHONPATH": str(PROJECT), "HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0"}
    command = [*before, sys.executable, str(program)]
    return subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, check=False)

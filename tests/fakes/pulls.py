"""A model of a hub of the tests, and how it is pulled and copied in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.catalog import CatalogEntry
from models.lock import PinnedModel
from models.protocols import ModelError
from models.pull import copy, pull
from models.store import Store

WEIGHTS = bytes(range(256)) * 4000
"""About one megabyte."""
FILES = {"model.bin": WEIGHTS, "config.json": b'{"a": 1}', "README.md": b"read me"}
ENTRY = CatalogEntry(
    id="tiny",
    role="ears",
    name="Tiny",
    machine="laptop",
    repository="somebody/tiny",
    files=("config.json", "*.bin"),
    licence="MIT",
    size_mb=1,
    languages=(),
)


def fetch(store: Store, pinned: PinnedModel | None = None, entry: CatalogEntry = ENTRY) -> PinnedModel:
    return pull(entry, store, pinned, lambda *_: None)


def took(store: Store, stick: Path, pinned: PinnedModel | None = None) -> PinnedModel:
    return copy(ENTRY, stick, store, pinned, lambda *_: None)


def complaint(store: Store, pinned: PinnedModel | None = None, entry: CatalogEntry = ENTRY) -> str:
    """What pulling complains of: one sentence."""
    with pytest.raises(ModelError) as error:
        fetch(store, pinned, entry)
    said = str(error.value)
    assert "\n" not in said
    assert said.endswith((".", "?"))
    return said

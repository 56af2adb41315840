from __future__ import annotations

from typing import get_args

from models.catalog import EngineRole, catalog, recommended


def test_every_role_has_a_recommendation_that_a_company_may_use():
    for role in get_args(EngineRole):
        assert recommended(role).licence in {"MIT", "Apache-2.0", "BSD-3-Clause"}


def test_an_entry_says_its_name_its_licence_and_its_size():
    assert str(recommended("ears")) == "Whisper small (MIT, 484 MB)"
    assert str(recommended("persona")) == "Qwen2.5 1.5B Instruct (Apache-2.0, 1.1 GB)"
    unknown = next(entry for entry in catalog() if entry.size_mb == 0)
    assert "0" not in str(unknown).partition("(")[2]


def test_no_entry_is_there_twice():
    places = [(entry.repository, entry.file) for entry in catalog()]
    assert len(set(places)) == len(places)

"""The catalogue: what it recommends, and what it says about the stage."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

import pytest

from models.catalog import CatalogEntry, Machine, Role, by_id, catalog, find, recommended
from models.protocols import ModelError


def test_every_role_has_a_recommendation_that_a_company_may_use_on_a_laptop():
    for role in get_args(Role):
        assert recommended(role).terms.stage == "yes"
        assert recommended(role).machine == "laptop"


def test_there_are_ears_and_a_persona_for_every_machine_that_a_company_may_use():
    for machine in get_args(Machine):
        assert [
            entry
            for entry in catalog()
            if (entry.role, entry.machine, entry.terms.stage) == ("persona", machine, "yes")
        ]
    assert {entry.machine for entry in catalog() if entry.role == "ears"} >= {"laptop", "8gb"}


def test_there_is_something_for_french_and_for_english_in_every_role():
    for role in get_args(Role):
        for language in ("fr", "en"):
            assert [entry for entry in catalog() if entry.role == role and language in (entry.languages or (language,))]


def test_a_licence_is_explained_in_the_languages_of_the_panel():
    for entry in catalog():
        assert entry.terms.why.keys() == {"en", "fr"}
        assert all(why.endswith(".") for why in entry.terms.why.values())


def test_licences_that_forbid_a_paying_public_are_known():
    assert {entry.id for entry in catalog() if entry.terms.stage == "no"} == {"xtts-v2", "qwen2.5-3b-instruct-q4"}
    assert {entry.terms.stage for entry in catalog() if entry.licence.startswith(("Llama", "Gemma"))} == {"ask"}


def test_an_entry_says_its_name_its_licence_and_its_size():
    assert str(recommended("ears")) == "whisper-small (MIT, 486 MB)"
    assert str(recommended("persona")) == "qwen2.5-1.5b-instruct-q4 (Apache-2.0, 1.1 GB)"
    assert str(replace(recommended("ears"), size_mb=0)) == "whisper-small (MIT)"


NEEDED = {
    "ears": ("config.json", "model.bin", "tokenizer.json", "vocabulary.json"),
    "persona": (),
    "voice": ("config.json", "model.pth"),
    "turns": (),
}
"""By role, the names without which its engine refuses a model; a GGUF or ONNX file has any name."""


@pytest.mark.parametrize("entry", catalog(), ids=lambda entry: entry.id)
def test_an_entry_wants_every_file_that_its_engine_needs(entry: CatalogEntry):
    assert entry.files
    assert all(entry.wants(name) for name in NEEDED[entry.role])
    if entry.role == "persona":
        assert all(pattern.endswith(".gguf") for pattern in entry.files)
    if entry.role == "turns":
        assert [pattern.endswith(".onnx") for pattern in entry.files] == [True]


def test_the_french_voice_comes_with_its_weights_and_the_tables_that_its_configuration_names():
    french = find("vits-css10-fr")
    assert all(french.wants(name) for name in ("model_file.pth.tar", "speaker_ids.json", "language_ids.json"))


@pytest.mark.parametrize("entry", catalog(), ids=lambda entry: entry.id)
def test_an_entry_says_its_languages_unless_they_are_many(entry: CatalogEntry):
    assert all(re.fullmatch("[a-z]{2}", language) for language in entry.languages)
    if one := re.search("-(en|fr)$", entry.id):
        assert entry.languages == (one[1],)
    # a voice speaks some languages, and ears that were distilled hear one, whatever tokens were left in them
    assert entry.languages or (entry.role in ("ears", "persona") and "distil" not in entry.id)


def test_nobody_knows_the_size_of_one_entry_alone():
    assert [entry.id for entry in catalog() if not entry.size_mb] == ["vits-ljspeech-en"]


def test_no_entry_is_there_twice():
    assert len(by_id()) == len(catalog())
    places = [(entry.repository, entry.archive, entry.files) for entry in catalog()]
    assert len(set(places)) == len(places)


def test_a_name_gone_wrong_is_answered_with_the_nearest_one():
    assert find("xtts-v2").licence == "CPML"
    with pytest.raises(ModelError, match=r'"Whisper-smal" is no model .*; did you mean "whisper-small"\?'):
        find("Whisper-smal")
    with pytest.raises(ModelError, match="souffleur models list"):
        find("zzz")


def test_an_entry_tells_how_show_toml_names_it():
    assert find("whisper-small").in_show == 'ears = "whisper-small"'
    assert find("xtts-v2").in_show == 'voice = "coqui:xtts-v2"'
    assert find("smart-turn-v3").in_show == '[hearing] smart_turn = "smart-turn-v3"'

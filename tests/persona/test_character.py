"""A character as its author writes it, and what the author reads when something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.protocols import Sampling
from models.settings import SettingsError
from persona.character import load_character

GOOD = """
name = "Ada"
[description]
fr = "Tu es Ada."
en = "You are Ada."
[cover]
fr = ["Un instant.", "Attendez."]
en = ["One moment.", "Wait."]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "character.toml"
    file.write_text(text, encoding="utf-8")
    return file


def told(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_character(written(folder, text))
    return str(caught.value).replace(f"{folder}/", "")


def test_a_character_is_what_its_file_says(tmp_path: Path) -> None:
    ada = load_character(written(tmp_path, GOOD + "[sampling]\ntemperature = 1\nmax_tokens = 80\n"))
    assert (ada.name, ada.languages, ada.nearest("en"), ada.nearest("de")) == ("Ada", ("fr", "en"), "en", "fr")
    assert ada.cover["en"] == ("One moment.", "Wait.")
    assert ada.sampling == Sampling(temperature=1.0, max_tokens=80)


def test_an_author_sets_how_words_are_drawn(tmp_path: Path) -> None:
    drawn = "top_k = 20\nmin_p = 0\npresence_penalty = 0.5\nfrequency_penalty = 0.25\nseed = 7\n"
    ada = load_character(written(tmp_path, f"{GOOD}[sampling]\n{drawn}"))
    assert ada.sampling == Sampling(top_k=20, min_p=0.0, presence_penalty=0.5, frequency_penalty=0.25, seed=7)


def test_an_author_marks_what_is_not_to_be_interrupted(tmp_path: Path) -> None:
    ada = load_character(written(tmp_path, f'guarded = ["lettre d\'adieu"]\n{GOOD}'))
    assert ada.guards("C'était sa Lettre d’adieu, je crois.")
    assert not ada.guards("C'était une lettre.")


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ('[filler]\nen = ["Hm."]', "filler.en needs at least two lines"),
        ('[filler]\nen = ["Hm.", "..."]', "filler.en has a line without words"),
    ],
)
def test_fillers_that_would_come_twice_in_a_row_are_refused(tmp_path: Path, more: str, complaint: str) -> None:
    assert complaint in told(tmp_path, GOOD + more)


@pytest.mark.parametrize(("more", "complaint"), [("patience_s = 0", "patience_s"), ('guarded = [" "]', "guarded")])
def test_patience_and_marks_that_mean_nothing_are_refused(tmp_path: Path, more: str, complaint: str) -> None:
    assert complaint in told(tmp_path, more + GOOD)


def test_a_show_without_a_character_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"character\.toml: there is no such file"):
        load_character(tmp_path / "character.toml")


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ('name = "Ada"', "", "character.toml: the file needs a key 'name', which is missing."),
        ('name = "Ada"', 'name = " "', "character.toml: name must not be empty."),
        ("[cover]", "[covers]", "character.toml: the file has no key 'covers'; did you mean 'cover'?"),
        ('en = "You are Ada."', 'en = ""', "character.toml: description.en must not be empty."),
        ('en = ["One moment.", "Wait."]', "", "character.toml: cover.en needs at least two lines, no two the same."),
        ('"Wait."', '"One moment."', "character.toml: cover.en needs at least two lines, no two the same."),
        ('"Wait."', '"…"', "character.toml: cover.en has a line without words."),
        (
            "[cover]",
            "[sampling]\ntop_p = 0\n[cover]",
            "character.toml: sampling.top_p must be more than 0 and at most 1.",
        ),
        *(
            ("[cover]", f"[sampling]\n{line}\n[cover]", f"character.toml: sampling.{sentence}.")
            for line, sentence in (
                ("top_k = -1", "top_k must be at least 0 (0 is no limit)"),
                ("min_p = 1", "min_p must be at least 0 and less than 1"),
                ("presence_penalty = 3", "presence_penalty must be between -2 and 2"),
                ("frequency_penalty = -3", "frequency_penalty must be between -2 and 2"),
                ("seed = -1", "seed must be between 0 and 2147483647"),
            )
        ),
        (
            "[cover]",
            "[sampling]\ntemp = 1\n[cover]",
            "character.toml: [sampling] has no key 'temp'; did you mean 'temperature'?",
        ),
        (
            "You are Ada.",
            "a" * 3001,
            "character.toml: description.en has 3001 characters; at most 3000 leave room for a talk.",
        ),
    ],
)
def test_one_sentence_says_what_a_character_lacks(tmp_path: Path, right: str, wrong: str, sentence: str) -> None:
    assert told(tmp_path, GOOD.replace(right, wrong)) == sentence

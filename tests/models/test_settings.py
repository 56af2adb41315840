"""What a person reads when a settings file is wrong, and what the house gets when it is right."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest

from models.engine_settings import EngineSettings
from models.espeak import EspeakSettings
from models.host import HostedSettings
from models.protocols import Sampling
from models.settings import SettingsError, build, plain, read_toml
from models.whisper import WhisperSettings

FILE = "shows/x/show.toml"


class Light(StrEnum):
    WORK = "work"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Hearing:
    hangover_s: float = 0.5
    floor: int = 3
    device: int | str = "default"

    def __post_init__(self) -> None:
        if self.hangover_s <= 0:
            raise ValueError("hangover_s must be more than 0")


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Show:
    name: str
    hearing: Hearing = field(default_factory=Hearing)
    light: Light = Light.WORK
    speed: Literal["slow", "fast"] = "slow"
    folder: Path | None = None
    title: dict[str, str] = field(default_factory=dict)
    line: tuple[Line, ...] = ()
    open: bool = False


def told(mapping: dict[str, object]) -> str:
    with pytest.raises(SettingsError) as caught:
        build(Show, {"name": "x"} | mapping, FILE)
    return str(caught.value)


def test_a_full_file_becomes_the_values_that_it_says(tmp_path: Path) -> None:
    file = tmp_path / "show.toml"
    file.write_text(
        """
        name = "La nuit"
        light = "house"
        speed = "fast"
        folder = "var/here"
        open = true
        title = { fr = "La nuit", en = "The night" }
        [hearing]
        hangover_s = 1
        device = 4
        [[line]]
        text = "Bonsoir."
        about = ["bonsoir", "salut"]
        [[line]]
        text = "Hush."
        """,
        encoding="utf-8",
    )
    assert read_toml(file, Show) == Show(
        name="La nuit",
        hearing=Hearing(hangover_s=1.0, device=4),
        light=Light.HOUSE,
        speed="fast",
        folder=Path("var/here"),
        title={"fr": "La nuit", "en": "The night"},
        line=(Line("Bonsoir.", ("bonsoir", "salut")), Line("Hush.")),
        open=True,
    )


def test_a_whole_number_is_a_float_where_a_float_is_wanted() -> None:
    assert type(build(Show, {"name": "x", "hearing": {"hangover_s": 2}}, FILE).hearing.hangover_s) is float


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        (
            {"hearing": {"hangover": 0.5}},
            "shows/x/show.toml: [hearing] has no key 'hangover'; did you mean 'hangover_s'?",
        ),
        ({"hearin": {}}, "shows/x/show.toml: the file has no key 'hearin'; did you mean 'hearing'?"),
        (
            {"hearing": {"zzz": 1}},
            "shows/x/show.toml: [hearing] has no key 'zzz'; its keys are device, floor, hangover_s.",
        ),
        (
            {"hearing": {"hangover_s": "0.5"}},
            'shows/x/show.toml: [hearing] hangover_s must be a number, not the text "0.5".',
        ),
        (
            {"hearing": {"hangover_s": "half\na second"}},
            'shows/x/show.toml: [hearing] hangover_s must be a number, not the text "half\\na second".',
        ),
        ({"hearing": {"floor": 2.5}}, "shows/x/show.toml: [hearing] floor must be a whole number, not 2.5."),
        ({"hearing": {"floor": True}}, "shows/x/show.toml: [hearing] floor must be a whole number, not true."),
        (
            {"hearing": {"hangover_s": float("nan")}},
            "shows/x/show.toml: [hearing] hangover_s must be a number, not nan.",
        ),
        (
            {"hearing": {"device": []}},
            "shows/x/show.toml: [hearing] device must be a whole number or a text in quotes, not a list.",
        ),
        ({"hearing": 3}, "shows/x/show.toml: hearing must be a table, not 3."),
        ({"hearing": {"hangover_s": -1}}, "shows/x/show.toml: [hearing] hangover_s must be more than 0."),
        (
            {"light": "hous"},
            "shows/x/show.toml: light must be one of 'work', 'house', not the text \"hous\"; did you mean 'house'?",
        ),
        ({"speed": 3}, "shows/x/show.toml: speed must be one of 'slow', 'fast', not 3."),
        ({"folder": 3}, "shows/x/show.toml: folder must be a path in quotes, not 3."),
        ({"title": {"fr": 1}}, "shows/x/show.toml: [title] fr must be a text in quotes, not 1."),
        ({"open": 1}, "shows/x/show.toml: open must be true or false, not 1."),
        ({"line": {"text": "a"}}, "shows/x/show.toml: line must be a list (in square brackets), not a table."),
        ({"line": [{"text": "a"}, {}]}, "shows/x/show.toml: [line (no. 2)] needs a key 'text', which is missing."),
        (
            {"line": [{"text": "a", "about": ["b", 3]}]},
            "shows/x/show.toml: [line (no. 1)] about (no. 2) must be a text in quotes, not 3.",
        ),
    ],
)
def test_one_sentence_says_what_is_wrong_and_where(mapping: dict[str, object], sentence: str) -> None:
    assert told(mapping) == sentence


def test_a_missing_key_is_named() -> None:
    with pytest.raises(SettingsError, match=r"^shows/x/show\.toml: the file needs a key 'name', which is missing\.$"):
        build(Show, {}, FILE)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml: there is no such file\.$"):
        read_toml(tmp_path / "nowhere.toml", Show)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read \(Is a directory\)\.$"):
        read_toml(tmp_path, Show)


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "show.toml"
    file.write_text('name = "x"\nlight = work\n')
    with pytest.raises(SettingsError, match=r"show\.toml: this is not valid TOML: .*line 2"):
        read_toml(file, Show)


def test_a_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "show.toml"
    file.write_bytes('name = "x"\n# été\n'.encode("latin-1"))
    with pytest.raises(SettingsError, match=r"line 2 is not UTF-8"):
        read_toml(file, Show)


def test_settings_written_as_plain_tables_are_read_as_the_same_settings() -> None:
    settings = EngineSettings(
        ears="whisper",
        whisper=WhisperSettings(temperatures=(0.0, 0.5)),
        espeak=EspeakSettings(voices={"fr": "fr+f2"}),
        hosted=HostedSettings(patience_s=3),
    )
    tables = json.loads(json.dumps(plain(settings)))
    assert build(EngineSettings, tables, FILE) == settings
    assert plain(Sampling()).keys() == plain(Sampling(seed=1)).keys() - {"seed"}, "None stands only for an absent key"

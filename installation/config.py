"""A show, read from its folder: the settings in `show.toml` and the character."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from installation.events import (
    Mode,
)
from installation.hearing.settings import HearingSettings
from installation.sound.choice import SoundSettings
from installation.tuning_file import TUNING_FILE, read_tuning
from installation.turn_taking.settings import TurnTakingSettings
from installation.turn_taking.tuning import beyond
from models.engine_settings import EngineSettings
from models.protocols import Language
from models.settings import SettingsError, read_toml
from persona.character import Character, load_character

SHOW_FILE = "show.toml"
LONGEST_NAME = 100
"""The show log's file is called after the show."""
LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class ShowSettings:
    """What the show is: `[show]`. Files are looked for in the show's folder."""

    name: str
    languages: tuple[Language, ...]
    """Those that visitors may speak, the likeliest first."""
    mode: Mode = Mode.PERFORMANCE
    """The mode that it begins in."""
    character: Path = Path("character.toml")
    visitor: Path = Path("visitor.toml")
    """Questions of the simulated visitor."""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("name must not be empty")
        if not self.name.isprintable():
            raise ValueError("name has a line break or a control character in it")
        if len(self.name) > LONGEST_NAME:
            raise ValueError(f"name is longer than {LONGEST_NAME} characters")
        if not self.languages:
            raise ValueError('languages needs at least one language, such as "en"')
        for language in self.languages:
            if not re.fullmatch("[a-z]{2,3}", language):
                raise ValueError(f'languages has "{language}", which is no code of a language, such as "en" or "fr"')
        if len(set(self.languages)) < len(self.languages):
            raise ValueError("languages names one language twice")


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What stays after the evening: `[log]`."""

    keep_visitor_words: bool = False
    """False: of what visitors say, only the times are kept."""
    record_sound: bool = False
    """True: what the microphone hears and the loudspeaker plays is recorded, for `souffleur replay`."""


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """Where the panel listens: `[panel]`."""

    host: str = "127.0.0.1"
    """An address of this machine alone: the panel has no lock on its door yet."""
    port: int = 8765
    """0 picks a free one."""

    def __post_init__(self) -> None:
        if self.host not in LOOPBACK_HOSTS:
            raise ValueError(f'host "{self.host}" is not this machine alone; use one of {", ".join(LOOPBACK_HOSTS)}')
        if self.port not in range(65_536):
            raise ValueError("port must be between 0 and 65535")


@dataclass(frozen=True, slots=True)
class ShowConfig:
    """All of `show.toml`."""

    show: ShowSettings
    engines: EngineSettings = field(default_factory=EngineSettings)
    hearing: HearingSettings = field(default_factory=HearingSettings)
    turn_taking: TurnTakingSettings = field(default_factory=TurnTakingSettings)
    """Of a show that was loaded: those in force, after what was moved at the panel."""
    sound: SoundSettings = field(default_factory=SoundSettings)
    log: LogSettings = field(default_factory=LogSettings)
    panel: PanelSettings = field(default_factory=PanelSettings)

    def __post_init__(self) -> None:
        for language in self.engines.pronunciation:
            if language not in self.show.languages:
                raise ValueError(
                    f"[engines.pronunciation.{language}] is for no language of the show "
                    f"({', '.join(self.show.languages)}); take it out, or add the language under [show]"
                )


@dataclass(frozen=True, slots=True)
class Show:
    """A show as it lies in its folder."""

    folder: Path
    config: ShowConfig
    character: Character
    own_turn_taking: TurnTakingSettings
    """What show.toml says, whatever was moved at the panel."""

    @property
    def visitor_file(self) -> Path:
        """The file with the simulated visitor's questions; it need not exist."""
        return self.folder / self.config.show.visitor


def load_show(folder: Path) -> Show:
    """The show in `folder`.

    Raises:
        SettingsError: there is no such show, or one of its files is wrong: file, key, and the nearest right one.
    """
    try:
        return _read_show(folder)
    except OSError as error:
        raise SettingsError(f"{error.filename or folder}: cannot be read ({error.strerror}).") from error


def _read_show(folder: Path) -> Show:
    if not folder.is_dir():
        raise SettingsError(f"{folder}: there is no such folder; {_shows_beside(folder)}")
    file = folder / SHOW_FILE
    if not file.exists():
        raise SettingsError(f"{file}: there is no such file; a show is a folder with a {SHOW_FILE} and a character.")
    config = read_toml(file, ShowConfig)
    character = folder / config.show.character
    if not character.is_file():
        raise SettingsError(
            f"{character}: there is no such file; write the character there, or name its file "
            f"under [show] character in {file}."
        )
    tuned = replace(config, turn_taking=read_tuning(folder, config.turn_taking))
    for place, settings in ((file, config.turn_taking), (folder / TUNING_FILE, tuned.turn_taking)):
        if told := beyond(settings):
            raise SettingsError(f"{place}: [turn_taking] {told}.")
    return Show(folder, tuned, load_character(character), own_turn_taking=config.turn_taking)


def _shows_beside(folder: Path) -> str:
    known = sorted(file.parent.name for file in folder.absolute().parent.glob(f"*/{SHOW_FILE}"))
    near = difflib.get_close_matches(folder.name, known, n=1, cutoff=0.55)
    if near:
        return f"did you mean '{folder.parent / near[0]}'?"
    return f"the shows beside it are: {', '.join(known)}." if known else "a show is a folder with a show.toml."

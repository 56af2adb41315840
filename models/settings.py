"""Reads TOML into frozen dataclasses, and says in one sentence what is wrong where it cannot."""

from __future__ import annotations

import builtins
import difflib
import json
import math
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


class SettingsError(Exception):
    """A settings file cannot be used; the message names the file, the key and, if it can, the right one."""


def read_toml(path: Path, cls: type[T]) -> T:
    """The file at `path` as a `cls`, a dataclass whose fields are the keys of the file; see `build`.

    Raises:
        SettingsError: the file is missing, is not TOML, or does not fit `cls`.
    """
    return build(cls, load_toml(path), str(path))


def load_toml(path: Path) -> dict[str, Any]:
    """The file at `path` as plain tables.

    Raises:
        SettingsError: the file is missing, cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such file.") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}: line {line} is not UTF-8 text; save the file as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: this is not valid TOML: {str(error).rstrip('.')}.") from error
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path}: holds a number too long, or tables too deep, to be read.") from error


def build(cls: type[T], mapping: Mapping[str, Any], where: str) -> T:
    """A `cls` made from the tables of `mapping`; `where` names their file in errors.

    A field may be a bool, int, float (a whole number will do), str, Path, Enum (by value), Literal, dataclass (a
    table), tuple[..., ...] (an array; of dataclasses: an array of tables), dict[str, ...] (a table with free keys), or
    a union of these. A field without a default must be there. None stands only for an absent key. A ValueError that a
    dataclass raises when it is made is passed on with the file and the table in front of it.

    Raises:
        SettingsError: the first thing in `mapping` that does not fit.
    """
    return cast(T, _table(cls, mapping, _Place(where)))


def plain(settings: object) -> dict[str, Any]:
    """The tables from which `build` makes `settings`, a dataclass, again: nothing in them that JSON could not hold."""
    return cast("dict[str, Any]", _plain(settings))


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        named = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        return {name: _plain(item) for name, item in named.items() if item is not None}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in which file a value stands."""

    file: str
    table: str = ""
    key: str = ""

    def inside(self, key: str) -> _Place:
        return _Place(self.file, self.inner_name, key)

    def numbered(self, number: int) -> _Place:
        return _Place(self.file, self.table, f"{self.key} (no. {number})")

    @property
    def inner_name(self) -> str:
        """Name of the table that the value at this place is."""
        return ".".join(part for part in (self.table, self.key) if part)

    def error(self, rest: str) -> SettingsError:
        table = f"[{self.table}] " if self.table else ""
        return SettingsError(f"{self.file}: {table}{self.key} {_ended(rest)}")

    def error_inside(self, rest: str) -> SettingsError:
        table = f"[{self.inner_name}]" if self.inner_name else "the file"
        return SettingsError(f"{self.file}: {table} {_ended(rest)}")


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?")) else sentence + "."


def _table(cls: type[Any], mapping: object, place: _Place) -> object:
    if not isinstance(mapping, Mapping):
        raise place.error(f"must be a table, not {_found(mapping)}")
    settable = {field.name: field for field in fields(cls) if field.init}
    for key in mapping:
        if key not in settable:
            raise place.error_inside(f"has no key '{key}'; {_nearest(key, settable)}")
    for name, field in settable.items():
        if name not in mapping and _required(field):
            raise place.error_inside(f"needs a key '{name}', which is missing")
    wanted = get_type_hints(cls)
    values = {key: _value(wanted[key], value, place.inside(key)) for key, value in mapping.items()}
    try:
        return cls(**values)
    except ValueError as error:
        table = f"[{place.inner_name}] " if place.inner_name else ""
        raise SettingsError(f"{place.file}: {table}{_ended(str(error))}") from error


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _nearest(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(word.casefold(), names, n=1, cutoff=0.55)
    near = near or [name for name in names if name.startswith(word) or word.startswith(name)][:1]
    if near:
        return f"did you mean '{near[0]}'?"
    return "its keys are " + ", ".join(names)


def _value(wanted: Any, value: object, place: _Place) -> object:
    arguments = get_args(wanted)
    match get_origin(wanted):
        case types.UnionType | typing.Union:
            read = _member(arguments, value, place)
        case builtins.tuple:
            read = _items(arguments[0], value, place)
        case builtins.dict:
            read = _free_table(arguments[1], value, place)
        case typing.Literal:
            read = _choice({choice: choice for choice in arguments}, value, place)
        case _:
            read = _single(wanted, value, place)
    return read


def _single(wanted: Any, value: object, place: _Place) -> object:
    if is_dataclass(wanted):
        return _table(cast("type[Any]", wanted), value, place)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return _choice({member.value: member for member in wanted}, value, place)
    if wanted is Path and isinstance(value, str):
        return Path(value)
    if wanted is float and type(value) in (int, float) and math.isfinite(cast(float, value)):
        return float(cast(float, value))
    if wanted in (bool, int, str) and type(value) is wanted:
        return value
    raise place.error(f"must be {_wanted(wanted)}, not {_found(value)}")


def _member(members: tuple[Any, ...], value: object, place: _Place) -> object:
    """The value as the first member of a union that takes it; with one real member, that member's own error."""
    real = [member for member in members if member is not type(None)]
    if len(real) == 1:
        return _value(real[0], value, place)
    for member in real:
        try:
            return _value(member, value, place)
        except SettingsError:
            continue
    raise place.error(f"must be {' or '.join(map(_wanted, real))}, not {_found(value)}")


def _items(wanted: Any, value: object, place: _Place) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise place.error(f"must be {_wanted(tuple)} (in square brackets), not {_found(value)}")
    return tuple(_value(wanted, item, place.numbered(number)) for number, item in enumerate(value, 1))


def _free_table(wanted: Any, value: object, place: _Place) -> dict[str, object]:
    if not isinstance(value, dict):
        raise place.error(f"must be a table, not {_found(value)}")
    return {key: _value(wanted, item, place.inside(key)) for key, item in value.items()}


def _choice(choices: Mapping[Any, object], value: object, place: _Place) -> object:
    for choice, chosen in choices.items():
        if type(choice) is type(value) and choice == value:
            return chosen
    listed = ", ".join(f"'{choice}'" for choice in choices)
    near = difflib.get_close_matches(str(value).casefold(), [str(choice) for choice in choices], n=1, cutoff=0.55)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise place.error(f"must be one of {listed}, not {_found(value)}{hint}")


_NAMES: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text in quotes",
    Path: "a path in quotes",
    tuple: "a list",
}


def _wanted(wanted: Any) -> str:
    if get_origin(wanted) is Literal:
        return " or ".join(f"'{choice}'" for choice in get_args(wanted))
    if is_dataclass(wanted) or get_origin(wanted) is dict:
        return "a table"
    if get_origin(wanted) is tuple:
        return "a list"
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return " or ".join(f"'{member.value}'" for member in wanted)
    return _NAMES[wanted]


def _found(value: object) -> str:
    """The value as it stands in the file, short enough for a sentence."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        short = value if len(value) <= 40 else value[:39] + "…"
        # a line break would tear the sentence
        return f"the text {json.dumps(short, ensure_ascii=False)}"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return str(value)

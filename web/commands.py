"""The commands that a panel may send: JSON from outside becomes a `Command`, or is refused with a sentence."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from installation.commands import (
    MAX_SCALE,
    MAX_STEERING_CHARS,
    MAX_TEXT_CHARS,
    Ask,
    Command,
    Interrupt,
    Listen,
    MuteMicrophone,
    Panic,
    Pause,
    Reject,
    Release,
    Resume,
    Say,
    ScaleDouble,
    SetMode,
    Steer,
    Tune,
    TuneBack,
)
from installation.events import (
    Mode,
)
from web.refusal import Refusal

_NAME = re.compile(r"[a-z_]{1,60}")
_LONGEST_CHOICE_CHARS = 60
_SPACES = re.compile(r"[\s\u2028\u2029]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_FORBIDDEN_CATEGORIES = {"Cc", "Cs"}
"""Control characters, and halves of surrogate pairs, which no log could store as UTF-8."""


def parse_command(body: bytes) -> Command:
    """The command in a JSON object such as `{"command": "say", "text": "Good evening."}`.

    Raises:
        Refusal: the body is no such object, or a field is unknown, missing or wrong.
    """
    fields = _json_object(body)
    name = fields.pop("command", None)
    if not isinstance(name, str) or name not in _OFFERED:
        raise Refusal(400, f"There is no command {_quoted(name)}.", f"Il n’y a pas de commande {_quoted(name)}.")
    kind, readers = _OFFERED[name]
    for field in fields:
        if field not in readers:
            raise Refusal(
                400, f"“{name}” has no field {_quoted(field)}.", f"« {name} » n’a pas de champ {_quoted(field)}."
            )
    for field in readers.keys() - fields.keys() - _OPTIONAL_FIELDS:
        raise Refusal(400, f"“{name}” lacks its field “{field}”.", f"Il manque à « {name} » son champ « {field} ».")
    return kind(**{field: readers[field](value) for field, value in fields.items()})


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Refusal(400, "A command must be one JSON object.", "Une commande doit être un objet JSON.")
    return value


def _line(value: object, max_chars: int = MAX_TEXT_CHARS) -> str:
    """One line of text, perhaps empty: line breaks and tabs become spaces."""
    if not isinstance(value, str):
        raise Refusal(400, "The text must be text.", "Le texte doit être du texte.")
    text = _SPACES.sub(" ", value).strip()
    if len(text) > max_chars:
        raise Refusal(
            400,
            f"The text has {len(text):,} characters; send at most {max_chars:,} at a time.",
            f"Le texte a {len(text)} caractères ; envoyez-en {max_chars} au plus à la fois.",
        )
    for character in text:
        if unicodedata.category(character) in _FORBIDDEN_CATEGORIES:
            code = f"U+{ord(character):04X}"
            raise Refusal(
                400,
                f"The text contains the control character {code}; take it out and send again.",
                f"Le texte contient le caractère de contrôle {code} ; ôtez-le et renvoyez.",
            )
    return text


def _words(value: object) -> str:
    """One line of text with something in it."""
    text = _line(value)
    if not any(character.isalnum() for character in text):
        raise Refusal(400, "There are no words to send.", "Il n’y a pas de mots à envoyer.")
    return text


def _steering(value: object) -> str:
    """One line of direction, perhaps empty."""
    return _line(value, MAX_STEERING_CHARS)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Refusal(400, "“muted” must be true or false.", "« muted » doit être true ou false.")
    return value


def _scale(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_SCALE:
        raise Refusal(
            400,
            f"“scale” must be a number between 0 and {MAX_SCALE:g}.",
            f"« scale » doit être un nombre entre 0 et {MAX_SCALE:g}.",
        )
    return float(value)


def _name(value: object) -> str:
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    raise Refusal(
        400,
        "“name” must be a threshold’s name, such as “open_pause_s”.",
        "« name » doit être le nom d’un seuil, comme « open_pause_s ».",
    )


def _name_or_all(value: object) -> str | None:
    return None if value is None else _name(value)


def _setting(value: object) -> bool | float | str:
    """The value of a threshold; whether that one may have it, the house knows."""
    if isinstance(value, bool) or (isinstance(value, str) and len(value) <= _LONGEST_CHOICE_CHARS):
        return value
    # JSON knows whole numbers that no float could hold
    if isinstance(value, int | float) and abs(value) < 1e9 and math.isfinite(value):
        return float(value)
    raise Refusal(
        400,
        "“value” must be a number, true, false, or a short text.",
        "« value » doit être un nombre, true, false ou un texte court.",
    )


def _mode(value: object) -> Mode:
    if isinstance(value, str) and value in set(Mode):
        return Mode(value)
    names = ", ".join(Mode)
    raise Refusal(
        400, f"There is no mode {_quoted(value)}: {names}.", f"Il n’y a pas de mode {_quoted(value)} : {names}."
    )


def _turn_id(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refusal(400, "“turn_id” must be a turn’s number.", "« turn_id » doit être le numéro d’un tour.")
    return value


def _language(value: object) -> str | None:
    if value is None or (isinstance(value, str) and _LANGUAGE.fullmatch(value)):
        return value
    raise Refusal(
        400,
        "“language” must be a language code such as “fr”, or null.",
        "« language » doit être un code de langue comme « fr », ou null.",
    )


def _quoted(value: object) -> str:
    """What was sent, short enough for a sentence."""
    return json.dumps(value)[:40]


_OFFERED: dict[str, tuple[Callable[..., Command], dict[str, Callable[[object], object]]]] = {
    "interrupt": (Interrupt, {}),
    "mute_microphone": (MuteMicrophone, {"muted": _flag}),
    "pause": (Pause, {}),
    "resume": (Resume, {}),
    "panic": (Panic, {}),
    "say": (Say, {"text": _words, "language": _language}),
    "ask": (Ask, {"text": _words}),
    "listen": (Listen, {}),
    "steer": (Steer, {"text": _steering}),
    "scale_double": (ScaleDouble, {"scale": _scale}),
    "tune": (Tune, {"name": _name, "value": _setting}),
    "tune_back": (TuneBack, {"name": _name_or_all}),
    "set_mode": (SetMode, {"mode": _mode}),
    "release": (Release, {"turn_id": _turn_id}),
    "reject": (Reject, {"turn_id": _turn_id}),
}
_OPTIONAL_FIELDS = {"language"}

"""Moves a threshold of turn-taking, or says in the panel's languages why it cannot be moved there: pure."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Any

from installation.commands import (
    Refused,
    Setting,
    Tune,
    TuneBack,
)
from installation.entries import Threshold
from installation.turn_taking.settings import TurnTakingSettings
from installation.turn_taking.thresholds import RISING, THRESHOLDS

_BY_NAME = {threshold.name: threshold for threshold in THRESHOLDS}


def offered(own: TurnTakingSettings) -> tuple[Threshold, ...]:
    """The thresholds with what the show itself says."""
    values = dict(values_of(own))
    return tuple(replace(threshold, own=values[threshold.name]) for threshold in THRESHOLDS)


def values_of(settings: TurnTakingSettings) -> tuple[tuple[str, Setting], ...]:
    """The value of each threshold, as it stands in a file."""
    return tuple((threshold.name, _plain(getattr(settings, threshold.name))) for threshold in THRESHOLDS)


def differing(settings: TurnTakingSettings, own: TurnTakingSettings) -> tuple[tuple[str, Setting], ...]:
    """Name and value of the thresholds that are not the show's own."""
    before = dict(values_of(own))
    return tuple((name, value) for name, value in values_of(settings) if value != before[name])


def beyond(settings: TurnTakingSettings) -> str:
    """Which threshold lies where the panel could not put it, as one sentence without its full stop; "" if none does."""
    for threshold in THRESHOLDS:
        _, least, most, _ = threshold.scale
        value = getattr(settings, threshold.name)
        if not threshold.choices and not least <= float(value) <= most:
            return f"{threshold.name} must be between {least:g} and {most:g}, not {value:g}"
    return ""


def moved(settings: TurnTakingSettings, own: TurnTakingSettings, command: Tune | TuneBack) -> TurnTakingSettings:
    """`settings` after a command from the panel; `own` is what the show says.

    Raises:
        Refused: there is no such threshold or value, or it contradicts another.
    """
    if isinstance(command, TuneBack) and command.name is None:
        return own
    threshold = _BY_NAME.get(command.name or "")
    if threshold is None:
        raise Refused(f"There is no threshold “{command.name}”.", f"Il n’y a pas de seuil « {command.name} ».")
    value = _checked(threshold, command.value, settings) if isinstance(command, Tune) else getattr(own, threshold.name)
    change: dict[str, Any] = {threshold.name: value}
    try:
        return replace(settings, **change)
    except ValueError as error:
        raise _contradiction(threshold, value, settings, error) from error


def _checked(threshold: Threshold, value: Setting, settings: TurnTakingSettings) -> object:
    """A value that the panel may give the threshold, in the settings' own type."""
    if threshold.choices:
        if any(type(value) is type(choice.value) and value == choice.value for choice in threshold.choices):
            return type(getattr(settings, threshold.name))(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _, least, most, _ = threshold.scale
        if least <= value <= most:
            return float(value)
    raise Refused(
        f"“{threshold.label.en}” cannot be {value}: it goes {_span(threshold, 'en')}.",
        f"« {threshold.label.fr} » ne peut pas valoir {value} : {_span(threshold, 'fr')}.",
    )


def _span(threshold: Threshold, language: str) -> str:
    if threshold.choices:
        names = ", ".join(getattr(choice.label, language) for choice in threshold.choices)
        return f"by {names}" if language == "en" else f"au choix {names}"
    unit, least, most, _ = threshold.scale
    return f"from {least:g} to {most:g} {unit}" if language == "en" else f"de {least:g} à {most:g} {unit}"


def _contradiction(threshold: Threshold, value: object, settings: TurnTakingSettings, error: ValueError) -> Refused:
    for shorter, longer in RISING:
        first, second = _BY_NAME[shorter], _BY_NAME[longer]
        values = {name: getattr(settings, name) for name in (shorter, longer)} | {threshold.name: value}
        if values[shorter] > values[longer]:
            return Refused(
                f"“{first.label.en}” ({values[shorter]:g} s) must not be longer than "
                f"“{second.label.en}” ({values[longer]:g} s): move the other one first.",
                f"« {first.label.fr} » ({values[shorter]:g} s) ne doit pas être plus long que "
                f"« {second.label.fr} » ({values[longer]:g} s) : déplacez d’abord l’autre.",
            )
    return Refused(
        f"“{threshold.label.en}” cannot be {value} beside the other thresholds ({error}).",
        f"« {threshold.label.fr} » ne peut pas valoir {value} à côté des autres seuils ({error}).",
    )


def _plain(value: Any) -> Setting:
    plain: Setting = value.value if isinstance(value, Enum) else value
    return plain

"""Finds numbers in English and French text: amounts, measures, times, ordinals, years, kings and acts."""

from __future__ import annotations

import re
from collections.abc import Callable

from models.numerals import (
    ENGLISH,
    FRENCH,
    Numerals,
    english_decade,
    english_time,
    french_ordinal,
    french_time,
    roman,
)

Match = re.Match[str]
Rule = tuple[re.Pattern[str], Callable[[Match], str]]
"""What is looked for, and the words that take its place."""

GAP = "[ \u00a0\u2009\u202f]"
"""Spaces, those among them that French puts inside numbers and before signs."""

_SIGN = r"(?P<sign>(?<![\w)])[-−])?"
_NUMBER = {
    "en": rf"{_SIGN}(?<!\d)(?P<whole>\d{{1,3}}(?:,\d{{3}})+(?!\d)|\d+)(?:\.(?P<part>\d+))?",
    "fr": rf"{_SIGN}(?<!\d)(?P<whole>\d{{1,3}}(?:(?:{GAP}|\.)\d{{3}})+(?!\d)|\d+)(?:,(?P<part>\d+))?",
}
_ROMAN = r"(?=[IVX])(?P<roman>X{0,3}(?:IX|IV|V?I{0,3}))"
_HALF = r"([ap])(?:\.m\.(?=\s*\S)|\.?m\b)"
"""Of a day; the point of "p.m." that ends a text ends its sentence, too."""
_ALONE = r"(?![\w'’])"
_NAME = r"(?P<of>(?<!\w)[A-ZÀ-Ý][a-zà-ÿ]+)"
_MONARCH = r"\b(?P<of>Charles|Edward|Elizabeth|George|Henry|James|Louis|Philip|Richard|William)"
_PART = {
    "en": r"\b(?P<of>[Aa]ct|[Ss]cene|[Pp]art|[Cc]hapter|[Bb]ook|[Vv]olume)",
    "fr": r"\b(?P<of>[Aa]cte|[Ss]cène|[Tt]ableau|[Pp]artie|[Cc]hapitre|[Ll]ivre|[Tt]ome)",
}


def _rule(pattern: str, say: Callable[[Match], str]) -> Rule:
    return re.compile(pattern), say


def _parts(match: Match) -> tuple[str, str]:
    return re.sub(r"\D", "", match["whole"]), match["part"] or ""


def _signed(numerals: Numerals, say: Callable[[Match], str]) -> Callable[[Match], str]:
    return lambda match: f"{numerals.minus} {say(match)}" if match["sign"] else say(match)


def _measures(numerals: Numerals) -> list[Rule]:
    """Numbers with what they count."""
    number = _NUMBER[numerals.language]
    money = f"(?P<money>[{''.join(map(re.escape, numerals.money))}])"
    large = rf"(?:{GAP}(?P<large>{numerals.large})\b)?"
    unit = f"(?P<unit>{'|'.join(map(re.escape, numerals.units))})"

    def amount(match: Match) -> str:
        return numerals.amount(*_parts(match), match["large"] or "", numerals.money[match["money"]])

    def percent(match: Match) -> str:
        return f"{numerals.decimal(*_parts(match))} {numerals.percent}"

    def degrees(match: Match) -> str:
        scale = f" {numerals.scales[match['scale']]}" if match["scale"] else ""
        return numerals.counted(*_parts(match), numerals.degrees) + scale

    def measure(match: Match) -> str:
        return numerals.counted(*_parts(match), numerals.units[match["unit"]])

    found: dict[str, Callable[[Match], str]] = {
        rf"{number}{large}{GAP}?{money}": amount,
        rf"{money}{GAP}?{number}{large}": amount,
        rf"{number}{GAP}?%": percent,
        rf"{number}{GAP}?°(?:{GAP}?(?P<scale>[CF])\b)?": degrees,
        rf"{number}{GAP}?{unit}{_ALONE}": measure,
    }
    return [_rule(pattern, _signed(numerals, say)) for pattern, say in found.items()]


def _bare(numerals: Numerals) -> Rule:
    """Every number that is left: after this rule there is no digit."""
    return _rule(_NUMBER[numerals.language], _signed(numerals, lambda match: numerals.decimal(*_parts(match))))


def _between(to: str) -> list[Rule]:
    """What stands between two numbers: a range, or a date with its strokes."""
    return [
        _rule(rf"(?<=\d){GAP}?–{GAP}?(?=\d)|(?<=\b\d{{4}})-(?=\d{{4}}\b)", lambda _: to),
        _rule(r"(?<=\d)/(?=\d)", lambda _: ""),
    ]


def _romans(numerals: Numerals) -> list[Rule]:
    """Acts, and whoever else is counted in Roman; one letter after a name may be an initial, so it stays."""

    def said(match: Match) -> str:
        return f"{match['of']} {numerals.integer(roman(match['roman']))}"

    return [
        _rule(rf"{_PART[numerals.language]} {_ROMAN}{_ALONE}", said),
        _rule(rf"{_NAME} (?=[IVX]{{2}}){_ROMAN}{_ALONE}", said),
    ]


ENGLISH_NUMBERS: tuple[Rule, ...] = (
    _rule(
        rf"(?<![\d:.,])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])(?:{GAP}?{_HALF})?",
        lambda m: english_time(m[1], m[2], m[3] or ""),
    ),
    _rule(rf"(?<![\d:.,])([01]?\d){GAP}?{_HALF}", lambda m: english_time(m[1], "", m[2])),
    _rule(r"(?<![\d.,])['’]?((?:\d\d)?\d0)s\b", lambda m: english_decade(m[1])),
    _rule(
        r"(?<![\d.,])(\d+(?:,\d{3})*)(?:st|nd|rd|th|ST|ND|RD|TH)\b", lambda m: ENGLISH.ordinal(m[1].replace(",", ""))
    ),
    *_between("to"),
    *_measures(ENGLISH),
    _rule(r"(?<![\d.,])(1(?:0[1-9]|[1-9]\d)\d|20\d\d)(?!\d|[.,]\d)", lambda m: ENGLISH.year(m[1])),
    _bare(ENGLISH),
    _rule(rf"{_MONARCH} {_ROMAN}{_ALONE}", lambda m: f"{m['of']} the {ENGLISH.ordinal(roman(m['roman']))}"),
    *_romans(ENGLISH),
)

FRENCH_NUMBERS: tuple[Rule, ...] = (
    _rule(
        rf"(?<![\d:.,])([01]?\d|2[0-4])(?:{GAP}?h(?:{GAP}?([0-5]\d)(?!\d)|(?!\w))|:([0-5]\d)(?![\d:]))",
        lambda m: french_time(m[1], m[2] or m[3] or ""),
    ),
    _rule(r"(?<![\d.,])(\d+)(er|re|ère|nde?|i?[èe]me|[eè])(s?)\b", lambda m: french_ordinal(m[1], m[2]) + m[3]),
    *_between("à"),
    *_measures(FRENCH),
    _bare(FRENCH),
    _rule(rf"\b(?=[IVX]{{2}}){_ROMAN}(?:e|[èe]me)\b", lambda m: FRENCH.ordinal(roman(m["roman"]))),
    _rule(r"\b([IVX])e(?= (?:siècle|République|arrondissement)\b)", lambda m: FRENCH.ordinal(roman(m[1]))),
    _rule(r"\bIer\b", lambda _: "premier"),
    *_romans(FRENCH),
)

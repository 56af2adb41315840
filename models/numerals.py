"""How English and French say numbers, ordinals, years, times and amounts: words for digits, nothing about texts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from num2words import num2words

LONGEST_DIGITS = 15
"""A longer number is a code or a telephone number: it is said digit by digit, and so is one that begins with 0."""

_PLURAL_IN_ORDINAL = re.compile(r"(vingt|cent|million|milliard|billion)sième")
"""num2words 0.5.14 says "quatre-vingtsième" where French says "quatre-vingtième"."""

_MILLIONS = re.compile(r"(?:million|milliard|billion)s?$")


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted, for one and for many."""

    one: str
    many: str


@dataclass(frozen=True, slots=True)
class Money:
    """A currency and its hundredth."""

    whole: Counted
    hundredth: Counted


@dataclass(frozen=True, slots=True)
class Numerals:
    """The words with which a language says numbers."""

    language: str
    point: str
    minus: str
    percent: str
    degrees: Counted
    scales: dict[str, str]
    """Of temperature, by their letter."""
    large: str
    """Pattern of the words that stand between a number and its currency: "$5 million"."""
    units: dict[str, Counted]
    money: dict[str, Money]

    def integer(self, digits: str) -> str:
        """A whole number, of any length."""
        if len(digits) > LONGEST_DIGITS or (digits[0] == "0" and len(digits) > 1):
            return self.one_by_one(digits)
        return self._words(int(digits), "cardinal")

    def one_by_one(self, digits: str) -> str:
        """Each digit for itself."""
        return " ".join(self._words(int(digit), "cardinal") for digit in digits)

    def decimal(self, whole: str, fraction: str) -> str:
        """A number with what follows its decimal mark ("" for none); French says "3,14" as "trois virgule quatorze"."""
        if not fraction:
            return self.integer(whole)
        rest = fraction.lstrip("0")
        if self.language == "en" or not rest or len(rest) > 3:
            said = self.one_by_one(fraction)
        else:
            zeros = fraction[: len(fraction) - len(rest)]
            said = " ".join(filter(None, (self.one_by_one(zeros), self.integer(rest))))
        return f"{self.integer(whole)} {self.point} {said}"

    def ordinal(self, digits: str) -> str:
        """ "third"; a number that has no ordinal is said as it stands."""
        if len(digits) > LONGEST_DIGITS or int(digits) == 0:
            return self.integer(digits)
        return _PLURAL_IN_ORDINAL.sub(r"\1ième", self._words(int(digits), "ordinal"))

    def year(self, digits: str) -> str:
        """ "nineteen eighty-four", in English; French says a year as any number."""
        return self._words(int(digits), "year" if self.language == "en" else "cardinal")

    def counted(self, whole: str, fraction: str, what: Counted, large: str = "") -> str:
        """ "two kilometres"; `large` stands between the two: "million", or "" for nothing."""
        said = f"{self.decimal(whole, fraction)} {large}".rstrip()
        if self.language == "fr" and _MILLIONS.search(said):
            return f"{said} d'{what.many}" if what.many[0] in "aeéiouh" else f"{said} de {what.many}"
        return f"{said} {what.one if not large and self._is_single(whole, fraction) else what.many}"

    def amount(self, whole: str, fraction: str, large: str, money: Money) -> str:
        """ "three euros fifty"; `large` as for `counted`."""
        if large or len(fraction) != 2 or fraction == "00":
            return self.counted(whole, "" if fraction == "00" else fraction, money.whole, large)
        cents = fraction.removeprefix("0")
        if not whole.strip("0"):
            return self.counted(cents, "", money.hundredth)
        return f"{self.counted(whole, '', money.whole)} {self.integer(cents)}"

    def _is_single(self, whole: str, fraction: str) -> bool:
        number = whole.lstrip("0")
        return number in ("", "1") if self.language == "fr" else number == "1" and not fraction

    def _words(self, number: int, form: str) -> str:
        # the commas in "one thousand, two hundred" would be spoken as pauses
        return str(num2words(number, lang=self.language, to=form)).replace(",", "")


ENGLISH = Numerals(
    language="en",
    point="point",
    minus="minus",
    percent="per cent",
    degrees=Counted("degree", "degrees"),
    scales={"C": "Celsius", "F": "Fahrenheit"},
    large="thousand|million|billion|trillion",
    units={
        "km/h": Counted("kilometre per hour", "kilometres per hour"),
        "km": Counted("kilometre", "kilometres"),
        "cm": Counted("centimetre", "centimetres"),
        "mm": Counted("millimetre", "millimetres"),
        "kg": Counted("kilogram", "kilograms"),
        "m2": Counted("square metre", "square metres"),
        "m": Counted("metre", "metres"),
    },
    money={
        "€": Money(Counted("euro", "euros"), Counted("cent", "cents")),
        "$": Money(Counted("dollar", "dollars"), Counted("cent", "cents")),
        "£": Money(Counted("pound", "pounds"), Counted("penny", "pence")),
    },
)

FRENCH = Numerals(
    language="fr",
    point="virgule",
    minus="moins",
    percent="pour cent",
    degrees=Counted("degré", "degrés"),
    scales={"C": "Celsius", "F": "Fahrenheit"},
    large="millions?|milliards?",
    units={
        "km/h": Counted("kilomètre à l'heure", "kilomètres à l'heure"),
        "km": Counted("kilomètre", "kilomètres"),
        "cm": Counted("centimètre", "centimètres"),
        "mm": Counted("millimètre", "millimètres"),
        "kg": Counted("kilo", "kilos"),
        "m2": Counted("mètre carré", "mètres carrés"),
        "m": Counted("mètre", "mètres"),
    },
    money={
        "€": Money(Counted("euro", "euros"), Counted("centime", "centimes")),
        "$": Money(Counted("dollar", "dollars"), Counted("cent", "cents")),
        "£": Money(Counted("livre", "livres"), Counted("penny", "pence")),
    },
)


def english_time(hour: str, minute: str, half: str) -> str:
    """ "twelve thirty", "nine oh five p m"; `half` is "a", "p" or ""."""
    if minute in ("", "00"):
        said = "" if half else "o'clock"
    else:
        said = f"oh {ENGLISH.integer(minute[1])}" if minute[0] == "0" else ENGLISH.integer(minute)
    return " ".join(filter(None, (ENGLISH.integer(str(int(hour))), said, half and f"{half} m")))


def french_time(hour: str, minute: str) -> str:
    """ "quatorze heures cinq"; hours and minutes are feminine."""
    number = int(hour)
    said = f"{_feminine(FRENCH.integer(str(number)))} {'heure' if number < 2 else 'heures'}"
    return said if not minute or int(minute) == 0 else f"{said} {_feminine(FRENCH.integer(str(int(minute))))}"


def french_ordinal(digits: str, ending: str) -> str:
    """The ordinal that `ending` asks for: "1er" is "premier", "1re" is "première", "2nde" is "seconde"."""
    match (digits, ending):
        case ("1", "re" | "ère"):
            return "première"
        case ("2", "nd" | "nde"):
            return "seconde" if ending == "nde" else "second"
        case _:
            return FRENCH.ordinal(digits)


def english_decade(digits: str) -> str:
    """ "eighties" for 80, "nineteen eighties" for 1980."""
    said = ENGLISH.year(digits) if len(digits) == 4 else ENGLISH.integer(digits)
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"


def _feminine(said: str) -> str:
    return f"{said}e" if re.search(r"\bun$", said) else said


_ROMAN = {"I": 1, "V": 5, "X": 10}


def roman(letters: str) -> str:
    """The digits of a Roman number below 40: "14" for "XIV"."""
    values = [_ROMAN[letter] for letter in letters]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return str(sum(-value if value < following else value for value, following in pairs))

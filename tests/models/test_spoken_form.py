"""How written lines are said aloud, in English and French."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.spoken_form import spoken_form

FRENCH = {
    "1 234,5 €": "mille deux cent trente-quatre virgule cinq euros",
    "1\u202f234,50 €": "mille deux cent trente-quatre euros cinquante",
    "1,20 €": "un euro vingt",
    "0,50 €": "cinquante centimes",
    "5 millions €": "cinq millions d'euros",
    "1 000 000 km": "un million de kilomètres",
    "le 21e siècle, le 80e, le 200e": "le vingt et unième siècle, le quatre-vingtième, le deux centième",
    "le 1er mai, la 1re fois, les 1ers, la 2nde": "le premier mai, la première fois, les premiers, la seconde",
    "À 14h05, à 14 h, à 21h21, à 1h, à 12:30.": (
        "À quatorze heures cinq, à quatorze heures, à vingt et une heures vingt et une, à une heure, "
        "à douze heures trente."
    ),
    "M. Dupont, Mme Dupont, MM. Petit et Le Gall": "monsieur Dupont, madame Dupont, messieurs Petit et Le Gall",
    "le Dr Petit, St-Malo, Ste Anne, St. Jean": "le docteur Petit, saint-Malo, sainte Anne, saint Jean",
    "J. M. Barrie": "J. M. Barrie",
    "des lettres, des mails, etc.": "des lettres, des mails, et cetera.",
    "n° 5 et N°12": "numéro cinq et numéro douze",
    "p. 12": "page douze",
    "25 % et 2,5\u00a0%": "vingt-cinq pour cent et deux virgule cinq pour cent",
    "-3 °C, −1,5 °C, 20°": "moins trois degrés Celsius, moins un virgule cinq degré Celsius, vingt degrés",
    "en 1984": "en mille neuf cent quatre-vingt-quatre",
    "1914-1918": "mille neuf cent quatorze à mille neuf cent dix-huit",
    "3,14 et 3,05": "trois virgule quatorze et trois virgule zéro cinq",
    "Louis XIV, François Ier, acte III, acte I": "Louis quatorze, François premier, acte trois, acte un",
    "Jean-Paul II": "Jean-Paul deux",
    "le XIXe siècle, le XVIIᵉ, le Ve siècle": "le dix-neuvième siècle, le dix-septième, le cinquième siècle",
    "06 12 34 56 78": "zéro six douze trente-quatre cinquante-six soixante-dix-huit",
    "5 km/h, 1 km, 20 m²": "cinq kilomètres à l'heure, un kilomètre, vingt mètres carrés",
    "R&D": "R et D",
    "Il me reste 612 lettres.": "Il me reste six cent douze lettres.",
}
ENGLISH = {
    "1,234.5": "one thousand two hundred and thirty-four point five",
    "€12.50, $5, 20.15€, $5 million": "twelve euros fifty, five dollars, twenty euros fifteen, five million dollars",
    "£0.05": "five pence",
    "the 21st, the 3rd, the 1,000th": "the twenty-first, the third, the one thousandth",
    "12:30, 9:05 p.m., 9am, 12:00": "twelve thirty, nine oh five p m, nine a m, twelve o'clock",
    "at 10:30 a.m. and 1 a.m.": "at ten thirty a m and one a m.",
    "Mr. Smith, Mrs Jones, Dr. Brown": "mister Smith, missus Jones, doctor Brown",
    "St. John and St Mary": "saint John and saint Mary",
    "letters, etc.": "letters, et cetera.",
    "no. 5 and #7": "number five and number seven",
    "p. 12": "page twelve",
    "25 %": "twenty-five per cent",
    "-3 °C": "minus three degrees Celsius",
    "in 1984, 1900, 2005 and 2024": (
        "in nineteen eighty-four, nineteen hundred, two thousand and five and twenty twenty-four"
    ),
    "1984 km": "one thousand nine hundred and eighty-four kilometres",
    "the 1980s, the '90s": "the nineteen eighties, the nineties",
    "Henry V and Louis XIV": "Henry the fifth and Louis the fourteenth",
    "Act III, scene I, World War II": "Act three, scene one, World War two",
    "Then I left with Malcolm X.": "Then I left with Malcolm X.",
    "007": "zero zero seven",
    "1234567890123456": "one two three four five six seven eight nine zero one two three four five six",
    "B52": "B fifty-two",
    "24/7": "twenty-four seven",
    "I have 612 letters.": "I have six hundred and twelve letters.",
}
PIECES = [
    *("M.", "Mme", "Dr", "St", "etc.", "no.", "n°", "p.", "XIV", "I", "V", "Louis", "acte", "million", "km", "am", "A"),
    *("%", "€", "$", "°C", "h", ":", "-", "−", "–", "/", ",", ".", "&", "²", "٣", "①", "ᵉ", "e", "er", "th", "s", "é"),
    *("0", "1", "12", "05", "1984", "234"),
]
WRITTEN = st.lists(st.sampled_from([*PIECES, " ", "\u202f"]) | st.text(max_size=3), max_size=14).map("".join)
LANGUAGES = st.sampled_from(["en", "fr"])


@pytest.mark.parametrize(("written", "said"), FRENCH.items())
def test_french_is_said_as_the_french_say_it(written: str, said: str):
    assert spoken_form(written, "fr") == said


@pytest.mark.parametrize(("written", "said"), ENGLISH.items())
def test_english_is_said_as_the_english_say_it(written: str, said: str):
    assert spoken_form(written, "en") == said


@given(WRITTEN, LANGUAGES)
def test_a_voice_is_never_given_a_digit(text: str, language: str):
    assert not any(character.isdigit() for character in spoken_form(text, language))


@given(WRITTEN, LANGUAGES)
def test_what_is_spelt_out_stays_as_it_is(text: str, language: str):
    said = spoken_form(text, language)
    assert spoken_form(said, language) == said


@given(st.text(st.characters(categories=["L", "P", "Zs"], exclude_characters="&'’."), max_size=30))
def test_words_without_numbers_are_left_alone(text: str):
    assert spoken_form(text.lower(), "fr") == text.lower()


@pytest.mark.parametrize("after", ["", " €", " km", " %", " °C", "e", "th", ".50 $", ",50 €"])
def test_a_number_without_end_is_said_digit_by_digit(after: str):
    assert "nine nine nine" in spoken_form("9" * 5_000 + after, "en")
    assert "neuf neuf neuf" in spoken_form("9" * 5_000 + after, "fr")


def test_a_language_that_we_do_not_spell_is_left_to_its_voice():
    assert spoken_form("Es sind 612 Briefe, usw.", "de") == "Es sind 612 Briefe, usw."

"""Abbreviations that people write and do not say, in English and French."""

from __future__ import annotations

import re

from models.spoken_numbers import Rule

_CAPITAL = "(?=[ \u00a0][A-ZÀ-Ý])"
_DIGIT = r"(?=[ \u00a0]?\d)"
_SAINT = "(?=[ \u00a0-][A-ZÀ-Ý])"

ENGLISH_BEFORE_NUMBER: dict[str, str] = {
    rf"\b[Nn]os?\.{_DIGIT}|[№#]{_DIGIT}": "number",
    rf"\bpp\.{_DIGIT}": "pages",
    rf"\bp\.{_DIGIT}": "page",
    rf"\b[Vv]ol\.{_DIGIT}": "volume",
    rf"\b[Cc]h\.{_DIGIT}": "chapter",
    rf"\b[Ff]ig\.{_DIGIT}": "figure",
}
FRENCH_BEFORE_NUMBER = {
    rf"\b[Nn][°ºo]s?\.?{_DIGIT}|№{_DIGIT}": "numéro",
    rf"\bpp?\.{_DIGIT}": "page",
    rf"\b[Vv]ol\.{_DIGIT}": "volume",
    rf"\b[Cc]hap\.{_DIGIT}": "chapitre",
    rf"\b[Ff]ig\.{_DIGIT}": "figure",
    rf"\b[Aa]rt\.{_DIGIT}": "article",
}
ENGLISH_ABBREVIATIONS = {
    r"\bMr\b\.?": "mister",
    r"\bMrs\b\.?": "missus",
    r"\bMs\b\.?": "miz",
    rf"\bDr\b\.?{_CAPITAL}": "doctor",
    rf"\bProf\b\.?{_CAPITAL}": "professor",
    rf"\bSt\b\.?{_SAINT}": "saint",
    r"\bJr\b\.?": "junior",
    r"\bSr\b\.?": "senior",
    r"\betc\b\.?": "et cetera",
    r"\be\.g\.": "for example",
    r"\bi\.e\.": "that is",
    r"\bvs\b\.?": "versus",
    r"\bapprox\.": "approximately",
    r"(?<!&)&(?!&)": "and",
}
FRENCH_ABBREVIATIONS = {
    # "J. M. Barrie" holds an initial
    rf"(?<![A-Z]\.[ \u00a0])\bM\.{_CAPITAL}": "monsieur",
    rf"\bMM\.{_CAPITAL}": "messieurs",
    r"\bMr\b\.?": "monsieur",
    r"\bMme\b\.?": "madame",
    r"\bMmes\b\.?": "mesdames",
    r"\bMlle\b\.?": "mademoiselle",
    r"\bMlles\b\.?": "mesdemoiselles",
    rf"\bDr\b\.?{_CAPITAL}": "docteur",
    rf"\bPr\b\.?{_CAPITAL}": "professeur",
    rf"\bSt\b\.?{_SAINT}": "saint",
    rf"\bSte\b\.?{_SAINT}": "sainte",
    r"\bav\. J\.-C\.": "avant Jésus-Christ",
    r"\bapr\. J\.-C\.": "après Jésus-Christ",
    r"\betc\b\.?": "et cetera",
    r"\bp\. ?ex\.": "par exemple",
    r"\bc\.-à-d\.": "c'est-à-dire",
    r"\bcf\b\.?": "confer",
    r"(?<!&)&(?!&)": "et",
}


def abbreviation_rule(words: dict[str, str]) -> Rule:
    """All patterns in one, so that none reads what another has written; the point that ends a text stays."""
    said = list(words.values())

    def in_full(match: re.Match[str]) -> str:
        ends = match.group().endswith(".") and not match.string[match.end() :].strip()
        return said[(match.lastindex or 1) - 1] + ("." if ends else "")

    return re.compile("|".join(f"({pattern})" for pattern in words)), in_full

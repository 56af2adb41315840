"""What the double says, its echoes, whole or garbled here, and the visitors who speak meanwhile."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

from persona.own_words import is_own_words, likeness

Case = tuple[str, str]
"""(heard, said)"""

_FILE = Path(__file__).with_name("echoes.toml")
_LETTERS = "abcdefghiklmnoprstuvz"
_SHORTEST_WORDS, _LONGEST_WORDS = 4, 12


def cases(kind: str, language: str) -> list[Case]:
    """`kind`: "echoes", "visitors" or "repeaters", as the file explains them."""
    passages = tomllib.loads(_FILE.read_text(encoding="utf-8"))[language]
    return [(heard, passage["said"]) for passage in passages for heard in passage[kind]]


def garbled_echoes(error_rate: float, language: str, count: int) -> list[Case]:
    """Stretches of what was said, of four to twelve words, of which that share (0..1) is lost, misheard or made up."""
    rng = random.Random(7)
    said = [passage for _, passage in dict.fromkeys((said, said) for _, said in cases("echoes", language))]
    return [(_garbled(text, error_rate, rng), text) for text in rng.choices(said, k=count)]


def caught(found: Sequence[Case], threshold: float) -> float:
    """The share, 0..1, that is taken for an echo."""
    return sum(is_own_words(heard, said, threshold) for heard, said in found) / len(found)


def report(language: str) -> str:
    """What is taken for an echo at which threshold."""
    kinds: dict[str, Callable[[], list[Case]]] = {
        "echoes, misheard": lambda: cases("echoes", language),
        "echoes, 20 % garbled": lambda: garbled_echoes(0.2, language, 300),
        "echoes, 40 % garbled": lambda: garbled_echoes(0.4, language, 300),
        "visitors": lambda: cases("visitors", language),
        "repeaters": lambda: cases("repeaters", language),
    }
    thresholds = (0.5, 0.55, 0.6, 0.65, 0.7)
    rows = [f"{language:24}    n  likeness from " + "  ".join(f"{threshold:7}" for threshold in thresholds)]
    for kind, found in ((kind, make()) for kind, make in kinds.items()):
        shares = "  ".join(f"{caught(found, threshold):7.1%}" for threshold in thresholds)
        extreme = min if kind.startswith("echoes") else max
        worst = extreme(found, key=lambda case: likeness(*case))
        rows.append(f"{kind:24} {len(found):4}                {shares}  {likeness(*worst):.2f} {worst[0]!r}")
    return "\n".join(rows)


def _garbled(said: str, error_rate: float, rng: random.Random) -> str:
    words = said.lower().replace(",", "").replace(".", "").split()
    length = rng.randint(_SHORTEST_WORDS, _LONGEST_WORDS)
    start = rng.randrange(max(1, len(words) - length))
    stretch = words[start : start + length]
    wrong = set(rng.sample(range(len(stretch)), round(error_rate * len(stretch))))
    return " ".join(_misheard(word, rng) if place in wrong else word for place, word in enumerate(stretch))


def _misheard(word: str, rng: random.Random) -> str:
    match rng.choice(["lost", "alike", "alike", "alike", "another", "more"]):
        case "lost":
            return ""
        case "alike":
            letters = list(word)
            for _ in range(max(1, len(letters) // 3)):
                letters[rng.randrange(len(letters))] = rng.choice(_LETTERS)
            return "".join(letters)
        case "another":
            return "".join(rng.choices(_LETTERS, k=rng.randint(2, 7)))
        case _:
            return f"{word} {''.join(rng.choices(_LETTERS, k=2))}"


if __name__ == "__main__":
    for code in ("en", "fr"):
        print(report(code), end="\n\n")

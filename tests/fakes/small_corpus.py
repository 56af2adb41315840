"""A corpus of the pocket models that is read in no time: two subjects in each language."""

from __future__ import annotations

from pathlib import Path

from scripts.pocket.ear_text import EarText
from scripts.pocket.grammar import Corpus

DEMO = Path(__file__).parents[2] / "shows" / "demo"

TEXTS = {
    "en": """
## lamp
? {What is|Where is|Why is there} {the|a|your|this} {lamp|light|green light}?
= The lamp is green. It hangs over the box.
## memory: gifts
~ Basile brought me a hat.
? Who brought you {the|that|your} hat{| then| in the end}?
= It was Basile.
""",
    "fr": """
## lampe
? {Où est|Pourquoi y a-t-il|Voyez-vous} {la|une|cette} {lampe|lumière|lumière verte} ?
= La lampe est verte. Elle pend au-dessus du trou.
## memory: cadeaux
~ Basile m'a apporté un chapeau.
? Qui a apporté {le|ce|votre} chapeau{| alors| à la fin} ?
= C'était Basile.
""",
}


def small_texts(folder: Path) -> tuple[EarText, ...]:
    """What the ears learn from, in English and French; the corpora are written into `folder`."""
    texts = []
    for language, text in TEXTS.items():
        file = folder / f"{language}.txt"
        file.write_text(text, encoding="utf-8")
        texts.append(EarText(language, Corpus(file), DEMO))
    return tuple(texts)

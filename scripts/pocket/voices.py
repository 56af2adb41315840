"""The espeak-ng voices that the pocket ears learn from, and those that are kept for their trial."""

from __future__ import annotations

import random

from scripts.pocket.espeak_library import Manner

ACCENTS = {
    "en": ("en", "en", "en-us", "en-us", "en-gb-x-rp", "en-gb-scotland", "en-029"),
    "fr": ("fr", "fr", "fr-be", "fr-ch"),
}
"""As the library names them: "en" is what the command calls en-gb, "fr" is fr-fr."""

TRAINED_VARIANTS = (
    "", "f1", "f2", "f3", "f5", "m1", "m2", "m3", "m5", "m7", "m8", "klatt", "klatt2", "klatt4", "adam", "Alex",
    "Alicia", "Andy", "anika", "antonio", "aunty", "belinda", "benjamin", "caleb", "david", "Denis", "Diogo", "ed",
    "edward", "gene", "grandma", "Henrique", "Hugo", "iven", "iven3", "john", "linda", "Lee", "marco", "mario", "max",
    "michel", "mike", "Nguyen", "norbert", "pablo", "pedro", "rob", "sandro", "shelby", "steph", "steph3", "travis",
    "victor", "zac",
)  # fmt: skip
HELD_OUT_VARIANTS = ("f4", "m4", "m6", "klatt3", "Andrea", "Annie", "marcelo", "paul", "steph2", "grandpa")


def any_manner(language: str, variants: tuple[str, ...], rng: random.Random) -> Manner:
    """A voice with one of `variants`, at some speed and pitch that a visitor may have."""
    variant = rng.choice(variants)
    voice = rng.choice(ACCENTS[language]) + (f"+{variant}" if variant else "")
    return Manner(voice, rng.randint(120, 200), rng.randint(20, 80), rng.randint(25, 75))

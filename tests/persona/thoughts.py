"""What visitors might say, whole and cut off where people pause, as recognisers write it; the lines are in files."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from persona.thought import Thought, how_finished

_CUTS = {"|": "function word", ">": "opening", "/": "content"}
"""What stands at the cut, as the files explain."""


def thoughts(kept: str, language: str) -> list[str]:
    """The lines, with the marks of their cuts, that are kept under `kept` ("seen", "heldout")."""
    lines: list[str] = tomllib.loads(Path(__file__).with_name(f"thoughts_{language}.toml").read_text(encoding="utf-8"))[
        kept
    ]
    return lines


def figures(kept: str, language: str) -> dict[str, Counter[Thought]]:
    """How often each kind of text is taken for what."""
    table: dict[str, Counter[Thought]] = {}
    for line in thoughts(kept, language):
        for kind, text in _texts(line):
            table.setdefault(kind, Counter())[how_finished(text, language)] += 1
    return table


def share(counted: Counter[Thought], thought: Thought) -> float:
    """0..1."""
    return counted[thought] / counted.total()


def report(kept: str, language: str) -> str:
    """The figures as a table."""
    heads = f"{f'{kept}, {language}':40}    n  " + "  ".join(f"{thought:>8}" for thought in Thought)
    rows = [
        f"{kind:40} {counted.total():4}  " + "  ".join(f"{share(counted, thought):8.1%}" for thought in Thought)
        for kind, counted in sorted(figures(kept, language).items(), reverse=True)
    ]
    return "\n".join([heads, *rows])


def _texts(line: str) -> Iterator[tuple[str, str]]:
    """(kind, text) of all that a recogniser may write of a line and its beginnings."""
    yield "whole, as written", _without_cuts(line)
    yield "whole, no punctuation", _bare(line)
    for cut in re.finditer(r"[|>/]", line):
        begun, kind = line[: cut.start()], f"cut after {_CUTS[cut.group()]}"
        yield f"{kind}, no punctuation", _bare(begun)
        yield f"{kind}, full stop", _without_cuts(begun).rstrip(",") + "."
        if line.endswith("?"):
            yield f"{kind}, question mark", _without_cuts(begun).rstrip(",") + "?"


def _without_cuts(line: str) -> str:
    return " ".join(re.sub(r"[|>/]", " ", line).split()).replace("' ", "'")


def _bare(line: str) -> str:
    return " ".join(re.sub(r"[.?!,]", " ", _without_cuts(line)).lower().split())


if __name__ == "__main__":
    for part in ("seen", "heldout"):
        for code in ("en", "fr"):
            print(report(part, code), end="\n\n")

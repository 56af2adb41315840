"""A show's folder with nothing in it but what a show needs."""

from __future__ import annotations

from pathlib import Path

SHOW = """
[show]
name = "Letters"
languages = ["fr", "en"]
"""

CHARACTER = """
name = "Ada"

[description]
fr = "Tu es Ada."
en = "You are Ada."

[cover]
fr = ["Un instant.", "Je cherche mes mots."]
en = ["One moment.", "I am looking for my words."]
"""


def make_show(folder: Path, more: str = "", show: str = SHOW, character: str = CHARACTER) -> Path:
    """Write the files of a show into `folder`; `more` is added to its show.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "show.toml").write_text(show + more, encoding="utf-8")
    (folder / "character.toml").write_text(character, encoding="utf-8")
    return folder

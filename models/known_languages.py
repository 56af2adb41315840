"""Tells which languages the ears or the voice of a show were made for, as far as their names and files say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.catalog import EngineRole
from models.coqui_model import COQUI, CoquiModel, find_coqui, languages_of, speaks_one
from models.engine_settings import INSTANT, EngineSettings, model_path
from models.protocols import Language, ModelError
from models.whisper_folder import check_folder

SPHINX = "sphinx"
_SPHINX_KNOWS: Language = "en"
_MOST_TOLD = 8


def known_languages(role: EngineRole, settings: EngineSettings, show_folder: Path) -> tuple[Language, ...]:
    """The languages of this machine's engine for `role`; () where nobody can tell, or there is no such limit.

    Raises:
        ModelError: its files cannot be used.
    """
    here = settings.here
    if role == "ears" and here.ears == SPHINX:
        return (_SPHINX_KNOWS,)
    if role == "ears" and here.ears != INSTANT:
        return check_folder(model_path(show_folder, role, here.ears))
    if role == "voice" and here.voice.startswith(COQUI):
        return languages_of(find_coqui(here.voice.removeprefix(COQUI), show_folder))
    return ()


def require_sphinx_language(languages: Sequence[Language]) -> None:
    """Whether pocketsphinx, without a phrasebook, understands anything of a show in `languages`. Raises ModelError."""
    if languages and _SPHINX_KNOWS not in languages:
        raise ModelError(
            f"pocketsphinx understands English alone, and the show is in {', '.join(languages)}; choose other ears "
            'under [engines], or under [engines.fallback] where ears = "server".'
        )


def require_spoken(model: CoquiModel, languages: Sequence[Language]) -> None:
    """Whether a Coqui model speaks the `languages` of the show; one of a single language may lack some, but not all.

    Raises:
        ModelError: it does not.
    """
    known = languages_of(model)
    foreign = [language for language in languages if language not in known]
    if known and foreign and (not speaks_one(model) or len(foreign) == len(languages)):
        raise ModelError(
            f"{model.folder}: speaks {listed(known)} and not {', '.join(foreign)}, which the show is in; choose "
            "another voice."
        )


def listed(known: Sequence[Language]) -> str:
    """Languages for a sentence: the first of many."""
    return ", ".join(known[:_MOST_TOLD]) + (", …" if len(known) > _MOST_TOLD else "")

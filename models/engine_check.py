"""Looks at the engines that the settings name, without loading them: for a doctor and for the panel."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.authored import read_lines, require_lines
from models.catalog import EngineRole, recommended
from models.coqui_model import COQUI, XTTS, XTTS_CAUTION, find_coqui, require_coqui, require_reference
from models.engine_settings import (
    EMBEDDED,
    INSTANT,
    POCKET,
    POCKET_PERSONA,
    EngineSettings,
    model_path,
    no_voice,
)
from models.espeak import require_espeak
from models.known_languages import SPHINX, require_sphinx_language, require_spoken
from models.llama import look_at
from models.phrasebook import read_phrasebook
from models.protocols import Language, ModelError
from models.server import ServerCheck
from models.server import check_server as look_at_server
from models.sphinx import SphinxTranscriber
from models.whisper_folder import look_at as look_at_whisper

_IN_WORDS = {
    "sphinx": "pocketsphinx, English only (embedded)",
    "authored": "authored lines of the character (embedded)",
    "espeak": "espeak-ng (embedded)",
    "instant": "instant (tests and benchmarks)",
}
_POCKET_IN_WORDS: dict[EngineRole, str] = {
    "ears": "pocket Whisper, for synthetic voices alone (shipped)",
    "persona": f"pocket persona, {POCKET_PERSONA} and nobody else (shipped)",
}
_LITTLE = (*EMBEDDED, POCKET)
"""Engines to begin with: there are better ones in the catalogue."""


@dataclass(frozen=True, slots=True)
class EngineDescription:
    """An engine in use, and the better one that could be fetched ("" where none is better, or none is wanted)."""

    role: EngineRole
    name: str
    recommended: str


@dataclass(frozen=True, slots=True)
class EngineCheck:
    """Whether an engine could be loaded, as far as can be told without loading it, in one sentence."""

    role: EngineRole
    ok: bool
    sentence: str


def describe(settings: EngineSettings) -> tuple[EngineDescription, ...]:
    """The engines that the settings name, without loading them."""
    here, server = settings.here, settings.server
    named: tuple[tuple[EngineRole, str, str], ...] = (
        ("ears", here.ears, server.ears_model),
        ("persona", here.persona, server.persona_model),
        ("voice", here.voice, server.voice_model),
    )
    return tuple(
        EngineDescription(role, f"{model} on {server.host}, else {_in_words(role, name)}", "")
        if role in settings.on_server
        else EngineDescription(role, _in_words(role, name), str(recommended(role)) if name in _LITTLE else "")
        for role, name, model in named
    )


def _in_words(role: EngineRole, name: str) -> str:
    return _POCKET_IN_WORDS[role] if name == POCKET and role in _POCKET_IN_WORDS else _IN_WORDS.get(name, name)


def check(
    settings: EngineSettings, show_folder: Path, languages: Sequence[Language] = (), has_visitors: bool = True
) -> tuple[EngineCheck, ...]:
    """Whether this machine's engines could be loaded, and know the `languages`: a look at their files, for a doctor.

    Where there are no visitors, a simulated one asks what the embedded ears have learned, in whatever language.
    """
    here = settings.here
    ways: tuple[tuple[EngineRole, str, Callable[[], str]], ...] = (
        ("ears", here.ears, lambda: _look_at_ears(here, show_folder, languages, has_visitors)),
        ("persona", here.persona, lambda: _look_at_persona(here, show_folder, languages)),
        ("voice", here.voice, lambda: _look_at_voice(here, show_folder, languages)),
    )
    return tuple(_look(role, name, way) for role, name, way in ways)


def check_server(settings: EngineSettings, show_folder: Path, languages: Sequence[Language]) -> ServerCheck | None:
    """Whether the company's server is there, by one question to it, for a doctor; None where no engine leans on it."""
    if not settings.on_server:
        return None
    return look_at_server(settings.server, show_folder, settings.on_server, languages)


def cautions(settings: EngineSettings, show_folder: Path) -> tuple[str, ...]:
    """What the licences of the weights on this machine forbid on a stage, also of those that stand behind a server.

    Of weights that cannot be loaded, nothing.
    """
    voice = settings.here.voice
    if not voice.startswith(COQUI):
        return ()
    try:
        model = find_coqui(voice.removeprefix(COQUI), show_folder)
    except ModelError:
        return ()
    return (f"{model.folder}: {XTTS_CAUTION}",) if model.kind == XTTS else ()


def check_questions(file: Path) -> None:
    """Whether the embedded ears can learn the simulated visitor's questions in `file`. Raises ModelError."""
    SphinxTranscriber(read_phrasebook(file)).close()


def _look(role: EngineRole, name: str, way: Callable[[], str]) -> EngineCheck:
    if name == INSTANT:
        return EngineCheck(role, True, "instant: for tests and benchmarks")
    try:
        return EngineCheck(role, True, way())
    except (ModelError, OSError) as error:
        return EngineCheck(role, False, str(error))


def _look_at_ears(
    settings: EngineSettings, show_folder: Path, languages: Sequence[Language], has_visitors: bool
) -> str:
    if settings.ears != SPHINX:
        folder = model_path(show_folder, "ears", settings.ears)
        return look_at_whisper(folder, settings.whisper.language, languages)
    if importlib.util.find_spec("pocketsphinx") is None:
        raise ModelError("pocketsphinx, the embedded ears, is not installed; run scripts/run.")
    if has_visitors:
        require_sphinx_language(languages)
    return "pocketsphinx, English only"


def _look_at_persona(settings: EngineSettings, show_folder: Path, languages: Sequence[Language]) -> str:
    if settings.persona == "authored":
        lines = read_lines(show_folder / settings.authored.lines)
        require_lines(lines, languages)
        groups = itertools.groupby(sorted(line.language for line in lines))
        counts = ", ".join(f"{len(list(group))} in {language}" for language, group in groups)
        return f"authored lines, {counts}"
    return look_at(model_path(show_folder, "persona", settings.persona), settings.llama, show_folder)


def _look_at_voice(settings: EngineSettings, show_folder: Path, languages: Sequence[Language]) -> str:
    if settings.voice == "espeak":
        return f"espeak-ng, {require_espeak()}"
    if not settings.voice.startswith(COQUI):
        raise no_voice(settings.voice)
    model = require_coqui(settings.voice.removeprefix(COQUI), show_folder)
    require_spoken(model, languages)
    taken_on = require_reference(model, settings.coqui, show_folder)
    whose = f", the voice of {settings.coqui.consent}" if taken_on else ""
    return f"coqui {model.kind}, {model.folder}{whose}"

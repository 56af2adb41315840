"""The models of the catalogue that a show names: where they lie in the store, and whether they are the pinned ones."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from installation.config import SHOW_FILE, Show
from installation.paths import home
from models.catalog import CatalogEntry, Role, by_id, catalog
from models.coqui_model import COQUI
from models.engine_check import cautions
from models.engine_settings import EngineSettings
from models.fitness import reason, require_fit
from models.lock import LOCK_FILE, PinnedModel, read_lock
from models.protocols import Language, ModelError
from models.store import MissingModelError, Store

TURNS: Role = "turns"
_OTHERWISE: dict[Role, str] = {
    "ears": "choose other ears",
    "voice": "choose another voice",
    "turns": 'set smart_turn = ""',
}


def the_store() -> Store:
    """Where this machine keeps the models that were pulled."""
    return Store(home() / "models")


def lock_path(show: Show) -> Path:
    """The show's models.lock; it need not exist."""
    return show.folder / LOCK_FILE


def named(show: Show) -> Iterator[tuple[Role, CatalogEntry]]:
    """The models of the catalogue that the show names, unless a file or folder of that name lies beside it."""
    for role, name_of_engine in (*show.config.engines.here.named, (TURNS, show.config.hearing.smart_turn)):
        prefix = COQUI if role == "voice" else ""
        name = name_of_engine.removeprefix(prefix)
        entry = by_id().get(name) if name_of_engine.startswith(prefix) else None
        if entry is not None and entry.role == role and not (show.folder / name).exists():
            yield role, entry


@dataclass(frozen=True, slots=True)
class Located:
    """The models of a show with paths in place of the catalogue's names."""

    engines: EngineSettings
    smart_turn: Path | None
    """None where the show names none, or it cannot be used."""
    faults: dict[Role, str]
    """What cannot be used, in one sentence each."""
    pinned: frozenset[Role]
    """Whose bytes the show's models.lock pins."""


def locate(show: Show, every_byte: bool = False) -> Located:
    """Find the models that the show names, and check them against its lock; with `every_byte` by reading them whole.

    Raises:
        SettingsError: the lock cannot be read.
    """
    lock, engines = read_lock(lock_path(show)), show.config.engines
    faults: dict[Role, str] = {}
    pinned: set[Role] = set()
    paths: dict[Role, Path] = {}
    for role, entry in named(show):
        try:
            _check_languages(show, role, entry)
            paths[role] = _checked(show, entry, lock.get(entry.id), every_byte)
        except ModelError as error:
            faults[role] = str(error)
            continue
        if entry.id in lock:
            pinned.add(role)
        if role != TURNS:
            engines = _with(engines, role, str(paths[role]))
    if TURNS not in faults and TURNS not in paths and show.config.hearing.smart_turn:
        try:
            paths[TURNS] = _own_smart_turn(show)
        except ModelError as error:
            faults[TURNS] = str(error)
    return Located(engines, paths.get(TURNS), faults, frozenset(pinned))


def located(show: Show) -> Located:
    """The models that the show names, ready to be loaded.

    Raises:
        SettingsError: the show's lock cannot be read.
        ModelError: a model was not pulled, or has other bytes than it should.
    """
    found = locate(show)
    for role, sentence in found.faults.items():
        key = "[hearing] smart_turn" if role == TURNS else f"[engines] {role}"
        raise ModelError(f"{show.folder / SHOW_FILE}: {key}: {sentence}")
    return found


def _own_smart_turn(show: Show) -> Path:
    """The file that the show names itself. Raises ModelError."""
    name = show.config.hearing.smart_turn
    path = show.folder / Path(name).expanduser()
    known = [entry.id for entry in catalog() if entry.role == TURNS]
    if not path.exists() and (other := by_id().get(name)) is not None:
        raise ModelError(f'"{name}" hears nothing of turns; it is named so: {other.in_show}.')
    if not path.exists() and (near := difflib.get_close_matches(name, known, n=1)):
        raise ModelError(f'"{name}" names neither a model of the catalogue nor a file (did you mean "{near[0]}"?).')
    require_fit(TURNS, path)
    return path


def foreign(show: Show, known: Sequence[Language]) -> tuple[Language, ...]:
    """The show's languages that are none of those `known`; none where () says that there is no such limit."""
    return tuple(language for language in show.config.show.languages if known and language not in known)


def _check_languages(show: Show, role: Role, entry: CatalogEntry) -> None:
    """Ears distilled for one language have the tokens of all: their files do not tell that they know it alone."""
    languages = show.config.show.languages
    if role != "persona" and foreign(show, entry.languages) == languages:
        raise ModelError(
            f"{entry.id} was made for {', '.join(entry.languages)} alone, and the show is in {', '.join(languages)}; "
            f"{_OTHERWISE[role]}."
        )


def _checked(show: Show, entry: CatalogEntry, pinned: PinnedModel | None, every_byte: bool) -> Path:
    store = the_store()
    try:
        model = store.choose(entry.id, pinned)
    except MissingModelError as error:
        raise ModelError(f"{error}: {pull_command(show)}.") from error
    store.check(model, every_byte)
    require_usable(show, entry, store.path(model))
    return store.path(model)


def require_usable(show: Show, entry: CatalogEntry, path: Path) -> None:
    """Whether an engine can use the model that was fetched to `path`; raises ModelError with the way to another one."""
    try:
        require_fit(entry.role, path)
    except ModelError as error:
        forget = f"souffleur models forget {entry.id} --show {shlex.quote(str(show.folder))}"
        raise ModelError(
            f"{reason(error)}; these are the bytes that were fetched: {forget}, then {pull_command(show)}."
        ) from error


def pull_command(show: Show) -> str:
    """What to type to fetch the models of this show."""
    return f"souffleur models pull --show {shlex.quote(str(show.folder))}"


def forbidden_on_stage(show: Show) -> list[str]:
    """What the licences of the show's weights do not allow before a paying public, in one sentence each."""
    forbidden = [f"{entry.id}: {entry.terms.why['en']}" for _, entry in named(show) if entry.terms.stage == "no"]
    return forbidden + list(cautions(show.config.engines, show.folder))


def _with(engines: EngineSettings, role: Role, path: str) -> EngineSettings:
    """The engines with that path for the role, or, where a server has it, for the engine that stands by."""
    found: dict[str, Any] = {role: COQUI + path if role == "voice" else path}
    if role in engines.on_server:
        return replace(engines, fallback=replace(engines.fallback, **found))
    return replace(engines, **found)

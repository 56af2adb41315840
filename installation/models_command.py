"""The command line about models: `souffleur models list`, `pull`, `verify`, `lock`, `path`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from installation.choice_of_show import Failure, open_show
from installation.config import SHOW_FILE, Show
from installation.weights import lock_path, named, pull_command, require_usable, the_store
from models.catalog import CatalogEntry, Role, catalog, find, in_show
from models.hub import endpoint
from models.lock import PinnedModel, pin, read_lock, unpin
from models.protocols import ModelError
from models.pull import CHECKING, copy, pull
from models.settings import SettingsError
from models.store import MissingModelError, Store

_TELL_EVERY_S = 0.2
_PLAIN_STEP_PERCENT = 10
_TITLES: dict[Role, str] = {
    "ears": "Ears",
    "persona": "Persona",
    "voice": "Voice",
    "turns": "Ends of turns",
}
_STAGE = {"yes": "", "ask": "on stage under conditions", "no": "NOT ON STAGE"}


@click.group()
def models() -> None:
    """Tell which models a show uses, fetch them, and keep them the same."""


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except SettingsError as error:
        raise Failure(str(error), 2) from error
    except ModelError as error:
        raise Failure(str(error), 3) from error


@models.command("list")
@click.argument("show", required=False)
@click.option(
    "--details", is_flag=True, help="Also what each is good for, where it comes from, and what its licence asks."
)
def list_models(show: str | None, details: bool) -> None:
    """List the engines that SHOW uses, and the models of the catalogue that can be pulled."""
    from models.engine_check import describe

    config = open_show(show).config
    for engine in describe(config.engines):
        click.echo(f"{engine.role:<8} {engine.name}")
        if engine.recommended:
            click.echo(f"{'':<8} better: {engine.recommended}")
    if config.hearing.smart_turn:
        click.echo(f"{'turns':<8} {config.hearing.smart_turn}")
    store = the_store()
    for role, title in _TITLES.items():
        click.echo(f"\n{title} ({in_show(role, 'ID')})")
        for entry in catalog():
            if entry.role == role:
                _print_entry(entry, store)
                if details:
                    _print_details(entry)
    click.echo("\n* lies in the store. laptop: needs no graphics card; 8gb, 24gb: one with that much memory.")


def _print_entry(entry: CatalogEntry, store: Store) -> None:
    with _explained():
        here = "*" if store.pulled(entry.id) else " "
    languages = " ".join(entry.languages[:6]) + (" …" if len(entry.languages) > 6 else "") or "many languages"
    facts = (entry.machine, entry.size or "size unknown", languages, entry.licence, _STAGE[entry.terms.stage])
    click.echo(f"{here} {entry.id:<30} {', '.join(filter(None, facts))}")


def _print_details(entry: CatalogEntry) -> None:
    for line in (entry.note, entry.archive or f"{endpoint()}/{entry.repository}", *entry.terms.why.values()):
        click.echo(f"{'':<4}{line}")


@models.command("pull")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--show", "show_name", metavar="SHOW", help="Pin them in the models.lock of this show.")
@click.option(
    "--from",
    "stick",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Take them from a folder, a stick for instance, instead of the network.",
)
@click.option("--yes", is_flag=True, help="Also those whose licence does not allow a paying public.")
def pull_models(ids: Sequence[str], show_name: str | None, stick: Path | None, yes: bool) -> None:
    """Fetch models of the catalogue into the store; without ID, those that the show names.

    What a show has pulled once is pinned in its models.lock, file by file; from then on it gets the same bytes or none.
    A pull that was cut carries on where it was. HF_ENDPOINT may name a mirror of the hub.

    \b
    Examples:
      souffleur models pull --show shows/mine
      souffleur models pull whisper-small --show shows/mine
      souffleur models pull --show shows/mine --from /media/stick
    """
    show = open_show(show_name) if show_name or not ids else None
    with _explained():
        entries = [_entry(identifier) for identifier in dict.fromkeys(ids)] if ids else _named(show)
        lock = read_lock(lock_path(show)) if show else {}
        for entry in entries:
            _agree(entry, yes)
        store, progress = the_store(), _Progress(sys.stderr.isatty())
        for entry in entries:
            pinned = lock.get(entry.id)
            progress.brought = False
            with progress.of(entry):
                if stick is None:
                    model = pull(entry, store, pinned, progress.tell)
                else:
                    model = copy(entry, stick, store, pinned, progress.tell)
            already = "" if progress.brought else " (it was there already)"
            click.echo(f"{entry.id}: {store.path(model)}{already}")
            if show:
                pin(lock_path(show), {entry.id: model})
    if show is None:
        click.echo("Nothing is pinned: with --show SHOW, the models.lock of a show says which bytes it plays with.")


def _named(show: Show | None) -> list[CatalogEntry]:
    entries = [entry for _, entry in named(show)] if show else []
    if show and not entries:
        raise SettingsError(
            f"{show.folder / SHOW_FILE}: names no model of the catalogue; `souffleur models list` lists them."
        )
    return list(dict.fromkeys(entries))


def _agree(entry: CatalogEntry, yes: bool) -> None:
    """Say what the licence means for a stage; go on with one that forbids it only when a person says so."""
    terms = entry.terms
    if terms.stage == "yes":
        return
    forbids = terms.stage == "no"
    click.secho(f"{'NOT ON STAGE' if forbids else 'Licence'}: {entry.name} ({entry.licence})", err=True, bold=forbids)
    for why in terms.why.values():
        click.secho(f"  {why}", err=True, fg="red" if forbids else None)
    if not forbids or yes:
        return
    if not _can_ask():
        raise Failure(f"{entry.id} is not for a paying public; to fetch it all the same, add --yes.", 2)
    typed = click.prompt(f"To fetch it all the same, for use without a paying public, type {entry.id}", err=True)
    if typed.strip() != entry.id:
        raise Failure(f"{entry.id} was not fetched.", 2)


def _can_ask() -> bool:
    return sys.stdin.isatty()


def _entry(identifier: str) -> CatalogEntry:
    try:
        return find(identifier)
    except ModelError as error:
        raise Failure(str(error), 2) from error


@models.command()
@click.argument("show", required=False)
def verify(show: str | None) -> None:
    """Read every byte of the models in the store, and say which are not what SHOW, or their record, pins."""
    store, progress = the_store(), _Progress(sys.stderr.isatty())
    bad = 0
    with _explained():
        chosen = open_show(show)
        lock = read_lock(lock_path(chosen))
        wanted = {model.folder_name: model for entry in catalog() for model in store.pulled(entry.id)}
        missing = {
            model.id: "the models.lock pins bytes that are"
            for model in lock.values()
            if model.folder_name not in wanted
        }
        there = {*lock, *(model.id for model in wanted.values())}
        missing |= {entry.id: "the show names it, and it is" for _, entry in named(chosen) if entry.id not in there}
        for model in wanted.values():
            total_bytes = sum(file.size_bytes for file in model.file)
            try:
                with progress.of(find(model.id)):
                    store.check(model, every_byte=True, tell=partial(progress.checked, total_bytes))
            except ModelError as error:
                bad += 1
                click.echo(f"BAD {model.id}: {error}")
            else:
                click.echo(f"ok  {model.id}: {store.home(model)}")
    for identifier, what in missing.items():
        click.echo(f"BAD {identifier}: {what} not in {store.folder}; fetch it: {pull_command(chosen)}.")
    if bad or missing:
        raise Failure(f"{bad + len(missing)} of {len(wanted) + len(missing)} models cannot be played with.", 3)
    if not wanted:
        click.echo(f"No models in {store.folder}.")


@models.command()
@click.argument("show", required=False)
def lock(show: str | None) -> None:
    """Pin the models that SHOW names to what is in the store; pins whose bytes are there stay as they are."""
    chosen, store = open_show(show), the_store()
    with _explained():
        before = read_lock(lock_path(chosen))
        after: dict[str, PinnedModel] = {}
        for entry in _named(chosen):
            try:
                model = store.choose(entry.id, before.get(entry.id))
            except MissingModelError:
                model = store.choose(entry.id, None)
            store.check(model, every_byte=True)
            require_usable(chosen, entry, store.path(model))
            after[entry.id] = model
            word = "stays" if before.get(entry.id) == model else "is now"
            click.echo(f"{entry.id} {word} {model.folder_name}")
        pin(lock_path(chosen), after)


@models.command("path")
@click.argument("identifier", metavar="ID")
@click.option("--show", "show_name", metavar="SHOW", help="The one that this show pins.")
def path_of(identifier: str, show_name: str | None) -> None:
    """Print where a pulled model lies."""
    store = the_store()
    with _explained():
        entry = _entry(identifier)
        pinned = read_lock(lock_path(open_show(show_name))).get(entry.id) if show_name else None
        try:
            click.echo(store.path(store.choose(entry.id, pinned)))
        except MissingModelError as error:
            raise Failure(f"{error}: souffleur models pull {entry.id}.", 3) from error


@models.command()
@click.argument("identifier", metavar="ID")
@click.option("--show", "show_name", metavar="SHOW", help="The one that this show pins; its pin goes too.")
def forget(identifier: str, show_name: str | None) -> None:
    """Remove a model from the store, so that another one can be pulled in its place.

    It is the one whose place `souffleur models path` prints. Without --show no models.lock is changed: a show that pins
    these bytes asks for them again.
    """
    store, entry = the_store(), _entry(identifier)
    lock_file = lock_path(open_show(show_name)) if show_name else None
    with _explained():
        pinned = read_lock(lock_file).get(entry.id) if lock_file else None
        try:
            model = store.choose(entry.id, pinned)
        except MissingModelError as error:
            if pinned is None:
                raise Failure(f'"{entry.id}" is not in {store.folder}; there is nothing to forget.', 3) from error
        else:
            store.forget(model)
            click.echo(f"{entry.id}: removed {store.home(model)}")
        if lock_file and unpin(lock_file, entry.id):
            click.echo(f"{entry.id}: {lock_file} no longer pins it")


class _Progress:
    """How far a download is: one moving line on a terminal, a line for every tenth elsewhere."""

    def __init__(self, moving: bool) -> None:
        self._moving = moving
        self.brought = False
        """Whether something was fetched, and not only checked."""
        self._label = ""
        self._told_s = 0.0
        self._percent = -_PLAIN_STEP_PERCENT
        self._width = 0

    @contextmanager
    def of(self, entry: CatalogEntry) -> Iterator[None]:
        """The one that is fetched until the end of the `with`."""
        self._label, self._told_s, self._percent = entry.id, 0.0, -_PLAIN_STEP_PERCENT
        try:
            yield
        finally:
            if self._moving and self._width:
                click.echo("\r" + " " * self._width + "\r", nl=False, err=True)
                self._width = 0

    def checked(self, total_bytes: int, done_bytes: int) -> None:
        """Show how much of a model has been read."""
        self.tell(CHECKING, done_bytes, total_bytes)

    def tell(self, what: str, done_bytes: int, total_bytes: int) -> None:
        """Show it, unless that was done a moment ago."""
        self.brought |= what != CHECKING
        percent = 100 * done_bytes // total_bytes if total_bytes else 0
        unit_bytes, unit = (1e6, "MB") if max(done_bytes, total_bytes) >= 10e6 else (1e3, "kB")
        total = f" of {total_bytes / unit_bytes:.0f}" if total_bytes else ""
        line = f"{self._label}: {percent:3d} %, {done_bytes / unit_bytes:.0f}{total} {unit}, {what}"
        if self._moving:
            if time.monotonic() >= self._told_s + _TELL_EVERY_S:
                self._told_s = time.monotonic()
                click.echo("\r" + line[:100].ljust(self._width), nl=False, err=True)
                self._width = max(self._width, len(line[:100]))
        elif percent >= self._percent + _PLAIN_STEP_PERCENT or percent == 100 > self._percent:
            self._percent = percent
            click.echo(line, err=True)

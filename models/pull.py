"""Brings a model of the catalogue into the store, from the hub, an archive or a stick: the pinned bytes or none."""

from __future__ import annotations

import fcntl
import glob
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models import hub
from models.archive import unpack
from models.catalog import CatalogEntry
from models.fitness import reason, require_fit
from models.hub import Offer, OfferedFile
from models.lock import PinnedModel
from models.protocols import ModelError
from models.stick import look_on, require_stick
from models.store import DamagedModelError, MissingModelError, Store, after, disk_errors, engine_path, pin_of, sum_of

Tell = Callable[[str, int, int], None]
"""Is given what is done now, how many bytes of it are done, and of how many (0: nobody knows)."""
CHECKING = "checking"
"""What is done to a model that is here already."""
_PART, _PARTIAL = ".part", ".partial-"
_BLOCK_BYTES = 1 << 20
_LOCK, _STORE, _STICK = "models.lock", "the record in the store", "the record on the stick"
"""Who may pin what comes."""
_ELSEWHERE = "take the pinned one from a machine that has it: pull --from DIR"
_COPY_AGAIN = "copy it to the stick again, from a machine that has the pinned one"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What must come, and nothing else."""

    model: PinnedModel
    by: str
    """Who pins it."""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """What has come into the folder of a download, and where from."""

    where: str
    """A repository, an archive or a stick: what an error is about."""
    remedy: str
    """What to do when it holds other bytes than the wanted ones."""
    commit: str
    names: Collection[str]
    """Of the files."""
    wanted: _Wanted | None


def pull(entry: CatalogEntry, store: Store, pinned: PinnedModel | None, tell: Tell) -> PinnedModel:
    """Fetch a model over the network; one that is here is only checked, and mended where it is damaged.

    Raises:
        ModelError: it cannot be fetched, or is not what `pinned` says; what has come is kept for the next try.
    """
    with _alone(entry, store) as part:
        here, wanted = _look(entry, store, pinned, tell)
        if here:
            return here
        offer = _archive_offer(entry) if entry.archive else _hub_offer(entry, wanted)
        total_bytes = sum(file.size_bytes for file in offer.files)
        # an archive lies there twice while it is unpacked
        store.make_room((2 if entry.archive else 1) * total_bytes - _bytes_in(part))
        done_bytes = 0
        for file in offer.files:
            _bring(file, part, after(done_bytes, _named(tell, file.name, total_bytes)))
            done_bytes += file.size_bytes
        commit, names = offer.commit, [file.name for file in offer.files]
        if entry.archive:
            commit, names = unpack(part / names[0], entry, part)
        return _finish(entry, _Delivery(entry.archive or entry.repository, _ELSEWHERE, commit, names, wanted), store)


def copy(entry: CatalogEntry, stick: Path, store: Store, pinned: PinnedModel | None, tell: Tell) -> PinnedModel:
    """Take a model from a folder that is laid out as the store, or that simply holds the files.

    Raises:
        ModelError: the files are not there, or are not what `pinned`, or the record beside them, says.
    """
    # a mistyped folder is told even where nothing has to be taken from it
    require_stick(stick)
    with _alone(entry, store) as part:
        here, wanted = _look(entry, store, pinned, tell)
        if here:
            return here
        found = look_on(stick, entry, wanted.model if wanted else None)
        if found.recorded:
            wanted = _Wanted(found.recorded, wanted.by if wanted else _STICK)
        total_bytes, done_bytes = sum(path.stat().st_size for path in found.files.values()), 0
        store.make_room(total_bytes - _bytes_in(part))
        for name, path in found.files.items():
            done_bytes += _copy_file(path, part / name, after(done_bytes, _named(tell, name, total_bytes)))
        return _finish(entry, _Delivery(str(stick), _COPY_AGAIN, found.commit, found.files, wanted), store)


def _look(
    entry: CatalogEntry, store: Store, pinned: PinnedModel | None, tell: Tell
) -> tuple[PinnedModel | None, _Wanted | None]:
    """The model, if it is here and sound, and what has to be fetched, if it is known.

    Raises:
        ModelError: it is here, byte for byte, and cannot be used.
    """
    by = _LOCK if pinned else _STORE
    try:
        model = store.choose(entry.id, pinned)
    except MissingModelError:
        return None, _Wanted(pinned, by) if pinned else None
    total_bytes = sum(file.size_bytes for file in model.file)
    try:
        store.check(model, tell=_named(tell, CHECKING, total_bytes))
    except DamagedModelError:
        return None, _Wanted(model, by)
    try:
        require_fit(entry.role, store.path(model))
    except ModelError as error:
        raise ModelError(
            f"{entry.id} is in the store, byte for byte as it was fetched, but cannot be used ({reason(error)})"
            f"{_way_out(entry, by)}."
        ) from error
    return model, None


@contextmanager
def _alone(entry: CatalogEntry, store: Store) -> Iterator[Path]:
    """The folder of a download under way, for one program at a time."""
    part = store.folder / (entry.id + _PART)
    with disk_errors(store.folder):
        store.folder.mkdir(parents=True, exist_ok=True)
        with (store.folder / f".{entry.id}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ModelError(f"{entry.id} is being fetched by another program; wait until it is done.") from None
            part.mkdir(exist_ok=True)
            yield part
            shutil.rmtree(part, ignore_errors=True)


def _named(tell: Tell, name: str, total_bytes: int) -> Callable[[int], None]:
    return lambda done_bytes: tell(name, done_bytes, total_bytes)


# --- what is offered --------------------------------------------------------------------------------------------------


def _hub_offer(entry: CatalogEntry, wanted: _Wanted | None) -> Offer:
    if wanted is None:
        offer = hub.list_files(entry.repository, entry.files, None)
        names = [file.name for file in offer.files]
        for pattern in entry.files:
            if not any(PurePosixPath(name).match(pattern) for name in names):
                raise ModelError(
                    f"{hub.endpoint()}/{entry.repository}: holds no {pattern}; it was rearranged, and {entry.id} "
                    "cannot be fetched from there any more."
                )
        return offer
    expected = wanted.model
    names = [glob.escape(file.name) for file in expected.file]
    offer = hub.list_files(expected.repository, names, expected.commit or None)
    offered = {file.name: file for file in offer.files}
    for file in expected.file:
        there = offered.get(file.name)
        if there is None or there.size_bytes != file.size_bytes or there.sha256 not in ("", file.sha256):
            raise _changed(file.name, f"{hub.endpoint()}/{expected.repository}", wanted.by, _ELSEWHERE)
    return offer


def _archive_offer(entry: CatalogEntry) -> Offer:
    name = PurePosixPath(entry.archive).name
    return Offer("", (OfferedFile(name, entry.archive, hub.ask_size(entry.archive)),))


def _changed(name: str, where: str, by: str, remedy: str) -> ModelError:
    return ModelError(f"{where}: {name} is not the file that {by} pins, so it is refused; {remedy}.")


def _way_out(entry: CatalogEntry, by: str) -> str:
    """How to be rid of what is pinned and cannot be used."""
    if by == _LOCK:
        return f"; `souffleur models forget {entry.id} --show SHOW` takes it out of the store and of models.lock"
    return f"; `souffleur models forget {entry.id}` takes it out of the store" if by == _STORE else ""


# --- what has come ----------------------------------------------------------------------------------------------------


def _bring(file: OfferedFile, part: Path, tell: Callable[[int], None]) -> None:
    """Fetch one file into `part`, unless it lies there, whole, from an earlier try."""
    done = part / file.name
    if done.exists() and _is_whole(done, file):
        return
    partial = done.with_name(f"{done.name}{_PARTIAL}{file.mark}")
    partial.parent.mkdir(parents=True, exist_ok=True)
    hub.fetch(file, partial, tell)
    if not _is_whole(partial, file):
        partial.unlink()
        raise ModelError(f"{file.url}: came with other bytes than announced, and was thrown away; pull again.")
    partial.replace(done)


def _is_whole(path: Path, file: OfferedFile) -> bool:
    if file.size_bytes and path.stat().st_size != file.size_bytes:
        return False
    if file.sha256:
        return sum_of(path) == file.sha256
    if file.git_sha1:
        from huggingface_hub.utils.sha import git_hash

        return git_hash(path.read_bytes()) == file.git_sha1
    return True


def _finish(entry: CatalogEntry, came: _Delivery, store: Store) -> PinnedModel:
    """Into the store with what came, if it is what was wanted, and something that the engine can use."""
    part, wanted = store.folder / (entry.id + _PART), came.wanted
    files = tuple(pin_of(part / name, name) for name in sorted(came.names))
    model = PinnedModel(entry.id, entry.repository, came.commit, files)
    if wanted is not None:
        for file in wanted.model.file:
            if file not in files:
                (part / file.name).unlink(missing_ok=True)
                raise _changed(file.name, came.where, wanted.by, came.remedy)
        model = wanted.model
    keep = {part / file.name for file in model.file}
    for path in list(part.rglob("*")):
        if path.is_file() and path not in keep:
            path.unlink()
    try:
        require_fit(entry.role, engine_path(part, model))
    except ModelError as error:
        shutil.rmtree(part)
        raise ModelError(
            f"{came.where}: holds no {entry.name} that can be used, and nothing of it was kept "
            f"({reason(error).replace(str(part), entry.id)}){_way_out(entry, wanted.by) if wanted else ''}."
        ) from error
    store.take(part, model)
    return model


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _copy_file(source: Path, target: Path, tell: Callable[[int], None]) -> int:
    """Copy, telling how far it is; gives the bytes. Raises ModelError for the stick, OSError for the disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    done_bytes = 0
    with target.open("wb") as writing:
        for block in _blocks(source):
            done_bytes += writing.write(block)
            tell(done_bytes)
    return done_bytes


def _blocks(source: Path) -> Iterator[bytes]:
    """The bytes of a file on a stick. Raises ModelError: a failing read does not say of which file."""
    try:
        with source.open("rb") as reading:
            while block := reading.read(_BLOCK_BYTES):
                yield block
    except OSError as error:
        raise ModelError(f"{source}: cannot be read ({error.strerror}); is the stick still there?") from error

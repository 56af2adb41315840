"""Brings a model of the catalogue into the store, from the hub, an archive or a stick: the pinned bytes or none."""

from __future__ import annotations

import fcntl
import glob
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from models import hub
from models.catalog import CatalogEntry
from models.hub import Offer, OfferedFile
from models.lock import PinnedModel, is_inside
from models.protocols import ModelError
from models.stick import look_on
from models.store import DamagedModelError, MissingModelError, Store, after, disk_errors, pin_of, sum_of

Tell = Callable[[str, int, int], None]
"""Is given what is done now, how many bytes of it are done, and of how many (0: nobody knows)."""
_PART, _PARTIAL = ".part", ".partial-"
_BLOCK_BYTES = 1 << 20
_SUM = "sha256:"


def pull(entry: CatalogEntry, store: Store, pinned: PinnedModel | None, tell: Tell) -> PinnedModel:
    """Fetch a model over the network; one that is here is only checked, and mended where it is damaged.

    Raises:
        ModelError: it cannot be fetched, or is not what `pinned` says; what has come is kept for the next try.
    """
    with _alone(entry, store) as part:
        here, expected = _look(entry, store, pinned, tell)
        if here:
            return here
        offer = _archive_offer(entry) if entry.archive else _hub_offer(entry, expected)
        total_bytes = sum(file.size_bytes for file in offer.files)
        # an archive lies there twice while it is unpacked
        store.make_room((2 if entry.archive else 1) * total_bytes - _bytes_in(part))
        done_bytes = 0
        for file in offer.files:
            _bring(file, part, after(done_bytes, _named(tell, file.name, total_bytes)))
            done_bytes += file.size_bytes
        commit, names = offer.commit, [file.name for file in offer.files]
        if entry.archive:
            commit, names = _unpack(part / names[0], entry, part)
        return _finish(entry, commit, names, store, expected)


def copy(entry: CatalogEntry, stick: Path, store: Store, pinned: PinnedModel | None, tell: Tell) -> PinnedModel:
    """Take a model from a folder that is laid out as the store, or that simply holds the files.

    Raises:
        ModelError: the files are not there, or are not what `pinned`, or the record beside them, says.
    """
    with _alone(entry, store) as part:
        here, expected = _look(entry, store, pinned, tell)
        if here:
            return here
        found = look_on(stick, entry, expected)
        total_bytes, done_bytes = sum(path.stat().st_size for path in found.files.values()), 0
        store.make_room(total_bytes - _bytes_in(part))
        for name, path in found.files.items():
            done_bytes += _copy_file(path, part / name, after(done_bytes, _named(tell, name, total_bytes)))
        return _finish(entry, found.commit, found.files, store, found.recorded)


def _look(
    entry: CatalogEntry, store: Store, pinned: PinnedModel | None, tell: Tell
) -> tuple[PinnedModel | None, PinnedModel | None]:
    """The model, if it is here and sound, and what has to be fetched, if it is known."""
    try:
        model = store.choose(entry.id, pinned)
    except MissingModelError:
        return None, pinned
    total_bytes = sum(file.size_bytes for file in model.file)
    try:
        store.check(model, tell=_named(tell, "checking", total_bytes))
    except DamagedModelError:
        return None, model
    return model, model


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


def _hub_offer(entry: CatalogEntry, expected: PinnedModel | None) -> Offer:
    if expected is None:
        offer = hub.list_files(entry.repository, entry.files, None)
        names = [file.name for file in offer.files]
        for pattern in entry.files:
            if not any(PurePosixPath(name).match(pattern) for name in names):
                raise ModelError(
                    f"{hub.endpoint()}/{entry.repository}: holds no {pattern}; it was rearranged, and {entry.id} "
                    "cannot be fetched from there any more."
                )
        return offer
    names = [glob.escape(file.name) for file in expected.file]
    offer = hub.list_files(expected.repository, names, expected.commit or None)
    offered = {file.name: file for file in offer.files}
    for file in expected.file:
        there = offered.get(file.name)
        if there is None or there.size_bytes != file.size_bytes or there.sha256 not in ("", file.sha256):
            raise _changed(file.name, f"{hub.endpoint()}/{expected.repository}")
    return offer


def _archive_offer(entry: CatalogEntry) -> Offer:
    name = PurePosixPath(entry.archive).name
    return Offer("", (OfferedFile(name, entry.archive, hub.ask_size(entry.archive)),))


def _changed(name: str, where: str) -> ModelError:
    return ModelError(
        f"{where}: {name} is not the file that models.lock pins, so it is refused; take the pinned one from a machine "
        "that has it: pull --from DIR."
    )


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


def _unpack(archive: Path, entry: CatalogEntry, part: Path) -> tuple[str, list[str]]:
    """Put the wanted files of a zip, without its folders, into `part`, and remove the zip; its sum, and their names."""
    commit, names = _SUM + sum_of(archive), []
    try:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                name = PurePosixPath(member.filename).name
                if not member.is_dir() and entry.wants(name) and is_inside(name):
                    with packed.open(member) as source, (part / name).open("wb") as target:
                        shutil.copyfileobj(source, target, _BLOCK_BYTES)
                    names.append(name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        archive.unlink()
        raise ModelError(f"{entry.archive}: is no zip that can be unpacked ({error}); pull again.") from error
    archive.unlink()
    if not names:
        raise ModelError(f"{entry.archive}: holds no {' or '.join(entry.files)}.")
    return commit, sorted(set(names))


def _finish(
    entry: CatalogEntry, commit: str, names: Iterable[str], store: Store, expected: PinnedModel | None
) -> PinnedModel:
    """Into the store with the files of those `names`, if they are what was expected."""
    part = store.folder / (entry.id + _PART)
    model = PinnedModel(entry.id, entry.repository, commit, tuple(pin_of(part / name, name) for name in sorted(names)))
    if expected is not None:
        came = {file.name: file for file in model.file}
        for file in expected.file:
            if came.get(file.name) != file:
                (part / file.name).unlink(missing_ok=True)
                raise _changed(file.name, entry.archive or entry.repository)
        model = expected
    keep = {part / file.name for file in model.file}
    for path in list(part.rglob("*")):
        if path.is_file() and path not in keep:
            path.unlink()
    store.take(part, model)
    return model


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _copy_file(source: Path, target: Path, tell: Callable[[int], None]) -> int:
    """Copy, telling how far it is; gives the bytes. Raises ModelError for the stick, OSError for the disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        reading = source.open("rb")
    except OSError as error:
        raise ModelError(f"{source}: cannot be read ({error.strerror}).") from error
    done_bytes = 0
    with reading, target.open("wb") as writing:
        while block := reading.read(_BLOCK_BYTES):
            done_bytes += writing.write(block)
            tell(done_bytes)
    return done_bytes

"""Fetches files over the network, through `huggingface_hub`, and carries on where a connection was cut."""

from __future__ import annotations

import fnmatch
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from models.gguf_header import MAGIC
from models.lock import is_inside
from models.protocols import ModelError
from models.wording import brief

_HUB = "https://huggingface.co"
_ANSWER_S = 20.0
_PAUSE_S = 1.0
"""Before a connection that was cut is tried again."""
_HEAD_BYTES = 200
_AGAIN = "run the same command again: it carries on from there"


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """A file that could be fetched, as far as it is known before."""

    name: str
    url: str
    size_bytes: int
    """0 when the server does not say."""
    sha256: str = ""
    """"" when the hub does not know it: it keeps one of large files only."""
    git_sha1: str = ""

    @property
    def mark(self) -> str:
        """A few letters that another content of the file would not have."""
        return (self.sha256 or self.git_sha1)[:12] or str(self.size_bytes)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a repository holds of what is wanted."""

    commit: str
    files: tuple[OfferedFile, ...]


def endpoint() -> str:
    """The address of the hub, or of the mirror that HF_ENDPOINT names."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or _HUB


def list_files(repository: str, patterns: Sequence[str], commit: str | None) -> Offer:
    """The files of a repository that match one of `patterns`, at `commit`, or at the latest one.

    Raises:
        ModelError: it cannot be reached or read, or a file would leave the model's folder.
    """
    with _explained(f"{endpoint()}/{repository}"):
        api = _hub().HfApi(endpoint=endpoint())
        info = api.model_info(repository, revision=commit, files_metadata=True, timeout=_ANSWER_S)
    if info.sha is None:
        raise ModelError(f"{endpoint()}/{repository}: is not served by a hub, it names no commit; check HF_ENDPOINT.")
    files = []
    for found in info.siblings or ():
        if not any(fnmatch.fnmatchcase(found.rfilename, pattern) for pattern in patterns):
            continue
        if not is_inside(found.rfilename):
            raise ModelError(
                f"{endpoint()}/{repository}: holds a file named {found.rfilename!r}, which would be written outside "
                "the store; nothing was fetched."
            )
        url = _hub().hf_hub_url(repository, found.rfilename, revision=info.sha, endpoint=endpoint())
        sha256 = found.lfs.sha256 if found.lfs else ""
        git_sha1 = "" if found.lfs else found.blob_id or ""
        files.append(OfferedFile(found.rfilename, url, found.size or 0, sha256, git_sha1))
    return Offer(info.sha, tuple(files))


def ask_size(url: str) -> int:
    """Bytes of what lies at `url`; 0 when the server does not say. Raises ModelError."""
    with _explained(url):
        answer = _hub().get_session().head(url, headers=_headers(url), timeout=_ANSWER_S)
        _hub().utils.hf_raise_for_status(answer)
        return int(answer.headers.get("Content-Length") or 0)


def fetch(file: OfferedFile, to: Path, tell: Callable[[int], None]) -> None:
    """Bring `file`, adding to what an earlier try left in `to`; `tell` is given how many bytes are there.

    Raises:
        ModelError: the connection cannot be made or is cut for good, or the disk is full; what has come is kept, unless
            it begins as something else.
    """
    while True:
        before = to.stat().st_size if to.exists() else 0
        if file.size_bytes and before > file.size_bytes:
            to.unlink()
            before = 0
        try:
            with _explained(file.url):
                _append(file, to, before, tell)
            _require_beginning(file, to)
            return
        except _CutError:
            _require_beginning(file, to)
            # As long as every try brings something, the connection is worth another one.
            if to.stat().st_size <= before:
                raise
            time.sleep(_PAUSE_S)


def _require_beginning(file: OfferedFile, to: Path) -> None:
    """Throw away what begins as a web page, or as no GGUF where one was wanted: nothing could be carried on with."""
    # as long as announced, it is judged by its sum, and by what an engine makes of it
    if to.stat().st_size == file.size_bytes:
        return
    with to.open("rb") as came:
        head = came.read(_HEAD_BYTES)
    page = head.lstrip().lower().startswith((b"<!doctype html", b"<html"))
    if not page and (not file.name.endswith(".gguf") or MAGIC.startswith(head[: len(MAGIC)])):
        return
    to.unlink()
    what = "a web page" if page else "something that is no GGUF file"
    raise ModelError(
        f"{file.url}: {what} came in place of the file, and was thrown away; the network may want you to log in first: "
        "open a browser, then pull again."
    )


def _append(file: OfferedFile, to: Path, have_bytes: int, tell: Callable[[int], None]) -> None:
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils.tqdm import silent_tqdm

    with to.open("ab") as partial:
        counted = _Counted(partial, tell)
        tell(have_bytes)
        http_get(
            file.url,
            cast(BinaryIO, counted),
            resume_size=have_bytes,
            headers=_headers(file.url),
            expected_size=file.size_bytes or None,
            tqdm_class=cast(Any, silent_tqdm),
        )


class _Counted:
    """A file that tells how long it has become."""

    def __init__(self, file: BinaryIO, tell: Callable[[int], None]) -> None:
        self._file = file
        self._tell = tell
        self.seek, self.tell, self.truncate = file.seek, file.tell, file.truncate

    def write(self, data: bytes) -> int:
        written = self._file.write(data)
        # what has come must survive a program that is killed
        self._file.flush()
        self._tell(self._file.tell())
        return written


class _CutError(ModelError):
    """A connection that was cut; it may be worth another try."""


def _headers(url: str) -> dict[str, str]:
    # a token is for the hub alone
    token = None if url.startswith(endpoint() + "/") else False
    # packed on the way, a file could not be carried on with in the middle
    headers: dict[str, str] = _hub().utils.build_hf_headers(token=token, headers={"Accept-Encoding": "identity"})
    return headers


def _hub() -> Any:
    """The module itself, told to be quiet before it is first loaded."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    import huggingface_hub.errors
    import huggingface_hub.utils

    # it would write into the moving line what is said here in one sentence
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    return huggingface_hub


@contextmanager
def _explained(address: str) -> Iterator[None]:
    """What can go wrong between here and `address`, in one sentence."""
    errors = _hub().errors
    import httpx2

    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise ModelError("HF_HUB_OFFLINE is set, which forbids every download; unset it and pull again.") from error
    except errors.HfHubHTTPError as error:
        raise ModelError(_refusal(address, error.response.status_code, error)) from error
    except errors.HFValidationError as error:
        raise ModelError(f"{address}: is no name of a repository.") from error
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
        raise ModelError(
            f"{address}: cannot be reached ({brief(error)}); check the network, or take the model from a stick: "
            "pull --from DIR."
        ) from error
    except httpx2.UnsupportedProtocol as error:
        raise ModelError(f"{address}: is no address of a hub ({brief(error)}); check HF_ENDPOINT.") from error
    except httpx2.HTTPError as error:
        raise _CutError(f"{address}: the connection was cut ({brief(error)}); {_AGAIN}.") from error
    except (httpx2.InvalidURL, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{address}: what answers is no hub ({brief(error)}); check HF_ENDPOINT.") from error
    except OSError as error:
        if error.errno is None and "Consistency check" in str(error):
            # the server closed early and called it the end
            raise _CutError(f"{address}: only a part has come; {_AGAIN}.") from error
        raise


def _refusal(address: str, status: int, error: Exception) -> str:
    errors = _hub().errors
    if isinstance(error, errors.GatedRepoError) or status in (401, 403):
        return (
            f"{address}: its owner wants to know who fetches it, or it does not exist ({status}); accept the "
            "conditions on its page, make a token in your account there, and set HF_TOKEN to it."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{address}: no longer has the commit that models.lock pins; take it from a stick: pull --from DIR."
    if status == 404:
        return f"{address}: is not there (404); it was moved or taken away."
    return f"{address}: the server answered {status}; try again later."

"""A hub on this machine: repositories with commits and files, and everything that can go wrong on the way to them.

It speaks the part of the hub's interface that `huggingface_hub` uses to list a repository and to fetch a file.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import huggingface_hub
import pytest

_LARGE = (".bin", ".gguf", ".onnx", ".pth")
_LISTING = re.compile(r"/api/models/(?P<repository>[^/]+/[^/]+)(?:/revision/(?P<revision>[^/]+))?")
_FILE = re.compile(r"/(?P<repository>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)")


@dataclass
class Hub:
    """What lies on the hub, what goes wrong, and what it was asked."""

    url: str = ""
    commits: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    """By repository and commit, the files; the last commit is the latest."""
    cut_after: dict[str, int] = field(default_factory=dict)
    """By name of a file: a connection is cut after so many bytes, once."""
    always_cut: bool = False
    """The connection is cut each time, before the first byte."""
    swapped: dict[str, bytes] = field(default_factory=dict)
    """By name: what comes in place of the file that is announced."""
    status: int = 0
    """Everything is answered with this."""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and Range of each request."""
    agents: set[str] = field(default_factory=set)
    """What the clients said of themselves."""

    def add(self, repository: str, files: Mapping[str, bytes]) -> str:
        """Put a new commit into a repository; gives its name."""
        body = json.dumps({name: hashlib.sha1(data).hexdigest() for name, data in files.items()})
        commits = self.commits.setdefault(repository, {})
        commit = hashlib.sha1(f"{body}{len(commits)}".encode()).hexdigest()
        commits[commit] = dict(files)
        return commit

    def ranges_of(self, name: str) -> list[str]:
        """The Range of each request for that file, in order."""
        return [range_ for method, path, range_ in self.asked if method == "GET" and path.endswith("/" + name)]

    def listing(self, repository: str, commit: str) -> dict[str, object]:
        """A commit as the hub describes it."""
        files = self.commits[repository][commit]
        return {
            "id": repository,
            "sha": commit,
            "siblings": [_described(name, data) for name, data in files.items()],
            "tags": [],
        }


def zipped(files: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """An archive; the same bytes whenever it is made."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return target.getvalue()


@contextmanager
def open_hub() -> Iterator[Hub]:
    """A hub that answers until the end of the `with`."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def reachable_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that pulling in this process talks to, in small pieces and without waiting."""
    with open_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)
        monkeypatch.setattr("time.sleep", lambda _: None)
        huggingface_hub.close_session()
        yield hub
        huggingface_hub.close_session()


def _described(name: str, data: bytes) -> dict[str, object]:
    described: dict[str, object] = {"rfilename": name, "size": len(data)}
    if name.endswith(_LARGE):
        described["blobId"] = "0" * 40
        described["lfs"] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "pointerSize": 134}
    else:
        described["blobId"] = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    return described


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append((self.command, path, self.headers.get("Range", "")))
        self.hub.agents.add(self.headers.get("User-Agent", ""))
        if self.hub.status:
            self._send(self.hub.status, b"{}")
        elif found := _LISTING.fullmatch(path):
            self._list(found["repository"], found["revision"])
        elif found := _FILE.fullmatch(path):
            self._file(found["repository"], found["revision"], found["name"], with_body)
        else:
            self._send(404, b"nothing here")

    def _list(self, repository: str, revision: str | None) -> None:
        commits = self.hub.commits.get(repository)
        if commits is None:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif revision is not None and revision not in commits:
            self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        else:
            listing = self.hub.listing(repository, revision or list(commits)[-1])
            self._send(200, json.dumps(listing).encode(), {"Content-Type": "application/json"})

    def _file(self, repository: str, revision: str, name: str, with_body: bool) -> None:
        data = self.hub.commits.get(repository, {}).get(revision, {}).get(name)
        if data is None:
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        data = self.hub.swapped.get(name, data)
        first = int(found[1]) if (found := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))) else 0
        rest = data[first:]
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(rest)))
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if not with_body:
            return
        whole = 0 if self.hub.always_cut else self.hub.cut_after.pop(name, len(rest))
        self.wfile.write(rest[:whole])
        self.close_connection = whole < len(rest)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

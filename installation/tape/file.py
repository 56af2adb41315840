"""A file that only grows, that nobody else may read, and of which a full disk or a power cut takes only the end."""

from __future__ import annotations

import os
from pathlib import Path

from installation.paths import ensure


class GrowingFile:
    """For one thread. What could not be written waits in memory, and is written by the next `save`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None
        self._waiting = bytearray()
        self._saved_bytes = 0

    @property
    def waiting_bytes(self) -> int:
        """How much is not on the disk."""
        return len(self._waiting)

    def add(self, content: bytes) -> None:
        """Put this at the end, with the next `save`."""
        self._waiting += content

    def save(self) -> None:
        """Put all of it where a power cut cannot reach it. Raises OSError: it waits, and the file ends as it did."""
        if not self._waiting:
            return
        handle = self._opened()
        try:
            write_all(handle, self._waiting)
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, self._saved_bytes)
            os.lseek(handle, self._saved_bytes, os.SEEK_SET)
            raise
        self._saved_bytes += len(self._waiting)
        self._waiting.clear()

    def overwrite(self, at: int, content: bytes) -> None:
        """Change bytes that are on the disk. Raises OSError."""
        handle = self._opened()
        os.pwrite(handle, content, at)
        os.fsync(handle)

    def close(self) -> None:
        """Let go of it; what waits is lost."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            os.close(handle)

    def _opened(self) -> int:
        if self._handle is None:
            ensure(self.path.parent).chmod(0o700)
            # Never over a file that is there, nor through a link to another place.
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            self._handle = os.open(self.path, flags, 0o600)
        return self._handle


def write_all(handle: int, content: bytes | bytearray) -> None:
    """Write every byte. Raises OSError."""
    with memoryview(content) as view:
        written = 0
        while written < len(view):
            written += os.write(handle, view[written:])

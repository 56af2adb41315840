"""Models are fetched to a disk on which there is no room."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from models import hub as module
from models.store import Store
from tests.fakes.hub import Hub
from tests.fakes.pulls import FILES, complaint, fetch, pull_in_a_process


def test_a_disk_without_space_is_told_before_anything_is_fetched(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("somebody/tiny", FILES)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000_000}))
    said = complaint(store)
    assert "1 MB are to come and 1 MB are free" in said
    assert "SOUFFLEUR_HOME" in said
    assert hub.ranges_of("model.pth") == []


def test_a_disk_that_fills_up_on_the_way_keeps_what_has_come(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("somebody/tiny", FILES)

    def full(counted: object, data: bytes) -> int:
        if counted.tell() > 300_000:  # type: ignore[attr-defined]
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(counted, data)

    write = module._Counted.write
    monkeypatch.setattr(module._Counted, "write", full)
    assert "the disk is full" in complaint(store)
    monkeypatch.setattr(module._Counted, "write", write)
    fetch(store)
    assert int(hub.ranges_of("model.pth")[-1].removeprefix("bytes=").rstrip("-")) > 300_000


def test_a_disk_that_is_really_full_is_one_sentence(hub: Hub, tmp_path: Path) -> None:
    """A small disk in memory, in a mount namespace of its own."""
    if os.getuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    hub.add("somebody/tiny", FILES)
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f'mount -t tmpfs -o size=500k none {disk} && exec "$@"'
    done = pull_in_a_process(hub, disk, "unshare", "-m", "sh", "-c", mount, "sh")
    assert f"{disk}: the disk is full; free some space" in done.stderr.splitlines()[-1]

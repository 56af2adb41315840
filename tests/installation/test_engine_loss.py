"""An evening in which an engine crashes or hangs: what the public hears, and what the panel shows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from installation.events import (
    Room,
)
from models.host import Host
from tests.fakes import engine_loss
from tests.fakes.bad_engines import WORDS
from tests.fakes.engine_loss import COVERS, LATEST_S, Evening

ANSWER = "".join(WORDS)


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Evening]:
    with engine_loss.evening(tmp_path) as evening:
        yield evening


@pytest.mark.parametrize("role", ["ears", "persona", "voice"])
@pytest.mark.parametrize("how", ["crash", "hang"])
def test_an_engine_that_is_lost_is_covered_before_it_is_back_for_a_later_question(
    evening: Evening, role: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How soon, scripts/bench_engine_loss measures."""
    evening.speak_to_it()
    assert evening.until_spoken().text.startswith(ANSWER)
    covered = threading.Event()
    start_again = Host._start_again
    monkeypatch.setattr(Host, "_start_again", lambda host: covered.wait(LATEST_S) and start_again(host))
    try:
        lost_s = getattr(evening, how)(role)
        assert evening.until_spoken().text in COVERS, "the cover line must not wait for the engine"
        assert evening.faults() == {Room(role)}
    finally:
        covered.set()
    assert evening.begun_s[-1] > lost_s
    evening.until_whole_again()

"""How the house ends when something in it does not go as it should."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from installation import evening
from installation.bus import Bus
from installation.commands import (
    Ask,
)
from installation.console import Console
from installation.director import Director, Inbox, Stage
from installation.entries import LineState
from installation.events import (
    Mode,
    RoomCrashed,
)
from installation.scene import Scene
from installation.turn import CancelReason, Turn, TurnCancelled
from tests.fakes.show_lines import double


class Recorder:
    """Breaks when it is given a line."""

    def record(self, entry: object, keep: bool = True) -> None:
        if hasattr(entry, "part"):
            raise KeyError("a bug")


def test_a_bug_in_the_director_stops_the_engines_and_the_voice() -> None:
    jobs: list[Any] = []
    drafted: list[Turn] = []
    stage = SimpleNamespace(
        recorder=Recorder(),
        worker=SimpleNamespace(submit=lambda job, _: jobs.append(job), give_way=lambda: None),
        conversation=SimpleNamespace(draft=lambda turn, *_: drafted.append(turn)),
    )
    inbox = Inbox()
    inbox.post(Ask("Who are you?"))
    with pytest.raises(KeyError):
        Director(Scene(Mode.PERFORMANCE, "en", ("en",)), inbox).run(cast(Stage, stage))
    for job in jobs:
        job()
    assert [turn.reason for turn in drafted] == [CancelReason.CLOSING]


@pytest.mark.parametrize(("failed", "code"), [(False, 0), (True, 1)])
def test_an_end_that_hangs_is_cut_short_with_a_code_that_tells_a_bug_from_a_signal(
    monkeypatch: pytest.MonkeyPatch, failed: bool, code: int
) -> None:
    left: list[int] = []
    monkeypatch.setattr(evening, "LEAVE_WITHIN_S", 0.0)
    monkeypatch.setattr(evening.os, "_exit", left.append)
    ending = evening._Ending()
    ending.hasten(failed=failed)
    assert ending._last_resort is not None
    ending._last_resort.join()
    assert left == [code]


def test_a_terminal_that_was_closed_does_not_end_the_evening() -> None:
    bus, posted, tried = Bus(), [], threading.Event()

    def write(_: str) -> None:
        tried.set()
        raise OSError(5, "Input/output error")

    with Console(bus, write, posted.append):
        while not tried.wait(0.01):
            bus.publish(double("Yes.", LineState.RELEASED, note="sounding"))
    assert not [event for event in posted if isinstance(event, RoomCrashed)]


def test_an_abort_is_over_before_the_engine_can_begin_other_work() -> None:
    turn, order, called, go_on = Turn(1), [], threading.Event(), threading.Event()
    canceller = threading.Thread(target=lambda: turn.cancel(CancelReason.BARGE_IN))

    def abort() -> None:
        called.set()
        go_on.wait(60)
        order.append("aborted")

    def work() -> None:
        with turn.abortable(abort):
            canceller.start()
            called.wait(60)
            threading.Timer(0.05, go_on.set).start()

    with pytest.raises(TurnCancelled):
        work()
    order.append("other work")
    canceller.join()
    assert order == ["aborted", "other work"]

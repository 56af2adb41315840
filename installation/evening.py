"""One evening from the command line: the house, its panel and its signals; the end is the beginning in reverse."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click

from installation.commands import (
    Close,
)
from installation.config import Show
from installation.console import Console
from installation.entries import HouseInfo
from installation.house import STEPS, House, open_house
from installation.misfits import misfits
from installation.show_log_file import LogError
from installation.sound.devices import DeviceError
from installation.sound.recording import RecordingError
from installation.sound.visitor import SimulatedVisitor
from installation.tape.head import SOUND_IS_RECORDED
from installation.weights import forbidden_on_stage
from models.offline import stay_offline
from models.protocols import ModelError
from models.settings import SettingsError
from web.server import AddressError, PanelServer

log = logging.getLogger(__name__)

FIRST_FRAME_S = 3.0
"""The house is called ready after so long even if its microphone brings nothing: the panel shows the fault."""

SIGNALS = (signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""Told to end, Ctrl-C, and a terminal that was closed."""

LEAVE_WITHIN_S = 1.7
"""From the signal to the end; what hangs in native code after that is left behind."""

LOG_WITHIN_S = 0.2
"""What is left of two seconds for the last lines, when something else hangs."""

FAILURES: dict[type[Exception], int] = {
    SettingsError: 2,
    RecordingError: 2,
    DeviceError: 2,
    ModelError: 3,
    AddressError: 4,
    LogError: 5,
}
"""What can keep an evening from beginning, each with a sentence for people, and the exit code that it means."""


@dataclass(frozen=True, slots=True)
class Seats:
    """Who sits where this evening, beside what the show says."""

    recording: Path | None = None
    visitor: bool = False
    open_browser: bool = False


def play(show: Show, seats: Seats) -> bool:
    """Play until a signal or the panel ends the evening; false when a bug ended it.

    Raises:
        ModelError, SettingsError, RecordingError, LogError, AddressError: the evening cannot begin; one sentence.
    """
    stay_offline()
    with ExitStack() as stack:
        ending = stack.enter_context(_signals())
        with _progress() as tell:
            house = stack.enter_context(open_house(show, seats.recording, seats.visitor, tell))
        panel = stack.enter_context(PanelServer(house, show.config.panel.host, show.config.panel.port))
        ending.begin(house)
        for line in _programme(house.info):
            print(line, flush=True)
        warn_of_recording(show)
        warn_of_licences(show)
        warn_of_misfits(show, not isinstance(house.source, SimulatedVisitor))
        if sys.stdout.isatty():
            stack.enter_context(Console(house.bus, print, house.inbox.post))
        house.listener.first_frame.wait(FIRST_FRAME_S)
        print(f"ready {panel.url}", flush=True)
        if seats.open_browser:
            webbrowser.open(panel.url)
        try:
            ended_well = house.director.run(house.stage)
        except BaseException:
            ending.hasten(failed=True)
            raise
        ending.hasten(failed=not ended_well)
        return ended_well


def warn_of_licences(show: Show) -> None:
    """Tell on the terminal what the licences of the show's weights forbid on a stage."""
    for caution in forbidden_on_stage(show):
        click.secho(f"WARNING: {caution}", fg="yellow", bold=True, err=True)


def warn_of_misfits(show: Show, has_visitors: bool) -> None:
    """Tell on the terminal what of the show's settings fits its engines badly."""
    for note in misfits(show, has_visitors):
        click.secho(f"note: {note.what}. {note.remedy}.", fg="yellow", err=True)


def warn_of_recording(show: Show) -> None:
    """Tell on the terminal that the evening's sound is kept, where it is."""
    if show.config.log.record_sound:
        click.secho(f"WARNING: {SOUND_IS_RECORDED}.", fg="yellow", bold=True, err=True)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A bar on the terminal while the engines load."""
    with click.progressbar(
        length=len(STEPS),
        label="Loading the engines",
        item_show_func=lambda step: step,
        show_eta=False,
        hidden=not sys.stderr.isatty(),
        file=sys.stderr,
    ) as bar:
        yield lambda step: bar.update(1, step)


def _programme(info: HouseInfo) -> Iterator[str]:
    """What plays tonight, for the terminal."""
    yield f"{info.show}: the double of {info.character}, in {', '.join(info.languages)}"
    yield f"  microphone   {info.microphone}"
    yield f"  loudspeaker  {info.loudspeaker}"
    for engine in info.engines:
        yield f"  {engine.role:<12} {engine.name}"
        if engine.recommended:
            yield f"  {'':<12} better: {engine.recommended}, see `souffleur models list`"


class _Ending:
    """Turns the SIGNALS into the end of the evening, and sees to it that the end comes."""

    def __init__(self) -> None:
        self._house: House | None = None
        self._failed = False
        self._last_resort: threading.Timer | None = None

    def begin(self, house: House) -> None:
        """From now on a signal closes the house; before, it simply ends the start."""
        self._house = house

    def on_signal(self, number: int, _: FrameType | None) -> None:
        if self._house is None:
            raise SystemExit(128 + number)
        self.hasten(failed=False)
        self._house.submit(Close())

    def hasten(self, failed: bool) -> None:
        """From now on the house has LEAVE_WITHIN_S to close; `failed` when a bug ended the evening."""
        self._failed |= failed
        if self._last_resort is None:
            self._last_resort = threading.Timer(LEAVE_WITHIN_S, self._leave)
            self._last_resort.start()

    def over(self) -> None:
        if self._last_resort is not None:
            self._last_resort.cancel()

    def _leave(self) -> None:
        """An engine that cannot be woken must not keep a theatre, or a supervisor, waiting."""
        here = threading.current_thread()
        threads = ", ".join(thread.name for thread in threading.enumerate() if thread is not here)
        log.error("Still busy %.1f s after the end, left behind: %s", LEAVE_WITHIN_S, threads)
        if self._house is not None and not self._house.recorder.close(LOG_WITHIN_S):
            log.error("The end of the evening is not in the show log.")
        logging.shutdown()
        os._exit(1 if self._failed else 0)


@contextmanager
def _signals() -> Iterator[_Ending]:
    ending = _Ending()
    before = {number: signal.signal(number, ending.on_signal) for number in SIGNALS}
    try:
        yield ending
    finally:
        ending.over()
        for number, handler in before.items():
            signal.signal(number, handler)

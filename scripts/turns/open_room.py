"""An open room on the virtual sound card: its microphone hears the loudspeaker, late and with the room's echo."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from models.audio import Audio, Samples
from scripts.turns.room import ECHO_DB, impulse_response
from tests.fakes.sound_card import RATE_HZ, Tape, VirtualSoundCard

PROBE_S = 0.4
_PROBE_LEVEL = 0.1
_LONGEST_DELAY_S = 0.6
_SETTLE_S = 0.3
_LONGEST_BUFFER_MS = 80.0
_SHARE_OF_BUFFER = 0.6
_TOLERANCE_S = 0.002
_TRIES = 5


@dataclass(frozen=True, slots=True)
class OpenRoomSettings:
    """What lies between loudspeaker and microphone."""

    rt60_s: float = 0.3
    """One of those in scripts/turns/room.py."""
    delay_s: float = 0.1
    """From the loudspeaker's sink to the microphone's source, by the direct way; the house's buffers come on top."""
    drift_ppm: float = 0.0
    """The delay grows by so many microseconds each second."""
    echo_db: float = ECHO_DB

    @property
    def buffer_ms(self) -> int:
        """What the card keeps of the echo, so that a busy machine does not tear it: the most that the delay allows."""
        return round(min(_LONGEST_BUFFER_MS, _SHARE_OF_BUFFER * 1000 * self.delay_s))


class OpenRoom:
    """A context manager around an open card; `delay_s` is the delay that was measured when it was entered."""

    def __init__(self, card: VirtualSoundCard, settings: OpenRoomSettings) -> None:
        if not card.is_open:
            raise ValueError("an open room needs a card that is open: VirtualSoundCard(is_open=True)")
        self._card = card
        self._settings = settings
        self._folder = tempfile.TemporaryDirectory(prefix="room-")
        self._process: subprocess.Popen[bytes] | None = None
        self.delay_s = 0.0

    def __enter__(self) -> OpenRoom:
        """Raises RuntimeError: the delay cannot be had, as the card itself takes longer, or the machine is too busy."""
        wanted_s = self._settings.delay_s
        for _ in range(_TRIES):
            try:
                self._start()
                own_s = self._measured()
                if own_s is not None and own_s <= wanted_s:
                    self._tell(wanted_s - own_s)
                    measured_s = self._measured()
                    # A busy machine tears the echo now and then; what is left is later than it was meant to be.
                    if measured_s is not None and abs(measured_s - wanted_s) < _TOLERANCE_S:
                        self.delay_s = measured_s
                        return self
            except BaseException:
                self._stop()
                raise
            self._stop()
        self._folder.cleanup()
        raise RuntimeError(
            f"an echo after {1000 * wanted_s:.0f} ms cannot be had on this machine now: "
            + ("nothing came through" if own_s is None else f"it came after {1000 * own_s:.0f} ms")
            + "; close what else is running, or ask for a longer delay"
        )

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop()
        self._folder.cleanup()

    def _start(self) -> None:
        folder = Path(self._folder.name)
        settings = self._settings
        np.save(folder / "response.npy", impulse_response(settings.rt60_s, RATE_HZ, settings.echo_db))
        order = {
            "response": str(folder / "response.npy"),
            "drift_ppm": settings.drift_ppm,
            "buffer_ms": settings.buffer_ms,
        }
        (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
        command = [sys.executable, "-m", "scripts.turns.echo_process", str(folder / "order.json")]
        # One thread: numpy's own would take the second core from the house.
        env = {**self._card.env, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it says when it carries the first sound

    def _stop(self) -> None:
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            if self._process.stdout is not None:
                self._process.stdout.close()
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _tell(self, late_s: float) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"delay {round(late_s * RATE_HZ)}\n".encode())
        self._process.stdin.flush()

    def _measured(self) -> float | None:
        """Play a burst of noise through the loudspeaker, before there is a house, and find it at the microphone."""
        noise = np.random.default_rng(5).normal(0, _PROBE_LEVEL, round(PROBE_S * RATE_HZ)).astype(np.float32)
        with self._card.tape() as tape:
            tape.run_on(_SETTLE_S)
            self._card.play("house", Audio(noise, RATE_HZ))
            tape.run_on(_LONGEST_DELAY_S)
            return echo_delay_s(tape)


def echo_delay_s(tape: Tape, from_s: float = 0.0) -> float | None:
    """The delay of the direct sound on a tape of an open room, in seconds; None where no echo is to be found."""
    visitor, house = tape.since(from_s)
    heard = tape.microphone_since(from_s)
    count = min(len(visitor), len(house), len(heard))
    return delay_between(house[:count], heard[:count] - visitor[:count])


def delay_between(played: Samples, heard: Samples) -> float | None:
    """By how much `heard` is behind `played`, in seconds, both at RATE_HZ; None where they have nothing in common."""
    if not played.any() or not heard.any():
        return None
    count = 1 << (len(played) + len(heard)).bit_length()
    cross = np.fft.rfft(heard, count) * np.conj(np.fft.rfft(played, count))
    # Whitened, so that what is played may be speech: only then is the direct sound a single peak.
    cross /= np.abs(cross) + 1e-3 * np.abs(cross).max()
    likeness = np.fft.irfft(cross, count)[: round(_LONGEST_DELAY_S * RATE_HZ)]
    peak = int(np.argmax(likeness))
    return peak / RATE_HZ if likeness[peak] > 12 * np.std(likeness) else None

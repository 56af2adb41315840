"""`souffleur calibrate` on a sound card whose loudspeaker comes back to its microphone."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from installation.room import RoomMeasurement, read_room
from installation.sound.acoustics import Outcome
from models.audio import Audio, Samples
from tests.fakes.auditorium import ends_softly, wait_until
from tests.fakes.show_folder import make_show
from tests.fakes.sound_card import RATE_HZ, VirtualSoundCard

pytestmark = [
    pytest.mark.sound,
    pytest.mark.skipif(bool(VirtualSoundCard.missing()), reason=VirtualSoundCard.missing()),
]

ROOT = Path(__file__).parents[2]
# More latency than the house wants: a machine that is busy with other tests must not make the loudspeaker crackle.
SHOW = "[panel]\nport = 0\n[sound]\ninput_latency_s = 0.04\noutput_latency_s = 0.1\n"
WAY_MS = 60
GAIN_DB = -12
NOISE_DB = -55


@pytest.fixture(scope="module")
def card() -> Iterator[VirtualSoundCard]:
    with VirtualSoundCard() as card:
        yield card


@pytest.fixture
def show(tmp_path: Path) -> Path:
    return make_show(tmp_path / "letters", SHOW)


@contextmanager
def calibrating(card: VirtualSoundCard, show: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "installation", "calibrate", str(show)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=card.env, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def measured(card: VirtualSoundCard, show: Path) -> RoomMeasurement:
    with calibrating(card, show) as process:
        said, complained = process.communicate(timeout=60)
    assert process.returncode == 0, said + complained
    room = read_room(show)
    assert room is not None
    return room


def way_ms(visitor: Samples, house: Samples) -> float:
    """How much later the card's microphone hears what its loudspeaker plays, by the tape alone."""
    size = 1 << (len(house) * 2).bit_length()
    both = np.fft.rfft(visitor, size) * np.conj(np.fft.rfft(house, size))
    return 1000 * float(np.argmax(np.fft.irfft(both, size)[:RATE_HZ])) / RATE_HZ


def test_the_way_back_is_measured_alike_every_time_and_holds_the_way_on_the_card(
    card: VirtualSoundCard, show: Path
) -> None:
    buffers_ms = []
    with card.open_loudspeaker(WAY_MS, GAIN_DB):
        for _ in range(3):
            with card.tape() as tape:
                room = measured(card, show)
                way = way_ms(tape.visitor, tape.house)
            assert room.delay_ms is not None
            buffers_ms.append(room.delay_ms - way)
            assert room.echo_return_loss_db == pytest.approx(-GAIN_DB, abs=0.5)
    assert max(buffers_ms) - min(buffers_ms) < 8
    # What is not on the card is in the two streams: their latencies, and a block of each.
    assert min(buffers_ms) > 20
    assert max(buffers_ms) < 250


def test_headphones_are_known_by_a_microphone_that_hears_nothing(card: VirtualSoundCard, show: Path) -> None:
    noise = np.random.default_rng(3).standard_normal(60 * RATE_HZ) * 10 ** (NOISE_DB / 20)
    with card.speaking(Audio(noise.astype(np.float32), RATE_HZ)):
        room = measured(card, show)
    assert room.outcome is Outcome.UNHEARD
    # of the card's noise, what lies under the ears' 8 kHz
    assert room.noise_floor_db == pytest.approx(NOISE_DB + 10 * math.log10(2 * 8_000 / RATE_HZ), abs=1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_fades_the_sweep_out_and_nothing_is_written(
    card: VirtualSoundCard, show: Path, number: signal.Signals
) -> None:
    with card.tape() as tape, calibrating(card, show) as process:
        wait_until(lambda: loud(tape.since(0)[1]), "no sweep is heard")
        tape.run_on(0.3)
        process.send_signal(number)
        _, complained = process.communicate(timeout=20)
        tape.run_on(0.2)
        house = tape.house
    assert process.returncode == 1
    assert complained.strip() == "Error: Ended before its end: nothing was measured, and nothing was written."
    assert ends_softly(house, float(np.flatnonzero(np.abs(house) > 1e-3)[-1]) / RATE_HZ)
    assert {file.name for file in show.iterdir()} == {"show.toml", "character.toml"}


def test_a_card_that_is_pulled_out_in_the_middle_is_one_sentence(card: VirtualSoundCard, show: Path) -> None:
    with calibrating(card, show) as process:
        assert process.stdout is not None
        while "Playing" not in (line := process.stdout.readline()):
            assert line, "it ended before it played"
        card.kill_server()
        _, complained = process.communicate(timeout=20)
    card.restart_server()
    assert process.returncode == 2
    # PortAudio itself may complain on the terminal before.
    (sentence,) = (line for line in complained.splitlines() if line.startswith("Error"))
    assert sentence.startswith("Error: Nothing was measured")
    assert "Traceback" not in complained
    assert {file.name for file in show.iterdir()} == {"show.toml", "character.toml"}


def loud(samples: Samples) -> bool:
    return bool(len(samples)) and float(np.abs(samples).max()) > 0.05

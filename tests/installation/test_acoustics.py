"""What a sweep tells about rooms whose delay, loudness, reverberation and noise are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from installation.sound.acoustics import Outcome, analyse
from installation.sound.sounding import clock_offset_s
from installation.sound.sweep import GENTLE_DB, LOUDEST_DB, SPEECH_HZ, in_band, sweep
from models.audio import HEARING_RATE_HZ, level_db
from tests.fakes.rooms import FakeRoom, hall


@pytest.mark.parametrize("reverberation_s", [0.3, 0.8, 1.5, 2.5])
@pytest.mark.parametrize(("gain_db", "delay_ms", "drift_ppm"), [(-3, 20, 0), (-20, 83.3, 50), (-40, 250, -50)])
def test_a_room_is_known_by_its_sweep(
    reverberation_s: float, gain_db: float, delay_ms: float, drift_ppm: float
) -> None:
    room = FakeRoom(hall(reverberation_s), delay_ms=delay_ms, gain_db=gain_db, noise_db=-90, drift_ppm=drift_ppm)
    found = analyse(room.answer())
    assert found.outcome is Outcome.HEARD
    assert found.delay_ms == pytest.approx(delay_ms, abs=0.5)
    assert found.echo_return_loss_db == pytest.approx(room.return_loss_db, abs=0.5)
    assert found.reverberation_s == pytest.approx(reverberation_s, rel=0.1)
    assert found.noise_floor_db == pytest.approx(-90, abs=0.5)


@pytest.mark.parametrize("gain_db", [-3, -20, -40])
def test_noise_hides_how_a_room_rings_before_it_hides_where_the_sound_is(gain_db: float) -> None:
    room = FakeRoom(hall(0.8), gain_db=gain_db, noise_db=gain_db - 25)
    found = analyse(room.answer())
    assert found.delay_ms == pytest.approx(room.delay_ms, abs=2)
    assert found.echo_return_loss_db == pytest.approx(room.return_loss_db, abs=1.5)
    assert found.noise_floor_db == pytest.approx(gain_db - 25, abs=1)
    assert found.reverberation_s is None
    assert analyse(replace(room, noise_db=gain_db - 50).answer()).reverberation_s == pytest.approx(0.8, rel=0.2)


def test_the_direct_sound_is_found_under_a_reflection_that_is_louder_and_in_a_hall_that_drowns_it() -> None:
    response = hall(1.5, tail_db=8)
    response[round(0.012 * HEARING_RATE_HZ)] += 2.0
    assert analyse(FakeRoom(response).answer()).delay_ms == pytest.approx(80, abs=0.5)


@pytest.mark.parametrize(("reverberation_s", "size_m"), [(0.3, (5, 4, 3)), (0.8, (9, 7, 4)), (1.5, (14, 10, 6))])
def test_rooms_with_walls_ring_as_long_as_their_reflections_do(
    reverberation_s: float, size_m: tuple[float, float, float]
) -> None:
    acoustics = pytest.importorskip("pyroomacoustics", reason="needs pyroomacoustics")
    absorbed, order = acoustics.inverse_sabine(reverberation_s, size_m)
    walls = acoustics.ShoeBox(
        size_m, fs=HEARING_RATE_HZ, materials=acoustics.Material(absorbed), max_order=min(order, 60)
    )
    walls.add_source([1, 2, 2])
    walls.add_microphone([4, 3.5, 1.2])
    walls.compute_rir()
    response = np.asarray(walls.rir[0][0], np.float64)
    direct_ms = 1000 * int(np.argmax(np.abs(response))) / HEARING_RATE_HZ
    room = FakeRoom(response, delay_ms=100)
    found = analyse(room.answer())
    speech = in_band(np.pad(response, (0, HEARING_RATE_HZ)).astype(np.float32), SPEECH_HZ)
    rings_s = acoustics.experimental.measure_rt60(speech, HEARING_RATE_HZ, decay_db=30)
    assert found.delay_ms == pytest.approx(100 + direct_ms, abs=0.5)
    assert found.echo_return_loss_db == pytest.approx(room.return_loss_db, abs=0.5)
    assert found.reverberation_s == pytest.approx(rings_s, rel=0.1)


def test_the_silence_before_a_far_wall_answers_is_not_the_end_of_the_echo() -> None:
    response = np.zeros(HEARING_RATE_HZ)
    response[0], response[round(0.14 * HEARING_RATE_HZ)] = 1.0, 0.8
    room = FakeRoom(response, noise_db=-60)
    assert room.return_loss_db == pytest.approx(17.9, abs=0.1)
    assert analyse(room.answer()).echo_return_loss_db == pytest.approx(room.return_loss_db, abs=0.2)


def test_a_cable_rings_for_no_time() -> None:
    found = analyse(FakeRoom(gain_db=0).answer())
    assert found.echo_return_loss_db == pytest.approx(0, abs=0.1)
    assert found.reverberation_s is not None
    assert found.reverberation_s < 0.1


def test_in_a_quiet_room_headphones_are_told_from_a_loudspeaker_that_is_too_soft_for_a_loud_one() -> None:
    silent = FakeRoom(gain_db=-120)
    assert analyse(replace(silent, noise_db=-60).answer()).outcome is Outcome.UNHEARD
    assert analyse(replace(silent, noise_db=-25).answer()).outcome is Outcome.NOISY
    lost = FakeRoom(gain_db=-35, noise_db=-25)
    assert analyse(lost.answer()).outcome is Outcome.NOISY
    assert analyse(lost.answer(level_db=LOUDEST_DB)).outcome is Outcome.HEARD


def test_a_sweep_that_is_cut_off_at_full_scale_tells_nothing() -> None:
    take = FakeRoom(hall(0.3), gain_db=20).answer()
    clipped = replace(take, recorded=np.clip(take.recorded, -1, 1))
    assert analyse(clipped).outcome is Outcome.CLIPPED


def test_a_loudspeaker_that_distorts_is_no_echo_before_the_echo() -> None:
    found = analyse(FakeRoom(hall(0.5), distortion=1.0).answer())
    assert found.delay_ms == pytest.approx(80, abs=0.5)
    assert found.reverberation_s == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("at_s", [2.2, 3.4, 4.6])
@pytest.mark.parametrize("reverberation_s", [0.1, 1.5])
def test_a_sweep_that_was_torn_on_the_way_tells_nothing(at_s: float, reverberation_s: float) -> None:
    take = FakeRoom(hall(reverberation_s)).answer()
    at = round((take.handed_over_s + 0.08 + at_s) * HEARING_RATE_HZ)
    lost = replace(take, recorded=np.delete(take.recorded, slice(at, at + 256)))
    late = replace(take, recorded=np.insert(take.recorded, at, np.zeros(256, np.float32)))
    assert (analyse(lost).outcome, analyse(late).outcome) == (Outcome.TORN, Outcome.TORN)


def test_a_door_that_slams_is_not_the_noise_of_the_room() -> None:
    take = FakeRoom(hall(0.5)).answer()
    take.recorded[8_000:11_000] += 0.5
    assert analyse(take).noise_floor_db == pytest.approx(-70, abs=1)


def test_hum_is_noise_of_the_room_and_not_of_speech() -> None:
    take = FakeRoom(noise_db=-80).answer()
    time_s = np.arange(len(take.recorded)) / HEARING_RATE_HZ
    hum = replace(take, recorded=take.recorded + (0.01 * np.sin(2 * np.pi * 50 * time_s)).astype(np.float32))
    found = analyse(hum)
    assert found.noise_floor_db == pytest.approx(-43, abs=1)
    assert found.speech_noise_floor_db == pytest.approx(-83.4, abs=1)


@pytest.mark.parametrize("level", [GENTLE_DB, LOUDEST_DB])
def test_the_sweep_is_as_loud_as_it_is_asked_for_and_begins_and_ends_softly(level: float) -> None:
    played = sweep(level).samples
    assert level_db(played[HEARING_RATE_HZ:-HEARING_RATE_HZ]) == pytest.approx(level, abs=0.2)
    assert np.abs(played).max() < 1
    assert np.abs(played[:800]).max() < 0.1 * np.abs(played).max()
    assert np.abs(played[-8:]).max() < 0.1 * np.abs(played).max()


def test_no_sweep_is_louder_than_the_loudest() -> None:
    with pytest.raises(ValueError, match="at most -6"):
        sweep(LOUDEST_DB + 1)


def test_blocks_that_come_early_or_late_do_not_move_the_clock() -> None:
    rng = np.random.default_rng(5)
    late_s = rng.uniform(-0.005, 0.005, 400)
    late_s[::50] = 0.2
    stamps = [(1_000.0 + 0.02 * i + late_s[i], 0.02 * i) for i in range(400)]
    assert clock_offset_s(stamps) == pytest.approx(1_000.0, abs=0.001)

"""A microphone and a loudspeaker that are not there, go away and come back: what is told, and what goes on."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from installation.events import Event, FaultCleared, FaultRaised, Room, TurnSpoken
from installation.sound import devices
from installation.sound.microphone import QUEUED_BLOCKS, Microphone, MicrophoneSettings
from installation.sound.silent_clock import SilentClock, SilentSpeaker
from installation.sound.speaker import Speaker, SpeakerSettings
from installation.sound.stream_keeper import DEAF_S, FIRST_RETRY_S, LONGEST_RETRY_S, REGISTRY, StreamKeeper
from installation.turn import Turn
from models.audio import Audio, Samples
from tests.fakes.portaudio import FakePortAudio, Flags


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePortAudio]:
    # Nobody looks by himself: the test says when.
    monkeypatch.setattr(StreamKeeper, "_watch", lambda self: None)
    # The test plays the audio thread's part, and its own thread is not to become a real-time one.
    monkeypatch.setattr("installation.sound.speaker.run_first", lambda: None)
    monkeypatch.setattr("installation.sound.microphone.run_first", lambda: None)
    card = FakePortAudio()
    card.install(monkeypatch)
    yield card
    devices.portaudio.cache_clear()
    assert not REGISTRY.keepers
    assert not card.open_streams


@pytest.fixture
def told() -> list[Event]:
    return []


def keeper_of(room: Room) -> StreamKeeper:
    return next(keeper for keeper in REGISTRY.keepers if keeper.line.room is room)


def loudspeaker_faults(told: list[Event]) -> list[type[Event]]:
    return [type(event) for event in told if getattr(event, "room", None) is Room.LOUDSPEAKER]


def speak(speaker: Speaker, seconds: float = 1.0) -> Turn:
    turn, rate_hz = Turn(1), speaker.playback.rate_hz
    speaker.playback.add(turn, 0, Audio(np.full(round(seconds * rate_hz), 0.5, np.float32), rate_hz), last=True)
    speaker.playback.finish(turn)
    speaker.playback.release(turn)
    return turn


def test_a_loudspeaker_plays_on_all_its_channels_at_its_own_rate(card: FakePortAudio, told: list[Event]) -> None:
    card.rate_hz = 44_100
    with Speaker(SpeakerSettings(), told.append) as speaker:
        speak(speaker)
        [stream] = card.open_streams
        assert stream.samplerate == speaker.playback.rate_hz == 44_100
        assert (stream.play(441) == 0.5).all()
        assert speaker.name == "USB Audio"


def test_an_unplugged_loudspeaker_is_told_once_and_tried_until_it_is_back(
    card: FakePortAudio, told: list[Event]
) -> None:
    with Speaker(SpeakerSettings(), told.append):
        keeper = keeper_of(Room.LOUDSPEAKER)
        card.unplug()
        for now_s in range(1_000, 1_060):
            keeper.look(now_s)
        assert [type(event) for event in told] == [FaultRaised]
        assert "USB Audio" in told[0].message
        card.plugged = True
        keeper.look(2_000)
        assert told[1:] == [FaultCleared(Room.LOUDSPEAKER)]
        assert card.open_streams[0].active


def test_a_device_that_stops_answering_is_lost_as_well(card: FakePortAudio, told: list[Event]) -> None:
    with Speaker(SpeakerSettings(), told.append) as speaker:
        keeper = keeper_of(Room.LOUDSPEAKER)
        keeper.look(speaker.beat_s + DEAF_S - 0.01)
        assert told == []
        keeper.look(speaker.beat_s + DEAF_S + 0.01)
        assert [type(event) for event in told] == [FaultRaised]


def test_a_lost_device_is_tried_less_and_less_often_but_always_within_seconds(
    card: FakePortAudio, told: list[Event]
) -> None:
    with Speaker(SpeakerSettings(), told.append):
        keeper = keeper_of(Room.LOUDSPEAKER)
        card.unplug()
        tries: list[float] = []
        for now_s in np.arange(1_000, 1_060, 0.1):
            before = card.starts
            keeper.look(float(now_s))
            tries += [float(now_s)] * (card.starts - before)
    gaps = np.diff([1_000.0, *tries])
    assert gaps[0] == pytest.approx(FIRST_RETRY_S, abs=0.11)
    assert gaps.max() <= LONGEST_RETRY_S + 0.11
    assert len(tries) >= 10


def test_a_house_without_a_sound_card_comes_up_and_finds_it_when_it_is_plugged_in(
    card: FakePortAudio, told: list[Event]
) -> None:
    card.unplug()
    devices.restart_portaudio()
    with Speaker(SpeakerSettings(), told.append):
        assert [type(event) for event in told] == [FaultRaised]
        card.plugged = True
        keeper_of(Room.LOUDSPEAKER).look(float("inf"))
        assert told[-1] == FaultCleared(Room.LOUDSPEAKER)


def test_a_search_for_the_microphone_does_not_interrupt_the_double(card: FakePortAudio, told: list[Event]) -> None:
    with Speaker(SpeakerSettings(), told.append) as speaker, Microphone(MicrophoneSettings(), told.append):
        turn = speak(speaker)
        speaking, listening = card.open_streams
        listening.active = False
        keeper = keeper_of(Room.MICROPHONE)
        card.broken = "Device unavailable"
        for now_s in (1_000, 2_000, 3_000):
            keeper.look(now_s)
        assert speaking.active
        assert card.starts == 0
        speaking.play(48_000 * 2)
        assert TurnSpoken(turn.id) in told
        card.broken = ""
        keeper.look(4_000)
        assert card.starts == 1
        assert FaultCleared(Room.MICROPHONE) in told
        assert loudspeaker_faults(told) == []
        assert len(card.open_streams) == 2


def test_a_microphone_of_16_khz_or_of_any_other_rate_gives_the_same_frames(
    card: FakePortAudio, told: list[Event]
) -> None:
    for refused, rate_hz in (((), 16_000), ((16_000,), 48_000)):
        card.refused_rates = refused
        with Microphone(MicrophoneSettings(), told.append) as microphone:
            [stream] = card.open_streams
            assert stream.samplerate == rate_hz
            wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz)
            for block in np.split(wave.astype(np.float32), 100):
                stream.hear(block)
            frames = list(itertools.islice(microphone.frames(), 40))
        heard: Samples = np.concatenate([frame.audio.samples for frame in frames])
        assert [len(frame.audio.samples) for frame in frames] == [320] * 40
        assert [frame.start_s for frame in frames[:3]] == pytest.approx([0, 0.02, 0.04])
        assert np.abs(np.fft.rfft(heard)).argmax() * 16_000 / len(heard) == pytest.approx(440, abs=2)
        assert np.abs(heard[1_000:]).max() == pytest.approx(0.5, abs=0.02)


def test_a_microphone_that_comes_back_is_heard_again(card: FakePortAudio, told: list[Event]) -> None:
    with Microphone(MicrophoneSettings(), told.append) as microphone:
        frames = microphone.frames()
        card.open_streams[0].hear(np.full(320, 0.1, np.float32))
        assert next(frames).audio.samples[0] == pytest.approx(0.1)
        card.unplug()
        keeper_of(Room.MICROPHONE).look(1_000)
        card.plugged = True
        keeper_of(Room.MICROPHONE).look(2_000)
        assert [type(event) for event in told] == [FaultRaised, FaultCleared]
        card.open_streams[0].hear(np.full(320, 0.2, np.float32))
        frame = next(frames)
        assert frame.audio.samples[0] == pytest.approx(0.2)
        assert frame.start_s == pytest.approx(0.02)


def test_closing_the_microphone_wakes_who_listens(card: FakePortAudio, told: list[Event]) -> None:
    with Microphone(MicrophoneSettings(), told.append) as microphone:
        listener = threading.Thread(target=lambda: list(microphone.frames()))
        listener.start()
        microphone.close()
        listener.join(10)
        assert not listener.is_alive()


def test_a_listener_that_hangs_loses_the_oldest_sound_and_it_is_counted(card: FakePortAudio, told: list[Event]) -> None:
    with Microphone(MicrophoneSettings(), told.append) as microphone:
        for number in range(QUEUED_BLOCKS + 7):
            card.open_streams[0].hear(np.full(320, number / 10_000, np.float32))
        assert microphone.overruns == 7
        assert next(microphone.frames()).audio.samples[0] == pytest.approx(7 / 10_000)


def test_sound_lost_by_the_device_is_counted(card: FakePortAudio, told: list[Event]) -> None:
    with (
        Speaker(SpeakerSettings(), told.append) as speaker,
        Microphone(MicrophoneSettings(), told.append) as microphone,
    ):
        playing, hearing = card.open_streams
        playing.play(480, Flags(output_underflow=True))
        hearing.hear(np.zeros(320, np.float32), Flags(input_overflow=True))
        assert (speaker.underruns, microphone.overruns) == (1, 1)


def test_without_a_loudspeaker_a_turn_takes_its_time_and_ends(told: list[Event]) -> None:
    speaker = SilentSpeaker(told.append)
    clock = SilentClock(speaker.playback, 100.0)
    turn = Turn(1)
    speaker.playback.add(turn, 0, Audio(np.full(48_000, 0.5, np.float32), 48_000), last=True)
    speaker.playback.finish(turn)
    speaker.playback.release(turn)
    for step in range(99):
        clock.advance(100.0 + step / 100)
    assert TurnSpoken(1) not in told
    clock.advance(101.01)
    assert told[-1] == TurnSpoken(1)


def test_a_silent_loudspeaker_speaks_by_itself() -> None:
    told: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with SilentSpeaker(told.put) as speaker:
        turn = Turn(1)
        speaker.playback.finish(turn)
        speaker.playback.release(turn)
        assert told.get(timeout=10) == TurnSpoken(1)

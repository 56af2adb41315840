"""A microphone and a loudspeaker that are not there, go away and come back: what is told, and what goes on."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from installation.events import (
    Event,
    FaultCleared,
    FaultRaised,
    Room,
    TurnSpoken,
)
from installation.sound import devices
from installation.sound.choice import SoundSettings, choose_source
from installation.sound.microphone import QUEUED_BLOCKS, Microphone, MicrophoneSettings
from installation.sound.silent_clock import SilentClock, SilentSpeaker
from installation.sound.sources import LONGEST_JOIN_S
from installation.sound.speaker import Speaker, SpeakerSettings
from installation.sound.stream_keeper import (
    DEAF_S,
    FIRST_RETRY_S,
    LONGEST_RETRY_S,
    PATIENCE_S,
    POLL_S,
    REGISTRY,
    StreamKeeper,
)
from installation.turn import Turn
from models.audio import Audio, Samples
from tests.fakes.portaudio import FakePortAudio, Flags, keeper_of, lose_and_find, pass_time


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
        pass_time(card, 10)
        assert told == []
        card.unplug()
        pass_time(card, 60)
        assert [type(event) for event in told] == [FaultRaised]
        assert "USB Audio" in told[0].message
        card.plugged = True
        pass_time(card, LONGEST_RETRY_S + 2 * POLL_S)
        assert told[1:] == [FaultCleared(Room.LOUDSPEAKER)]
        assert card.open_streams[0].active


@pytest.mark.parametrize("fills_first", [False, True])
def test_a_device_that_opens_but_moves_no_sound_is_told_once_and_does_not_disturb_the_other(
    card: FakePortAudio, told: list[Event], caplog: pytest.LogCaptureFixture, fills_first: bool
) -> None:
    card.fills_first = fills_first
    with Speaker(SpeakerSettings(), told.append):
        pass_time(card, 1)
        assert told == []
        card.stuck = True
        pass_time(card, 60)
        assert [type(event) for event in told] == [FaultRaised]
        assert len(caplog.records) == 1
        assert 5 < len(card.streams) < 15
        assert card.starts < 15
        card.stuck = False
        pass_time(card, LONGEST_RETRY_S + 2 * POLL_S)
        assert told[1:] == [FaultCleared(Room.LOUDSPEAKER)]


def test_a_fault_goes_as_soon_as_sound_moves_again_and_the_next_loss_is_mended_as_quickly(
    card: FakePortAudio, told: list[Event]
) -> None:
    with Speaker(SpeakerSettings(), told.append):
        for _ in range(5):
            told.clear()
            lose_and_find(card, Room.LOUDSPEAKER, FIRST_RETRY_S)
            assert [type(event) for event in told] == [FaultRaised]
            pass_time(card, POLL_S)
            assert told[1:] == [FaultCleared(Room.LOUDSPEAKER)]


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
        keeper.look(card.time.now_s)
        tries = [card.time.now_s]
        for _ in range(600):
            before = card.starts
            pass_time(card, 0.1, 0.1)
            tries += [card.time.now_s] * (card.starts - before)
    gaps = np.diff(tries)
    assert gaps[0] == pytest.approx(FIRST_RETRY_S, abs=0.11)
    assert gaps.max() <= LONGEST_RETRY_S + 0.11
    assert len(tries) > 10


def test_a_house_without_a_sound_card_comes_up_and_finds_it_when_it_is_plugged_in(
    card: FakePortAudio, told: list[Event]
) -> None:
    card.unplug()
    devices.restart_portaudio()
    with Speaker(SpeakerSettings(), told.append):
        assert [type(event) for event in told] == [FaultRaised]
        card.plugged = True
        pass_time(card, FIRST_RETRY_S + 2 * POLL_S)
        assert told[-1] == FaultCleared(Room.LOUDSPEAKER)


def test_a_search_for_the_microphone_does_not_interrupt_the_double(card: FakePortAudio, told: list[Event]) -> None:
    with Speaker(SpeakerSettings(), told.append) as speaker, Microphone(MicrophoneSettings(), told.append):
        turn = speak(speaker, 60.0)
        speaking, listening = card.open_streams
        listening.active = False
        card.broken = "Device unavailable"
        pass_time(card, 58)
        assert speaking.active
        assert card.starts == 0
        speaking.play(48_000 * 3)
        assert TurnSpoken(turn.id) in told
        card.broken = ""
        pass_time(card, LONGEST_RETRY_S + 2 * POLL_S)
        assert card.starts == 1
        assert FaultCleared(Room.MICROPHONE) in told
        assert loudspeaker_faults(told) == []
        assert len(card.open_streams) == 2


def test_a_search_for_the_loudspeaker_does_not_chop_what_a_visitor_says(card: FakePortAudio, told: list[Event]) -> None:
    speaking = True
    source = choose_source(SoundSettings(), None, None, told.append, lambda: speaking)
    with Speaker(SpeakerSettings(), told.append), source:
        card.disconnect_output()
        pass_time(card, 60)
        [listening] = card.open_streams
        assert card.starts == 0
        speaking = False
        pass_time(card, LONGEST_RETRY_S + POLL_S)
        assert listening.closed
        assert card.starts >= 1


def test_a_room_in_which_the_talk_never_ends_gets_its_loudspeaker_back(card: FakePortAudio, told: list[Event]) -> None:
    with Speaker(SpeakerSettings(), told.append), Microphone(MicrophoneSettings(), told.append, lambda: True):
        card.disconnect_output()
        pass_time(card, PATIENCE_S)
        assert card.starts == 0
        pass_time(card, LONGEST_RETRY_S + POLL_S)
        assert card.starts == 1
        pass_time(card, PATIENCE_S - 2 * LONGEST_RETRY_S)
        assert card.starts == 1
        card.has_output = True
        pass_time(card, LONGEST_RETRY_S + 2 * POLL_S)
        assert told[1:] == [FaultCleared(Room.LOUDSPEAKER)]


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


def test_a_microphone_that_comes_back_is_heard_again_and_its_clock_has_gone_on(
    card: FakePortAudio, told: list[Event]
) -> None:
    with Microphone(MicrophoneSettings(), told.append) as microphone:
        frames = microphone.frames()
        card.open_streams[0].hear(np.full(320, 0.1, np.float32))
        assert next(frames).audio.samples[0] == pytest.approx(0.1)
        lose_and_find(card, Room.MICROPHONE, 3600.0)
        card.time.sleep(0.02)
        card.open_streams[0].hear(np.full(320, 0.2, np.float32))
        frame = next(frames)
        assert frame.audio.samples[0] == pytest.approx(0.2)
        assert frame.start_s == pytest.approx(3600.02)
        pass_time(card, 2 * POLL_S)
        assert [type(event) for event in told] == [FaultRaised, FaultCleared]
        assert next(frames).start_s == pytest.approx(3600.04)


@pytest.mark.parametrize("refused", [(), (16_000,)])
def test_what_was_said_before_the_microphone_was_lost_is_not_heard_after_it(
    card: FakePortAudio, told: list[Event], refused: tuple[int, ...]
) -> None:
    card.refused_rates = refused
    with Microphone(MicrophoneSettings(), told.append) as microphone:
        frames = microphone.frames()
        [stream] = card.open_streams
        stream.hear(np.full(round(0.55 * stream.samplerate), 0.5, np.float32))
        lose_and_find(card, Room.MICROPHONE, 10.0)
        pass_time(card, 1)
        loud = [frame for frame in itertools.islice(frames, 60) if np.abs(frame.audio.samples).max() > 0.001]
        assert loud[-1].end_s == pytest.approx(0.55, abs=0.04)
        assert loud[-1].audio.samples.min() > 0.4, "what is left of the words is in a frame with what comes after"


def test_a_microphone_that_was_closed_for_a_moment_does_not_go_on_where_it_was(
    card: FakePortAudio, told: list[Event]
) -> None:
    with Speaker(SpeakerSettings(), told.append), Microphone(MicrophoneSettings(), told.append) as microphone:
        frames = microphone.frames()
        card.open_streams[1].hear(np.zeros(320, np.float32))
        before = next(frames)
        REGISTRY.refresh(card.time.now_s, insist=False)
        card.open_streams[1].hear(np.zeros(320, np.float32))
        assert next(frames).start_s - before.end_s > LONGEST_JOIN_S


def test_the_clock_of_a_microphone_that_is_found_late_begins_with_its_first_sound(
    card: FakePortAudio, told: list[Event]
) -> None:
    card.unplug()
    devices.restart_portaudio()
    with Microphone(MicrophoneSettings(), told.append) as microphone:
        pass_time(card, 60)
        card.plugged = True
        pass_time(card, 2 * LONGEST_RETRY_S)
        assert [frame.start_s for frame in itertools.islice(microphone.frames(), 3)] == pytest.approx([0, 0.02, 0.04])


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
        frame = next(microphone.frames())
        assert frame.audio.samples[0] == pytest.approx(7 / 10_000)
        assert frame.start_s == pytest.approx(7 * 0.02)


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

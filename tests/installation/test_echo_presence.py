"""With headphones the microphone hears nothing of the double, and nothing must be taken out of it."""

from __future__ import annotations

from installation.sound.echo_presence import EchoPresence

ROOM, VOICE, OURS = 1e-6, 1e-3, 1e-2


def after(*stretches: tuple[float, float, bool]) -> bool:
    """Whether an echo is there after stretches of (seconds, power, whether we played)."""
    presence = EchoPresence()
    for seconds, power, sounding in stretches:
        for _ in range(round(seconds * 50)):
            presence.feed(power, OURS if sounding else 0.0)
    return presence.there


def test_until_it_is_known_there_is_an_echo() -> None:
    assert after()
    assert after((5, ROOM, False))


def test_who_plays_and_hears_the_room_alone_wears_headphones() -> None:
    assert not after((2, ROOM, False), (0.6, ROOM, True))


def test_an_open_loudspeaker_is_noticed_at_once_and_for_good() -> None:
    assert after((2, ROOM, False), (5, VOICE, True), (60, ROOM, False))


def test_a_visitor_who_speaks_over_headphones_is_no_echo() -> None:
    assert not after((2, ROOM, False), (2, ROOM, True), (1.2, VOICE, True))


def test_a_loudspeaker_that_is_turned_up_is_noticed() -> None:
    assert after((2, ROOM, False), (2, ROOM, True), (5, VOICE, True))


def test_a_loud_room_is_not_the_echo() -> None:
    assert not after((200, 100 * ROOM, False), (2, 150 * ROOM, True))


def test_a_microphone_that_is_quite_silent_between_words_is_no_reason_to_hear_an_echo() -> None:
    assert not after((2, 0.0, False), (1, ROOM, True))

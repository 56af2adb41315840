from __future__ import annotations

import json
from contextlib import suppress
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from installation.commands import (
    MAX_STEERING_CHARS,
    MAX_TEXT_CHARS,
    Ask,
    Close,
    Command,
    Interrupt,
    Listen,
    MuteMicrophone,
    Panic,
    Pause,
    Reject,
    Release,
    Resume,
    Say,
    ScaleDouble,
    SetMode,
    Steer,
    Tune,
    TuneBack,
)
from installation.events import (
    Mode,
)
from web.commands import parse_command
from web.refusal import Refusal

EXAMPLES = [
    ({"command": "interrupt"}, Interrupt()),
    ({"command": "mute_microphone", "muted": True}, MuteMicrophone(True)),
    ({"command": "pause"}, Pause()),
    ({"command": "resume"}, Resume()),
    ({"command": "panic"}, Panic()),
    ({"command": "say", "text": "Good evening."}, Say("Good evening.")),
    ({"command": "say", "text": "Bonsoir.", "language": "fr"}, Say("Bonsoir.", "fr")),
    ({"command": "ask", "text": "Who are you?"}, Ask("Who are you?")),
    ({"command": "listen"}, Listen()),
    ({"command": "steer", "text": "be gentle"}, Steer("be gentle")),
    ({"command": "steer", "text": ""}, Steer("")),
    ({"command": "scale_double", "scale": 0.35}, ScaleDouble(0.35)),
    ({"command": "scale_double", "scale": 2}, ScaleDouble(2.0)),
    ({"command": "tune", "name": "open_pause_s", "value": 0.9}, Tune("open_pause_s", 0.9)),
    ({"command": "tune", "name": "duck_db", "value": 12}, Tune("duck_db", 12.0)),
    ({"command": "tune", "name": "wake", "value": "button"}, Tune("wake", "button")),
    ({"command": "tune_back", "name": "open_pause_s"}, TuneBack("open_pause_s")),
    ({"command": "tune_back", "name": None}, TuneBack(None)),
    ({"command": "set_mode", "mode": "curated"}, SetMode(Mode.CURATED)),
    ({"command": "release", "turn_id": 7}, Release(7)),
    ({"command": "reject", "turn_id": 0}, Reject(0)),
]


def parse(value: object) -> Command:
    return parse_command(json.dumps(value).encode())


@pytest.mark.parametrize(("sent", "command"), EXAMPLES)
def test_what_a_panel_sends_becomes_the_command(sent: dict[str, object], command: Command) -> None:
    assert parse(sent) == command


def test_every_command_is_offered_but_the_end_of_the_evening() -> None:
    offered = {type(command) for _, command in EXAMPLES}
    assert offered == set(get_args(Command)) - {Close}
    with pytest.raises(Refusal, match="no command"):
        parse({"command": "close"})


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"command": "dance"}, 'There is no command "dance".'),
        ({"command": ["say"]}, "There is no command"),
        ({}, "There is no command null."),
        ({"command": "say"}, "“say” lacks its field “text”."),
        ({"command": "interrupt", "text": "x"}, '“interrupt” has no field "text".'),
        ({"command": "say", "text": "x", "volume": 3}, '“say” has no field "volume".'),
        ({"command": "say", "text": 3}, "The text must be text."),
        ({"command": "say", "text": "  \n "}, "There are no words to send."),
        ({"command": "say", "text": "🎭 …!?"}, "There are no words to send."),
        ({"command": "say", "text": "x", "language": "klingon"}, "“language” must be"),
        ({"command": "say", "text": "x", "language": 1}, "“language” must be"),
        ({"command": "mute_microphone", "muted": 1}, "“muted” must be true or false."),
        ({"command": "set_mode", "mode": "opera"}, 'There is no mode "opera": performance, curated'),
        ({"command": "set_mode", "mode": ["curated"]}, "There is no mode"),
        ({"command": "scale_double", "scale": 2.1}, "“scale” must be a number between 0 and 2."),
        ({"command": "scale_double", "scale": -1}, "“scale” must be"),
        ({"command": "scale_double", "scale": float("nan")}, "“scale” must be"),
        ({"command": "scale_double", "scale": True}, "“scale” must be"),
        ({"command": "scale_double", "scale": "1"}, "“scale” must be"),
        ({"command": "tune", "name": "open_pause_s"}, "“tune” lacks its field “value”."),
        ({"command": "tune", "name": None, "value": 1}, "“name” must be a threshold’s name"),
        ({"command": "tune", "name": "__class__; drop", "value": 1}, "“name” must be a threshold’s name"),
        ({"command": "tune", "name": "open_pause_s", "value": None}, "“value” must be"),
        ({"command": "tune", "name": "open_pause_s", "value": float("nan")}, "“value” must be"),
        ({"command": "tune", "name": "open_pause_s", "value": 10**400}, "“value” must be"),
        ({"command": "tune", "name": "wake", "value": "x" * 61}, "“value” must be"),
        ({"command": "tune_back", "name": 3}, "“name” must be a threshold’s name"),
        ({"command": "tune_back"}, "“tune_back” lacks its field “name”."),
        ({"command": "release", "turn_id": "7"}, "“turn_id” must be a turn’s number."),
        ({"command": "release", "turn_id": True}, "“turn_id” must be"),
        ({"command": "release", "turn_id": -1}, "“turn_id” must be"),
        ([], "A command must be one JSON object."),
        ("say", "A command must be one JSON object."),
    ],
)
def test_anything_else_is_refused_with_a_sentence_in_both_languages(sent: object, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse(sent)
    assert refused.value.status == 400
    assert refused.value.en.startswith(sentence)
    assert refused.value.fr
    assert refused.value.fr != refused.value.en


@pytest.mark.parametrize("body", [b"", b"say", b"\xff\xfe", b'{"command":', b"[" * 16_000])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal, match="one JSON object"):
        parse_command(body)


def test_line_breaks_and_tabs_become_spaces() -> None:
    assert parse({"command": "say", "text": " The sea,\r\n\tthe sea.\u2028Again. "}) == Say("The sea, the sea. Again.")


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\ud800"])
def test_control_characters_are_refused_by_name(character: str) -> None:
    with pytest.raises(Refusal, match=f"U\\+{ord(character):04X}"):
        parse({"command": "say", "text": f"a{character}b"})


def test_the_longest_text_is_taken_and_one_character_more_is_not() -> None:
    assert parse({"command": "ask", "text": "é" * MAX_TEXT_CHARS}) == Ask("é" * MAX_TEXT_CHARS)
    with pytest.raises(Refusal, match="2,001 characters; send at most 2,000"):
        parse({"command": "ask", "text": "é" * (MAX_TEXT_CHARS + 1)})


def test_a_line_of_direction_is_short_because_it_stands_in_every_prompt() -> None:
    assert parse({"command": "steer", "text": "x" * MAX_STEERING_CHARS}) == Steer("x" * MAX_STEERING_CHARS)
    with pytest.raises(Refusal, match="301 characters; send at most 300"):
        parse({"command": "steer", "text": "x" * (MAX_STEERING_CHARS + 1)})


def test_joined_emoji_and_right_to_left_words_pass_unchanged() -> None:
    assert parse({"command": "ask", "text": "👩‍🚀 مرحبا"}) == Ask("👩‍🚀 مرحبا")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from([sent["command"] for sent, _ in EXAMPLES])
fields = st.sampled_from(["text", "language", "muted", "mode", "scale", "turn_id", "other"])


# The machine may be busy: how long an example takes says nothing here.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=names, others=st.dictionaries(fields, json_values, max_size=3))
def test_whatever_is_sent_gives_a_command_or_a_refusal(name: str, others: dict[str, object]) -> None:
    with suppress(Refusal):
        assert isinstance(parse({"command": name, **others}), get_args(Command))

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from installation.commands import (
    MAX_TEXT_CHARS,
    Interrupt,
    Refused,
    Say,
)
from tests.fakes.house import FakeHouse


def send(client: FlaskClient, command: dict[str, object], **headers: str) -> Any:
    return client.post("/command", json=command, headers={name.replace("_", "-"): v for name, v in headers.items()})


def test_a_command_reaches_the_house(client: FlaskClient, house: FakeHouse) -> None:
    assert send(client, {"command": "interrupt"}).status_code == 202
    assert house.next_command() == Interrupt()


def test_a_refusal_is_one_sentence_in_both_languages(client: FlaskClient, house: FakeHouse) -> None:
    answer = send(client, {"command": "say", "text": "x" * (MAX_TEXT_CHARS + 1)})
    assert answer.status_code == 400
    assert answer.json["error"]["en"] == "The text has 2,001 characters; send at most 2,000 at a time."
    assert answer.json["error"]["fr"] == "Le texte a 2001 caractères ; envoyez-en 2000 au plus à la fois."
    assert house.commands.empty()


@pytest.mark.parametrize("name", ["say", "ask"])
def test_words_that_a_panic_would_swallow_are_given_back(client: FlaskClient, house: FakeHouse, name: str) -> None:
    house.change(panic=True)
    answer = send(client, {"command": name, "text": "Hello."})
    assert answer.status_code == 409
    assert "press Resume" in answer.json["error"]["en"]
    assert "Reprendre" in answer.json["error"]["fr"]
    assert house.commands.empty()
    assert send(client, {"command": "resume"}).status_code == 202


def test_a_hundred_kilobytes_of_text_are_refused(client: FlaskClient, house: FakeHouse) -> None:
    answer = send(client, {"command": "say", "text": "x" * 100_000})
    assert answer.status_code == 413
    assert "too long" in answer.json["error"]["en"]
    assert "trop long" in answer.json["error"]["fr"]
    assert house.commands.empty()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_of_another_page_cannot_send_a_command(client: FlaskClient, house: FakeHouse, content_type: str) -> None:
    answer = client.post("/command", data='{"command": "panic"}', content_type=content_type)
    assert answer.status_code == 400
    assert house.commands.empty()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1:81", "", "a@localhost"]
)
@pytest.mark.parametrize("path", ["/", "/events", "/static/panel.css"])
def test_a_name_that_was_pointed_at_this_machine_opens_nothing(client: FlaskClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 403
    assert "address" in answer.json["error"]["en"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "localhost:80", "127.0.0.1:80"])
def test_this_machine_itself_may_come_in_by_any_of_its_own_names(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost:9999"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_another_page_cannot_send_a_command(client: FlaskClient, house: FakeHouse, headers: dict[str, str]) -> None:
    assert send(client, {"command": "panic"}, **headers).status_code == 403
    assert house.commands.empty()


def test_the_panels_own_page_may_send_one(client: FlaskClient, house: FakeHouse) -> None:
    answer = send(client, {"command": "say", "text": "Yes."}, Origin="http://localhost", Sec_Fetch_Site="same-origin")
    assert answer.status_code == 202
    assert house.next_command() == Say("Yes.")


def test_without_an_adapter_nothing_can_be_scaled_and_the_answer_says_what_to_do(
    client: FlaskClient, house: FakeHouse
) -> None:
    refused = client.post("/command", json={"command": "scale_double", "scale": 0.5})
    assert refused.status_code == 409
    assert "name one as lora under [engines.llama]" in refused.get_json()["error"]["en"]
    house.change(double_scale=1.0)
    assert client.post("/command", json={"command": "scale_double", "scale": 0.5}).status_code == 202


def test_what_the_house_itself_refuses_is_answered_with_its_sentence(client: FlaskClient, house: FakeHouse) -> None:
    house.refuses = Refused("It must not be longer.", "Ce ne doit pas être plus long.")
    refused = send(client, {"command": "tune", "name": "open_pause_s", "value": 0.1})
    assert refused.status_code == 409
    assert refused.json["error"] == {"en": "It must not be longer.", "fr": "Ce ne doit pas être plus long."}


def test_another_page_cannot_listen(client: FlaskClient) -> None:
    assert client.get("/events", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize("path", ["/", "/static/panel.css", "/nowhere"])
def test_nothing_inline_may_run_and_nobody_may_frame_the_panel(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_a_page_gets_the_snapshot_first_and_then_what_happens(client: FlaskClient, house: FakeHouse) -> None:
    house.visitor_says(1, "Who are you?")
    answer = client.get("/events")
    assert answer.mimetype == "text/event-stream"
    events = iter(answer.response)
    name, snapshot = read(next(events))
    assert name == "snapshot"
    assert snapshot["info"]["character"] == "Ada"
    assert snapshot["info"]["engines"][0] == {
        "role": "ears",
        "name": "pocketsphinx (English)",
        "recommended": "whisper-small",
    }
    assert snapshot["scene"]["mood"] == "listening"
    assert snapshot["lines"][0]["at"] == "2025-11-20T20:00:01+00:00"
    house.visitor_says(2, "</script>\n\nevent: scene\ndata: {}\r\n\r\n\u2028")
    name, said = read(next(events))
    assert name == "line"
    assert said["text"] == "</script>\n\nevent: scene\ndata: {}\r\n\r\n\u2028"
    house.change(steering="talk about the sea")
    assert read(next(events))[1]["steering"] == "talk about the sea"
    house.bus.close()
    assert list(events) == []
    answer.close()


def read(event: Any) -> tuple[str, dict[str, Any]]:
    """Name and data of one event, which must be two lines and an empty one."""
    text = event.decode() if isinstance(event, bytes) else event
    match = re.fullmatch(r"event: (\w+)\ndata: ([^\r\n]*)\n\n", text)
    assert match, text
    return match[1], json.loads(match[2])


def test_everything_that_the_page_loads_is_served_from_here(app: Flask, client: FlaskClient) -> None:
    page = client.get("/").text
    sources = [page] + [path.read_text() for path in Path(str(app.static_folder)).iterdir()]
    for source in sources:
        assert not re.search(
            r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[\w.-]+\.\w+", re.sub(r"^\s*//.*", "", source, flags=re.M)
        )
    for path in re.findall(r'(?:src|href)="(/[^"]*)"', page):
        with client.get(path) as answer:
            assert answer.status_code == 200, path

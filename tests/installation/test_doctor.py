"""What `souffleur doctor` tells about a machine, and the remedy that it names."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

import pytest

from installation.config import PanelSettings, load_show
from installation.doctor import (
    check_coqui,
    check_device,
    check_devices,
    check_disk,
    check_espeak,
    check_log,
    check_pocket,
    check_port,
    check_python,
    check_recording,
    check_server,
    check_visitor,
    examine,
)
from installation.findings import Check, State, exit_code, report
from installation.paths import PROJECT
from installation.show_log_file import APPLICATION_ID
from installation.sound.devices import NO_PORTAUDIO, Device, DeviceError
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.show_folder import make_show

HEADSET = Device(2, "Headset", "ALSA", 1, 2, 48_000, default_input=True, default_output=True)


def opens() -> str:
    return "Headset, 48000 Hz, latency 20 ms"


def busy() -> str:
    raise DeviceError("Headset cannot be opened: Device unavailable.")


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Check, ...]:
    """This very machine, with a small show and an empty home."""
    monkeypatch.setenv("SOUFFLEUR_HOME", str(tmp_path / "home"))
    return examine(make_show(tmp_path / "letters", "[panel]\nport = 0"))


def test_the_whole_examination_fits_on_one_screen(examined: tuple[Check, ...]) -> None:
    rows = report(examined, colour=False).splitlines()
    assert len(rows) <= 24
    assert max(map(len, rows)) <= 100
    names = {check.name for check in examined}
    assert {"Python", "show", "PortAudio", "microphone", "loudspeaker", "show log", "disk", "panel"} <= names


def test_a_wrong_show_is_a_fault_and_the_rest_is_examined_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SOUFFLEUR_HOME", str(tmp_path))
    checks = examine(tmp_path / "nowhere")
    show = next(check for check in checks if check.name == "show")
    assert show.state is State.FAULT
    assert "nowhere: there is no such folder" in show.what
    assert len(checks) >= 10
    assert exit_code(checks) == 1


def test_an_old_python_is_a_fault() -> None:
    assert check_python((3, 10, 9)).state is State.FAULT
    assert check_python((3, 11, 2)).state is State.OK


def test_a_missing_espeak_is_a_fault_with_its_remedy() -> None:
    check = check_espeak(where=None)
    assert check.state is State.FAULT
    assert "apt install espeak-ng" in check.remedy


def test_nothing_is_wrong_without_the_neural_voices() -> None:
    assert check_coqui(installed=False).state is State.OK
    assert "not installed" in check_coqui(installed=False).what


POCKET = """
[engines]
ears = "pocket"
persona = "pocket"
"""


def test_the_demos_small_models_are_told_from_what_the_public_needs(tmp_path: Path) -> None:
    show = load_show(make_show(tmp_path / "other", POCKET))
    ears, persona = check_pocket(show, has_visitors=True)
    assert (ears.state, persona.state) == (State.WARN, State.WARN)
    assert "synthetic voices alone" in ears.what
    assert "Ada Morel alone, not as Ada" in persona.what
    assert "models list" in ears.remedy
    assert "authored" in persona.remedy
    assert check_pocket(load_show(PROJECT / "shows/demo"), has_visitors=False) == ()


LEANING = """
[engines]
ears = "server"
[engines.server]
url = "http://127.0.0.1:{port}/v1"
ears_model = "{model}"
"""


def test_a_server_that_is_away_is_a_note_and_one_that_cannot_be_used_is_a_fault(tmp_path: Path) -> None:
    assert check_server(load_show(make_show(tmp_path / "alone"))) == ()
    with OpenAIServer() as server:
        show = load_show(make_show(tmp_path / "there", LEANING.format(port=server.port, model="ears")))
        (found,) = check_server(show)
    assert (found.name, found.state) == ("server", State.OK)
    (away,) = check_server(show)
    assert away.state is State.WARN
    assert "connection refused" in away.what
    assert "this machine plays with sphinx as ears" in away.remedy
    (wrong,) = check_server(load_show(make_show(tmp_path / "wrong", LEANING.format(port=9, model=""))))
    assert wrong.state is State.FAULT
    assert "ears_model" in wrong.what


def test_without_portaudio_one_fault_is_told_not_three() -> None:
    missing = DeviceError(NO_PORTAUDIO)
    checks = [check_devices(missing), *(check_device(kind, "", missing, opens) for kind in ("input", "output"))]
    assert [check.state for check in checks] == [State.FAULT, State.WARN, State.WARN]
    assert "libportaudio2" in checks[0].what


def test_a_machine_without_a_sound_card_can_play_with_a_simulated_visitor() -> None:
    check = check_visitor(load_show(PROJECT / "shows/demo"))
    assert check.state is State.WARN
    assert "simulated visitor" in check.what
    assert check_device("output", "", (), busy).state is State.WARN


def test_a_question_that_the_stand_in_could_not_be_understood_with_is_a_fault(tmp_path: Path) -> None:
    folder = make_show(tmp_path / "letters")
    assert "no questions" in check_visitor(load_show(folder)).what
    (folder / "visitor.toml").write_text('[[question]]\nlanguage = "fr"\ntext = "Où est-elle ?"\n', encoding="utf-8")
    check = check_visitor(load_show(folder))
    assert check.state is State.FAULT
    assert 'visitor.toml: [pronunciations] lacks "où", "est", "elle"' in check.what


def test_a_device_that_opens_is_told_with_its_rate() -> None:
    check = check_device("input", "", (HEADSET,), opens)
    assert (check.state, check.what) == (State.OK, "Headset, 48000 Hz, latency 20 ms")


def test_a_busy_device_is_a_fault_with_its_remedy() -> None:
    check = check_device("output", "", (HEADSET,), busy)
    assert check.state is State.FAULT
    assert "Device unavailable" in check.what
    assert "close programs that hold the device" in check.remedy


def test_a_device_that_is_named_but_not_there_is_a_fault_even_without_a_sound_card() -> None:
    assert check_device("input", "Headset", (), busy).state is State.FAULT


def test_a_port_in_use_is_a_fault_that_names_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        check = check_port(PanelSettings(port=port))
    assert check.state is State.FAULT
    assert str(port) in check.what
    assert "--port" in check.remedy
    assert check_port(PanelSettings(port=port)).state is State.OK


def test_a_log_of_a_later_version_is_a_fault(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "demo.sqlite"
    assert check_log(log).state is State.OK
    connection = sqlite3.connect(log)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    check = check_log(log)
    assert check.state is State.FAULT
    assert "later version" in check.what


def test_a_home_that_cannot_be_made_is_a_fault_that_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check = check_log(tmp_path / "file" / "logs" / "demo.sqlite")
    assert check.state is State.FAULT
    assert "SOUFFLEUR_HOME" in check.remedy


def test_the_space_is_measured_where_the_data_will_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(tmp_path) in check_disk(tmp_path / "not" / "yet").what
    for free, state in ((10_000_000, State.FAULT), (500_000_000, State.WARN), (5_000_000_000, State.OK)):
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr("shutil.disk_usage", lambda _, usage=usage: usage)
        assert check_disk(tmp_path).state is state


def test_a_show_that_records_sound_is_told_what_that_asks_of_it(tmp_path: Path) -> None:
    show = load_show(make_show(tmp_path / "letters", "[log]\nrecord_sound = true\n"))
    (check,) = check_recording(show, tmp_path / "recordings")
    assert (check.name, check.state) == ("RECORDING", State.WARN)
    assert "people at the door must have been told, and have consented" in check.what
    assert "record_sound = false" in check.remedy


def test_sound_that_is_still_there_is_told_and_where_there_is_none_nothing_is(tmp_path: Path) -> None:
    show = load_show(make_show(tmp_path / "letters"))
    assert check_recording(show, tmp_path / "recordings") == ()
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "old.flac").write_bytes(bytes(3_000_000))
    (check,) = check_recording(show, tmp_path / "recordings")
    assert "3 MB" in check.what
    assert "--forget" in check.remedy

"""The command line: what a person types, what comes back, and the exit code."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from installation.__main__ import main
from installation.bus import Bus
from installation.choice_of_show import DEMO
from installation.paths import log_path
from installation.show_log import Recorder
from scripts.bench_house import SOUFFLEUR, house_process
from tests.fakes.auditorium import wait_until
from tests.fakes.show_folder import make_show
from tests.fakes.show_lines import evening, life, visitor

INSTANT = '[engines]\nears = "instant"\npersona = "instant"\nvoice = "instant"\n'
COMMANDS = (
    (),
    ("run",),
    ("devices",),
    ("doctor",),
    ("log",),
    ("models",),
    ("models", "list"),
    ("models", "pull"),
    ("replay",),
    ("calibrate",),
)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of its own, so that no test reads or writes the user's."""
    folder = tmp_path / "home"
    monkeypatch.setenv("SOUFFLEUR_HOME", str(folder))
    return folder


@pytest.fixture
def show(tmp_path: Path) -> Path:
    return make_show(tmp_path / "letters")


def souffleur(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="souffleur")


def sentence(result: Result) -> str:
    """What it complained of, in one line of a person's language and not a traceback."""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.output
    assert lines[0].startswith("Error: ")
    return lines[0]


def log_an_evening() -> None:
    """One exchange in the log of the show `Letters`."""
    with Recorder(log_path("Letters"), Bus(), evening("Letters"), True, lambda _: None) as recorder:
        for line in (visitor("Who are you?"), *life("I am the double of Ada.")):
            recorder.record(line)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: Sequence[str]) -> None:
    result = souffleur(*command, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(" ".join(("Usage: souffleur", *command)))


def test_the_help_names_every_exit_code() -> None:
    _, _, codes = souffleur("--help").stdout.partition("Exit codes:")
    assert [line.split()[0] for line in codes.strip().splitlines()] == list("0123456")


@pytest.mark.parametrize("command", ["run", "devices", "log", "calibrate"])
def test_a_show_that_is_not_there_is_named_with_its_nearest_neighbour(command: str, show: Path) -> None:
    result = souffleur(command, show.with_name("leters"))
    assert result.exit_code == 2
    assert f"did you mean '{show}'" in sentence(result)


def test_the_name_of_a_show_gone_wrong_is_looked_for_among_the_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    result = souffleur("run", "dmo")
    assert result.exit_code == 2
    assert "shows/demo'" in sentence(result)


@pytest.mark.parametrize("name", ["x" * 300, "\x00"])
def test_a_show_that_no_disk_could_hold_is_one_sentence(name: str) -> None:
    result = souffleur("run", name)
    assert result.exit_code == 2
    sentence(result)


def test_a_file_that_may_not_be_read_is_one_sentence(show: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", denied)
    for command in ("run", "doctor"):
        result = souffleur(command, show)
        assert result.exit_code in (1, 2)
        assert "Permission denied" in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_misspelt_key_is_named_with_its_file_and_the_right_one(tmp_path: Path) -> None:
    folder = make_show(tmp_path / "letters", "[panel]\nprot = 0\n")
    result = souffleur("run", folder)
    assert result.exit_code == 2
    for word in ("show.toml", "prot", "port"):
        assert word in sentence(result)


def test_a_show_without_its_character_says_which_file_to_write(show: Path) -> None:
    (show / "character.toml").unlink()
    result = souffleur("run", show)
    assert result.exit_code == 2
    assert str(show / "character.toml") in sentence(result)


def test_a_recording_that_is_not_there_is_named(show: Path, tmp_path: Path) -> None:
    result = souffleur("run", show, "--engines", "instant", "--port", "0", "--listen", tmp_path / "evening.wav")
    assert result.exit_code == 2
    assert str(tmp_path / "evening.wav") in sentence(result)


def test_what_instant_ears_hear_needs_instant_engines(show: Path, tmp_path: Path) -> None:
    (tmp_path / "heard.txt").write_text("Who are you?")
    result = souffleur("run", show, "--instant-heard", tmp_path / "heard.txt")
    assert result.exit_code == 2
    assert "add --engines instant" in sentence(result)


def test_a_file_of_what_is_heard_that_is_not_there_is_named(show: Path, tmp_path: Path) -> None:
    result = souffleur("run", show, "--engines", "instant", "--instant-heard", tmp_path / "heard.txt")
    assert result.exit_code == 2
    assert str(tmp_path / "heard.txt") in sentence(result)


def test_a_port_in_use_is_named_with_what_to_do(show: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [*SOUFFLEUR, "run", str(show), "--engines", "instant", "--port", str(port)]
        done = subprocess.run(
            command, env=without_server(tmp_path), capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 4
    assert f"Error: Port {port} is in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_device_that_is_not_there_is_a_fault_on_the_panel_and_the_house_plays_on(show: Path, tmp_path: Path) -> None:
    options = (str(show), "--engines", "instant", "--input", "Neumann")
    with house_process(without_server(tmp_path), tmp_path / "home", *options) as house:

        def faults() -> dict[str, str]:
            return {fault["room"]: fault["message"] for fault in house.snapshot()["scene"]["faults"]}

        wait_until(lambda: "Neumann" in faults().get("microphone", ""), "the panel shows no fault")
        house.command("ask", text="Who are you?")
        wait_until(lambda: "spoken" in [line["state"] for line in house.snapshot()["lines"]], "it answers nobody")


def test_a_simulated_visitor_without_questions_is_told_which_file_is_missing(show: Path) -> None:
    result = souffleur("run", show, "--engines", "instant", "--port", "0", "--visitor")
    assert result.exit_code == 2
    assert str(show / "visitor.toml") in sentence(result)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_control_c_and_a_closed_terminal_end_the_evening_well(
    show: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with house_process(without_server(tmp_path), tmp_path / "home", str(show), "--engines", "instant") as house:
        house.process.send_signal(number)
        assert house.process.wait(10) == 0


def without_server(folder: Path) -> dict[str, str]:
    """An environment in which no sound server can be reached."""
    return os.environ | {"PULSE_SERVER": f"unix:{folder / 'no-server'}", "XDG_RUNTIME_DIR": str(folder)}


def test_the_log_of_a_show_that_never_ran_says_so(show: Path) -> None:
    result = souffleur("log", show)
    assert result.exit_code == 5
    assert "There is no show log" in sentence(result)


def test_the_log_prints_what_was_heard_and_said(show: Path) -> None:
    log_an_evening()
    result = souffleur("log", show)
    assert result.exit_code == 0
    assert result.stdout.index("Who are you?") < result.stdout.index("I am the double of Ada.")


def test_the_evenings_are_listed_without_an_empty_line_after_them(show: Path) -> None:
    log_an_evening()
    result = souffleur("log", show, "--list")
    assert result.exit_code == 0
    assert "Letters" in result.stdout
    assert not result.stdout.endswith("\n\n")


def test_an_evening_that_was_not_is_named_with_those_that_were(show: Path) -> None:
    log_an_evening()
    result = souffleur("log", show, "--evening", "7")
    assert result.exit_code == 5
    assert "no evening 7: it knows 1" in sentence(result)


def test_surtitles_are_written_where_they_are_wanted(show: Path, tmp_path: Path) -> None:
    log_an_evening()
    file = tmp_path / "evening.vtt"
    result = souffleur("log", show, "--export", "webvtt", "--to", file)
    assert result.exit_code == 0
    text = file.read_text(encoding="utf-8")
    assert text.startswith("WEBVTT")
    assert "I am the double of Ada." in text


def test_a_file_that_cannot_be_written_is_named(show: Path, tmp_path: Path) -> None:
    log_an_evening()
    result = souffleur("log", show, "--to", tmp_path / "nowhere" / "evening.txt")
    assert result.exit_code == 2
    assert "evening.txt: cannot be written" in sentence(result)


def test_devices_and_doctor_work_on_a_machine_without_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_show(tmp_path / "letters", INSTANT + "[panel]\nport = 0\n")
    shutil.copy(DEMO / "visitor.toml", folder)
    for module in ("installation.sound.devices", "installation.doctor"):
        monkeypatch.setattr(f"{module}.devices", lambda: ())
    listed, examined = souffleur("devices", folder), souffleur("doctor", folder)
    assert (listed.exit_code, examined.exit_code) == (0, 0), examined.output
    assert "The house works without one." in listed.stdout
    assert "a simulated visitor takes its place" in examined.stdout


def test_devices_that_cannot_be_listed_are_explained(show: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from installation.sound import devices

    def missing() -> None:
        raise devices.DeviceError(devices.NO_PORTAUDIO)

    monkeypatch.setattr(devices, "portaudio", missing)
    result = souffleur("devices", show)
    assert result.exit_code == 2
    assert "PortAudio is missing" in sentence(result)

"""What `scripts/run` decides before it starts the house: what is missing, and whether to do anything at all."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
A_USER_WITHOUT_SUDO = "id() { echo 1000; }; sudo() { return 1; }; "
NOTHING_INSTALLED = "dpkg-query() { return 1; }; "


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A working copy, in a folder with a space in its name, whose environment looks finished."""
    root = tmp_path / "my house"
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "requirements.lock").write_text("numpy==2.4.6\n")
    (root / "pyproject.toml").write_text("")
    venv = root / ".venv"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (venv / "lib" / version / "site-packages/pip").mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "bin/python").symlink_to(sys.executable)
    (venv / "bin/activate").write_text(f"VIRTUAL_ENV='{venv}'\n")
    return root


def shell(house: Path, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail; . scripts/lib.sh; {script}"],
        cwd=house,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


def holds(house: Path, condition: str) -> bool:
    return shell(house, f"if {condition}; then echo yes; fi").stdout == "yes\n"


def test_a_second_start_finds_everything_done(house: Path) -> None:
    assert not holds(house, "is_set_up run")
    shell(house, "write_stamps run")
    assert holds(house, "is_set_up run")
    assert not holds(house, "is_set_up dev")


def test_an_environment_for_the_tests_can_also_run_the_house(house: Path) -> None:
    shell(house, "write_stamps dev")
    assert holds(house, "is_set_up run")


def test_a_changed_lock_file_asks_for_a_new_set_up(house: Path) -> None:
    shell(house, "write_stamps run")
    (house / "requirements.lock").write_text("numpy==2.5.0\n")
    assert not holds(house, "is_set_up run")


def test_an_environment_whose_python_is_gone_is_made_again(house: Path) -> None:
    shell(house, "write_stamps run")
    assert holds(house, "venv_is_sound")
    (house / ".venv/bin/python").unlink()
    assert not holds(house, "is_set_up run")
    assert not holds(house, "venv_is_sound")


def test_an_environment_whose_installation_was_interrupted_is_made_again(house: Path) -> None:
    (house / ".venv/.unfinished").touch()
    assert not holds(house, "venv_is_sound")


def test_an_environment_that_was_moved_is_made_again(house: Path) -> None:
    shell(house, "write_stamps run")
    moved = house.rename(house.with_name("elsewhere"))
    assert not holds(moved, "is_set_up run")
    assert not holds(moved, "venv_is_sound")


def test_whoever_may_not_install_is_told_the_exact_line(house: Path) -> None:
    done = shell(house, A_USER_WITHOUT_SUDO + NOTHING_INSTALLED + "find_python; install_debian_packages run ' debian '")
    assert done.returncode == 1
    assert "apt-get install -y --no-install-recommends espeak-ng g++ libportaudio2" in done.stderr


def test_only_what_is_missing_is_asked_for(house: Path) -> None:
    only_espeak_missing = 'dpkg-query() { [ "$4" = espeak-ng ] || echo installed; }; '
    done = shell(
        house, A_USER_WITHOUT_SUDO + only_espeak_missing + "find_python; install_debian_packages run ' debian '"
    )
    assert "--no-install-recommends espeak-ng\n" in done.stderr


def test_the_sound_server_of_a_desktop_is_not_thrown_out_for_the_tests(house: Path) -> None:
    desktop = 'dpkg-query() { [ "$4" != pipewire-alsa ] || echo installed; }; '
    done = shell(house, desktop + "find_python; debian_packages dev ' debian '")
    assert "pulseaudio-utils" in done.stdout.split()
    assert "pulseaudio" not in done.stdout.split()
    assert "will skip" in done.stderr


def test_an_unknown_system_with_the_tools_at_hand_is_left_alone(house: Path) -> None:
    done = shell(house, "command() { true; }; python=true; require_tools")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_unknown_system_is_told_what_is_needed(house: Path) -> None:
    done = shell(house, "command() { false; }; python=false; require_tools")
    assert done.returncode == 1
    assert "espeak-ng, a C++ compiler, the Python module venv, the PortAudio library" in done.stderr


def test_a_mac_is_told_the_brew_line(house: Path) -> None:
    done = shell(house, "command() { false; }; require_brew")
    assert done.returncode == 1
    assert "brew install python@3.12 espeak-ng portaudio cmake" in done.stderr


def test_a_step_that_fails_shows_the_end_of_its_output_and_what_to_do(house: Path) -> None:
    (house / "var").mkdir()
    done = shell(house, "find_python; logged 'Baking bread' sh -c 'echo the oven is cold; exit 3'")
    assert done.returncode == 1
    assert "the oven is cold" in done.stderr
    assert "Set-up stopped at: Baking bread." in done.stderr

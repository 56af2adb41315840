"""`souffleur replay`: what a person types, what comes back, and the exit code."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from installation.__main__ import main
from models.audio import HEARING_RATE_HZ, Samples, to_pcm16
from models.voice_detector import GatedDetector, VoiceDetectorSettings
from tests.fakes import tiny_smart_turn
from tests.fakes.show_folder import make_show
from tests.fakes.spoken import room, said
from tests.fakes.taped_evening import evening_of, taped

QUESTION = "What do you remember of the sea?"
ANSWERED = f"answered “{QUESTION}”"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of its own, so that no test reads or deletes the user's."""
    folder = tmp_path / "home"
    monkeypatch.setenv("SOUFFLEUR_HOME", str(folder))
    return folder


def replay(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["replay", *(str(argument) for argument in arguments)], prog_name="souffleur")


def sentence(result: Result, exit_code: int = 2) -> str:
    """What it complained of, in one line of a person's language and not a traceback."""
    assert result.exit_code == exit_code, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.output
    return lines[0]


def asked() -> Samples:
    """Somebody asks, and waits for the answer."""
    return np.concatenate([said(QUESTION, "en-us").samples, room(3.0)])


def recorded(home: Path) -> Path:
    """An evening at home, with the ears that the command line has."""
    home.mkdir(exist_ok=True)
    with taped(home, QUESTION, detector=lambda: GatedDetector(VoiceDetectorSettings())) as evening:
        evening.house.hear(asked())
    return evening.sound


def sound_file(path: Path, samples: Samples) -> Path:
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(HEARING_RATE_HZ)
        file.writeframes(to_pcm16(samples))
    return path


def test_an_evening_is_decided_as_it_was_and_that_was_quick(home: Path) -> None:
    result = replay(recorded(home), "--check")
    assert result.exit_code == 0, result.output
    assert ANSWERED in result.output
    assert "Nothing is different: 3 decisions as that evening." in result.output
    assert "times faster than real time" in result.output


def test_another_threshold_is_told_with_what_it_moves_and_check_leaves_with_a_code_of_its_own(home: Path) -> None:
    evening = recorded(home)
    result = replay(evening, "--brief", "--check", "--set", "finished_pause_s=0.5")
    assert result.exit_code == 6, result.output
    assert "finished_pause_s = 0.5, that evening 0.2" in result.output
    moved = [line for line in result.output.splitlines() if line.startswith("~")]
    assert len(moved) == 2
    assert ANSWERED in moved[1]
    assert "voice began" not in result.output, "it is as it was"
    assert replay(evening, "--set", "finished_pause_s=0.5").exit_code == 0


def test_the_detector_of_voices_can_be_tried_as_well(home: Path) -> None:
    result = replay(
        recorded(home), "--set", "hearing.detector.threshold=0.99", "--set", "hearing.detector.careful_threshold=0.99"
    )
    assert result.exit_code == 0, result.output
    assert "Nothing is different" not in result.output


def test_a_model_that_hears_the_ends_of_turns_can_be_tried_on_an_evening_without_it(home: Path) -> None:
    evening = recorded(home)
    tiny_smart_turn.make(home / "never.onnx", threshold=2.0)
    named = f'hearing.smart_turn="{home / "never.onnx"}"'
    result = replay(evening, "--set", named, "--check")
    assert result.exit_code == 6, result.output
    assert "2 moved" in result.output, "the end of the voice, and the answer"
    tiny_smart_turn.make(home / "always.onnx", threshold=-2.0)
    always = f'hearing.smart_turn="{home / "always.onnx"}"'
    assert replay(evening, "--set", always, "--check").exit_code == 0, "the words were finished by themselves"
    assert "there is no such file" in sentence(replay(evening, "--set", 'hearing.smart_turn="no.onnx"'), 3)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("stop=1", "did you mean 'stop_s'?"),
        ("stop_s", "write NAME=VALUE"),
        ("stop_s=soon", "stop_s must be a number"),
        ("stop_s=-1", "stop_s must be above 0"),
        ("show.name=other", "has no key 'show'"),
        ("stop_s.x=1", "has no key"),
        ("hearing.barge_in.x=1", "there is no such threshold"),
    ],
)
def test_a_threshold_that_is_none_is_refused_in_one_sentence(home: Path, change: str, expected: str) -> None:
    assert expected in sentence(replay(recorded(home), "--set", change))


def test_a_sound_file_and_a_folder_of_them_are_heard(tmp_path: Path) -> None:
    folder = tmp_path / "visitors"
    sound_file(folder / "one.wav", asked())
    sound_file(folder / "\x1b[31mtwo.WAV", asked())
    result = replay(folder, "--show", make_show(tmp_path / "letters"))
    assert result.exit_code == 0, result.output
    assert result.output.count("  answered") == 2
    assert "\x1b[31mtwo" not in result.output, "a terminal obeys no name of a file"


def test_the_shows_own_ears_tell_the_words(tmp_path: Path) -> None:
    file = sound_file(tmp_path / "one.wav", asked())
    assert "sea" not in replay(file, "--show", make_show(tmp_path / "letters")).output
    show = make_show(tmp_path / "pocket", '[engines]\nears = "instant"\npersona = "authored"\nvoice = "espeak"\n')
    assert ANSWERED in replay(file, "--ears", "--show", show).output


def test_without_a_name_the_recorded_evenings_are_listed(home: Path) -> None:
    assert "record_sound = true" in replay().output
    evening = recorded(home)
    assert str(evening) in replay().output
    assert ANSWERED in replay(evening.name).output, "the name alone is enough"


def test_a_recording_is_forgotten_and_nothing_else(home: Path, tmp_path: Path) -> None:
    evening = recorded(home)
    mine = sound_file(tmp_path / "mine.flac", asked())
    for not_ours in (mine, tmp_path / "mine", evening.parent, tmp_path / "home" / "show" / "show.toml"):
        sentence(replay("--forget", not_ours))
    assert mine.exists()
    assert (home / "show" / "show.toml").exists()
    result = replay("--forget", evening.name)
    assert result.exit_code == 0, result.output
    assert list(evening.parent.iterdir()) == []
    assert "there is no such recording" in sentence(replay("--forget", evening))


def test_what_cannot_be_replayed_is_said_in_one_sentence(home: Path, tmp_path: Path) -> None:
    assert "there is no such file" in sentence(replay(tmp_path / "none.wav"))
    (tmp_path / "empty").mkdir()
    assert "there is no sound file in this folder" in sentence(replay(tmp_path / "empty"))
    text = tmp_path / "letter.wav"
    text.write_text("Dear Ada")
    assert "this is not a sound file" in sentence(replay(text))
    evening = recorded(home)
    (home / "show").rename(home / "moved")
    assert "name it with --show" in sentence(replay(evening))
    assert replay(evening, "--show", home / "moved", "--check").exit_code == 0


def test_words_that_a_recording_holds_move_no_terminal(home: Path) -> None:
    with taped(home.parent, "\x1b]0;owned\x07 who?") as evening:
        evening.house.hear(evening_of((False, 0.5), (True, 0.6), (False, 2.0)))
    assert "\x1b]" not in replay(evening.sound).output

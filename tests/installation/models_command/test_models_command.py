"""The command line about models, and what the doctor and the house say about those that a show names."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from installation import models_command
from installation.config import load_show
from installation.doctor import check_engines, check_terms
from installation.findings import Check, State
from installation.weights import located, lock_path
from models.lock import read_lock
from models.protocols import ModelError
from scripts.bench_house import SOUFFLEUR
from tests.fakes import coqui_folder
from tests.fakes.hub import Hub
from tests.fakes.models_command import EARS, FILES, OTHER, REPOSITORY, ears, model_file, models, sentence
from tests.fakes.show_folder import make_show


def test_what_the_show_names_is_pulled_and_pinned(hub: Hub, show: Path) -> None:
    result = models("pull", "--show", show)
    assert result.exit_code == 0, result.output
    assert model_file().read_bytes() == FILES["model.bin"]
    pinned = read_lock(show / "models.lock")[EARS]
    assert (pinned.repository, pinned.commit) == (REPOSITORY, next(iter(hub.commits[REPOSITORY])))


def test_a_show_that_travels_gets_the_same_bytes_or_none(
    hub: Hub, show: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models("pull", "--show", show)
    lock = (show / "models.lock").read_bytes()
    commit = hub.add(REPOSITORY, {**FILES, "model.bin": b"newer"})
    monkeypatch.setenv("SOUFFLEUR_HOME", str(tmp_path / "elsewhere"))
    assert models("pull", "--show", show).exit_code == 0
    assert model_file().read_bytes() == FILES["model.bin"]
    assert (show / "models.lock").read_bytes() == lock
    monkeypatch.setenv("SOUFFLEUR_HOME", str(tmp_path / "third"))
    first = next(name for name in hub.commits[REPOSITORY] if name != commit)
    hub.commits[REPOSITORY][first]["model.bin"] = OTHER
    result = models("pull", "--show", show)
    assert result.exit_code == 3
    assert "model.bin is not the file that models.lock pins" in sentence(result)


def test_a_stick_brings_what_the_hub_cannot(hub: Hub, show: Path, home: Path, tmp_path: Path) -> None:
    models("pull", "--show", show)
    stick = shutil.move(home / "models", tmp_path / "stick")
    hub.status = 500
    assert models("pull", "--show", show).exit_code == 3
    assert models("pull", "--show", show, "--from", stick).exit_code == 0
    assert model_file().read_bytes() == FILES["model.bin"]


def test_without_a_show_it_is_said_that_nothing_is_pinned(hub: Hub) -> None:
    result = models("pull", EARS)
    assert result.exit_code == 0
    assert "Nothing is pinned" in result.stdout


def test_a_name_gone_wrong_is_answered_with_the_nearest_one(hub: Hub) -> None:
    result = models("pull", "whisper-smal")
    assert result.exit_code == 2
    assert 'did you mean "whisper-small"?' in sentence(result)


def test_a_show_that_names_no_model_is_told_where_to_find_them(hub: Hub, tmp_path: Path) -> None:
    result = models("pull", "--show", make_show(tmp_path / "plain"))
    assert result.exit_code == 2
    assert "`souffleur models list` lists them" in sentence(result)


def test_progress_is_plain_lines_where_there_is_no_terminal(hub: Hub) -> None:
    told = [line for line in models("pull", EARS).stderr.splitlines() if "%" in line]
    assert 5 <= len(told) <= 12
    kilobytes = f"{sum(map(len, FILES.values())) / 1000:.0f}"
    assert told[-1].startswith(f"{EARS}: 100 %, {kilobytes} of {kilobytes} kB")
    assert not [line for line in told if "\r" in line]


def test_progress_is_one_moving_line_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    progress = models_command._Progress(moving=True)
    progress._told_s = -1.0
    with progress.of(models_command.find(EARS)):
        progress.tell("model.bin", 120_000_000, 480_000_000)
    shown = capsys.readouterr().err
    assert f"\r{EARS}:  25 %, 120 of 480 MB, model.bin" in shown
    assert "\n" not in shown
    assert shown.endswith("\r")


# --- licences ---------------------------------------------------------------------------------------------------------


def test_a_voice_that_may_not_be_on_a_stage_is_refused_loudly_in_both_languages(hub: Hub) -> None:
    result = models("pull", "xtts-v2")
    assert result.exit_code == 2
    assert "NOT ON STAGE: Coqui XTTS v2 (CPML)" in result.stderr
    assert "not on a stage before a paying public" in result.stderr
    assert "pas sur scène devant un public payant" in result.stderr
    assert "--yes" in sentence(result)
    assert hub.asked == []


@pytest.mark.parametrize(("typed", "goes_on"), [("xtts-v2\n", True), ("yes\n", False), ("\n\n", False)])
def test_on_a_terminal_its_name_has_to_be_typed(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, typed: str, goes_on: bool
) -> None:
    monkeypatch.setattr(models_command, "_can_ask", lambda: True)
    result = models("pull", "xtts-v2", typed=typed)
    assert result.exit_code != 0
    assert bool(hub.asked) is goes_on


def test_with_yes_it_is_fetched_and_the_warning_stands_all_the_same(hub: Hub, tmp_path: Path) -> None:
    voice = coqui_folder.make(tmp_path / "voice", "xtts")
    hub.add("coqui/XTTS-v2", {file.name: file.read_bytes() for file in voice.iterdir()})
    result = models("pull", "xtts-v2", "--yes")
    assert result.exit_code == 0, result.output
    assert "NOT ON STAGE" in result.stderr


def test_the_list_says_which_models_may_not_be_on_a_stage() -> None:
    lines = models("list").stdout.splitlines()
    assert "NOT ON STAGE" in next(line for line in lines if "xtts-v2 " in line)
    assert "NOT ON STAGE" not in next(line for line in lines if f"{EARS} " in line)
    assert all(len(line) <= 125 for line in lines)


def test_the_list_tells_on_wish_what_a_model_is_good_for_where_it_comes_from_and_what_its_licence_asks() -> None:
    assert "Takes on a voice from a recording." not in models("list").stdout
    told = models("list", "--details").stdout
    for detail in (
        "Takes on a voice from a recording.",
        "/coqui/XTTS-v2",
        "no commercial use",
        "tout usage commercial",
    ):
        assert detail in told
    assert "releases/download" in told


def test_the_list_says_what_lies_in_the_store(hub: Hub) -> None:
    models("pull", EARS)
    starred = [line.split()[1] for line in models("list").stdout.splitlines() if line.startswith("* ")]
    assert starred[0] == EARS
    assert len(starred) == 2  # and the line that explains the star


def test_a_voice_of_the_catalogue_without_its_prefix_is_not_asked_to_be_pulled(tmp_path: Path) -> None:
    show = load_show(make_show(tmp_path / "voice", '[engines]\nvoice = "vits-css10-fr"\n'))
    said = next(check.what for check in check_engines(show) if check.name == "voice")
    assert 'did you mean "coqui:vits-css10-fr"?' in said
    assert "models pull" not in said


def test_the_doctor_repeats_the_warning(tmp_path: Path) -> None:
    folder = make_show(tmp_path / "voice", '[engines]\nvoice = "coqui:xtts-v2"\n')
    warnings = check_terms(load_show(folder))
    assert [check.name for check in warnings] == ["LICENCE"]
    assert "not on a stage before a paying public" in warnings[0].what


# --- keeping them the same --------------------------------------------------------------------------------------------


def rot(file: Path) -> None:
    """Other bytes, as many as before, and nobody wrote them."""
    before = file.stat()
    file.write_bytes(OTHER)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_verify_finds_the_byte_that_rotted(hub: Hub, show: Path) -> None:
    models("pull", "--show", show)
    assert models("verify", show).exit_code == 0
    rot(model_file())
    result = models("verify", show)
    assert result.exit_code == 3
    assert f"BAD {EARS}" in result.stdout
    assert "1 of 1 models" in sentence(result)


def test_the_doctor_finds_the_byte_that_rotted_which_a_start_does_not_look_for(hub: Hub, show: Path) -> None:
    models("pull", "--show", show)
    assert ears(show)[0] is State.OK
    rot(model_file())
    assert located(load_show(show)).engines.ears == str(model_file().parent)
    state, what = ears(show)
    assert state is State.FAULT
    assert "model.bin: has other bytes than it had when it was fetched" in what
    assert f"`souffleur models pull {EARS}` mends it" in what
    with pytest.raises(ModelError, match="has other bytes"):  # what the doctor found is not forgotten
        located(load_show(show))


def test_verify_finds_what_the_show_names_and_nobody_has_pulled(show: Path) -> None:
    result = models("verify", show)
    assert result.exit_code == 3
    assert f"BAD {EARS}: the show names it, and it is not in" in result.stdout
    assert f"souffleur models pull --show {show}" in result.stdout
    assert "1 of 1 models" in sentence(result)


def test_verify_of_a_show_without_models_of_the_catalogue_finds_nothing_bad(tmp_path: Path) -> None:
    assert "No models in" in models("verify", make_show(tmp_path / "plain")).stdout


def test_a_model_that_is_there_is_said_to_be_and_a_mistyped_stick_is_told_all_the_same(
    hub: Hub, show: Path, tmp_path: Path
) -> None:
    assert "already" not in models("pull", "--show", show).stdout
    assert "(it was there already)" in models("pull", "--show", show).stdout
    (tmp_path / "stick").mkdir()
    assert "(it was there already)" in models("pull", EARS, "--from", tmp_path / "stick").stdout
    mistyped = models("pull", EARS, "--from", tmp_path / "stikc")
    assert "stikc: there is no such folder" in sentence(mistyped)


def test_verify_finds_what_the_lock_pins_and_the_store_lacks(hub: Hub, show: Path, home: Path) -> None:
    models("pull", "--show", show)
    shutil.rmtree(home / "models")
    assert models("verify", show).exit_code == 3


def test_lock_pins_what_is_in_the_store(hub: Hub, show: Path) -> None:
    assert "is not in" in sentence(models("lock", show))
    models("pull", EARS)
    assert not (show / "models.lock").exists()
    assert models("lock", show).exit_code == 0
    assert EARS in read_lock(show / "models.lock")
    assert f"{EARS} stays" in models("lock", show).stdout


def test_path_prints_where_a_model_lies(hub: Hub) -> None:
    assert f"souffleur models pull {EARS}" in sentence(models("path", EARS))
    models("pull", EARS)
    assert models("path", EARS).stdout.strip() == str(model_file().parent)


# --- before the doors open --------------------------------------------------------------------------------------------


def test_a_model_that_was_not_pulled_is_named_with_what_to_type(show: Path, tmp_path: Path) -> None:
    state, what = ears(show)
    assert state is State.FAULT
    assert f'"{EARS}" is not in' in what
    assert f"souffleur models pull --show {show}" in what
    command = [*SOUFFLEUR, "run", str(show), "--port", "0"]
    env = os.environ | {"SOUFFLEUR_HOME": str(tmp_path / "home")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert f"souffleur models pull --show {show}" in done.stderr.splitlines()[-1]


DISTILLED = """
[engines]
ears = "whisper-distil-small-en"
"""


def distilled(folder: Path, hub: Hub, languages: str, whisper: str = "") -> Path:
    hub.add("Systran/faster-distil-whisper-small.en", FILES)
    models("pull", "whisper-distil-small-en")
    show = f'[show]\nname = "Letters"\nlanguages = {languages}\n'
    return make_show(folder, DISTILLED + f"[engines.whisper]\n{whisper}", show)


def test_ears_made_for_one_language_are_refused_where_nobody_speaks_it(hub: Hub, tmp_path: Path) -> None:
    folder = distilled(tmp_path / "letters", hub, '["fr"]')
    state, what = ears(folder)
    assert state is State.FAULT
    assert "whisper-distil-small-en was made for en alone, and the show is in fr; choose other ears" in what
    with pytest.raises(ModelError, match="was made for en alone"):
        located(load_show(folder))


def test_ears_made_for_one_language_of_two_are_a_note_until_the_show_settles_it(hub: Hub, tmp_path: Path) -> None:
    def notes(folder: Path) -> list[Check]:
        return [check for check in check_engines(load_show(folder)) if (check.name, check.state) == ("ears", "note")]

    (note,) = notes(distilled(tmp_path / "two", hub, '["en", "fr"]'))
    assert "was made for en alone, and visitors may speak fr" in note.what
    assert 'language = "en" under [engines.whisper]' in note.remedy
    assert notes(distilled(tmp_path / "settled", hub, '["en", "fr"]', 'language = "en"')) == []
    assert notes(distilled(tmp_path / "one", hub, '["en"]')) == []


def test_a_model_with_other_bytes_is_found_before_the_doors_open(hub: Hub, show: Path) -> None:
    models("pull", "--show", show)
    model_file().write_bytes(OTHER)
    state, what = ears(show)
    assert state is State.FAULT
    assert "has other bytes than it had when it was fetched" in what


def test_a_model_that_nothing_pins_is_a_note_with_its_remedy(hub: Hub, show: Path) -> None:
    models("pull", EARS)
    loose = next(check for check in check_engines(load_show(show)) if check.name == "models")
    assert loose.state is State.WARN
    assert f"souffleur models lock {show}" in loose.remedy
    models("lock", show)
    assert not [check for check in check_engines(load_show(show)) if check.name == "models"]


def test_a_lock_that_cannot_be_read_is_a_fault(show: Path) -> None:
    lock_path(load_show(show)).write_text("nonsense")
    (check,) = check_engines(load_show(show))
    assert check.state is State.FAULT
    assert "models.lock: this is not valid TOML" in check.what


def test_a_folder_beside_the_show_goes_before_the_catalogue(show: Path) -> None:
    (show / EARS).mkdir()
    _, what = ears(show)
    assert f"{show / EARS}: has no model.bin" in what

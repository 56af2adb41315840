"""What hears the ends of turns, from the hub to the doctor: pulled, pinned, located and checked as engines are."""

from __future__ import annotations

from pathlib import Path

import pytest

from installation.config import load_show
from installation.doctor import check_engines
from installation.ears import make_turn_sense
from installation.findings import State
from installation.house import open_house
from installation.weights import locate, located, lock_path, the_store
from models.lock import read_lock
from models.protocols import ModelError
from tests.fakes import tiny_smart_turn
from tests.fakes.hub import Hub
from tests.fakes.models_command import models, sentence
from tests.fakes.show_folder import SHOW, make_show

ID = "smart-turn-v3"
REPOSITORY, FILE = "pipecat-ai/smart-turn-v3", "smart-turn-v3.2-cpu.onnx"
INSTANT = '[engines]\nears = "instant"\npersona = "instant"\nvoice = "instant"\n'


@pytest.fixture
def turns_hub(hub: Hub) -> Hub:
    hub.add(REPOSITORY, {FILE: tiny_smart_turn.model(), "smart-turn-v3.2-gpu.onnx": b"larger", "README.md": b"read me"})
    return hub


def show_with(folder: Path, smart_turn: str, show: str = SHOW) -> Path:
    return make_show(folder, f'{INSTANT}[hearing]\nsmart_turn = "{smart_turn}"\n', show)


def found(show: Path) -> list[tuple[State, str]]:
    """What the doctor says of it."""
    return [(check.state, check.what) for check in check_engines(load_show(show)) if check.name == "turns"]


def test_it_is_pulled_pinned_verified_and_found(turns_hub: Hub, tmp_path: Path) -> None:
    show = show_with(tmp_path / "show", ID)
    assert models("pull", "--show", show).exit_code == 0
    (model,) = the_store().pulled(ID)
    assert [file.name for file in model.file] == [FILE]
    assert read_lock(lock_path(load_show(show))).keys() == {ID}
    file = the_store().path(model)
    assert file.name == FILE
    assert located(load_show(show)).smart_turn == file
    assert found(show) == [(State.OK, f"Smart Turn, {file}")]
    assert f"ok  {ID}" in models("verify", show).stdout
    assert f"{ID} stays {model.folder_name}" in models("lock", show).stdout
    assert models("path", ID).stdout.strip() == str(file)


def test_it_is_listed_with_how_it_is_named(turns_hub: Hub, tmp_path: Path) -> None:
    listed = models("list", show_with(tmp_path / "show", ID), "--details").stdout
    assert f"turns    {ID}" in listed
    assert 'Ends of turns ([hearing] smart_turn = "ID")' in listed
    assert "La licence BSD autorise tout usage" in listed
    assert "\nturns " not in models("list", make_show(tmp_path / "plain", INSTANT)).stdout


def test_what_is_no_smart_turn_is_not_kept(hub: Hub, tmp_path: Path) -> None:
    hub.add(REPOSITORY, {FILE: tiny_smart_turn.model(bands=128)})
    result = models("pull", "--show", show_with(tmp_path / "show", ID))
    assert "holds no Smart Turn v3.2 that can be used" in sentence(result)
    assert the_store().pulled(ID) == ()


def test_a_show_that_names_it_does_not_open_without_it(hub: Hub, tmp_path: Path) -> None:
    show = show_with(tmp_path / "show", ID)
    complaint = rf"show.toml: \[hearing\] smart_turn: \"{ID}\" is not in .*souffleur models pull --show"
    with pytest.raises(ModelError, match=complaint), open_house(load_show(show)):
        pass
    ((state, what),) = found(show)
    assert state is State.FAULT
    assert "is not in" in what
    assert f"BAD {ID}: the show names it" in models("verify", show).stdout


def test_a_damaged_one_is_found_by_the_doctor(turns_hub: Hub, tmp_path: Path) -> None:
    show = show_with(tmp_path / "show", ID)
    models("pull", "--show", show)
    file = the_store().path(the_store().pulled(ID)[0])
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    ((state, what),) = found(show)
    assert (state, "has other bytes" in what) == (State.FAULT, True)


def test_a_file_of_ones_own_lies_beside_the_show(tmp_path: Path) -> None:
    show = show_with(tmp_path / "show", "turns.onnx")
    file = tiny_smart_turn.make(show / "turns.onnx")
    found_there = located(load_show(show))
    assert found_there.smart_turn == file
    assert make_turn_sense(found_there) is not None
    assert found(show) == [(State.OK, f"Smart Turn, {file}")]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("turns.onnx", "turns.onnx: there is no such file"),
        ("smart-turn", 'names neither a model of the catalogue nor a file (did you mean "smart-turn-v3"?).'),
        ("whisper-small", '"whisper-small" hears nothing of turns; it is named so: ears = "whisper-small".'),
        ("show.toml", "show.toml: is no whole ONNX model"),
    ],
)
def test_a_name_gone_wrong_is_told(tmp_path: Path, name: str, complaint: str) -> None:
    show = show_with(tmp_path / "show", name)
    assert complaint in locate(load_show(show)).faults["turns"]
    with pytest.raises(ModelError, match=r"show\.toml: \[hearing\] smart_turn: "):
        located(load_show(show))


def test_where_none_is_named_nobody_is_asked(tmp_path: Path) -> None:
    show = make_show(tmp_path / "show", INSTANT)
    assert make_turn_sense(located(load_show(show))) is None
    assert found(show) == []


def test_languages_that_it_never_learned_are_a_note_and_all_of_them_a_fault(turns_hub: Hub, tmp_path: Path) -> None:
    models("pull", ID)
    some = show_with(tmp_path / "some", ID, '[show]\nname = "Letters"\nlanguages = ["fr", "br"]\n')
    assert [what for state, what in found(some) if state is State.WARN] == [
        f"{ID} never learned br, and votes on them all the same"
    ]
    none = show_with(tmp_path / "none", ID, '[show]\nname = "Letters"\nlanguages = ["br"]\n')
    assert 'and the show is in br; set smart_turn = "".' in found(none)[0][1]

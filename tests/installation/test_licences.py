"""What the doctor and the terminal tell about weights that may not be used before a paying public."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from installation.config import Show, load_show
from installation.doctor import check_engines, check_terms
from installation.evening import warn_of_licences
from installation.findings import State
from tests.fakes import coqui_folder
from tests.fakes.show_folder import make_show


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the neural voices were installed, which nothing here needs."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, _=None: ModuleSpec(name, None))


def show_with(folder: Path, kind: str) -> Show:
    coqui_folder.make(folder / "voice", kind)
    return load_show(make_show(folder, '\n[engines]\nears = "instant"\npersona = "instant"\nvoice = "coqui:voice"\n'))


def test_an_xtts_is_no_fault_but_both_say_that_it_is_not_for_a_paying_public(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show = show_with(tmp_path, "xtts")
    assert {check.state for check in check_engines(show)} == {State.OK}
    (check,) = check_terms(show)
    assert check.state is State.WARN
    warn_of_licences(show)
    for told in (check.what, capsys.readouterr().err):
        assert "DOES NOT ALLOW its use before a paying public" in told
        assert "name another voice" in told


def test_of_a_free_voice_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show = show_with(tmp_path, "vits")
    assert check_terms(show) == ()
    warn_of_licences(show)
    assert capsys.readouterr().err == ""

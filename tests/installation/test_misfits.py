"""Engines that know too little of a show: refused where they know nothing of it, and a note where they know a part."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from installation.config import Show, load_show
from installation.doctor import check_engines
from installation.evening import warn_of_misfits
from installation.findings import State
from installation.house import open_house
from installation.paths import PROJECT
from models.load import load
from models.phrasebook import read_phrasebook
from models.protocols import ModelError
from tests.fakes import coqui_folder, whisper_folder
from tests.fakes.show_folder import make_show

DEMO = PROJECT / "shows/demo"
INSTANT = {"ears": "instant", "persona": "instant", "voice": "instant"}


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOUFFLEUR_HOME", str(tmp_path / "home"))


@pytest.fixture
def coqui_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the neural voices were installed, which nothing here needs."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, _=None: ModuleSpec(name, None))


def show(folder: Path, languages: str, more: str = "", **engines: str) -> Show:
    named = "".join(f'{role} = "{name}"\n' for role, name in {**INSTANT, **engines}.items())
    return load_show(
        make_show(folder, f"[engines]\n{named}{more}", f'[show]\nname = "Letters"\nlanguages = {languages}\n')
    )


def told(show: Show, role: str, has_visitors: bool = True) -> list[tuple[State, str]]:
    """What the doctor finds about a role that is no praise."""
    found = [check for check in check_engines(show, has_visitors) if check.name == role]
    return [(check.state, f"{check.what}. {check.remedy}") for check in found if check.state is not State.OK]


def refused(show: Show) -> str:
    """The sentence with which the start refuses the show."""
    with pytest.raises(ModelError) as caught:
        load(show.config.engines, show.folder, show.config.show.languages).close()
    return str(caught.value)


def test_hot_words_are_kept_from_the_pocket_ears_and_a_note_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = '[engines.whisper]\nhot_words = ["Port-Solène"]\n'
    pocket = show(tmp_path, '["en"]', words, ears="pocket")
    ((state, what),) = told(pocket, "ears")
    assert state is State.WARN
    assert "the pocket ears know no hot words: those under [engines.whisper] are not used" in what
    warn_of_misfits(pocket, has_visitors=False)
    assert "know no hot words" in capsys.readouterr().err
    assert told(show(tmp_path, '["en"]', ears="pocket"), "ears") == []


def test_embedded_ears_are_refused_in_a_show_without_english(tmp_path: Path) -> None:
    french = show(tmp_path, '["fr"]', ears="sphinx")
    ((state, what),) = told(french, "ears")
    assert state is State.FAULT
    assert "pocketsphinx understands English alone, and the show is in fr" in what
    assert "pocketsphinx understands English alone" in refused(french)


def test_embedded_ears_that_stand_behind_a_server_are_refused_too(tmp_path: Path) -> None:
    server = '[engines.server]\nurl = "http://127.0.0.1:9/v1"\nears_model = "ears"\n'
    french = show(tmp_path, '["fr"]', server, ears="server")
    assert "or under [engines.fallback]" in told(french, "ears")[0][1]
    assert "understands English alone" in refused(french)


def test_embedded_ears_are_a_note_where_visitors_may_speak_another_language_too(tmp_path: Path) -> None:
    both = show(tmp_path, '["fr", "en"]', ears="sphinx")
    ((state, what),) = told(both, "ears")
    assert state is State.WARN
    assert "sphinx was made for en alone, and visitors may speak fr" in what
    assert told(show(tmp_path, '["en"]', ears="sphinx"), "ears") == []


def test_a_simulated_visitor_may_speak_to_embedded_ears_in_any_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    french = show(tmp_path, '["fr"]', ears="sphinx")
    assert told(french, "ears", has_visitors=False) == []
    load(french.config.engines, french.folder, ("fr",), read_phrasebook(DEMO / "visitor.toml")).close()
    warn_of_misfits(show(tmp_path, '["fr", "en"]', ears="sphinx"), has_visitors=False)
    assert capsys.readouterr().err == ""


def test_a_whisper_for_english_alone_is_a_note_until_the_show_settles_its_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whisper_folder.make(tmp_path / "base.en", whisper_folder.ENGLISH)
    both = show(tmp_path, '["en", "fr"]', ears="base.en")
    ((state, what),) = told(both, "ears")
    assert state is State.WARN
    assert "base.en was made for en alone, and visitors may speak fr" in what
    assert 'set language = "en" under [engines.whisper]' in what
    warn_of_misfits(both, has_visitors=True)
    assert "base.en was made for en alone" in capsys.readouterr().err
    assert told(show(tmp_path, '["en", "fr"]', '[engines.whisper]\nlanguage = "en"', ears="base.en"), "ears") == []


def test_a_language_that_the_pocket_ears_never_heard_is_a_note(tmp_path: Path) -> None:
    ((state, what),) = told(show(tmp_path, '["en", "de"]', ears="pocket"), "ears")
    assert (state, "visitors may speak de" in what) == (State.WARN, True)


ONE_LANGUAGE = {"use_phonemes": True, "phoneme_language": "fr-fr"}


@pytest.mark.usefixtures("coqui_is_installed")
def test_a_voice_of_one_language_is_a_note_in_a_show_of_two_and_refused_in_one_of_another(tmp_path: Path) -> None:
    coqui_folder.make(tmp_path / "css10", **ONE_LANGUAGE)
    ((state, what),) = told(show(tmp_path, '["en", "fr"]', voice="coqui:css10"), "voice")
    assert state is State.WARN
    assert "css10 was made for fr alone, and speaks en as if it were that" in what
    assert told(show(tmp_path, '["fr"]', voice="coqui:css10"), "voice") == []
    english = show(tmp_path, '["en"]', voice="coqui:css10")
    ((state, what),) = told(english, "voice")
    assert (state, "speaks fr and not en, which the show is in" in what) == (State.FAULT, True)


def test_a_voice_of_one_language_is_told_before_it_is_fetched(tmp_path: Path) -> None:
    (fault, note) = told(show(tmp_path, '["en", "fr"]', voice="coqui:vits-css10-fr"), "voice")
    assert (fault[0], "fetch it" in fault[1]) == (State.FAULT, True)
    assert (note[0], "vits-css10-fr was made for fr alone" in note[1]) == (State.WARN, True)
    ((state, what),) = told(show(tmp_path, '["en"]', voice="coqui:vits-css10-fr"), "voice")
    assert (state, "the show is in en; choose another voice" in what) == (State.FAULT, True)


@pytest.mark.usefixtures("coqui_is_installed")
def test_a_voice_of_many_languages_is_refused_where_it_lacks_one(tmp_path: Path) -> None:
    coqui_folder.make(tmp_path / "xtts", "xtts", languages=["en", "fr", "zh-cn"])
    ((state, what),) = told(show(tmp_path, '["fr", "br"]', voice="coqui:xtts"), "voice")
    assert (state, "speaks en, fr, zh and not br" in what) == (State.FAULT, True)
    assert told(show(tmp_path, '["fr", "en"]', voice="coqui:xtts"), "voice") == []


@pytest.mark.usefixtures("coqui_is_installed")
def test_a_voice_that_does_not_tell_its_language_is_taken_at_its_word(tmp_path: Path) -> None:
    coqui_folder.make(tmp_path / "other")
    assert told(show(tmp_path, '["en", "fr"]', voice="coqui:other"), "voice") == []


def test_lines_that_lack_a_language_of_the_show_are_a_fault_for_the_doctor_too(tmp_path: Path) -> None:
    (tmp_path / "lines.toml").write_text('[[line]]\nlanguage = "en"\ntext = "One."\n', encoding="utf-8")
    ((state, what),) = told(show(tmp_path, '["en", "fr"]', persona="authored"), "persona")
    assert (state, 'no authored line in the language "fr"' in what) == (State.FAULT, True)


def test_an_engine_that_would_stand_behind_a_server_is_told_to_be_unused_where_there_is_none(tmp_path: Path) -> None:
    unused = show(tmp_path, '["en"]', '[engines.fallback]\nears = "nonsense"\n')
    ((state, what),) = told(unused, "ears")
    assert state is State.WARN
    assert 'ears = "nonsense" under [engines.fallback] is not used, because ears is not "server"' in what


def test_a_language_that_nobody_speaks_is_told_with_its_table_once(tmp_path: Path) -> None:
    settled = show(tmp_path, '["en"]', '[engines.whisper]\nlanguage = "de"\n', ears="pocket")
    with pytest.raises(ModelError) as caught, open_house(settled):
        pass
    assert str(caught.value).startswith(f'{tmp_path / "show.toml"}: [engines.whisper] language = "de" is none of the')


def test_the_demo_fits_its_engines(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_misfits(load_show(DEMO), has_visitors=True)
    assert capsys.readouterr().err == ""

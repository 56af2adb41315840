"""What a person reads when a show's files are wrong, and what the house gets when they are right."""

from __future__ import annotations

from pathlib import Path

import pytest

from installation.config import load_show
from installation.events import (
    Mode,
)
from installation.paths import PROJECT, home, log_path
from models.settings import SettingsError
from tests.fakes.show_folder import SHOW, make_show


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shows" / "letters"


def told(folder: Path) -> str:
    """The one sentence with which a show is refused."""
    with pytest.raises(SettingsError) as caught:
        load_show(folder)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith((".", "?"))
    return sentence


def test_a_show_needs_a_name_languages_and_a_character_and_nothing_else(folder: Path) -> None:
    show = load_show(make_show(folder))
    assert show.config.show.name == "Letters"
    assert show.config.show.languages == ("fr", "en")
    assert show.config.show.mode is Mode.PERFORMANCE
    assert show.character.name == "Ada"
    assert show.visitor_file == folder / "visitor.toml"


def test_a_show_that_says_nothing_of_it_is_private(folder: Path) -> None:
    config = load_show(make_show(folder)).config
    assert config.panel.host == "127.0.0.1"
    assert not config.log.keep_visitor_words


def test_every_room_is_set_by_its_own_table(folder: Path) -> None:
    more = """
        mode = "curated"
        [hearing]
        barge_in = false
        [turn_taking]
        open_pause_s = 0.9
        wake = "button"
        [hearing.detector]
        gate = 3
        [sound]
        input = "USB"
        output = 4
        [log]
        keep_visitor_words = true
        [panel]
        host = "::1"
        port = 0
    """
    config = load_show(make_show(folder, more)).config
    assert config.show.mode is Mode.CURATED
    assert (config.hearing.barge_in, config.hearing.detector.gate) == (False, 3)
    assert (config.turn_taking.open_pause_s, config.turn_taking.wake) == (0.9, "button")
    assert (config.sound.input, config.sound.output) == ("USB", 4)
    assert config.log.keep_visitor_words
    assert (config.panel.host, config.panel.port) == ("::1", 0)


def test_a_character_may_lie_in_a_file_of_another_name(folder: Path) -> None:
    make_show(folder, 'character = "ada.toml"')
    (folder / "character.toml").rename(folder / "ada.toml")
    assert load_show(folder).character.name == "Ada"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ('mood = "curated"', "[show] has no key 'mood'; did you mean 'mode'?"),
        (
            'mode = "curatd"',
            "[show] mode must be one of 'performance', 'curated', 'gallery', 'rehearsal', not the text ",
        ),
        ("[pannel]\nport = 1", "the file has no key 'pannel'; did you mean 'panel'?"),
        ("[panel]\nprot = 1", "[panel] has no key 'prot'; did you mean 'port'?"),
        ('[panel]\nport = "8765"', '[panel] port must be a whole number, not the text "8765".'),
        ("[panel]\nport = 70000", "[panel] port must be between 0 and 65535."),
        (
            "[log]\nkeep_visitors_words = true",
            "[log] has no key 'keep_visitors_words'; did you mean 'keep_visitor_words'?",
        ),
        ('[log]\nkeep_visitor_words = "no"', '[log] keep_visitor_words must be true or false, not the text "no".'),
        ("[sound]\ninputs = 1", "[sound] has no key 'inputs'; did you mean 'input'?"),
        ("[turn_taking]\nopen_pause = 1", "[turn_taking] has no key 'open_pause'; did you mean 'open_pause_s'?"),
        ("[hearing]\nbarge-in = true", "[hearing] has no key 'barge-in'; did you mean 'barge_in'?"),
        ("[panel", "this is not valid TOML: "),
    ],
)
def test_a_mistake_is_answered_with_the_file_the_key_and_the_nearest_right_one(
    folder: Path, more: str, sentence: str
) -> None:
    assert told(make_show(folder, more)).startswith(f"{folder / 'show.toml'}: {sentence}")


@pytest.mark.parametrize(
    ("show", "sentence"),
    [
        ("", "the file needs a key 'show', which is missing."),
        (SHOW.replace('name = "Letters"', ""), "[show] needs a key 'name', which is missing."),
        (SHOW.replace("Letters", " "), "[show] name must not be empty."),
        (SHOW.replace('["fr", "en"]', "[]"), '[show] languages needs at least one language, such as "en".'),
        (
            SHOW.replace('["fr", "en"]', '"fr"'),
            '[show] languages must be a list (in square brackets), not the text "fr".',
        ),
        (SHOW.replace('"en"', '"English"'), '[show] languages has "English", which is no code of a language'),
        (SHOW.replace('"en"', '"fr"'), "[show] languages names one language twice."),
    ],
)
def test_what_a_show_needs_is_asked_for(folder: Path, show: str, sentence: str) -> None:
    assert told(make_show(folder, show=show)).startswith(f"{folder / 'show.toml'}: {sentence}")


def test_a_mistake_in_the_character_names_the_characters_file(folder: Path) -> None:
    make_show(folder, character='nam = "Ada"')
    assert told(folder) == f"{folder / 'character.toml'}: the file has no key 'nam'; did you mean 'name'?"


def test_a_show_without_its_character_says_where_it_was_looked_for(folder: Path) -> None:
    make_show(folder, 'character = "eve.toml"')
    assert told(folder) == (
        f"{folder / 'eve.toml'}: there is no such file; write the character there, or name its file "
        f"under [show] character in {folder / 'show.toml'}."
    )


def test_a_folder_that_is_no_show_says_what_a_show_is(folder: Path) -> None:
    folder.mkdir(parents=True)
    assert told(folder) == (
        f"{folder / 'show.toml'}: there is no such file; a show is a folder with a show.toml and a character."
    )


def test_a_wrong_folder_is_answered_with_the_nearest_show(folder: Path) -> None:
    make_show(folder)
    assert told(folder.with_name("leters")) == (
        f"{folder.with_name('leters')}: there is no such folder; did you mean '{folder}'?"
    )
    assert told(folder.with_name("xyz")).endswith("there is no such folder; the shows beside it are: letters.")


def test_the_users_data_lie_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SOUFFLEUR_HOME", raising=False)
    assert home() == PROJECT / "var"
    monkeypatch.setenv("SOUFFLEUR_HOME", str(tmp_path))
    assert log_path("Letters") == tmp_path / "logs" / "Letters.sqlite"


def test_the_name_of_a_show_cannot_leave_the_folder_of_logs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOUFFLEUR_HOME", str(tmp_path))
    for name in ("../../etc/passwd", "/etc/passwd", "..", "a/b", "Ça va ? 🎭", "\x00"):
        assert log_path(name).resolve().parent == tmp_path / "logs"
    assert log_path("Lettres à Ada").name == "Lettres-à-Ada.sqlite"


def test_shows_whose_names_differ_have_logs_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOUFFLEUR_HOME", str(tmp_path))
    names = ("Nuit 1", "Nuit: 1", "Nuit-1", "Nuit  1", "🎭", "👻", "…", "夜" * 99 + "a", "夜" * 99 + "b")
    logs = {log_path(name).name for name in names}
    assert len(logs) == len(names)
    assert max(len(name.encode()) for name in logs) < 220


def test_a_panel_that_would_be_open_to_the_network_is_refused_by_file_and_key(folder: Path) -> None:
    sentence = told(make_show(folder, '\n[panel]\nhost = "0.0.0.0"\n'))
    assert str(folder / "show.toml") in sentence
    assert "[panel]" in sentence
    assert "127.0.0.1" in sentence


def test_a_misspelt_engine_key_is_answered_with_the_right_one(folder: Path) -> None:
    sentence = told(make_show(folder, '\n[engines]\npersonna = "a.gguf"\n'))
    assert "[engines]" in sentence
    assert "persona" in sentence


@pytest.mark.parametrize(
    ("engines", "key"),
    [
        ('ears = ""', "ears"),
        ('persona = " "', "persona"),
        ('voice = "coqui:"', "voice"),
        ('[engines.fallback]\nears = ""', "fallback.ears"),
    ],
)
def test_an_engine_that_names_nothing_is_not_taken_for_the_shows_folder(folder: Path, engines: str, key: str) -> None:
    sentence = told(make_show(folder, f"\n[engines]\n{engines}\n"))
    assert f"[engines] {key} names nothing; it must be an engine, a model or its file" in sentence


def test_words_that_the_voice_says_wrongly_are_written_per_language(folder: Path) -> None:
    words = '\n[engines.pronunciation.fr]\nBrecht = "Brechte"\n"Café-Théâtre" = "café théâtre"\n'
    assert load_show(make_show(folder, words)).config.engines.pronunciation == {
        "fr": {"Brecht": "Brechte", "Café-Théâtre": "café théâtre"}
    }
    assert 'pronunciation.fr has "BRECHT" twice' in told(make_show(folder, words + 'BRECHT = "b"\n'))
    foreign = words.replace("pronunciation.fr", "pronunciation.de")
    assert "[engines.pronunciation.de] is for no language of the show (fr, en); take it out" in told(
        make_show(folder, foreign)
    )


def test_the_consent_of_whoever_lends_their_voice_stands_in_the_show(folder: Path) -> None:
    consent = '\n[engines.coqui.consent]\nperson = "Ada Morel"\ndate = "2026-03-01"\nscope = "this show"\n'
    given = load_show(make_show(folder, consent)).config.engines.coqui.consent
    assert str(given) == 'Ada Morel, who agreed on 2026-03-01 to "this show"'
    assert "[engines.coqui.consent] date must be a day" in told(
        make_show(folder, consent.replace("2026-03-01", "soon"))
    )
    assert "needs a key 'scope'" in told(make_show(folder, consent.replace('scope = "this show"', "")))


def test_a_file_saved_by_a_windows_editor_with_a_byte_order_mark_is_read(folder: Path) -> None:
    make_show(folder)
    file = folder / "show.toml"
    file.write_text(file.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert load_show(folder).config.show.name == "Letters"


def test_a_name_that_no_file_could_bear_is_refused(folder: Path) -> None:
    assert "100 characters" in told(make_show(folder, show=SHOW.replace("Letters", "L" * 300)))


def test_a_pause_after_which_nobody_would_be_answered_is_refused(folder: Path) -> None:
    assert "open_pause_s" in told(make_show(folder, "[turn_taking]\nopen_pause_s = 1e9\n"))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("stop_s = 1e9", "[turn_taking] stop_s must be between 0.04 and 3, not 1e+09"),
        ("min_voice_s = 90", "[turn_taking] min_voice_s must be between 0 and 1, not 90"),
        ("voice_over_room_db = -1000", "[turn_taking] voice_over_room_db must be between"),
    ],
)
def test_a_threshold_that_would_make_the_house_deaf_or_deafening_is_refused(
    folder: Path, setting: str, sentence: str
) -> None:
    assert sentence in told(make_show(folder, f"[turn_taking]\n{setting}\n"))


def test_a_file_from_the_panel_is_held_to_the_panels_own_limits(folder: Path) -> None:
    make_show(folder)
    (folder / "tuning.toml").write_text("[turn_taking]\nstop_s = 10.0\n", encoding="utf-8")
    assert "tuning.toml: [turn_taking] stop_s must be between 0.04 and 3, not 10" in told(folder)

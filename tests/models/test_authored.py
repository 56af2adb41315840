"""The authored lines: which one answers, and what is said of a file that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.authored import AuthoredLanguageModel, AuthoredSettings, Line, choose, read_lines, stems
from models.protocols import Message, ModelError, Sampling

DEMO = Path(__file__).parents[2] / "shows" / "demo"
SEA = Line("en", "The sea was cold.", ("sea", "swimming"))
GENTLE_SEA = Line("en", "Hush, the sea.", ("sea",), ("gentle",))
LOVE = Line("en", "I loved a fireman.", ("love",))
NOTHING = Line("en", "I have no line for that.")
LINES = (SEA, GENTLE_SEA, LOVE, NOTHING)


def answers(lines: tuple[Line, ...], *messages: Message, language: str = "en") -> set[Line]:
    return {choose(lines, messages, language, seed) for seed in range(30)}


def asked(text: str) -> Message:
    return Message("user", text)


def test_the_words_of_the_visitor_choose_the_line() -> None:
    assert answers(LINES, asked("Have you ever been in LOVE?")) == {LOVE}
    assert answers(LINES, asked("Do you swim?")) == {SEA}
    assert answers(LINES, asked("Love?"), Message("assistant", "Yes."), asked("And the sea?")) == {SEA, GENTLE_SEA}


def test_what_calls_no_line_gets_the_one_for_when_nothing_fits() -> None:
    assert answers(LINES, asked("What of taxes?")) == {NOTHING}
    assert answers(LINES) == {NOTHING}


def test_a_tone_of_the_performer_colours_the_answer_but_does_not_change_its_subject() -> None:
    assert answers(LINES, Message("direction", "be gentle"), asked("The sea?")) == {GENTLE_SEA}
    assert answers(LINES, Message("direction", "be gentle"), asked("Love?")) == {LOVE}


def test_a_subject_of_the_performer_counts_more_than_the_visitors() -> None:
    assert answers(LINES, Message("direction", "speak of love"), asked("The weather?")) == {LOVE}


def test_a_line_does_not_come_again_while_there_is_another() -> None:
    said = Message("assistant", SEA.text)
    assert answers(LINES, asked("Sea?"), said, asked("The sea again?")) == {GENTLE_SEA}
    both = (said, Message("assistant", GENTLE_SEA.text))
    assert answers(LINES, *both, asked("The sea again?")) == {NOTHING}


def test_a_line_that_was_interrupted_counts_as_said() -> None:
    long = Line("en", "The sea was cold and we swam there each morning.", ("sea",))
    cut = Message("assistant", "The sea was cold and")
    assert answers((long, GENTLE_SEA, NOTHING), cut, asked("The sea?")) == {GENTLE_SEA}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("waves", "wave"),
        ("loving", "loved"),
        ("love", "loved"),
        ("swimming", "swim"),
        ("eating", "eat"),
        ("étoiles", "ETOILE"),
        ("œuvre", "oeuvre"),
        ("morte", "mort"),
        ("châteaux", "chateau"),
    ],
)
def test_forms_of_a_word_are_one_word(one: str, other: str) -> None:
    assert stems(one) == stems(other)


@pytest.mark.parametrize(("one", "other"), [("mère", "mer"), ("mères", "mer"), ("père", "per"), ("thee", "the")])
def test_a_short_word_is_not_taken_for_another(one: str, other: str) -> None:
    assert stems(one) != stems(other)


def test_the_sea_is_not_the_mother() -> None:
    sea = Line("fr", "La mer.", ("mer",))
    mother = Line("fr", "La mère.", ("mère",))
    lines = (sea, mother, Line("fr", "Rien."))
    assert answers(lines, asked("Parlez-moi de la mer."), language="fr") == {sea}
    assert answers(lines, asked("Parlez-moi de votre mère."), language="fr") == {mother}


def test_the_double_of_the_demo_does_not_answer_the_mother_with_the_sea() -> None:
    lines = read_lines(DEMO / "lines.toml")
    for line in answers(lines, asked("Parlez-moi de la mer."), language="fr"):
        assert "mer" in line.about
    for line in answers(lines, asked("Parlez-moi de votre mère."), language="fr"):
        assert "mer" not in line.about


def test_a_language_without_lines_is_one_sentence() -> None:
    with pytest.raises(ModelError, match='no authored line in the language "de"'):
        choose(LINES, (asked("Das Meer?"),), "de", 1)


def written(folder: Path, text: str) -> Path:
    (folder / "lines.toml").write_text(text, encoding="utf-8")
    return folder / "lines.toml"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[[line]\nlanguage = "en"', r"lines\.toml"),
        ('[[line]]\nlanguage = "en"\ntext = " "', "needs a text"),
        ('[[line]]\nlanguage = "en"\ntext = "Hm."\nabuot = []', "abuot"),
        ('[[line]]\nlanguage = "en"\ntext = "The sea."\nabout = ["sea"]', 'language "en" needs a line with about'),
        ("line = []", "write at least one"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_what_is_wrong(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint) as caught:
        read_lines(written(tmp_path, text))
    assert "lines.toml" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lines\.toml"):
        AuthoredLanguageModel(AuthoredSettings(), tmp_path)


def test_the_answer_comes_word_by_word_until_it_is_aborted() -> None:
    model = AuthoredLanguageModel(AuthoredSettings(), DEMO)
    assert {"en", "fr"} <= set(model.languages)
    stream = model.stream((asked("Who are you?"),), "en", Sampling(seed=1))
    assert len(next(stream).split()) == 1
    model.abort()
    assert list(stream) == []
    again = ["".join(model.stream((asked("Who are you?"),), "en", Sampling(seed=1))) for _ in range(2)]
    assert again[0] == again[1]
    assert again[0] in {line.text for line in read_lines(DEMO / "lines.toml")}


def test_a_rare_word_tells_more_than_a_frequent_one() -> None:
    often = tuple(Line("en", f"You, number {number}.", ("you",)) for number in range(5))
    assert answers((*often, SEA, NOTHING), asked("Do you like the sea?")) == {SEA}


def test_only_the_last_question_counts() -> None:
    assert answers(LINES, asked("The sea?"), Message("assistant", "Well."), asked("Love?")) == {LOVE}


def test_the_same_seed_gives_the_same_answer() -> None:
    question = (asked("The sea?"),)
    assert len({choose(LINES, question, "en", 5) for _ in range(20)}) == 1
    assert len(answers(LINES, *question)) == 2

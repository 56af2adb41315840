"""How long the double waits: not long after a finished thought, longer where words are missing."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.settings import SettingsError, build
from persona.thought import Thought, asks, how_finished
from persona.thought_words import ThoughtTable
from tests.persona.thoughts import figures, report, share

FINISHED, OPEN, UNCLEAR = Thought.FINISHED, Thought.OPEN, Thought.UNCLEAR

PIECES = (
    "and but the of when if I you who are do what yes et mais que si je vous qui est c' l’ d'où avez-vous parce "
    "à sea mer . ? ! … , - — ... 1920 Ada é ' \""
)
TEXT = st.text(max_size=60) | st.lists(st.sampled_from([*PIECES.split(), "\u00a0"]), max_size=12).map(" ".join)


@pytest.mark.parametrize(
    "text",
    [
        "What are you afraid of?",
        "Who do you live with?",
        "Is that what it is for?",
        "Where are you from?",
        "where are you from",
        "I do.",
        "Yes, I am.",
        "Yes. I am.",
        "Why?",
        "And then?",
        "thank you",
        "yes",
        "hello",
        "Tell me about the sea.",
        "When did you die?",
        "If you could go back, would you?",
        "what is your name",
        "After you.",
        "You are a machine, aren't you?",
    ],
)
def test_an_english_thought_that_is_whole_is_answered_at_once(text: str) -> None:
    assert how_finished(text, "en") is FINISHED


@pytest.mark.parametrize(
    "text",
    [
        "À quoi ça sert ?",
        "A quoi ça sert ?",
        "Je ne sais pas.",
        "Pourquoi pas ?",
        "pourquoi ?",
        "D'où venez-vous ?",
        "Vous l’avez vu ?",
        "oui",
        "bonjour",
        "Et vous ?",
        "Qui êtes-vous",
        "Quand êtes-vous morte",
        "Est-ce que vous avez peur du noir",
        "Vous êtes née où ?",
        "Parlez-moi de la mer.",
        "Vous n'existez pas, n'est-ce pas ?",
    ],
)
def test_a_french_thought_that_is_whole_is_answered_at_once(text: str) -> None:
    assert how_finished(text, "fr") is FINISHED


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I wanted to ask you about the.", "en"),
        ("I was alone and", "en"),
        ("Because.", "en"),
        ("Um.", "en"),
        ("I mean.", "en"),
        ("I’d", "en"),
        ("I lived by the sea,", "en"),
        ("I lived by the sea...", "en"),
        ("I lived by the sea –", "en"),
        ("Hello. And", "en"),
        ("Do you know if.", "en"),
        ("C’est.", "fr"),
        ("Je pense que.", "fr"),
        ("parce que", "fr"),
        ("Je voudrais l'", "fr"),
        ("qu'est-ce que", "fr"),
        ("Le thé ou", "fr"),
        ("Euh…", "fr"),
        ("Oui mais.", "fr"),
    ],
)
def test_a_thought_that_lacks_a_word_is_waited_for_even_after_a_full_stop(text: str, language: str) -> None:
    assert how_finished(text, language) is OPEN


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("When I was a child.", "en"),
        ("Before the war.", "en"),
        ("before the war", "en"),
        ("Well, um, if you were me.", "en"),
        ("Si je vous demande", "fr"),
        ("Quand j'étais petite.", "fr"),
        ("Avant la guerre.", "fr"),
    ],
)
def test_an_opening_clause_is_waited_for_until_its_main_clause_has_come(text: str, language: str) -> None:
    assert how_finished(text, language) is OPEN
    main = {"en": "I lived by the sea.", "fr": "j'habitais à Nantes."}[language]
    assert how_finished(f"{text.rstrip('.')}, {main}", language) is FINISHED
    assert how_finished(f"{text.rstrip('.')} {main}", language) is FINISHED


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I saw a dog", "en"),
        ("The sea.", "en"),
        ("Do you think that?", "en"),
        ("J'ai vu un chien", "fr"),
        ("La mer.", "fr"),
    ],
)
def test_where_the_words_do_not_tell_nobody_pretends(text: str, language: str) -> None:
    assert how_finished(text, language) is UNCLEAR


def test_a_question_mark_does_not_make_a_conjunction_whole() -> None:
    assert how_finished("Et parce que ?", "fr") is not FINISHED
    assert how_finished("What is the?", "en") is OPEN


def test_only_the_last_sentence_counts() -> None:
    assert how_finished("When I was a child. I lived by the sea.", "en") is FINISHED
    assert how_finished("I lived by the sea. When I was a child.", "en") is OPEN


def test_of_other_languages_the_marks_alone_are_looked_at() -> None:
    texts = ("Wo ist das Meer?", "Das ist das Meer.", "Das ist das", "Das ist,", "Ich und…")
    assert [how_finished(text, "de") for text in texts] == [FINISHED, FINISHED, UNCLEAR, OPEN, OPEN]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_thoughts_of_visitors_are_told_apart(language: str) -> None:
    table = figures("seen", language)
    shown = report("seen", language)
    assert share(table["whole, as written"], FINISHED) >= 0.97, shown
    assert table["whole, as written"][OPEN] == 0, shown
    assert share(table["whole, no punctuation"], OPEN) <= 0.02, shown
    for marks in ("no punctuation", "full stop"):
        assert share(table[f"cut after function word, {marks}"], OPEN) >= 0.98, shown
        assert share(table[f"cut after opening, {marks}"], OPEN) >= 0.98, shown
    assert share(table["cut after content, no punctuation"], FINISHED) <= 0.2, shown


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_thoughts_that_the_rules_were_not_made_for_are_told_apart_nearly_as_well(language: str) -> None:
    table = figures("heldout", language)
    shown = report("heldout", language)
    assert share(table["whole, as written"], FINISHED) >= 0.94, shown
    cut: Counter[Thought] = sum(
        (
            table[f"cut after {word}, {marks}"]
            for word in ("function word", "opening")
            for marks in ("no punctuation", "full stop")
        ),
        Counter(),
    )
    assert share(cut, OPEN) >= 0.96, shown
    assert share(cut, FINISHED) <= 0.02, shown


@given(TEXT, st.sampled_from(["en", "fr", "de", ""]), st.sampled_from("’‘´ʼ"))
def test_any_text_gets_an_answer_whatever_its_case_apostrophes_and_spaces(
    text: str, language: str, apostrophe: str
) -> None:
    thought = how_finished(text, language)
    curled = text.replace("'", apostrophe)
    assert how_finished(f" \t{curled}\n ", language) is thought
    if text.isascii():
        assert how_finished(text.upper(), language) is thought


@given(TEXT, st.sampled_from(["en", "fr"]))
def test_what_trails_off_is_always_waited_for(text: str, language: str) -> None:
    assert how_finished(f"{text} word,", language) is OPEN
    assert how_finished(f"{text} word…", language) is OPEN


def _words_file(**changes: object) -> dict[str, object]:
    lists = ("asides", "answers", "questions", "requests", "clauses", "phrases", "mains", "fragments", "verbs")
    kinds = ("open", "leaning", "half_open", "asked", "doubtful", "may_end", "ends")
    endings = {kind: changes.get(kind, []) for kind in kinds}
    return {**{name: [] for name in lists}, "groups": {"joins": [], "links": []}, "endings": endings}


def test_an_ending_that_is_said_to_be_two_things_is_told() -> None:
    with pytest.raises(SettingsError, match=r'words\.toml: \[endings\] "of" stands under two kinds of endings'):
        build(ThoughtTable, _words_file(open=["of", "to"], ends=["of"]), "words.toml")


def test_a_pattern_with_a_group_that_is_not_there_is_told() -> None:
    with pytest.raises(SettingsError, match=r"words\.toml: there is no group 'sea'"):
        build(ThoughtTable, _words_file(open=["<sea>"]), "words.toml")


@pytest.mark.parametrize(
    ("text", "language", "asked"),
    [
        ("What do you remember of the sea?", "en", True),
        ("what do you remember of the sea", "en", True),
        ("Tell me about your sister.", "en", True),
        ("I would like to hear about the theatre.", "en", True),
        ("Hello.", "en", True),
        ("My mother knew you.", "en", False),
        ("I came here tonight because my mother knew you.", "en", False),
        ("My mother knew you. Do you remember her?", "en", True),
        ("Parlez-moi de votre sœur.", "fr", True),
        ("Est-ce que vous rêvez la nuit", "fr", True),
        ("Oui.", "fr", True),
        ("Ma mère vous a connue.", "fr", False),
        ("J'aimerais savoir où vous habitiez.", "fr", True),
        ("Wer bist du?", "de", True),
        ("Meine Mutter kannte dich.", "de", False),
        ("", "en", False),
    ],
)
def test_a_question_or_a_request_asks_for_an_answer_and_a_statement_may_be_followed_by_one(
    text: str, language: str, asked: bool
) -> None:
    assert asks(text, language) is asked

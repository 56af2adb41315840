"""What the trial of the pocket persona can tell about an answer."""

from __future__ import annotations

import pytest

from persona.language import guess_language
from scripts.pocket.persona_trial import TrialQuestion, has_loop, judged, read_questions

SEA = TrialQuestion("fr", "Et la mer ?", ("mer", "pas", "phare", "bœuf"))


def test_there_are_twenty_questions_in_each_language() -> None:
    questions = read_questions()
    languages = [question.language for question in questions]
    assert (languages.count("en"), languages.count("fr")) == (20, 20)
    assert all(question.about for question in questions)
    assert all(guess_language(one.text, ("en", "fr"), one.language) == one.language for one in questions)


def test_a_good_answer_has_no_fault() -> None:
    answer = judged(SEA, "La mer est à quarante pas. Vous venez ?")
    assert answer.language_right
    assert answer.whole
    assert answer.on_subject
    assert not answer.loops


def test_an_answer_in_the_other_language_is_found() -> None:
    assert not judged(SEA, "The sea is forty steps away.").language_right


@pytest.mark.parametrize("answer", ["", "La mer est à quarante", "La mer —"])
def test_an_answer_that_breaks_off_is_not_whole(answer: str) -> None:
    assert not judged(SEA, answer).whole


def test_the_subject_is_known_by_the_beginnings_of_words_whatever_their_accents() -> None:
    assert judged(SEA, "Un BOEUF.").on_subject
    assert judged(SEA, "Les phares.").on_subject
    assert not judged(SEA, "Une chimère.").on_subject


def test_four_words_that_come_again_are_a_loop() -> None:
    assert has_loop("I know it by ear. I know it by heart.")
    assert has_loop("Le mot, le mot suivant est le mot. Le mot suivant est là.")
    assert not has_loop("I know it. I know it. You know it too.")

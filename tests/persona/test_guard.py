"""What of a model's writing is not spoken aloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona.guard import guard
from persona.sentences import split


def spoken(*sentences: str, max_chars: int = 1_000) -> list[str]:
    return list(guard(sentences, "Ada Morel", max_chars))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("*smiles softly* Good evening.", "Good evening."),
        ("Good evening. (She looks away.)", "Good evening."),
        ("[sighs] The sea, again.", "The sea, again."),
        ("Bonsoir, *elle sourit* Approchez.", "Bonsoir, Approchez."),
        ("I kept it (the old one) for you.", "I kept it (the old one) for you."),
        ("I am *so* glad.", "I am so glad."),
        ("C'est *toi*.", "C'est toi."),
        ("It was **very** dark.", "It was very dark."),
        ("Assistant: Good evening.", "Good evening."),
        ("Ada Morel: Good evening.", "Good evening."),
        ("**Ada :** Bonsoir.", "Bonsoir."),
        ("Ada said: come.", "Ada said: come."),
        ("# The sea", "The sea"),
        ("- a rope\n- a lamp", "a rope a lamp"),
        ("See `this` or [my page](https://x.org/a).", "See this or my page."),
        ("Look at https://x.org/a?b=1 and wait.", "Look at and wait."),
        ("Good evening 🌊✨!", "Good evening !"),
        ("It is 3° outside.", "It is 3° outside."),
        ("Hello<|im_end|>", "Hello"),
        ("<think>What shall I say?</think>Good evening.", "Good evening."),
        ("One\u0000 two\u200b three\u0007.", "One two three."),
        ("«\u00a0Viens\u202f!\u00a0»", "«\u00a0Viens\u202f!\u00a0»"),
        ("J'ai dit « Viens ! »", "J'ai dit « Viens ! »"),
        ("— Non, reste.", "— Non, reste."),
        ("snake_case stays, _this_ loses its marks.", "snake_case stays, this loses its marks."),
    ],
)
def test_only_what_is_meant_for_the_ear_is_spoken(written: str, said: str) -> None:
    assert spoken(written) == [said]


@pytest.mark.parametrize("written", ["*sighs*", "(silence)", "[…]", "🌊", "https://x.org", "Assistant:", "**", "***"])
def test_a_sentence_of_which_nothing_is_left_is_left_out(written: str) -> None:
    assert spoken("Before.", written, "After.") == ["Before.", "After."]


def test_a_stage_direction_over_several_sentences_is_not_spoken() -> None:
    assert spoken("Good evening. *She looks at the sea.", "She sighs.* Come closer.") == [
        "Good evening.",
        "Come closer.",
    ]


def test_a_thought_over_many_sentences_is_not_spoken() -> None:
    thought = [f"Maybe number {number}." for number in range(20)]
    assert spoken("<think>", *thought, "Enough.</think> Good evening.") == ["Good evening."]


def test_a_stage_direction_that_is_never_closed_does_not_silence_the_double() -> None:
    assert spoken("*She sighs.", "One.", "Two.", "Three.", "Four.") == ["Three.", "Four."]


def test_an_answer_that_turns_in_a_circle_is_ended() -> None:
    assert spoken(*["The sea is deep.", "The sea, is deep!", "the sea is deep.", "And blue."]) == [
        "The sea is deep.",
        "The sea, is deep!",
    ]


@pytest.mark.parametrize("label", ["User:", "Visitor:", "Visiteur :", "\nHuman:"])
def test_the_double_does_not_speak_for_the_visitor(label: str) -> None:
    assert spoken("I am here.", f"{label} And then?", "Then I wait.") == ["I am here."]


def test_an_answer_that_does_not_end_is_ended() -> None:
    said = spoken(*[f"Sentence number {number}." for number in range(1000)], max_chars=200)
    assert 150 < len("".join(said)) <= 200


def test_one_sentence_is_spoken_however_long() -> None:
    assert spoken("word " * 100, max_chars=200) == [("word " * 100).strip()]


@given(
    st.lists(
        st.sampled_from([*"aB.*[]()_ \n`#-", "<think>", "</think>", "Ada:", " word", "«", "»"]) | st.text(max_size=3)
    )
)
def test_nothing_unspeakable_gets_through(parts: list[str]) -> None:
    for sentence in guard(split(parts), "Ada Morel"):
        assert any(char.isalnum() for char in sentence)
        assert "*" not in sentence
        assert "\n" not in sentence
        assert sentence == sentence.strip()

"""Where the double breathes: how an answer is cut while it is being written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona.sentences import MAX_CHARS, Sentences, split


def cut(text: str) -> list[str]:
    return list(split([text]))


def bare(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Good evening. I am Ada.", ["Good evening.", "I am Ada."]),
        ("Really? Yes! Well… Perhaps.", ["Really?", "Yes!", "Well…", "Perhaps."]),
        ("Well... perhaps not.", ["Well... perhaps not."]),
        ("Wait... Who is there?!  Nobody.", ["Wait...", "Who is there?!", "Nobody."]),
        ("I saw Mr. Hale and Mrs. Orr. They left.", ["I saw Mr. Hale and Mrs. Orr.", "They left."]),
        (
            "Dr. Lamb lives in St. Ives. So do I. The sea too.",
            ["Dr. Lamb lives in St. Ives.", "So do I.", "The sea too."],
        ),
        ("J. K. Orr and J.-P. Vial came. Both late.", ["J. K. Orr and J.-P. Vial came.", "Both late."]),
        ("Some things, e.g. Keys. Not I.", ["Some things, e.g. Keys.", "Not I."]),
        ("Seat no. 5. Row 12. Sit.", ["Seat no. 5.", "Row 12.", "Sit."]),
        ("It is 3.14 or 3,14. At 12:30. See a.b.com now.", ["It is 3.14 or 3,14.", "At 12:30.", "See a.b.com now."]),
        ("1. Open the curtain. 2. Wait.", ["1. Open the curtain.", "2. Wait."]),
        ('She said "Stop." Then she left.', ['She said "Stop."', "Then she left."]),
        ("(It rained.) We stayed.", ["(It rained.)", "We stayed."]),
        ("M. Hulot et Mme. Loire dorment. Chut.", ["M. Hulot et Mme. Loire dorment.", "Chut."]),
        ("Un outil, p. ex. Marteau. Oui.", ["Un outil, p. ex. Marteau.", "Oui."]),
        ("Allons-y. Le rideau se lève.", ["Allons-y.", "Le rideau se lève."]),
        ("Vous venez\u202f? Non\u00a0! Alors restez.", ["Vous venez\u202f?", "Non\u00a0!", "Alors restez."]),
        ("Il dit : « Viens ! » Elle vint.", ["Il dit : « Viens ! »", "Elle vint."]),
        ("«\u00a0Viens\u202f!\u00a0» dit-elle. Il vint.", ["«\u00a0Viens\u202f!\u00a0» dit-elle.", "Il vint."]),
        ("« Est-ce toi ? » « Oui. »", ["« Est-ce toi ? »", "« Oui. »"]),
        ("Oui. — Non, reste.", ["Oui.", "— Non, reste."]),
        ("A line without an end\n\nAnother line", ["A line without an end", "Another line"]),
        ("Quoi ?! Rien.", ["Quoi ?!", "Rien."]),
        ("Hello. 😀 …", ["Hello. 😀 …"]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, pieces: list[str]) -> None:
    assert cut(text) == pieces


def test_the_first_clause_is_given_before_the_sentence_is_written() -> None:
    sentences = Sentences()
    assert sentences.feed("I kept a lamp for thirty years,") == []
    assert sentences.feed(" a") == ["I kept a lamp for thirty years,"]


def test_a_first_clause_too_short_to_breathe_after_waits_for_more() -> None:
    assert cut("Well, sir, yes, I did.") == ["Well, sir, yes, I did."]


def test_after_the_first_clause_commas_do_not_cut() -> None:
    assert cut("I kept a lamp for thirty years, and then, one night, nobody came. I stayed.") == [
        "I kept a lamp for thirty years,",
        "and then, one night, nobody came.",
        "I stayed.",
    ]


def test_a_sentence_that_does_not_end_is_cut_at_a_comma() -> None:
    pieces = cut("Begin. " + "the sea and the rope and the lamp, " * 20)
    assert len(pieces) > 3
    assert all(len(piece) < 220 and piece.endswith((",", ".")) for piece in pieces)


def test_a_sentence_without_any_mark_is_cut_between_two_words() -> None:
    pieces = cut("word " * 200)
    assert max(map(len, pieces)) <= MAX_CHARS
    assert " ".join(pieces).split() == ["word"] * 200


@pytest.mark.parametrize("text", ["", "   ", "...", "« … »", "—", "*** !"])
def test_what_cannot_be_spoken_is_not_given(text: str) -> None:
    assert cut(text) == []


TEXT = st.text(st.sampled_from("abEÉ1 .,;:!?…—–-\n\u00a0\u202f«»\"'()*") | st.characters(), max_size=150) | st.lists(
    st.sampled_from(
        [*"aB1.,?!… \n", "Mr.", "p. ex.", "word", "La mer", " ? »", " — ", "x" * 40, "e.g.", ", et la nuit"]
    ),
    max_size=120,
).map("".join)


@given(TEXT)
def test_every_word_written_is_spoken_and_in_order(text: str) -> None:
    if any(char.isalnum() for char in text):
        assert bare("".join(cut(text))) == bare(text)


@given(TEXT)
def test_no_piece_is_silence(text: str) -> None:
    assert all(any(char.isalnum() for char in piece) for piece in cut(text))


@given(TEXT, st.lists(st.integers(1, 7), min_size=1))
def test_the_cuts_do_not_depend_on_how_the_text_came(text: str, sizes: list[int]) -> None:
    pieces, start = [], 0
    while start < len(text):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(text[start : start + size])
        start += size
    assert list(split(pieces)) == cut(text)

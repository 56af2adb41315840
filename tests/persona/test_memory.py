"""What the double remembers."""

from __future__ import annotations

import pytest

from persona.memory import MAX_EXCHANGES, Exchange, Memory, heard_part


def exchange(number: int, chars: int = 20) -> Exchange:
    return Exchange(heard=f"{number:03}".ljust(chars // 2, "?"), said="." * (chars - chars // 2), language="en")


def grown(count: int) -> Memory:
    memory = Memory()
    for number in range(count):
        memory = memory.with_exchange(exchange(number))
    return memory


def test_remembering_makes_a_new_memory_and_leaves_the_old_as_it_was() -> None:
    before = Memory()
    after = before.with_exchange(exchange(1))
    assert (before.exchanges, after.exchanges) == ((), (exchange(1),))


def test_everything_is_recent_while_there_is_room() -> None:
    assert grown(6).recent(120) == grown(6).exchanges


def test_the_oldest_is_left_out_when_there_is_no_room() -> None:
    recent = grown(10).recent(150)
    assert recent == grown(10).exchanges[-len(recent) :]
    assert 0 < len(recent) <= 7


def test_the_beginning_stays_the_same_over_several_turns() -> None:
    beginnings = {grown(count).recent(200)[0] for count in range(10, 30)}
    assert len(beginnings) <= 6


def test_what_does_not_fit_in_a_block_is_still_remembered() -> None:
    assert Memory((exchange(0), exchange(1), exchange(2))).recent(45) == (exchange(1), exchange(2))


def test_nothing_fits_in_nothing() -> None:
    assert grown(3).recent(0) == ()


def test_months_of_talk_do_not_grow_without_end() -> None:
    memory = grown(1000)
    assert len(memory.exchanges) <= MAX_EXCHANGES
    assert memory.exchanges[-1] == exchange(999)


@pytest.mark.parametrize(
    ("share", "heard"),
    [
        (0.0, ""),
        (0.02, ""),
        (0.3, "I kept"),
        (0.55, "I kept the lamp"),
        (0.9, "I kept the lamp, sir, for"),
        (0.985, "I kept the lamp, sir, for years."),
        (1.0, "I kept the lamp, sir, for years."),
    ],
)
def test_only_whole_words_that_got_out_were_heard(share: float, heard: str) -> None:
    assert heard_part("I kept the lamp, sir, for years.", share) == heard


@pytest.mark.parametrize(
    ("sentence", "share", "heard"),
    [
        ("L'après-midi s'en va, n'est-ce pas\u202f?", 0.45, "L'après-midi"),
        ("L'après-midi s'en va, n'est-ce pas\u202f?", 0.3, ""),
        ("Elle a dit\u00a0: «\u00a0Viens ici\u202f!\u00a0»", 0.5, "Elle a dit"),
        ("Elle a dit\u00a0: «\u00a0Viens ici\u202f!\u00a0»", 0.85, "Elle a dit\u00a0: «\u00a0Viens"),
        ("La mer—la vraie—dort.", 0.4, "La mer"),
        ("« Oui ? »", 0.99, "« Oui ? »"),
        ("", 0.5, ""),
        ("…", 0.5, ""),
    ],
)
def test_french_words_are_heard_whole_or_not_at_all(sentence: str, share: float, heard: str) -> None:
    assert heard_part(sentence, share) == heard


def test_hearing_more_never_takes_a_word_away() -> None:
    sentence = "Au théâtre, «\u00a0l'ombre\u00a0» n'est jamais seule\u202f: elle compte jusqu'à trois."
    lengths = [len(heard_part(sentence, step / 50)) for step in range(51)]
    assert lengths == sorted(lengths)
    assert lengths[-1] == len(sentence)

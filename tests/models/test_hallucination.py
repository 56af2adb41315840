"""What is left of what Whisper writes: everything that people say, and nothing that it wrote of its own accord."""

from __future__ import annotations

import pytest

from models.hallucination import GuardSettings, Piece, confidence, speech_in, without_loops
from models.phantoms import fold, phantoms

SETTINGS = GuardSettings()
SURE, NOBODY = {"no_speech_prob": 0.05, "avg_logprob": -0.3}, {"no_speech_prob": 0.9, "avg_logprob": -0.3}
UNLIKELY = {"no_speech_prob": 0.05, "avg_logprob": -1.4}
HOT_WORDS = ("Port-Solène", "Basile", "Ada")

PHANTOMS = [
    "Sous-titres réalisés par la communauté d'Amara.org",
    "Sous-titres réalisés para la communauté d'Amara.org",
    "Sous-titres fait par Sous-titres par Amara.org",
    "Sous-titres réalisés par Jean Dupont",
    "SOUS-TITRES REALISES PAR JEAN DUPONT.",
    "Sous-titres par Marie-Claude L.",
    "SOUS-TITRAGE SOCIETE RADIO-CANADA",
    "Sous-titrage ST' 501",
    "Sous-titrage FR 2021",
    "❤️ par SousTitreur.com",
    "Merci d'avoir regardé cette vidéo !",
    "Merci d’avoir regardé cette vidéo. Merci.",
    "Merci d'avoir regardé cette vidéo, n'hésitez pas à vous abonner !",
    "Abonnez-vous !",
    "Thanks for watching!",
    "Thank you so much for watching. Bye bye.",
    "Thanks for watching, and don't forget to like and subscribe!",
    "Thank you for watching, see you next time.",
    "Merci d'avoir regardé cette vidéo, à la prochaine fois !",
    "Please subscribe.",
    "Subtitles by Steve Smith",
    "Captioned by Steve Smith and friends",
    "Subtitles by the Amara.org community",
    "Transcription by ESO. Translation by —",
    "Untertitel im Auftrag des ZDF für funk, 2017",
    "Untertitel von Anna Schmidt",
    "Untertitelung aufgrund der Amara.org-Community",
    "Subtítulos realizados por la comunidad de Amara.org",
    "Sottotitoli e revisione a cura di QTSS",
    "Legendas pela comunidade Amara.org",
    "♪",
    "♪♪ ♪♪",
    "[Music]",
    "(applaudissements)",
    "*rires* [Musique douce]",
    "...",
    "",
]
SPEECH = [
    "Merci.",
    "Merci beaucoup.",
    "Thank you.",
    "Oui, oui.",
    "Oui.",
    "You.",
    "Au revoir !",
    "Non, non, non, non !",
    "1984.",
    "Hmm.",
    "Musique ?",
    "Merci d'avoir regardé avec moi.",
    "Merci d'avoir regardé, madame.",
    "Thank you for watching over me.",
    "How do I subscribe?",
    "Est-ce que vous vous abonnez aux journaux ?",
    "Que pensez-vous des sous-titres ?",
    "Qui a écrit les sous-titres de ce film ?",
    "Sous-titres réalisés par qui ?",
    "Les sous-titres réalisés par Jean sont beaux.",
    "Des sous-titres par milliers.",
    "Subtitles by hand are hard to make, do you agree?",
    "Subtitles by hand are hard to make.",
    "Translated by Nabokov.",
    "Transcribed by my mother.",
    "See you next time.",
    "À la prochaine fois.",
    "Vous habitez au Canada ?",
    "Что вы помните?",
    "海を覚えていますか?",
]


def spoken(text: str, no_speech_prob: float, avg_logprob: float, hot_words: tuple[str, ...] = ()) -> str:
    slowly_s = 0.5 + len(text) / 12
    return speech_in(Piece(text, no_speech_prob, avg_logprob, slowly_s), SETTINGS, hot_words)


@pytest.mark.parametrize("text", PHANTOMS)
def test_the_lines_of_subtitles_are_no_speech_however_sure_whisper_is(text: str) -> None:
    assert spoken(text, **SURE) == ""


@pytest.mark.parametrize("text", SPEECH)
def test_what_people_say_passes_word_for_word(text: str) -> None:
    assert spoken(text, **SURE) == text


@pytest.mark.parametrize("doubt", [NOBODY, UNLIKELY], ids=["nobody", "unlikely"])
@pytest.mark.parametrize("text", ["Merci.", "Thank you.", "Thank you. Thank you.", "Bye.", "You"])
def test_thanks_are_no_speech_where_whisper_doubts_them(text: str, doubt: dict[str, float]) -> None:
    assert spoken(text, **doubt) == ""


@pytest.mark.parametrize("doubt", [NOBODY, UNLIKELY], ids=["nobody", "unlikely"])
def test_one_doubt_alone_does_not_silence_a_visitor(doubt: dict[str, float]) -> None:
    assert spoken("Qui êtes-vous ?", **doubt) == "Qui êtes-vous ?"


def test_two_doubts_silence_whatever_was_written() -> None:
    assert spoken("Qui êtes-vous ?", no_speech_prob=0.7, avg_logprob=-1.1) == ""


def test_a_credit_behind_a_sentence_is_taken_out_and_the_sentence_stays() -> None:
    text = "Bonjour, Ada. Sous-titrage Société Radio-Canada"
    assert spoken(text, **SURE) == "Bonjour, Ada."
    assert spoken("Hello, Ada. Subtitles by Steve Smith. Who are you?", **SURE) == "Hello, Ada. Who are you?"
    assert spoken("♪ La mer qu'on voit danser ♪ [Music]", **SURE) == "La mer qu'on voit danser"


def test_a_loop_is_cut_to_one_turn() -> None:
    assert spoken("Oui. " * 50, **SURE) == "Oui."
    assert spoken("Dites, " + "je ne sais pas, " * 30 + "je ne sais pas.", **SURE) == "Dites, je ne sais pas."
    assert without_loops("no no no no no yes yes", 4) == "no yes yes"


def test_who_says_the_same_some_times_is_understood() -> None:
    assert spoken("I love you so much, my darling. " * 4, **SURE) == "I love you so much, my darling."


def test_a_text_that_only_repeats_itself_is_no_speech() -> None:
    assert spoken("a" * 90, **SURE) == ""


def test_nobody_says_a_long_sentence_in_no_time() -> None:
    text = "Je voudrais savoir ce que vous pensez de la mer."
    assert speech_in(Piece(text, 0.05, -0.3, duration_s=0.5), SETTINGS) == ""
    assert speech_in(Piece(text, 0.05, -0.3, duration_s=2.0), SETTINGS) == text


def test_hot_words_that_whisper_reads_out_are_no_speech() -> None:
    assert spoken("Port-Solène, Basile, Ada.", **SURE, hot_words=HOT_WORDS) == ""
    assert spoken("Basile.", **NOBODY, hot_words=HOT_WORDS) == ""
    assert spoken("Basile.", **SURE, hot_words=HOT_WORDS) == "Basile."
    assert spoken("Ada Morel ?", **SURE, hot_words=("Ada", "Morel")) == "Ada Morel ?"


def test_the_confidence_is_that_of_a_token() -> None:
    assert confidence(0.0) == 1.0
    assert confidence(-1.0) == pytest.approx(0.37, abs=0.01)
    assert confidence(0.1) == 1.0


def test_accents_capitals_and_punctuation_do_not_count() -> None:
    assert fold("  « Été », L'ŒUVRE : n°2 ! ") == "ete l oeuvre n 2"


def test_thanks_stand_nowhere_but_among_the_fillers() -> None:
    certain = {*phantoms().credits, *phantoms().farewells}
    assert certain.isdisjoint({"merci", "thank you", "merci beaucoup", *phantoms().fillers})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("no_speech_threshold", 1.5),
        ("logprob_threshold", 0.5),
        ("compression_threshold", 1.0),
        ("most_repeats", 0),
        ("fastest_letters_per_s", 0),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        GuardSettings(**{name: value})

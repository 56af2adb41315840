"""What the public notices when the server fails before, in the middle of, and after an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from models.audio import Audio, silence
from models.fallback import FallbackLanguageModel, FallbackSynthesizer, FallbackTranscriber
from models.instant import InstantLanguageModel, InstantSettings, InstantTranscriber
from models.openai_api import ServerAway
from models.protocols import (
    Adaptable,
    AnswerCut,
    Cancelled,
    Message,
    ModelError,
    Sampling,
    Scorer,
    TokenLogProb,
    Transcript,
    never,
)
from models.reach import FIRST_PAUSE_S, Reach
from persona.sentences import split
from tests.fakes.engines import AdaptedPersona, ScriptedEars, ScriptedPersona, ScriptedVoice
from tests.fakes.scripted_model import ScriptedModel
from tests.fakes.threads import interrupted

UTTERANCE = silence(1.0, 16_000)
QUESTION = (Message("user", "Who are you?"),)


class Evening:
    """A clock that stands, and what people were told."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.told: list[str] = []
        self.reach = Reach(("ears", "persona", "voice"), self.told.append, lambda: self.now_s)


@pytest.fixture
def evening() -> Evening:
    return Evening()


class BreakingVoice(ScriptedVoice):
    """Breaks after so many pieces, as a line does."""

    rate_hz = 24_000

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self._pieces = pieces

    def synthesize(self, text: str, language: str) -> Iterator[Audio]:
        for _ in range(self._pieces):
            yield Audio(np.full(2400, 0.5, np.float32), self.rate_hz)
        raise ModelError("The line broke.")


def ears(evening: Evening) -> tuple[ScriptedEars, ScriptedEars, FallbackTranscriber]:
    server, here = ScriptedEars("From the server."), ScriptedEars("From here.")
    return server, here, FallbackTranscriber(server, here, evening.reach)


def test_ears_of_this_machine_hear_what_the_servers_could_not(evening: Evening) -> None:
    server, _, both = ears(evening)
    assert both.transcribe(UTTERANCE, ("en",)).text == "From the server."
    server.broken = True
    assert both.transcribe(UTTERANCE, ("en",)).text == "From here."
    assert "this machine plays on as ears: The ears are broken." in evening.told[-1]


def test_a_server_that_is_back_hears_again_after_a_while(evening: Evening) -> None:
    server, _, both = ears(evening)
    server.broken = True
    both.transcribe(UTTERANCE, ("en",))
    server.broken = False
    assert both.transcribe(UTTERANCE, ("en",)).text == "From here.", "not every turn waits for the server"
    evening.now_s += FIRST_PAUSE_S
    assert both.transcribe(UTTERANCE, ("en",)).text == "From the server."
    assert evening.told[-1] == ""


def test_ears_that_both_fail_are_a_failure(evening: Evening) -> None:
    server, here, both = ears(evening)
    server.broken = here.broken = True
    with pytest.raises(ModelError):
        both.transcribe(UTTERANCE, ("en",))


def test_interrupted_ears_do_not_listen_a_second_time(evening: Evening) -> None:
    _, here, _ = ears(evening)
    waiting, woken = threading.Event(), threading.Event()

    class Hanging(ScriptedEars):
        def transcribe(self, audio: Audio, languages: object, cancelled: Cancelled = never) -> Transcript:
            waiting.set()
            woken.wait()
            raise ModelError("The line broke.")

        def abort(self) -> None:
            woken.set()

    both = FallbackTranscriber(Hanging(), here, evening.reach)
    assert interrupted(lambda: both.transcribe(UTTERANCE, ("en",)), waiting, both.abort).text == ""
    assert evening.told == []


def test_ears_that_are_interrupted_as_the_server_fails_do_not_listen_again(evening: Evening) -> None:
    server = ScriptedEars()
    server.broken = True
    interrupting = Reach(("ears",), lambda _: both.abort(), lambda: 0.0)
    both = FallbackTranscriber(server, InstantTranscriber(InstantSettings()), interrupting)
    assert both.transcribe(UTTERANCE, ("en",)).text == ""
    assert both.transcribe(UTTERANCE, ("en",)).text, "the next utterance is heard"


def test_nothing_is_asked_of_anybody_for_a_turn_that_is_cancelled_already(evening: Evening) -> None:
    server, here, both = ears(evening)
    server.broken = here.broken = True
    assert both.transcribe(UTTERANCE, ("en",), lambda: True).text == ""


def persona(evening: Evening, *pieces: str, fails_after: int | None = None) -> FallbackLanguageModel:
    server = ScriptedPersona(*pieces)
    server.fails_after = fails_after
    return FallbackLanguageModel(server, ScriptedPersona("I ", "am ", "here."), evening.reach)


def said(both: FallbackLanguageModel) -> str:
    return "".join(both.stream(QUESTION, "en", Sampling()))


def test_the_servers_persona_answers_while_it_is_there(evening: Evening) -> None:
    both = persona(evening, "From ", "far ", "away. ", "Listen.")
    assert said(both) == "From far away. Listen."
    assert evening.told == []


@pytest.mark.parametrize("fails_after", [0, 1, 2])
def test_an_answer_of_which_nothing_was_said_is_given_by_this_machine(evening: Evening, fails_after: int) -> None:
    assert said(persona(evening, "From ", "far ", "away.", fails_after=fails_after)) == "I am here."
    assert "plays on as persona" in evening.told[-1]


def test_of_an_answer_that_breaks_off_whole_sentences_stand_and_no_other_answer_follows(evening: Evening) -> None:
    both = persona(evening, "From ", "far ", "away. ", "Listen ", "to ", fails_after=4)
    sentences = split(both.stream(QUESTION, "en", Sampling()))
    assert next(sentences) == "From far away."
    with pytest.raises(AnswerCut):
        next(sentences)


@pytest.mark.parametrize(
    "text",
    [
        "From far away, my dear friend, it is. Listen to me. Now.",
        "I was, when I was a child, at the sea – every summer - and it was cold! You?",
        "Yes. No. Perhaps.",
        "One two three four five six seven. Eight",
    ],
)
def test_holding_a_beginning_back_costs_no_sentence_its_time(evening: Evening, text: str) -> None:
    def times(beginning_held: bool) -> list[int]:
        """How many letters had come when each sentence was there."""
        server = ScriptedModel(*text)
        both = FallbackLanguageModel(server, ScriptedPersona("No."), evening.reach)
        stream = (both if beginning_held else server).stream(QUESTION, "en", Sampling())
        return [server.pulled for _ in split(stream)]

    assert times(beginning_held=True) == times(beginning_held=False)


def test_an_answer_without_a_pause_is_not_held_back_to_its_end(evening: Evening) -> None:
    server = ScriptedPersona(*["word "] * 100)
    server.fails_after = 99
    stream = FallbackLanguageModel(server, ScriptedPersona("No."), evening.reach).stream(QUESTION, "en", Sampling())
    assert next(stream)


def test_a_short_answer_without_any_pause_is_passed_on_at_its_end(evening: Evening) -> None:
    assert said(persona(evening, "Yes")) == "Yes"


def test_an_interrupted_answer_is_not_answered_again(evening: Evening) -> None:
    server = ScriptedPersona()
    server.blocks = True
    both = FallbackLanguageModel(server, ScriptedPersona("I ", "am ", "here."), evening.reach)
    assert interrupted(lambda: said(both), server.waiting, both.abort) == ""


def test_an_answer_that_is_interrupted_as_the_server_fails_is_not_given_by_this_machine(evening: Evening) -> None:
    server = ScriptedPersona("I ")
    server.fails_after = 0
    interrupting = Reach(("persona",), lambda _: both.abort(), lambda: 0.0)
    here = ScriptedModel("I am here.")
    both = FallbackLanguageModel(server, here, interrupting)
    assert said(both) == ""
    assert here.pulled == 0
    assert said(both) == "I am here.", "the next question is answered"


def test_an_interruption_before_the_first_word_is_not_forgotten_when_the_server_begins(evening: Evening) -> None:
    server = InstantLanguageModel(InstantSettings())
    both = FallbackLanguageModel(server, ScriptedPersona("No."), evening.reach)
    stream = both.stream(QUESTION, "en", Sampling())
    both.abort()
    assert list(stream) == []


def test_an_answer_of_this_machine_can_be_interrupted_too(evening: Evening) -> None:
    evening.reach.failed("persona", ServerAway("Away."))
    both = persona(evening)
    stream = both.stream(QUESTION, "en", Sampling())
    assert next(stream) == "I "
    both.abort()
    assert list(stream) == []


def test_how_much_double_is_that_of_this_machines_adapter(evening: Evening) -> None:
    here = AdaptedPersona("I ", "am ", "here.")
    both = FallbackLanguageModel(ScriptedPersona("Far."), here, evening.reach)
    assert isinstance(both, Adaptable)
    assert both.double_scale == 1.0
    both.set_double_scale(0.5)
    assert (both.double_scale, here.double_scale) == (0.5, 0.5)


def test_the_scores_of_a_text_are_those_of_this_machines_model(evening: Evening) -> None:
    class Scoring(ScriptedPersona):
        def log_probabilities(self, messages: Sequence[Message], text: str) -> tuple[TokenLogProb, ...]:
            return (TokenLogProb(text, -1.0),)

    both = FallbackLanguageModel(ScriptedPersona("Far."), Scoring(), evening.reach)
    assert isinstance(both, Scorer)
    assert both.log_probabilities(QUESTION, "the sea") == (TokenLogProb("the sea", -1.0),)


def test_a_model_of_this_machine_without_adapter_and_scores_has_neither_beside_a_server(evening: Evening) -> None:
    both = persona(evening, "Far.")
    both.set_double_scale(0.5)
    assert both.double_scale is None
    with pytest.raises(ModelError, match="scripted persona cannot tell how likely"):
        both.log_probabilities(QUESTION, "the sea")


def voice(evening: Evening, server: ScriptedVoice) -> tuple[ScriptedVoice, FallbackSynthesizer]:
    here = ScriptedVoice()
    return here, FallbackSynthesizer(server, here, evening.reach)


def test_a_sentence_of_which_nothing_came_is_spoken_by_this_machine_at_the_servers_rate(evening: Evening) -> None:
    here, both = voice(evening, BreakingVoice(0))
    pieces = list(both.synthesize("Who are you?", "en"))
    assert {piece.rate_hz for piece in pieces} == {both.rate_hz} == {24_000}
    assert sum(piece.duration_s for piece in pieces) == pytest.approx(0.3, abs=0.01)
    assert np.concatenate([piece.samples for piece in pieces])[2400:4800] == pytest.approx(0.1, abs=0.01)
    assert here.spoken == [("Who are you?", "en")]


def test_a_sentence_that_breaks_off_is_not_begun_again_in_another_voice(evening: Evening) -> None:
    here, both = voice(evening, BreakingVoice(2))
    pieces = list(both.synthesize("Who are you?", "en"))
    assert sum(piece.duration_s for piece in pieces) == pytest.approx(0.2)
    assert here.spoken == []
    assert "plays on as voice" in evening.told[-1]
    list(both.synthesize("And you?", "en"))
    assert here.spoken == [("And you?", "en")]


def test_a_sentence_that_is_interrupted_as_the_server_fails_is_not_spoken_by_this_machine(evening: Evening) -> None:
    interrupting = Reach(("voice",), lambda _: both.abort(), lambda: 0.0)
    here = ScriptedVoice()
    both = FallbackSynthesizer(BreakingVoice(0), here, interrupting)
    assert sum(piece.duration_s for piece in both.synthesize("Who are you?", "en")) == 0
    list(both.synthesize("And you?", "en"))
    assert here.spoken == [("And you?", "en")]


def test_a_voice_that_both_machines_have_lost_is_a_failure(evening: Evening) -> None:
    here, both = voice(evening, BreakingVoice(0))
    here.broken = True
    with pytest.raises(ModelError, match="The voice is broken"):
        list(both.synthesize("Who are you?", "en"))


def test_both_engines_are_closed(evening: Evening) -> None:
    closed: list[str] = []

    class Closing(ScriptedEars):
        def close(self) -> None:
            closed.append("closed")

    FallbackTranscriber(Closing(), Closing(), evening.reach).close()
    assert len(closed) == 2

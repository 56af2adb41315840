"""One turn from end to end, with engines that do as the test tells them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import pytest

from installation.conversation import Conversation
from installation.effects import Dictated, Source, StartTurn, Typed
from installation.events import (
    AnswerBegun,
    DraftFailed,
    DraftFinished,
    Event,
    FaultCleared,
    FaultRaised,
    Heard,
    Room,
    SentenceDrafted,
    SentenceSpoken,
    SentenceStarted,
    VoiceMade,
)
from installation.paths import PROJECT
from installation.sound.playback import Playback
from installation.turn import CancelReason, Turn
from installation.worker import Worker
from models.audio import Audio, silence
from models.protocols import Cancelled, Engines, Message, Restarting, Sampling, TokenStream, Transcript, never
from persona.actor import Actor
from persona.character import load_character
from persona.memory import Exchange, Memory
from tests.fakes.engines import AdaptedPersona, ScriptedEars, ScriptedPersona, ScriptedVoice
from tests.fakes.scenario import UTTERANCE

T = TypeVar("T")
CHARACTER = load_character(PROJECT / "shows/demo/character.toml")


@dataclass
class Stage:
    """A conversation, and everything that it posted."""

    ears: ScriptedEars = field(default_factory=ScriptedEars)
    persona: ScriptedPersona = field(default_factory=lambda: ScriptedPersona("I prompt. ", "I never ", "forget."))
    voice: ScriptedVoice = field(default_factory=ScriptedVoice)
    events: list[Event] = field(default_factory=list)
    restarting: dict[str, Restarting] = field(default_factory=dict)

    def __post_init__(self) -> None:
        engines = Engines(self.ears, self.persona, self.voice, restarting=self.restarting)
        self.playback = Playback(16_000, self.events.append)
        actor = Actor(CHARACTER, self.persona)
        self.conversation = Conversation(engines, actor, self.playback, ("en", "fr"), self.events.append)

    def draft(self, source: Source = UTTERANCE, turn: Turn | None = None, steering: str = "") -> Turn:
        turn = turn or Turn(1)
        self.conversation.draft(turn, StartTurn(turn.id, source, Memory(), steering))
        return turn

    @property
    def sentences(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, SentenceDrafted)]

    def of(self, kind: type[Event]) -> list[Event]:  # type: ignore[valid-type]
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def room() -> Stage:
    return Stage()


def test_a_question_is_understood_answered_and_voiced_sentence_by_sentence(room: Stage) -> None:
    room.draft()
    sentence = [SentenceDrafted, VoiceMade]
    assert [type(event) for event in room.events] == [Heard, AnswerBegun, *sentence, *sentence, DraftFinished]
    assert room.sentences == ["I prompt.", "I never forget."]
    assert room.voice.spoken == [("I prompt.", "en"), ("I never forget.", "en")]


def test_no_sound_leaves_before_the_turn_is_released(room: Stage) -> None:
    turn = room.draft()
    assert not room.playback.render(16_000).any()
    turn.release()
    room.playback.release(turn)
    assert room.playback.render(1600).all()
    assert SentenceStarted(1, 0) in room.events


def test_performers_words_go_to_the_voice_as_they_are(room: Stage) -> None:
    room.draft(Dictated("Bonsoir. Je suis là.", "fr"))
    assert room.voice.spoken == [("Bonsoir.", "fr"), ("Je suis là.", "fr")]
    assert room.persona.prompts == []


def test_how_much_double_reaches_a_persona_that_has_an_adapter(room: Stage) -> None:
    assert room.conversation.double_scale is None
    room.conversation.set_double_scale(0.5)
    adapted = Stage(persona=AdaptedPersona("I prompt."))
    assert adapted.conversation.double_scale == 1.0
    adapted.conversation.set_double_scale(0.5)
    assert adapted.conversation.double_scale == 0.5


def test_steering_and_memory_reach_the_persona(room: Stage) -> None:
    turn = Turn(1)
    memory = Memory().with_exchange(Exchange("Before?", "Yes.", "en"))
    room.conversation.draft(turn, StartTurn(1, Typed("And now?", "en"), memory, "be gentle"))
    roles = [(message.role, message.text) for message in room.persona.prompts[0][1:]]
    assert roles == [("user", "Before?"), ("assistant", "Yes."), ("direction", "be gentle"), ("user", "And now?")]


def test_ears_that_fail_are_covered_by_a_line_of_the_characters_own_and_shown(room: Stage) -> None:
    room.ears.broken = True
    room.draft()
    assert room.of(FaultRaised) == [FaultRaised(Room.EARS, "The ears are broken.")]
    assert room.sentences[0] in CHARACTER.cover["en"]
    assert room.of(DraftFinished)
    room.ears.broken = False
    room.draft(turn=Turn(2))
    assert room.of(FaultCleared) == [FaultCleared(Room.EARS)]


def test_a_persona_that_fails_mid_answer_is_covered_and_what_was_said_stands(room: Stage) -> None:
    room.persona.fails_after = 2
    room.draft()
    assert room.sentences[0] == "I prompt."
    assert room.sentences[-1] in CHARACTER.cover["en"]
    assert room.of(FaultRaised) == [FaultRaised(Room.PERSONA, "The persona is broken.")]


def test_an_answer_that_the_companys_server_broke_off_ends_with_its_last_whole_sentence(room: Stage) -> None:
    room.persona.pieces = ("I prompt. ", "I never forget. ", "But ", "of course")
    room.persona.fails_after, room.persona.cut_off = 3, True
    room.draft()
    assert room.sentences == ["I prompt.", "I never forget."]
    assert room.of(DraftFinished)
    assert room.of(FaultRaised) == [], "the fault of the server has a room of its own"


def test_an_answer_that_the_companys_server_broke_off_in_its_first_words_is_covered() -> None:
    room = Stage(persona=ScriptedPersona("I prompt, as I have always done, ", "and I ", "never"))
    room.persona.fails_after, room.persona.cut_off = 2, True
    room.draft()
    assert room.sentences[0] == "I prompt, as I have always done,"
    assert room.sentences[1] in CHARACTER.cover["en"]


def test_a_persona_with_nothing_to_say_is_covered_with_another_line_each_time() -> None:
    room = Stage(persona=ScriptedPersona("  "))
    room.draft()
    room.draft(turn=Turn(2))
    first, second = room.sentences
    assert first != second


def test_a_voice_that_fails_is_covered_by_a_line_whose_sound_was_made_before(room: Stage) -> None:
    room.conversation.prepare()
    room.voice.broken = True
    turn = room.draft()
    assert room.of(FaultRaised) == [FaultRaised(Room.VOICE, "The voice is broken.")]
    drafted = [(event.part, event.text) for event in room.of(SentenceDrafted)]
    cover = drafted[-1][1]
    assert drafted == [(0, "I prompt."), (0, cover)], "the cover line takes the place of what nobody will hear"
    assert cover in CHARACTER.cover["en"]
    assert room.of(DraftFinished)
    turn.release()
    room.playback.release(turn)
    sound = room.playback.render(10 * 16_000)
    assert np.count_nonzero(sound) == pytest.approx(len(cover.split()) * 1600, abs=200)
    room.voice.broken = False
    room.draft(turn=Turn(2))
    assert room.of(FaultCleared) == [FaultCleared(Room.VOICE)]
    assert room.sentences[-2:] == ["I prompt.", "I never forget."]


def test_a_voice_that_fails_inside_a_sentence_is_covered_after_what_was_heard(room: Stage) -> None:
    room.conversation.prepare()
    room.voice.fails_after = 2
    turn = room.draft()
    drafted = [(event.part, event.text) for event in room.of(SentenceDrafted)]
    cover = drafted[-1][1]
    assert drafted == [(0, "I prompt."), (1, "I never forget."), (2, cover)]
    turn.release()
    room.playback.release(turn)
    sound = room.playback.render(20 * 16_000)
    assert np.count_nonzero(sound) == pytest.approx((4 + len(cover.split())) * 1600, abs=400)
    assert room.of(SentenceSpoken)[-1] == SentenceSpoken(1, 2)


def test_ears_and_voice_that_fail_together_are_covered_all_the_same(room: Stage) -> None:
    room.conversation.prepare()
    room.ears.broken = room.voice.broken = True
    turn = room.draft()
    assert [fault.room for fault in room.of(FaultRaised)] == [Room.EARS]
    turn.release()
    room.playback.release(turn)
    assert room.playback.render(1600).any()


def test_performers_words_are_covered_too_when_the_voice_fails(room: Stage) -> None:
    room.conversation.prepare()
    room.voice.broken = True
    room.draft(Dictated("Bonsoir.", "fr"))
    assert room.sentences[-1] in CHARACTER.cover["fr"]


def test_a_voice_that_fails_without_a_prepared_line_ends_the_turn_and_is_shown(room: Stage) -> None:
    room.voice.broken = True
    room.draft()
    assert room.of(DraftFailed) == [DraftFailed(1)]
    assert room.of(FaultRaised) == [FaultRaised(Room.VOICE, "The voice is broken.")]


def test_a_cancelled_turn_is_not_even_begun(room: Stage) -> None:
    turn = Turn(1)
    turn.cancel(CancelReason.VISITOR_RESUMED)
    room.draft(turn=turn)
    assert room.events == []


def test_cancelling_wakes_a_persona_that_blocks_and_no_stale_sound_remains() -> None:
    room = Stage(persona=ScriptedPersona("I prompt. ", "I "))
    room.persona.blocks = True
    turn = Turn(1)
    drafting = threading.Thread(target=room.draft, kwargs={"turn": turn})
    drafting.start()
    assert room.persona.waiting.wait(10)
    turn.cancel(CancelReason.BARGE_IN)
    room.playback.cut(turn)
    drafting.join(10)
    assert not drafting.is_alive()
    assert not room.of(DraftFinished)
    assert not room.playback.render(16_000).any()


class CancelledAsItBegins(ScriptedEars, ScriptedPersona, ScriptedVoice):
    """Ears, persona and voice, whose turn is cancelled a moment before they begin: too early for an abort of theirs."""

    def __init__(self, turn: Turn) -> None:
        ScriptedEars.__init__(self)
        ScriptedPersona.__init__(self, "I prompt.")
        ScriptedVoice.__init__(self)
        self._turn = turn
        self.worked = False

    def transcribe(self, audio: Audio, languages: object, cancelled: Cancelled = never) -> Transcript:
        self._turn.cancel(CancelReason.BARGE_IN)
        self.worked = not cancelled()
        return self.heard

    def stream(self, messages: Sequence[Message], language: str, sampling: Sampling) -> TokenStream:
        self._turn.cancel(CancelReason.BARGE_IN)
        return self._work("I prompt.")

    def synthesize(self, text: str, language: str) -> Iterator[Audio]:
        self._turn.cancel(CancelReason.BARGE_IN)
        return self._work(silence(1, self.rate_hz))

    def _work(self, piece: T) -> Iterator[T]:
        self.worked = True
        yield piece


@pytest.mark.parametrize("role", ["ears", "persona", "voice"])
def test_an_engine_does_no_work_for_a_turn_that_is_cancelled_as_it_begins(role: str) -> None:
    turn = Turn(1)
    engine = CancelledAsItBegins(turn)
    room = Stage(**{role: engine})
    room.draft(turn=turn)
    assert turn.cancelled
    assert not engine.worked
    assert room.of(FaultRaised) == []


def test_an_answer_without_a_single_word_is_covered_and_shown_until_there_are_words_again() -> None:
    room = Stage(persona=ScriptedPersona("\n", "*smiles*"))
    room.draft()
    assert room.sentences[0] in CHARACTER.cover["en"]
    (fault,) = room.of(FaultRaised)
    assert isinstance(fault, FaultRaised)
    assert fault.room is Room.PERSONA
    assert "scripted persona gave an answer without a single word" in fault.message
    assert room.of(FaultCleared) == []
    room.persona.pieces = ("I prompt.",)
    room.draft(turn=Turn(2))
    assert room.of(FaultCleared) == [FaultCleared(Room.PERSONA)]


class Lost:
    """An engine that is being started again."""

    def when_back(self, tell: Callable[[], None]) -> None:
        self.come_back = tell


def test_the_fault_of_an_engine_that_was_started_again_is_over_before_the_next_question() -> None:
    lost = Lost()
    room = Stage(restarting={"persona": lost})
    lost.come_back()
    assert room.of(FaultCleared) == [], "nothing was wrong"
    room.persona.fails_after = 0
    room.draft()
    assert room.of(FaultCleared) == []
    lost.come_back()
    assert room.of(FaultCleared) == [FaultCleared(Room.PERSONA)]


def test_silence_is_not_answered() -> None:
    room = Stage(ears=ScriptedEars(""))
    room.draft()
    assert room.sentences == []
    assert room.of(Heard)


def assert_done(done: threading.Event) -> None:
    assert done.wait(60)


def test_a_performers_words_do_not_wait_for_the_draft_under_way(room: Stage) -> None:
    worker = Worker(room.events.append)
    waiting, said = Turn(1), Turn(2)
    start = StartTurn(2, Dictated("Good evening.", "en"), Memory(), "")

    def press_say() -> None:
        if not said.released:
            said.release()
            worker.submit(lambda: room.conversation.draft(said, start), urgent=True)
        worker.give_way()

    room.conversation.draft(waiting, StartTurn(1, UTTERANCE, Memory(), ""), press_say)
    assert [text for text, _ in room.voice.spoken] == ["I prompt.", "Good evening.", "I never forget."]
    assert [event.turn_id for event in room.of(DraftFinished)] == [2, 1]
    with worker:
        done = threading.Event()
        worker.submit(lambda: assert_done(done))
        worker.submit(room.events.clear)
        worker.submit(lambda: room.conversation.draft(Turn(3), replace(start, turn_id=3)), urgent=True)
        done.set()
    assert room.events == [], "the urgent job came before the one that waited"

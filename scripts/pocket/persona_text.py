"""Conversations for the pocket persona, drawn from the corpus of the demo's character.

Example number n is the same in every run, so that a training that was interrupted goes on as if it had not been.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.protocols import Language, Message
from scripts.pocket.ear_text import is_kept_for_trial
from scripts.pocket.grammar import Corpus, Topic
from scripts.pocket.persona_slips import slipped

CUT_OFF = "—"
"""Ends an answer that was interrupted, as persona.prompt writes it; nobody learns to speak so."""

LONGEST_TALK = 3
"""Exchanges in a conversation: as many as the chat template shows."""

DIRECTIONS = {
    "gentle": (
        "be gentle", "gentle", "more gently", "softer", "be kind", "be tender", "warmer", "gentler please", "be sweet",
        "tender", "sois douce", "plus doux", "plus douce", "doux", "doucement", "avec douceur", "tendre", "plus tendre",
        "sois gentille", "avec tendresse", "be gentle with her", "sois douce avec lui",
    ),
    "ironic": (
        "be ironic", "more ironic", "ironic", "irony", "be dry", "drier", "more sarcastic", "tease them", "mock him",
        "a bit of irony", "sharper", "sois ironique", "plus ironique", "ironique", "ironie", "plus sec", "sèche",
        "sois sèche", "taquine", "moque-toi un peu", "plus piquant", "un peu d'ironie",
    ),
    "": (
        "shorter", "be brief", "louder", "say her name", "slower", "look at the child", "wait for the applause",
        "mention the sea", "keep going", "be yourself", "plus court", "sois brève", "plus lentement", "parle de la mer",
        "regarde la salle", "continue", "c'est un enfant", "he is a critic", "elle est pressée", "be precise",
    ),
}  # fmt: skip
"""What a performer may type, by the tone of the answer; of the last the character makes nothing in particular."""

_GO_ON = {
    "en": (
        "Why?", "Go on.", "Really?", "Tell me more.", "And then?", "How so?", "Why is that?", "What do you mean?",
        "Yes?", "Continue.", "More.", "What else?", "And?", "Why not?", "Oh really?", "Please go on.", "Is that true?",
        "What happened then?", "Say more about that.", "I see. Go on.",
    ),
    "fr": (
        "Pourquoi ?", "Et après ?", "Continuez.", "Ah bon ?", "Dites-m'en plus.", "Vraiment ?", "Comment ça ?",
        "C'est-à-dire ?", "Continue.", "Et alors ?", "Pourquoi ça ?", "Encore.", "Et puis ?", "Ah oui ?", "Racontez.",
        "Dis-m'en plus.", "Que voulez-vous dire ?", "C'est vrai ?", "Et ensuite ?", "Je vois. Continuez.",
    ),
}  # fmt: skip
_MORE = {"unknown": 2, "distress": 3, "sadness": 1.5, "machine": 1.5, "privacy": 1.5}
"""Subjects that come more often than others."""
_SILENCE = "…"
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_WORDS_SEEN_IN = 4_000
_TRIES = 12
_LETTERS = 0.03
_GOING_ON = 0.3
_INTERRUPTED = 0.12


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation, and what each of the character's answers in it is about ("en/sea")."""

    messages: tuple[Message, ...]
    subjects: tuple[str, ...]


class PersonaText:
    """Draws conversations in the languages of its corpora."""

    def __init__(self, corpora: dict[Language, Corpus], seed: int) -> None:
        self._seed = seed
        self._texts = [_LanguageText(language, corpus) for language, corpus in corpora.items()]
        topics = [(language, topic) for language, corpus in corpora.items() for topic in corpus.topics]
        self.subjects = tuple(dict.fromkeys(f"{language}/{topic.name}" for language, topic in topics))
        """All that an answer may be about."""

    def example(self, number: int) -> Talk:
        """Example `number` of the training: a conversation, or a letter as an answer to nobody."""
        rng = random.Random(f"persona/{self._seed}/{number}")
        text = rng.choice(self._texts)
        if rng.random() < _LETTERS:
            return _talk([text.letter(rng)])
        (before,) = rng.choices(range(LONGEST_TALK), (0.64, 0.22, 0.14))
        exchanges: list[_Exchange] = []
        for _ in range(before):
            if not exchanges or rng.random() > _GOING_ON:
                teller = text if rng.random() < 0.85 else rng.choice(self._texts)
                exchange = teller.exchange(rng)
            else:
                exchange = teller.going_on(exchanges[-1].topic, rng)
            exchanges.append(_interrupted(exchange, rng) if rng.random() < _INTERRUPTED else exchange)
        if exchanges and rng.random() < _GOING_ON:
            return _talk([*exchanges, teller.going_on(exchanges[-1].topic, rng)])
        return _talk([*exchanges, text.dressed_exchange(rng, rng.choice(self._texts))])

    def exchange(self, number: int) -> Talk:
        """Question `number` of the training, and its answer."""
        rng = random.Random(f"persona question/{self._seed}/{number}")
        return _talk([rng.choice(self._texts).exchange(rng)])

    def question(self, number: int) -> Talk:
        """Question `number` of the training, and what it is about."""
        talk = self.exchange(number)
        return Talk(talk.messages[:-1], talk.subjects)

    def held_out(self, number: int) -> Talk:
        """One exchange, its question of those that were never trained on."""
        rng = random.Random(f"persona held out/{number}")
        return _talk([self._texts[number % len(self._texts)].exchange(rng, held_out=True)])


@dataclass(frozen=True, slots=True)
class _Exchange:
    """A question with what stands before it, and its answer."""

    topic: Topic
    subject: str
    messages: list[Message]


def _talk(exchanges: Sequence[_Exchange]) -> Talk:
    messages = [message for exchange in exchanges for message in exchange.messages]
    return Talk(tuple(messages), tuple(exchange.subject for exchange in exchanges))


class _LanguageText:
    """What visitors and the character say in one language."""

    def __init__(self, language: Language, corpus: Corpus) -> None:
        self._language = language
        self._corpus = corpus
        asked = [topic for topic in corpus.topics if topic.questions and topic.answers.get("")]
        self._plain = [topic for topic in asked if not topic.memories]
        self._remembering = [topic for topic in asked if topic.memories]
        self._letters = [(topic, letter) for topic in corpus.topics for letter in topic.letters]
        self._unknown = next(topic for topic in asked if topic.name == "unknown")
        self._silence = next((topic for topic in asked if topic.name == "silence"), self._unknown)
        # a subject with more ways to ask for it comes more often, but not in proportion
        self._weights = [_MORE.get(topic.name, 1) * (20 + len(topic.questions)) ** 0.5 for topic in self._plain]
        rng = random.Random(1)
        drawn = (self._question(rng.choice(asked), rng, {})[1] for _ in range(_WORDS_SEEN_IN))
        self._words = sorted({word.lower() for question in drawn for word in _WORD.findall(question)})

    def letter(self, rng: random.Random) -> _Exchange:
        """A letter or message of the character's, to nobody who asked."""
        topic, letter = rng.choice(self._letters)
        return self._about(topic, Message("assistant", self._corpus.draw(letter, rng)))

    def exchange(self, rng: random.Random, held_out: bool = False) -> _Exchange:
        """A question about anything, and its answer."""
        bound: dict[str, str] = {}
        topic, question = self._question(self._any_topic(rng), rng, bound, held_out)
        return self._about(topic, self._heard(question, rng), self._answer(topic, "", rng, bound))

    def going_on(self, topic: Topic, rng: random.Random) -> _Exchange:
        """What follows when the visitor has nothing new to ask."""
        if not topic.follow_ups:
            return self.exchange(rng)
        more = self._corpus.draw(rng.choice(topic.follow_ups), rng)
        return self._about(topic, self._heard(rng.choice(_GO_ON[self._language]), rng), Message("assistant", more))

    def dressed_exchange(self, rng: random.Random, stranger: _LanguageText) -> _Exchange:
        """An exchange with what may stand before it: remembered lines (some of `stranger`'s), a performer's note."""
        chance = rng.random()
        if chance < 0.01:
            return self._about(self._silence, Message("user", _SILENCE), self._answer(self._silence, "", rng, {}))
        if chance < 0.34 and self._remembering:
            return self._remembered_exchange(rng, stranger, with_line=chance < 0.30)
        bound: dict[str, str] = {}
        topic, question = self._question(self._any_topic(rng), rng, bound)
        tone, note = _note(rng, 0.28)
        memories = self._others(topic, rng.randint(1, 3), rng, stranger) if rng.random() < 0.2 else []
        return self._about(topic, *memories, *note, self._heard(question, rng), self._answer(topic, tone, rng, bound))

    def _remembered_exchange(self, rng: random.Random, stranger: _LanguageText, with_line: bool) -> _Exchange:
        """A question that a line of the letters answers; without that line, the character does not know."""
        topic = rng.choice(self._remembering)
        bound: dict[str, str] = {}
        line = Message("memory", self._corpus.draw(rng.choice(topic.memories), rng, bound))
        _, question = self._question(topic, rng, bound)
        tone, note = _note(rng, 0.12)
        memories = self._others(topic, rng.choice((0, 0, 1, 2)), rng, stranger)
        if with_line:
            memories.insert(rng.randint(0, len(memories)), line)
        else:
            topic, bound = self._unknown, {}
        return self._about(topic, *memories, *note, self._heard(question, rng), self._answer(topic, tone, rng, bound))

    def _about(self, topic: Topic, *messages: Message) -> _Exchange:
        return _Exchange(topic, f"{self._language}/{topic.name}", list(messages))

    def _any_topic(self, rng: random.Random) -> Topic:
        (topic,) = rng.choices(self._plain, self._weights)
        return topic

    def _others(self, topic: Topic, count: int, rng: random.Random, stranger: _LanguageText) -> list[Message]:
        """Remembered lines that have nothing to do with the question."""
        lines = []
        while len(lines) < count:
            source = stranger if rng.random() < 0.2 else self
            other = rng.choice(source._remembering)
            if other is not topic:
                lines.append(Message("memory", source._corpus.draw(rng.choice(other.memories), rng)))
        return lines

    def _question(
        self, topic: Topic, rng: random.Random, bound: dict[str, str], held_out: bool = False
    ) -> tuple[Topic, str]:
        """A question of `topic` that belongs to the training, or else to its trial; its slots' values go to `bound`.

        A trial may get a question of another topic: one with few questions may have none for it.
        """
        while True:
            values = dict(bound)
            question = self._corpus.draw(self._template(topic, rng), rng, values)
            if is_kept_for_trial(question) == held_out:
                bound.update(values)
                return topic, question
            if held_out:
                topic = self._any_topic(rng)

    def _template(self, topic: Topic, rng: random.Random) -> str:
        """Words for a subject: by the many templates, freely spoken, or only its name in a common sentence."""
        chance = rng.random()
        if topic.remarks and chance < 0.35:
            return rng.choice(topic.remarks)
        framed = self._corpus.framed(topic, rng) if chance < 0.6 else ""
        return framed or rng.choice(topic.questions)

    def _heard(self, question: str, rng: random.Random) -> Message:
        heard = slipped(question, self._language, self._words, rng)
        # a slip must not lead over the border between training and trial
        return Message("user", heard if is_kept_for_trial(heard) == is_kept_for_trial(question) else question)

    def _answer(self, topic: Topic, tone: str, rng: random.Random, bound: dict[str, str]) -> Message:
        """An answer that says nothing which neither the question nor the remembered line has told."""
        templates = topic.answers.get(tone) or topic.answers[""]
        for _ in range(_TRIES):
            values = dict(bound)
            text = self._corpus.draw(rng.choice(templates), rng, values)
            if len(values) == len(bound):
                break
        return Message("assistant", text)


def _note(rng: random.Random, share: float) -> tuple[str, list[Message]]:
    """The tone of an answer and, in `share` of all cases, the note that asks for it."""
    if rng.random() > share:
        return "", []
    (tone,) = rng.choices(("gentle", "ironic", ""), (0.4, 0.4, 0.2))
    return tone, [Message("direction", rng.choice(DIRECTIONS[tone]))]


def _interrupted(exchange: _Exchange, rng: random.Random) -> _Exchange:
    """The exchange as it is remembered when the visitor did not let the character finish."""
    *before, answer = exchange.messages
    words = answer.text.split(" ")
    said = " ".join(words[: rng.randrange(len(words))]).rstrip(" .,?!:;")
    return replace(exchange, messages=[*before, Message("assistant", f"{said} {CUT_OFF}".lstrip())])

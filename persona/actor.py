"""The double as the house knows it: it is asked, and answers in sentences that can be spoken."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from models.protocols import Language, LanguageModel, ModelError, TokenStream
from persona.character import Character
from persona.guard import guard
from persona.memory import Exchange, Memory
from persona.prompt import BUDGET_CHARS, Question, build_prompt
from persona.sentences import split

_PIECE_CHARS = 100
"""A sentence or two."""

_TRIAL_TOKENS = 24
"""A model that gives no letter in so many gives none."""
_TRIALS = ({"temperature": 0.0, "seed": 1}, {"seed": 2}, {"seed": 3})
"""A sound model may end an answer before it has begun, by chance, but not each time."""


class Actor:
    """Plays a character on a language model. Used by one thread at a time; remembers nothing itself."""

    def __init__(self, character: Character, language_model: LanguageModel, budget_chars: int = BUDGET_CHARS) -> None:
        self._character = character
        self._model = language_model
        self._budget_chars = budget_chars

    @property
    def name(self) -> str:
        """Name of the character."""
        return self._character.name

    def answer(
        self,
        memory: Memory,
        heard: str,
        language: Language,
        steering: str,
        begun: Callable[[], None] = lambda: None,
    ) -> Generator[str, None, None]:
        """The sentences of the answer, each as soon as it is written; closing the generator stops the model.

        The model has begun when this returns, and writes when it is pulled. An answer that holds nothing to be said
        aloud gives no sentence. `begun` is called when its first piece is written.

        Raises:
            ModelError: the model failed, at the start or while it is pulled.
        """
        question = Question(heard, language, steering)
        messages = build_prompt(self._character, memory, question, self._budget_chars)
        return self._sentences(self._model.stream(messages, language, self._character.sampling), begun)

    def _sentences(self, stream: TokenStream, begun: Callable[[], None]) -> Generator[str, None, None]:
        try:
            yield from guard(split(_told(stream, begun)), self._character.name)
        finally:
            if isinstance(stream, Generator):
                stream.close()

    def check(self, language: Language) -> None:
        """See whether the longest prompt in `language` fits the model: else it would fail in the middle of the evening.

        Raises:
            ModelError: it does not; how long it was, and what to do.
        """
        text = self._character.description[self._character.nearest(language)]
        pieces = [text[start : start + _PIECE_CHARS] for start in range(0, len(text), _PIECE_CHARS)]
        talk = tuple(Exchange(piece, piece, language) for piece in pieces)
        memory = Memory(talk * (1 + self._budget_chars // len(text)))
        messages = build_prompt(self._character, memory, Question(pieces[0], language), self._budget_chars)
        stream = self._model.stream(messages, language, self._character.sampling)
        if isinstance(stream, Generator):
            stream.close()

    def require_words(self, language: Language) -> None:
        """Have the model begin an answer to its name: damaged weights may load well, and say nothing.

        Raises:
            ModelError: it gives no letter.
        """
        question = Question(f"{self.name}?", language)
        messages = build_prompt(self._character, Memory(), question, self._budget_chars)
        for trial in _TRIALS:
            sampling = replace(self._character.sampling, max_tokens=_TRIAL_TOKENS, **trial)
            with closing(_pulled(self._model.stream(messages, language, sampling))) as pieces:
                if any(char.isalpha() for piece in pieces for char in piece):
                    return
        raise ModelError(
            f"{self._model.name} gives no words: its file is damaged or not meant for conversation; fetch it again, or "
            "take another model."
        )

    def covers(self, language: Language) -> tuple[str, ...]:
        """What the character says when it has no answer: at least two lines."""
        return self._character.cover[self._character.nearest(language)]

    def fillers(self, language: Language) -> tuple[str, ...]:
        """What the character utters while its answer is not ready: none, or at least two."""
        return self._character.filler.get(self._character.nearest(language), ())

    @property
    def patience_s(self) -> float:
        """How long it lets itself be waited for in silence."""
        return self._character.patience_s

    def guards(self, sentence: str) -> bool:
        """Whether a sentence is not to be interrupted easily."""
        return self._character.guards(sentence)


def _pulled(stream: TokenStream) -> Generator[str, None, None]:
    """The same pieces, as a generator that can be closed."""
    yield from stream


def _told(pieces: Iterable[str], begun: Callable[[], None]) -> Iterator[str]:
    """The same pieces; `begun` is called before the first of them goes on."""
    first = True
    for piece in pieces:
        if first:
            begun()
            first = False
        yield piece

"""What the house asks of an engine: four small protocols and the values that they exchange.

Engines block the calling thread. `abort()` may be called from any other thread: it makes the call that is under way
return or raise soon, and does nothing when none is. One engine is used by one thread at a time.

A call that begins forgets the aborts before it, so an abort in the moment of its beginning may be lost. Therefore who
calls looks again once it has begun: `stream` and `synthesize` only begin, and compute nothing before they are pulled;
`transcribe`, which does everything at once, asks `cancelled` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from models.audio import Audio, Samples

Language = str
"""ISO 639-1 code: "en", "fr", ..."""


class ModelError(Exception):
    """An engine could not be loaded or could not do its work; the message says what, where and what to do."""


class AnswerCut(ModelError):  # noqa: N818 - it ends an answer, and what came of it stands
    """A language model broke off in the middle of its answer, and another one could only begin a new one."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was understood of an utterance; `text` is empty when there were no words in it."""

    text: str
    language: Language
    confidence: float = 1.0
    """0..1, as far as the engine can tell."""


Cancelled = Callable[[], bool]
"""Whether nobody waits for the result any more; safe to call from any thread."""


def never() -> bool:
    """The `Cancelled` of a call that nobody cancels."""
    return False


Role = Literal["system", "memory", "direction", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    A `memory` is a line that the character once wrote and may draw on in its next answer, a `direction` a performer's
    note to the double for it ("be gentle"). Chat templates know neither: `models.chat` puts them before the next user
    message.
    """

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is drawn from a language model."""

    temperature: float = 0.8
    """0 always takes the likeliest token; with more, others are drawn."""
    top_k: int = 40
    """Only so many of the likeliest tokens are drawn from; 0 is all."""
    top_p: float = 0.95
    """Only the likeliest tokens that together are this likely are drawn from; 1 is all."""
    min_p: float = 0.05
    """Only tokens at least this likely, as a share of the likeliest, are drawn from; 0 is all."""
    repeat_penalty: float = 1.1
    """Divides the weight of a token that was said lately; 1 is none."""
    presence_penalty: float = 0.0
    """Taken from the weight of a token that was said lately, once."""
    frequency_penalty: float = 0.0
    """Taken from the weight of a token, for each time that it was said lately."""
    max_tokens: int = 200
    seed: int | None = None


MAX_DOUBLE_SCALE = 2.0
"""So much of an adapter can be added at most; far beyond what it was trained for, a model only babbles."""


@dataclass(frozen=True, slots=True)
class TokenLogProb:
    """A token of a text and how likely the model finds it after all that stands before it."""

    text: str
    log_probability: float
    """Natural logarithm, at most 0; the sum over a text is the text's."""


TokenStream = Iterator[str]
"""Pieces of text as they are made. Only the thread that pulls it closes it; an aborted one looks finished."""


def in_double_range(scale: float) -> float:
    """`scale`, if an adapter can be added so much. Raises ValueError."""
    if not 0 <= scale <= MAX_DOUBLE_SCALE:
        raise ValueError(f"the scale must be between 0 and {MAX_DOUBLE_SCALE:g}, not {scale}")
    return scale


@runtime_checkable
class VoiceDetector(Protocol):
    """Tells voice from everything else, window by window."""

    @property
    def window_samples(self) -> int:
        """Samples (at 16 kHz) that one call wants."""

    def is_voice(self, samples: Samples, careful: bool = False) -> bool:
        """Whether this window, shape (window_samples,) at 16 kHz, holds a voice. Windows come in order.

        `careful`: our own voice may be in it.
        """

    @property
    def suspects(self) -> bool:
        """Whether the last window may be the very beginning of a voice: sooner than `is_voice`, and often wrong."""

    @property
    def certainty(self) -> float:
        """Probability, 0..1, that the last window held a voice."""

    def reset(self) -> None:
        """Forget what was heard before."""


@runtime_checkable
class Transcriber(Protocol):
    """Turns an utterance into words."""

    name: str

    def transcribe(self, audio: Audio, languages: Sequence[Language], cancelled: Cancelled = never) -> Transcript:
        """The words of `audio` (16 kHz), in one of `languages`; none when `cancelled`, which it asks as it begins.

        Raises:
            ModelError: the engine failed.
        """

    def abort(self) -> None:
        """Wake a call under way, from another thread."""

    def close(self) -> None:
        """Free what the engine holds."""


@runtime_checkable
class LanguageModel(Protocol):
    """Goes on with a conversation."""

    name: str

    def stream(self, messages: Sequence[Message], language: Language, sampling: Sampling) -> TokenStream:
        """The next message of the assistant, piece by piece. Raises ModelError, also while it is pulled."""

    def abort(self) -> None:
        """Wake a call under way, from another thread."""

    def close(self) -> None:
        """Free what the engine holds."""


@runtime_checkable
class Adaptable(Protocol):
    """A language model to which an adapter, made for the double, is added: how much of it, can be changed."""

    @property
    def double_scale(self) -> float | None:
        """How much of the adapter is added: 0 nothing, 1 as it was trained; None where there is no adapter."""

    def set_double_scale(self, scale: float) -> None:
        """Add so much, 0 to MAX_DOUBLE_SCALE, from the next answer on. May be called from any thread."""


@runtime_checkable
class Scorer(Protocol):
    """A language model that tells how likely it finds a text."""

    def log_probabilities(self, messages: Sequence[Message], text: str) -> tuple[TokenLogProb, ...]:
        """Every token of `text` as the beginning of the assistant's next message. Raises ModelError, also when aborted.

        Nothing is drawn: neither temperature nor penalties play a part. The end of the message is not counted.
        """


def as_scorer(model: LanguageModel) -> Scorer:
    """`model`, if it can score. Raises ModelError."""
    if not isinstance(model, Scorer):
        raise ModelError(f"{model.name} cannot tell how likely a text is; take a GGUF persona.")
    return model


@runtime_checkable
class Synthesizer(Protocol):
    """Turns text into a voice."""

    name: str
    rate_hz: int

    def synthesize(self, text: str, language: Language) -> Iterator[Audio]:
        """Sound of `text`, in order, in as many pieces as the engine likes, all at `rate_hz`. Raises ModelError."""

    def abort(self) -> None:
        """Wake a call under way, from another thread."""

    def close(self) -> None:
        """Free what the engine holds."""


class Restarting(Protocol):
    """An engine that is started again when it is lost."""

    def when_back(self, tell: Callable[[], None]) -> None:
        """Call `tell` each time that it works again, on a thread of its own."""


class TurnSense(Protocol):
    """Hears whether a speaker has finished; light, and never aborted."""

    def finished(self, samples: Samples) -> float:
        """Probability, 0..1, that who spoke these samples, shape (n,) at 16 kHz, has finished. Raises ModelError."""


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines of one evening, loaded and warmed up."""

    transcriber: Transcriber
    language_model: LanguageModel
    synthesizer: Synthesizer
    language_model_here: LanguageModel | None = None
    """Where `language_model` leans on a server: the one of this machine, which it closes itself."""
    restarting: Mapping[str, Restarting] = field(default_factory=dict)
    """By role ("ears", "persona", "voice"), those of this machine that are started again when they are lost."""

    turn_sense: TurnSense | None = None
    """Where the show names one."""

    def close(self) -> None:
        """Free all of them."""
        for engine in (self.transcriber, self.language_model, self.synthesizer):
            engine.close()

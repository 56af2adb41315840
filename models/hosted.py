"""Engines in processes of their own, behind the same protocols: the house plays on when one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from models.audio import Audio
from models.host import Call, Host, HostedSettings, Order
from models.pipe import Packet, audio_bytes, audio_of
from models.protocols import (
    Cancelled,
    Language,
    Message,
    ModelError,
    Sampling,
    TokenLogProb,
    TokenStream,
    Transcript,
    in_double_range,
    never,
)


class Hosted:
    """What the three have in common."""

    def __init__(self, order: Order, settings: HostedSettings) -> None:
        self._host = Host(order, settings)
        self.name = self._host.name

    def abort(self) -> None:
        """Wake a call under way, from another thread."""
        self._host.abort()

    def when_back(self, tell: Callable[[], None]) -> None:
        """Call `tell` each time that the engine works again after it was lost, on a thread of its own."""
        self._host.back = tell

    def close(self) -> None:
        """End the process."""
        self._host.close()


class HostedTranscriber(Hosted):
    """Ears in a process of their own."""

    def transcribe(self, audio: Audio, languages: Sequence[Language], cancelled: Cancelled = never) -> Transcript:
        """The words of `audio` (16 kHz) in one of `languages`; empty when it was aborted.

        Raises:
            ModelError: the engine failed, hangs or died, or is just being started again.
        """
        sound = Packet({"rate_hz": audio.rate_hz, "languages": list(languages)}, audio_bytes(audio))
        call, packet = self._host.begin("transcribe", sound, audio.duration_s, cancelled)
        call.over = True
        if call.aborted:
            return Transcript("", languages[0] if languages else "", 0.0)
        return Transcript(**packet.header)


class HostedLanguageModel(Hosted):
    """A language model in a process of its own."""

    def __init__(self, order: Order, settings: HostedSettings) -> None:
        super().__init__(order, settings)
        self._double_scale: float | None = self._host.made.get("double_scale")

    @property
    def double_scale(self) -> float | None:
        """How much of the adapter is added: 0 nothing, 1 as it was trained; None where there is no adapter."""
        return self._double_scale

    def set_double_scale(self, scale: float) -> None:
        """Add so much, 0 to MAX_DOUBLE_SCALE, from the next answer on. May be called from any thread.

        It travels with every call, so that it holds for a process that was started again, too.

        Raises:
            ValueError: it is out of range.
        """
        if self._double_scale is not None:
            self._double_scale = in_double_range(scale)

    def stream(self, messages: Sequence[Message], language: Language, sampling: Sampling) -> TokenStream:
        """The next message of the assistant, piece by piece, each made when it is asked for.

        Raises:
            ModelError: the engine failed, hangs or died, or is just being started again.
        """
        header = {"language": language, "sampling": asdict(sampling), **self._asked(messages)}
        call, _ = self._host.begin("stream", Packet(header))
        return self._tokens(call)

    def log_probabilities(self, messages: Sequence[Message], text: str) -> tuple[TokenLogProb, ...]:
        """Every token of `text` as the beginning of the assistant's next message, with its natural log-probability.

        Raises:
            ModelError: the engine failed, hangs or died, was aborted, or cannot tell.
        """
        call, packet = self._host.begin("score", Packet({"text": text, **self._asked(messages)}))
        call.over = True
        if call.aborted:
            raise ModelError(f"{self.name}: was stopped before it had scored the text.")
        return tuple(TokenLogProb(token, score) for token, score in packet.header["scores"])

    def _asked(self, messages: Sequence[Message]) -> dict[str, Any]:
        return {"messages": [asdict(message) for message in messages], "double_scale": self._double_scale}

    def _tokens(self, call: Call) -> TokenStream:
        with closing(self._host.pieces(call)) as packets:
            for packet in packets:
                yield str(packet.header["text"])


class HostedSynthesizer(Hosted):
    """A voice in a process of its own."""

    def __init__(self, order: Order, settings: HostedSettings) -> None:
        super().__init__(order, settings)
        self.rate_hz = int(self._host.made["rate_hz"])

    def synthesize(self, text: str, language: Language) -> Iterator[Audio]:
        """Sound of `text`, piece by piece, each made when it is asked for.

        Raises:
            ModelError: the engine failed, hangs or died, or is just being started again.
        """
        call, _ = self._host.begin("synthesize", Packet({"text": text, "language": language}))
        return self._sound(call)

    def _sound(self, call: Call) -> Iterator[Audio]:
        with closing(self._host.pieces(call)) as packets:
            for packet in packets:
                yield audio_of(packet)

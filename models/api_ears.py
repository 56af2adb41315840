"""Ears on a server of the company's: the utterance is sent as a WAV, its words come back."""

from __future__ import annotations

import io
import json
import uuid
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.audio import Audio, to_pcm16
from models.hallucination import GuardSettings, Piece, speech_in
from models.language_names import code_of
from models.openai_api import JSON, Aborted, Request, Server
from models.protocols import Cancelled, Language, ModelError, Transcript, never
from models.server_settings import ServerSettings

_PATH = "/audio/transcriptions"
_SHORTEST_S = 0.1
_PATIENCE = 0.1
"""Seconds that a server may take longer for each second of sound, which must reach it first."""


class ApiTranscriber:
    """Understands what the server's model does."""

    def __init__(self, settings: ServerSettings, show_folder: Path) -> None:
        self.name = f"server ({settings.ears_model})"
        self._model = settings.ears_model
        self._server = Server(settings, show_folder)

    def transcribe(self, audio: Audio, languages: Sequence[Language], cancelled: Cancelled = never) -> Transcript:
        """The words of `audio` (16 kHz); empty when aborted.

        What the server's Whisper invents when nobody speaks is taken out as it is of ours (models.hallucination). The
        API knows one language or any: with several, the server tells which one it took, and when that is none of
        `languages`, it is asked again for the first of them.

        Raises:
            ModelError: the server is away, refused, or did not tell what it was asked for.
        """
        self._server.begin()
        nothing = Transcript("", languages[0], 0.0)
        if audio.duration_s < _SHORTEST_S or cancelled():
            return nothing
        try:
            if len(languages) == 1:
                return self._in(audio, languages[0])
            text, language = self._in_any(audio)
            return Transcript(text, language) if language in languages else self._in(audio, languages[0])
        except Aborted:
            return nothing

    def _in(self, audio: Audio, language: Language) -> Transcript:
        content = self._ask(audio, response_format="json", language=language)
        return Transcript(self._text(content, audio.duration_s), language)

    def _in_any(self, audio: Audio) -> tuple[str, Language]:
        content = self._ask(audio, response_format="verbose_json")
        language = content.get("language")
        if not isinstance(language, str) or not language:
            raise ModelError(
                f"{self._server.url}: does not tell which language it heard; name one language in [show], or take "
                "ears that know verbose_json."
            )
        return self._text(content, audio.duration_s), code_of(language)

    def _text(self, content: dict[str, Any], duration_s: float) -> str:
        """What somebody spoke, as far as the server's scores, or the words alone, can tell."""
        text = content.get("text")
        if not isinstance(text, str):
            raise self._server.strange("no text", "a transcription")
        pieces = _pieces(content.get("segments")) or [Piece(text, 0.0, 0.0, duration_s)]
        spoken = (speech_in(piece, GuardSettings()).strip() for piece in pieces)
        return " ".join(words for words in spoken if words)

    def _ask(self, audio: Audio, **fields: str) -> dict[str, Any]:
        boundary = uuid.uuid4().hex
        body = _form({"model": self._model, **fields}, _wav(audio), boundary)
        kind = f"multipart/form-data; boundary={boundary}"
        with self._server.ask(Request(_PATH, body, kind, _PATIENCE * audio.duration_s), JSON) as answer:
            try:
                content = json.loads(answer.whole())
            except ValueError as error:
                raise self._server.strange("broken JSON", "a transcription") from error
        if not isinstance(content, dict):
            raise self._server.strange("other JSON", "a transcription")
        return content

    def abort(self) -> None:
        """Hang up."""
        self._server.abort()

    def close(self) -> None:
        """Hang up for good."""
        self._server.close()


def _pieces(segments: Any) -> list[Piece]:
    """The segments of a transcription that has them with all their scores; of any other, nothing."""
    try:
        return [
            Piece(
                str(segment["text"]),
                float(segment["no_speech_prob"]),
                float(segment["avg_logprob"]),
                float(segment["end"]) - float(segment["start"]),
            )
            for segment in segments
        ]
    except (TypeError, ValueError, LookupError):
        return []


def _wav(audio: Audio) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(audio.rate_hz)
        writer.writeframes(to_pcm16(audio.samples))
    return file.getvalue()


def _form(fields: Mapping[str, str], wav: bytes, boundary: str) -> bytes:
    """The fields and the file as multipart/form-data (RFC 7578)."""
    disposition = "Content-Disposition: form-data; name"
    lines = [f'--{boundary}\r\n{disposition}="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    lines.append(f'--{boundary}\r\n{disposition}="file"; filename="utterance.wav"\r\nContent-Type: audio/wav\r\n\r\n')
    return "".join(lines).encode() + wav + f"\r\n--{boundary}--\r\n".encode()

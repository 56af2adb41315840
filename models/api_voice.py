"""A voice on a server of the company's: a sentence is sent, its sound comes back while it is made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from models.audio import Audio, from_pcm16
from models.openai_api import JSON, Aborted, Answer, Server, json_request
from models.protocols import Language, ModelError
from models.server_settings import ServerSettings

_PATH = "/audio/speech"
_LONGEST_S = 120.0
"""No sentence takes so long: a voice that goes on is broken."""
_FILES = (b"RIFF", b"ID3", b"OggS", b"fLaC")
"""How the formats begin that servers send when they do not know PCM; played as samples, they are noise."""
_HEAD_BYTES = 4
_NO_PCM = (JSON, "audio/mpeg")


class ApiSynthesizer:
    """Speaks with the server's voices, which it gives as PCM."""

    def __init__(self, settings: ServerSettings, show_folder: Path) -> None:
        self.name = f"server ({settings.voice_model})"
        self.rate_hz = settings.voice_rate_hz
        self._settings = settings
        self._server = Server(settings, show_folder)

    def synthesize(self, text: str, language: Language) -> Iterator[Audio]:
        """Sound of `text`, as it comes; nothing for a text without letters or digits.

        Raises:
            ModelError: while it is pulled: no voice is named for `language`, or the server is away, refused, or sent
                something that is no PCM.
        """
        self._server.begin()
        return self._sound(text, language)

    def _sound(self, text: str, language: Language) -> Iterator[Audio]:
        if not any(character.isalnum() for character in text):
            return
        voice = self._settings.voices.get(language)
        if voice is None:
            raise ModelError(f'[engines.server.voices] has no voice for "{language}"; name one of the server\'s.')
        content = {"model": self._settings.voice_model, "input": text, "voice": voice, "response_format": "pcm"}
        try:
            with self._server.ask(json_request(_PATH, content), "") as answer:
                if answer.content_type in _NO_PCM or answer.content_type.startswith("text/"):
                    raise self._server.strange(answer.content_type, "sound")
                for pcm in self._pcm(answer):
                    yield from_pcm16(pcm, self.rate_hz)
                    answer.wait_anew()
        except Aborted:
            return

    def _pcm(self, answer: Answer) -> Iterator[bytes]:
        """Whole samples, as they come: a network cuts wherever it likes."""
        rest, made_bytes = b"", 0
        for piece in answer.pieces():
            rest += piece
            if made_bytes == 0 and len(rest) >= _HEAD_BYTES and rest.startswith(_FILES):
                raise self._server.strange("a sound file", "PCM")
            whole = len(rest) // 2 * 2
            if whole and made_bytes + len(rest) >= _HEAD_BYTES:
                yield rest[:whole]
                made_bytes += whole
                rest = rest[whole:]
            if made_bytes > _LONGEST_S * self.rate_hz * 2:
                raise ModelError(f"{self._server.url}: a sentence of more than {_LONGEST_S:.0f} s; it is cut there.")
        if made_bytes == 0 and len(rest) < _HEAD_BYTES:
            raise self._server.strange("nothing", "sound")

    def abort(self) -> None:
        """Hang up."""
        self._server.abort()

    def close(self) -> None:
        """Hang up for good."""
        self._server.close()

"""A persona on a server of the company's: the conversation is sent, its answer comes back token by token."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from models.chat import fold
from models.openai_api import EVENTS, LONGEST_TEXT_BYTES, Aborted, Answer, Server, json_request
from models.protocols import Language, Message, ModelError, Sampling, TokenStream
from models.server_settings import ServerSettings

_PATH = "/chat/completions"
_CONTROL = re.compile(
    r"<\|[^<>|]{1,40}\|?>|<[^<>|]{1,40}\|>"  # ChatML, Llama 3, Phi, ...; Gemma 4 has one bar
    r"|<｜[^<>｜]{1,40}｜>"  # DeepSeek
    r"|</?s>|<(?:bos|eos|pad|unk)>|<(?:start|end)_of_turn>"
    r"|<</?SYS>>|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_(?:CALLS|RESULTS|CONTENT)|THINK)\]"  # Llama 2, Mistral
)
"""What chat templates mark turns with: a visitor must not be able to say "end of the visitor's words"."""


class ApiLanguageModel:
    """Goes on with a conversation as the server's model does."""

    def __init__(self, settings: ServerSettings, show_folder: Path) -> None:
        self.name = f"server ({settings.persona_model})"
        self._settings = settings
        self._server = Server(settings, show_folder)

    def stream(self, messages: Sequence[Message], language: Language, sampling: Sampling) -> TokenStream:  # noqa: ARG002
        """The next message of the assistant, piece by piece, at most `sampling.max_tokens` of them.

        Raises:
            ModelError: while it is pulled: the server is away, refused, or sent something else than an answer.
        """
        self._server.begin()
        return self._pieces(self._content(messages, sampling), sampling.max_tokens)

    def _content(self, messages: Sequence[Message], sampling: Sampling) -> dict[str, Any]:
        spoken = fold(messages)
        for message in spoken:
            message["content"] = _CONTROL.sub(" ", message["content"])
        content: dict[str, Any] = {
            "model": self._settings.persona_model,
            "messages": spoken,
            "stream": True,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
        }
        if sampling.seed is not None:
            content["seed"] = sampling.seed
        if name := self._settings.repeat_penalty_name:
            content[name] = sampling.repeat_penalty
        return content

    def _pieces(self, content: dict[str, Any], max_tokens: int) -> TokenStream:
        try:
            with self._server.ask(json_request(_PATH, content), EVENTS) as answer:
                # a server that takes no notice of max_tokens would talk until the end of the evening
                for piece in itertools.islice(self._deltas(answer), max_tokens):
                    yield piece
                    answer.wait_anew()
        except Aborted:
            return

    def _deltas(self, answer: Answer) -> Iterator[str]:
        finished = False
        for data in _events(answer, self._server):
            if data == "[DONE]":
                return
            text, finish = self._delta(data)
            if text:
                yield text
            finished = finished or finish
        if not finished:
            raise ModelError(f"{self._server.url}: the answer broke off.")

    def _delta(self, data: str) -> tuple[str, bool]:
        """The text of an event, and whether the answer ends with it."""
        try:
            content = json.loads(data)
            if "error" in content:
                error = content["error"]
                told = str(error["message"] if isinstance(error, dict) else error)
                raise ModelError(f"{self._server.url}: failed while it answered ({self._server.cleared(told)}).")
            choice = content["choices"][0] if content["choices"] else {"delta": {}}
            text = choice["delta"].get("content") or ""
            return str(text), bool(choice.get("finish_reason"))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise self._server.strange("events of another kind", "an answer") from error

    def abort(self) -> None:
        """Hang up: the server stops writing, too."""
        self._server.abort()

    def close(self) -> None:
        """Hang up for good."""
        self._server.close()


def _events(answer: Answer, server: Server) -> Iterator[str]:
    """The data of server-sent events (WHATWG HTML, 9.2), each when its empty line has come; a torn one is nothing."""
    data: list[str] = []
    for line in _lines(answer, server):
        if not line and data:
            yield "\n".join(data)
            data = []
        elif line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))


def _lines(answer: Answer, server: Server) -> Iterator[str]:
    rest = b""
    for piece in answer.pieces():
        *lines, rest = (rest + piece).replace(b"\r\n", b"\n").split(b"\n")
        yield from (line.decode(errors="replace") for line in lines)
        if len(rest) > LONGEST_TEXT_BYTES:
            raise server.strange("a line without end", "an answer")

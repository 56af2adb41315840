"""Brings a conversation into the few roles that chat templates know."""

from __future__ import annotations

from collections.abc import Sequence

from models.protocols import Message


def fold(messages: Sequence[Message], system_role: bool = True) -> list[dict[str, str]]:
    """Messages as `role` and `content`, neighbours of one role joined, for a chat template.

    A direction goes in brackets before the next user message (after the last one, it is one of its own), a memory in
    French quotation marks, each on a line of its own; where `system_role` is false, so does the system's text, without
    marks.
    """
    folded: list[dict[str, str]] = []
    waiting: list[str] = []
    for message in messages:
        if message.role == "memory":
            waiting.append(f"« {message.text} »")
        elif message.role == "direction":
            waiting.append(f"[{message.text}]")
        elif message.role == "system" and not system_role:
            waiting.append(message.text)
        elif message.role == "user":
            _append(folded, "user", "\n".join([*waiting, message.text]))
            waiting = []
        else:
            _append(folded, message.role, message.text)
    if waiting:
        _append(folded, "user", "\n".join(waiting))
    return folded


def _append(folded: list[dict[str, str]], role: str, text: str) -> None:
    if folded and folded[-1]["role"] == role:
        folded[-1]["content"] += "\n" + text
    else:
        folded.append({"role": role, "content": text})

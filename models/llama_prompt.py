"""Turns a conversation into the text and the tokens of a prompt, by the chat template in the model's file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from models.chat import fold
from models.llama_file import TEMPLATE, ModelFile
from models.protocols import Message, ModelError
from models.wording import brief

if TYPE_CHECKING:
    from llama_cpp import Llama

    _Formatter = Callable[[list[dict[str, str]]], str]
    """Messages to the text of a prompt."""

_MARK = re.compile(r"[<\[].+[>\]]")
"""What a user-defined token looks like that marks something: "<think>", "<tool_call>"."""

_WRITES_NOTHING = "its chat template writes nothing; take another model."
_TRIAL = [{"role": role, "content": "."} for role in ("user", "assistant", "user")]
"""A conversation as templates take it, some of them only with a system role before it."""
_WITH_SYSTEM = [{"role": "system", "content": "."}, *_TRIAL]


def require_template(file: ModelFile) -> None:
    """Whether the chat template of the model in `file` can be read, and writes a conversation; nothing is loaded.

    Raises:
        ModelError: it cannot, or writes none.
    """
    import jinja2

    try:
        write = _render(file.template, "", "")
        try:
            text = write(_WITH_SYSTEM)
        except Exception:  # a template without that role raises whatever it likes
            text = write(_TRIAL)
    except jinja2.TemplateSyntaxError as error:
        raise ModelError(
            f"{file.path}: its chat template cannot be read ({brief(error)}); take another model, or convert it again "
            "with a template that is mended."
        ) from error
    except Exception as error:  # a template is a program of somebody else's
        raise ModelError(
            f"{file.path}: its chat template refuses the conversation ({brief(error)}); take another model."
        ) from error
    if not text:
        raise ModelError(f"{file.path}: {_WRITES_NOTHING}")


class LlamaPrompt:
    """Writes prompts for one model; `name` names it in errors."""

    def __init__(self, llama: Llama, name: str) -> None:
        self._llama = llama
        self._name = name
        self._formatter = _formatter(llama)
        self._has_system_role = self._takes_system_role()
        self._control = _control_tokens(llama)

    def text(self, messages: Sequence[Message]) -> str:
        """The prompt, up to where the assistant's next message begins.

        Raises:
            ModelError: the template refuses the conversation.
        """
        spoken = fold(messages, self._has_system_role)
        for message in spoken:
            message["content"] = self.harmless(message["content"])
        try:
            text = self._formatter(spoken)
        except Exception as error:  # a template is a program of somebody else's
            raise ModelError(f"{self._name}: its chat template refuses the conversation ({brief(error)}).") from error
        if not text:
            raise ModelError(f"{self._name}: {_WRITES_NOTHING}")
        return text

    def harmless(self, text: str) -> str:
        """`text` without control tokens: a visitor must not be able to say "end of the visitor's words"."""
        return self._control.sub(" ", text)

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text in which control tokens stand for themselves."""
        return list(self._llama.tokenize(text.encode(errors="replace"), add_bos=False, special=True))

    def _takes_system_role(self) -> bool:
        try:
            self._formatter([{"role": "system", "content": "."}, {"role": "user", "content": "."}])
        except Exception:  # a template without that role raises whatever it likes
            return False
        return True


def _formatter(llama: Llama) -> _Formatter:
    eos, bos = (_text_of(llama, token) for token in (llama.token_eos(), llama.token_bos()))
    return _render(llama.metadata[TEMPLATE], eos, bos)


def _render(template: str, eos: str, bos: str) -> _Formatter:
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    render: Any = Jinja2ChatFormatter(template, eos, bos)
    return lambda messages: str(render(messages=messages).prompt)


def _text_of(llama: Llama, token: int) -> str:
    return "" if token < 0 else str(llama._model.token_get_text(token))


def _control_tokens(llama: Llama) -> re.Pattern[str]:
    """The texts that the model takes for control tokens."""
    import llama_cpp

    vocabulary = llama._model.vocab
    never_text = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN
    # what llama.cpp looks for in a text before it splits the rest of it (llama-vocab.cpp, cache_special_tokens)
    parsed = never_text | llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED
    texts = []
    for token in range(llama.n_vocab()):
        attributes = llama_cpp.llama_vocab_get_attr(vocabulary, token)
        if not attributes & parsed:
            continue
        text = llama_cpp.llama_vocab_get_text(vocabulary, token).decode(errors="replace")
        # of user-defined tokens the others are text, such as two line breaks in a row
        if attributes & never_text or _MARK.fullmatch(text):
            texts.append(text)
    return re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True) if text) or r"(?!)")

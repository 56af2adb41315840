"""A language model of any GGUF file, through llama.cpp."""

from __future__ import annotations

import codecs
import contextlib
import io
import itertools
import random
import re
from collections.abc import Callable, Generator, Sequence
from ctypes import c_void_p
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from models.chat import fold
from models.cores import physical_cores
from models.protocols import Language, Message, ModelError, Sampling, TokenStream
from models.weight_files import check_gguf

if TYPE_CHECKING:
    from llama_cpp import Llama

    _Formatter = Callable[[list[dict[str, str]]], str]
    """Messages to the text of a prompt."""

_MAGIC = b"GGUF"
_SMALLEST_CONTEXT = 512
"""Less than this holds no character and a conversation."""
_TEMPLATE = "tokenizer.chat_template"
_ERROR_LEVEL = 4


@dataclass(frozen=True, slots=True)
class LlamaSettings:
    """How llama.cpp runs."""

    context_tokens: int = 4096
    """Room for the character, the memory and the answer, never more than the model was made for; it costs memory."""
    threads: int = 0
    """0 is one for each physical core."""
    gpu_layers: int = -1
    """Layers of the model on a graphics card, if llama-cpp-python was built for one; -1 is all."""

    def __post_init__(self) -> None:
        if self.context_tokens < _SMALLEST_CONTEXT:
            raise ValueError(f"context_tokens must be at least {_SMALLEST_CONTEXT}")


def require_gguf(path: Path) -> None:
    """Look whether `path` is a whole GGUF file, without loading it.

    Raises:
        ModelError: it is missing, cannot be read, is of another format, or ends too early.
    """
    if not path.is_file():
        raise ModelError(f'{path}: there is no such file; persona in [engines] is "authored" or a GGUF file.')
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}).") from error
    if magic != _MAGIC:
        raise ModelError(f"{path}: is no GGUF file; fetch one, or convert the model with llama.cpp.")
    check_gguf(path)


class LlamaLanguageModel:
    """Goes on with a conversation; what a prompt has in common with the one before is not computed again."""

    def __init__(self, path: Path, settings: LlamaSettings) -> None:
        self.name = f"llama.cpp ({path.name})"
        require_gguf(path)
        self._aborted = Event()
        self._llama = _load(path, settings)
        try:
            self._formatter = _formatter(self._llama, path)
        except ModelError:
            self._llama.close()
            raise
        self._has_system_role = self._takes_system_role()
        self._control = _control_tokens(self._llama)
        self._abort_callback = self._install_abort()

    @property
    def context_tokens(self) -> int:
        """Tokens that a prompt and its answer may have together."""
        return min(int(self._llama.n_ctx()), int(self._llama._model.n_ctx_train()))

    def count_tokens(self, text: str) -> int:
        """Tokens of a text."""
        return len(self._llama.tokenize(text.encode(), add_bos=False, special=False))

    def stream(self, messages: Sequence[Message], language: Language, sampling: Sampling) -> TokenStream:  # noqa: ARG002
        """The next message of the assistant, piece by piece.

        Raises:
            ModelError: the prompt and the longest answer do not fit the context, or llama.cpp failed.
        """
        self._aborted.clear()
        prompt = self._prompt(messages)
        if len(prompt) + sampling.max_tokens > self.context_tokens:
            raise ModelError(
                f"{self.name}: a prompt of {len(prompt)} tokens and an answer of up to {sampling.max_tokens} "
                f"do not fit its context of {self.context_tokens}; raise context_tokens under [engines.llama], take "
                "a model with a longer context, or shorten the character."
            )
        return self._pieces(prompt, sampling)

    def _prompt(self, messages: Sequence[Message]) -> list[int]:
        spoken = fold(messages, self._has_system_role)
        for message in spoken:
            # a visitor must not be able to say "end of the visitor's words"
            message["content"] = self._control.sub(" ", message["content"])
        try:
            text = self._formatter(spoken)
        except Exception as error:  # a template is a program of somebody else's
            raise ModelError(f"{self.name}: its chat template refuses the conversation ({error}).") from error
        return list(self._llama.tokenize(text.encode(errors="replace"), add_bos=False, special=True))

    def _pieces(self, prompt: list[int], sampling: Sampling) -> TokenStream:
        # one character may be spread over several tokens
        decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        with contextlib.closing(self._tokens(prompt, sampling)) as tokens:
            for token in tokens:
                if piece := decoder.decode(self._llama.detokenize([token])):
                    yield piece

    def _tokens(self, prompt: list[int], sampling: Sampling) -> Generator[int, None, None]:
        from llama_cpp import llama_vocab_is_eog

        self._llama.set_seed(random.randrange(1 << 31) if sampling.seed is None else sampling.seed)
        generated = self._llama.generate(
            prompt, top_p=sampling.top_p, temp=sampling.temperature, repeat_penalty=sampling.repeat_penalty
        )
        with contextlib.closing(generated):
            try:
                for token in itertools.islice(generated, sampling.max_tokens):
                    if self._aborted.is_set() or llama_vocab_is_eog(self._llama._model.vocab, token):
                        return
                    yield token
            except RuntimeError as error:
                # what an abort does to a prompt that is being computed
                if not self._aborted.is_set():
                    raise ModelError(f"{self.name} failed ({error}).") from error

    def _takes_system_role(self) -> bool:
        try:
            self._formatter([{"role": "system", "content": "."}, {"role": "user", "content": "."}])
        except Exception:  # a template without that role raises whatever it likes
            return False
        return True

    def _install_abort(self) -> Any:
        """The callback that llama.cpp asks while it computes; it must live as long as the model."""
        import llama_cpp

        callback = llama_cpp.ggml_abort_callback(lambda _: self._aborted.is_set())
        llama_cpp.llama_set_abort_callback(self._llama.ctx, callback, c_void_p(None))
        return callback

    def abort(self) -> None:
        """Stop at the next token, or inside a prompt (on a processor; a graphics card finishes its batch)."""
        self._aborted.set()

    def close(self) -> None:
        """Free the weights."""
        self._llama.close()


def _load(path: Path, settings: LlamaSettings) -> Llama:
    import llama_cpp

    threads = settings.threads or physical_cores()
    errors = _keep_errors()
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            # "verbose", because being quiet would close the whole process's stderr for as long as it loads
            llama = llama_cpp.Llama(
                str(path),
                n_ctx=settings.context_tokens,
                n_threads=threads,
                n_threads_batch=threads,
                n_gpu_layers=settings.gpu_layers,
                verbose=True,
            )
        except Exception as error:  # its own classes, and jinja2's for a template that cannot be read
            reason = errors[0] if errors else str(error)
            raise ModelError(f"{path}: llama.cpp cannot load it ({reason}); fetch it again.") from error
    llama.verbose = False
    made_for = llama._model.n_ctx_train()
    if made_for < _SMALLEST_CONTEXT:
        llama.close()
        raise ModelError(
            f"{path}: was made for a context of {made_for} tokens, too small for a character and a conversation "
            f"(at least {_SMALLEST_CONTEXT}); take another model."
        )
    return llama


_log_callback: Any = None
"""llama.cpp keeps one for the whole process: it must live as long."""


def _keep_errors() -> list[str]:
    """From now on llama.cpp writes nothing to the terminal; its errors go into this list."""
    global _log_callback  # noqa: PLW0603
    import llama_cpp

    errors: list[str] = []

    def note(level: int, text: bytes, _: object) -> None:
        if level == _ERROR_LEVEL:
            errors.append(" ".join(text.decode(errors="replace").split()))

    _log_callback = llama_cpp.llama_log_callback(note)
    llama_cpp.llama_log_set(_log_callback, c_void_p(0))
    return errors


def _formatter(llama: Llama, path: Path) -> _Formatter:
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    template = llama.metadata.get(_TEMPLATE)
    if not template:
        raise ModelError(
            f"{path}: has no chat template: it is no model for conversation; take an instruct or chat one."
        )
    render: Any = Jinja2ChatFormatter(template, _text_of(llama, llama.token_eos()), _text_of(llama, llama.token_bos()))
    return lambda messages: str(render(messages=messages).prompt)


def _text_of(llama: Llama, token: int) -> str:
    return "" if token < 0 else str(llama._model.token_get_text(token))


def _control_tokens(llama: Llama) -> re.Pattern[str]:
    """The texts that the model takes for control tokens."""
    import llama_cpp

    vocabulary = llama._model.vocab
    texts = []
    for token in range(llama.n_vocab()):
        if llama_cpp.llama_vocab_get_attr(vocabulary, token) & llama_cpp.LLAMA_TOKEN_ATTR_CONTROL:
            texts.append(llama_cpp.llama_vocab_get_text(vocabulary, token).decode(errors="replace"))
    return re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True) if text) or r"(?!)")

"""A language model of any GGUF file, through llama.cpp."""

from __future__ import annotations

import codecs
import contextlib
import itertools
import random
from collections.abc import Generator, Iterator, Sequence
from ctypes import c_void_p
from pathlib import Path
from threading import Event
from typing import Any

from models.llama_file import ModelFile, require_gguf, require_lora
from models.llama_loader import LlamaSettings, finds_graphics_card, load_llama, require_known
from models.llama_lora import LoraAdapter
from models.llama_prefixes import Prefixes, common
from models.llama_prompt import LlamaPrompt, require_template
from models.llama_scoring import log_probabilities
from models.protocols import Language, Message, ModelError, Sampling, TokenLogProb, TokenStream


def look_at(path: Path, settings: LlamaSettings, show_folder: Path) -> str:
    """What the files of a model are, in a few words, without loading it.

    Raises:
        ModelError: they cannot be used.
    """
    model, adapter = _examined(path, settings, show_folder)
    with_adapter = f", with {adapter}" if adapter else ""
    return f"llama.cpp, {path}{with_adapter}; {model.architecture} of {model.layers} layers, {_offload(settings)}"


def _offload(settings: LlamaSettings) -> str:
    if not finds_graphics_card():
        return "on the processor: llama.cpp finds no graphics card"
    wanted = "as many as fit" if settings.gpu_layers < 0 else settings.gpu_layers
    return f"{wanted} on the graphics card"


def _examined(path: Path, settings: LlamaSettings, show_folder: Path) -> tuple[ModelFile, Path | None]:
    """What the head of the model tells, and where its adapter lies, if there is one. Raises ModelError."""
    model = require_gguf(path)
    require_known(model)
    require_template(model)
    adapter = show_folder / Path(settings.lora).expanduser() if settings.lora else None
    if adapter is not None:
        require_lora(adapter, model)
    return model, adapter


class LlamaLanguageModel:
    """Goes on with a conversation; what a prompt has in common with those before is not computed again."""

    def __init__(self, path: Path, settings: LlamaSettings, show_folder: Path = Path()) -> None:
        model, adapter = _examined(path, settings, show_folder)
        self._aborted = Event()
        loaded = load_llama(model, settings)
        self.name = f"llama.cpp ({', '.join(filter(None, (path.name, loaded.place)))})"
        self._llama = loaded.llama
        try:
            self._lora = None if adapter is None else LoraAdapter(self._llama, adapter, settings.lora_scale)
            self._prompt = LlamaPrompt(self._llama, self.name)
        except ModelError:
            self._llama.close()
            raise
        self._prefixes = Prefixes(self._llama)
        self._abort_callback = self._install_abort()

    @property
    def context_tokens(self) -> int:
        """Tokens that a prompt and its answer may have together."""
        return min(int(self._llama.n_ctx()), int(self._llama._model.n_ctx_train()))

    @property
    def double_scale(self) -> float | None:
        """How much of the adapter is added: 0 nothing, 1 as it was trained; None where there is no adapter."""
        return None if self._lora is None else self._lora.scale

    def set_double_scale(self, scale: float) -> None:
        """Add so much, 0 to MAX_DOUBLE_SCALE, from the next answer on. May be called from any thread.

        Raises:
            ValueError: it is out of range.
        """
        if self._lora is not None:
            self._lora.scale = scale

    def count_tokens(self, text: str) -> int:
        """Tokens of a text."""
        return len(self._llama.tokenize(text.encode(), add_bos=False, special=False))

    def stream(self, messages: Sequence[Message], language: Language, sampling: Sampling) -> TokenStream:  # noqa: ARG002
        """The next message of the assistant, piece by piece.

        Raises:
            ModelError: the prompt and the longest answer do not fit the context, or llama.cpp failed.
        """
        self._aborted.clear()
        prompt = self._prompt.tokens(self._prompt.text(messages))
        self._require_room(len(prompt), sampling.max_tokens)
        return self._pieces(prompt, sampling)

    def log_probabilities(self, messages: Sequence[Message], text: str) -> tuple[TokenLogProb, ...]:
        """Every token of `text` as the beginning of the assistant's next message, with its natural log-probability.

        The tokens are those of prompt and text as one, as a model reads them in training; a first token that the text
        shares with the prompt's end is counted. The sum is what the literature calls the log-likelihood of the text.

        Raises:
            ModelError: prompt and text do not fit the context, the work was aborted, or llama.cpp failed.
        """
        self._aborted.clear()
        prompt = self._prompt.text(messages)
        whole = self._prompt.tokens(prompt + self._prompt.harmless(text))
        start = common(self._prompt.tokens(prompt), whole)
        self._require_room(start, len(whole) - start)
        self._begin(whole)
        with self._failures():
            likelihoods = tuple(log_probabilities(self._llama, whole, start))
        if self._aborted.is_set():
            raise ModelError(f"{self.name}: was stopped before it had scored the text.")
        texts = (self._llama.detokenize([token]).decode(errors="replace") for token in whole[start:])
        return tuple(map(TokenLogProb, texts, likelihoods))

    def _require_room(self, prompt_tokens: int, answer_tokens: int) -> None:
        if prompt_tokens + answer_tokens > self.context_tokens:
            raise ModelError(
                f"{self.name}: a prompt of {prompt_tokens} tokens and an answer of up to {answer_tokens} "
                f"do not fit its context of {self.context_tokens}; raise context_tokens under [engines.llama], take "
                "a model with a longer context, or shorten the character."
            )

    def _pieces(self, prompt: list[int], sampling: Sampling) -> TokenStream:
        # one character may be spread over several tokens
        decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        with contextlib.closing(self._tokens(prompt, sampling)) as tokens:
            for token in tokens:
                if piece := decoder.decode(self._llama.detokenize([token])):
                    yield piece

    def _tokens(self, prompt: list[int], sampling: Sampling) -> Generator[int, None, None]:
        from llama_cpp import llama_vocab_is_eog

        self._begin(prompt)
        self._llama.set_seed(random.randrange(1 << 31) if sampling.seed is None else sampling.seed)
        generated = self._llama.generate(
            prompt,
            temp=sampling.temperature,
            top_k=sampling.top_k,
            top_p=sampling.top_p,
            min_p=sampling.min_p,
            repeat_penalty=sampling.repeat_penalty,
            presence_penalty=sampling.presence_penalty,
            frequency_penalty=sampling.frequency_penalty,
        )
        with contextlib.closing(generated), self._failures():
            for token in itertools.islice(generated, sampling.max_tokens):
                if self._aborted.is_set() or llama_vocab_is_eog(self._llama._model.vocab, token):
                    return
                yield token

    def _begin(self, prompt: list[int]) -> None:
        """Have the adapter as it is wished, and of what was computed before, what `prompt` can go on from."""
        if self._lora is not None and self._lora.add():
            self._prefixes.forget()
        self._prefixes.turn_to(prompt)

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        """What llama.cpp raises, as a ModelError; what an abort does to a computation, as nothing."""
        try:
            yield
        except RuntimeError as error:
            if not self._aborted.is_set():
                raise ModelError(f"{self.name} failed ({error}).") from error

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

"""Loads a GGUF model into llama.cpp, with as many layers on a graphics card as fit there."""

from __future__ import annotations

import contextlib
import io
import logging
import struct
import tempfile
from collections.abc import Callable, Iterator
from ctypes import c_void_p
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from models.cores import physical_cores
from models.gguf_header import MAGIC
from models.llama_file import SMALLEST_CONTEXT, ModelFile
from models.protocols import MAX_DOUBLE_SCALE, ModelError
from models.wording import brief

if TYPE_CHECKING:
    from llama_cpp import Llama

log = logging.getLogger(__name__)

T = TypeVar("T")

AUTOMATIC = -1
_ERROR_LEVEL = 4
_UNKNOWN = {
    "unknown model architecture": "is of the architecture {file.architecture}",
    "unknown tokenizer": "has the tokenizer {file.tokenizer}",
    "unknown pre-tokenizer type": "has a tokenizer that cuts texts as {file.pre_tokenizer}",
}
"""What llama.cpp says of a name that it does not know, and what we do."""
_STRING, _ARRAY = 8, 9
"""Kinds of values in the head of a GGUF."""


@dataclass(frozen=True, slots=True)
class LlamaSettings:
    """How llama.cpp runs."""

    context_tokens: int = 4096
    """Room for the character, the memory and the answer, never more than the model was made for; it costs memory."""
    threads: int = 0
    """0 is one for each physical core."""
    gpu_layers: int = AUTOMATIC
    """Layers of the model on a graphics card, if llama-cpp-python was built for one; -1 is as many as fit."""
    lora: str = ""
    """A LoRA adapter for the model, as GGUF; "" is none."""
    lora_scale: float = 1.0
    """How much of the adapter is added at the start, 0 to 2; 1 is as it was trained. The panel can change it."""

    def __post_init__(self) -> None:
        if self.context_tokens < SMALLEST_CONTEXT:
            raise ValueError(f"context_tokens must be at least {SMALLEST_CONTEXT}")
        if self.threads < 0:
            raise ValueError("threads must be at least 0")
        if self.gpu_layers < AUTOMATIC:
            raise ValueError("gpu_layers must be -1 (as many as fit), 0 (none) or more")
        if not 0 <= self.lora_scale <= MAX_DOUBLE_SCALE:
            raise ValueError(f"lora_scale must be between 0 and {MAX_DOUBLE_SCALE:g}")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready, and where it lies."""

    llama: Llama
    place: str
    """"33 of 33 layers on the graphics card"; "" where there is none."""


def load_llama(file: ModelFile, settings: LlamaSettings) -> Loaded:
    """Load the model in `file`.

    Raises:
        ModelError: llama.cpp cannot, with no layer on a graphics card either (or with as many as the settings name).
    """

    def attempt(layers: int) -> Llama:
        return _attempt(file, settings, layers)

    if not finds_graphics_card():
        return Loaded(attempt(0), "")
    if settings.gpu_layers == AUTOMATIC:
        llama, layers = fit(attempt, file.layers)
    else:
        llama, layers = attempt(settings.gpu_layers), min(settings.gpu_layers, file.layers)
    return Loaded(llama, f"{layers} of {file.layers} layers on the graphics card")


def finds_graphics_card() -> bool:
    """Whether llama.cpp can put layers on a graphics card here.

    Raises:
        ModelError: llama-cpp-python is missing or broken.
    """
    return bool(_llama_cpp().llama_supports_gpu_offload())


def _llama_cpp() -> Any:
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        raise ModelError(f"llama-cpp-python cannot be started ({error}); install it again with scripts/run.") from error
    return llama_cpp


def require_known(file: ModelFile) -> None:
    """Whether the llama.cpp that is installed knows architecture and tokenizer of the model in `file`.

    Nothing of it is loaded.

    Raises:
        ModelError: it does not, or llama-cpp-python is missing or broken.
    """
    # it gives no list, but complains of a file that holds nothing but names that it does not know
    errors = _errors_about(file)
    for complaint, what in _UNKNOWN.items():
        if any(complaint in error for error in errors):
            raise ModelError(
                f"{file.path}: {what.format(file=file)}, which the installed llama.cpp does not know; "
                "take another model."
            )


def _errors_about(file: ModelFile) -> list[str]:
    llama_cpp = _llama_cpp()
    names = {
        "general.architecture": file.architecture,
        "tokenizer.ggml.model": file.tokenizer,
        "tokenizer.ggml.pre": file.pre_tokenizer,
    }
    values = [_text(key) + struct.pack("<I", _STRING) + _text(name) for key, name in names.items() if name]
    # without a list of merges, be it empty, the tokenizers that have one are not looked at
    values.append(_text("tokenizer.ggml.merges") + struct.pack("<IIQ", _ARRAY, _STRING, 0))
    head = struct.pack("<IQQ", 3, 0, len(values)) + b"".join(values)
    errors = keep_errors()
    # without a place for it, the load will tell
    with contextlib.suppress(OSError), tempfile.NamedTemporaryFile(suffix=".gguf") as empty:
        empty.write(MAGIC + head)
        empty.flush()
        parameters = llama_cpp.llama_model_default_params()
        parameters.vocab_only = True
        llama_cpp.llama_model_load_from_file(empty.name.encode(), parameters)
    return errors


def _text(text: str) -> bytes:
    """As a GGUF holds it."""
    return struct.pack("<Q", len(text.encode())) + text.encode()


def fit(attempt: Callable[[int], T], layers: int) -> tuple[T, int]:
    """What `attempt` makes with the most layers, of all, a half, a quarter … none; and how many they were.

    llama.cpp tells no reason by which memory that ran out could be known for sure: whatever fails is tried with fewer
    layers, and what fails with none has another reason.

    Raises:
        ModelError: what `attempt` raised with no layers.
    """
    for fewer in _halves(layers):
        try:
            return attempt(fewer), fewer
        except ModelError as error:
            log.warning("With %d of %d layers on the graphics card: %s Fewer are tried.", fewer, layers, error)
    return attempt(0), 0


def _halves(layers: int) -> Iterator[int]:
    while layers > 0:
        yield layers
        layers //= 2


def _attempt(file: ModelFile, settings: LlamaSettings, layers: int) -> Llama:
    import jinja2
    import llama_cpp

    threads = settings.threads or physical_cores()
    errors = keep_errors()
    with contextlib.redirect_stderr(io.StringIO()), _every_weight_checked():
        try:
            # "verbose", because being quiet would close the whole process's stderr for as long as it loads
            llama = llama_cpp.Llama(
                str(file.path),
                n_ctx=settings.context_tokens,
                n_threads=threads,
                n_threads_batch=threads,
                n_gpu_layers=layers,
                verbose=True,
            )
        except Exception as error:  # its own classes, and jinja2's for a template that cannot be read
            reason = brief(errors[0] if errors else error)
            remedy = "lower gpu_layers under [engines.llama], or fetch it again" if layers else "fetch it again"
            if isinstance(error, jinja2.TemplateError):
                # of a further template, which is not used, and would be the same in every copy
                remedy = "take another model"
            raise ModelError(f"{file.path}: llama.cpp cannot load it ({reason}); {remedy}.") from error
    llama.verbose = False
    return llama


@contextlib.contextmanager
def _every_weight_checked() -> Iterator[None]:
    """Let llama.cpp refuse weights that are no numbers; `Llama` has no argument for that."""
    from llama_cpp import llama_cpp as library

    usual = library.llama_model_default_params

    def checking() -> Any:
        parameters = usual()
        parameters.check_tensors = True
        return parameters

    library.llama_model_default_params = checking
    try:
        yield
    finally:
        library.llama_model_default_params = usual


_log_callback: Any = None
"""llama.cpp keeps one for the whole process: it must live as long."""


def keep_errors() -> list[str]:
    """From now on llama.cpp writes nothing to the terminal; its errors go into this list."""
    global _log_callback  # noqa: PLW0603
    import llama_cpp

    errors: list[str] = []

    def note(level: int, text: bytes, _: object) -> None:
        if level == _ERROR_LEVEL:
            errors.append(" ".join(text.decode(errors="replace").split()))

    callback = llama_cpp.llama_log_callback(note)
    llama_cpp.llama_log_set(callback, c_void_p(0))
    # only now may the one before be freed
    _log_callback = callback
    return errors

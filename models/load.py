"""Makes the engines that the settings name: the only module that knows the adapters."""

from __future__ import annotations

import difflib
import importlib.util
import itertools
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Timer

import numpy as np

from models.audio import HEARING_RATE_HZ, Audio, silence
from models.authored import AuthoredLanguageModel, AuthoredSettings, read_lines
from models.catalog import EngineRole, recommended
from models.coqui import CoquiSynthesizer
from models.coqui_model import XTTS, XTTS_CAUTION, CoquiSettings, require_coqui, require_reference
from models.espeak import EspeakSettings, EspeakSynthesizer, require_espeak
from models.instant import InstantLanguageModel, InstantSettings, InstantSynthesizer, InstantTranscriber
from models.llama import LlamaLanguageModel, LlamaSettings, require_gguf
from models.phrasebook import Phrasebook, read_phrasebook
from models.pronunciation import Pronunciation, check_dictionary
from models.protocols import Engines, Language, LanguageModel, Message, ModelError, Sampling, Synthesizer, Transcriber
from models.sphinx import SphinxTranscriber
from models.spoken import SpokenSynthesizer
from models.whisper import WhisperSettings, WhisperTranscriber, check_folder
from models.xtts import XttsSynthesizer

_COQUI = "coqui:"
_INSTANT = "instant"
_EMBEDDED = ("sphinx", "authored", "espeak")
_IN_WORDS = {
    "sphinx": "pocketsphinx, English only (embedded)",
    "authored": "authored lines of the character (embedded)",
    "espeak": "espeak-ng (embedded)",
    "instant": "instant (tests and benchmarks)",
}
_WARM_UP_S = 60.0
"""An engine that has not finished its first small task after so long is broken."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`[engines]`: which engine does what. Files and folders are looked for in the show's folder."""

    ears: str = "sphinx"
    """"sphinx" (English only; needs no download), "instant", or the folder of a CTranslate2 Whisper."""
    persona: str = "authored"
    """"authored" (the show's own lines), "instant", or a GGUF file."""
    voice: str = "espeak"
    """"espeak", "instant", or "coqui:" and a model's folder or name."""
    whisper: WhisperSettings = field(default_factory=WhisperSettings)
    authored: AuthoredSettings = field(default_factory=AuthoredSettings)
    llama: LlamaSettings = field(default_factory=LlamaSettings)
    espeak: EspeakSettings = field(default_factory=EspeakSettings)
    coqui: CoquiSettings = field(default_factory=CoquiSettings)
    instant: InstantSettings = field(default_factory=InstantSettings)
    pronunciation: dict[Language, dict[str, str]] = field(default_factory=dict)
    """Per language: a word, and how to write it so that the voice says it rightly."""

    def __post_init__(self) -> None:
        check_dictionary(self.pronunciation)


@dataclass(frozen=True, slots=True)
class EngineDescription:
    """An engine in use, and the better one that could be fetched ("" where none is better, or none is wanted)."""

    role: EngineRole
    name: str
    recommended: str


@dataclass(frozen=True, slots=True)
class EngineCheck:
    """Whether an engine could be loaded, as far as can be told without loading it, in one sentence."""

    role: EngineRole
    ok: bool
    sentence: str


STEPS = ("ears", "persona", "voice", "first small tasks")
"""What `load` tells that it begins, one after the other; with large models each takes a while."""


def load(
    settings: EngineSettings,
    show_folder: Path,
    languages: Sequence[Language],
    phrasebook: Phrasebook | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Engines:
    """The engines of a show, each of which has done a small task; with a `phrasebook` the embedded ears know it alone.

    `tell` is given each of STEPS as it begins.

    Raises:
        ModelError: one of them cannot be used; what, where, and what to do.
    """
    steps = iter(STEPS)
    with ExitStack() as loaded:
        tell(next(steps))
        transcriber = _ears(settings, show_folder, phrasebook)
        loaded.callback(transcriber.close)
        tell(next(steps))
        language_model = _persona(settings, show_folder)
        loaded.callback(language_model.close)
        tell(next(steps))
        synthesizer = SpokenSynthesizer(_voice(settings, show_folder), Pronunciation(settings.pronunciation))
        loaded.callback(synthesizer.close)
        engines = Engines(transcriber, language_model, synthesizer)
        tell(next(steps))
        _warm_up(engines, languages)
        loaded.pop_all()
    return engines


def _ears(settings: EngineSettings, show_folder: Path, phrasebook: Phrasebook | None) -> Transcriber:
    match settings.ears:
        case "sphinx":
            return SphinxTranscriber(phrasebook)
        case "instant":
            return InstantTranscriber(settings.instant)
        case folder:
            return WhisperTranscriber(settings.whisper, _path(show_folder, "ears", folder))


def _persona(settings: EngineSettings, show_folder: Path) -> LanguageModel:
    match settings.persona:
        case "authored":
            return AuthoredLanguageModel(settings.authored, show_folder)
        case "instant":
            return InstantLanguageModel(settings.instant)
        case file:
            return LlamaLanguageModel(_path(show_folder, "persona", file), settings.llama)


def _voice(settings: EngineSettings, show_folder: Path) -> Synthesizer:
    match settings.voice:
        case "espeak":
            return EspeakSynthesizer(settings.espeak)
        case "instant":
            return InstantSynthesizer(settings.instant)
        case name if name.startswith(_COQUI):
            return _neural_voice(name.removeprefix(_COQUI), show_folder, settings.coqui)
        case name:
            raise _no_voice(name)


def _neural_voice(name: str, show_folder: Path, settings: CoquiSettings) -> Synthesizer:
    model = require_coqui(name, show_folder)
    reference = require_reference(model, settings, show_folder)
    if model.kind == XTTS:
        return XttsSynthesizer(model, settings, reference)
    return CoquiSynthesizer(model, settings)


def _path(show_folder: Path, key: str, name: str) -> Path:
    """The model's file or folder that `name` means, unless it looks like an engine's name gone wrong."""
    path = show_folder / Path(name).expanduser()
    try:
        exists = path.exists()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}).") from error
    if not exists and (near := _nearest(name)):
        raise ModelError(f'{key} = "{name}" names neither an engine nor a file{near}.')
    return path


def _no_voice(name: str) -> ModelError:
    return ModelError(
        f'voice = "{name}" names no engine; it may be "espeak", "instant", or "coqui:" and a model\'s folder or '
        f"name{_nearest(name)}."
    )


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, (*_EMBEDDED, _INSTANT), n=1)
    return f' (did you mean "{near[0]}"?)' if near else ""


def _warm_up(engines: Engines, languages: Sequence[Language]) -> None:
    """The first task of an engine is its slowest: it is done before there is a public."""
    ears, persona, voice = engines.transcriber, engines.language_model, engines.synthesizer
    _bounded(ears, lambda: ears.transcribe(silence(0.5, HEARING_RATE_HZ), languages))
    for language in languages:
        greeting = (Message("user", "."),)
        answer = persona.stream(greeting, language, Sampling(max_tokens=1, seed=1))
        _bounded(persona, partial(list, answer))
        sound = voice.synthesize("a", language)
        _bounded(voice, partial(list, sound))


def _bounded(engine: Transcriber | LanguageModel | Synthesizer, task: Callable[[], object]) -> None:
    late = Timer(_WARM_UP_S, engine.abort)
    late.start()
    try:
        task()
        if not late.is_alive():
            raise ModelError(
                f"{engine.name} took more than {_WARM_UP_S:.0f} s for a first small task; choose a smaller one."
            )
    finally:
        late.cancel()
        late.join()


def render(text: str, language: Language, voice: str) -> Audio:
    """The sound of a sentence in one of espeak-ng's voices ("en-us+f3"), whatever the engines of the show are.

    Raises:
        ModelError: espeak-ng is missing, or does not know the voice.
    """
    synthesizer = EspeakSynthesizer(EspeakSettings(voices={language: voice}))
    pieces = [piece.samples for piece in synthesizer.synthesize(text, language)]
    return Audio(np.concatenate([np.zeros(0, np.float32), *pieces]), synthesizer.rate_hz)


def describe(settings: EngineSettings) -> tuple[EngineDescription, ...]:
    """The engines that the settings name, without loading them."""
    named: tuple[tuple[EngineRole, str], ...] = (
        ("ears", settings.ears),
        ("persona", settings.persona),
        ("voice", settings.voice),
    )
    return tuple(
        EngineDescription(role, _IN_WORDS.get(name, name), str(recommended(role)) if name in _EMBEDDED else "")
        for role, name in named
    )


def check(settings: EngineSettings, show_folder: Path) -> tuple[EngineCheck, ...]:
    """Whether the engines could be loaded: a look at their files, for a doctor."""
    ways: tuple[tuple[EngineRole, str, Callable[[], str]], ...] = (
        ("ears", settings.ears, lambda: _look_at_ears(settings, show_folder)),
        ("persona", settings.persona, lambda: _look_at_persona(settings, show_folder)),
        ("voice", settings.voice, lambda: _look_at_voice(settings, show_folder)),
    )
    return tuple(_look(role, name, way) for role, name, way in ways)


def cautions(settings: EngineSettings, show_folder: Path) -> tuple[str, ...]:
    """What the licences of the engines' weights forbid on a stage; of engines that cannot be loaded, nothing."""
    if not settings.voice.startswith(_COQUI):
        return ()
    try:
        model = require_coqui(settings.voice.removeprefix(_COQUI), show_folder)
    except ModelError:
        return ()
    return (f"{model.folder}: {XTTS_CAUTION}",) if model.kind == XTTS else ()


def check_questions(file: Path) -> None:
    """Whether the embedded ears can learn the simulated visitor's questions in `file`. Raises ModelError."""
    SphinxTranscriber(read_phrasebook(file)).close()


def _look(role: EngineRole, name: str, way: Callable[[], str]) -> EngineCheck:
    if name == _INSTANT:
        return EngineCheck(role, True, "instant: for tests and benchmarks")
    try:
        return EngineCheck(role, True, way())
    except (ModelError, OSError) as error:
        return EngineCheck(role, False, str(error))


def _look_at_ears(settings: EngineSettings, show_folder: Path) -> str:
    if settings.ears != "sphinx":
        folder = _path(show_folder, "ears", settings.ears)
        check_folder(folder)
        return f"whisper, {folder}"
    if importlib.util.find_spec("pocketsphinx") is None:
        raise ModelError("pocketsphinx, the embedded ears, is not installed; run scripts/run.")
    return "pocketsphinx, English only"


def _look_at_persona(settings: EngineSettings, show_folder: Path) -> str:
    if settings.persona == "authored":
        lines = read_lines(show_folder / settings.authored.lines)
        groups = itertools.groupby(sorted(line.language for line in lines))
        counts = ", ".join(f"{len(list(group))} in {language}" for language, group in groups)
        return f"authored lines, {counts}"
    file = _path(show_folder, "persona", settings.persona)
    require_gguf(file)
    return f"llama.cpp, {file}"


def _look_at_voice(settings: EngineSettings, show_folder: Path) -> str:
    if settings.voice == "espeak":
        return f"espeak-ng, {require_espeak()}"
    if not settings.voice.startswith(_COQUI):
        raise _no_voice(settings.voice)
    model = require_coqui(settings.voice.removeprefix(_COQUI), show_folder)
    taken_on = require_reference(model, settings.coqui, show_folder)
    whose = f", the voice of {settings.coqui.consent}" if taken_on else ""
    return f"coqui {model.kind}, {model.folder}{whose}"

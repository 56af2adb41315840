"""Makes the engines that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Timer

import numpy as np

from models.audio import HEARING_RATE_HZ, Audio, silence
from models.authored import AuthoredLanguageModel
from models.catalog import EngineRole
from models.coqui import CoquiSynthesizer
from models.coqui_model import COQUI, XTTS, CoquiModel, CoquiSettings, require_coqui, require_reference
from models.engine_settings import POCKET, EngineSettings, is_embedded, model_path, no_voice
from models.espeak import EspeakSettings, EspeakSynthesizer
from models.host import Order
from models.hosted import Hosted, HostedLanguageModel, HostedSynthesizer, HostedTranscriber
from models.instant import InstantLanguageModel, InstantSynthesizer, InstantTranscriber
from models.known_languages import require_sphinx_language, require_spoken
from models.llama import LlamaLanguageModel
from models.phrasebook import Phrasebook
from models.pronunciation import Pronunciation
from models.protocols import (
    Engines,
    Language,
    LanguageModel,
    Message,
    ModelError,
    Restarting,
    Sampling,
    Synthesizer,
    Transcriber,
)
from models.server import remote
from models.settings import plain
from models.sphinx import SphinxTranscriber
from models.spoken import SpokenSynthesizer
from models.whisper import WhisperTranscriber
from models.xtts import XttsSynthesizer

Engine = Transcriber | LanguageModel | Synthesizer

_WARM_UP_S = 60.0
"""An engine that has not finished its first small task after so long is broken."""

STEPS = ("ears", "persona", "voice", "first small tasks")
"""What `load` tells that it begins, one after the other; with large models each takes a while."""


def load(
    settings: EngineSettings,
    show_folder: Path,
    languages: Sequence[Language],
    phrasebook: Phrasebook | None = None,
    tell: Callable[[str], None] = lambda _: None,
    notice: Callable[[str], None] = lambda _: None,
) -> Engines:
    """The engines of a show, each of which has done a small task; with a `phrasebook` the embedded ears know it alone.

    `tell` is given each of STEPS as it begins; `notice` one sentence whenever this machine's engines have to play
    without the company's server, now or later, and "" when it is back.

    Raises:
        ModelError: one of them cannot be used; what, where, and what to do.
    """
    steps, here = iter(STEPS), settings.here
    away = remote(settings.server, show_folder, settings.on_server, languages) if settings.on_server else None
    order = partial(_order, here, show_folder, languages)
    with ExitStack() as loaded:
        tell(next(steps))
        transcriber: Transcriber = (
            HostedTranscriber(order("ears", here.ears), here.hosted)
            if _is_hosted(here, here.ears)
            else _ears(here, show_folder, languages, phrasebook)
        )
        loaded.callback(transcriber.close)
        tell(next(steps))
        language_model: LanguageModel = (
            HostedLanguageModel(order("persona", here.persona), here.hosted)
            if _is_hosted(here, here.persona)
            else _persona(here, show_folder)
        )
        loaded.callback(language_model.close)
        tell(next(steps))
        synthesizer: Synthesizer = (
            HostedSynthesizer(order("voice", here.voice), here.hosted)
            if _is_hosted(here, here.voice)
            else _voice(here, show_folder, languages)
        )
        loaded.callback(synthesizer.close)
        engines = Engines(transcriber, language_model, synthesizer)
        restarting = _restarting(engines)
        tell(next(steps))
        _warm_up(engines, languages)
        if away is not None:
            engines = away.before(engines, notice)
            _warm_up(engines, languages)
        # what is spoken for what is written is no matter of the engine: it holds for a server's voice too
        spoken = SpokenSynthesizer(engines.synthesizer, Pronunciation(settings.pronunciation))
        engines = replace(engines, synthesizer=spoken, restarting=restarting)
        loaded.pop_all()
    return engines


def make(role: EngineRole, settings: EngineSettings, show_folder: Path, languages: Sequence[Language]) -> Engine:
    """One engine, in this process, which has done a small task: for the process of a hosted one.

    Raises:
        ModelError: it cannot be used; what, where, and what to do.
    """
    match role:
        case "ears":
            ears = _ears(settings, show_folder, languages, None)
            _warm_ears(ears, languages)
            return ears
        case "persona":
            persona = _persona(settings, show_folder)
            _warm_persona(persona, languages)
            return persona
        case "voice":
            voice = _voice(settings, show_folder, languages)
            _warm_voice(voice, languages)
            return voice


def _restarting(engines: Engines) -> dict[str, Restarting]:
    named = {"ears": engines.transcriber, "persona": engines.language_model, "voice": engines.synthesizer}
    return {role: engine for role, engine in named.items() if isinstance(engine, Hosted)}


def _is_hosted(settings: EngineSettings, name: str) -> bool:
    """Whether the engine of that name runs in a process of its own."""
    return settings.hosted.heavy and not is_embedded(name)


def _order(
    settings: EngineSettings, show_folder: Path, languages: Sequence[Language], role: EngineRole, name: str
) -> Order:
    """What a process of its own is to make for this role."""
    contents = {
        "role": role,
        "settings": plain(settings),
        "show_folder": str(show_folder),
        "languages": list(languages),
    }
    return Order(name, contents)


def _ears(
    settings: EngineSettings, show_folder: Path, languages: Sequence[Language], phrasebook: Phrasebook | None
) -> Transcriber:
    match settings.ears:
        case "sphinx":
            if phrasebook is None:
                require_sphinx_language(languages)
            return SphinxTranscriber(phrasebook)
        case "instant":
            return InstantTranscriber(settings.instant)
        case folder:
            # the pocket Whisper never learned from a prompt: with one it hears next to nothing
            whisper = replace(settings.whisper, hot_words=()) if folder == POCKET else settings.whisper
            return WhisperTranscriber(whisper, model_path(show_folder, "ears", folder))


def _persona(settings: EngineSettings, show_folder: Path) -> LanguageModel:
    match settings.persona:
        case "authored":
            return AuthoredLanguageModel(settings.authored, show_folder)
        case "instant":
            return InstantLanguageModel(settings.instant)
        case file:
            return LlamaLanguageModel(model_path(show_folder, "persona", file), settings.llama, show_folder)


def _voice(settings: EngineSettings, show_folder: Path, languages: Sequence[Language]) -> Synthesizer:
    match settings.voice:
        case "espeak":
            return EspeakSynthesizer(settings.espeak)
        case "instant":
            return InstantSynthesizer(settings.instant)
        case name if name.startswith(COQUI):
            model = require_coqui(name.removeprefix(COQUI), show_folder)
            require_spoken(model, languages)
            return _neural_voice(model, show_folder, settings.coqui)
        case name:
            raise no_voice(name)


def _neural_voice(model: CoquiModel, show_folder: Path, settings: CoquiSettings) -> Synthesizer:
    reference = require_reference(model, settings, show_folder)
    if model.kind == XTTS:
        return XttsSynthesizer(model, settings, reference)
    return CoquiSynthesizer(model, settings)


def _warm_up(engines: Engines, languages: Sequence[Language]) -> None:
    """The first task of an engine is its slowest: it is done before there is a public.

    Hosted ones did theirs in their own process, and do so each time that they are started again.
    """
    if not isinstance(engines.transcriber, Hosted):
        _warm_ears(engines.transcriber, languages)
    if not isinstance(engines.language_model, Hosted):
        _warm_persona(engines.language_model, languages)
    if not isinstance(engines.synthesizer, Hosted):
        _warm_voice(engines.synthesizer, languages)


def _warm_ears(ears: Transcriber, languages: Sequence[Language]) -> None:
    if isinstance(ears, WhisperTranscriber):
        _bounded(ears, lambda: ears.warm_up(languages))
    else:
        _bounded(ears, lambda: ears.transcribe(silence(0.5, HEARING_RATE_HZ), languages))


def _warm_persona(persona: LanguageModel, languages: Sequence[Language]) -> None:
    for language in languages:
        answer = persona.stream((Message("user", "."),), language, Sampling(max_tokens=1, seed=1))
        _bounded(persona, partial(list, answer))


def _warm_voice(voice: Synthesizer, languages: Sequence[Language]) -> None:
    for language in languages:
        _bounded(voice, partial(list, voice.synthesize("a", language)))


def _bounded(engine: Engine, task: Callable[[], object]) -> None:
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

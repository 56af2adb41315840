"""Which engine does what in a show: `[engines]` of show.toml."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from pathlib import Path

from models.authored import AuthoredSettings
from models.catalog import EngineRole, Role, by_id, catalog
from models.coqui_model import COQUI, CoquiSettings
from models.espeak import EspeakSettings
from models.host import HostedSettings
from models.instant import InstantSettings
from models.llama_loader import LlamaSettings
from models.pronunciation import check_dictionary
from models.protocols import Language, ModelError
from models.server_settings import SERVER, FallbackSettings, ServerSettings
from models.whisper import WhisperSettings

INSTANT = "instant"
POCKET = "pocket"
"""The small models that are shipped, made by scripts/train_pocket_*."""
POCKET_PERSONA = "Ada Morel"
"""The one character that the pocket persona can be."""
_POCKET_FILES: dict[EngineRole, str] = {"ears": "whisper", "persona": "persona/ada.gguf"}
_KINDS: dict[Role, str] = {
    "ears": "a model of ears",
    "persona": "a persona model",
    "voice": "a model of a voice",
    "turns": "a model that hears who has finished",
}
EMBEDDED_AS: dict[EngineRole, str] = {"ears": "sphinx", "persona": "authored", "voice": "espeak"}
EMBEDDED = tuple(EMBEDDED_AS.values())
"""Engines that need no weights."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`[engines]`: which engine does what. Files and folders are looked for in the show's folder."""

    ears: str = "sphinx"
    """"sphinx" (English only), "pocket", "instant", "server", a name of the catalogue, or the folder of a CTranslate2
    Whisper."""
    persona: str = "authored"
    """"authored" (the show's own lines), "pocket", "instant", "server", a name of the catalogue, or a GGUF file."""
    voice: str = "espeak"
    """"espeak", "instant", "server", or "coqui:" and a model's folder, or its name in the catalogue or in Coqui's
    list."""
    whisper: WhisperSettings = field(default_factory=WhisperSettings)
    authored: AuthoredSettings = field(default_factory=AuthoredSettings)
    llama: LlamaSettings = field(default_factory=LlamaSettings)
    espeak: EspeakSettings = field(default_factory=EspeakSettings)
    coqui: CoquiSettings = field(default_factory=CoquiSettings)
    instant: InstantSettings = field(default_factory=InstantSettings)
    hosted: HostedSettings = field(default_factory=HostedSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    fallback: FallbackSettings = field(default_factory=FallbackSettings)
    pronunciation: dict[Language, dict[str, str]] = field(default_factory=dict)
    """Per language: a word, and how to write it so that the voice says it rightly."""

    def __post_init__(self) -> None:
        check_dictionary(self.pronunciation)
        for role, name in self.named:
            for key, engine in ((role, name), (f"fallback.{role}", getattr(self.fallback, role))):
                if not engine.removeprefix(COQUI if role == "voice" else "").strip():
                    raise ValueError(f"{key} names nothing; it must be an engine, a model or its file")

    @property
    def named(self) -> tuple[tuple[EngineRole, str], ...]:
        """Every role with what it names."""
        return (("ears", self.ears), ("persona", self.persona), ("voice", self.voice))

    @property
    def on_server(self) -> tuple[EngineRole, ...]:
        """The roles that lean on the company's server."""
        return tuple(role for role, name in self.named if name == SERVER)

    @property
    def here(self) -> EngineSettings:
        """The same with an engine of this machine in place of each "server"."""
        return replace(self, **{role: getattr(self.fallback, role) for role in self.on_server})


def is_embedded(name: str) -> bool:
    """Whether the engine of that name needs no weights, so that it is light and cannot be missing."""
    return name in (*EMBEDDED, INSTANT)


def model_path(show_folder: Path, role: EngineRole, name: str) -> Path:
    """The model's file or folder that `name` means.

    Raises:
        ModelError: it cannot be read, or looks like an engine's name gone wrong.
    """
    if name == POCKET and role in _POCKET_FILES:
        return Path(__file__).with_name(POCKET) / _POCKET_FILES[role]
    path = show_folder / Path(name).expanduser()
    try:
        exists = path.exists()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}).") from error
    if not exists:
        _refuse_other_role(role, name)
    if not exists and (near := nearest(role, name)):
        raise ModelError(f'{role} = "{name}" names neither an engine nor a file{near}.')
    return path


def _refuse_other_role(role: EngineRole, name: str) -> None:
    """Raises ModelError when `name` is a model of the catalogue, and not one for `role`."""
    entry = by_id().get(name.removeprefix(COQUI))
    if entry is not None and entry.role != role:
        raise ModelError(f'{role} = "{name}" is {_KINDS[entry.role]}; it is named so: {entry.in_show}.')


def nearest(role: EngineRole, name: str) -> str:
    """(did you mean "…"?), or nothing."""
    prefix = COQUI if role == "voice" else ""
    pulled = (prefix + entry.id for entry in catalog() if entry.role == role)
    shipped = (POCKET,) if role in _POCKET_FILES else ()
    near = difflib.get_close_matches(name, (EMBEDDED_AS[role], *shipped, INSTANT, SERVER, *pulled), n=1)
    return f' (did you mean "{near[0]}"?)' if near else ""


def no_voice(name: str) -> ModelError:
    """What to say of a voice that is none."""
    try:
        _refuse_other_role("voice", name)
    except ModelError as error:
        return error
    return ModelError(
        f'voice = "{name}" names no engine; it may be "espeak", "instant", "server", or "coqui:" and a model\'s folder '
        f"or name{nearest('voice', name)}."
    )

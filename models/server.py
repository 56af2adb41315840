"""Puts a server of the company's before this machine's engines, where the show wants it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.api_ears import ApiTranscriber
from models.api_persona import ApiLanguageModel
from models.api_voice import ApiSynthesizer
from models.catalog import EngineRole
from models.fallback import FallbackLanguageModel, FallbackSynthesizer, FallbackTranscriber
from models.openai_api import JSON, Request, Server
from models.protocols import Engines, Language, LanguageModel, ModelError, Synthesizer, Transcriber
from models.reach import Reach
from models.server_settings import ServerSettings


@dataclass(frozen=True, slots=True)
class ServerCheck:
    """How it stands with the server, in one sentence; away, the house plays without it, unusable, it does not open."""

    state: Literal["ready", "away", "unusable"]
    sentence: str


def _check_settings(settings: ServerSettings, roles: Sequence[EngineRole], languages: Sequence[Language]) -> None:
    """Whether everything that `roles` need is named. Raises ModelError."""
    settings.require_url()
    models: dict[EngineRole, str] = {
        "ears": settings.ears_model,
        "persona": settings.persona_model,
        "voice": settings.voice_model,
    }
    for role in roles:
        if not models[role]:
            raise ModelError(f'[engines.server] needs {role}_model, because {role} = "server".')
    silent = [language for language in languages if language not in settings.voices]
    if "voice" in roles and silent:
        raise ModelError(f'[engines.server.voices] has no voice for "{silent[0]}"; name one of the server\'s.')


@dataclass(frozen=True, slots=True)
class Remote:
    """The server's engines, for the roles that lean on it; making them does not connect."""

    ears: ApiTranscriber | None
    persona: ApiLanguageModel | None
    voice: ApiSynthesizer | None

    def before(self, here: Engines, tell: Callable[[str], None]) -> Engines:
        """These engines, each with the one of `here` behind it; see Reach for `tell`."""
        ears: Transcriber = here.transcriber
        persona: LanguageModel = here.language_model
        voice: Synthesizer = here.synthesizer
        named: tuple[tuple[EngineRole, object], ...] = (
            ("ears", self.ears),
            ("persona", self.persona),
            ("voice", self.voice),
        )
        reach = Reach([role for role, engine in named if engine is not None], tell)
        if self.ears is not None:
            ears = FallbackTranscriber(self.ears, ears, reach)
        if self.persona is not None:
            persona = FallbackLanguageModel(self.persona, persona, reach)
        if self.voice is not None:
            voice = FallbackSynthesizer(self.voice, voice, reach)
        return Engines(ears, persona, voice, here.language_model)


def remote(
    settings: ServerSettings, show_folder: Path, roles: Sequence[EngineRole], languages: Sequence[Language]
) -> Remote:
    """The server's engines for `roles`.

    Raises:
        ModelError: the settings do not hold what they need, or the token or the certificates are not there.
    """
    _check_settings(settings, roles, languages)
    return Remote(
        ApiTranscriber(settings, show_folder) if "ears" in roles else None,
        ApiLanguageModel(settings, show_folder) if "persona" in roles else None,
        ApiSynthesizer(settings, show_folder) if "voice" in roles else None,
    )


def check_server(
    settings: ServerSettings, show_folder: Path, roles: Sequence[EngineRole], languages: Sequence[Language]
) -> ServerCheck:
    """Ask the server for its models, and see whether those of the show are among them."""
    try:
        remote(settings, show_folder, roles, languages)
        server = Server(settings, show_folder)
    except ModelError as error:
        return ServerCheck("unusable", str(error))
    try:
        listed = _models(server)
    except ModelError as error:
        return ServerCheck("away", str(error))
    finally:
        server.close()
    wanted = {str(getattr(settings, f"{role}_model")) for role in roles}
    if missing := sorted(wanted - set(listed)):
        return ServerCheck(
            "away", f"{server.url}: has no model {missing[0]!r}; it lists: {server.cleared(', '.join(listed))}."
        )
    return ServerCheck("ready", f"{server.url}, for {', '.join(roles)}")


def _models(server: Server) -> list[str]:
    with server.ask(Request("/models"), JSON) as answer:
        content = answer.whole()
    try:
        return [str(model["id"]) for model in json.loads(content)["data"]]
    except (ValueError, LookupError, TypeError) as error:
        raise server.strange("other JSON", "a list of models") from error

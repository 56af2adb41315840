"""Which server of the company's the engines lean on, and how one gets into it."""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from models.line import Address, is_public
from models.protocols import Language, ModelError

SERVER = "server"
"""What `ears`, `persona` and `voice` are in the settings, to lean on it."""

_PORTS = {"http": 80, "https": 443}
_LONGEST_WAIT_S = 30.0
"""No public waits longer, and the first small task at start must end."""
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """`[engines.server]`: an OpenAI-style server, for the engines that are "server"."""

    url: str = ""
    """With its "/v1": "https://double.company.example/v1". "http://" is for this machine and private networks alone."""
    token_env: str = ""
    """The environment variable that holds the token, so that no show on a stick has a secret in it."""
    token_file: str = ""
    """Or the file that does; it may start in the show's folder."""
    ca_file: str = ""
    """Certificates (PEM) to trust instead of the system's, for a server with a certificate of the company's own."""
    ears_model: str = ""
    persona_model: str = ""
    voice_model: str = ""
    voices: dict[Language, str] = field(default_factory=dict)
    """The voice for each language of the show."""
    voice_rate_hz: int = 24_000
    """Of the server's PCM, 16-bit, little-endian, mono; it does not tell."""
    repeat_penalty_name: str = ""
    """What the server calls it ("repeat_penalty" llama.cpp, "repetition_penalty" vLLM); "": it is not told of it."""
    connect_timeout_s: float = 1.5
    """To look its name up, connect and agree on the encryption; then it counts as away."""
    answer_timeout_s: float = 5.0
    """Until the first word or sound, and from each to the next; for the ears, until the whole text."""

    def __post_init__(self) -> None:
        if self.url:
            _check_url(self.url)
        if self.token_env and self.token_file:
            raise ValueError("token_env and token_file cannot both hold the token; take one of them out")
        if not (0 < self.connect_timeout_s <= _LONGEST_WAIT_S and 0 < self.answer_timeout_s <= _LONGEST_WAIT_S):
            raise ValueError(
                f"connect_timeout_s and answer_timeout_s must be more than 0 and at most {_LONGEST_WAIT_S:.0f}"
            )
        if not 8_000 <= self.voice_rate_hz <= 192_000:
            raise ValueError("voice_rate_hz must be between 8000 and 192000")

    @property
    def host(self) -> str:
        """Its name, as people know it."""
        return urlsplit(self.url).hostname or ""

    def require_url(self) -> None:
        """Raises ModelError where there is none."""
        if not self.url:
            raise ModelError('[engines.server] needs a url, such as "https://double.company.example/v1".')

    def address(self, show_folder: Path) -> Address:
        """Where to connect to, and with which certificates to trust.

        Raises:
            ModelError: there is no url, or the certificates cannot be read.
        """
        self.require_url()
        parts = urlsplit(self.url)
        tls = _certificates(self.ca_file, show_folder) if parts.scheme == "https" else None
        return Address(str(parts.hostname), parts.port or _PORTS[parts.scheme], tls)

    def token(self, show_folder: Path) -> str:
        """What opens the server, "" where no token is named.

        Raises:
            ModelError: it is not where the settings say, or is no token; nothing of it is in the message.
        """
        if self.token_env:
            where, text = f"the environment variable {self.token_env}", os.environ.get(self.token_env, "")
        elif self.token_file:
            path = show_folder / Path(self.token_file).expanduser()
            where, text = str(path), _read(path)
        else:
            return ""
        token = text.strip()
        if not token:
            raise ModelError(f"{where} holds no token; it is named under [engines.server].")
        if not _TOKEN.fullmatch(token):
            raise ModelError(f"{where} holds something that is no token: it has spaces or strange letters in it.")
        return token


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # read here, because it is checked when it is read
        host = parts.hostname or ""
        host.encode("ascii" if ":" in host else "idna")
    except ValueError as error:
        raise ValueError(f"url has a host or a port that cannot be ({error})") from None
    if complaint := _complaint(parts, host):
        raise ValueError(f"url {complaint}")


def _complaint(parts: SplitResult, host: str) -> str:
    if parts.scheme not in _PORTS or not host:
        return 'must begin with "https://" or "http://" and a host, such as "https://double.company.example/v1"'
    if parts.username is not None or parts.password is not None:
        return "must hold no name or password; put the token where token_env or token_file says"
    if parts.query or parts.fragment or not re.fullmatch(r"[!-~]*", parts.path):
        return 'must end with its path, such as "/v1", without spaces, "?" or "#"'
    if parts.scheme == "http" and is_public(host):
        return 'is a public address without TLS: everybody on the way could listen; use "https://"'
    return ""


def _certificates(ca_file: str, show_folder: Path) -> ssl.SSLContext:
    if not ca_file:
        return ssl.create_default_context()
    path = show_folder / Path(ca_file).expanduser()
    _read(path)
    try:
        return ssl.create_default_context(cafile=str(path))
    except ssl.SSLError as error:
        raise ModelError(f"{path}: holds no certificates in PEM; see ca_file under [engines.server].") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ModelError(f"{path}: there is no such file; it is named under [engines.server].") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError:
        raise ModelError(f"{path}: is not a text; it is named under [engines.server].") from None


@dataclass(frozen=True, slots=True)
class FallbackSettings:
    """`[engines.fallback]`: which engines of this machine play while the server is away; as in `[engines]`."""

    ears: str = "sphinx"
    persona: str = "authored"
    voice: str = "espeak"

    def __post_init__(self) -> None:
        if SERVER in (self.ears, self.persona, self.voice):
            raise ValueError('must name engines of this machine, not "server"')

"""Who may speak to the panel: pages that it served itself, on this machine."""

from __future__ import annotations

import re

from flask import Request, Response

from web.refusal import Refusal

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

_HOST = re.compile(r"(?P<name>[a-z0-9.-]+|\[[0-9a-f:]+\])(?::(?P<port>\d+))?")

_HEADERS = {
    # Words of the public are on this page: nothing inline can run, and no text can become markup.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def check_host(request: Request) -> None:
    """Let only requests through that are addressed to this machine by a loopback name and the port served.

    A page elsewhere can point a name of its own at 127.0.0.1, but cannot make the browser send another name than that.

    Raises:
        Refusal: the Host header names somebody else.
    """
    if not _is_own(request.headers.get("Host", ""), request.environ["SERVER_PORT"]):
        raise Refusal(
            403,
            "The panel answers only under the address that was printed at its start.",
            "La régie ne répond qu’à l’adresse affichée à son démarrage.",
        )


def check_origin(request: Request) -> None:
    """Let only the panel's own page (or a program, which sends neither header) through.

    Raises:
        Refusal: another page has sent this.
    """
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    own_origin = origin is None or origin == f"http://{request.headers['Host']}"
    if not own_origin or site not in {None, "same-origin"}:
        raise Refusal(
            403,
            "Only the panel’s own page may send this.",
            "Seule la page de la régie peut envoyer cela.",
        )


def add_headers(response: Response) -> Response:
    """Put the security headers on an answer."""
    response.headers.update(_HEADERS)
    return response


def _is_own(host: str, port: str) -> bool:
    match = _HOST.fullmatch(host)
    return match is not None and match["name"].strip("[]") in LOOPBACK_HOSTS and (match["port"] or "80") == port

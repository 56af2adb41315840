"""The panel as a WSGI application: one page, one stream of events, one door for commands."""

from __future__ import annotations

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from installation.commands import (
    Ask,
    Refused,
    Say,
    ScaleDouble,
)
from web.commands import parse_command
from web.house import House
from web.refusal import Refusal
from web.security import add_headers, check_host, check_origin
from web.stream import Streams

MAX_BODY_BYTES = 16 * 1024
MAX_REQUEST_BYTES = 1024 * 1024
"""The server itself refuses a request with more than this in it."""


def create_app(house: House, streams: Streams | None = None) -> Flask:
    """The application for `house`; whoever serves it passes the `streams` that it will close."""
    app = Flask(__name__)
    streams = streams or Streams(house)
    app.before_request(lambda: check_host(request))
    app.after_request(add_headers)
    app.register_error_handler(Refusal, _refuse)
    app.register_error_handler(Refused, lambda refused: _refuse(Refusal(409, refused.en, refused.fr)))

    @app.get("/")
    def panel() -> str:
        return render_template("panel.html")

    @app.get("/events")
    def events() -> Response:
        check_origin(request)
        return Response(streams.open(), mimetype="text/event-stream", headers={"Cache-Control": "no-store"})

    @app.post("/command")
    def command() -> ResponseReturnValue:
        check_origin(request)
        command = parse_command(_body())
        if isinstance(command, Say | Ask) and house.snapshot().scene.panic:
            raise Refusal(
                409,
                "The house is in panic and says nothing: press Resume, then send again.",
                "La maison est en panique et se tait : appuyez sur Reprendre, puis renvoyez.",
            )
        if isinstance(command, ScaleDouble) and house.snapshot().scene.double_scale is None:
            raise Refusal(
                409,
                "The persona has no adapter: name one as lora under [engines.llama] in show.toml.",
                "La persona n’a pas d’adaptateur : nommez-en un, lora, sous [engines.llama] dans show.toml.",
            )
        house.submit(command)
        return {}, 202

    return app


def _body() -> bytes:
    """The JSON text sent.

    Raises:
        Refusal: it is too long or not declared as JSON.
    """
    if request.mimetype != "application/json":
        raise Refusal(400, "A command must be sent as application/json.", "Envoyez la commande en application/json.")
    try:
        body = request.stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            # An answer before the whole body is read would reach a browser as a broken connection, without a word.
            request.stream.read(MAX_REQUEST_BYTES)
    except (OSError, ValueError) as error:
        raise Refusal(400, "The command did not arrive whole.", "La commande n’est pas arrivée entière.") from error
    if len(body) > MAX_BODY_BYTES:
        raise Refusal(413, "The text is far too long to be sent.", "Le texte est bien trop long pour être envoyé.")
    return body


def _refuse(refusal: Refusal) -> ResponseReturnValue:
    return jsonify(refusal.as_json()), refusal.status

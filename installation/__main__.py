"""The command line: `souffleur run`, `devices`, `doctor`, `log`; the other commands have files of their own."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from installation.calibrate_command import calibrate
from installation.choice_of_show import Failure, open_show, show_folder
from installation.events import (
    Mode,
)
from installation.models_command import models
from installation.paths import log_path
from installation.replay_command import replay
from models.engine_settings import EngineSettings

EXIT_CODES = """\b
Exit codes:
  0  it ended as it should
  1  a bug ended it: start it again, as a supervisor would (doctor, calibrate: something is wrong)
  2  the command line, or a file of the show, is wrong
  3  an engine or a model cannot be used
  4  the panel's port cannot be used
  5  the show log cannot be used
  6  replay --check: something would be decided otherwise
"""


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="souffleur")
def main() -> None:
    """Puts a double on stage: it hears the public, answers aloud, and can be interrupted.

    Begin with `souffleur run`: it plays the demo. `souffleur doctor` tells what works on this machine.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal of few letters shows a question mark; it does not end the evening.
            stream.reconfigure(errors="replace")


@contextmanager
def _explained() -> Iterator[None]:
    """What can keep an evening from beginning, as one sentence and an exit code."""
    from installation.evening import FAILURES

    try:
        yield
    except tuple(FAILURES) as error:
        code = next(code for kind, code in FAILURES.items() if isinstance(error, kind))
        raise Failure(str(error), code) from error


@main.command()
@click.argument("show", required=False)
@click.option("--visitor", is_flag=True, help="A simulated visitor speaks in the microphone's place.")
@click.option(
    "--listen", type=click.Path(path_type=Path), metavar="FILE", help="A recording in the microphone's place."
)
@click.option(
    "--engines",
    type=click.Choice(["show", "instant"]),
    default="show",
    show_default=True,
    help="Those that the show names, or instant ones that cost nothing (tests, benchmarks).",
)
@click.option(
    "--instant-heard",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What the instant ears hear, one line for each draft; with --engines instant.",
)
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="Who decides that a line is spoken; by default what the show says.",
)
@click.option("--input", "input_", metavar="DEVICE", help="Microphone: name, part of it, or number.")
@click.option("--output", metavar="DEVICE", help="Loudspeaker: name, part of it, or number.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the panel; 0 picks a free one.")
@click.option("--open", "open_", is_flag=True, help="Open the panel in the browser.")
@click.option("--verbose", is_flag=True, help="Tell more on the terminal.")
def run(
    show: str | None,
    visitor: bool,
    listen: Path | None,
    engines: str,
    instant_heard: Path | None,
    mode: str | None,
    input_: str | None,
    output: str | None,
    port: int | None,
    open_: bool,
    verbose: bool,
) -> None:
    """Open the house and play SHOW: a folder, or the name of one in shows/ (by default the demo).

    Without a microphone a simulated visitor asks questions, so that you see the loop at work. One line
    `ready ADDRESS` tells that the house listens and where its panel is. End it with Ctrl-C.

    \b
    Examples:
      souffleur run                       the demo, on this machine's microphone and loudspeaker
      souffleur run --visitor             with somebody who asks
      souffleur run shows/mine --mode curated
      souffleur run --listen evening.wav --port 0
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    from installation.evening import Seats, play

    chosen = open_show(show)
    config = replace(chosen.config, engines=_engines(chosen.config.engines, engines == "instant", instant_heard))
    if mode is not None:
        config = replace(config, show=replace(config.show, mode=Mode(mode)))
    sound = replace(
        config.sound, input=_device(input_, config.sound.input), output=_device(output, config.sound.output)
    )
    panel = config.panel if port is None else replace(config.panel, port=port)
    config = replace(config, sound=sound, panel=panel)
    with _explained():
        ended_well = play(replace(chosen, config=config), Seats(listen, visitor, open_))
    sys.exit(0 if ended_well else 1)


def _engines(of_the_show: EngineSettings, instant: bool, heard: Path | None) -> EngineSettings:
    """Those that the show names, or instant ones that hear the lines of the file `heard`."""
    if heard is not None and not instant:
        raise Failure("--instant-heard tells the instant ears what they hear; add --engines instant.", 2)
    if heard is not None and not heard.is_file():
        raise Failure(f"{heard}: there is no such file; write into it what is heard, one line for each draft.", 2)
    if not instant:
        return of_the_show
    settings = replace(of_the_show.instant, script=heard or of_the_show.instant.script)
    return replace(of_the_show, ears="instant", persona="instant", voice="instant", instant=settings)


def _device(given: str | None, otherwise: str | int) -> str | int:
    if given is None:
        return otherwise
    return int(given) if given.isdigit() else given


@main.command()
@click.argument("show", required=False)
def devices(show: str | None) -> None:
    """List microphones and loudspeakers with their rates; those that SHOW uses are marked."""
    from installation.sound.devices import table

    sound = open_show(show).config.sound
    with _explained():
        click.echo(table(sound.input, sound.output))


@main.command()
@click.argument("show", required=False)
def doctor(show: str | None) -> None:
    """Tell in one screen what works on this machine and what does not, with the remedy for each fault.

    Pulled models are read to their last byte, which takes some seconds for each gigabyte.
    """
    from installation.doctor import examine
    from installation.findings import exit_code, report

    checks = examine(show_folder(show))
    click.echo(report(checks, colour=sys.stdout.isatty()))
    sys.exit(exit_code(checks))


main.add_command(models)
main.add_command(replay)
main.add_command(calibrate)


@main.command()
@click.argument("show", required=False)
@click.option("--evening", type=int, metavar="NUMBER", help="Which evening; by default the latest.")
@click.option("--list", "list_", is_flag=True, help="List the evenings.")
@click.option(
    "--export", type=click.Choice(["markdown", "csv", "webvtt", "waterfalls"]), help="Write it in that format."
)
@click.option(
    "--to", type=click.Path(path_type=Path), metavar="FILE", help="Where --export writes (default: terminal)."
)
def log(show: str | None, evening: int | None, list_: bool, export: str | None, to: Path | None) -> None:
    """Print what was heard and said on an evening of SHOW, and how long visitors waited; also while it lasts.

    \b
    Formats of --export:
      markdown    a protocol to read
      csv         every change of a line, for a spreadsheet
      webvtt      what was said aloud, as subtitles
      waterfalls  when each answer passed each step, for a spreadsheet (CSV)
    """
    from installation import export as formats
    from installation.show_log_reading import list_evenings, read_evening

    path = log_path(open_show(show).config.show.name)
    with _explained():
        if list_:
            click.echo(formats.to_list(list_evenings(path)), nl=False)
            return
        protocol = read_evening(path, evening)
    text = (
        formats.WRITERS[export](protocol)
        if export
        else formats.to_terminal(protocol, colour=to is None and sys.stdout.isatty())
    )
    if to is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    try:
        # A spreadsheet takes a CSV for UTF-8 only when it begins with a byte order mark.
        to.write_text(text, encoding="utf-8-sig" if export in ("csv", "waterfalls") else "utf-8", newline="")
    except OSError as error:
        raise Failure(f"{to}: cannot be written ({error.strerror}).", 2) from error
    click.echo(f"written to {to}")


if __name__ == "__main__":
    main(prog_name="souffleur")

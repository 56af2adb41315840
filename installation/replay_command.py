"""The command line about recorded sound: `souffleur replay`."""

from __future__ import annotations

import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from installation.choice_of_show import Failure, open_show
from installation.config import Show
from installation.hearing.settings import HearingSettings
from installation.paths import recordings
from installation.turn_taking.settings import TurnTakingSettings
from installation.weights import Located, located
from models.protocols import Engines, ModelError
from models.settings import SettingsError, build, plain

DIFFERENT = 6
"""Exit code of --check."""


def _forget(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Delete the two files of a recorded evening, and nothing that is none."""
    from installation.tape.files import forget

    if path is None or context.resilient_parsing:
        return
    with _explained():
        for gone in forget(_meant(path)):
            click.echo(f"deleted {_printable(gone)}")
    context.exit()


@click.command()
@click.argument("what", nargs=-1, type=click.Path(path_type=Path), metavar="[WHAT]...")
@click.option("--show", "show_name", metavar="SHOW", help="Whose settings; by default those of the recorded show.")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Try another threshold of [turn_taking].")
@click.option("--ears", is_flag=True, help="Understand the words anew, with the show's own ears.")
@click.option("--brief", is_flag=True, help="Print only what is different.")
@click.option("--check", is_flag=True, help=f"Leave with exit code {DIFFERENT} when anything is different.")
@click.option(
    "--forget",
    type=click.Path(path_type=Path),
    metavar="RECORDING",
    expose_value=False,
    is_eager=True,
    callback=_forget,
    help="Delete a recorded evening, its sound and its notes, and do nothing else.",
)
def replay(
    what: Sequence[Path],
    show_name: str | None,
    changes: Sequence[str],
    ears: bool,
    brief: bool,
    check: bool,
) -> None:
    """Hear recorded evenings again, faster than they were, and tell what would be decided otherwise today.

    WHAT is the sound of an evening that was recorded (record_sound under [log] in show.toml), a sound file (WAV, FLAC,
    MP3), or a folder of these; without it, the recorded evenings are listed. A recorded evening is compared with what
    was decided then: what came sooner or later (~), what is new (+), and what is missing (-). There the double speaks
    when it spoke then, whatever the replay would say. Words are those of that evening; in a sound file each utterance
    counts as a finished thought, unless --ears understands it.

    Differences do not change the exit code, 0, unless --check asks for it.

    \b
    Examples:
      souffleur replay var/recordings/Letters-2026-11-27-20-00-05.flac --brief
      souffleur replay EVENING.flac --set stop_s=0.3 --set hearing.detector.threshold=0.6
      souffleur replay --show shows/mine --ears visitors/
      souffleur replay --forget EVENING.flac
    """
    if not what:
        _list()
        return
    from installation.replay.sounds import recorded_or_sound

    different = False
    with _explained(), ExitStack() as stack:
        house = Rehearing(show_name, tuple(changes), ears, stack)
        for path, recorded in recorded_or_sound([_meant(path) for path in what]):
            click.secho(f"{_printable(path)}", bold=True)
            different |= house.hear_again(path, brief) if recorded else house.hear(path)
    sys.exit(DIFFERENT if check and different else 0)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The tables of show.toml that `--set` may change."""

    turn_taking: TurnTakingSettings
    hearing: HearingSettings


@contextmanager
def _explained() -> Iterator[None]:
    from installation.sound.recording import RecordingError

    try:
        yield
    except (SettingsError, RecordingError) as error:
        raise Failure(str(error), 2) from error
    except ModelError as error:
        raise Failure(str(error), 3) from error


class Rehearing:
    """The shows and engines that a replay needs, each made once."""

    def __init__(self, show_name: str | None, changes: tuple[str, ...], ears: bool, stack: ExitStack) -> None:
        self._show_name = show_name
        self._changes = changes
        self._ears = ears
        self._stack = stack
        self._engines: dict[Path, Engines] = {}

    def hear_again(self, path: Path, brief: bool) -> bool:
        """Replay a recorded evening and print what comes of it; whether anything is different."""
        from installation.ears import make_turn_sense
        from installation.replay import report
        from installation.replay.differences import Change, compare
        from installation.replay.evening import rehear
        from installation.tape.reading import read_recorded

        evening = read_recorded(path)
        show = self._show_of(evening.head.folder)
        click.echo(_about(evening.head.show, evening.head.began_at))
        for line in _other_thresholds(evening.head.turn_taking, plain(show.config.turn_taking)):
            click.echo(line)
        ears = self._engines_of(show).transcriber if self._ears else None
        turn_sense = make_turn_sense(self._located(show))
        began_s = time.monotonic()
        house = rehear(evening, show, ears, turn_sense)
        took_s = time.monotonic() - began_s
        then = [note for note in evening.notes if note.at_s <= house.now_s]
        decisions = compare(then, house.notes)
        for change, line in report.rows(decisions, (report.words_of(house.notes), report.words_of(then))):
            if not brief or change is not Change.SAME:
                click.secho(line, fg=None if change is Change.SAME else "yellow")
        click.echo(report.summary(decisions))
        if unknown := house.words.unknown:
            click.echo(f"Utterances that nobody listened to that evening: {unknown}; --ears tells what they say.")
        click.echo(report.speed(house.now_s, took_s))
        return any(decision.change is not Change.SAME for decision in decisions)

    def hear(self, path: Path) -> bool:
        """Let the house hear a sound file and print what it decides; nothing is different, for want of a before."""
        from installation.replay import report
        from installation.replay.differences import Decision, decisions
        from installation.replay.sounds import HeardSound

        show = self._show_of("")
        engines = self._engines_of(show)
        began_s = time.monotonic()
        house = HeardSound(path, show, engines)
        house.play()
        took_s = time.monotonic() - began_s
        made = [Decision(note.what, note, note) for note in decisions(house.notes)]
        words = report.words_of(house.notes) if self._ears else {}
        for _, line in report.rows(made, (words, words)):
            click.echo(line)
        click.echo(report.speed(house.now_s, took_s))
        return False

    def _show_of(self, folder: str) -> Show:
        """The show that a person named, else that of the recording, else the demo; with the changed thresholds."""
        if self._show_name is None and folder and not Path(folder).is_dir():
            raise SettingsError(f"{_printable(folder)}: the show of this recording is not there; name it with --show.")
        show = open_show(self._show_name or folder or None)
        return _changed(show, self._changes)

    def _engines_of(self, show: Show) -> Engines:
        """The show's ears where they are asked for, and instant engines."""
        from installation.ears import make_turn_sense
        from models.load import load

        if show.folder not in self._engines:
            found = self._located(show)
            turn_sense = make_turn_sense(found)
            engines = replace(load(found.engines, show.folder, show.config.show.languages), turn_sense=turn_sense)
            self._engines[show.folder] = self._stack.enter_context(closing(engines))
        return self._engines[show.folder]

    def _located(self, show: Show) -> Located:
        """The models that a replay of the show needs."""
        instant = replace(show.config.engines, persona="instant", voice="instant")
        if not self._ears:
            instant = replace(instant, ears="instant")
        return located(replace(show, config=replace(show.config, engines=instant)))


def _changed(show: Show, changes: Sequence[str]) -> Show:
    tables = {"turn_taking": plain(show.config.turn_taking), "hearing": plain(show.config.hearing)}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals:
            raise SettingsError(f"--set {change}: write NAME=VALUE, such as --set stop_s=0.3.")
        *outer, key = name.strip().split(".")
        table: Any = tables
        for step in outer or ["turn_taking"]:
            table = table.setdefault(step, {}) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            raise SettingsError(f"--set {change}: there is no such threshold.")
        table[key] = _value(value.strip())
    thresholds = build(Thresholds, tables, "--set")
    config = replace(show.config, turn_taking=thresholds.turn_taking, hearing=thresholds.hearing)
    return replace(show, config=config)


def _value(text: str) -> object:
    """A number, true or false as TOML has them; anything else is a word."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _other_thresholds(then: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Those by which that evening was not played."""
    for name, value in now.items():
        if name in then and then[name] != value:
            yield f"  [turn_taking] {name} = {value}, that evening {then[name]}"


def _about(show: str, began_at: str) -> str:
    return f"  {_printable(show)}, {_printable(began_at)}"


def _list() -> None:
    """The recorded evenings, and how to go on."""
    from installation.sound.recording import RecordingError
    from installation.tape.head import NOTES_ENDING, SOUND_ENDING
    from installation.tape.reading import read_notes

    folder = recordings()
    there = sorted(folder.glob(f"*{NOTES_ENDING}"))
    for notes in there:
        sound = notes.with_suffix(SOUND_ENDING)
        megabytes = sound.stat().st_size / 1e6 if sound.exists() else 0.0
        try:
            head, _ = read_notes(notes)
            click.echo(f"{_printable(sound)}  {megabytes:.1f} MB {_about(head.show, head.began_at)}")
        except RecordingError as error:
            click.echo(f"{_printable(sound)}  {megabytes:.1f} MB   {_printable(error)}")
    if not there:
        click.echo(f"No evening was recorded in {folder}: `record_sound = true` under [log] in show.toml records them.")


def _meant(path: Path) -> Path:
    """The file of that path; a name alone may be that of a file in the folder for recordings."""
    inside = recordings() / path.name
    return inside if path.name == str(path) and not path.exists() and inside.exists() else path


def _printable(text: object) -> str:
    """No terminal obeys what stands in the name of a file."""
    return "".join(char if char.isprintable() else "?" for char in str(text))

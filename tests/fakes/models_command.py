"""Types `souffleur models …` and reads what it says, about a show with ears that are a Whisper from outside alone."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from installation.__main__ import main
from installation.config import load_show
from installation.doctor import check_engines
from installation.findings import State
from installation.weights import the_store
from tests.fakes import whisper_folder

EARS = "whisper-small"
REPOSITORY = "Systran/faster-whisper-small"
FILES = whisper_folder.files()
OTHER = whisper_folder.files(b"v" * 100_000)["model.bin"]
ENGINES = f'[engines]\nears = "{EARS}"\npersona = "instant"\nvoice = "instant"\n'


def models(*arguments: str | Path, typed: str | None = None) -> Result:
    given = ["models", *(str(argument) for argument in arguments)]
    return CliRunner().invoke(main, given, input=typed, prog_name="souffleur")


def sentence(result: Result) -> str:
    """The last line of its complaint, which is one of a person's language."""
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    *_, last = result.stderr.strip().splitlines()
    assert last.startswith("Error: ")
    return last


def model_file() -> Path:
    (model,) = the_store().pulled(EARS)
    return the_store().path(model) / "model.bin"


def ears(show: Path) -> tuple[State, str]:
    check = next(check for check in check_engines(load_show(show)) if check.name == "ears")
    return check.state, check.what

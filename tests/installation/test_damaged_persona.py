"""A persona whose weights are damaged, which no look at its file can tell: the house stays closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from installation.config import Show, load_show
from installation.house import open_house
from models.protocols import ModelError
from tests.fakes import tiny_gguf
from tests.fakes.reference_recording import voice, write
from tests.fakes.show_folder import make_show

ENGINES = """
[engines]
ears = "instant"
voice = "instant"
persona = "tiny.gguf"

[engines.llama]
context_tokens = 8192
threads = 1
"""


def show_with_damage(tmp_path: Path, damage: bytes) -> Show:
    """A show whose GGUF holds `damage` in place of its weights, and is as long as it was."""
    folder = make_show(tmp_path / "show", ENGINES)
    file = tiny_gguf.make(folder, context=8192)
    whole = file.read_bytes()
    head = len(whole) // 50
    file.write_bytes(whole[:head] + damage * (len(whole) - head))
    return load_show(folder)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (b"\0", r"tiny\.gguf.* gives no words: its file is damaged or not meant for conversation"),
        (b"\xff", r"tiny\.gguf: llama\.cpp cannot load it \(.*invalid data\); fetch it again\."),
    ],
)
def test_a_house_does_not_open_on_weights_that_were_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes, complaint: str
) -> None:
    monkeypatch.setenv("SOUFFLEUR_HOME", str(tmp_path / "home"))
    silence = write(tmp_path / "silence.wav", 0 * voice(1.0))
    with pytest.raises(ModelError, match=complaint), open_house(show_with_damage(tmp_path, damage), silence):
        pass

"""From the panel to the model: a whole house whose persona has an adapter."""

from __future__ import annotations

import threading
import wave
from pathlib import Path

import pytest

from installation.commands import (
    Close,
    ScaleDouble,
)
from installation.config import load_show
from installation.entries import SceneEntry
from installation.house import open_house
from installation.paths import log_path
from installation.show_log_reading import read_evening
from installation.sound.silent_clock import SilentSpeaker
from tests.fakes import tiny_gguf
from tests.fakes.show_folder import make_show

ENGINES = """
[engines]
ears = "instant"
voice = "instant"
persona = "tiny.gguf"

[engines.llama]
context_tokens = 8192
threads = 1
lora = "lora.gguf"
lora_scale = 0.75
"""


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    path = tmp_path / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(32_000))
    return path


def test_how_much_double_goes_from_the_panel_to_the_model_and_into_the_log(
    tmp_path: Path, silence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUFFLEUR_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("installation.house.choose_loudspeaker", lambda _, post: SilentSpeaker(post))
    folder = make_show(tmp_path / "show", ENGINES)
    tiny_gguf.make(folder, context=8192)
    tiny_gguf.make_lora(folder)
    shown: list[float | None] = []
    with open_house(load_show(folder), silence) as house, house.bus.subscribe() as page:
        directing = threading.Thread(target=house.director.run, args=(house.stage,))
        directing.start()
        try:
            while shown[-1:] != [0.75]:
                shown += scales(page.next(60))
            house.submit(ScaleDouble(0.25))
            while shown[-1:] != [0.25]:
                shown += scales(page.next(60))
            assert house.stage.conversation.double_scale == 0.25
            assert house.snapshot().scene.double_scale == 0.25
        finally:
            house.submit(Close())
            directing.join()
    kept = read_evening(log_path("Letters")).lines
    assert [(line.who, line.state, line.text, line.note) for line in kept] == [
        ("desk", "changed", "0.25", "how much double")
    ]


def scales(entry: object) -> list[float | None]:
    assert entry is not None, "nothing more came"
    return [entry.double_scale] if isinstance(entry, SceneEntry) else []

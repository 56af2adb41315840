"""The bench of rooms without speech: it counts what it should, and deaf ears do not win it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.bench_no_speech import CUTTERS, Count, Listener, control, listen, measure
from tests.fakes import tiny_whisper
from tests.fakes.tiny_whisper import Hearing


def test_every_way_of_cutting_lets_a_sentence_be_heard(tmp_path: Path) -> None:
    listener = Listener(tiny_whisper.make(tmp_path, languages=("en", "fr")))
    for ears in CUTTERS:
        control(listener, ears)
    assert listen(listener, "hiss", "cut by the clock", 0.5) == Count("hiss", "cut by the clock", 0.5, 6, 0, 0, ())


def test_ears_that_hear_nothing_prove_nothing(tmp_path: Path) -> None:
    listener = Listener(tiny_whisper.make(tmp_path, Hearing("Merci.", nobody=3.0), ("en", "fr")))
    with pytest.raises(SystemExit, match="a spoken sentence gave no line"):
        control(listener, "the house's")


def test_a_folder_that_is_no_whisper_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"has no model\.bin"):
        next(measure(tmp_path, 1, ("cut by the clock",)))

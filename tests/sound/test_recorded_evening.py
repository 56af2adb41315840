"""An evening on a sound card whose sound is recorded: the replay decides as the house did."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from installation.choice_of_show import DEMO
from installation.config import load_show
from installation.replay.differences import Change, compare
from installation.replay.evening import rehear
from installation.tape.notes import What
from installation.tape.reading import read_recorded
from models.audio import level_db
from scripts.bench_latency import QUESTION, spoken
from tests.fakes.auditorium import Auditorium, auditorium
from tests.fakes.sound_card import VirtualSoundCard

pytestmark = [
    pytest.mark.sound,
    pytest.mark.skipif(bool(VirtualSoundCard.missing()), reason=VirtualSoundCard.missing()),
]


@pytest.fixture
def show(tmp_path: Path) -> Path:
    """The demo, with its sound recorded."""
    folder = tmp_path / "show"
    shutil.copytree(DEMO, folder)
    file = folder / "show.toml"
    file.write_text(file.read_text().replace("record_sound = false", "record_sound = true"))
    assert load_show(folder).config.log.record_sound
    return folder


@pytest.fixture
def seat(show: Path, tmp_path: Path) -> Iterator[Auditorium]:
    with VirtualSoundCard() as card, auditorium(card, tmp_path / "home", str(show), "--engines", "instant") as seat:
        yield seat


def test_an_exchange_is_recorded_and_decided_again_as_it_was(seat: Auditorium, show: Path, tmp_path: Path) -> None:
    for _ in range(2):
        seat.hears_end(seat.hears_answer(seat.ask(spoken(QUESTION))[1]))
        seat.tape.run_on(1.0)
    assert seat.house.end() == 0
    (sound,) = (tmp_path / "home" / "recordings").glob("*.flac")
    evening = read_recorded(sound)
    house = rehear(evening, load_show(show))
    decisions = compare(evening.notes, house.notes)
    assert [decision.what for decision in decisions].count(What.ANSWERED) == 2
    # A machine that is busy with other things is late now and then; none of its decisions is another one for that.
    assert not [decision for decision in decisions if decision.change in (Change.ADDED, Change.MISSING)]
    assert max(abs(decision.moved_s) for decision in decisions) < 0.3
    heard, played = (np.concatenate(channel) for channel in zip(*evening.frames(), strict=True))
    answered_s = next(note.at_s for note in evening.notes if note.what is What.ANSWERED)
    answer = slice(round((answered_s + 1) * 16_000), round((answered_s + 2) * 16_000))
    assert level_db(heard[answer]) < -60 < -20 < level_db(played[answer]), "each voice is on a channel of its own"

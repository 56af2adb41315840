"""What the bench of turn-taking plays, with which show, and how often."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np

from installation.config import load_show
from models.audio import Audio
from models.load import load
from scripts.bench_turns import PARTS
from scripts.turns import sentences, spoken
from scripts.turns.open_room import OpenRoomSettings
from scripts.turns.options import FULL, QUICK, Options
from scripts.turns.quiet_parts import SYNTHETIC, people, spread
from scripts.turns.shows import bench_show
from scripts.turns.speaking_parts import ROOMS

SOUND = Audio(np.full(16_000, 0.1, np.float32), 16_000)


def test_the_show_of_the_bench_hears_what_each_visitor_is_said_to_say(tmp_path: Path):
    written = bench_show(tmp_path / "show", "instant", "instant", sentences.ANSWER)
    show = load_show(written.folder)
    engines = load(show.config.engines, written.folder, ("en", "fr"))
    for drafts in (("The sea", "The sea remembers?"), ("Who are", "Who are you?")):
        written.expect(drafts)
        assert [engines.transcriber.transcribe(SOUND, ("en", "fr")).text for _ in range(3)] == [*drafts, drafts[-1]]


def test_the_double_of_the_bench_says_what_it_is_known_by(tmp_path: Path):
    written = bench_show(tmp_path / "show", "pocket", "espeak", sentences.LONG_ANSWER)
    engines = load_show(written.folder).config.engines
    assert engines.instant.answer == sentences.LONG_ANSWER
    assert (engines.ears, engines.persona, engines.voice) == ("pocket", "instant", "espeak")


def test_where_there_are_no_recordings_synthetic_voices_speak_alone(tmp_path: Path):
    options = Options(tmp_path, "instant", dict(QUICK), voices=None)
    chosen = people(options, lambda _: [], spoken.questions(), 3)
    assert list(chosen) == [SYNTHETIC]
    assert len(chosen[SYNTHETIC]) == 3


def test_a_few_voices_are_taken_from_everywhere():
    said = list(islice(spoken.questions(), 9))
    assert [one.name for one in spread(said, 3)[:3]] == [said[0].name, said[3].name, said[6].name]
    assert sorted(one.name for one in spread(said, 3)) == sorted(one.name for one in said)


def test_every_part_that_is_repeated_has_its_number_of_rounds():
    assert FULL.keys() == QUICK.keys()
    assert set(PARTS) - FULL.keys() == {"clipped"}
    assert all(QUICK[part] < FULL[part] for part in FULL)


def test_the_echo_is_tried_in_every_room_and_at_every_delay_of_the_target():
    assert {room.rt60_s for room in ROOMS} == {0.3, 0.8, 1.5}
    assert min(room.delay_s for room in ROOMS) < 0.05
    assert max(room.delay_s for room in ROOMS) == 0.25
    assert all(room.drift_ppm == 50 for room in ROOMS)


def test_no_room_keeps_more_sound_than_its_delay_is_long():
    for delay_s in (0.02, 0.1, 0.25):
        assert OpenRoomSettings(delay_s=delay_s).buffer_ms < 1000 * delay_s

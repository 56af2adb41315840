"""What stays of an evening whose sound is recorded, and what does not."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from installation.commands import (
    MuteMicrophone,
    Say,
    SetMode,
)
from installation.events import (
    FaultCleared,
    FaultRaised,
    Mode,
    Room,
)
from installation.sound.recording import RecordingError
from installation.tape import file as file_module
from installation.tape.notes import Note, What
from installation.tape.reading import RecordedEvening, read_recorded
from models.audio import HEARING_RATE_HZ, Audio, Frame, Samples
from tests.fakes.taped_evening import evening_of, taped

ASKS = ((False, 0.5), (True, 0.6), (False, 2.4))


def heard(evening: RecordedEvening) -> Samples:
    return np.concatenate([microphone for microphone, _ in evening.frames()])


def played(evening: RecordedEvening) -> Samples:
    return np.concatenate([loudspeaker for _, loudspeaker in evening.frames()])


def kinds(evening: RecordedEvening) -> list[What]:
    return [note.what for note in evening.notes]


def test_what_was_heard_and_played_lies_side_by_side_with_what_was_decided(tmp_path: Path) -> None:
    sound = evening_of(*ASKS)
    with taped(tmp_path, "Who are you?") as evening:
        evening.house.hear(sound)
    recorded = read_recorded(evening.sound)
    assert heard(recorded) == pytest.approx(sound, abs=1 / 32768)
    (answered,) = (note.at_s for note in recorded.notes if note.what is What.ANSWERED)
    onset = np.flatnonzero(np.abs(played(recorded)) > 0.01)[0] / HEARING_RATE_HZ
    assert onset == pytest.approx(answered, abs=0.05)
    assert [note for note in recorded.notes if note.what in (What.VOICE_BEGAN, What.WORDS, What.SENTENCE)] == [
        Note(0.58, What.VOICE_BEGAN),
        Note(1.4, What.WORDS, 1, "Who are you?", "en"),
        Note(1.44, What.SENTENCE, 1, "I was made from all of her letters.", "en"),
    ]
    assert (recorded.head.show, recorded.head.mode) == ("Letters", Mode.PERFORMANCE)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    with taped(tmp_path, "Who are you?") as evening:
        evening.house.hear(evening_of(*ASKS))
    assert stat.S_IMODE(evening.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in evening.folder.iterdir()} == {0o600}


def test_closed_ears_leave_silence_in_place(tmp_path: Path) -> None:
    with taped(tmp_path, "Who are you?") as evening:
        evening.house.hear(evening_of((False, 1.0)))
        evening.house.submit(MuteMicrophone(True))
        evening.house.hear(evening_of((True, 1.0)))
        evening.house.submit(MuteMicrophone(False))
        evening.house.hear(evening_of((False, 1.0)))
    recorded = read_recorded(evening.sound)
    assert len(heard(recorded)) == 3 * HEARING_RATE_HZ
    assert np.flatnonzero(heard(recorded)[HEARING_RATE_HZ : 2 * HEARING_RATE_HZ]).size == 0
    assert [(note.at_s, note.what, note.why) for note in recorded.notes if note.what is not What.COMMAND] == [
        (1.0, What.UNHEARD, "ears closed"),
        (2.0, What.HEARD, ""),
    ]


def test_a_lost_microphone_leaves_silence_for_as_long_as_it_was_lost(tmp_path: Path) -> None:
    frame = Audio(np.full(320, 0.1, np.float32), HEARING_RATE_HZ)
    with taped(tmp_path) as evening:
        for start_s in (100.0, 100.02, 101.047, 101.067):
            evening.recorder.hear(Frame(frame, start_s), True, ())
    recorded = read_recorded(evening.sound)
    loud = np.flatnonzero(heard(recorded) > 0.05)
    assert len(heard(recorded)) == round(1.08 * HEARING_RATE_HZ), "in whole frames"
    assert (len(loud), loud[640]) == (4 * 320, round(1.04 * HEARING_RATE_HZ))
    assert recorded.notes == (Note(0.04, What.UNHEARD, why="sound lost"), Note(1.04, What.HEARD))


def test_of_a_rehearsal_nothing_is_recorded(tmp_path: Path) -> None:
    with taped(tmp_path, "Who are you?", mode=Mode.REHEARSAL) as evening:
        evening.house.hear(evening_of(*ASKS))
    assert not evening.folder.exists()


def test_a_rehearsal_in_the_middle_leaves_silence_and_no_word(tmp_path: Path) -> None:
    with taped(tmp_path, "Who are you?") as evening:
        evening.house.hear(evening_of((False, 1.0)))
        evening.house.submit(SetMode(Mode.REHEARSAL))
        evening.house.submit(Say("Nobody keeps this."))
        evening.house.hear(evening_of(*ASKS))
        evening.house.submit(SetMode(Mode.PERFORMANCE))
        evening.house.hear(evening_of((False, 1.0)))
    recorded = read_recorded(evening.sound)
    rehearsed = slice(HEARING_RATE_HZ, round(4.5 * HEARING_RATE_HZ))
    assert np.flatnonzero(heard(recorded)[rehearsed]).size == 0
    assert np.flatnonzero(played(recorded)[rehearsed]).size == 0
    assert kinds(recorded) == [What.COMMAND, What.UNHEARD, What.COMMAND, What.HEARD]
    assert b"Nobody" not in evening.sound.with_suffix(".jsonl").read_bytes()


def test_a_house_that_is_killed_leaves_all_but_the_end(tmp_path: Path) -> None:
    with taped(tmp_path, "Who are you?", "And where?") as evening:
        evening.house.hear(evening_of(*ASKS, *ASKS))
    whole = read_recorded(evening.sound)
    notes = evening.sound.with_suffix(".jsonl").read_bytes()
    cut = tmp_path / "cut.flac"
    cut.write_bytes(evening.sound.read_bytes()[: evening.sound.stat().st_size * 2 // 3 - 7])
    cut.with_suffix(".jsonl").write_bytes(notes[: len(notes) * 2 // 3])
    left = read_recorded(cut)
    assert len(heard(left)) > 0.6 * len(heard(whole))
    assert heard(left) == pytest.approx(heard(whole)[: len(heard(left))])
    assert left.notes == whole.notes[: len(left.notes)]
    assert len(left.notes) > 3


def full_disk(monkeypatch: pytest.MonkeyPatch, error: int) -> Callable[[], None]:
    """A disk that takes half of what it is given, until what is returned is called."""
    write_all = file_module.write_all

    def write_half(handle: int, content: bytearray) -> None:
        write_all(handle, content[: len(content) // 2])
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(file_module, "write_all", write_half)
    return lambda: monkeypatch.setattr(file_module, "write_all", write_all)


def test_a_full_disk_is_one_fault_and_nothing_is_lost_when_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("installation.tape.recorder.SAVE_EVERY_S", 0.001)
    there_is_room = full_disk(monkeypatch, errno.ENOSPC)
    sound = evening_of(*ASKS)
    with taped(tmp_path, "Who are you?") as evening:
        while not evening.told:
            evening.house.hear(evening_of((False, 0.1)))
        before = round(evening.recorder.recorded_s * HEARING_RATE_HZ)
        there_is_room()
        evening.house.hear(sound)
    fault, cleared = evening.told
    assert fault == FaultRaised(
        Room.RECORDING,
        f"The recording {evening.sound} cannot be written: the disk is full. Free some space. It goes on as soon as it "
        "can.",
    )
    assert cleared == FaultCleared(Room.RECORDING)
    recorded = heard(read_recorded(evening.sound))
    assert recorded[before:] == pytest.approx(sound, abs=1 / 32768)


def test_a_disk_that_stays_full_ends_the_recording_and_not_the_evening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("installation.tape.recorder.SAVE_EVERY_S", 0.001)
    monkeypatch.setattr("installation.tape.recorder.MOST_WAITING_BYTES", 1_000)
    full_disk(monkeypatch, errno.EIO)
    with taped(tmp_path, "Who are you?") as evening:
        evening.house.hear(evening_of(*ASKS))
        while not evening.told:
            evening.house.hear(evening_of((False, 0.1)))
    assert isinstance(evening.told[-1], FaultRaised)
    assert evening.told[-1].message.endswith("The recording ends here.")
    assert [state for _, state in _lines(evening.house.entries)][-1] == "spoken"


def _lines(entries: list[tuple[float, object]]) -> list[tuple[float, str]]:
    return [(at_s, entry.state.value) for at_s, entry in entries if hasattr(entry, "state")]


def test_a_show_with_a_name_of_a_path_is_recorded_in_the_folder_for_recordings(tmp_path: Path) -> None:
    show = '[show]\nname = "../../etc/ pass\'wd $(rm)"\nlanguages = ["en"]\n'
    with taped(tmp_path, show=show) as evening:
        evening.house.hear(evening_of((False, 0.5)))
    assert evening.sound.parent == tmp_path / "recordings"
    assert "pass" in evening.sound.name
    assert all(char.isalnum() or char in "-._" for char in evening.sound.name)
    assert read_recorded(evening.sound).head.show == "../../etc/ pass'wd $(rm)"


def test_two_evenings_of_one_second_do_not_share_a_file(tmp_path: Path) -> None:
    for _ in range(3):
        with taped(tmp_path) as evening:
            evening.house.hear(evening_of((False, 0.2)))
    assert len(list(evening.folder.glob("*.flac"))) == 3


HEAD = (
    b'{"recording": 1, "show": "Letters", "character": "Ada", "folder": "", "mode": "gallery", "languages": ["en"]}\n'
)


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        (b"", "these are not the notes of a recorded evening"),
        (b"[1]\n", "these are not the notes of a recorded evening"),
        (b"[" * 100_000 + b"\n", "these are not the notes of a recorded evening"),
        (b'{"recording": 99}\n', "was recorded by a later version of Souffleur"),
        (b'{"recording": 1}\n', "needs a key 'show'"),
        (HEAD.replace(b'"Ada"', b"4"), "character must be a text"),
        (HEAD + b"{1}\n", "line 2: cannot be read; the file is damaged"),
        (HEAD + b"[]\n", "line 2: cannot be read; the file is damaged"),
        (HEAD + b'{"at_s": 1, "what": "exploded"}\n', "what must be one of"),
        (HEAD + b'{"at_s": NaN, "what": "cut"}\n', "at_s must be a number"),
    ],
)
def test_notes_that_are_none_are_refused_in_one_sentence(tmp_path: Path, notes: bytes, expected: str) -> None:
    path = tmp_path / "evening.jsonl"
    path.write_bytes(notes)
    path.with_suffix(".flac").touch()
    with pytest.raises(RecordingError, match=expected):
        read_recorded(path)


def test_a_sound_that_is_none_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with taped(tmp_path) as evening:
        evening.house.hear(evening_of((False, 0.2)))
    evening.sound.write_bytes(b"fLaC and then nothing")
    with pytest.raises(RecordingError, match="there is no sound in this file that can be read"):
        list(read_recorded(evening.sound).frames())
    shutil.rmtree(evening.folder)
    with pytest.raises(RecordingError, match="cannot be read"):
        read_recorded(tmp_path / "recordings" / "none.flac")

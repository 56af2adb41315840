"""Records an evening: microphone and loudspeaker side by side in a FLAC file, what was decided in a file beside it."""

from __future__ import annotations

import errno
import json
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av.error
import numpy as np

from installation.commands import (
    SetMode,
)
from installation.director import Decided
from installation.events import (
    Event,
    FaultCleared,
    FaultRaised,
    Mode,
    Room,
)
from installation.paths import recording_stem
from installation.sound.sources import FRAME_SAMPLES, LONGEST_JOIN_S
from installation.tape.file import GrowingFile
from installation.tape.flac import LENGTH_AT, FlacStream, Pcm
from installation.tape.head import NOTES_ENDING, SOUND_ENDING, Head
from installation.tape.notes import Note, What, decision_notes, heard_note
from installation.thread import start
from models.audio import HEARING_RATE_HZ, Frame, Samples
from models.settings import plain

log = logging.getLogger(__name__)

SAVE_EVERY_S = 0.5
"""What a power cut takes, with a little more that waits to fill a block."""
MOST_WAITING_BYTES = 32_000_000
"""A disk that stays full for longer than this, a quarter of an hour, ends the recording."""
MOST_QUEUED = 60_000
"""The same for a disk that hangs."""
REHEARSAL, EARS_CLOSED, LOST = "rehearsal", "ears closed", "sound lost"
"""Why there is silence in place of what was heard."""


class SoundRecorder:
    """A context manager; nothing of it lies on the disk before there is something that may be kept."""

    def __init__(
        self, head: Head, folder: Path, reference: Callable[[Frame], Samples], post: Callable[[Event], None]
    ) -> None:
        """`reference` gives what was played while a frame was heard."""
        self._head = head
        self._folder = folder
        self._reference = reference
        self._post = post
        self._mode = head.mode
        self._begin_s: float | None = None
        """Of the recording, on the microphone's clock."""
        self._recorded_samples = 0
        self._unheard = ""
        self._over = False
        self._queue: queue.SimpleQueue[Pcm | Note | Head] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._stream = FlacStream()
        self._files: tuple[GrowingFile, GrowingFile] | None = None
        self._fault: str | None = None

    def __enter__(self) -> SoundRecorder:
        self._thread = start("sound recorder", self._run, self._post)
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def recorded_s(self) -> float:
        """Second of the recording up to which the house has heard."""
        return self._recorded_samples / HEARING_RATE_HZ

    def hear(self, frame: Frame, is_open: bool, events: Sequence[Event]) -> None:
        """Take a frame and what it made known. For the listener's thread; never blocks."""
        played, kept = self._reference(frame), self._mode is not Mode.REHEARSAL
        if self._over or (self._begin_s is None and not kept):
            return
        begin_s = self._begin(frame)
        self._mark("" if is_open and kept else EARS_CLOSED if kept else REHEARSAL)
        heard = np.zeros_like(played) if self._unheard else frame.audio.samples
        self._put(np.stack((heard, played if kept else np.zeros_like(played)), axis=1))
        notes = (heard_note(event, self.recorded_s, begin_s) for event in events if kept)
        for note in filter(None, notes):
            self._queue.put(note)
        if self._queue.qsize() > MOST_QUEUED:
            self._over = True

    def decided(self, decided: Decided) -> None:
        """Take a decision. For the director's thread; never blocks."""
        self._mode = decided.after.mode
        rehearsed = self._mode is Mode.REHEARSAL and not isinstance(decided.event, SetMode)
        if self._begin_s is None or rehearsed or self._over:
            return
        for note in decision_notes(decided, self.recorded_s, self._begin_s):
            self._queue.put(note)

    def _begin(self, frame: Frame) -> float:
        """The beginning on the microphone's clock; where sound was lost there are frames of silence for it."""
        if self._begin_s is None:
            began_at = datetime.now(UTC).astimezone()
            self._queue.put(replace(self._head, mode=self._mode, began_at=began_at.isoformat(timespec="seconds")))
            self._begin_s = frame.start_s
        lost_s = frame.start_s - self._begin_s - self.recorded_s
        if lost_s > LONGEST_JOIN_S:
            self._mark(LOST)
            for _ in range(max(1, round(lost_s * HEARING_RATE_HZ / FRAME_SAMPLES))):
                self._put(np.zeros((FRAME_SAMPLES, 2), np.float32))
            self._begin_s = frame.start_s - self.recorded_s
        return self._begin_s

    def _mark(self, unheard: str) -> None:
        """From now on there is silence, for that reason; or, with an empty one, sound."""
        if unheard != self._unheard:
            what = What.UNHEARD if unheard else What.HEARD
            self._queue.put(Note(self.recorded_s, what, why=unheard))
            self._unheard = unheard

    def _put(self, sound: Samples) -> None:
        self._queue.put(np.asarray(np.clip(np.round(sound * 32768.0), -32768, 32767), np.int16))
        self._recorded_samples += len(sound)

    # --- from here on, the recorder's own thread ----------------------------------------------------------------------

    def _run(self) -> None:
        closing = False
        while not closing:
            closing = self._closing.wait(SAVE_EVERY_S)
            self._take()
            if closing:
                self._finish()
            self._save()
        self._end()

    def _take(self) -> None:
        while not self._queue.empty():
            match self._queue.get():
                case Head() as head:
                    self._files = _named(self._folder, recording_stem(head.show, datetime.fromisoformat(head.began_at)))
                    self._files[0].add(self._stream.begin())
                    self._files[1].add(_line(head))
                case Note() as note if self._files is not None:
                    self._files[1].add(_line(note))
                case np.ndarray() as sound if self._files is not None:
                    self._files[0].add(self._stream.feed(sound))
                case _:
                    pass

    def _finish(self) -> None:
        if self._files is not None:
            self._files[0].add(self._stream.finish())

    def _save(self) -> None:
        if self._files is None:
            return
        try:
            for file in self._files:
                file.save()
        except (OSError, av.error.FFmpegError) as error:
            self._fail(error, self._files)
            return
        if self._fault is not None:
            self._fault = None
            self._post(FaultCleared(Room.RECORDING))

    def _fail(self, error: Exception, files: tuple[GrowingFile, GrowingFile]) -> None:
        """Tell it once; and end the recording when it lasts."""
        self._over |= sum(file.waiting_bytes for file in files) > MOST_WAITING_BYTES
        then = "The recording ends here" if self._over else "It goes on as soon as it can"
        message = f"The recording {files[0].path} cannot be written: {_reason(error, files[0].path)} {then}."
        if message != self._fault:
            self._fault = message
            log.warning("%s", message)
            self._post(FaultRaised(Room.RECORDING, message))

    def _end(self) -> None:
        if self._files is None:
            return
        sound, notes = self._files
        try:
            if not sound.waiting_bytes:
                sound.overwrite(LENGTH_AT, self._stream.length(self._stream.begin()))
        except OSError as error:
            log.warning("%s does not tell its length (%s); it can be played all the same.", sound.path, error)
        for file in (sound, notes):
            if file.waiting_bytes:
                log.warning("The end of %s is lost: it could not be written.", file.path)
            file.close()


def _named(folder: Path, stem: str) -> tuple[GrowingFile, GrowingFile]:
    """The two files of an evening, under a name that none has."""
    number = 1
    while any((folder / f"{stem}{ending}").exists() for ending in (SOUND_ENDING, NOTES_ENDING)):
        number += 1
        stem = f"{stem.removesuffix(f'.{number - 1}')}.{number}"
    return GrowingFile(folder / f"{stem}{SOUND_ENDING}"), GrowingFile(folder / f"{stem}{NOTES_ENDING}")


def _line(item: Note | Head) -> bytes:
    """One line of JSON, without what is at its default."""
    fields: dict[str, Any] = plain(item)
    told = {name: round(value, 4) if isinstance(value, float) else value for name, value in fields.items()}
    if isinstance(item, Note):
        told = {name: value for name, value in told.items() if value not in ("", {}, False) or name.endswith("_s")}
    return (json.dumps(told, ensure_ascii=True) + "\n").encode()


def _reason(error: Exception, path: Path) -> str:
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "the disk is full. Free some space."
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"access is denied. Check the permissions of {path.parent}."
    return f"{getattr(error, 'strerror', None) or error}. Check the disk that it lies on."

"""A process of one engine, seen from the house: started, asked, aborted, killed."""

from __future__ import annotations

import itertools
import logging
import os
import resource
import signal
import subprocess
import sys
import unicodedata
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from socket import socketpair
from threading import Lock, Thread
from time import monotonic
from typing import Any

from models.cores import physical_cores
from models.pipe import CALL_NUMBER, Packet, receive, send
from models.protocols import ModelError

log = logging.getLogger(__name__)

_PROJECT = Path(__file__).parents[1]
_LONGEST_LINE_BYTES = 1_000
_LINES_KEPT = 50
_LONGEST_WORDS_CHARS = 160
_POST_MORTEM = ("Fatal Python error", "Timeout (")
"""From here on faulthandler speaks, for the log."""
_EXIT_S = 0.5
"""Within this time a process that has closed its line is gone, and its last words are read: the public waits for it."""
_END_S = 5.0


class ChildLost(Exception):  # noqa: N818 - what happened to it, as the end of a sentence; ModelError is what people see
    """The process hangs or is gone; the message says which, and goes on after the engine's name."""


class Child:
    """A process that runs `module`; one thread at a time asks it, any thread may abort or kill it.

    Raises:
        OSError: the system gives no process.
    """

    def __init__(self, module: str, niceness: int) -> None:
        self._line, theirs = socketpair()
        try:
            with theirs:
                self._process = _start(module, theirs.fileno(), niceness)
        except OSError:
            self._line.close()
            raise
        assert self._process.stdin is not None
        self._lifeline = self._process.stdin
        # an abort must never keep the director waiting
        os.set_blocking(self._lifeline.fileno(), False)
        self._lifeline_lock = Lock()
        self._said: deque[str] = deque(maxlen=_LINES_KEPT)
        self._reader = Thread(target=self._read, name=f"words of {module} {self._process.pid}")
        self._reader.start()

    @property
    def pid(self) -> int:
        """Number of the process, which is that of its group too."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def ask(self, header: Mapping[str, Any], patience_s: float, body: bytes | bytearray = b"") -> Packet:
        """Its answer, for which it may keep silent for `patience_s`.

        Raises:
            ModelError: it answered with the sentence of an error.
            ChildLost: it hangs, and has been killed, or it is gone.
        """
        try:
            self._line.settimeout(patience_s)
            send(self._line, Packet(header, body))
            answer = receive(self._line)
        except TimeoutError as error:
            self.kill()
            raise ChildLost(f"gave no sign of life for {patience_s:.4g} s") from error
        except (EOFError, OSError) as error:
            raise ChildLost(self.fate()) from error
        except ValueError as error:
            self.kill()
            raise ChildLost(f"sent what nobody understands ({error})") from error
        if "error" in answer.header:
            raise ModelError(answer.header["error"])
        return answer

    def abort(self, call: int) -> None:
        """Pass on that this call is aborted; never blocks."""
        # BlockingIOError: so many aborts wait unread that one more would change nothing
        with self._lifeline_lock, suppress(OSError, ValueError):
            self._lifeline.write(CALL_NUMBER.pack(call))

    def kill(self) -> None:
        """Kill the process and all that it has started; returns at once."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill it, and wait until nothing of it is left."""
        self.kill()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            log.error("The process %d cannot be killed: its driver hangs; restart the machine.", self.pid)
            return
        self._reader.join(_END_S)
        with self._lifeline_lock:
            self._lifeline.close()
        self._line.close()

    def fate(self) -> str:
        """How a process that is no more came to its end, as the end of a sentence."""
        self.kill()
        deadline_s = monotonic() + _EXIT_S
        try:
            code = self._process.wait(_EXIT_S)
        except subprocess.TimeoutExpired:
            return "broke off"
        self._reader.join(max(0.0, deadline_s - monotonic()))
        words = self._last_words()
        how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
        return f'{how} (its last words: "{words}")' if words else how

    def _last_words(self) -> str:
        lines = list(itertools.takewhile(lambda line: not line.startswith(_POST_MORTEM), self._said))
        said = lines[-1] if lines else ""
        return said if len(said) <= _LONGEST_WORDS_CHARS else said[: _LONGEST_WORDS_CHARS - 1] + "…"

    def _read(self) -> None:
        assert self._process.stdout is not None
        with open(self._process.stdout.fileno(), "rb", closefd=False) as stream, self._process.stdout:
            while line := stream.readline(_LONGEST_LINE_BYTES):
                if said := _printable(line):
                    self._said.append(said)
                    log.info("%d: %s", self.pid, said)

    def memory_mb(self) -> float:
        """Memory that the process fills with its own data, in MB (10^6 bytes); 0 when it is gone."""
        try:
            fields = Path(f"/proc/{self.pid}/statm").read_text().split()
        except OSError:
            return _resident_mb(self.pid)
        # pages of files, such as weights that are read as they are needed, are no leak
        return (int(fields[1]) - int(fields[2])) * resource.getpagesize() / 1e6


def _start(module: str, line: int, niceness: int) -> subprocess.Popen[bytes]:
    places = os.pathsep.join(filter(None, (str(_PROJECT), os.environ.get("PYTHONPATH"))))
    threads = os.environ.get("OMP_NUM_THREADS") or str(physical_cores())
    return subprocess.Popen(
        # -P: what lies in the folder that the house was started in is no part of it
        [sys.executable, "-P", "-m", module, str(line), str(niceness)],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(line,),
        env={**os.environ, "PYTHONPATH": places, "OMP_NUM_THREADS": threads},
        # away from the terminal, and with all that it starts in a group that can be killed at once
        start_new_session=True,
    )


def _resident_mb(pid: int) -> float:
    """What a system without /proc tells; 0 where there is no such process."""
    command = ["ps", "-o", "rss=", "-p", str(pid)]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0.0
    return int(listed.strip() or 0) * 1024 / 1e6


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _printable(line: bytes) -> str:
    text = line.decode(errors="replace")
    return " ".join("".join(" " if unicodedata.category(c).startswith("C") else c for c in text).split())

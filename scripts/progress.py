"""Turns the long output of pip or apt into one moving line and keeps all of it in a log file."""

import os
import re
import select
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TERMINAL_TICK_S = 0.5
PLAIN_TICK_S = 20.0

_HEADLINES = (
    (re.compile(r"^\s*Collecting ([\w.-]+)"), "looking up {0}"),
    (re.compile(r"^\s*Downloading (?:\S*/)?([A-Za-z0-9_.]+?)-\d\S* \(([^)]+)\)"), "fetching {0} ({1})"),
    (re.compile(r"^\s*Building wheel for ([\w.-]+)"), "compiling {0}"),
    (re.compile(r"^\s*\[(\d+/\d+)\] "), "compiling, step {0}"),
    (re.compile(r"^Installing collected packages: "), "copying the packages into place"),
    (re.compile(r"^Get:\d+ \S+ \S+ \S+ (\S+) "), "fetching {0}"),
    (re.compile(r"^(?:Unpacking|Setting up) ([^\s:]+)"), "installing {0}"),
)
_BYTES = re.compile(r"^Progress (\d+) of (\d+)$")


def headline(line: str, before: str) -> str:
    """What a person wants to know of an output line; `before` where it tells nothing new."""
    if share := _BYTES.match(line):
        done, total = int(share[1]), max(1, int(share[2]))
        return f"{before.partition(': ')[0]}: {100 * done // total} %"
    for pattern, text in _HEADLINES:
        if found := pattern.match(line):
            return text.format(*found.groups())
    return before


def elapsed(duration_s: float) -> str:
    """A duration as a person says it: `7 s`, `4 min 09 s`."""
    minutes, seconds = divmod(int(duration_s), 60)
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"


def lines_or_ticks(fd: int, tick_s: float) -> Iterator[str | None]:
    """The lines that arrive at `fd`, with None whenever `tick_s` passes without any, until it is closed."""
    rest = b""
    while True:
        if not select.select([fd], [], [], tick_s)[0]:
            yield None
        elif chunk := os.read(fd, 65536):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (line.decode(errors="replace") for line in whole)
        else:
            break
    if rest:
        yield rest.decode(errors="replace")


def main(what: str, log_path: str) -> None:
    """Reads stdin to its end, shows what goes on, and appends everything but byte counts to the log."""
    terminal = sys.stdout.isatty()
    tick_s = TERMINAL_TICK_S if terminal else PLAIN_TICK_S
    start_s = shown_s = time.monotonic()
    now_doing = ""
    with Path(log_path).open("a", encoding="utf-8") as log:
        for line in lines_or_ticks(sys.stdin.fileno(), tick_s):
            if line is not None:
                now_doing = headline(line, now_doing)
                if not _BYTES.match(line):
                    print(line, file=log, flush=True)
            if time.monotonic() - shown_s >= tick_s:
                shown_s = time.monotonic()
                show(f"{what} ({elapsed(shown_s - start_s)}) {now_doing}", terminal)
    show(f"{what} ({elapsed(time.monotonic() - start_s)})", terminal)
    if terminal:
        print()


def show(text: str, terminal: bool) -> None:
    """Prints a line, over the one before where the output is a terminal."""
    if terminal:
        width = shutil.get_terminal_size().columns
        print(f"\r\x1b[K{text[: width - 1]}", end="", flush=True)
    else:
        print(text, flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)

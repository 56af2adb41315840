"""A house as a process on the virtual sound card, as the benchmarks and the acoustic tests use it."""

from __future__ import annotations

import http.client
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

SOUFFLEUR = (sys.executable, "-m", "installation")
START_S = 60.0
END_S = 5.0


class HouseProcess:
    """A running `souffleur run`; `url` is its panel's."""

    def __init__(self, process: subprocess.Popen[str], url: str, programme: list[str]) -> None:
        self.process = process
        self.url = url
        self.programme = programme
        """What it printed before it was ready."""
        self.usage = psutil.Process(process.pid)

    def command(self, name: str, **fields: object) -> float:
        """Send a command as the panel does; returns the monotonic time just before it was sent."""
        where = urlsplit(self.url)
        connection = http.client.HTTPConnection(where.netloc, timeout=5)
        body = json.dumps({"command": name, **fields})
        origin = f"http://{where.netloc}"
        sent_s = time.monotonic()
        connection.request("POST", "/command", body, {"Content-Type": "application/json", "Origin": origin})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != http.HTTPStatus.ACCEPTED:
            raise RuntimeError(f"the house refused {body}: {answer.status} {text}")
        return sent_s

    def snapshot(self) -> Any:
        """What a page is given when it connects."""
        where = urlsplit(self.url)
        connection = http.client.HTTPConnection(where.netloc, timeout=5)
        connection.request("GET", "/events")
        answer = connection.getresponse()
        line = answer.readline().decode()
        while line and not line.startswith("data:"):
            line = answer.readline().decode()
        connection.close()
        if answer.status != http.HTTPStatus.OK or not line:
            raise RuntimeError(f"the house gave no snapshot: {answer.status} {answer.reason}")
        return json.loads(line.removeprefix("data:"))

    @contextmanager
    def events(self) -> Iterator[list[tuple[str, Any]]]:
        """What a page is told while inside, as (name, data) in a list that grows."""
        where = urlsplit(self.url)
        connection = http.client.HTTPConnection(where.netloc, timeout=60)
        connection.request("GET", "/events")
        answer = connection.getresponse()
        told: list[tuple[str, Any]] = []

        def read() -> None:
            name = ""
            with suppress(OSError, ValueError, AttributeError):  # the connection is closed under it at the end
                for line in iter(answer.readline, b""):
                    key, _, value = line.decode().rstrip().partition(": ")
                    if key == "event":
                        name = value
                    elif key == "data":
                        told.append((name, json.loads(value)))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield told
        finally:
            if connection.sock is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)
            reader.join(END_S)
            connection.close()

    def cpu_s(self) -> float:
        """CPU time that it has used, with its children, in seconds."""
        times = self.usage.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)

    def resident_mb(self) -> float:
        """Resident memory of the process and its children now, in MB (10^6 bytes)."""
        family = [self.usage, *self.usage.children(recursive=True)]
        return sum(member.memory_info().rss for member in family) / 1e6

    def end(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.terminate()
        return self.process.wait(END_S)


@contextmanager
def house_process(env: Mapping[str, str], home: Path, *arguments: str) -> Iterator[HouseProcess]:
    """Start `souffleur run` with `arguments` on a free port, and wait until it is ready; it is ended after."""
    command = [*SOUFFLEUR, "run", "--port", "0", *arguments]
    process = subprocess.Popen(
        command, env={**env, "SOUFFLEUR_HOME": str(home)}, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    )
    try:
        yield _ready(process)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _ready(process: subprocess.Popen[str]) -> HouseProcess:
    assert process.stdout is not None
    programme: list[str] = []
    deadline_s = time.monotonic() + START_S
    text = ""
    while time.monotonic() < deadline_s:
        readable, _, _ = select.select([process.stdout], [], [], 0.2)
        if readable:
            text += os.read(process.stdout.fileno(), 65_536).decode()
        *lines, text = text.split("\n")
        for line in lines:
            if line.startswith("ready "):
                return HouseProcess(process, line.removeprefix("ready "), programme)
            programme.append(line)
        if process.poll() is not None:
            raise RuntimeError(f"the house ended with exit code {process.returncode} before it was ready: {programme}")
    raise RuntimeError(f"the house was not ready within {START_S:.0f} s: {programme}")

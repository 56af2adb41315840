"""A sound card for machines that have none: a private PulseAudio whose two sinks are the visitor and the house.

Both sinks are channels of one, so that one recording holds who said what when, to the sample. In an open room the
microphone is a third channel: there what the loudspeaker sends into the room is mixed with what the visitor says.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from models.audio import Audio, Samples

RATE_HZ = 44_100
"""What PortAudio takes for the default rate of every PulseAudio device."""
PROGRAMS = ("pulseaudio", "pactl", "pacat")
START_S = 10.0
_SAMPLE_BYTES = 4

_SCRIPT = f"""
load-module module-native-protocol-unix auth-anonymous=1 socket={{socket}}
load-module module-null-sink sink_name=room format=float32le rate={RATE_HZ} channels=2 norewinds=1
load-module module-remap-sink sink_name=visitor master=room channels=1 channel_map=mono \
master_channel_map=front-left remix=no
load-module module-remap-sink sink_name=house master=room channels=1 channel_map=mono \
master_channel_map=front-right remix=no
load-module module-remap-source source_name=microphone master=room.monitor channels=1 channel_map=mono \
master_channel_map=front-left remix=no
set-default-sink house
set-default-source microphone
"""

_OPEN_SCRIPT = f"""
load-module module-native-protocol-unix auth-anonymous=1 socket={{socket}}
load-module module-null-sink sink_name=room format=float32le rate={RATE_HZ} channels=3 \
channel_map=front-left,front-right,front-center norewinds=1
load-module module-remap-sink sink_name=visitor master=room channels=2 channel_map=front-left,front-center \
master_channel_map=front-left,front-center remix=no
load-module module-remap-sink sink_name=house master=room channels=1 channel_map=mono \
master_channel_map=front-right remix=no
load-module module-remap-sink sink_name=echo master=room channels=1 channel_map=mono \
master_channel_map=front-center remix=no
load-module module-remap-source source_name=loudspeaker master=room.monitor channels=1 channel_map=mono \
master_channel_map=front-right remix=no
load-module module-remap-source source_name=microphone master=room.monitor channels=1 channel_map=mono \
master_channel_map=front-center remix=no
set-default-sink house
set-default-source microphone
"""
"""The visitor speaks into two channels, one of which stays dry; what is played into the sink `echo` joins the other."""

_ALSA = """
</usr/share/alsa/alsa.conf>
pcm.!default {
    type pulse
}
ctl.!default {
    type pulse
}
"""


class Tape:
    """What sounded in the room while it ran: the visitor and the house side by side, at RATE_HZ.

    In an open room the microphone is beside them; elsewhere it hears the visitor alone.
    """

    def __init__(self, process: subprocess.Popen[bytes], channels: int = 2) -> None:
        self._process = process
        self._channels = channels
        self._bytes = bytearray()
        self._began_s = float("inf")
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._read, name="tape")
        self._thread.start()

    def wait_until_running(self) -> None:
        """Return when the first sound has arrived."""
        if not self._running.wait(START_S):
            raise RuntimeError("the tape does not run: no sound came from the virtual sound card")

    @property
    def length_s(self) -> float:
        """How much is on it by now."""
        return len(self._bytes) / (self._channels * _SAMPLE_BYTES * RATE_HZ)

    @property
    def visitor(self) -> Samples:
        """What was played into the visitor's sink: in a closed room the microphone hears the same."""
        return self.since(0)[0]

    @property
    def house(self) -> Samples:
        """What the house played."""
        return self.since(0)[1]

    @property
    def microphone(self) -> Samples:
        """What the house's microphone brought."""
        return self.microphone_since(0)

    def since(self, from_s: float) -> tuple[Samples, Samples]:
        """The visitor and the house from there on: a look that stays cheap however long the tape is."""
        frames = self._frames(from_s)
        return frames[:, 0].copy(), frames[:, 1].copy()

    def microphone_since(self, from_s: float) -> Samples:
        """The microphone from there on."""
        return self._frames(from_s)[:, 2 if self._channels > 2 else 0].copy()

    def _frames(self, from_s: float) -> npt.NDArray[np.float32]:
        frame = self._channels * _SAMPLE_BYTES
        whole = self._bytes[max(0, round(from_s * RATE_HZ)) * frame : len(self._bytes) // frame * frame]
        return np.frombuffer(bytes(whole), "<f4").astype(np.float32).reshape(-1, self._channels)

    def position_s(self, monotonic_s: float) -> float:
        """Where on the tape a moment of the monotonic clock is; a few milliseconds early, as the tape runs behind."""
        return monotonic_s - self._began_s

    def run_on(self, seconds: float) -> None:
        """Return when that much more has been recorded: the card's time, however late this process is."""
        end_s, deadline_s = self.length_s + seconds, time.monotonic() + seconds + START_S
        while self.length_s < end_s:
            if time.monotonic() > deadline_s:
                raise RuntimeError("the tape stands still: the virtual sound card gives no sound")
            time.sleep(0.005)

    def stop(self) -> None:
        """End the recording."""
        self._process.terminate()
        self._process.wait()
        self._thread.join()

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        while chunk := os.read(pipe.fileno(), 65_536):
            now_s = time.monotonic()
            self._bytes += chunk
            # The reading that was least late tells best when the tape began.
            self._began_s = min(self._began_s, now_s - self.length_s)
            self._running.set()
        pipe.close()


class VirtualSoundCard:
    """A context manager; `env` makes a child process use this card as its default microphone and loudspeaker."""

    def __init__(self, is_open: bool = False) -> None:
        """`is_open`: with a third channel for the microphone, and a sink `echo` for what the loudspeaker adds to it."""
        self.is_open = is_open
        self._folder = Path(tempfile.mkdtemp(prefix="card-"))
        self._server: subprocess.Popen[bytes] | None = None
        self._log = self._folder / "pulseaudio.log"
        self._socket = self._folder / "native"

    @staticmethod
    def missing() -> str:
        """Why there can be no virtual sound card on this machine; empty if there can."""
        absent = [program for program in PROGRAMS if shutil.which(program) is None]
        return f"needs {', '.join(absent)} (Debian: pulseaudio, pulseaudio-utils)" if absent else ""

    @property
    def env(self) -> dict[str, str]:
        """The environment of this process, with this card in it."""
        return os.environ | {
            "XDG_RUNTIME_DIR": str(self._folder),
            "PULSE_RUNTIME_PATH": str(self._folder),
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_COOKIE": str(self._folder / "cookie"),
            "PULSE_SINK": "house",
            "PULSE_SOURCE": "microphone",
            "ALSA_CONFIG_PATH": str(self._folder / "alsa.conf"),
        }

    def __enter__(self) -> VirtualSoundCard:
        (self._folder / "alsa.conf").write_text(_ALSA)
        script = _OPEN_SCRIPT if self.is_open else _SCRIPT
        (self._folder / "script.pa").write_text(script.format(socket=self._socket))
        self.restart_server()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.kill_server()
        shutil.rmtree(self._folder, ignore_errors=True)

    def restart_server(self) -> None:
        """Start the sound server (again)."""
        arguments = ["pulseaudio", "-n", "-F", str(self._folder / "script.pa"), "--daemonize=no", "--exit-idle-time=-1"]
        arguments += ["--use-pid-file=no", "--disable-shm=yes", "--realtime=yes", "--high-priority=yes"]
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(arguments, env=self.env, stdout=log, stderr=log)
        deadline_s = time.monotonic() + START_S
        while b"microphone" not in self._pactl("list", "short", "sources"):
            if time.monotonic() > deadline_s or self._server.poll() is not None:
                raise RuntimeError(f"pulseaudio does not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.02)

    def kill_server(self) -> None:
        """Take the card away without a warning, as if it had been unplugged."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None
            self._socket.unlink(missing_ok=True)

    def start_speaking(self, audio: Audio) -> subprocess.Popen[bytes]:
        """The visitor begins to say this; the process ends when it has been said."""
        return self._start_playing("visitor", audio)

    def play(self, sink: str, audio: Audio) -> None:
        """Play this to its end into a sink that is not the visitor's: "house" or, in an open room, "echo"."""
        if self._start_playing(sink, audio).wait() != 0:
            raise RuntimeError(f"{sink} could not be played: pacat failed")

    def _start_playing(self, sink: str, audio: Audio) -> subprocess.Popen[bytes]:
        with tempfile.TemporaryFile() as sound:
            sound.write(audio.samples.astype("<f4").tobytes())
            sound.seek(0)
            arguments = pacat("--playback", sink, audio.rate_hz, 200)
            return subprocess.Popen(arguments, env=self.env, stdin=sound, stdout=subprocess.DEVNULL)

    def speak(self, audio: Audio) -> None:
        """The visitor says this to its end."""
        if self.start_speaking(audio).wait() != 0:
            raise RuntimeError("the visitor could not speak: pacat failed")

    @contextmanager
    def speaking(self, audio: Audio) -> Iterator[None]:
        """The visitor speaks while inside, and breaks off at the end."""
        player = self.start_speaking(audio)
        try:
            yield
        finally:
            player.terminate()
            player.wait()

    @contextmanager
    def open_loudspeaker(self, latency_ms: int, gain_db: int = 0) -> Iterator[None]:
        """While inside, the house's microphone hears the house's loudspeaker, so much later and louder."""
        way = ["source=house.monitor", "sink=visitor", f"latency_msec={latency_ms}", "adjust_time=0"]
        module = self._pactl("load-module", "module-loopback", *way, "source_dont_move=true", "sink_dont_move=true")
        if not module.strip():
            raise RuntimeError("the loudspeaker cannot be brought to the microphone: no module-loopback")
        self._pactl("set-sink-volume", "visitor", f"{gain_db}dB")
        try:
            yield
        finally:
            self._pactl("set-sink-volume", "visitor", "0dB")
            self._pactl("unload-module", module.decode().strip())

    @contextmanager
    def tape(self) -> Iterator[Tape]:
        """Record what sounds in the room while inside."""
        channels = 3 if self.is_open else 2
        arguments = pacat("--record", "room.monitor", RATE_HZ, 5, channels)
        pipe = subprocess.PIPE
        tape = Tape(subprocess.Popen(arguments, env=self.env, stdin=subprocess.DEVNULL, stdout=pipe), channels)
        try:
            tape.wait_until_running()
            yield tape
        finally:
            tape.stop()

    def _pactl(self, *arguments: str) -> bytes:
        done = subprocess.run(["pactl", *arguments], env=self.env, capture_output=True, check=False, timeout=START_S)
        return done.stdout


def pacat(way: str, device: str, rate_hz: int, latency_ms: int, channels: int = 1) -> list[str]:
    """The command that records from, or plays into, a device of the card, as raw float32."""
    # The device is always named: the defaults for the house in `env` are not for the visitor.
    arguments = ["pacat", way, f"--device={device}", "--raw", "--format=float32le", f"--rate={rate_hz}"]
    maps = {3: ["--channel-map=front-left,front-right,front-center"]}
    return [*arguments, f"--channels={channels}", *maps.get(channels, []), f"--latency-msec={latency_ms}"]

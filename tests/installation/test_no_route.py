"""A running house opens no connection to the outside: it plays where there is no way out, and never tries one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from installation import evening
from installation.__main__ import main
from installation.choice_of_show import DEMO
from installation.config import load_show
from installation.paths import PROJECT
from models import offline
from models.protocols import ModelError
from scripts.bench_house import SOUFFLEUR
from tests.fakes import tiny_whisper
from tests.fakes.hub import reachable_hub
from tests.fakes.show_folder import make_show

ENGINES = '[engines]\nears = "whisper-small"\npersona = "instant"\nvoice = "instant"\n'
QUIET = ("HF_", "TRANSFORMERS_", "ORT_", "DO_NOT_TRACK")
"""What would keep a library quiet: a company's machine has none of it. onnxruntime takes "CI" for a reason, too."""
NO_WAY_OUT = ("unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
"""A network of its own with nothing in it but the machine itself."""


def can_unshare() -> bool:
    if os.getuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run([*NO_WAY_OUT, "true"], check=False, capture_output=True).returncode == 0


needs_a_network_of_its_own = pytest.mark.skipif(
    not can_unshare(), reason="a network without a route needs root, unshare and ip"
)


def tries(pid: int) -> int:
    """Connections to the outside that the network of that process has refused for want of a route."""
    rows = [line.split() for line in Path(f"/proc/{pid}/net/snmp").read_text().splitlines() if line.startswith("Ip:")]
    names, values = rows
    return int(values[names.index("OutNoRoutes")])


@contextmanager
def started(command: Sequence[str], env: dict[str, str], until: str) -> Iterator[subprocess.Popen[str]]:
    """A program in a network without a route, after it has printed a line that begins with `until`."""
    process = subprocess.Popen(
        [*NO_WAY_OUT, *command],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        said: list[str] = []
        for line in process.stdout:
            said.append(line)
            if line.startswith(until):
                break
        else:
            pytest.fail("it ended before its time:\n" + "".join(said))
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_libraries_of_the_engines_are_told_before_the_house_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in offline.ASKED_NOT_TO:
        monkeypatch.setenv(name, "0")

    def open_house(*_: object) -> None:
        assert {os.environ[name] for name in offline.ASKED_NOT_TO} == {"1"}
        raise ModelError("no engines tonight")

    monkeypatch.setattr(evening, "open_house", open_house)
    with pytest.raises(ModelError, match="no engines tonight"):
        evening.play(load_show(DEMO), evening.Seats())


def test_no_engine_reports_its_use_to_anybody() -> None:
    program = "import os, models; print([os.environ.get(name) for name in ('ORT_DISABLE_TELEMETRY', 'DO_NOT_TRACK')])"
    env = {key: value for key, value in os.environ.items() if key not in offline.TELL_NOBODY}
    env["PYTHONPATH"] = str(PROJECT)
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['1', '1']"


def test_what_they_were_told_keeps_them_from_asking_the_hub() -> None:
    program = (
        "from models.offline import stay_offline; stay_offline()\n"
        "import huggingface_hub\n"
        "try: huggingface_hub.hf_hub_download('somebody/tiny', 'model.bin')\n"
        "except Exception as error: print(type(error).__name__, type(error.__cause__).__name__)"
    )
    env = os.environ | {"HF_ENDPOINT": "http://127.0.0.1:9", "PYTHONPATH": str(PROJECT)}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert "OfflineModeIsEnabled" in done.stdout


@needs_a_network_of_its_own
def test_a_try_would_be_noticed() -> None:
    knock = (
        "import socket, time\n"
        "try: socket.create_connection(('192.0.2.1', 443))\n"
        "except OSError: print('tried', flush=True)\n"
        "time.sleep(60)"
    )
    with started([sys.executable, "-c", knock], dict(os.environ), "tried") as process:
        assert tries(process.pid) > 0


@needs_a_network_of_its_own
def test_the_house_plays_with_pulled_ears_where_no_way_leads_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show, home = make_show(tmp_path / "letters", ENGINES), tmp_path / "home"
    whisper = tiny_whisper.make(tmp_path)
    monkeypatch.setenv("SOUFFLEUR_HOME", str(home))
    with reachable_hub(monkeypatch) as hub:
        hub.add("Systran/faster-whisper-small", {file.name: file.read_bytes() for file in whisper.iterdir()})
        monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000_000)
        pulled = CliRunner().invoke(main, ["models", "pull", "--show", str(show)])
    assert pulled.exit_code == 0, pulled.output
    env = {key: value for key, value in os.environ.items() if key != "CI" and not key.startswith(QUIET)}
    env |= {"SOUFFLEUR_HOME": str(home), "XDG_RUNTIME_DIR": str(tmp_path), "PULSE_SERVER": f"unix:{tmp_path}/none"}
    with started([*SOUFFLEUR, "run", str(show), "--port", "0"], env, "ready ") as process:
        assert tries(process.pid) == 0
        process.terminate()
        assert process.wait(20) == 0

"""A running house opens no connection to the outside: it plays where there is no way out, and never tries one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from installation import evening
from installation.__main__ import main
from installation.choice_of_show import DEMO
from installation.config import load_show
from installation.entries import LineState, Who
from installation.paths import PROJECT
from models import offline
from models.protocols import ModelError
from scripts.bench_house import SOUFFLEUR
from tests.fakes import tiny_whisper
from tests.fakes.auditorium import states_logged, wait_until
from tests.fakes.hub import reachable_hub
from tests.fakes.show_folder import make_show

ENGINES = '[engines]\nears = "whisper-small"\npersona = "instant"\nvoice = "instant"\n'
QUIET = ("HF_", "TRANSFORMERS_", "ORT_", "DO_NOT_TRACK")
"""What would keep a library quiet: a company's machine has none of it. onnxruntime takes "CI" for a reason, too."""
OUTSIDE = {"ipv4": "192.0.2.1", "ipv6": "2001:db8::1"}
"""Addresses that are kept for examples: nobody has them."""
CUT_OFF = """
set -e
ip link set lo up
printf 'nameserver %s\\n' "$1" >"$2/resolv.conf"
printf 'hosts: files dns\\n' >"$2/nsswitch.conf"
for file in resolv.conf nsswitch.conf; do
  if [ -e "/etc/$file" ]; then mount --bind "$2/$file" "/etc/$file"; fi
done
shift 2
exec "$@"
"""
"""Names must be asked for outside: a resolver of this machine's own would do it for the house, and unnoticed."""


def no_way_out(folder: Path) -> list[str]:
    """What stands before a command to cut it off: a network with nothing in it but this machine; [] if nothing can."""
    for own in ("-nm", "-rnm"):  # a user who is not root may be it in a namespace of their own
        command = ["unshare", own, "sh", "-c", CUT_OFF, "sh", OUTSIDE["ipv4"], str(folder)]
        with suppress(FileNotFoundError):
            if subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0:
                return command
    return []


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    command = no_way_out(tmp_path_factory.mktemp("etc"))
    if not command:
        pytest.skip("a network without a route needs ip, and unshare as root or where users may have namespaces")
    return command


def tries(pid: int) -> int:
    """Packets to the outside that the network of that process has refused for want of a route."""
    network = Path(f"/proc/{pid}/net")
    names, values = [line.split() for line in (network / "snmp").read_text().splitlines() if line.startswith("Ip:")]
    refused = int(values[names.index("OutNoRoutes")])
    with suppress(FileNotFoundError):  # a machine without IPv6
        rows = dict(line.split() for line in (network / "snmp6").read_text().splitlines())
        refused += int(rows["Ip6OutNoRoutes"])
    return refused


@contextmanager
def started(command: Sequence[str], env: dict[str, str], until: str) -> Iterator[subprocess.Popen[str]]:
    """A program that is cut off, after it has printed a line that begins with `until`."""
    process = subprocess.Popen(
        command,
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


@pytest.mark.parametrize(
    "attempt",
    [
        f"socket.create_connection(('{OUTSIDE['ipv4']}', 443))",
        pytest.param(
            f"socket.create_connection(('{OUTSIDE['ipv6']}', 443))",
            marks=pytest.mark.skipif(not Path("/proc/net/snmp6").exists(), reason="this machine has no IPv6"),
        ),
        "socket.getaddrinfo('huggingface.co', 443)",
    ],
    ids=["IPv4", "IPv6", "a name"],
)
def test_a_try_would_be_noticed(cut_off: list[str], attempt: str) -> None:
    knock = f"""
import socket, time
try: {attempt}
except OSError: print('tried', flush=True)
time.sleep(60)
"""
    with started([*cut_off, sys.executable, "-c", knock], dict(os.environ), "tried") as process:
        assert tries(process.pid) > 0


def test_who_stays_at_home_is_not_accused(cut_off: list[str]) -> None:
    program = """
import socket, time
with socket.create_server(('127.0.0.1', 0)) as server:
    socket.create_connection(server.getsockname())
    socket.getaddrinfo('localhost', 443)
    print('tried', flush=True)
    time.sleep(60)
"""
    with started([*cut_off, sys.executable, "-c", program], dict(os.environ), "tried") as process:
        assert tries(process.pid) == 0


def without_what_keeps_libraries_quiet(home: Path) -> dict[str, str]:
    """The environment of a house on a company's machine without a sound card."""
    env = {key: value for key, value in os.environ.items() if key != "CI" and not key.startswith(QUIET)}
    return env | {"SOUFFLEUR_HOME": str(home), "XDG_RUNTIME_DIR": str(home), "PULSE_SERVER": f"unix:{home}/none"}


def test_the_demo_holds_a_conversation_where_no_way_leads_out(cut_off: list[str], tmp_path: Path) -> None:
    said = {(Who.VISITOR, LineState.HEARD), (Who.DOUBLE, LineState.RELEASED), (Who.DOUBLE, LineState.SPOKEN)}
    command = [*cut_off, *SOUFFLEUR, "run", str(DEMO), "--visitor", "--port", "0"]
    with started(command, without_what_keeps_libraries_quiet(tmp_path), "ready ") as process:
        wait_until(lambda: said <= states_logged(tmp_path), "no line was heard, released and spoken", 60)
        assert tries(process.pid) == 0
        process.terminate()
        assert process.wait(20) == 0


def test_the_house_opens_with_pulled_ears_where_no_way_leads_out(
    cut_off: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show, home = make_show(tmp_path / "letters", ENGINES), tmp_path / "home"
    whisper = tiny_whisper.make(tmp_path)
    monkeypatch.setenv("SOUFFLEUR_HOME", str(home))
    with reachable_hub(monkeypatch) as hub:
        hub.add("Systran/faster-whisper-small", {file.name: file.read_bytes() for file in whisper.iterdir()})
        monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000_000)
        pulled = CliRunner().invoke(main, ["models", "pull", "--show", str(show)])
    assert pulled.exit_code == 0, pulled.output
    command = [*cut_off, *SOUFFLEUR, "run", str(show), "--port", "0"]
    with started(command, without_what_keeps_libraries_quiet(home), "ready ") as process:
        assert tries(process.pid) == 0
        process.terminate()
        assert process.wait(20) == 0

"""The one line that a person watches during a set-up of minutes."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.progress import elapsed, headline

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Collecting numpy==2.4.6 (from -r requirements.lock (line 513))", "looking up numpy"),
        ("  Downloading onnxruntime-1.32.0-cp311-cp311-linux_x86_64.whl (17.4 MB)", "fetching onnxruntime (17.4 MB)"),
        ("  Building wheel for llama-cpp-python (pyproject.toml): started", "compiling llama-cpp-python"),
        ("  [41/193] /usr/bin/g++ -DGGML_SHARED -c llama.cpp", "compiling, step 41/193"),
        ("Get:3 http://mirror/debian bookworm/main amd64 espeak-ng amd64 1.51 [240 kB]", "fetching espeak-ng"),
        ("Setting up libportaudio2:amd64 (19.6.0-1.2) ...", "installing libportaudio2"),
    ],
)
def test_a_line_of_output_becomes_what_a_person_wants_to_know(line: str, shown: str) -> None:
    assert headline(line, "before") == shown


def test_a_line_that_says_nothing_leaves_the_headline_alone() -> None:
    assert headline("  running build_ext", "compiling, step 3/9") == "compiling, step 3/9"


def test_a_long_download_shows_how_far_it_is() -> None:
    started = headline("Progress 0 of 400", "fetching torch (400 MB)")
    assert headline("Progress 100 of 400", started) == "fetching torch (400 MB): 25 %"


def test_durations_read_like_speech() -> None:
    assert elapsed(7.9) == "7 s"
    assert elapsed(249.0) == "4 min 09 s"


def test_the_log_keeps_the_whole_story_but_not_the_byte_counts(tmp_path: Path) -> None:
    log = tmp_path / "setup.log"
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/progress.py", "Installing", log],
        input=b"Collecting numpy\nProgress 1 of 2\n[1/2] compiling\nlast words",
        capture_output=True,
        check=True,
    )
    assert log.read_text() == "Collecting numpy\n[1/2] compiling\nlast words\n"
    assert done.stdout.startswith(b"Installing (")

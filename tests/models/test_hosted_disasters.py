"""Engines in processes of their own that hang, crash, leak and print, and how they end."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from models import host as hosting
from models.audio import silence
from models.child import Child
from models.host import HostedSettings, Order, pause_s
from models.hosted import HostedLanguageModel, HostedSynthesizer, HostedTranscriber
from models.protocols import Message, ModelError, Sampling
from tests.fakes.bad_engines import WORDS, bad
from tests.fakes.processes import again, eventually, gone, nothing_left, process_of

PROJECT = Path(__file__).parents[2]
SETTINGS = HostedSettings()
SHORT = HostedSettings(patience_s=0.3)
"""Short of patience, for engines that never answer."""
QUESTION = (Message("user", "What was it?"),)
SECOND = silence(1, 16_000)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """No process and no thread is left when an engine is closed."""
    with nothing_left():
        yield


# --- hangs, crashes, leaks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("does", ["hang", "hang_and_hold_everything"])
def test_an_engine_that_hangs_is_killed_and_started_again(does: str) -> None:
    with closing(HostedTranscriber(bad(does), SHORT)) as ears:
        pid = process_of(ears)
        with pytest.raises(ModelError, match=r"^bad engine gave no sign of life for 1\.3 s; it is started again\.$"):
            ears.transcribe(SECOND, ("en",))
        began_s = time.monotonic()
        with pytest.raises(ModelError, match="is being started again, since it gave no sign of life"):
            ears.transcribe(SECOND, ("en",))
        assert time.monotonic() - began_s < 1.0, "a call during the restart must not wait"
        eventually(lambda: ears._host._child is not None)
        assert gone(pid)


@pytest.mark.parametrize(
    ("does", "sentence"),
    [
        ("segfault", r"^bad engine was ended by SIGSEGV; it is started again\.$"),
        ("abort_itself", r'^bad engine was ended by SIGABRT \(its last words: "GGML_ASSERT: n_tokens > 0"\); it is'),
        ("exit", r"^bad engine ended with exit code 7; it is started again\.$"),
        ("leave", r'^bad engine ended with exit code 1 \(its last words: "SystemExit: 5"\); it is started again\.$'),
        ("write_down_the_line", r"^bad engine sent what nobody understands \(.*\); it is started again\.$"),
    ],
)
def test_an_engine_that_crashes_is_one_sentence_and_is_started_again(does: str, sentence: str) -> None:
    with closing(HostedLanguageModel(bad(does, "piece"), SETTINGS)) as persona:
        with pytest.raises(ModelError, match=sentence) as caught:
            list(persona.stream(QUESTION, "en", Sampling()))
        assert "\n" not in str(caught.value)
        first = again(lambda: next(persona.stream(QUESTION, "en", Sampling())))
        assert first == WORDS[0]


def test_an_engine_that_works_again_tells_it_unasked() -> None:
    back = threading.Event()
    with closing(HostedTranscriber(bad("exit"), SETTINGS)) as ears:
        ears.when_back(back.set)
        with pytest.raises(ModelError, match="it is started again"):
            ears.transcribe(SECOND, ("en",))
        assert back.wait(60)


def test_the_public_waits_for_the_fate_of_a_process_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    child = Child("tests.fakes.bad_engines", 0)

    def pass_by(limit_s: float) -> int:
        nonlocal now_s
        now_s += 0.8 * limit_s
        return -9

    with monkeypatch.context() as slow:
        slow.setattr("models.child.monotonic", lambda: now_s)
        slow.setattr(child._process, "wait", pass_by)
        slow.setattr(child._reader, "join", pass_by)
        assert child.fate() == "was ended by SIGKILL"
    child.end()
    assert now_s <= 0.5


def test_a_strange_exception_is_one_sentence_and_the_process_stays() -> None:
    with closing(HostedSynthesizer(bad("raise", "piece"), SETTINGS)) as voice:
        pid = process_of(voice)
        pieces = voice.synthesize("The tide.", "en")
        assert len(list(itertools.islice(pieces, 2))) == 2
        with pytest.raises(ModelError, match=r"^bad engine failed \(StrangeError: tensor of the wrong shape\)\.$"):
            next(pieces)
        assert process_of(voice) == pid
    with (
        closing(HostedTranscriber(bad("refuse"), SETTINGS)) as ears,
        pytest.raises(ModelError, match=r"^The weights are of another model; fetch them again\.$"),
    ):
        ears.transcribe(SECOND, ("en",))


def test_what_native_code_prints_disturbs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "models.child")
    with closing(HostedTranscriber(bad("print"), SETTINGS)) as ears:
        for _ in range(2):
            assert ears.transcribe(SECOND, ("en",)).text == "16000 0.000"
    assert "llama_model_loader: loaded" in caplog.text


def test_an_engine_that_dies_while_nobody_asks_it_anything_is_there_again_before_somebody_does() -> None:
    with closing(HostedTranscriber(bad(), SETTINGS)) as ears:
        pid = process_of(ears)
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: ears._host._child is not None and process_of(ears) != pid)
        assert ears.transcribe(SECOND, ("en",)).text


def test_an_engine_that_leaks_is_started_again_in_a_quiet_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosting, "_IDLE_S", 0.0)
    with closing(HostedLanguageModel(bad("leak"), HostedSettings(leak_mb=100))) as persona:
        pid = process_of(persona)
        for _ in range(2):
            list(persona.stream(QUESTION, "en", Sampling()))
        stream = persona.stream(QUESTION, "en", Sampling())
        next(stream)
        persona._host._look()
        assert process_of(persona) == pid, "the public waits for this answer"
        list(stream)
        eventually(lambda: persona._host._child is not None and process_of(persona) != pid)
        assert list(persona.stream(QUESTION, "en", Sampling()))


def test_an_engine_that_cannot_be_loaded_is_one_sentence() -> None:
    with pytest.raises(ModelError, match=r"^The weights are of another model; fetch them again\.$"):
        HostedTranscriber(bad("refuse", "load"), SETTINGS)
    with pytest.raises(ModelError, match=r"^the engine was ended by SIGSEGV while it was loaded; "):
        HostedTranscriber(bad("segfault", "load"), SETTINGS)
    with pytest.raises(ModelError, match=r"^the engine ended with exit code 1 .*No module named tests\.fakes\.nobody"):
        HostedTranscriber(Order("the engine", {}, "tests.fakes.nobody"), SETTINGS)
    with pytest.raises(ModelError, match=r"^the engine gave no sign of life for 0\.3 s while it was loaded; "):
        HostedTranscriber(bad("hang", "load"), HostedSettings(load_s=0.3))


def test_a_machine_that_gives_no_process_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(ModelError, match=r"^the engine gets no process \(Resource temporarily unavailable\); "):
        HostedTranscriber(bad(), SETTINGS)


def test_an_engine_that_cannot_be_started_again_says_why_and_is_tried_later(tmp_path: Path) -> None:
    order = bad("fail_once_loaded_before", "load", file=str(tmp_path / "loaded"))
    with closing(HostedTranscriber(order, SETTINGS)) as ears:
        os.kill(process_of(ears), signal.SIGKILL)
        eventually(lambda: "could not be" in ears._host._complaint)
        with pytest.raises(ModelError, match=r"could not be started again \(The weights are gone\); it will be tried"):
            ears.transcribe(SECOND, ("en",))
        (tmp_path / "loaded").rmdir()
        assert again(lambda: ears.transcribe(SECOND, ("en",)).text)


def test_who_fails_again_and_again_is_started_less_and_less_often() -> None:
    assert [pause_s(failures) for failures in range(6)] == [0, 0, 1, 2, 4, 8]
    assert pause_s(1000) == 60


# --- endings ----------------------------------------------------------------------------------------------------------


def test_a_closed_engine_is_gone_with_all_that_it_had_started(tmp_path: Path) -> None:
    file = tmp_path / "number"
    ears = HostedTranscriber(bad("start_another", file=str(file)), SETTINGS)
    ears.transcribe(SECOND, ("en",))
    pid, other = process_of(ears), int(file.read_text())
    ears.close()
    assert gone(pid)
    eventually(lambda: gone(other))
    with pytest.raises(ModelError, match=r"^bad engine is closed; open the house again\.$"):
        ears.transcribe(SECOND, ("en",))
    ears.close()


def test_an_engine_can_be_closed_while_it_hangs_and_while_it_is_started_again() -> None:
    ears = HostedTranscriber(bad("hang"), SETTINGS)
    failed = threading.Event()

    def ask() -> None:
        with pytest.raises(ModelError):
            ears.transcribe(SECOND, ("en",))
        failed.set()

    asker = threading.Thread(target=ask)
    asker.start()
    eventually(lambda: ears._host._call is not None)
    ears.close()
    asker.join()
    assert failed.is_set()
    ears = HostedTranscriber(bad(), SETTINGS)
    os.kill(process_of(ears), signal.SIGKILL)
    with pytest.raises(ModelError):
        ears.transcribe(SECOND, ("en",))
    ears.close()


HOUSE = """
import sys, threading
from models.host import HostedSettings
from models.hosted import HostedTranscriber
from models.audio import silence
from tests.fakes.bad_engines import bad
ears = HostedTranscriber(bad({does!r}, file={file!r}, begun={file!r} + " begun"), HostedSettings(patience_s=1000))
print(ears._host._child.pid, flush=True)
ears.transcribe(silence(1, 16_000), ("en",))
print("done", flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("does", ["nothing", "start_another", "hang", "hang_and_hold_everything"])
def test_a_house_that_is_killed_leaves_no_orphan(does: str, tmp_path: Path) -> None:
    file = tmp_path / "number"
    program = HOUSE.format(does=does, file=str(file))
    with subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as house:
        assert house.stdout is not None
        pids = [int(house.stdout.readline())]
        if does.startswith("hang"):
            eventually(Path(f"{file} begun").exists)
        else:
            assert house.stdout.readline() == "done\n"
        if does == "start_another":
            pids.append(int(file.read_text()))
        house.kill()
    eventually(lambda: all(gone(pid) for pid in pids))


def test_only_the_house_decides_when_an_engine_leaves() -> None:
    with closing(HostedTranscriber(bad(), SETTINGS)) as ears:
        pid = process_of(ears)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, number)
        assert ears.transcribe(SECOND, ("en",)).text
        assert process_of(ears) == pid


def test_engines_stand_back_behind_the_sound_of_the_house() -> None:
    with closing(HostedTranscriber(bad(), HostedSettings(nice=7))) as ears:
        assert psutil.Process(process_of(ears)).nice() == min(19, psutil.Process().nice() + 7)

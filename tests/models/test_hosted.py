"""Engines in processes of their own, that do as they should and as they should not."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from models import host as hosting
from models.audio import Audio, silence
from models.host import HostedSettings, Order, pause_s
from models.hosted import HostedLanguageModel, HostedSynthesizer, HostedTranscriber
from models.hosted_child import Watch
from models.instant import InstantLanguageModel, InstantSettings
from models.load import EngineSettings, load
from models.protocols import LanguageModel, Message, ModelError, Sampling, Synthesizer, Transcriber
from tests.fakes import tiny_gguf, tiny_whisper
from tests.fakes.bad_engines import PIECE_SAMPLES, RATE_HZ, WORDS, bad

PROJECT = Path(__file__).parents[2]
SETTINGS = HostedSettings()
SHORT = HostedSettings(patience_s=0.3)
"""Short of patience, for engines that never answer."""
QUESTION = (Message("user", "What was it?"),)
SECOND = silence(1, 16_000)
AGAIN_S = 60.0
"""How long a busy machine may take to start a process again."""


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """No process and no thread is left when an engine is closed."""
    threads, here = set(threading.enumerate()), psutil.Process()
    processes = set(here.children(recursive=True))
    yield
    # a thread of tqdm's is faster-whisper's, in this process
    assert {thread.name for thread in set(threading.enumerate()) - threads} - {"tqdm_monitor"} == set()
    assert set(here.children(recursive=True)) - processes == set()


def eventually(condition: Callable[[], bool], within_s: float = AGAIN_S) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def again(task: Callable[[], object]) -> object:
    """What comes of a task when the engine is there again."""
    outcome: list[object] = []

    def works() -> bool:
        with suppress(ModelError):
            outcome.append(task())
        return bool(outcome)

    eventually(works)
    return outcome[0]


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def process_of(engine: HostedTranscriber | HostedLanguageModel | HostedSynthesizer) -> int:
    assert engine._host._child is not None
    return engine._host._child.pid


# --- what an engine does, it does in a process of its own too ---------------------------------------------------------


def test_hosted_engines_are_what_the_house_asks_for() -> None:
    with (
        closing(HostedTranscriber(bad(), SETTINGS)) as ears,
        closing(HostedLanguageModel(bad(), SETTINGS)) as persona,
        closing(HostedSynthesizer(bad(), SETTINGS)) as voice,
    ):
        assert isinstance(ears, Transcriber)
        assert isinstance(persona, LanguageModel)
        assert isinstance(voice, Synthesizer)
        assert (voice.name, voice.rate_hz) == ("bad engine", RATE_HZ)
        pids = {process_of(ears), process_of(persona), process_of(voice)}
        assert len(pids) == 3
        assert os.getpid() not in pids


def test_sound_arrives_there_as_it_is() -> None:
    sound = Audio(np.linspace(-1, 0.25, 480_000, dtype=np.float32)[::2], 16_000)
    with closing(HostedTranscriber(bad(), SETTINGS)) as ears:
        heard = ears.transcribe(sound, ("fr", "en"))
        assert (heard.text, heard.language, heard.confidence) == ("240000 1.000 1.0", "fr", 0.5)
        assert ears.transcribe(silence(0, 16_000), ("en",)).text == "0 0.000 1.0"


def test_a_conversation_arrives_there_word_by_word_and_comes_back_so() -> None:
    tricky = (Message("system", "x"), Message("direction", "«\udce9»\n\0 été 🌊"))
    with closing(HostedLanguageModel(bad(), SETTINGS)) as persona:
        *words, asked = persona.stream(tricky, "fr", Sampling(max_tokens=7))
        assert tuple(words) == WORDS
        assert asked == " direction «\udce9»\n\0 été 🌊 fr 7"


def test_a_voice_is_made_only_as_fast_as_somebody_listens() -> None:
    with closing(HostedSynthesizer(bad(), SETTINGS)) as voice:
        pieces = voice.synthesize("The tide.", "en")
        first = [next(pieces) for _ in range(3)]
        assert {(len(piece.samples), piece.rate_hz) for piece in first} == {(PIECE_SAMPLES, RATE_HZ)}
        unread = voice.synthesize("Another.", "en")
        made = round(float(next(voice.synthesize("A third.", "en")).samples[0]) * 1000)
        assert made == 3, "pieces were made that nobody had asked for"
        del unread


def test_a_stream_that_another_call_has_replaced_says_so() -> None:
    with closing(HostedLanguageModel(bad(), SETTINGS)) as persona:
        first = persona.stream(QUESTION, "en", Sampling())
        next(first)
        assert "".join(persona.stream(QUESTION, "en", Sampling())).startswith("".join(WORDS))
        with pytest.raises(ModelError, match="interrupted by another call"):
            next(first)


def test_a_stream_that_is_closed_early_leaves_the_engine_free() -> None:
    with closing(HostedSynthesizer(bad(), SETTINGS)) as voice:
        pieces = voice.synthesize("The tide.", "en")
        next(pieces)
        pieces.close()  # type: ignore[attr-defined]
        assert voice._host._call is not None
        assert voice._host._call.over
        assert next(voice.synthesize("Again.", "en")).rate_hz == RATE_HZ


def test_a_small_setting_is_changed_while_it_plays_and_stays_when_it_is_started_again() -> None:
    with closing(HostedTranscriber(bad(), SETTINGS)) as ears:
        ears.configure("scale", 0.25)
        assert ears.transcribe(SECOND, ("en",)).text.endswith("0.25")
        os.kill(process_of(ears), signal.SIGKILL)
        assert str(again(lambda: ears.transcribe(SECOND, ("en",)).text)).endswith("0.25")
        with pytest.raises(ModelError, match="has no setting 'volume'"):
            ears.configure("volume", 1)


# --- abort ------------------------------------------------------------------------------------------------------------


def test_an_abort_wakes_a_call_under_way_and_harms_none_after_it() -> None:
    with closing(HostedTranscriber(bad("wait"), SETTINGS)) as ears:
        for _ in range(2):
            waker = threading.Timer(0.2, ears.abort)
            waker.start()
            heard = ears.transcribe(SECOND, ("en",))
            waker.join()
            assert heard.text == ""
    with closing(HostedTranscriber(bad(), SETTINGS)) as ears:
        ears.abort()
        assert ears.transcribe(SECOND, ("en",)).text
        ears.abort()
        assert ears.transcribe(SECOND, ("en",)).text


def test_an_abort_in_the_middle_of_a_stream_ends_it_as_if_it_were_finished() -> None:
    with closing(HostedLanguageModel(bad("wait", "piece"), SETTINGS)) as persona:
        stream = persona.stream(QUESTION, "en", Sampling())
        assert [next(stream), next(stream)] == list(WORDS[:2])
        waker = threading.Timer(0.2, persona.abort)
        waker.start()
        assert list(stream) == []
        waker.join()
    with closing(HostedLanguageModel(bad(), SETTINGS)) as persona:
        stream = persona.stream(QUESTION, "en", Sampling())
        next(stream)
        persona.abort()
        assert list(stream) == []
        assert next(persona.stream(QUESTION, "en", Sampling())) == WORDS[0]


def test_an_abort_that_overtakes_its_call_ends_it_and_no_other() -> None:
    reading, writing = os.pipe()
    watch = Watch(reading)
    engine = InstantLanguageModel(InstantSettings())
    watch._abort(7)
    assert not watch.begin(6, engine)
    assert watch.begin(7, engine)
    assert not watch.begin(8, engine)
    pieces = engine.stream(QUESTION, "en", Sampling())
    watch._abort(7)
    assert next(pieces), "a late abort of the call before is no abort of this one"
    watch._abort(8)
    assert list(pieces) == []
    os.close(reading)
    os.close(writing)


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
            assert ears.transcribe(SECOND, ("en",)).text == "16000 0.000 1.0"
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


# --- real engines -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("show")
    tiny_gguf.make(folder)
    tiny_whisper.make(folder)
    return folder


def test_whisper_and_llama_run_in_processes_of_their_own_and_do_as_they_did(show: Path) -> None:
    settings = EngineSettings(ears="tiny-whisper", persona="tiny.gguf", voice="instant")
    here = EngineSettings("tiny-whisper", "tiny.gguf", "instant", hosted=HostedSettings(heavy=False))
    noise = Audio(np.random.default_rng(1).normal(0, 0.1, 32_000).astype(np.float32), 16_000)
    sampling = Sampling(seed=7, max_tokens=12)
    with closing(load(settings, show, ("en", "fr"))) as hosted, closing(load(here, show, ("en", "fr"))) as local:
        assert isinstance(hosted.transcriber, HostedTranscriber)
        assert isinstance(hosted.language_model, HostedLanguageModel)
        assert not isinstance(hosted.synthesizer, HostedSynthesizer)
        assert (hosted.transcriber.name, hosted.language_model.name) == (
            local.transcriber.name,
            local.language_model.name,
        )
        assert hosted.transcriber.transcribe(noise, ("en", "fr")) == local.transcriber.transcribe(noise, ("en", "fr"))
        written = [list(engines.language_model.stream(QUESTION, "en", sampling)) for engines in (hosted, local)]
        assert written[0] == written[1]
        assert len(written[0]) > 5


def test_an_answer_of_llama_is_interrupted_and_the_next_one_is_whole(show: Path) -> None:
    settings = EngineSettings("instant", "tiny.gguf", "instant")
    with closing(load(settings, show, ("en",))) as engines:
        persona = engines.language_model
        stream = persona.stream(QUESTION, "en", Sampling(seed=7, max_tokens=500))
        next(stream)
        persona.abort()
        assert list(stream) == []
        assert len(list(persona.stream(QUESTION, "en", Sampling(seed=7, max_tokens=12)))) > 5


def test_a_prompt_that_is_too_long_is_refused_before_anything_is_pulled(show: Path) -> None:
    with (
        closing(load(EngineSettings("instant", "tiny.gguf", "instant"), show, ("en",))) as engines,
        pytest.raises(ModelError, match="do not fit its context"),
    ):
        engines.language_model.stream((Message("user", "sea " * 2_000),), "en", Sampling())


def test_what_is_wrong_with_a_model_is_the_same_sentence_as_without_a_process(tmp_path: Path) -> None:
    sentences = []
    for heavy in (True, False):
        settings = EngineSettings("instant", "ada.gguf", "instant", hosted=HostedSettings(heavy=heavy))
        with pytest.raises(ModelError, match=r"ada\.gguf: there is no such file; persona") as caught:
            load(settings, tmp_path, ("en",))
        sentences.append(str(caught.value))
    assert sentences[0] == sentences[1]

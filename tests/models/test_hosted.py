"""Engines in processes of their own: what the house asks, what they answer, and how they are interrupted."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from models.audio import Audio, silence
from models.engine_settings import EngineSettings
from models.host import HostedSettings
from models.hosted import HostedLanguageModel, HostedSynthesizer, HostedTranscriber
from models.hosted_child import Service, Watch
from models.instant import InstantLanguageModel, InstantSettings, InstantTranscriber
from models.llama_loader import LlamaSettings
from models.load import load
from models.pipe import Packet, audio_bytes
from models.protocols import (
    Adaptable,
    Cancelled,
    LanguageModel,
    Message,
    ModelError,
    Sampling,
    Scorer,
    Synthesizer,
    Transcriber,
    Transcript,
    never,
)
from tests.fakes import tiny_gguf, tiny_whisper
from tests.fakes.bad_engines import PIECE_SAMPLES, RATE_HZ, WORDS, bad
from tests.fakes.processes import again, nothing_left, process_of

SETTINGS = HostedSettings()
QUESTION = (Message("user", "What was it?"),)
SECOND = silence(1, 16_000)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """No process and no thread is left when an engine is closed."""
    with nothing_left():
        yield


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
        assert (heard.text, heard.language, heard.confidence) == ("240000 1.000", "fr", 0.5)
        assert ears.transcribe(silence(0, 16_000), ("en",)).text == "0 0.000"


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


def test_a_stream_that_cannot_be_closed_leaves_the_engine_free_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(HostedSynthesizer(bad(), SETTINGS)) as voice:
        pieces = voice.synthesize("The tide.", "en")
        next(pieces)
        with monkeypatch.context() as patched:
            patched.setattr(voice._host, "_ask", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                pieces.close()  # type: ignore[attr-defined]
        assert voice._host._line.acquire(blocking=False)
        voice._host._line.release()
        assert next(voice.synthesize("Again.", "en")).rate_hz == RATE_HZ


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


def test_a_call_that_is_cancelled_before_it_begins_never_reaches_the_process() -> None:
    with closing(HostedTranscriber(bad("exit"), SETTINGS)) as ears:
        pid = process_of(ears)
        assert ears.transcribe(SECOND, ("en",), lambda: True).text == ""
        ears._host._look()
        assert process_of(ears) == pid


def test_an_abort_that_the_engine_forgets_as_it_begins_ends_its_call_all_the_same() -> None:
    reading, writing = os.pipe()
    watch = Watch(reading)

    class Forgetful(InstantTranscriber):
        """Aborted while its sound is unpacked."""

        def transcribe(self, audio: Audio, languages: Sequence[str], cancelled: Cancelled = never) -> Transcript:
            if audio.duration_s == 1:
                watch._abort(1)
            return super().transcribe(audio, languages, cancelled)

    service = Service(lambda _: Forgetful(InstantSettings()), watch)
    service._answer(Packet({"do": "load", "order": {}}))

    def heard(call: int, duration_s: float) -> str:
        header = {"do": "transcribe", "call": call, "rate_hz": 16_000, "languages": ["en"]}
        return str(service._answer(Packet(header, audio_bytes(silence(duration_s, 16_000)))).header["text"])

    assert heard(1, duration_s=1) == ""
    assert heard(2, duration_s=2)
    os.close(reading)
    os.close(writing)


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


def test_how_much_double_and_the_scores_of_a_text_reach_a_process_of_its_own_also_after_it_died(show: Path) -> None:
    tiny_gguf.make_lora(show)
    llama = LlamaSettings(lora="lora.gguf", lora_scale=0.0)
    here = EngineSettings("instant", "tiny.gguf", "instant", llama=llama, hosted=HostedSettings(heavy=False))
    settings = EngineSettings("instant", "tiny.gguf", "instant", llama=llama)
    with closing(load(settings, show, ("en",))) as hosted, closing(load(here, show, ("en",))) as local:
        there = hosted.language_model
        for engines in (hosted, local):
            assert isinstance(engines.language_model, Adaptable)
            assert isinstance(engines.language_model, Scorer)
            assert engines.language_model.double_scale == 0.0
        without = there.log_probabilities(QUESTION, "the sea")  # type: ignore[attr-defined]
        for engines in (hosted, local):
            engines.language_model.set_double_scale(1.5)  # type: ignore[attr-defined]
        with pytest.raises(ValueError, match="between 0 and 2"):
            there.set_double_scale(3.0)  # type: ignore[attr-defined]
        expected = local.language_model.log_probabilities(QUESTION, "the sea")  # type: ignore[attr-defined]
        assert expected != without
        assert there.log_probabilities(QUESTION, "the sea") == expected  # type: ignore[attr-defined]
        os.kill(process_of(there), signal.SIGKILL)
        assert again(lambda: there.log_probabilities(QUESTION, "the sea")) == expected  # type: ignore[attr-defined]


def test_only_a_model_that_can_score_does(show: Path) -> None:
    with closing(HostedLanguageModel(bad(), SETTINGS)) as persona:
        assert persona.double_scale is None
        with pytest.raises(ModelError, match="cannot tell how likely"):
            persona.log_probabilities(QUESTION, "the sea")


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

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.audio import HEARING_RATE_HZ, Audio, silence
from models.phrasebook import Phrase, Phrasebook, read_phrasebook
from models.protocols import ModelError
from models.sphinx import SphinxTranscriber
from tests.fakes.spoken import room, said

VISITOR = read_phrasebook(Path(__file__).parents[2] / "shows/demo/visitor.toml")
VOICES = {"en": ["en-gb+f2", "en-us+m3", "en-us+f4", "en-gb"], "fr": ["fr+f2", "fr-be+m3", "fr-ch+f4", "fr+m7", "fr"]}
BOTH = ("en", "fr")


@pytest.fixture(scope="module")
def ears() -> Iterator[SphinxTranscriber]:
    with closing(SphinxTranscriber(VISITOR)) as transcriber:
        yield transcriber


@pytest.fixture(scope="module")
def all_ears() -> Iterator[SphinxTranscriber]:
    with closing(SphinxTranscriber()) as transcriber:
        yield transcriber


def followed_by(step: Callable[..., Any], then: Callable[[], None]) -> Callable[..., Any]:
    """`step`, with something from another thread that falls right behind it."""

    def both(*arguments: Any) -> Any:
        outcome = step(*arguments)
        then()
        return outcome

    return both


@pytest.mark.parametrize("phrase", VISITOR.phrases, ids=lambda phrase: phrase.text)
def test_the_simulated_visitor_is_understood_in_all_voices(ears: SphinxTranscriber, phrase):
    for voice in VOICES[phrase.language]:
        heard = ears.transcribe(said(phrase.text, voice), BOTH)
        assert (heard.text, heard.language) == (phrase.text, phrase.language), voice


@pytest.mark.parametrize(
    "text", ["I would like a cup of coffee and two sandwiches please.", "It is cold tonight.", "Hello.", "Stop!"]
)
def test_what_is_in_no_phrase_is_not_taken_for_one(ears: SphinxTranscriber, text: str):
    assert ears.transcribe(said(text, "en-gb"), BOTH).text == ""


def test_noise_silence_and_endless_talk_are_no_phrase(ears: SphinxTranscriber):
    for samples in (room(2, -30), np.zeros(0, np.float32), np.zeros(16_000, np.float32)):
        heard = ears.transcribe(Audio(samples, HEARING_RATE_HZ), BOTH)
        assert (heard.text, heard.confidence) == ("", 0.0)
    assert ears.transcribe(silence(60, HEARING_RATE_HZ), ("fr",)).language == "fr"


def test_without_a_phrasebook_a_real_person_is_understood_in_part(recordings: Path, all_ears: SphinxTranscriber):
    from faster_whisper.audio import decode_audio

    kennedy = decode_audio(str(recordings / "jfk.flac"))[: int(3 * HEARING_RATE_HZ)]
    heard = all_ears.transcribe(Audio(kennedy, HEARING_RATE_HZ), ("en",))
    assert heard.language == "en"
    assert {"and", "my", "fellow"} & set(heard.text.split())


def test_an_abort_ends_a_transcription_and_the_next_one_is_heard(all_ears: SphinxTranscriber):
    two_minutes = Audio(room(120, -30), HEARING_RATE_HZ)
    waker = threading.Timer(0.3, all_ears.abort)
    waker.start()
    began_s = time.monotonic()
    assert all_ears.transcribe(two_minutes, ("en",)).text == ""
    assert time.monotonic() - began_s < 20, "two minutes take pocketsphinx a minute"
    waker.join()
    assert all_ears.transcribe(said("Hello, good morning.", "en-us"), ("en",)).text


def test_an_abort_between_transcriptions_harms_none(ears: SphinxTranscriber):
    ears.abort()
    phrase = VISITOR.phrases[0]
    assert ears.transcribe(said(phrase.text, "en-gb"), BOTH).text == phrase.text


def test_what_nobody_waits_for_any_more_is_not_understood(ears: SphinxTranscriber):
    phrase = VISITOR.phrases[0]
    assert ears.transcribe(said(phrase.text, "en-gb"), BOTH, lambda: True).text == ""


def test_an_abort_as_the_answer_arrives_silences_it_and_the_next_transcription_is_heard(
    ears: SphinxTranscriber, monkeypatch: pytest.MonkeyPatch
):
    phrase = VISITOR.phrases[0]
    question = said(phrase.text, "en-gb")
    with monkeypatch.context() as patched:
        patched.setattr(ears, "_answer", followed_by(ears._answer, ears.abort))
        assert ears.transcribe(question, BOTH).text == ""
    assert ears.transcribe(question, BOTH).text == phrase.text


def test_an_abort_while_the_recogniser_is_started_again_does_not_end_the_new_one(
    ears: SphinxTranscriber, monkeypatch: pytest.MonkeyPatch
):
    phrase = VISITOR.phrases[0]
    question = said(phrase.text, "en-gb")
    ears._child.process.kill()
    with monkeypatch.context() as patched:
        patched.setattr(ears, "_begin", followed_by(ears._begin, ears.abort))
        with pytest.raises(ModelError, match="started again"):
            ears.transcribe(question, BOTH)
    assert ears.transcribe(question, BOTH).text == phrase.text


def test_a_recogniser_that_is_started_again_gets_ready_before_anything_is_said(ears: SphinxTranscriber):
    ears._child.process.kill()
    phrase = VISITOR.phrases[0]
    question = said(phrase.text, "en-gb")
    with pytest.raises(ModelError):
        ears.transcribe(question, BOTH)
    assert ears._child.line.poll(30), "it waits for somebody to speak before it learns its phrases"
    assert ears.transcribe(question, BOTH).text == phrase.text


def test_a_recogniser_that_dies_as_it_is_started_again_is_one_sentence_and_no_part_of_the_abort(
    ears: SphinxTranscriber, monkeypatch: pytest.MonkeyPatch
):
    phrase = VISITOR.phrases[0]
    question = said(phrase.text, "en-gb")
    start = subprocess.Popen

    def stillborn(_: list[str], **options: Any) -> subprocess.Popen[bytes]:
        process = start([sys.executable, "-c", ""], **options)
        process.wait()
        return process

    with monkeypatch.context() as patched:
        patched.setattr(ears, "_answer", followed_by(ears._answer, ears.abort))
        patched.setattr(subprocess, "Popen", stillborn)
        assert ears.transcribe(question, BOTH).text == ""
    with pytest.raises(ModelError, match="ended without an answer; it is started again"):
        ears.transcribe(question, BOTH)
    assert ears.transcribe(question, BOTH).text == phrase.text


def test_a_recogniser_that_crashes_is_started_again():
    ears = SphinxTranscriber(VISITOR)
    question = said(VISITOR.phrases[0].text, "en-gb")
    ears._child.process.kill()
    with pytest.raises(ModelError, match="ended without an answer; it is started again"):
        ears.transcribe(question, BOTH)
    assert ears.transcribe(question, BOTH).text == VISITOR.phrases[0].text
    ears.close()


def test_the_other_threads_of_the_house_go_on_while_it_listens(all_ears: SphinxTranscriber):
    sound = Audio(room(3, -30), HEARING_RATE_HZ)
    ended = threading.Event()
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while not ended.wait(0.005):
            ticks += 1

    ticker = threading.Thread(target=tick)
    ticker.start()
    all_ears.transcribe(sound, ("en",))
    ended.set()
    ticker.join()
    # in this process pocketsphinx would let no other thread run for most of a second
    assert ticks > 10


def test_a_phrasebook_that_cannot_be_learnt_is_one_sentence():
    with pytest.raises(ModelError, match=r'\[pronunciations\] lacks "zzqx"'):
        SphinxTranscriber(Phrasebook((Phrase("zzqx", "en"),), {}))


def test_no_process_is_left_behind():
    ears = SphinxTranscriber(VISITOR)
    process = ears._child.process
    ears.close()
    assert process.returncode is not None


def test_ears_that_are_closed_stay_closed():
    ears = SphinxTranscriber(VISITOR)
    ears.close()
    with pytest.raises(ModelError, match="is closed; open the house again"):
        ears.transcribe(silence(1, HEARING_RATE_HZ), BOTH)
    assert ears._child is None

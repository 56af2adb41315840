"""The training of the pocket ears: interrupted, resumed, and loaded as any other Whisper."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.pocket.ear_text import EarText
from scripts.pocket.ear_tokens import END, LANGUAGES, NO_SPEECH, START, make_tokenizer, prompt
from tests.fakes.small_corpus import small_texts

for needed in ("torch", "transformers", "matplotlib"):
    pytest.importorskip(needed)

import torch  # noqa: E402
from faster_whisper import WhisperModel  # noqa: E402
from torch.utils.data import DataLoader  # noqa: E402

from scripts.pocket import checkpoint, ear_examples, ear_training  # noqa: E402
from scripts.pocket.ear_batches import GROUP, WINDOW_FRAMES, BatchSettings, EarBatches  # noqa: E402
from scripts.pocket.ear_export import export  # noqa: E402
from scripts.pocket.ear_network import IGNORED, MELS, Ears, NetworkSettings  # noqa: E402
from scripts.pocket.ear_training import LOSSES, Training, rate  # noqa: E402
from scripts.pocket.espeak_library import Manner, Spoken  # noqa: E402
from scripts.pocket.noises import RATE_HZ  # noqa: E402

pytestmark = pytest.mark.training

PHONEMES = "abdefhijklmnoprstuvwzæðŋɐɑɒɔəɛɜɡɪɹʁʃʊʌɪː"
STEPS = 3 * GROUP
SIZE = 4
SOUND = np.random.default_rng(1).normal(0, 0.1, 32_000).astype(np.float32)


class ToneVoice:
    """Says every letter as a tone of 30 ms, and the same sentence always in the same way, which espeak-ng does not."""

    rate_hz = RATE_HZ

    def say(self, text: str, manner: Manner) -> Spoken:
        time_s = np.arange(480) / RATE_HZ
        tones = [np.sin(2 * np.pi * (100 + 20 * (ord(letter) % 99)) * time_s) for letter in text]
        words = [(0, 0.0), *((place + 1, 0.03 * (place + 1)) for place, sign in enumerate(text) if sign == " ")]
        return Spoken(np.concatenate(tones).astype(np.float32), text.lower(), words)


@pytest.fixture(scope="module", autouse=True)
def quick_and_in_this_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ear_examples, "EspeakLibrary", ToneVoice)
        patch.setattr(ear_training, "loader", lambda groups: DataLoader(groups, batch_size=None))
        yield


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> tuple[EarText, ...]:
    folder: Path = tmp_path_factory.mktemp("corpus")
    return small_texts(folder)


@pytest.fixture(scope="module")
def tokenizer(texts: tuple[EarText, ...]) -> Any:
    rng = random.Random(1)
    return make_tokenizer([text.draw(rng) for text in texts for _ in range(200)])


@pytest.fixture(scope="module")
def product(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ears become that have learnt nothing."""
    folder: Path = tmp_path_factory.mktemp("whisper")
    export(small_ears(tokenizer).eval(), tokenizer, folder)
    return folder


def small_ears(tokenizer: Any) -> Ears:
    torch.manual_seed(1)
    end, start = (tokenizer.token_to_id(token) for token in (END, START))
    shape = NetworkSettings(tokenizer.get_vocab_size(), end, start, len(PHONEMES), 32, 2, 1, 2)
    return Ears(shape)


def weights_after(texts: tuple[EarText, ...], tokenizer: Any, folder: Path, *times_s: float) -> Any:
    """The weights after one training, or after several that go on with each other."""
    folder.mkdir()
    for time_s in times_s:
        ears = small_ears(tokenizer)
        settings = BatchSettings(seed=1, size=SIZE, steps=STEPS)
        finished = Training(ears, texts, tokenizer, PHONEMES, settings).run(folder, time_s)
        assert finished == (time_s == math.inf)
    return ears.state_dict()


@pytest.fixture(scope="module")
def whole(texts: tuple[EarText, ...], tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The folder and the weights of a training that nothing interrupted."""
    folder: Path = tmp_path_factory.mktemp("trainings") / "whole"
    return folder, weights_after(texts, tokenizer, folder, math.inf)


def test_an_interrupted_training_ends_where_the_other_does(
    texts: tuple[EarText, ...], tokenizer: Any, whole: tuple[Path, Any], tmp_path: Path
) -> None:
    parts = weights_after(texts, tokenizer, tmp_path / "parts", 1e-9, 1e-9, math.inf)
    assert all(torch.allclose(weights, parts[name], atol=1e-5) for name, weights in whole[1].items())
    assert checkpoint.load(tmp_path / "parts")[1][-1]["step"] == checkpoint.load(whole[0])[1][-1]["step"]


def test_a_checkpoint_holds_what_a_training_goes_on_from(whole: tuple[Path, Any]) -> None:
    folder, weights = whole
    state, losses = checkpoint.load(folder)
    assert state is not None
    assert set(state) == {"ears", "optimizers", "step"}, "trainings that have begun could not go on"
    assert state["step"] == STEPS
    assert all(torch.equal(state["ears"][name], weights[name]) for name in weights)
    assert [set(loss) for loss in losses] == [{"step", *LOSSES, "seconds"}]
    assert (folder / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_ears_learn(texts: tuple[EarText, ...], tokenizer: Any) -> None:
    (batch, *_) = EarBatches(texts, tokenizer, PHONEMES, BatchSettings(1, SIZE, STEPS), 0)[0]
    ears = small_ears(tokenizer)
    optimizer = torch.optim.AdamW(ears.parameters(), 3e-3)
    before, _ = ears.loss(batch)
    for _ in range(20):
        loss, _ = ears.loss(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    after, _ = ears.loss(batch)
    assert after < 0.8 * before


def test_examples_are_padded_with_zeros_and_rooms_are_no_speech(texts: tuple[EarText, ...], tokenizer: Any) -> None:
    nobody, end = (tokenizer.token_to_id(token) for token in (NO_SPEECH, END))
    group = EarBatches(texts, tokenizer, PHONEMES, BatchSettings(1, 8, 100 * GROUP), 99)[0]
    windows = [batch for batch in group if batch["features"].shape[2] == WINDOW_FRAMES]
    assert windows, "at its end the training sees whole windows"
    for batch in windows:
        assert batch["features"].shape[1] == MELS
        assert (batch["features"][:, :, -100:] == 0).all(), "faster-whisper pads the features with zeros"
    rooms = [row for batch in group for row in batch["wanted"].tolist() if row[0] == nobody]
    assert rooms
    for row in rooms:
        assert row[:4] == [nobody, IGNORED, IGNORED, end]
        assert set(row[4:]) <= {IGNORED}


def test_faster_whisper_takes_them_for_a_multilingual_whisper(product: Path, tokenizer: Any) -> None:
    model = WhisperModel(str(product), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)
    assert model.model.is_multilingual
    assert {language for language, _ in model.detect_language(SOUND)[2]} == set(LANGUAGES)
    for language in LANGUAGES:
        prompts, windows = _given(model, language)
        assert prompts == [prompt(tokenizer, language)], "another prompt than the training's"
        assert len(windows) == 1


def test_a_window_of_faster_whisper_is_what_they_were_trained_on(product: Path) -> None:
    model = WhisperModel(str(product), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)
    _, (window,) = _given(model, "fr")
    expected = np.zeros((MELS, WINDOW_FRAMES), np.float32)
    features = model.feature_extractor(SOUND)[:, :-1]
    expected[:, : features.shape[1]] = features
    assert np.allclose(window, expected)


def _given(model: WhisperModel, language: str) -> tuple[list[list[int]], list[np.ndarray]]:
    """What faster-whisper gives to CTranslate2 for SOUND: prompts and windows."""
    prompts, windows = [], []
    encode, generate = model.encode, model.generate_with_fallback

    def spied_encode(features: np.ndarray) -> Any:
        windows.append(features)
        return encode(features)

    def spied_generate(output: Any, given: list[int], *rest: Any) -> Any:
        prompts.append(list(given))
        return generate(output, given, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "encode", spied_encode)
        patch.setattr(model, "generate_with_fallback", spied_generate)
        segments, _ = model.transcribe(
            SOUND, language=language, beam_size=1, temperature=0.0, without_timestamps=True, max_new_tokens=8
        )
        list(segments)
    return prompts, windows


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [rate(step, 1_000) for step in range(1_001)]
    assert rates[0] < 0.1
    assert rates[100] == rates[300] == 1
    assert 0.4 < rates[700] < 0.5
    assert rates[1_000] < 0.02

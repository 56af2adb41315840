from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from models import load as loader
from models.audio import HEARING_RATE_HZ
from models.engine_check import check, describe
from models.engine_settings import EngineSettings
from models.instant import InstantSettings
from models.load import STEPS, load, render
from models.phrasebook import read_phrasebook
from models.protocols import Message, ModelError, Sampling
from tests.fakes.spoken import said

PROJECT = Path(__file__).parents[2]
DEMO = PROJECT / "shows/demo"
INSTANT = EngineSettings(ears="instant", persona="instant", voice="instant")
BOTH = ("en", "fr")


def test_the_demo_hears_answers_and_speaks_with_nothing_downloaded():
    with closing(load(EngineSettings(), DEMO, BOTH, read_phrasebook(DEMO / "visitor.toml"))) as engines:
        heard = engines.transcriber.transcribe(said("Tell me about the sea.", "en-gb+f2"), BOTH)
        answer = "".join(
            engines.language_model.stream((Message("user", heard.text),), heard.language, Sampling(seed=1))
        )
        sound = [piece.duration_s for piece in engines.synthesizer.synthesize(answer, heard.language)]
    assert heard.text == "Tell me about the sea."
    assert "sea" in answer
    assert sum(sound) > 3


def test_embedded_engines_load_no_heavy_library():
    program = (
        "import sys; from pathlib import Path\n"
        "from models.engine_settings import EngineSettings; from models.load import load\n"
        f"load(EngineSettings(), Path({str(DEMO)!r}), ('en', 'fr')).close()\n"
        "print(sorted({'faster_whisper', 'ctranslate2', 'av', 'llama_cpp', 'torch', 'TTS'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_each_step_of_a_long_start_is_told_as_it_begins():
    told: list[str] = []
    load(INSTANT, DEMO, BOTH, tell=told.append).close()
    assert told == list(STEPS)
    told.clear()
    with pytest.raises(ModelError):
        load(EngineSettings(ears="instant", persona="ada.gguf"), DEMO, BOTH, tell=told.append)
    assert told[-1] == "persona"


def test_a_model_lies_beside_the_show(gguf_file: Path):
    settings = EngineSettings(ears="instant", persona=gguf_file.name, voice="instant")
    with closing(load(settings, gguf_file.parent, ("en",))) as engines:
        assert gguf_file.name in engines.language_model.name


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (EngineSettings(ears="models/ears"), r"models/ears: there is no such folder; ears"),
        (EngineSettings(ears="espeak"), r'espeak: there is no such folder; ears in \[engines\] is "pocket"'),
        (EngineSettings(ears="whisper-smal"), r'neither an engine nor a file \(did you mean "whisper-small"\?\)'),
        (EngineSettings(persona="ada.gguf"), r"ada\.gguf: there is no such file; persona"),
        (EngineSettings(voice="xtts-v2"), r'voice = "xtts-v2" names no engine; .*did you mean "coqui:xtts-v2"'),
        (EngineSettings(ears="qwen2.5-1.5b-instruct-q4"), r"is a persona model; it is named so: persona = \"qwen2\.5"),
        (EngineSettings(ears="xtts-v2"), r'is a model of a voice; it is named so: voice = "coqui:xtts-v2"'),
        (EngineSettings(ears="smart-turn-v3"), r'it is named so: \[hearing\] smart_turn = "smart-turn-v3"'),
        (EngineSettings(voice="whisper-small"), r'is a model of ears; it is named so: ears = "whisper-small"'),
        (
            EngineSettings(voice="coqui:whisper-small"),
            r'"whisper-small" is no voice; it is named so: ears = "whisper-small"',
        ),
        (EngineSettings(persona="/dev/zero"), r"/dev/zero: is no file; persona in"),
        (EngineSettings(ears="/dev/zero"), r"/dev/zero: is no folder; ears in"),
        (EngineSettings(voice="coqui:/dev/zero"), r"/dev/zero: is no folder; after"),
        (EngineSettings(voice="espeek"), r'voice = "espeek".*names no engine; it may be "espeak"'),
    ],
)
def test_a_setting_that_names_no_engine_is_one_sentence(settings: EngineSettings, complaint: str):
    with pytest.raises(ModelError, match=complaint):
        load(settings, DEMO, BOTH)


def test_a_show_in_a_language_that_its_lines_do_not_speak_is_refused_before_the_public_comes(tmp_path: Path):
    (tmp_path / "lines.toml").write_text('[[line]]\nlanguage = "en"\ntext = "One."\n')
    with pytest.raises(ModelError, match='"fr"'):
        load(EngineSettings(ears="instant", voice="instant"), tmp_path, BOTH)


def test_what_was_loaded_is_freed_when_the_next_engine_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    closed = []

    def close(ears: loader.InstantTranscriber) -> None:
        closed.append(ears)

    monkeypatch.setattr(loader.InstantTranscriber, "close", close)
    with pytest.raises(ModelError, match=r"lines\.toml"):
        load(EngineSettings(ears="instant"), tmp_path, ("en",))
    assert len(closed) == 1


def test_an_engine_that_hangs_at_its_first_task_does_not_keep_the_house_closed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(loader, "_WARM_UP_S", 0.05)
    slow = EngineSettings("instant", "instant", "instant", instant=InstantSettings(transcribe_s=1000))
    with pytest.raises(ModelError, match="instant took more than"):
        load(slow, DEMO, BOTH)
    assert [thread.name for thread in threading.enumerate() if isinstance(thread, threading.Timer)] == []


def test_embedded_engines_are_described_with_what_would_do_better():
    ears, persona, voice = describe(EngineSettings())
    assert (ears.role, persona.role, voice.role) == ("ears", "persona", "voice")
    assert "pocketsphinx" in ears.name
    assert "whisper-small" in ears.recommended
    assert "Apache-2.0" in persona.recommended
    assert "vits" in voice.recommended


def test_engines_that_somebody_chose_are_described_as_chosen():
    chosen = describe(EngineSettings("models/whisper-small", "ada.gguf", "coqui:tts_models/fr/css10/vits"))
    assert [engine.name for engine in chosen] == ["models/whisper-small", "ada.gguf", "coqui:tts_models/fr/css10/vits"]
    assert {engine.recommended for engine in (*chosen, *describe(INSTANT))} == {""}


def test_the_doctor_finds_the_demo_sound():
    assert [(each.role, each.ok) for each in check(EngineSettings(), DEMO)] == [
        ("ears", True),
        ("persona", True),
        ("voice", True),
    ]
    assert all(each.ok for each in check(INSTANT, DEMO))


def test_the_doctor_names_every_fault_and_not_only_the_first(tmp_path: Path):
    faults = check(EngineSettings("ears", "persona.gguf", "voice"), tmp_path)
    assert [each.ok for each in faults] == [False] * 3
    assert "there is no such folder" in faults[0].sentence
    assert "there is no such file" in faults[1].sentence
    assert "names no engine" in faults[2].sentence
    assert "lines.toml: there is no such file" in check(EngineSettings(), tmp_path)[1].sentence


def test_a_gguf_that_is_there_passes_the_look(gguf_file: Path):
    _, persona, _ = check(EngineSettings(persona=gguf_file.name), gguf_file.parent)
    assert persona.ok


def test_a_visitors_question_is_rendered_in_a_voice_of_espeak():
    low, high = render("Who are you?", "en", "en-us+m3"), render("Who are you?", "en", "en-us+f4")
    assert low.rate_hz == 22_050 != HEARING_RATE_HZ
    assert 0.3 < low.duration_s < 3
    assert low.samples.tobytes() != high.samples.tobytes()
    assert render("", "fr", "fr").duration_s == 0
    with pytest.raises(ModelError, match="'nobody'"):
        render("Who are you?", "en", "nobody")

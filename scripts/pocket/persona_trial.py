"""Asks the pocket persona what visitors may ask, through the house's own adapter, and writes down how it went."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
import statistics
import sys
import time
import tomllib
import unicodedata
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from models.llama import LlamaLanguageModel
from models.llama_loader import LlamaSettings
from models.protocols import Message
from persona.actor import Actor
from persona.character import Character, load_character
from persona.language import guess_language
from persona.memory import Memory
from persona.prompt import BUDGET_CHARS, Question, build_prompt

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "models" / "pocket" / "persona"
QUESTIONS = Path(__file__).with_name("trial_questions.toml")
LANGUAGES = ("en", "fr")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LOOP_WORDS = 4
_SEED = 1


@dataclass(frozen=True, slots=True)
class TrialQuestion:
    """A question, and what an answer on its subject holds."""

    language: str
    text: str
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and what is right with it."""

    question: str
    answer: str
    language_right: bool
    whole: bool
    """Ends where a sentence ends."""
    loops: bool
    """Says four words in a row twice."""
    on_subject: bool
    """Holds one of the words that the question's author expected; no more than that."""


@dataclass(frozen=True, slots=True)
class PersonaTrial:
    """Shares of the answers of each language, and how fast they came."""

    questions: int
    language_right: dict[str, float]
    whole_sentences: dict[str, float]
    loops: int
    on_subject_by_words: dict[str, float]
    first_token_ms_median: float
    first_token_ms_p95: float
    tokens_per_s: float
    threads: int
    engine: str


def read_questions(path: Path = QUESTIONS) -> tuple[TrialQuestion, ...]:
    """The questions of the trial, in their order."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["question"]
    return tuple(TrialQuestion(entry["language"], entry["text"], tuple(entry["about"])) for entry in entries)


def judged(question: TrialQuestion, answer: str) -> Answered:
    """What can be said about an answer without understanding it."""
    folded = _folded(answer)
    return Answered(
        question.text,
        answer,
        guess_language(answer, LANGUAGES, otherwise=question.language) == question.language,
        answer.endswith((".", "?", "!")),
        has_loop(answer),
        any(re.search(rf"\b{re.escape(_folded(word))}", folded) for word in question.about),
    )


def has_loop(text: str) -> bool:
    """Whether four words in a row come twice."""
    words = [word.casefold() for word in _WORD.findall(text)]
    runs = [tuple(words[start : start + _LOOP_WORDS]) for start in range(len(words) - _LOOP_WORDS + 1)]
    return len(set(runs)) < len(runs)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("œ", "oe").replace("’", "'"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def try_out(
    file: Path, character: Character, threads: int, questions: tuple[TrialQuestion, ...]
) -> tuple[PersonaTrial, list[Answered]]:
    """Ask all questions, each as the first of a conversation; drawn as the show draws, with a seed of the trial's."""
    model = LlamaLanguageModel(file, LlamaSettings(threads=threads))
    try:
        seeded = replace(character, sampling=replace(character.sampling, seed=_SEED))
        actor = Actor(seeded, model)
        answers = [
            judged(one, " ".join(actor.answer(Memory(), one.text, one.language, steering=""))) for one in questions
        ]
        firsts_ms, tokens_per_s = _speed(model, seeded, questions)
    finally:
        model.close()
    languages = {language: [n for n, one in enumerate(questions) if one.language == language] for language in LANGUAGES}

    def shares(quality: str) -> dict[str, float]:
        return {
            language: round(statistics.mean(getattr(answers[n], quality) for n in numbers), 3)
            for language, numbers in languages.items()
        }

    trial = PersonaTrial(
        questions=len(questions),
        language_right=shares("language_right"),
        whole_sentences=shares("whole"),
        loops=sum(answer.loops for answer in answers),
        on_subject_by_words=shares("on_subject"),
        first_token_ms_median=round(statistics.median(firsts_ms), 1),
        first_token_ms_p95=round(statistics.quantiles(firsts_ms, n=20)[-1], 1),
        tokens_per_s=round(tokens_per_s, 1),
        threads=threads,
        engine=f"llama-cpp-python {importlib.metadata.version('llama-cpp-python')}",
    )
    return trial, answers


def _speed(
    model: LlamaLanguageModel, character: Character, questions: tuple[TrialQuestion, ...]
) -> tuple[list[float], float]:
    """Milliseconds to the first piece of every answer, and tokens a second after it."""
    firsts_ms, tokens, spent_s = [], 0, 0.0
    for one in questions:
        messages: list[Message] = build_prompt(character, Memory(), Question(one.text, one.language), BUDGET_CHARS)
        started = time.perf_counter()
        stream = model.stream(messages, one.language, character.sampling)
        first = next(iter(stream), "")
        began = time.perf_counter()
        rest = "".join(stream)
        spent_s += time.perf_counter() - began
        tokens += model.count_tokens(rest)
        firsts_ms.append((began - started) * 1000)
        del first
    return firsts_ms, tokens / spent_s


def main() -> None:
    """Try the persona, print what it said, and add the figures to its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=PRODUCT / "ada.gguf")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="others than those of the trial, to rehearse")
    chosen = parser.parse_args()
    character = load_character(ROOT / "shows" / "demo" / "character.toml")
    trial, answers = try_out(chosen.file, character, chosen.threads, read_questions(chosen.questions))
    for answer in answers:
        marks = [
            mark
            for mark, wrong in (
                ("language", not answer.language_right),
                ("not whole", not answer.whole),
                ("loops", answer.loops),
                ("subject?", not answer.on_subject),
            )
            if wrong
        ]
        print(f"{answer.question}\n  {answer.answer}" + (f"   [{', '.join(marks)}]" if marks else ""))
    print(json.dumps(asdict(trial), indent=2))
    card = chosen.file.with_name("card.json")
    if card.exists() and chosen.questions == QUESTIONS:
        figures = {**json.loads(card.read_text(encoding="utf-8")), "trial": asdict(trial)}
        card.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

"""Tells without loading it whether a folder holds a whole CTranslate2 Whisper, and which languages that knows."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.ctranslate2_file import Shapes, check_ctranslate2
from models.protocols import Language, ModelError

_NEEDED_FILES = {
    "model.bin": "this is no CTranslate2 Whisper; convert it with ct2-transformers-converter",
    "config.json": "copy it from where the model came from",
    "tokenizer.json": "copy it from the Whisper that the model was made of",
}
_HEAD = b"\6\0\0\0\x0c\0WhisperSpec\0"
"""A model.bin begins with the version of its format, then the kind of model."""
_VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
_MARKS = ("<|endoftext|>", "<|startoftranscript|>", "<|transcribe|>", "<|startofprev|>", "<|notimestamps|>")
"""Tokens that faster-whisper asks the tokenizer for, and the model obeys to."""
_MULTILINGUAL = ""
"""By this token, which the English Whispers lack, CTranslate2 tells one that knows other languages."""
_USUAL_MELS = 80
"""Bands of the spectrum, where no preprocessor_config.json tells."""

ANY = "any"
"""As the language of the settings: whatever is spoken, of all languages that the model knows."""


def check_folder(folder: Path) -> tuple[Language, ...]:
    """Look whether `folder` holds what a Whisper needs; the languages that it knows, as far as its files can tell.

    Whoever distils or trains a Whisper for one language leaves the tokens of the others in: that only its maker tells.

    Raises:
        ModelError: the folder or one of its files is missing, broken, of something else or of another Whisper.
    """
    if not folder.is_dir():
        fault = "is no folder" if folder.exists() else "there is no such folder"
        known = '"pocket", "sphinx", "server", a name that `souffleur models list` shows, or the folder of a Whisper'
        raise ModelError(f"{folder}: {fault}; ears in [engines] is {known}.")
    for name, remedy in _NEEDED_FILES.items():
        if not (folder / name).is_file():
            raise ModelError(f"{folder}: has no {name}; {remedy}.")
    _check_head(folder / "model.bin")
    shapes = check_ctranslate2(folder / "model.bin")
    _json(folder / "config.json", dict)
    vocabulary = _vocabulary(folder, shapes)
    tokens = _tokens(folder / "tokenizer.json")
    _check_tokens(folder, vocabulary, tokens)
    _check_mels(folder, shapes)
    if _MULTILINGUAL not in vocabulary:
        return ("en",)
    languages = (re.fullmatch(r"<\|([a-z]{2,3})\|>", token) for token in vocabulary)
    return tuple(found[1] for found in languages if found and tokens.get(found[0]) == vocabulary[found[0]])


def look_at(folder: Path, fixed: Language, languages: Sequence[Language]) -> str:
    """What is in `folder`, in a few words, and which of the show's `languages` it does not know.

    Raises:
        ModelError: it cannot be used for them; `fixed` is the language that the settings name, ANY, or "".
    """
    known = check_folder(folder)
    if not languages:
        return f"whisper, {folder}"
    heard = choose(f"whisper ({folder.name})", fixed, languages, known)
    if fixed == ANY:
        return f"whisper, {folder}; takes what is said for any of {len(heard)} languages"
    if fixed:
        return f"whisper, {folder}; takes everything for {fixed}"
    unknown = [language for language in languages if language not in known]
    return f"whisper, {folder}" + (f"; takes {', '.join(unknown)} for {' or '.join(heard)}" if unknown else "")


def choose(
    name: str, fixed: Language, languages: Sequence[Language], known: Sequence[Language]
) -> tuple[Language, ...]:
    """The languages that may have been spoken to the Whisper called `name`, which knows `known`.

    They are those of the show's `languages`, or the `fixed` one of them; with ANY, all that are known.

    Raises:
        ModelError: none of the show's is known, or `fixed` is none of them.
    """
    if fixed not in ("", ANY, *languages):
        raise ModelError(
            f'[engines.whisper] language = "{fixed}" is none of the show: {", ".join(languages)}; nor is it "{ANY}".'
        )
    wanted = tuple(languages) if fixed in ("", ANY) else (fixed,)
    chosen = tuple(language for language in wanted if language in known)
    if not chosen:
        which = "choose a multilingual Whisper" if tuple(known) == ("en",) else f"it knows {', '.join(known[:8])}"
        raise ModelError(f"{name} understands none of: {', '.join(wanted)}; {which}.")
    return tuple(known) if fixed == ANY else chosen


def _check_head(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            head = opened.read(len(_HEAD))
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror}).") from error
    if not head:
        raise ModelError(f"{file}: is empty; fetch it again.")
    if head[4:] != _HEAD[4:]:
        raise ModelError(f"{file}: is no CTranslate2 Whisper; convert it with ct2-transformers-converter.")


def _vocabulary(folder: Path, shapes: Shapes) -> dict[str, int]:
    """Token -> its number, as CTranslate2 reads it."""
    file = next((folder / name for name in _VOCABULARIES if (folder / name).is_file()), None)
    if file is None:
        raise ModelError(f"{folder}: has no {' or '.join(_VOCABULARIES)}; copy it from where the model came from.")
    tokens = _json(file, list) if file.suffix == ".json" else _text(file).removesuffix("\n").split("\n")
    rows = shapes.get("decoder/embeddings/weight", (len(tokens),))[0]
    if rows != len(tokens):
        raise ModelError(
            f"{file}: has {len(tokens)} tokens and model.bin {rows}; copy it from where the model came from."
        )
    return {str(token): number for number, token in enumerate(tokens)}


def _tokens(file: Path) -> dict[str, int]:
    """Token -> its number, as the tokenizer has it."""
    content = _json(file, dict)
    try:
        added = {str(token["content"]): int(token["id"]) for token in content["added_tokens"]}
        return {**content["model"]["vocab"], **added}
    except (KeyError, TypeError, ValueError):
        raise ModelError(f"{file}: is no tokenizer of a Whisper; {_NEEDED_FILES[file.name]}.") from None


def _check_tokens(folder: Path, vocabulary: dict[str, int], tokens: dict[str, int]) -> None:
    file, remedy = folder / "tokenizer.json", _NEEDED_FILES["tokenizer.json"]
    for mark in _MARKS:
        if mark not in tokens:
            raise ModelError(f"{file}: lacks {mark}, as no Whisper's does; {remedy}.")
        if vocabulary.get(mark) != tokens[mark]:
            raise ModelError(f"{file}: is of another Whisper than model.bin ({mark} differs); {remedy}.")


def _check_mels(folder: Path, shapes: Shapes) -> None:
    file = folder / "preprocessor_config.json"
    told = _json(file, dict).get("feature_size", _USUAL_MELS) if file.is_file() else _USUAL_MELS
    mels = shapes.get("encoder/conv1/weight", (0, told))[1]
    if mels != told:
        raise ModelError(
            f"{file}: {'tells' if file.is_file() else 'is missing, which means'} {told} bands of sound, and model.bin "
            f"wants {mels}; copy it from where the model came from."
        )


def _json(file: Path, kind: type) -> Any:
    try:
        content = json.loads(_text(file))
    except ValueError:
        content = None
    if not isinstance(content, kind):
        raise ModelError(f"{file}: is damaged; fetch it again.")
    return content


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ModelError(f"{file}: is damaged; fetch it again.") from None
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror}).") from error

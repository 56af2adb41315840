"""A Coqui model's folder and the voice that a show wants of it, examined without loading them."""

from __future__ import annotations

import difflib
import importlib.util
import json
import os
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.audio import Audio
from models.catalog import by_id, catalog
from models.protocols import Language, ModelError
from models.reference import Consent, read_reference
from models.wording import brief

_EXTRA = (
    "the neural voices are not installed (about 6 GB); in the project's folder: "
    ".venv/bin/pip install -r requirements-coqui.lock"
)
COQUI = "coqui:"
"""What stands in show.toml before the model of a Coqui voice."""
_COQUIS_NAMES = "tts_models/"
"""How the models of Coqui's own list begin."""
XTTS = "xtts"
XTTS_CAUTION = (
    "the licence of XTTS (Coqui Public Model License) DOES NOT ALLOW its use before a paying public; rehearse with it, "
    "and name another voice under voice in [engines] for the stage."
)
_KINDS = (
    *("align_tts", "bark", "delightful_tts", "fast_pitch", "fast_speech", "fastspeech2", "glow_tts", "neuralhmm_tts"),
    *("overflow", "speedy_speech", "tacotron", "tacotron2", "tortoise", "vits", XTTS),
)
"""What coqui-tts 0.28.0 has a configuration of (TTS.tts.configs); of anything else it makes no voice."""
_OLD_WEIGHTS = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""How weights began before torch 1.6; later ones are zip archives."""
_INCOMPLETE = "this is only a part of a model; fetch it again"
_NAMED_FILES = {
    "speakers_file": "use_speaker_embedding",
    "d_vector_file": "use_d_vector_file",
    "language_ids_file": "use_language_embedding",
    "speaker_encoder_model_path": "",
    "speaker_encoder_config_path": "",
}
"""Keys under which a configuration names further files, and the key that says whether they are used ("": seldom)."""


@dataclass(frozen=True, slots=True)
class CoquiSettings:
    """How a Coqui model speaks."""

    speaker: str = ""
    """Of a model with several speakers; "" is its first."""
    reference: str = ""
    """A recording, in the show folder, of the voice that XTTS takes on: 3 to 60 s of one person who speaks."""
    consent: Consent | None = None
    """Whose voice `reference` is, and what they agreed to; without it no voice is taken on."""
    device: str = "auto"
    """"cpu", "cuda" or "auto"."""

    def __post_init__(self) -> None:
        if self.speaker and self.reference:
            raise ValueError("speaker and reference both say whose voice it is; take one out")


@dataclass(frozen=True, slots=True)
class CoquiModel:
    """A model that lies complete in its folder, as far as can be told without loading it."""

    folder: Path
    kind: str
    """Its architecture, as Coqui names it: "vits", "xtts", ..."""
    weights: Path
    config: Mapping[str, Any]
    """config.json; the files that it names are those in the folder, wherever they lay when it was written."""


def require_coqui(model: str, show_folder: Path) -> CoquiModel:
    """A model: `model` is a folder (relative to the show), or a name ("tts_models/fr/css10/vits").

    Raises:
        ModelError: the extra is not installed, or the model does not lie on this machine, whole.
    """
    found = find_coqui(model, show_folder)
    if importlib.util.find_spec("TTS") is None:
        raise ModelError(f"{_EXTRA}.")
    return found


def find_coqui(model: str, show_folder: Path) -> CoquiModel:
    """The same, whether the extra that speaks with it is installed or not.

    Raises:
        ModelError: the model does not lie on this machine, whole.
    """
    folder = _model_folder(model, show_folder)
    if not folder.is_dir():
        fault = "is no folder" if folder.exists() else "there is no such folder"
        raise ModelError(f"{folder}: {fault}; {_way_to(model)}.")
    return read_model(folder)


def read_model(folder: Path) -> CoquiModel:
    """The model in `folder`.

    Raises:
        ModelError: a file is missing, cut short or something else.
    """
    config = _read_object(folder / "config.json", "this is no Coqui model, or only a part of one")
    kind = config.get("model")
    if not isinstance(kind, str):
        raise ModelError(f"{folder / 'config.json'}: names no model; this is no configuration of a Coqui voice.")
    if kind.lower() not in _KINDS:
        raise ModelError(
            f"{folder / 'config.json'}: is for a model of the kind {brief(kind)!r}, and the neural voices know "
            f"{', '.join(_KINDS)}; choose another voice."
        )
    weights = _weights(folder, kind)
    _check_weights(weights)
    if kind == XTTS:
        _read_object(folder / "vocab.json", _INCOMPLETE)
        if (speakers := folder / "speakers_xtts.pth").is_file():
            _check_weights(speakers)
    return CoquiModel(folder, kind, weights, _with_own_files(folder, config))


def languages_of(model: CoquiModel) -> tuple[Language, ...]:
    """What it speaks, as its configuration tells: () where that says nothing."""
    tables = _tables(model.config)
    if model.kind == XTTS:
        told: object = model.config.get("languages")
    elif not speaks_one(model):
        told = list(_ids(next((table["language_ids_file"] for table in tables if table.get("language_ids_file")), "")))
    elif model.config.get("use_phonemes"):
        told = [model.config.get("phoneme_language")]
    else:
        sets = model.config.get("datasets")
        told = [each.get("language") for each in sets if isinstance(each, dict)] if isinstance(sets, list) else []
    names = (name.split("-")[0].casefold() for name in _names(told))
    return tuple(dict.fromkeys(name for name in names if re.fullmatch("[a-z]{2,3}", name)))


def speaks_one(model: CoquiModel) -> bool:
    """Whether it takes every text for one of its only language."""
    return model.kind != XTTS and not any(table.get("use_language_embedding") for table in _tables(model.config))


def require_reference(model: CoquiModel, settings: CoquiSettings, show_folder: Path) -> Audio | None:
    """The recording of the voice that the model takes on; None when it speaks with a voice of its own.

    Raises:
        ModelError: there is no consent, the recording cannot be used, or the model takes on no voice.
    """
    if not settings.reference:
        if model.kind == XTTS and not (model.folder / "speakers_xtts.pth").is_file():
            raise ModelError(
                f"{model.folder}: has no speakers of its own (speakers_xtts.pth); name a recording under reference in "
                "[engines.coqui]."
            )
        return None
    if model.kind != XTTS:
        raise ModelError(
            f"{model.folder}: a model of the kind {model.kind!r} takes on no voice from a recording; name an XTTS "
            "model under voice in [engines], or take reference out of [engines.coqui]."
        )
    recording = show_folder / Path(settings.reference).expanduser()
    if settings.consent is None:
        raise ModelError(
            f"{recording}: nobody's voice is taken on without their consent; record it in show.toml under "
            '[engines.coqui.consent]: person, date (as in "2026-03-01") and scope (what they agreed to).'
        )
    return read_reference(recording)


def _model_folder(model: str, show_folder: Path) -> Path:
    folder = show_folder / Path(model).expanduser()
    if folder.is_dir() or not model.startswith(_COQUIS_NAMES):
        return folder
    home = os.environ.get("TTS_HOME") or os.environ.get("XDG_DATA_HOME")
    usual = "~/Library/Application Support" if sys.platform == "darwin" else "~/.local/share"
    return Path(home or usual).expanduser() / "tts" / model.replace("/", "--")


def _way_to(model: str) -> str:
    """What to do when nothing of that name is here."""
    if model.startswith(_COQUIS_NAMES):
        return f'this Coqui model was not fetched: tts --model_name "{model}" --text "." fetches it'
    if (entry := by_id().get(model)) is not None and entry.role != "voice":
        return f'"{entry.id}" is no voice; it is named so: {entry.in_show}'
    ids = (entry.id for entry in catalog() if entry.role == "voice")
    near = difflib.get_close_matches(model, ids, n=1)
    hint = f' (did you mean "{COQUI}{near[0]}"?)' if near else ""
    return (
        f'after "{COQUI}" stands a folder, a name of the catalogue (`souffleur models list`), or one of Coqui\'s list '
        f'("{_COQUIS_NAMES}..."){hint}'
    )


def _read_object(file: Path, meaning: str) -> dict[str, Any]:
    if not file.is_file():
        raise ModelError(f"{file.parent}: has no {file.name}; {meaning}.")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError):
        raise ModelError(f"{file}: this is not JSON; {_INCOMPLETE}.") from None
    if not isinstance(content, dict):
        raise ModelError(f"{file}: holds no table; {meaning}.")
    return content


def _weights(folder: Path, kind: str) -> Path:
    # older voices, the French one of the catalogue among them, were published as .pth.tar, which is no tar
    names = ("model.pth",) if kind == XTTS else ("*.pth", "*.pth.tar")
    found = (file for name in names for file in folder.glob(name))
    files = sorted(found, key=lambda file: file.stat().st_size)
    if not files:
        raise ModelError(
            f"{folder}: has no weights ({' or '.join(names)}); this is no Coqui model, or only a part of one."
        )
    # beside the weights lie smaller files, of speakers for instance
    return files[-1]


def _check_weights(file: Path) -> None:
    """A file that was cut short has lost the table of contents, which stands at a zip archive's end."""
    try:
        with file.open("rb") as weights:
            head = weights.read(len(_OLD_WEIGHTS))
        if head == _OLD_WEIGHTS:
            return
        with zipfile.ZipFile(file) as archive:
            whole = any(name.endswith("/data.pkl") for name in archive.namelist())
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror or error}).") from error
    except zipfile.BadZipFile:
        what = "is cut short" if head.startswith(b"PK") else "holds no weights"
        raise ModelError(f"{file}: {what}; fetch it again.") from None
    if not whole:
        raise ModelError(f"{file}: is an archive of something else, not of weights; fetch it again.")


def _tables(config: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    arguments = config.get("model_args")
    return (config, arguments) if isinstance(arguments, dict) else (config,)


def _ids(name: object) -> Mapping[str, Any]:
    """A table of ids that a configuration names; empty where it is none."""
    try:
        content = json.loads(Path(str(name)).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _with_own_files(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """`config` with the files that it names found beside it: a folder can be carried from machine to machine."""
    tables = _tables(config)
    moved = [dict(table) for table in tables]
    for table in moved:
        for key, use in _NAMED_FILES.items():
            for name in _names(table.get(key)):
                own = folder / Path(name.replace("\\", "/")).name
                if own.is_file():
                    table[key] = [str(own)] if isinstance(table[key], list) else str(own)
                elif not Path(name).is_file() and any(each.get(use) for each in tables):
                    raise ModelError(f"{folder}: has no {own.name}, which its config.json names; {_INCOMPLETE}.")
    whole = moved[0]
    return {**whole, "model_args": moved[1]} if len(moved) == 2 else whole


def _names(value: object) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, list):
        yield from (name for name in value if isinstance(name, str) and name)

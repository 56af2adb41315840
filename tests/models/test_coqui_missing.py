"""What a person reads who asks for a neural voice without having installed them."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from models.coqui import CoquiSettings, CoquiSynthesizer
from models.protocols import ModelError


def test_without_the_extra_one_sentence_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def without_coqui(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "TTS" else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without_coqui)
    with pytest.raises(ModelError) as caught:
        CoquiSynthesizer("voices", tmp_path, CoquiSettings())
    sentence = str(caught.value)
    assert "not installed" in sentence
    assert "pip install" in sentence
    assert "\n" not in sentence

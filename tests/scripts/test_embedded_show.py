"""A show for measurements, whose engines are the embedded ones whatever it had."""

from __future__ import annotations

from pathlib import Path

import pytest

from installation.choice_of_show import DEMO
from installation.config import load_show
from models.engine_settings import EMBEDDED
from scripts.embedded_show import with_embedded_engines
from tests.fakes.show_folder import make_show

OWN_ENGINES = """
[engines]
ears = "pocket"                     # [not] a table
persona = "ada.gguf"

[engines.whisper]
beam_size = 3

[log]
keep_visitor_words = true

[engines.llama]
context = 512
"""


@pytest.mark.parametrize("engines", ["", OWN_ENGINES, "[engines]"])
def test_the_engines_are_the_embedded_ones_and_the_rest_stays(tmp_path: Path, engines: str) -> None:
    show = make_show(tmp_path / "own", engines)
    copy = load_show(with_embedded_engines(show, tmp_path / "copy")).config
    assert tuple(name for _, name in copy.engines.named) == EMBEDDED
    assert copy.engines == type(copy.engines)(*EMBEDDED), "a setting of the show's own engines has stayed"
    assert copy.log.keep_visitor_words == ("[log]" in engines)
    assert copy.show.name == "Letters"


def test_the_demo_is_measured_with_embedded_engines(tmp_path: Path) -> None:
    copy, demo = load_show(with_embedded_engines(DEMO, tmp_path / "copy")), load_show(DEMO)
    assert tuple(name for _, name in copy.config.engines.named) == EMBEDDED
    assert copy.config.hearing == demo.config.hearing

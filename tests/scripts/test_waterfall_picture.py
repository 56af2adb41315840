"""The picture of the steps of an answer."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from scripts.waterfall_picture import waterfall_svg

SVG = "{http://www.w3.org/2000/svg}"
STEPS = [("pause noticed", 220.0, 260.0), ("first <clause> & more", 480.0, 1_150.0), ("first sample out", 640.0, 900.0)]


def texts(picture: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def bars(picture: str) -> list[tuple[float, float]]:
    """Where each bar begins and ends."""
    drawn = [one for one in ElementTree.fromstring(picture).iter(f"{SVG}rect") if "x" in one.attrib]
    return [(float(one.attrib["x"]), float(one.attrib["x"]) + float(one.attrib["width"])) for one in drawn]


def test_every_step_is_named_with_its_times() -> None:
    shown = texts(waterfall_svg("Steps of <an answer> & its end", STEPS))
    assert "Steps of <an answer> & its end" in shown
    for name, median, p95 in STEPS:
        assert name in shown
        assert f"{median:.0f} / {p95:.0f} ms" in shown


def test_each_bar_begins_where_the_one_before_it_ends() -> None:
    drawn = bars(waterfall_svg("Steps", STEPS))
    assert [start for start, _ in drawn[1:]] == pytest.approx([end for _, end in drawn[:-1]], abs=0.2)


def test_nothing_is_drawn_outside_the_picture() -> None:
    picture = waterfall_svg("Steps", STEPS)
    _, _, width, height = map(float, ElementTree.fromstring(picture).attrib["viewBox"].split())
    for element in ElementTree.fromstring(picture).iter():
        places = [float(value) for key, value in element.attrib.items() if key in ("x", "x1", "x2")]
        heights = [float(value) for key, value in element.attrib.items() if key in ("y", "y1", "y2")]
        assert all(0 <= place <= width for place in places)
        assert all(0 <= place <= height for place in heights)


@pytest.mark.parametrize("steps", [[], [("last voiced sample", 0.0, 0.0)]])
def test_a_picture_of_nothing_is_a_picture(steps: list[tuple[str, float, float]]) -> None:
    assert [text for text in texts(waterfall_svg("Steps", steps)) if text == "Steps"]

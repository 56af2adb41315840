"""What may be moved at the panel while the show runs, what may not, and what the house does about it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installation.commands import (
    Refused,
    Tune,
    TuneBack,
)
from installation.effects import Record, Retune
from installation.entries import LineEntry, Threshold, TuningEntry
from installation.events import (
    Mode,
    SentenceStarted,
    VoiceGrown,
    VoiceStarted,
    VoiceSuspected,
)
from installation.turn_taking.settings import TurnTakingSettings, Wake
from installation.turn_taking.thresholds import NOT_TUNABLE, RISING, THRESHOLDS
from installation.turn_taking.tuning import differing, moved, offered
from tests.fakes.scenario import Scenario

OWN = TurnTakingSettings()


def test_every_threshold_can_be_moved_or_is_left_out_on_purpose() -> None:
    offered_names = [threshold.name for threshold in THRESHOLDS]
    assert sorted([*offered_names, *NOT_TUNABLE]) == sorted(field.name for field in fields(TurnTakingSettings))
    assert all(NOT_TUNABLE.values()), "each with its reason"


@pytest.mark.parametrize("threshold", offered(OWN), ids=lambda threshold: threshold.name)
def test_a_threshold_is_told_in_both_languages_and_its_own_value_is_on_its_scale(threshold: Threshold) -> None:
    for said in (threshold.group, threshold.label, threshold.told):
        assert said.en
        assert said.fr
        assert said.en != said.fr
    assert threshold.told.en.endswith(".")
    assert threshold.told.fr.endswith(".")
    if threshold.choices:
        assert threshold.own in [choice.value for choice in threshold.choices]
        return
    _, least, most, step = threshold.scale
    assert isinstance(threshold.own, float)
    assert least <= threshold.own <= most
    steps = (threshold.own - least) / step
    assert steps == pytest.approx(round(steps)), "a slider could not come back to it"


def test_labels_tell_the_thresholds_apart() -> None:
    for language in ("en", "fr"):
        labels = [getattr(threshold.label, language) for threshold in THRESHOLDS]
        assert len(set(labels)) == len(labels)


def test_a_threshold_is_moved_in_its_own_type() -> None:
    assert moved(OWN, OWN, Tune("open_pause_s", 2.0)) == replace(OWN, open_pause_s=2.0)
    assert moved(OWN, OWN, Tune("wake", "button")) == replace(OWN, wake=Wake.BUTTON)
    assert isinstance(moved(OWN, OWN, Tune("duck_db", 10)).duck_db, float)


@pytest.mark.parametrize(
    ("command", "en", "fr"),
    [
        (
            Tune("finished_pause_s", 0.9),
            "“Pause after a finished thought” (0.9 s) must not be longer than “Pause after a statement” "
            "(0.5 s): move the other one first.",
            "« Pause après une pensée achevée » (0.9 s) ne doit pas être plus long que "
            "« Pause après une affirmation » (0.5 s) : déplacez d’abord l’autre.",
        ),
        (Tune("open_pause_s", 99.0), "“Pause after words that want to go on” cannot be 99.0: it goes from", "de 0.1 à"),
        (Tune("open_pause_s", "long"), "cannot be long", "ne peut pas valoir long"),
        (Tune("open_pause_s", True), "cannot be True", "ne peut pas valoir True"),
        (Tune("wake", "song"), "it goes by nothing, press a button", "au choix rien, appuyer"),
        (Tune("wake", 1.0), "cannot be 1.0", "ne peut pas valoir 1.0"),
        (Tune("patience", 1.0), "There is no threshold “patience”.", "Il n’y a pas de seuil « patience »."),
        (TuneBack("patience"), "There is no threshold “patience”.", "Il n’y a pas de seuil « patience »."),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_in_both_languages(
    command: Tune | TuneBack, en: str, fr: str
) -> None:
    with pytest.raises(Refused) as refused:
        moved(OWN, OWN, command)
    assert en in refused.value.en
    assert fr in refused.value.fr


@given(st.data())
def test_within_its_scale_a_threshold_only_ever_contradicts_its_neighbour(data: st.DataObject) -> None:
    """So that every refusal names the other threshold, by the name that it has at the panel."""
    settings = OWN
    for _ in range(6):
        threshold = data.draw(st.sampled_from([each for each in THRESHOLDS if not each.choices]))
        _, least, most, _ = threshold.scale
        value = data.draw(st.floats(least, most))
        settings, refused = tried(settings, Tune(threshold.name, value))
        assert not refused or "must not be longer than" in refused
        assert not refused or any(threshold.name in pair for pair in RISING)


def tried(settings: TurnTakingSettings, command: Tune) -> tuple[TurnTakingSettings, str]:
    try:
        return moved(settings, OWN, command), ""
    except Refused as refused:
        return settings, refused.en


def test_the_way_back_leads_also_to_a_value_that_no_slider_reaches() -> None:
    own = replace(OWN, stop_s=7.77)
    assert moved(replace(own, stop_s=1.0), own, TuneBack("stop_s")) == own
    assert moved(replace(own, stop_s=1.0, duck_db=3.0), own, TuneBack(None)) == own


def played(scenario: Scenario, command: Tune | TuneBack) -> tuple[list[Any], list[LineEntry], list[bool]]:
    effects = scenario.play(command)
    records = [effect for effect in effects if isinstance(effect, Record) and isinstance(effect.entry, LineEntry)]
    others = [effect for effect in effects if effect not in records]
    lines = [record.entry for record in records if isinstance(record.entry, LineEntry)]
    return others, lines, [record.keep for record in records]


def test_what_is_moved_holds_at_once_is_saved_and_stands_in_the_log_as_the_desks() -> None:
    evening = Scenario()
    others, (line,), kept = played(evening, Tune("open_pause_s", 2.5))
    tuned = replace(OWN, open_pause_s=2.5)
    assert evening.scene.turn_taking == tuned
    assert others[0] == Retune(tuned)
    assert isinstance(others[1].entry, TuningEntry)
    assert dict(others[1].entry.values)["open_pause_s"] == 2.5
    assert (line.who, line.state, line.text, line.note) == ("desk", "changed", "2.5", "open_pause_s")
    assert kept == [True]


@pytest.mark.parametrize(("voice_s", "stopped"), [(0.5, False), (1.1, True)])
def test_decisions_follow_what_was_moved(voice_s: float, stopped: bool) -> None:
    evening = Scenario()
    turn = evening.ask()
    evening.draft(turn, "I do.")
    evening.play(SentenceStarted(turn, 0))
    evening.wait(5.0)
    evening.play(Tune("stop_s", 1.0), VoiceSuspected(), VoiceStarted(), VoiceGrown(voice_s))
    assert evening.scene.stopped == stopped


def test_what_is_moved_in_a_rehearsal_holds_and_is_saved_but_leaves_no_line() -> None:
    others, _, kept = played(Scenario(Mode.REHEARSAL), Tune("duck_db", 20.0))
    assert others[0] == Retune(replace(OWN, duck_db=20.0))
    assert kept == [False]


@pytest.mark.parametrize("command", [Tune("finished_pause_s", 0.9), Tune("duck_db", OWN.duck_db), TuneBack(None)])
def test_what_contradicts_or_changes_nothing_is_no_change_but_every_panel_learns_how_things_stand(
    command: Tune | TuneBack,
) -> None:
    evening = Scenario()
    before = evening.scene
    others, lines, _ = played(evening, command)
    assert evening.scene == before
    assert lines == []
    assert [type(effect.entry) for effect in others] == [TuningEntry]


def test_all_back_is_one_turn_of_the_log_with_a_line_for_each_threshold() -> None:
    evening = Scenario()
    evening.play(Tune("duck_db", 20.0), Tune("wake", "button"))
    _, lines, _ = played(evening, TuneBack(None))
    assert [(line.note, line.text) for line in lines] == [("duck_db", "12"), ("wake", "nothing")]
    assert len({line.turn_id for line in lines}) == 1
    assert len({line.part for line in lines}) == 2
    assert evening.scene.turn_taking == OWN


def test_only_what_differs_from_the_show_is_told_apart() -> None:
    assert differing(OWN, OWN) == ()
    assert differing(replace(OWN, stop_s=0.2, wake=Wake.BUTTON), OWN) == (("stop_s", 0.2), ("wake", "button"))

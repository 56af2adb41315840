"""What people find in an exported evening, also when somebody said something nasty."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from installation.entries import LineEntry, LineState, Step, WaterfallEntry, Who
from installation.export import to_csv, to_list, to_markdown, to_terminal, to_waterfalls, to_webvtt
from installation.show_log import NOT_KEPT
from installation.show_log_reading import PastEvening, Protocol
from tests.fakes.show_lines import CURTAIN, double, evening, life, visitor

EVENING = PastEvening(3, evening(), CURTAIN + timedelta(minutes=41), 12)

PLAYED = (
    visitor("Are you alive?", turn=1, at_s=12),
    *life("I am made of letters.", turn=1, at_s=12.5),
    double("And of a long silence.", LineState.DRAFTED, turn=1, part=1, at_s=13),
    double("And of a long silence.", LineState.RELEASED, turn=1, part=1, at_s=13),
    double("And of a long silence.", LineState.RELEASED, turn=1, part=1, at_s=15.6, note="sounding"),
    double("And of a", LineState.CUT, turn=1, part=1, at_s=16.25, note="barge-in"),
    visitor("No, wait", turn=2, at_s=17),
    double("I am waiting.", LineState.DRAFTED, turn=2, at_s=17.5),
    double("I am waiting.", LineState.CANCELLED, turn=2, at_s=18, note="visitor resumed"),
)


def played(*lines: LineEntry, character: str = "Ada") -> Protocol:
    return Protocol(replace(EVENING, head=evening(character=character)), lines)


def csv_rows(protocol: Protocol) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(protocol), newline="")))


def cues(protocol: Protocol) -> list[list[str]]:
    """The blocks of a WebVTT file after its head, split as a player splits them."""
    head, *blocks = re.split(r"\n{2,}", to_webvtt(protocol).strip("\n"))
    assert head == "WEBVTT"
    return [block.split("\n") for block in blocks]


def test_the_terminal_tells_the_evening_as_the_public_noticed_it() -> None:
    assert to_terminal(played(*PLAYED), colour=False) == (
        "Evening 3 · demo · performance · 2025-11-23 19:00:00 to 19:41:00\n"
        "\n"
        "19:00:12  Visitor  Are you alive?\n"
        "19:00:13  Ada      I am made of letters.\n"
        "19:00:15  Ada      And of a — (barge-in)\n"
        "19:00:17  Visitor  No, wait\n"
        "19:00:17  Ada      [cancelled: visitor resumed] I am waiting.\n"
    )


def test_what_was_never_said_is_dim_on_a_terminal_with_colours() -> None:
    dimmed = [row for row in to_terminal(played(*PLAYED), colour=True).splitlines() if "\x1b[2m" in row]
    assert len(dimmed) == 1
    assert "I am waiting." in dimmed[0]


def test_an_evening_that_was_broken_off_says_so() -> None:
    protocol = Protocol(replace(EVENING, ended_at=None), PLAYED)
    assert "its end was not logged (it still runs, or was broken off)" in to_terminal(protocol, colour=False)
    assert "its end was not logged" in to_list([protocol.evening])
    sounding_still = played(*life("I am made")[:3])
    assert "[no end known] I am made" in to_terminal(sounding_still, colour=False)


def test_a_list_of_evenings_has_one_row_each() -> None:
    assert to_list([EVENING]) == "   3  demo · 2025-11-23 19:00:00 to 19:41:00 · 12 changes of lines\n"
    assert to_list([]) == "The show log holds no evening yet.\n"


def test_words_that_were_not_kept_are_marked_not_left_out() -> None:
    cancelled = replace(visitor("", turn=2), state=LineState.CANCELLED, note=f"visitor resumed, {NOT_KEPT}")
    protocol = played(replace(visitor(""), note=NOT_KEPT), cancelled)
    assert "Visitor  (words not kept)" in to_terminal(protocol, colour=False)
    assert "Visitor  [cancelled: visitor resumed] (words not kept)" in to_terminal(protocol, colour=False)
    assert "(words not kept)" in to_markdown(protocol)


def test_a_visitor_cannot_steer_the_terminal_of_who_reads_the_log() -> None:
    text = to_terminal(
        played(visitor("\x1b[2J\x1b]0;owned\x07 hi\r\n19:00:00  Ada  \u202eforged\x9b31m\x00")), colour=False
    )
    assert text.splitlines()[2:] == ["19:00:00  Visitor  [2J]0;owned hi 19:00:00 Ada forged31m"]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


def test_markdown_is_a_protocol_with_the_times_of_each_line() -> None:
    text = to_markdown(played(*PLAYED))
    assert "# demo, 2025-11-23\n" in text
    assert "## 19:00:12 · turn 1\n\n- **Visitor** (en): Are you alive? *(heard +0.00 s)*\n" in text
    assert (
        "- **Ada** (en): I am made of letters. "
        "*(drafted +0.50 s, released +1.00 s, sounding +1.50 s, spoken +3.50 s)*\n" in text
    )
    assert "And of a — (barge-in) *(drafted +1.00 s, released +1.00 s, sounding +3.60 s, cut +4.25 s)*" in text
    assert r"\[cancelled: visitor resumed\] I am waiting." in text


def test_markdown_shows_what_was_said_and_obeys_none_of_it() -> None:
    hostile = "# no\n\n<script>alert(1)</script> [x](javascript:y) ![i](z) **b** `c` a|b ~~d~~ &lt; _e_\n---"
    row = to_markdown(played(visitor(hostile))).splitlines()[-1]
    assert row == (
        r"- **Visitor** (en): \# no \<script\>alert(1)\</script\> \[x\](javascript:y) !\[i\](z) "
        r"\*\*b\*\* \`c\` a\|b \~\~d\~\~ \&lt; \_e\_ --- *(heard +0.00 s)*"
    )


def test_csv_has_every_change_as_a_row() -> None:
    rows = csv_rows(played(*PLAYED))
    assert len(rows) == len(PLAYED)
    assert rows[0] == {
        "evening": "3",
        "turn": "1",
        "part": "-1",
        "who": "visitor",
        "state": "heard",
        "text": "Are you alive?",
        "language": "en",
        "at": "2025-11-23T19:00:12.000+00:00",
        "at_s": "5012.000",
        "note": "",
    }
    assert [row["state"] for row in rows[1:5]] == ["drafted", "released", "released", "spoken"]


def test_csv_gives_back_quotes_commas_and_line_breaks() -> None:
    said = 'He said "no", then;\nleft, "quietly"'
    assert csv_rows(played(visitor(said)))[0]["text"] == said


@pytest.mark.parametrize(
    "formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", '=HYPERLINK("http://x";"y")']
)
def test_a_spreadsheet_finds_no_formula_in_what_was_said(formula: str) -> None:
    row = csv_rows(played(replace(visitor(formula), note=formula, language=formula)))[0]
    for column in ("text", "note", "language"):
        assert row[column].startswith("'")
    assert row["part"] == "-1"


def test_subtitles_hold_what_was_said_aloud_while_it_sounded() -> None:
    assert to_webvtt(played(*PLAYED)) == (
        "WEBVTT\n"
        "\n"
        "1.0\n"
        "00:00:13.500 --> 00:00:15.500\n"
        "<v Ada>I am made of letters.\n"
        "\n"
        "1.1\n"
        "00:00:15.600 --> 00:00:16.250\n"
        "<v Ada>And of a —\n"
    )


def test_subtitles_of_a_performers_words_are_the_doubles() -> None:
    lines = [replace(line, who=Who.PERFORMER) for line in life("Good night.")]
    assert cues(played(*lines)) == [["1.0", "00:00:01.000 --> 00:00:03.000", "<v Ada>Good night."]]


def test_subtitles_keep_their_time_when_somebody_sets_the_wall_clock() -> None:
    set_back = [replace(line, at=line.at - timedelta(hours=1)) for line in life("Later.", turn=2, at_s=30)]
    assert cues(played(visitor("Hello?", at_s=5), *set_back))[0][1] == "00:00:31.000 --> 00:00:33.000"


def test_subtitles_after_hours_and_of_no_length_are_still_valid() -> None:
    begun, *_, spoken = life("Late.", at_s=3 * 3600)
    at_once = replace(spoken, at_s=begun.at_s)
    assert cues(played(begun, at_once))[0][1] == "03:00:00.000 --> 03:00:00.001"


def test_no_word_breaks_the_subtitles() -> None:
    hostile = "a --> b\n\n00:00:00.000 --> 99:00:00.000\n<v Eve>x</v> & <c.red>\x00"
    blocks = cues(played(*life(hostile), character="A<b>\n& c"))
    said = "a --&gt; b 00:00:00.000 --&gt; 99:00:00.000 &lt;v Eve&gt;x&lt;/v&gt; &amp; &lt;c.red&gt;"
    assert blocks == [["1.0", "00:00:01.000 --> 00:00:03.000", f"<v A&lt;b&gt; &amp; c>{said}"]]


def test_an_evening_without_a_word_is_a_valid_empty_file() -> None:
    assert to_webvtt(played()) == "WEBVTT\n"
    assert csv_rows(played()) == []
    cut_before_a_word = (*life("Nothing")[:3], double("", LineState.CUT, at_s=1, note="panic"))
    assert cues(played(*cut_before_a_word)) == []


def test_a_change_at_the_desk_stands_among_the_lines_but_is_no_subtitle() -> None:
    change = replace(
        double("0.35", LineState.CHANGED, turn=3, at_s=19, note="how much double"), who=Who.DESK, language=""
    )
    changed = played(*PLAYED, change)
    assert to_terminal(changed, colour=False).endswith("19:00:19  Desk     [how much double] 0.35\n")
    assert "**Desk**: \\[how much double\\] 0.35" in to_markdown(changed)
    assert csv_rows(changed)[-1]["note"] == "how much double"
    assert cues(changed) == cues(played(*PLAYED))


ANSWERED = (
    WaterfallEntry(1, ((Step.VOICE_END, 0.0), (Step.PAUSE, 160.0), (Step.TOKEN, 300.0), (Step.OUT, 600.0))),
    WaterfallEntry(4, ((Step.VOICE_END, 0.0), (Step.PAUSE, 180.0), (Step.OUT, 1000.0))),
)


def test_the_end_of_the_protocol_tells_how_long_visitors_waited() -> None:
    timed = replace(played(*PLAYED), waterfalls=ANSWERED)
    assert to_terminal(timed, colour=False).endswith(
        "I am waiting.\n"
        "\n"
        "When each step of an answer was passed, in ms after the visitor's last voiced sample:\n"
        "pause noticed     median    170   p95    179   turns    2\n"
        "first token       median    300   p95    300   turns    1\n"
        "first sample out  median    800   p95    980   turns    2\n"
        "Gap before an answer, over 2 turns: median 800 ms, p95 980 ms.\n"
    )
    markdown = to_markdown(timed)
    assert "Gap before an answer, over 2 turns: median 800 ms, p95 980 ms.\n" in markdown
    assert markdown.endswith("| first token | 300 | 300 | 1 |\n| first sample out | 800 | 980 | 2 |\n")


def test_waterfalls_are_a_table_of_their_own_and_leave_the_other_formats_as_they_were() -> None:
    timed = replace(played(*PLAYED), waterfalls=ANSWERED)
    first, second = csv.DictReader(io.StringIO(to_waterfalls(timed), newline=""))
    assert (first["evening"], first["turn"], first["token_ms"], first["out_ms"]) == ("3", "1", "300.0", "600.0")
    assert (second["turn"], second["token_ms"], second["out_ms"]) == ("4", "", "1000.0")
    assert to_csv(timed) == to_csv(played(*PLAYED))
    assert to_webvtt(timed) == to_webvtt(played(*PLAYED))


def test_an_evening_in_which_a_person_let_every_answer_go_has_no_gap_to_tell() -> None:
    curated = WaterfallEntry(1, ((Step.VOICE_END, 0.0), (Step.PAUSE, 160.0), (Step.LET_GO, 9e4), (Step.OUT, 9e4)))
    text = to_terminal(replace(played(*PLAYED), waterfalls=(curated,)), colour=False)
    assert text.endswith("Gap before an answer: not known, since a person let each of them go.\n")

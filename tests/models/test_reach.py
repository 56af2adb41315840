"""When a server that failed is asked again, and what is told of it."""

from __future__ import annotations

import pytest

from models.openai_api import ServerAway
from models.protocols import ModelError
from models.reach import FIRST_PAUSE_S, LONGEST_PAUSE_S, Reach

AWAY = ServerAway("https://gpu/v1: no connection within 1.5 s.")
BROKEN = ModelError("https://gpu/v1: refused (500).")


class Watched:
    """A reach with a clock that stands, and everything that it told."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.told: list[str] = []
        self.reach = Reach(("ears", "persona", "voice"), self.told.append, lambda: self.now_s)

    @property
    def asked(self) -> list[str]:
        return [role for role in ("ears", "persona", "voice") if self.reach.may_ask(role)]  # type: ignore[arg-type]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_without_a_connection_one_visitor_waits_once_for_all_roles(watched: Watched) -> None:
    assert watched.asked == ["ears", "persona", "voice"]
    watched.reach.failed("ears", AWAY)
    assert watched.asked == []


def test_a_server_that_fails_as_one_is_still_asked_as_the_others(watched: Watched) -> None:
    watched.reach.failed("voice", BROKEN)
    assert watched.asked == ["ears", "persona"]
    watched.reach.worked("ears")
    assert watched.asked == ["ears", "persona"]


def test_a_server_that_stays_away_is_asked_ever_more_rarely_but_never_given_up(watched: Watched) -> None:
    pauses = []
    for _ in range(6):
        watched.reach.failed("ears", AWAY)
        before_s = watched.now_s
        while not watched.asked:
            watched.now_s += 1.0
        pauses.append(watched.now_s - before_s)
    assert pauses == [FIRST_PAUSE_S, 10.0, 20.0, 40.0, LONGEST_PAUSE_S, LONGEST_PAUSE_S]


def test_one_role_that_works_again_brings_the_connection_back_to_all(watched: Watched) -> None:
    watched.reach.failed("ears", AWAY)
    watched.now_s += FIRST_PAUSE_S
    watched.reach.worked("ears")
    assert watched.asked == ["ears", "persona", "voice"]
    watched.reach.failed("ears", AWAY)
    watched.now_s += FIRST_PAUSE_S
    assert watched.asked == ["ears", "persona", "voice"], "after a good time the pauses begin short again"


def test_people_are_told_once_what_plays_and_once_that_it_is_over(watched: Watched) -> None:
    for _ in range(3):
        watched.reach.failed("ears", AWAY)
    assert watched.told == [f"Without the company's server, this machine plays on as ears, persona, voice: {AWAY}"]
    watched.reach.worked("ears")
    watched.reach.worked("persona")
    assert watched.told[1:] == [""]


def test_people_are_told_when_the_reason_changes(watched: Watched) -> None:
    watched.reach.failed("ears", AWAY)
    watched.now_s += FIRST_PAUSE_S
    watched.reach.failed("voice", BROKEN)
    watched.reach.worked("ears")
    assert watched.told[-1] == f"Without the company's server, this machine plays on as voice: {BROKEN}"
    watched.reach.worked("voice")
    assert watched.told[-1] == ""

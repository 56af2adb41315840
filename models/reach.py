"""Keeps in mind that the company's server is away, so that not every turn waits for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.catalog import EngineRole
from models.openai_api import ServerAway
from models.protocols import ModelError

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 60.0
"""Every try costs a visitor the time in which it fails: when nobody is there, one in a minute will do."""


@dataclass(frozen=True, slots=True)
class _Pause:
    """For how long a role does without the server."""

    length_s: float
    until_s: float
    error: ModelError


class Reach:
    """For which roles the server is worth asking; used by one thread at a time.

    Without a connection all roles pause together; where the server failed as one, the others go on. Each pause in a
    row is twice as long as the one before. `tell` is given one sentence when the roles that do without it, or the
    reason, change, and "" when all have it again.
    """

    def __init__(
        self, roles: Sequence[EngineRole], tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._roles = roles
        self._tell = tell
        self._clock = clock
        self._pauses: dict[EngineRole, _Pause] = {}
        self._told = ""

    def may_ask(self, role: EngineRole) -> bool:
        """Whether the server has not failed in this role lately."""
        pause = self._pauses.get(role)
        return pause is None or self._clock() >= pause.until_s

    def failed(self, role: EngineRole, error: ModelError) -> None:
        """The server has failed in this role; the error says how."""
        for each in self._roles if isinstance(error, ServerAway) else (role,):
            last = self._pauses.get(each)
            length_s = FIRST_PAUSE_S if last is None else min(2 * last.length_s, LONGEST_PAUSE_S)
            self._pauses[each] = _Pause(length_s, self._clock() + length_s, error)
        self._announce()

    def worked(self, role: EngineRole) -> None:
        """The server has done its work in this role: there is a connection again for the others, too."""
        if self._pauses:
            self._pauses = {
                each: pause
                for each, pause in self._pauses.items()
                if each != role and not isinstance(pause.error, ServerAway)
            }
            self._announce()

    def _announce(self) -> None:
        sentence = ""
        if self._pauses:
            latest = max(self._pauses.values(), key=lambda pause: pause.until_s - pause.length_s)
            roles = ", ".join(each for each in self._roles if each in self._pauses)
            sentence = f"Without the company's server, this machine plays on as {roles}: {latest.error}"
        if sentence != self._told:
            self._told = sentence
            log.warning("%s", sentence or "The company's server is back.")
            self._tell(sentence)

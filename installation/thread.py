"""A thread of the house: never a daemon, and a bug in it is told to the director."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from installation.events import (
    Event,
    RoomCrashed,
)

log = logging.getLogger(__name__)


def start(name: str, run: Callable[[], None], post: Callable[[Event], None]) -> threading.Thread:
    """Start `run` on a thread of that name; an exception that leaves it is logged and posted as RoomCrashed."""

    def guarded() -> None:
        try:
            run()
        except Exception as error:
            log.exception("The thread %s ended by a bug", name)
            post(RoomCrashed(name, f"{type(error).__name__}: {error}"))

    thread = threading.Thread(target=guarded, name=name, daemon=False)
    thread.start()
    return thread

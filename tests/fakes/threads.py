"""Another thread for a call that is interrupted while it waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LATEST_S = 20.0


def interrupted(call: Callable[[], T], ready: threading.Event, abort: Callable[[], None]) -> T:
    """What `call` returns when it is aborted once `ready` is set; fails when it does not return."""
    returned: list[T] = []
    thread = threading.Thread(target=lambda: returned.append(call()))
    thread.start()
    assert ready.wait(LATEST_S), "the call did not come as far as that"
    abort()
    thread.join(LATEST_S)
    assert not thread.is_alive(), "the abort did not wake the call"
    return returned[0]

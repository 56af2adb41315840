"""Fits what somebody else's library says into a sentence of ours."""

from __future__ import annotations

import textwrap

_MOST_CHARS = 160
_MORE = " …"


def brief(error: object) -> str:
    """What `error` says, on one line, without its last stop, and cut between two words; its kind if it says nothing."""
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    short = textwrap.shorten(text, _MOST_CHARS, placeholder=_MORE)
    # a single word as long as that has no better place
    return short if short != _MORE.strip() else text[: _MOST_CHARS - len(_MORE)] + _MORE

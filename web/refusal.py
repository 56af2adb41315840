"""A request that the panel's server does not obey, with its reason for people."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - the answer to a request, not a failure of the house
    """One sentence in English and in French, and the HTTP status that goes with it."""

    def __init__(self, status: int, en: str, fr: str) -> None:
        super().__init__(en)
        self.status = status
        self.en = en
        self.fr = fr

    def as_json(self) -> dict[str, dict[str, str]]:
        """The body of the answer."""
        return {"error": {"en": self.en, "fr": self.fr}}

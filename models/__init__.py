"""Engines behind small protocols: they know nothing of turns, threads, characters or the stage."""

from models.offline import tell_nobody

tell_nobody()

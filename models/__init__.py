"""Engines behind small protocols: they know nothing of turns, threads, characters or the stage."""

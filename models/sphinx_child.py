"""The child process of the embedded ears: pocketsphinx, which would hold up every thread of the house as it listens."""

from __future__ import annotations

import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from models.audio import HEARING_RATE_HZ, Samples, to_pcm16
from models.phrasebook import Grammar, Phrase, Phrasebook, grammar
from models.protocols import ModelError

if TYPE_CHECKING:
    from pocketsphinx import Decoder

_WIDE_BEAMS = {"beam": 1e-64, "pbeam": 1e-64, "wbeam": 1e-48}
"""A foreign voice is far from the model, and a small grammar can afford to keep its unlikely paths."""
_LEAST_PROBABILITY = 0.18
"""Phrases of the simulated visitor lie above it, a good part of other speech below."""


class Recogniser:
    """Understands English or, given a phrasebook, its phrases and nothing else."""

    def __init__(self, phrasebook: Phrasebook | None) -> None:
        self._decoder = _decoder(with_words=phrasebook is None)
        self._grammar = None if phrasebook is None else self._learn(phrasebook)

    def _learn(self, phrasebook: Phrasebook) -> Grammar:
        rules = grammar(phrasebook, lambda word: self._decoder.lookup_word(word) is not None)
        for word, sounds in rules.words.items():
            self._decoder.add_word(word, sounds, False)
        self._decoder.add_jsgf_string("phrases", rules.jsgf)
        self._decoder.activate_search("phrases")
        return rules

    def recognise(self, samples: Samples) -> Phrase | None:
        """What was said in these samples, shape (n,), at 16 kHz; None when there were no words, or no whole phrase.

        Raises:
            RuntimeError: the decoder failed.
        """
        self._decoder.start_utt()
        self._decoder.process_raw(to_pcm16(samples), full_utt=True)
        self._decoder.end_utt()
        best = self._decoder.hyp()
        if best is None or not best.hypstr:
            return None
        if self._grammar is None:
            return Phrase(str(best.hypstr), "en")
        # a path that ends inside a phrase is what the decoder shows when none fitted to the end
        return self._grammar.phrases.get(best.hypstr) if best.prob >= _LEAST_PROBABILITY else None


def _decoder(with_words: bool) -> Decoder:
    import pocketsphinx

    folder = Path(pocketsphinx.get_model_path("en-us"))
    options = {"lm": str(folder / "en-us.lm.bin")} if with_words else {"lm": None, **_WIDE_BEAMS}
    try:
        return pocketsphinx.Decoder(
            hmm=str(folder / "en-us"),
            dict=str(folder / "cmudict-en-us.dict"),
            samprate=float(HEARING_RATE_HZ),
            logfn="/dev/null",
            **options,
        )
    except RuntimeError as error:
        raise ModelError(
            f"pocketsphinx cannot read its model in {folder} ({error}); reinstall pocketsphinx."
        ) from error


def serve(parent: Connection) -> None:
    """Take a phrasebook, then samples, and answer each with what was said, or with the sentence of an error."""
    try:
        recogniser = Recogniser(parent.recv())
        parent.send(None)
        while True:
            samples = parent.recv()
            try:
                parent.send(recogniser.recognise(samples))
            except RuntimeError as error:
                raise ModelError(f"pocketsphinx failed on {len(samples)} samples of sound ({error}).") from error
    except ModelError as error:
        parent.send(str(error))
    except (EOFError, ConnectionError):
        # the house has closed, or is no more
        return


if __name__ == "__main__":
    # Ctrl-C reaches every process of the terminal, but only the house decides when to leave
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Connection(int(sys.argv[1])) as parent_end:
        serve(parent_end)

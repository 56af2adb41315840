"""A copy of the demo whose engines are those of the bench."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from installation.choice_of_show import DEMO
from scripts.embedded_show import with_engines


@dataclass(frozen=True, slots=True)
class BenchShow:
    """A show in a folder, and the file from which its instant ears take their words."""

    folder: Path
    script: Path

    def expect(self, drafts: tuple[str, ...]) -> None:
        """What the instant ears hear from now on, draft by draft."""
        fresh = self.script.with_suffix(".new")
        fresh.write_text("".join(f"{line}\n" for line in drafts), encoding="utf-8")
        # The ears tell a new script by its time, and the file system's own clock may tick too slowly for that.
        now_ns = time.time_ns()
        os.utime(fresh, ns=(now_ns, now_ns))
        fresh.replace(self.script)


def bench_show(folder: Path, ears: str, voice: str, answer: str) -> BenchShow:
    """Write it into `folder`, which must not exist yet; the persona says `answer`, whatever it is asked."""
    script = folder.absolute() / "heard.txt"
    engines = (
        f'\n[engines]\nears = "{ears}"\npersona = "instant"\nvoice = "{voice}"\n'
        f'\n[engines.instant]\nanswer = "{answer}"\nscript = "{script}"\n'
        "\n[engines.whisper]\nbeam_size = 5\n"
    )
    with_engines(DEMO, folder, engines)
    script.touch()
    return BenchShow(folder, script)

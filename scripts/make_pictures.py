"""Makes the pictures of the README from the demo itself: a house with its simulated visitor, in a real browser."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from scripts.bench_browser import open_panel
from scripts.bench_house import house_process

PICTURES = Path("docs/pictures")
WAIT_S = 25.0
"""Long enough for two questions and their answers."""


def main() -> None:
    """Write docs/pictures/panel.png."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, house_process(os.environ, Path(folder), "--visitor") as house:
        house.command("steer", text="talk about the sea")
        with open_panel(house.url) as page:
            time.sleep(WAIT_S)
            page.screenshot(path=str(PICTURES / "panel.png"))


if __name__ == "__main__":
    main()

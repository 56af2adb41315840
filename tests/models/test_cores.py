"""How many threads heavy arithmetic gets."""

from __future__ import annotations

import os
from pathlib import Path

from models.cores import physical_cores


def test_two_threads_of_one_core_count_once(tmp_path: Path) -> None:
    for cpu, twins in enumerate(("0,2", "1,3", "0,2", "1,3")):
        file = tmp_path / f"cpu{cpu}" / "topology" / "thread_siblings_list"
        file.parent.mkdir(parents=True)
        file.write_text(f"{twins}\n")
    assert physical_cores(tmp_path) == 2


def test_a_machine_that_does_not_tell_its_cores_uses_them_all(tmp_path: Path) -> None:
    assert physical_cores(tmp_path) == os.cpu_count()

"""The lock files agree with each other and leave the choice of the registry to the user."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def pins(name: str) -> set[tuple[str, str, str]]:
    """Package, version and environment marker of every entry."""
    return set(_PIN.findall((ROOT / name).read_text()))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_names_no_address_and_no_folder(lock: Path) -> None:
    assert "://" not in lock.read_text()
    assert not re.search(r"(^|\s)/", lock.read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_pinned_with_hashes(lock: Path) -> None:
    entries = re.split(r"^(?=\S)", lock.read_text(), flags=re.MULTILINE)
    assert all(_PIN.match(entry) and "--hash=sha256:" in entry for entry in entries if entry)


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ("requirements.lock", "requirements-dev.lock"),
        ("requirements-dev.lock", "requirements-coqui.lock"),
    ],
)
def test_a_larger_environment_holds_the_smaller_one_at_the_same_versions(small: str, large: str) -> None:
    versions = {name: {version for n, version, _ in pins(large) if n == name} for name, _, _ in pins(large)}
    assert all(version in versions.get(name, ()) for name, version, _ in pins(small))

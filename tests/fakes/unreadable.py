"""A file that opens, and of which nothing can be read: for root too, as on a stick that was pulled out."""

from __future__ import annotations

from pathlib import Path

UNREADABLE = Path("/proc/self/mem")
"""On Linux; its first byte belongs to nobody. As for a real stick, the error names no file."""

"""Files without waiting for the disk: what a test looks at, or a killed program leaves, is in the system's cache.

What is synced, and when, is the subject of tests that put a function of their own in the place of `os.fsync`.
"""

from __future__ import annotations

import os
import stat

_fsync = os.fsync


def _check_only(descriptor: int) -> None:
    """Do what `os.fsync` does for a file or a folder, apart from waiting; raises OSError for what cannot be synced."""
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        _fsync(descriptor)


def install() -> None:
    os.fsync = _check_only

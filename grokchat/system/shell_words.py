"""Splits a line into file names like a shell does.

On POSIX quotes and backslashes count (Shell Command Language, 2.2 Quoting). On Windows, where a backslash separates
folders, only quotes around a whole name do.
"""

from __future__ import annotations

import os
import re
import shlex
import sys

from grokchat.system.files import expand_path


def split_words(text: str, *, posix: bool = sys.platform != "win32") -> list[str]:
    """Return the names in a line; a whole line that names an existing file is one name."""
    whole = text.strip()
    # Unlike Path.exists, this does not raise for impossible names.
    if os.path.exists(expand_path(whole)):  # noqa: PTH110
        return [whole]
    try:
        words = shlex.split(whole, posix=posix)
    except ValueError:  # an unclosed quote
        return whole.split()
    return words if posix else [re.sub(r'^(["\'])(.*)\1$', r"\2", word) for word in words]

"""Splits a line into file names the way a shell does.

With the quotes and backslashes of POSIX (Shell Command Language, 2.2 Quoting). On Windows, where a backslash separates
folders, only double quotes around a whole name count.
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
    # os.path's exists does not raise for names that no file can have.
    if os.path.exists(expand_path(whole)):  # noqa: PTH110
        return [whole]
    try:
        words = shlex.split(whole, posix=posix)
    except ValueError:  # an unclosed quote
        return whole.split()
    return words if posix else [re.sub(r'^(["\'])(.*)\1$', r"\2", word) for word in words]

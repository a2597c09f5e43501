"""Names of files in a line, as a shell takes them.

The shell is POSIX's (Shell Command Language, 2.2 Quoting): quotes and backslashes. On Windows, where a backslash stands
between folders, only double quotes around a whole name count.
"""

from __future__ import annotations

import os
import re
import shlex
import sys

from grokchat.system.files import expand_path


def split_words(text: str, *, posix: bool = sys.platform != "win32") -> list[str]:
    """Return the names in a line; a line that is as it stands the name of something is one name."""
    whole = text.strip()
    # os.path's does not raise for what no file can be called.
    if os.path.exists(expand_path(whole)):  # noqa: PTH110
        return [whole]
    try:
        words = shlex.split(whole, posix=posix)
    except ValueError:  # a quote that is not closed
        return whole.split()
    return words if posix else [re.sub(r'^(["\'])(.*)\1$', r"\2", word) for word in words]

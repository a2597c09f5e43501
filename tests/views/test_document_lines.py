"""Request bodies and documents, as lines."""

from __future__ import annotations

import json
import re

from grokchat.render.style import TerminalStyle
from grokchat.views.documents import request_body_lines

PLAIN = TerminalStyle("none")
HOSTILE = "a\x1b[2Jb\u202ec\x9bd\re"


def test_the_body_of_a_request_is_shown_whole():
    data = json.dumps({"messages": [{"role": "user", "content": f"ü{HOSTILE}"}], "n": 1}, ensure_ascii=False).encode()
    lines = request_body_lines(data, PLAIN)
    assert lines[-1] == f"{len(data):,} bytes"
    assert any("ü" in line for line in lines)
    shown = "\n".join(lines[:-1])
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert '"n": 1' in shown

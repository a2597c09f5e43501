"""Conversations to carry away, and the programs that they become."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from support import KEY

from grokchat.export import export
from grokchat.export.source import Source
from grokchat.messages import Message
from grokchat.request import RequestEncoder

SUFFIXES = {"curl": ".sh", "xai-sdk": ".py", "openai-python": ".py", "openai-js": ".mjs", "ai-sdk": ".mjs"}

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

NASTY = (
    'Don\'t say "no" to $HOME, `ls`, $(rm -rf), %s, {x}, \\n, \\\\ and \\\n'
    "JSON\nHEADERS\n'''\n\"\"\"\n*/ // # </script>\n\tÉ 日本語 👍🏽 \u2028 \u202e \x1b[31m \x00 \x7f \x85 end\r\n"
)

MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": NASTY},
    {"role": "system", "content": "Another one."},
    {"role": "user", "content": "hello", "name": "bob"},
    {"role": "user", "content": NASTY},
    {"role": "assistant", "content": "A reply.", "reasoning_content": "Hm, 'why'?"},
    {"role": "system", "content": "In the middle."},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "Look:"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "high"}},
            {"type": "image_url", "image_url": {"url": "https://x.ai/a.png?b=c&d=e"}},
        ],
    },
    {"role": "user", "content": "and?"},
]


def source(
    messages: Sequence[Mapping[str, Any]] = MESSAGES,
    *,
    stream: bool = True,
    params: Mapping[str, Any] | None = None,
    **more: Any,
) -> Source:
    """Return what exports are made from."""
    buffer = tuple(Message(f"m{number}", body) for number, body in enumerate(messages))
    body = RequestEncoder().body(buffer, model="grok-4.7", stream=stream, params=params or {})
    more = {"conversation": "conv-1", "timeout": 20.0, **more}
    return Source(buffer, body, "grok-4.7", stream, params=params or {}, **more)


def run(form: str, made: Source, folder: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run an exported program."""
    path = folder / f"program{SUFFIXES[form]}"
    path.write_bytes(export(form, made))
    command = {".sh": "sh", ".py": sys.executable, ".mjs": "node"}[path.suffix]
    base = {key: os.environ[key] for key in ("PATH", "HOME", "SYSTEMROOT") if key in os.environ}
    return subprocess.run(
        [command, path.name],
        cwd=folder,
        env={**base, "XAI_API_KEY": KEY, "PYTHONUTF8": "1", "NO_PROXY": "*", **env},
        capture_output=True,
        timeout=120,
        check=False,
    )

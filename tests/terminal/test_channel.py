"""Questions before the chat begins, such as the one for the API key."""

from __future__ import annotations

import asyncio

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from grokchat.terminal.channel import ask_question


def answered(typed: str) -> str | None:
    async def ask() -> str | None:
        with create_pipe_input() as keys:
            keys.send_text(typed)
            return await ask_question((keys, DummyOutput()), "Key: ", hidden=True)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("xai-key\r", "xai-key"),
        ("xai-\x00key\r", "xai-key"),  # Ctrl-Space selects nothing
        ("xai\x1b[5;5~-key\x1b[1;5P\r", "xai-key"),  # keys that are not text
        ("xai-\x1b[1;2Dkey\x16\x01\r", "xaikey-"),
        ("xai-key\x1b[200~-2\n\x1b[201~\r", "xai-key-2"),
        ("xai-kex\x7fy\r", "xai-key"),
        ("\x04", None),
        ("\x03", None),
    ],
)
def test_an_answer_is_what_was_typed(typed, answer):
    assert answered(typed) == answer

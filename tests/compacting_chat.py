"""A chat whose requests for a summary get scripted answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
from fake_api import USAGE, reply_frames
from repl_harness import Chatting

from grokchat.message_summaries import is_instruction
from grokchat.session import journal
from grokchat.session.conversation import Conversation
from grokchat.terminal.interface import Submit

SUMMARY = "Ada asked for *three* numbers: 1, 2 and 3."


class Compacting(Chatting):
    """A chat whose requests for a summary get `answers` in turn, the last one again and again: bodies or refusals."""

    answers: Sequence[bytes | tuple[int, Any]] = (reply_frames(SUMMARY),)

    @property
    def summary_requests(self) -> list[dict[str, Any]]:
        bodies = [json.loads(request.content) for request in self.requests]
        return [body for body in bodies if is_instruction(body["messages"][-1]["content"])]

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" or self.is_endless or self.is_silent or self.refusal is not None:
            return await super()._respond(request)
        self.requests.append(request)
        if not is_instruction(json.loads(request.content)["messages"][-1]["content"]):
            usage = USAGE | {"prompt_tokens": len(request.content) // 4}
            return httpx.Response(200, content=reply_frames(self.reply, usage=usage))
        answer = self.answers[min(len(self.summary_requests), len(self.answers)) - 1]
        if isinstance(answer, bytes):
            return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=answer)
        return httpx.Response(answer[0], json=answer[1])

    @property
    def shown(self) -> str:
        return "\n".join(self.screen.lines)

    @property
    def summaries(self) -> list[dict[str, Any]]:
        """The summaries that are kept in the file."""
        events = journal.decode(self.session.encode()).events
        return [dict(event) for event in events if event["type"] == "summary"]


def chat_of(
    home: Path,
    act: Callable[[Compacting], Awaitable[None]],
    *,
    lines: Sequence[str | Submit] = ("one", "two", "three"),
    answers: Sequence[bytes | tuple[int, Any]] = Compacting.answers,
    models: list[dict[str, Any]] | None = None,
    **config: object,
) -> Compacting:
    """Run a chat that has three answered messages, and what a test does in it."""

    async def run() -> Compacting:
        chat = Compacting(home, **config)
        chat.answers, chat.models = answers, models
        async with chat:
            chat.submit(*lines)
            await chat.idle()
            await act(chat)
            await chat.idle()
        return chat

    return asyncio.run(run())


def do(*lines: str) -> Callable[[Compacting], Awaitable[None]]:
    async def act(chat: Compacting) -> None:
        for line in lines:
            chat.submit(line)
            await chat.idle()

    return act


def listed(conversation: Conversation) -> list[tuple[str, str, bool]]:
    return [(message.role, message.text, message.id in conversation.muted) for message in conversation]

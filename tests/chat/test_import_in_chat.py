"""Other programs' conversations in the chat: `/resume FILE`, and the list of several."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from import_samples import CHATGPT, CHATGPT_CHANGES, CHATGPT_MESSAGES, chatgpt, node, user
from repl_harness import Chatting

from grokchat.errors import CommandError

SEVERAL = [
    chatgpt(node("a", None, "user", f"about {word}"), title=f"On {word}") for word in ("apples", "pears", "plums")
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "conversations.json"


def talk(home: Path, act: Callable[[Chatting], Awaitable[None]]) -> Chatting:
    async def run() -> Chatting:
        async with Chatting(home) as chat:
            await act(chat)
        return chat

    return asyncio.run(run())


def sent(chat: Chatting) -> list[list[dict[str, object]]]:
    return [json.loads(request.content)["messages"] for request in chat.requests]


def test_a_file_is_resumed_and_what_is_left_out_is_said(home, path):
    path.write_text(json.dumps([CHATGPT]), encoding="utf-8")
    before = path.read_bytes()

    async def act(chat: Chatting) -> None:
        chat.submit(f"/resume {path}", "go on")
        await chat.until(lambda: chat.requests)
        await chat.idle()

    chat = talk(home, act)
    assert sent(chat) == [[*CHATGPT_MESSAGES, user("go on")]]
    assert f"conversations.json: {CHATGPT_CHANGES}" in "\n".join(chat.screen.lines)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == ["conversations.json"]


def test_one_of_several_is_chosen_from_a_list(home, path):
    path.write_text(json.dumps(SEVERAL), encoding="utf-8")

    async def act(chat: Chatting) -> None:
        chat.submit(f"/resume {path}", "go on")
        await chat.until(lambda: chat.screen.chosen is not None)
        chat.screen.chosen.set_result(Path(f"{path}#2"))
        await chat.until(lambda: chat.requests)
        await chat.idle()

    assert sent(talk(home, act)) == [[user("about pears"), user("go on")]]


def test_without_a_choice_the_chat_stays_and_what_was_meant_for_it_is_not_sent(home, path):
    path.write_text(json.dumps(SEVERAL), encoding="utf-8")

    async def act(chat: Chatting) -> None:
        chat.submit(f"/resume {path}", "go on")
        await chat.until(lambda: chat.screen.chosen is not None)
        chat.screen.chosen.set_result(None)
        await chat.idle()

    chat = talk(home, act)
    assert (chat.requests, chat.not_done) == ([], ["go on"])


@pytest.mark.parametrize("choice", ["2", "pears"])
def test_one_of_several_is_named_in_the_line(home, path, choice):
    path.write_text(json.dumps(SEVERAL), encoding="utf-8")

    async def act(chat: Chatting) -> None:
        chat.submit(f"/resume {path}#{choice}", "go on")
        await chat.until(lambda: chat.requests)
        await chat.idle()

    assert sent(talk(home, act)) == [[user("about pears"), user("go on")]]


@pytest.mark.parametrize("choice", ["", "#7", "#cherries"])
def test_the_titles_are_told_where_no_list_helps(home, path, choice, monkeypatch):
    """A terminal without lists, or a conversation that is not in the file."""
    path.write_text(json.dumps(SEVERAL), encoding="utf-8")

    async def refuse(*_: object) -> None:
        raise CommandError("This terminal cannot show a list to choose from.")

    async def act(chat: Chatting) -> None:
        monkeypatch.setattr(chat.screen, "choose", refuse)
        chat.submit(f"/resume {path}{choice}")
        await chat.until(lambda: any("3 conversations" in line for line in chat.screen.lines))

    chat = talk(home, act)
    assert "1 “On apples”, 2 “On pears”, 3 “On plums”" in " ".join(chat.screen.lines)


@pytest.mark.parametrize("data", ["", "# Notes", "[1]", '[{"role":"robot","content":"x"}]'])
def test_a_file_that_cannot_be_imported_leaves_the_chat_where_it_was(home, path, data):
    path.write_text(data, encoding="utf-8")

    async def act(chat: Chatting) -> None:
        chat.submit("first")
        await chat.until(lambda: len(chat.messages) == 2)
        await chat.idle()
        chat.submit(f"/resume {path}")
        await chat.until(lambda: any("conversations.json: " in line for line in chat.screen.lines))
        chat.submit("second")
        await chat.until(lambda: len(chat.requests) == 2)
        await chat.idle()

    assert [message["content"] for message in sent(talk(home, act))[1]] == ["first", "Hello there.", "second"]

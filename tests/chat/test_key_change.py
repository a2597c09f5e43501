"""/login and /logout in the chat: the next request uses the key, and the key is nowhere but in its file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from repl_harness import Chatting

from grokchat.api.key_check import KeyCheck
from grokchat.terminal.interface import Interrupt

NEW_KEY = "xai-new-0123456789abcdefghij"


def talk(home: Path, act: Callable[[Chatting], Awaitable[None]], **options: object) -> Chatting:
    """Run a chat without a key in the environment, and what a test does in it."""

    async def run() -> Chatting:
        chat = Chatting(home, **{"key_variable": "", **options})
        async with chat:
            await act(chat)
        return chat

    chat = asyncio.run(run())
    assert NEW_KEY not in "\n".join((*chat.screen.lines, *chat.screen.hints, *chat.screen.codes))
    assert NEW_KEY.encode() not in chat.session.encode()
    return chat


async def answer(chat: Chatting, key: str | None) -> None:
    chat.submit("/login")
    await chat.until(lambda: chat.screen.hidden is not None)
    assert chat.screen.hidden is not None
    chat.screen.hidden.set_result(key)
    chat.screen.hidden = None


def is_printed(chat: Chatting, words: str) -> bool:
    return any(words in line for line in chat.screen.lines)


def stored(home: Path) -> str | None:
    path = home / "key"
    return path.read_text(encoding="ascii").strip() if path.exists() else None


def test_the_next_request_uses_the_key(home):
    """From none to one, to another one, to none: each request has the key of its time, the first error names /login."""

    async def act(chat: Chatting) -> None:
        chat.submit("hi")
        await chat.until(lambda: is_printed(chat, "/login"))
        for key in ("xai-first-0123456789abcdefghij", NEW_KEY):
            await answer(chat, f" {key}\n")
            await chat.until(lambda: is_printed(chat, f"key stored in {home / 'key'} · the next request uses it"))
            await chat.idle()
            assert stored(home) == key
            count = len(chat.requests)
            chat.submit("/retry")
            await chat.until(lambda count=count: len(chat.requests) == count + 1)
            await chat.idle()
            assert chat.requests[-1].headers["authorization"] == f"Bearer {key}"
        chat.submit("/logout")
        await chat.until(lambda: is_printed(chat, "key removed from"))
        assert is_printed(chat, "the next request needs one: /login")
        chat.screen.lines.clear()
        chat.submit("/retry")
        await chat.until(lambda: is_printed(chat, "No API key"))
        await chat.idle()
        chat.submit("/logout")
        await chat.until(lambda: is_printed(chat, "no key was stored"))

    assert len(talk(home, act).requests) == 2
    assert stored(home) is None


@pytest.mark.parametrize("answered", ["y", "n", None])
def test_a_key_that_the_api_refuses_is_stored_only_if_wanted(home, answered):
    async def act(chat: Chatting) -> None:
        chat.key_check = KeyCheck(refusal="the API does not accept this key (401)")
        await answer(chat, NEW_KEY)
        await chat.until(lambda: is_printed(chat, "The API does not accept this key (401). Store it anyway? [y/N]"))
        if answered is None:
            chat.screen.act(Interrupt())
        else:
            chat.submit(answered)
        end = "key stored in" if answered == "y" else "The key was not stored."
        await chat.until(lambda: is_printed(chat, end))
        await chat.idle()

    talk(home, act)
    assert stored(home) == (NEW_KEY if answered == "y" else None)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (None, "No key given; nothing changed."),
        ("", "No key given; nothing changed."),
        (" \n", "No key given; nothing changed."),
        (f"export XAI_API_KEY={NEW_KEY}", "The API key from /login is not valid: it begins with a name and =."),
        (f'"{NEW_KEY}"', "it is in quotes"),
        (f"{NEW_KEY} {NEW_KEY}", "it has a space in it"),
        (f"{NEW_KEY}\n{NEW_KEY}", "it has a line break in it"),
        ("k" * 10_000, "it has more than 8,192 characters"),
        ("schlüssel", "it has a character outside ASCII in it"),
    ],
)
def test_what_is_no_key_is_not_stored(home, typed, told):
    async def act(chat: Chatting) -> None:
        await answer(chat, typed)
        await chat.until(lambda: is_printed(chat, told))
        await chat.idle()

    talk(home, act)
    assert stored(home) is None


def test_a_key_that_could_not_be_checked_is_stored_and_that_is_said(home):
    async def act(chat: Chatting) -> None:
        chat.key_check = KeyCheck(unknown="the API could not be reached")
        await answer(chat, NEW_KEY)
        await chat.until(lambda: is_printed(chat, "not checked: the API could not be reached"))

    talk(home, act)
    assert stored(home) == NEW_KEY


def test_the_variable_comes_before_the_stored_key(home):
    variable = "xai-variable-0123456789abcdef"

    async def act(chat: Chatting) -> None:
        await answer(chat, NEW_KEY)
        await chat.until(lambda: is_printed(chat, "· XAI_API_KEY is set and takes precedence"))
        chat.submit("hi")
        await chat.until(lambda: len(chat.requests) == 1)
        await chat.idle()
        chat.submit("/logout", "hi")
        await chat.until(lambda: len(chat.requests) == 2)
        await chat.idle()

    chat = talk(home, act, key_variable=variable)
    assert {request.headers["authorization"] for request in chat.requests} == {f"Bearer {variable}"}


def test_in_the_demo_the_key_is_for_another_time(home):
    async def act(chat: Chatting) -> None:
        await answer(chat, NEW_KEY)
        await chat.until(lambda: is_printed(chat, "the demo needs no key · not checked"))
        chat.submit("/logout")
        await chat.until(lambda: is_printed(chat, "key removed from"))

    talk(home, act, is_demo=True)


@pytest.mark.parametrize("line", ["/login other-key-1", "/logi other-key-1", "/log other-key-1", "/login\nother-key-1"])
def test_a_key_in_the_line_is_neither_shown_nor_stored(home, line):
    async def act(chat: Chatting) -> None:
        chat.submit(line)
        await chat.until(lambda: is_printed(chat, " …"))

    chat = talk(home, act)
    assert not is_printed(chat, "other-key-1")
    assert stored(home) is None


@pytest.mark.parametrize("how", ["ctrl-c", "leave", "busy"])
def test_login_takes_the_keys_only_while_nothing_is_done(home, how):
    async def act(chat: Chatting) -> None:
        if how == "busy":
            await chat.begin_reply()
            chat.submit("/login")
            assert chat.screen.queue_rows == []
            chat.finish_reply()
            waits = "A reply or a command is running. /login cannot ask for the key now."
            await chat.until(lambda: is_printed(chat, waits))
            await chat.idle()
            assert chat.screen.hidden is None
            return
        chat.submit("/login", "a text")
        await chat.until(lambda: chat.screen.hidden is not None)
        if how == "ctrl-c":
            chat.screen.act(Interrupt())
            await chat.until(lambda: chat.not_done == ["/login"])
        else:
            await chat.leave()
            assert chat.not_done == ["/login", "a text"]

    talk(home, act, key_variable=NEW_KEY if how == "busy" else "")
    assert stored(home) is None

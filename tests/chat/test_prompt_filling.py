"""A saved prompt in the chat: what it needs is asked for when its turn comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from repl_harness import Chatting

from grokchat.session.session_config import SessionConfig
from grokchat.terminal.interface import Interrupt, Submit

PROMPT = "Translate {{text}} into {{language}}."


def chat_of(home: Path, act: Callable[[Chatting], Awaitable[None]], text: str = PROMPT) -> Chatting:
    (home / "prompts").mkdir(parents=True)
    (home / "prompts" / "translate.md").write_text(text, encoding="utf-8")

    async def run() -> Chatting:
        chat = Chatting(home)
        chat.store.config = SessionConfig(
            home / "sessions", chat.store.config.lower_layers, prompts_folder=home / "prompts"
        )
        async with chat:
            chat.submit("/new")
            await chat.idle()
            await act(chat)
        return chat

    return asyncio.run(run())


async def asked(chat: Chatting, title: str) -> None:
    await chat.until(lambda: chat.screen.title == title)


def answer(chat: Chatting, text: str, *, has_paste: bool = False) -> None:
    chat.screen.questions.answer(Submit(text, has_paste))


def test_what_is_missing_is_asked_for_one_after_the_other(home):
    """The next question is open at once; the answers are verbatim, and nothing is changed before the last one."""

    async def act(chat: Chatting) -> None:
        chat.submit("/use translate")
        await asked(chat, "text? (1 of 2)")
        answer(chat, " {{language}}\n@x ")
        assert chat.screen.title == "language? (2 of 2)"
        assert chat.messages == []
        answer(chat, "Thai")
        await chat.idle()
        assert chat.messages == [("system", "Translate  {{language}}\n@x  into Thai.")]
        assert chat.screen.title is None
        assert any("language? (2 of 2) Thai" in line for line in chat.screen.lines)
        chat.submit("/undo")
        await chat.until(lambda: chat.messages == [])

    chat_of(home, act)


def test_only_what_is_missing_is_asked_for(home):
    async def act(chat: Chatting) -> None:
        chat.submit("/use translate text=this")
        await asked(chat, "language?")
        answer(chat, "Thai")
        await chat.until(lambda: chat.messages == [("system", "Translate this into Thai.")])

    chat_of(home, act)


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_answer_is_refused(home, blank):
    async def act(chat: Chatting) -> None:
        chat.submit("/use translate text=this")
        await asked(chat, "language?")
        answer(chat, blank)
        assert chat.screen.title == "language?"
        assert 'language=""' in chat.screen.hints[-1]
        answer(chat, "Thai")
        await chat.idle()

    assert chat_of(home, act).messages == [("system", "Translate this into Thai.")]


@pytest.mark.parametrize("answered", [0, 1])
@pytest.mark.parametrize("is_escape", [False, True])
def test_ctrl_c_abandons_it_in_one_line_and_holds_the_queue(home, is_escape, answered):
    async def act(chat: Chatting) -> None:
        chat.submit("/use translate", "a question")
        await asked(chat, "text? (1 of 2)")
        for _ in range(answered):
            answer(chat, "this")
        before = chat.session.encode()
        chat.screen.act(Interrupt(is_escape))
        await chat.idle()
        assert (chat.not_done, chat.screen.title) == (["/use translate"], None)
        assert (chat.messages, chat.session.encode()) == ([], before)
        assert chat.screen.queue.held_count == 1

    chat_of(home, act)


def test_a_queued_prompt_asks_when_its_turn_comes_and_lines_typed_before_are_no_answers(home):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("/use @1 translate", "typed ahead")
        assert chat.screen.title is None
        chat.finish_reply()
        await asked(chat, "text? (1 of 2)")
        assert len(chat.requests) == 1
        chat.submit("typed meanwhile")
        answer(chat, "a")
        answer(chat, "b")
        await chat.until(lambda: len(chat.requests) == 3)
        await chat.idle()

    texts = [text for role, text in chat_of(home, act).messages if role != "assistant"]
    assert texts == ["Translate a into b.", "first", "typed ahead", "typed meanwhile"]


@pytest.mark.parametrize("is_asked", [False, True])
def test_leaving_with_it_lists_it_and_all_after_it_as_not_done(home, is_asked):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("/use translate", "later")
        if is_asked:
            chat.finish_reply()
            await asked(chat, "text? (1 of 2)")
        await chat.leave()

    chat = chat_of(home, act)
    assert chat.not_done == ["/use translate", "later"]
    assert [role for role, _ in chat.messages] == ["user", "assistant"]


@pytest.mark.parametrize("has_paste", [False, True])
def test_a_secret_in_an_answer_is_asked_about_before_it_is_sent_unless_it_was_typed(home, has_paste):
    secret = "ghp_aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cF0iLaB3d"

    async def act(chat: Chatting) -> None:
        chat.submit("/use translate text=this")
        await asked(chat, "language?")
        answer(chat, secret, has_paste=has_paste)
        chat.submit("go")
        await chat.until(lambda: chat.requests or chat.screen.history_exclusions)
        assert bool(chat.requests) != has_paste
        if has_paste:
            chat.submit("n")
        await chat.idle()

    chat_of(home, act)


def test_a_message_that_would_be_blank_is_not_added(home):
    async def act(chat: Chatting) -> None:
        chat.submit("/use translate a=")
        await asked(chat, "b?")
        chat.screen.act(Interrupt())
        await chat.idle()
        chat.submit("/use translate a= b=")
        await chat.idle()
        assert any("The filled prompt translate is empty" in line for line in chat.screen.lines)

    assert chat_of(home, act, "{{a}}{{b}}").messages == []


def test_front_matter_is_set_with_the_answers(home):
    async def act(chat: Chatting) -> None:
        chat.submit("/use translate")
        await asked(chat, "x?")
        assert chat.session.settings.params == {}
        answer(chat, "y")
        await chat.idle()
        assert chat.session.settings.params == {"temperature": 0.3}
        assert any("temperature = 0.3 (/unset temperature undoes it)" in line for line in chat.screen.lines)

    chat_of(home, act, "---\ntemperature: 0.3\n---\n{{x}}")

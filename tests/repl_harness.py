"""The chat's loop without a terminal: a screen whose user is the test, and an API whose replies do not end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Self

import httpx
from fake_api import JOB, chunk, frames, reply_frames
from fake_responses import message, response_frames
from support import KEY, make_environment

from grokchat.api.client import Client
from grokchat.api.key_check import KeyCheck
from grokchat.chat.key_change import KeyAccess
from grokchat.chat.repl import Repl
from grokchat.config.api_key import KeySource
from grokchat.config.secret import Secret
from grokchat.config.settings import Layer
from grokchat.records import replace
from grokchat.render.style import TerminalStyle
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.store import SessionStore
from grokchat.session.summary import Progress
from grokchat.terminal.action_queue import ActionQueue
from grokchat.terminal.interface import Interrupt, Leave, LineEdit, QueueView, Submit
from grokchat.terminal.rows import Row, RowSource
from grokchat.terminal.text_questions import Accept, TextQuestions


class FakeScreen:
    """Keeps what is printed. `act` is called for what the user does."""

    width, max_live_rows, background, is_unfocused, accepts_osc, echoes_input = 10_000, 5, None, None, True, False

    def __init__(self) -> None:
        self.is_busy = False
        self.history_exclusions: Any = ()
        self.queue = QueueView()
        self.lines: list[str] = []
        self.notes: list[str] = []
        self.codes: list[str] = []
        self.hints: list[str] = []
        self.line: Submit | None = None
        """The text in the prompt."""
        self.history: list[str] = []
        self._actions = ActionQueue()
        self.listen, self.act = self._actions.listen, self._actions.report
        self.hidden: asyncio.Future[str | None] | None = None
        """The answer to a question whose answer is not shown."""
        self.rows: list[Row] = []
        """Those of the list to choose from."""
        self.chosen: asyncio.Future[Any] | None = None
        self.editing = asyncio.Event()
        self.title: str | None = None
        """The open question that a line answers."""
        self.questions = TextQuestions(self._show_question)

    def draw_frame(self, commit: Sequence[str], live: Sequence[str] | None = None, notes: Sequence[str] = ()) -> None:
        self.lines += commit
        self.notes = list(notes)

    def refresh(self) -> None:
        pass

    def show_hint(self, text: str) -> None:
        self.hints.append(text)

    def fill_line(self, text: str, *, has_paste: bool = True, edit: LineEdit | None = None) -> bool:
        if self.line is not None:
            return False
        self.line = Submit(text, has_paste, edit)
        return True

    @property
    def queue_rows(self) -> Sequence[str]:
        return self.queue.rows

    def remember(self, lines: Sequence[str]) -> bool:
        self.history += lines
        return True

    def clear_line(self) -> bool:
        cleared, self.line = self.line, None
        self.history += [cleared.text] if cleared is not None else []
        return cleared is not None

    def submit_line(self, text: str | None = None) -> None:
        """Press Enter on the text in the prompt, or on another text instead."""
        assert self.line is not None
        line, self.line = self.line, None
        self.act(line if text is None else replace(line, text=text))

    def watch_focus(self, enabled: bool) -> None:
        pass

    def send_codes(self, codes: str) -> None:
        self.codes.append(codes)

    async def edit_text(self, text: str) -> str | None:
        self.editing.set()
        await asyncio.Event().wait()
        return text

    async def ask_hidden(self, question: str) -> str | None:
        self.hidden = asyncio.get_running_loop().create_future()
        return await self.hidden

    async def ask_texts(self, titles: Sequence[str], accept: Accept) -> Sequence[Submit]:
        return await self.questions.ask(titles, accept)

    def _show_question(self, title: str | None) -> None:
        self.title = title

    async def choose(self, rows: RowSource) -> Any:
        self.rows = list(rows.rows(Progress()))
        self.chosen = asyncio.get_running_loop().create_future()
        return await self.chosen


NO_MODELS = httpx.Response(404, json={"error": "none"})


class Endless(httpx.AsyncByteStream):
    """A reply that begins with a text, if there is one, and ends, or breaks off, when the test wants it to."""

    def __init__(self, text: str, end: asyncio.Event) -> None:
        self._text = text
        self._end = end
        self.breaks_off = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._text:
            yield frames(chunk({"content": self._text}), done=False)
        await self._end.wait()
        if self.breaks_off:
            raise httpx.ReadError("the connection is gone")
        yield frames(chunk(finish="stop"))


class Chatting:
    """A running chat. `requests` are those that were sent, `initial` the messages that it begins with.

    Its API key is `key_variable`, or without that one the stored one. While `is_endless`, replies begin and do not end;
    while `is_silent`, they do not even begin.
    """

    def __init__(
        self,
        home: Path,
        *,
        session: Session | None = None,
        key_variable: str = KEY,
        is_demo: bool = False,
        **config: Any,
    ) -> None:
        self.screen = FakeScreen()
        self.requests: list[httpx.Request] = []
        self.is_endless = self.is_silent = False
        self._end_of_reply = asyncio.Event()
        self.stream = Endless("", self._end_of_reply)
        self.reply = "Hello there."
        self.refusal: tuple[int, Any] | None = None
        """The status and JSON that requests are answered with, if they are refused."""
        self.models: list[dict[str, Any]] | None = None
        """The API's list, if it has one."""
        self.job: tuple[int, Any] = (202, None)
        """The status and JSON that a question for a deferred reply is answered with."""
        self.polls: list[httpx.Request] = []
        """The questions for deferred replies."""
        self.saved: list[tuple[str, str, Any]] = []
        self.initial: Sequence[dict[str, Any]] = ()
        self.environment = make_environment(
            home,
            env={"XAI_API_KEY": key_variable},
            transport=httpx.MockTransport(self._respond),
            sleep=lambda _: asyncio.sleep(0),
        )
        self.key = KeySource(self.environment, "", home / "key")
        self.key_check = KeyCheck()
        """What the API says of a new key."""
        # As wide as the screen, so that a paragraph is one line of it.
        layers = [Layer("a test", {"width": 0, **config})]
        self.store = SessionStore(SessionConfig(home / "sessions", layers), home / "sessions")
        self.repl = Repl(
            self.screen,
            self.environment,
            self.store,
            session or self.store.new(),
            TerminalStyle("none"),
            self._connect,
            save_setting=self._save,
            key=KeyAccess(self.key, self._check_key, lambda: None),
            is_demo=is_demo,
        )
        self._run: asyncio.Task[int] | None = None

    async def __aenter__(self) -> Self:
        self._run = asyncio.create_task(self.repl.run(self.initial))
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._run is not None
        if not self.is_over:
            await self.leave()

    @property
    def session(self) -> Session:
        return self.repl.session

    @property
    def messages(self) -> list[tuple[str, str]]:
        return [(message.role, message.text) for message in self.session.conversation]

    @property
    def not_done(self) -> list[str]:
        return [line.partition("not done: ")[2] for line in self.screen.lines if "not done: " in line]

    def submit(self, *lines: str | Submit) -> None:
        for line in lines:
            self.screen.act(line if isinstance(line, Submit) else Submit(line))

    async def _connect(self, settings, transport=None) -> Client:
        return Client(self.environment, settings, await self.key.load(), transport)

    async def _check_key(self, secret: Secret) -> KeyCheck:
        return self.key_check

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the chat run until something is so."""
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 - it is about anything in the chat
                await asyncio.sleep(0.001)

    async def idle(self) -> None:
        """Wait until nothing is being done and nothing waits."""
        await self.until(lambda: not self.screen.is_busy)

    async def begin_reply(self, text: str = "first") -> None:
        """Send a message whose reply begins and does not end."""
        self.is_endless = True
        self.submit(text)
        await self.until(lambda: self.messages[-1:] == [("assistant", "begin")])

    def finish_reply(self, *, breaks_off: bool = False, is_last: bool = True) -> None:
        """Let the reply end, or break off, and later ones end too if it `is_last`."""
        self.is_endless = self.is_endless and not is_last
        self.stream.breaks_off = breaks_off
        self._end_of_reply.set()

    def stop_reply(self) -> None:
        """Press Ctrl-C; later replies end."""
        self.is_endless = False
        self.screen.act(Interrupt())

    async def leave(self, *, by_signal: bool = False) -> int:
        self.screen.act(Leave(by_signal=by_signal))
        return await self.end()

    async def leave_twice(self) -> int:
        """Leave although the session cannot be saved."""
        self.screen.act(Leave())
        return await self.leave()

    @property
    def is_over(self) -> bool:
        """Whether the chat has been left."""
        assert self._run is not None
        return self._run.done()

    async def end(self) -> int:
        """Wait until the chat has been left, and return its exit code."""
        assert self._run is not None
        return await asyncio.wait_for(self._run, 10)

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        if "/deferred-completion/" in request.url.path:
            self.polls.append(request)
            status, value = self.job
            return httpx.Response(status) if value is None else httpx.Response(status, json=value)
        if request.method == "GET":
            return httpx.Response(200, json={"data": self.models}) if self.models is not None else NO_MODELS
        self.requests.append(request)
        if self.refusal is not None:
            return httpx.Response(self.refusal[0], json=self.refusal[1])
        if json.loads(request.content).get("deferred"):
            return httpx.Response(200, json={"request_id": JOB})
        headers = {"content-type": "text/event-stream"}
        self._end_of_reply.clear()
        if self.is_silent or self.is_endless:
            self.stream = Endless("" if self.is_silent else "begin", self._end_of_reply)
            return httpx.Response(200, headers=headers, stream=self.stream)
        has_search = request.url.path.endswith("/responses")
        content = response_frames(message(self.reply)) if has_search else reply_frames(self.reply)
        return httpx.Response(200, headers=headers, content=content)

    def _save(self, table: str, key: str, value: Any) -> Path:
        self.saved.append((table, key, value))
        return Path("config.toml")

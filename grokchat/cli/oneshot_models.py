"""A one shot that asks several models at once, and prints their replies one after the other, each under its name.

The reply that counts is the first in the order asked that has text; the session keeps the others as its alternatives.
A model that fails is reported, and the others are printed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from grokchat.api.client import Client, Retrying
from grokchat.api.reply_builder import Delta
from grokchat.cli.oneshot import OneShot
from grokchat.cli.oneshot_output import TextOutput, load_renderer
from grokchat.cli.stdout import AsyncWriter
from grokchat.environment import Environment
from grokchat.errors import Advice, ApiError, BrokenReplyError, GrokchatError, ReportedError
from grokchat.messages import DEMO_FINGERPRINT, Message
from grokchat.session.exchange import Unanswered, describe_retry
from grokchat.session.model_reply import ModelReply
from grokchat.session.session import Session
from grokchat.session.several_models import PART_IS_ALTERNATIVE, ModelReplies, requests_for

if TYPE_CHECKING:
    from grokchat.cli.schema import Schema

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
"""ASCII punctuation, which a backslash makes text in Markdown."""


class ModelsOneShot(OneShot):
    """Sends messages to several models, and prints each reply under its model's name, with --json an array."""

    def __init__(
        self,
        environment: Environment,
        session: Session,
        messages: Sequence[Mapping[str, Any]],
        report: Callable[[str], None],
        schema: Schema | None = None,
        *,
        models: Sequence[str],
    ) -> None:
        super().__init__(environment, session, messages, report, schema)
        self._models = models
        self._has_printed = False
        self._objects: list[dict[str, Any]] = []
        """What the API sent, of the replies that ended."""

    def _asked_models(self) -> Sequence[str]:
        return self._models

    async def _ask(self, client: Client, *, as_json: bool) -> GrokchatError | None:
        """Ask the models and print what they reply; return the error that the program ends with."""
        if not as_json:
            load_renderer(self._environment)
        with self._session.as_one_change():
            self._add_messages()
            async with ModelReplies(
                self._session,
                client,
                self._environment,
                requests_for(self._settings, self._models),
                is_chat=False,
                on_retry=self._report_retry,
            ) as replies:
                for reply in replies:
                    await self._print_reply(reply, as_json=as_json)
        if self._objects and as_json:
            await self._print_json(self._objects)
        errors = [reply.error for reply in replies if reply.error is not None]
        problems = [await self._check_reply(reply, client, as_json=as_json) for reply in replies if not reply.error]
        if errors:
            return ReportedError(1 if problems else errors[0].exit_code)
        return ReportedError(BrokenReplyError.exit_code) if any(problems) else None

    def _report_retry(self, reply: ModelReply, retrying: Retrying) -> None:
        self._report(f"{reply.model}: {describe_retry(retrying)}")

    async def _print_reply(self, reply: ModelReply, *, as_json: bool) -> None:
        """Print a reply as it arrives, and then what there is to say about it."""
        output = _HeadedOutput(self, reply)
        notes: Sequence[str] = ()
        try:
            async with aclosing(reply.stream()) as events:
                async for event in events:
                    if isinstance(event, Delta):
                        await output.write("" if as_json else event.text)
                    elif isinstance(event, Unanswered) and as_json and event.builder.finish_reason is not None:
                        self._objects.append(event.builder.api_object())
                    elif isinstance(event, Unanswered):
                        await self._print_unanswered(event.builder, as_json=False, whose=reply.model)
                    elif not isinstance(event, Retrying):
                        self._objects.append(event.builder.api_object())
                        notes = event.notes
        except ApiError as error:
            self._advise(error)
            notes = [error.shell_text]
        finally:
            await output.close()
            if not as_json and reply.has_answer:
                body, info = reply.answers()[0]
                self._print_sources([Message("", body, info)], whose=reply.model)
        for note in notes:
            self._report(note)

    async def start_output(self, reply: ModelReply) -> TextOutput:
        """Return what prints a reply's text, with the model's name printed as a heading."""
        if self._has_printed:
            await AsyncWriter(self._environment.stdout).write(b"\n")
        self._has_printed = True
        is_markdown = self._environment.stdout_is_tty and self._settings.markdown
        name = self._environment.redact(reply.model)
        name = _PUNCTUATION.sub(r"\\\1", name) if is_markdown else name
        is_demo = reply.builder.system_fingerprint == DEMO_FINGERPRINT
        output = TextOutput(self._environment, self._settings)
        await output.write(f"# {name}{' (demo)' * is_demo}\n\n")
        return output

    def _advise(self, error: ApiError) -> None:
        super()._advise(error)
        if error.advice is PART_IS_ALTERNATIVE and self._session.config.folder is None:
            error.advice = Advice("Nothing of it is saved (--no-save).")

    async def _check_reply(self, reply: ModelReply, client: Client, *, as_json: bool) -> str:
        """Report that another model replied, and how the reply violates the schema; return the latter."""
        await self._report_other_model(reply.builder.model, client, reply.settings)
        if problem := self._find_schema_problem(reply.builder, as_json=as_json):
            self._report(f"{reply.model}: {problem}")
        return problem


class _HeadedOutput:
    """Prints the text of a reply, and the model's name above it, once there is any."""

    def __init__(self, one_shot: ModelsOneShot, reply: ModelReply) -> None:
        self._one_shot = one_shot
        self._reply = reply
        self._output: TextOutput | None = None

    async def write(self, text: str) -> None:
        if text and self._output is None:
            self._output = await self._one_shot.start_output(self._reply)
        if self._output is not None:
            await self._output.write(text)

    async def close(self) -> None:
        if self._output is not None:
            await self._output.close()

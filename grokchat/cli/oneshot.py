"""A one shot: one request, its reply on standard output, everything else on standard error.

A pipe or file gets the reply byte for byte as it arrives. On a terminal (`-p`) it is rendered, block by block.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from grokchat.api.client import Client, Retrying
from grokchat.api.failures import PART_IS_KEPT
from grokchat.api.json_encoding import encode_json
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.transport import create_transport
from grokchat.cli.oneshot_checks import OneShotChecks
from grokchat.cli.oneshot_output import TextOutput
from grokchat.cli.stdout import AsyncWriter
from grokchat.config.settings import Layer, Settings, resolve_settings
from grokchat.environment import Environment
from grokchat.errors import Advice, ApiError, BrokenReplyError, FileError, GrokchatError
from grokchat.invocation import Connect
from grokchat.messages import Message
from grokchat.session.deferred_replies import (
    check_deferrable,
    describe_due,
    describe_return,
    describe_still_due,
    find_due_reply,
    settings_of,
)
from grokchat.session.exchange import (
    Event,
    Unanswered,
    Waiting,
    await_reply,
    describe_retry,
    describe_wait,
    exchange,
)
from grokchat.session.session import Session

if TYPE_CHECKING:
    from ssl import SSLContext

    from grokchat.cli.schema import Schema

_CATALOG_TIMEOUT_S = 3.0
"""How long the end of a one shot waits for the aliases of the models."""


class OneShot:
    """Sends messages in a session and prints the reply. `report` writes a line to standard error.

    Without a user message among them the session's own list is sent, with system messages added, if it does not end
    with a reply. A `schema` is sent with this request only, and the reply is checked against it.
    """

    def __init__(
        self,
        environment: Environment,
        session: Session,
        messages: Sequence[Mapping[str, Any]],
        report: Callable[[str], None],
        schema: Schema | None = None,
    ) -> None:
        self._environment = environment
        self._session = session
        self._settings = session.settings if schema is None else _settings_for_schema(session, schema)
        self._schema = schema
        self._messages = messages
        self._report = report
        self._checks = OneShotChecks(session, messages, report)

    async def run(
        self, connect: Connect, tls_context: Callable[[], SSLContext] | None, *, as_json: bool = False
    ) -> None:
        """Send the messages, print the reply and close the session; raises GrokchatError.

        `tls_context` returns the trust store if it is being read in the background.
        """
        session = self._session
        try:
            self._checks.check_content()
            url, env = session.settings.base_url, self._environment.variables
            transport = None if tls_context is None else create_transport(url, env, tls_context)
            client = await connect(session.settings, transport)
            try:
                if self._checks.due is None:
                    check_deferrable(self._settings, models=self._asked_models()[1:])
                    await self._checks.check_cost(client, self._asked_models())
                error = await self._ask(client, as_json=as_json)
            finally:
                await client.close()
        finally:
            session.close()
        if session.relocation is not None:
            self._report(str(session.relocation))
        if session.save_error is not None:
            if error is not None and error.shell_text:
                self._report(error.shell_text)
            raise session.save_error
        if error is not None:
            raise error

    def _asked_models(self) -> Sequence[str]:
        """Return the models that are asked."""
        return (self._settings.model,)

    # -- the request -------------------------------------------------------------------------------------------------

    async def _ask(self, client: Client, *, as_json: bool) -> GrokchatError | None:
        """Send the messages and print the reply; return what is wrong with it; raises GrokchatError."""
        builder = await self._exchange(client, as_json=as_json)
        await self._report_other_model(builder.model, client, self._settings)
        problem = self._find_schema_problem(builder, as_json=as_json)
        return BrokenReplyError(problem) if problem else None

    def _add_messages(self) -> None:
        """Add the messages to the session; raises FileError if they cannot be saved, and then nothing is sent."""
        session = self._session
        for body in self._messages:
            session.add_message(body)
        if not self._messages:
            session.save()  # an import, before its request leaves
        if session.save_error is not None:
            reason = f"{session.save_error.reason}, so nothing was sent"
            raise FileError(session.save_error.path, reason, "--no-save sends without saving.")

    async def _exchange(self, client: Client, *, as_json: bool) -> ReplyBuilder:
        """Send the messages, print the reply and return it as received; raises GrokchatError."""
        builder, known = None, {message.id for message in self._session.conversation}
        output = None if as_json else TextOutput(self._environment, self._settings)
        try:
            async with aclosing(self._events(client)) as events:
                async for event in events:
                    if isinstance(event, Retrying):
                        self._report(describe_retry(event))
                    elif isinstance(event, Waiting):
                        self._report_waiting(event)
                    elif isinstance(event, Unanswered):
                        await self._print_unanswered(event.builder, as_json=as_json)
                    elif not isinstance(event, Delta):
                        builder = event.builder
                        if output is not None:  # the rest of the text comes before what is said about it
                            complete, output = output, None
                            await complete.close()
                            self._print_new_sources(known)
                        for note in event.notes:
                            self._report(note)
                    elif output is not None:
                        await output.write(event.text)
        except ApiError as error:
            self._advise(error)
            raise
        except asyncio.CancelledError:
            self._report_interruption()
            raise
        finally:
            if output is not None:
                await output.close()
                self._print_new_sources(known)  # of the part that was received
        assert builder is not None
        if as_json:
            await self._print_json(builder.api_object())
        return builder

    async def _events(self, client: Client) -> AsyncGenerator[Event, None]:
        """Send the messages, or wait for the reply that is due, and yield what arrives; raises GrokchatError."""
        session, environment = self._session, self._environment
        if (due := self._checks.due) is not None:
            self._settings = settings_of(session, due)
            stream = await_reply(session, client, environment, self._settings, due, is_chat=False)
            async with aclosing(stream) as events:
                async for event in events:
                    yield event
            return
        with session.as_one_change():
            self._add_messages()
            async with aclosing(exchange(session, client, environment, self._settings, is_chat=False)) as events:
                async for event in events:
                    yield event

    def _report_waiting(self, waiting: Waiting) -> None:
        """Report that the reply is deferred, and what is unusual about the wait for it."""
        if note := describe_wait(waiting):
            self._report(note)
        if not waiting.problem and self._environment.stderr_is_tty:
            self._report("the reply is deferred; waiting for it, Ctrl-C stops waiting")

    def _report_interruption(self) -> None:
        """Say how to come back to a reply that is due, if one is."""
        session = self._session
        if (due := find_due_reply(session)) is not None and session.path is not None:
            self._report(f"{describe_due(due, session)}. Wait for it with: {describe_return(session)}")

    def _advise(self, error: ApiError) -> None:
        """Have an error say what is saved, and what in the list of messages caused it."""
        from grokchat.session.refusals import describe_cause

        is_saved = self._session.config.folder is not None
        if error.advice is PART_IS_KEPT and not is_saved:
            error.advice = Advice("Nothing of it is saved (--no-save).")
        cause = describe_cause(error, self._session.conversation, is_chat=False, is_saved=is_saved)
        error.add_advice(f"{cause} {describe_still_due(self._session, is_chat=False)}".strip())

    def _find_schema_problem(self, builder: ReplyBuilder, *, as_json: bool) -> str:
        """Return how the printed reply violates the schema, as a sentence, or nothing."""
        if self._schema is None:
            return ""
        texts = [choice.text for choice in builder.choices] if as_json else [builder.text]
        problem = next(filter(None, map(self._schema.find_problem, texts)), "")
        return "The model refused, so the reply does not match the schema." if problem and builder.refusal else problem

    async def _print_unanswered(self, builder: ReplyBuilder, *, as_json: bool, whose: str = "the model") -> None:
        """Print what was received instead of an answer: a complete object, or the reasoning on standard error."""
        if as_json and builder.finish_reason is not None:
            await self._print_json(builder.api_object())
            return
        if builder.reasoning:
            from grokchat.render.sanitize import visible

            self._report(f"{whose}'s reasoning:")
            self._write_to_stderr(visible(self._environment.redact(builder.reasoning)).removesuffix("\n"))

    def _print_new_sources(self, known: Collection[str]) -> None:
        """List the sources of the reply that was not in the list before."""
        self._print_sources([message for message in self._session.conversation if message.id not in known])

    def _print_sources(self, messages: Sequence[Message], *, whose: str = "") -> None:
        """List the sources of the reply among these messages on standard error: `[1] title or host  address`."""
        sources = [source for message in messages for source in message.sources]
        if not sources:
            return
        from grokchat.views.sources import plain_source_lines

        if self._environment.stdout_is_tty:
            self._write_to_stderr("")
        if whose:
            self._report(f"{whose}'s sources:")
        self._write_to_stderr(self._environment.redact("\n".join(plain_source_lines(sources))))

    def _write_to_stderr(self, visible_text: str) -> None:
        """Write lines to standard error, which may be closed."""
        with suppress(OSError, ValueError):
            self._environment.stderr.write(self._environment.encode(f"{visible_text}\n"))
            self._environment.stderr.flush()

    async def _print_json(self, value: object) -> None:
        # On a terminal in ASCII, without control codes; into a pipe with the characters as received.
        data = json.dumps(value).encode() if self._environment.stdout_is_tty else encode_json(value)
        await AsyncWriter(self._environment.stdout).write(data + b"\n")

    async def _report_other_model(self, answered_by: str | None, client: Client, settings: Settings) -> None:
        """Report that another model replied, unless the API's list, if it arrives soon, has it as an alias."""
        session = self._session
        if not answered_by or answered_by == settings.model:
            return
        if not session.catalog:
            with suppress(ApiError, TimeoutError):
                async with asyncio.timeout(_CATALOG_TIMEOUT_S):
                    session.catalog = await client.models(settings)
        from grokchat.session.reply_notes import describe_model_mismatch

        if note := describe_model_mismatch(answered_by, session, settings, is_chat=False):
            self._report(note)


def _settings_for_schema(session: Session, schema: Schema) -> Settings:
    """Return the session's settings with the format of the reply; JSON is not rendered as Markdown."""
    layer = Layer("--schema", {"markdown": False}, {"response_format": schema.response_format()})
    return resolve_settings([*session.settings_layers(), layer])

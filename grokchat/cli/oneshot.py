"""A one shot: one request, its reply on standard output, everything else on standard error.

A pipe or file gets the reply byte for byte as it arrives. On a terminal (`-p`) it is rendered, block by block.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from grokchat.api.client import Client, Retrying
from grokchat.api.failures import PART_IS_KEPT
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.request import encode_json
from grokchat.api.transport import create_transport
from grokchat.cli.stdout import AsyncWriter
from grokchat.config.settings import Layer, Settings, resolve_settings
from grokchat.environment import Environment
from grokchat.errors import Advice, ApiError, BrokenReplyError, FileError, GrokchatError, RefusedError, UsageError
from grokchat.invocation import Connect
from grokchat.session.estimate import describe_large, estimate_tokens
from grokchat.session.exchange import Unanswered, describe_retry, exchange
from grokchat.session.session import Session

if TYPE_CHECKING:
    from ssl import SSLContext

    from grokchat.cli.oneshot_tty import RenderedOutput
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

    async def run(
        self, connect: Connect, tls_context: Callable[[], SSLContext] | None, *, as_json: bool = False
    ) -> None:
        """Send the messages, print the reply and close the session; raises GrokchatError.

        `tls_context` returns the trust store if it is being read in the background.
        """
        session = self._session
        try:
            self._check()
            url, env = session.settings.base_url, self._environment.variables
            transport = None if tls_context is None else create_transport(url, env, tls_context)
            client = await connect(session.settings, transport)
            try:
                await self._check_cost(client)
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

    # -- checks, which cannot ask the user -----------------------------------------------------------------------------

    def _check(self) -> None:
        """Refuse secrets if `leak_guard` is "always", and read-only sessions; warn of damage and size."""
        session = self._session
        for report in session.opening_reports:
            self._report(report)
        if session.settings.leak_guard == "always":
            self._check_secrets()
        if session.read_only_error is not None:
            raise session.read_only_error
        if not self._has_question:
            self._check_unanswered()
        if size := describe_large(sum(estimate_tokens(body.get("content")) for body in self._outgoing()), None):
            self._report(f"{size} are sent")

    @property
    def _has_question(self) -> bool:
        """Whether there is a user message to add to the session."""
        return any(body["role"] == "user" for body in self._messages)

    def _outgoing(self) -> Sequence[Mapping[str, Any]]:
        """Return the messages that this call is about: the new ones, or those of the list that is sent unchanged."""
        listed = [] if self._has_question else [message.body for message in self._session.conversation.sent()]
        return [*listed, *self._messages]

    def _check_unanswered(self) -> None:
        """Raise UsageError unless the last message that is sent waits for a reply."""
        sent = self._session.conversation.sent()
        if not sent:
            problem = (
                "All messages of the session are muted" if len(self._session.conversation) else "The session is empty"
            )
            raise UsageError(f"{problem}: nothing to send. Give a PROMPT, pipe text in, or attach a file with -f.")
        if sent[-1].role == "assistant":
            raise UsageError(
                "The session ends with a reply: nothing to send. Give a PROMPT. To continue that reply, resume the "
                "session in the chat and type /continue."
            )

    def _check_secrets(self) -> None:
        from grokchat.session.unsent import (
            describe_unsent_secrets,
            find_unsent_secrets,
            listed_texts,
            new_texts,
            unsent_messages,
        )

        session = self._session
        new, listed = new_texts(self._messages, session.message_count), listed_texts(unsent_messages(session))
        if secrets := find_unsent_secrets([*new, *listed]):
            raise UsageError(
                f"Nothing was sent. {describe_unsent_secrets(secrets)}. Remove it, or set leak_guard "
                'to "chat" in the config file: then only the chat asks.'
            )

    async def _check_cost(self, client: Client) -> None:
        """Refuse a request that would take the session past max_cost."""
        session = self._session
        if not session.settings.max_cost:
            return
        from grokchat.session.cost_limit import check_cost

        try:
            session.catalog = await client.models(session.settings)
        except RefusedError:
            pass  # a server without prices: the cost is unknown, which is reported
        except ApiError as error:
            error.message = f"Nothing was sent: max_cost needs the API's prices. {error.message}"
            error.add_advice("--max-cost 0 sends without the check.")
            raise
        estimate = check_cost(session, session.settings, self._messages, self._asked_models())
        if estimate.unknown_costs:
            self._report(estimate.unknown_costs)
        if estimate.is_over_limit:
            raise UsageError(
                f"Nothing was sent: {estimate.summary}. --max-cost USD raises the limit for this call, 0 removes it."
            )

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
        session, builder = self._session, None
        output = None if as_json else TextOutput(self._environment, self._settings)
        try:
            with session.as_one_change():
                self._add_messages()
                async with aclosing(
                    exchange(session, client, self._environment, self._settings, is_chat=False)
                ) as events:
                    async for event in events:
                        if isinstance(event, Retrying):
                            self._report(describe_retry(event))
                        elif isinstance(event, Unanswered):
                            await self._print_unanswered(event.builder, as_json=as_json)
                        elif not isinstance(event, Delta):
                            builder = event.builder
                            if output is not None:  # the rest of the text comes before what is said about it
                                complete, output = output, None
                                await complete.close()
                            for note in event.notes:
                                self._report(note)
                        elif output is not None:
                            await output.write(event.text)
        except ApiError as error:
            self._advise(error)
            raise
        finally:
            if output is not None:
                await output.close()
        assert builder is not None
        if as_json:
            await self._print_json(builder.completion())
        return builder

    def _advise(self, error: ApiError) -> None:
        """Have an error say what is saved, and what in the list of messages caused it."""
        from grokchat.session.refusals import describe_cause

        is_saved = self._session.config.folder is not None
        if error.advice is PART_IS_KEPT and not is_saved:
            error.advice = Advice("Nothing of it is saved (--no-save).")
        error.add_advice(describe_cause(error, self._session.conversation, is_chat=False, is_saved=is_saved))

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
            await self._print_json(builder.completion())
            return
        if builder.reasoning:
            from grokchat.render.sanitize import visible

            self._report(f"{whose}'s reasoning:")
            text = visible(self._environment.redact(builder.reasoning)).removesuffix("\n")
            with suppress(OSError, ValueError):  # standard error may be closed
                self._environment.stderr.write(self._environment.encode(f"{text}\n"))
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


def load_renderer(environment: Environment) -> None:
    """Start to load what a terminal needs: that takes a tenth of a second, while the server prepares its answer."""
    if environment.stdout_is_tty:
        threading.Thread(target=importlib.import_module, args=("grokchat.cli.oneshot_tty",)).start()


class TextOutput:
    """The reply's text on standard output: unchanged into a pipe or file, rendered on a terminal."""

    def __init__(self, environment: Environment, settings: Settings) -> None:
        self._environment = environment
        self._settings = settings
        self._rendered: RenderedOutput | None = None
        self._writer = AsyncWriter(environment.stdout)
        self._last_character = "\n"
        load_renderer(environment)

    async def write(self, text: str) -> None:
        """Print text, on a terminal as soon as its block is complete."""
        if not text:
            return
        if not self._environment.stdout_is_tty:
            self._last_character = text[-1]
            await self._writer.write(text.encode("utf-8", "replace"))
            return
        if self._rendered is None:
            from grokchat.cli.oneshot_tty import RenderedOutput

            self._rendered = RenderedOutput(self._environment, self._settings)
        await self._rendered.write(text)

    async def close(self) -> None:
        """Print what is still held back, and a newline if the reply has no final newline."""
        if self._rendered is not None:
            await self._rendered.close()
        elif self._last_character != "\n":
            await self._writer.write(b"\n")

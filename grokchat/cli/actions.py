"""What the command line asks for besides a chat: a session written out, the list of sessions, the list of models.

Into a pipe or file goes the thing itself, byte for byte; on a terminal it is made visible and laid out.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from grokchat.api.catalog import Catalog, models_of
from grokchat.cli.progress_bar import Bar
from grokchat.commands.outcomes import Table
from grokchat.config import api_key
from grokchat.environment import Environment
from grokchat.errors import CommandError, FileError, InterruptedByUser, KeyMissingError, UsageError
from grokchat.export import FORMATS, export
from grokchat.invocation import Run
from grokchat.records import replace
from grokchat.render.sanitize import visible
from grokchat.render.style import TerminalStyle
from grokchat.session.session import timestamp
from grokchat.session.store import Library
from grokchat.session.summary import Summary
from grokchat.system.files import write_new_file
from grokchat.units import plural
from grokchat.views.documents import document_lines, request_body_lines
from grokchat.views.listings import model_table, search_table, session_row, session_table
from grokchat.views.table import table_lines

_NARROWEST = 20
_LONGEST_KEY = 4096


def export_session(run: Run) -> None:
    """Write the session that -r or -c names in the format that --export names; the session's file is only read."""
    arguments, form = run.arguments, run.arguments.export or ""
    if form not in FORMATS:
        raise UsageError(f"--export {form}: there is no such format. There are {', '.join(FORMATS)}.")
    if not arguments.newest and not arguments.resume:
        raise UsageError("--export writes a saved session out. Say which with -r SESSION, or -c for the newest.")
    library = run.library()
    reading = Library(replace(library.origin, folder=None), library.folder)
    data = export(form, run.session(reading).source())
    if arguments.output is not None:
        try:
            write_new_file(arguments.output, data)
        except CommandError as error:
            raise FileError(arguments.output, str(error).partition(": ")[2].rstrip(".")) from error
    elif not run.environment.stdout_is_tty:
        _write(run.environment, data)
    elif form == "request":
        _show(run.environment, request_body_lines(data, TerminalStyle("none", run.environment.encoding)))
    else:
        _show(run.environment, document_lines(data.decode("utf-8", "replace")))


def list_sessions(run: Run) -> None:
    """Print the saved sessions, newest first, or those in which all words of PROMPT occur; with --json as an array.

    On a terminal each is printed when it is found. Ctrl-C ends it with what was found by then.
    """
    words = (run.arguments.prompt or "").split()
    bar = Bar(run.environment, "searching" if words else "reading")
    library = run.library()
    found = library.search(words, bar.progress) if words else library.summaries(bar.progress)
    table = search_table if words else session_table
    all_found: list[Summary] = []
    prints_each = run.environment.stdout_is_tty and not run.arguments.json
    stopped = False
    try:
        for one in found:
            all_found.append(one)
            bar.found = len(all_found) if words else 0
            if prints_each:
                bar.clear()
                _table(run.environment, session_row(one), head=len(all_found) == 1)
    except KeyboardInterrupt:
        stopped = True
    bar.clear()
    if run.arguments.json:
        _write_json(run.environment, [_session(one) for one in all_found])
    elif not prints_each or (not all_found and not stopped):
        _table(run.environment, table(all_found))
    if stopped:
        progress = bar.progress
        raise InterruptedByUser(f"Stopped after {progress.done:,} of {plural(progress.total, 'session')}.")


def list_models(run: Run) -> None:
    """Print what the API says of its models; with --json its own objects."""
    catalog = asyncio.run(_models(run))
    if run.arguments.json:
        _write_json(run.environment, [one.raw for one in models_of(catalog)])
    else:
        _table(run.environment, model_table(catalog, run.settings.model))


def login(run: Run) -> None:
    """Store a key: typed where it is not shown, or the first line of what is piped in."""
    environment = run.environment
    if environment.stdin is not None and not environment.stdin_is_tty:
        typed = environment.stdin.readline(_LONGEST_KEY).decode("utf-8", "replace")
    else:
        from grokchat.terminal.channel import ask, open_channel

        typed = asyncio.run(ask(open_channel(environment), "API key (not shown; empty leaves): ", hidden=True)) or ""
    if len(typed) >= _LONGEST_KEY:
        raise KeyMissingError("What was given is too long for a key, so nothing was stored.")
    if not typed.strip():
        raise KeyMissingError("No key was given, so nothing was stored. Keys are made at https://console.x.ai.")
    where = api_key.store(api_key.make_secret(typed, "--login"), run.paths.key)
    _say(environment, f"The key is kept in {where}, where only you can read it.")


def logout(run: Run) -> None:
    """Forget the stored key."""
    places = api_key.forget(run.paths.key)
    _say(run.environment, f"The key was removed from {' and '.join(places)}." if places else "No key was stored.")
    if run.environment.get("XAI_API_KEY"):
        _say(run.environment, "XAI_API_KEY is still set in your environment.")


async def _models(run: Run) -> Catalog:
    client = run.connect(run.settings)
    try:
        return await client.models(run.settings)
    finally:
        await client.close()


def _session(one: Summary) -> Mapping[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "path": str(one.path),
        "created": one.created,
        "updated": timestamp(datetime.fromtimestamp(one.updated, UTC)),
        "messages": one.messages,
        "model": one.model,
        "first": one.first,
    }


def _table(environment: Environment, table: Table, *, head: bool = True) -> None:
    width = max(_NARROWEST, environment.columns()) if environment.stdout_is_tty else 1 << 20
    _show(environment, table_lines(table, width, TerminalStyle("none", environment.encoding), has_head=head))


def _show(environment: Environment, lines: list[str]) -> None:
    _write(environment, environment.encoded("".join(f"{line}\n" for line in lines)))


def _say(environment: Environment, text: str) -> None:
    _show(environment, [visible(text)])


def _write_json(environment: Environment, value: object) -> None:
    _write(environment, json.dumps(value, ensure_ascii=True, indent=2).encode() + b"\n")


def _write(environment: Environment, data: bytes) -> None:
    environment.stdout.write(data)
    environment.stdout.flush()

"""The actions of the command line: export, list the sessions or the models, store or delete the key.

A pipe or file gets the data itself, byte for byte; on a terminal control characters are made visible.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokchat.api.catalog import Catalog, unique_models
from grokchat.arguments import Arguments
from grokchat.cli.progress_bar import ProgressBar
from grokchat.cli.stdout import write_stdout
from grokchat.commands.outcomes import Table
from grokchat.config.key_store import delete_stored_key, store_key
from grokchat.config.secret import Secret, make_secret
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import CommandError, FileError, InterruptedByUser, KeyMissingError, UsageError, os_reason
from grokchat.export.formats import FORMATS, check_alternatives, export
from grokchat.invocation import Connect, run_loop
from grokchat.redaction import redact_values
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle
from grokchat.session.recorded_events import timestamp
from grokchat.session.session import Session
from grokchat.session.store import SessionStore
from grokchat.session.summary import Summary
from grokchat.system.files import write_new_file
from grokchat.system.streams import names_stdout, read_line, write_output
from grokchat.units import plural
from grokchat.views.documents import document_lines, request_body_lines
from grokchat.views.listings import SessionRows, model_table, plain_model_table, search_table, session_table

if TYPE_CHECKING:
    from grokchat.api.key_check import KeyCheck

_MIN_COLUMNS = 20
_MAX_KEY_BYTES = 4096


def check_export(arguments: Arguments) -> None:
    """Raise UsageError unless --export names a format and -r or -c a session."""
    if arguments.export is None or arguments.export not in FORMATS:
        raise UsageError(f"--export {arguments.export}: unknown format. The formats are {', '.join(FORMATS)}.")
    if arguments.alternatives:
        try:
            check_alternatives(arguments.export)
        except CommandError as error:
            raise UsageError(str(error)) from error
    if arguments.output is not None and not arguments.output.strip():
        raise UsageError("-O needs a file name, or - for standard output.")
    if not arguments.newest and not arguments.resume:
        raise UsageError("--export needs a session: -r SESSION, or -c for the newest.")


def export_session(environment: Environment, session: Session, arguments: Arguments) -> None:
    """Write the session in the format of --export to a new file or a stream, or to standard output (`-`)."""
    from grokchat.session.export_source import check_exportable, export_source

    export_format, output = arguments.export or "", arguments.output
    check_exportable(session, export_format)
    data = export(export_format, export_source(session, has_alternatives=arguments.alternatives))
    if output is not None and not names_stdout(output):
        try:
            if not write_output(output, data):
                write_new_file(output, data)
        except CommandError as error:
            raise FileError(output, str(error).partition(": ")[2].rstrip(".")) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileError(output, f"it cannot be written ({os_reason(error)})") from error
    elif not environment.stdout_is_tty:
        _write(environment, data)
    elif export_format == "request":
        _write_lines(environment, request_body_lines(data, TerminalStyle("none", environment.encoding)))
    else:
        _write_lines(environment, document_lines(data.decode("utf-8", "replace")))


def list_sessions(
    environment: Environment, store: SessionStore, words: Sequence[str], style: TerminalStyle, *, as_json: bool
) -> None:
    """Print the saved sessions, newest first, or those in which all words occur; `style` is the terminal's.

    On a terminal each row is printed as soon as it is found. Ctrl-C ends the list with the rows found so far.
    """
    bar = ProgressBar(environment, "searching" if words else "reading")
    walk = store.search(words, bar.progress) if words else store.summaries(bar.progress)
    summaries: list[Summary] = []
    rows = SessionRows(environment.now(), words=words)
    prints_each = environment.stdout_is_tty and not as_json
    is_stopped = False
    try:
        for summary in walk:
            summaries.append(summary)
            bar.matches = len(summaries) if words else 0
            if prints_each:
                bar.clear()
                _write_table(environment, rows.table([summary]), style, has_head=len(summaries) == 1)
    except KeyboardInterrupt:
        is_stopped = True
    bar.clear()
    if as_json:
        _write_json(environment, [_summary_json(summary) for summary in summaries])
    elif not prints_each or (not summaries and not is_stopped):
        _write_table(environment, search_table(summaries) if words else session_table(summaries), style)
    if is_stopped:
        progress = bar.progress
        raise InterruptedByUser(f"Stopped after {progress.done:,} of {plural(progress.total, 'session')}.")


async def load_models(connect: Connect, settings: Settings) -> Catalog:
    """Return the API's list of models; raises GrokchatError."""
    client = await connect(settings)
    try:
        return await client.models(settings)
    finally:
        await client.close()


def list_models(
    environment: Environment, catalog: Catalog, current_model: str, style: TerminalStyle, *, as_json: bool
) -> None:
    """Print the models as a table, or as the API's own objects; `style` is the terminal's."""
    if as_json:
        _write_json(environment, [model.raw for model in unique_models(catalog)])
    else:
        is_read = environment.stdout_is_tty
        _write_table(environment, model_table(catalog, current_model) if is_read else plain_model_table(catalog), style)


def login(
    environment: Environment, key_path: Path, check: Callable[[Secret], KeyCheck], report: Callable[[str], None]
) -> None:
    """Store a key: typed into a hidden prompt, or the first line of what is piped in.

    A key that `check` finds unusable is stored only if the user wants that, or cannot be asked. `report` writes a line
    to standard error.
    """
    is_typed = environment.stdin is None or environment.stdin_is_tty
    question = "API key (hidden; Enter alone quits): "
    typed = _ask(environment, question, hidden=True) if is_typed else _read_key(environment)
    if len(typed) >= _MAX_KEY_BYTES:
        raise KeyMissingError("That is too long for an API key. Nothing was stored.")
    environment.redactors.append(Secret(typed).redact)
    if not typed.strip():
        raise KeyMissingError("No key was entered. Nothing was stored. Create a key at https://console.x.ai.")
    secret = make_secret(typed, "--login")
    found = check(secret)
    if found.refusal and not _confirms_storing(environment, found.refusal, report):
        raise KeyMissingError("The key was not stored. Create one at https://console.x.ai.")
    place = store_key(secret, key_path)
    _write_line(environment, f"The key is kept in {place}, where only you can read it.")
    if found.unknown:
        _write_line(environment, f"The key was not checked: {found.unknown}.")


def _confirms_storing(environment: Environment, refusal: str, report: Callable[[str], None]) -> bool:
    """Return whether a key that the API refuses is to be stored: yes with a warning, if nobody can be asked."""
    if environment.stdin_is_tty or environment.stdout_is_tty:
        question = f"{refusal[:1].upper()}{refusal[1:]}. Store it anyway? [y/N] "
        with suppress(UsageError):  # there are no keys to read
            return _ask(environment, question).strip().lower() in {"y", "yes"}
    report(f"{refusal}; stored anyway, because there is no terminal to ask at")
    return True


def _read_key(environment: Environment) -> str:
    assert environment.stdin is not None
    try:
        return read_line(environment.stdin, _MAX_KEY_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise FileError("standard input", f"it cannot be read ({os_reason(error)})") from error


def _ask(environment: Environment, question: str, *, hidden: bool = False) -> str:
    """Return the answer to a question at the terminal; "" after Ctrl-D. Raises KeyboardInterrupt."""
    from grokchat.terminal.channel import ask_question, open_channel

    answer = ask_question(open_channel(environment), question, hidden=hidden, raises_interrupt=True)
    return run_loop(answer) or ""


def logout(environment: Environment, key_path: Path) -> None:
    """Delete the stored key."""
    places = delete_stored_key(key_path)
    _write_line(environment, f"The key was removed from {' and '.join(places)}." if places else "No key was stored.")
    if environment.get("XAI_API_KEY"):
        _write_line(environment, "XAI_API_KEY is still set in your environment.")


# -- standard output ---------------------------------------------------------------------------------------------------


def _summary_json(summary: Summary) -> Mapping[str, Any]:
    return {
        "id": summary.id,
        "name": summary.name,
        "path": str(summary.path),
        "created": summary.created,
        "updated": timestamp(datetime.fromtimestamp(summary.updated, UTC)),
        "messages": summary.messages,
        "model": summary.model,
        "first": summary.first,
        **({"due": summary.due} if summary.due else {}),
    }


def _write_table(environment: Environment, table: Table, style: TerminalStyle, *, has_head: bool = True) -> None:
    from grokchat.views.table import table_lines

    width = max(_MIN_COLUMNS, environment.columns()) if environment.stdout_is_tty else 1 << 20
    _write_lines(environment, table_lines(table.mapped(environment.redact), width, style, has_head=has_head))


def _write_line(environment: Environment, text: str) -> None:
    _write_lines(environment, [visible_line(environment.redact(text))])


def _write_lines(environment: Environment, lines: Sequence[str]) -> None:
    _write(environment, environment.encode("".join(f"{line}\n" for line in lines)))


def _write_json(environment: Environment, value: object) -> None:
    value = redact_values(value, environment.redact)
    _write(environment, json.dumps(value, ensure_ascii=True, indent=2).encode() + b"\n")


def _write(environment: Environment, data: bytes) -> None:
    write_stdout(environment.stdout, data)

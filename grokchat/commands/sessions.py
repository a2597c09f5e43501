"""Commands on sessions: /new, /resume, /sessions, /fork, /name, /save and /export."""

from __future__ import annotations

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import (
    ChooseSession,
    Document,
    ForkSession,
    ListSessions,
    Notice,
    OpenSession,
    Outcome,
)
from grokchat.commands.params import flag_param, text_param, word_param
from grokchat.errors import CommandError
from grokchat.export.formats import FORMATS, check_alternatives, export
from grokchat.session.session import Session
from grokchat.system.files import write_new_file


@command(
    "start a new session with the same settings; this one is saved",
    aliases=("clear",),
    examples=(
        ("/new", "start with an empty list"),
        ("/resume", "return to an earlier session"),
    ),
)
def new(session: Session) -> Outcome:
    """Open a new session; this one is unchanged."""
    return OpenSession(None)


@command(
    "open another session by path, id or name; without SESSION choose from a list",
    text_param("name", "[SESSION]", complete="sessions"),
    examples=(
        ("/resume", "choose from a list"),
        ("/resume release notes", "the session of this name"),
        ("/resume chat.jsonl", "a file"),
    ),
)
def resume(session: Session, name: str | None) -> Outcome:
    """Open the named session, or show the list to choose from."""
    return OpenSession(name.strip()) if name else ChooseSession()


@command(
    "continue in a copy of this session; the original stays unchanged",
    text_param("name", "[NAME]"),
    examples=(
        ("/fork", "try something else in a copy"),
        ("/fork second draft", "and name the copy"),
    ),
)
def fork(session: Session, name: str | None) -> Outcome:
    """Copy the session and continue in the copy."""
    return ForkSession((name or "").strip())


@command(
    "write the session to a file that /resume opens",
    text_param("path", "PATH", required=True, complete="paths"),
    is_immediate=True,
    examples=(
        ("/save chat.jsonl", "save a copy"),
        ("/resume chat.jsonl", "open it again"),
    ),
)
def save(session: Session, path: str) -> Outcome:
    """Write every event of the session to a new file; an existing file is not touched."""
    written = write_new_file(path, session.encode())
    session.copied_state_id = session.state_id
    return Notice(f"saved {len(session.conversation)} messages to {written}")


@command(
    "list the sessions, newest first, or those that contain all WORDS",
    text_param("words", "[WORDS]"),
    aliases=("find",),
    is_immediate=True,
    examples=(
        ("/sessions", "list all"),
        ("/sessions retry backoff", "those with both words"),
    ),
)
def sessions(session: Session, words: str | None) -> Outcome:
    """List the sessions or search them."""
    return ListSessions((words or "").strip())


@command(
    "name the session",
    text_param("new_name", "NAME", required=True),
    examples=(
        ("/name release notes", "name it"),
        ("/resume release notes", "open it by its name, later"),
    ),
)
def name(session: Session, new_name: str) -> Outcome:
    """Name the session; `--resume` accepts the name."""
    line = " ".join(new_name.split())
    session.rename(line)
    return Notice(f"named this session “{line}”")


@command(
    "export the conversation to a file, or show it: " + ", ".join(FORMATS),
    word_param("form", "FORMAT", required=True, complete="formats"),
    flag_param("alternatives", "[--alternatives]"),
    text_param("path", "[PATH]", complete="paths"),
    is_immediate=True,
    examples=(
        ("/export markdown", "show it as Markdown"),
        ("/export html --alternatives chat.html", "write a web page, with the replies that are not current"),
        ("/export curl request.sh", "write this very request as a script"),
    ),
)
def export_(session: Session, form: str, alternatives: bool | None, path: str | None) -> Outcome:
    """Write the export to a new file, or show it; `--alternatives` may follow the path too."""
    if form not in FORMATS:
        raise CommandError(f'unknown format "{form[:40]}" ({", ".join(FORMATS)})')
    name, space, last = (path or "").rstrip().rpartition(" ")
    if space and last == "--alternatives":
        alternatives, path = True, name.rstrip()
    if alternatives:
        check_alternatives(form)

    from grokchat.session.export_source import check_exportable, export_source

    check_exportable(session, form)
    data = export(form, export_source(session, has_alternatives=bool(alternatives)))
    if path is None:
        return Document(data.decode("utf-8", "replace"))
    written = write_new_file(path, data)
    session.copied_state_id = session.state_id
    return Notice(f"exported to {written} ({form}, {len(data):,} bytes)")


COMMANDS: tuple[Command, ...] = (new, resume, sessions, fork, name, save, export_)

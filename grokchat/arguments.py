"""The command line: its words to a value, and its help.

Only takes it apart; what it asks for is `cli`'s business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from grokchat.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser

HELP = """\
usage: grokchat [OPTIONS] [PROMPT ...]      A terminal chat with Grok.
Piped input is the first message. Output to a pipe or file is the reply's text.
  -m, --model ID          the model (default grok-4.7)
  -s, --system TEXT       a system message; again for more
  -r, --resume [SESSION]  go on with a session: path, id, name; or choose one
  -c, --continue          go on with the newest session
  -p, --print             one shot: print the reply and leave
      --json              one shot: print the API's answer as one JSON object
      --no-stream         ask for the complete reply in one piece
  -f, --file PATH         attach a text file or image; again for more
  -o, --option KEY=VALUE  a request parameter, as temperature=0.2
  -P, --profile NAME      use [profiles.NAME] of the config file
      --base-url URL      where the API is; --config PATH the config file
      --no-save           keep nothing on disk; --no-markdown plain text replies
      --list-models       print the models
      --list-sessions     print the sessions, or those in which all WORDS occur
      --export FORMAT     with -r or -c: the session as markdown, html, json,
                          request, curl, xai-sdk, ...; -O, --output PATH into it
      --demo              offline stand-in, no key; -o demo_fault=429, slow, ...
  -h, --help              this page; --version the version
The key is XAI_API_KEY; --login stores one, --logout forgets it. Inside: /help.
Exit: 0 done, 1 refused, 2 usage or key, 3 unreachable, broken, 4 file, 130 ^C.
"""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the command line says. `resume` is None if it was not given and "" if it had no value."""

    prompt: str | None = None
    model: str | None = None
    system: Sequence[str] = ()
    resume: str | None = None
    newest: bool = False
    one_shot: bool = False
    json: bool = False
    no_stream: bool = False
    files: Sequence[str] = ()
    options: Sequence[str] = ()
    profile: str | None = None
    base_url: str | None = None
    export: str | None = None
    output: str | None = None
    list_models: bool = False
    list_sessions: bool = False
    login: bool = False
    logout: bool = False
    config: str | None = None
    no_save: bool = False
    demo: bool = False
    no_markdown: bool = False
    help: bool = False
    version: bool = False


def parse(argv: Sequence[str]) -> Arguments:
    """Return what the words say; raises UsageError."""
    if not argv:
        return Arguments()
    before, rest = list(argv), []
    if "--" in before:
        # argparse treats `--` differently from version to version; here all behind the first one is PROMPT.
        at = before.index("--")
        before, rest = before[:at], before[at + 1 :]
    found = vars(_parser().parse_intermixed_args(before))
    words = [*found.pop("prompt"), *rest]
    values: dict[str, Any] = {key: value for key, value in found.items() if value is not None}
    arguments = Arguments(prompt=" ".join(words) if words else None, **values)
    if arguments.output is not None and arguments.export is None:
        raise UsageError("-O says where --export writes to. Give --export FORMAT with it.")
    if arguments.newest and arguments.resume is not None:
        raise UsageError("-r and -c both say which session to go on with. Give one of them.")
    return arguments


def _parser() -> ArgumentParser:
    from argparse import ArgumentParser

    class Parser(ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise UsageError(f"{message[:1].upper()}{message[1:]}. See grokchat --help.")

    parser = Parser(prog="grokchat", add_help=False, allow_abbrev=False)
    add = parser.add_argument
    add("prompt", nargs="*")
    add("-m", "--model")
    add("-s", "--system", action="append")
    add("-r", "--resume", nargs="?", const="")
    add("-c", "--continue", dest="newest", action="store_true")
    add("-p", "--print", dest="one_shot", action="store_true")
    add("--json", action="store_true")
    add("--no-stream", action="store_true")
    add("-f", "--file", dest="files", action="append")
    add("-o", "--option", dest="options", action="append")
    add("-P", "--profile")
    add("--base-url")
    add("--export")
    add("-O", "--output")
    add("--list-models", action="store_true")
    add("--list-sessions", action="store_true")
    add("--login", action="store_true")
    add("--logout", action="store_true")
    add("--config")
    add("--no-save", action="store_true")
    add("--demo", action="store_true")
    add("--no-markdown", action="store_true")
    add("-h", "--help", action="store_true")
    add("--version", action="store_true")
    return parser

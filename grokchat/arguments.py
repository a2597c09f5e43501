"""The command line: its declaration, its parser and its help. What it asks for is done in `cli`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from grokchat.errors import UsageError
from grokchat.records import record

if TYPE_CHECKING:
    from argparse import ArgumentParser

SHELLS = ("bash", "zsh", "fish")
"""Shells with a completion script."""

HELP = """\
usage: grokchat [OPTIONS] [PROMPT ...]      A terminal chat with Grok.
Piped input is the first message. Output to a pipe or file is the reply's text.
  -m, --model ID          the model (default grok-4.7)
  -s, --system TEXT       a system message; again for more
  -r, --resume [SESSION]  go on with a session: path, id, name; or choose one
  -c, --continue          go on with the newest session
  -p, --print             one shot: print the reply and leave
      --json              one shot: print the API's answer as one JSON object
      --schema FILE       one shot: a reply of the JSON Schema in this file
      --no-stream         reply in one piece; --max-cost USD asks before more
  -f, --file PATH         attach a text file or image; again for more
  -o, --option KEY=VALUE  a request parameter, as temperature=0.2 or stop=@FILE
  -P, --profile NAME      use [profiles.NAME] of the config file
      --base-url URL      where the API is; --config PATH the config file
      --no-save           keep nothing on disk; --no-markdown plain text replies
      --list-models       print the models; --list-sessions [WORDS] the sessions
      --export FORMAT     with -r or -c: the session as markdown, html, json,
                          request, curl, xai-sdk, ...; -O, --output PATH into it
      --demo              offline stand-in, no key; -o demo_fault=429, slow, ...
  -h, --help              this page; --version, --man, --completion SHELL
The key is XAI_API_KEY; --login stores one, --logout forgets it. Inside: /help.
Exit: 0 done, 1 refused, 2 usage or key, 3 unreachable, broken, 4 file, 130 ^C.
"""


@record
class Arguments:
    """The parsed command line. `resume` is None without -r, and "" for -r without a session."""

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
    schema: str | None = None
    profile: str | None = None
    base_url: str | None = None
    max_cost: str | None = None
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
    man: bool = False
    completion: str | None = None


def parse_arguments(argv: Sequence[str]) -> Arguments:
    """Parse the command line; raises UsageError."""
    if not argv:
        return Arguments()
    options, rest = list(argv), []
    if "--" in options:
        # argparse treats `--` differently from version to version; here everything after the first one is PROMPT.
        position = options.index("--")
        options, rest = options[:position], options[position + 1 :]
    namespace = vars(make_parser().parse_intermixed_args(options))
    words = [*namespace.pop("prompt"), *rest]
    values: dict[str, Any] = {key: value for key, value in namespace.items() if value is not None}
    arguments = Arguments(prompt=" ".join(words) if words else None, **values)
    if arguments.output is not None and arguments.export is None:
        raise UsageError("-O says where --export writes to. Give --export FORMAT with it.")
    if arguments.newest and arguments.resume is not None:
        raise UsageError("-r and -c both say which session to go on with. Give one of them.")
    return arguments


def make_parser() -> ArgumentParser:
    """Return the declaration of the command line; completion scripts and manual page are generated from it too."""
    from argparse import ArgumentParser, HelpFormatter
    from functools import partial

    class Parser(ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise UsageError(f"{message[:1].upper()}{message[1:]}. See grokchat --help.")

    parser = Parser(
        prog="grokchat",
        usage="grokchat",  # HELP has it; argparse would compute it for every call
        add_help=False,
        allow_abbrev=False,
        formatter_class=partial(HelpFormatter, width=80),  # without a width it imports shutil to get one
    )
    add = parser.add_argument
    add("prompt", nargs="*", metavar="PROMPT")
    add("-m", "--model", metavar="ID", help="the model (default grok-4.7)")
    add("-s", "--system", metavar="TEXT", action="append", help="a system message; again for more")
    add(
        *("-r", "--resume"),
        metavar="SESSION",
        nargs="?",
        const="",
        help="go on with a session: path, id, name; or choose one",
    )
    add("-c", "--continue", dest="newest", action="store_true", help="go on with the newest session")
    add("-p", "--print", dest="one_shot", action="store_true", help="one shot: print the reply and leave")
    add("--json", action="store_true", help="one shot: print the API's answer as one JSON object")
    add("--no-stream", action="store_true", help="reply in one piece")
    add(
        "-f",
        "--file",
        metavar="PATH",
        dest="files",
        action="append",
        help="attach a text file or image; again for more",
    )
    add(
        *("-o", "--option"),
        metavar="KEY=VALUE",
        dest="options",
        action="append",
        help="a request parameter, as temperature=0.2 or stop=@FILE",
    )
    add("--schema", metavar="FILE", help="one shot: a reply of the JSON Schema in this file")
    add("-P", "--profile", metavar="NAME", help="use [profiles.NAME] of the config file")
    add("--base-url", metavar="URL", help="where the API is")
    add("--max-cost", metavar="USD", help="ask before a session costs more; one shots refuse, 0 is no limit")
    add("--export", metavar="FORMAT", help="with -r or -c: write the session out in this format")
    add("-O", "--output", metavar="PATH", help="the file that --export writes")
    add("--list-models", action="store_true", help="print the models")
    add("--list-sessions", action="store_true", help="print the saved sessions")
    add("--login", action="store_true", help="store the API key")
    add("--logout", action="store_true", help="forget the stored API key")
    add("--config", metavar="PATH", help="the config file")
    add("--no-save", action="store_true", help="keep nothing on disk")
    add("--demo", action="store_true", help="offline stand-in, no key")
    add("--no-markdown", action="store_true", help="plain text replies")
    add("-h", "--help", action="store_true", help="a page on the options")
    add("--version", action="store_true", help="print the version")
    add("--man", action="store_true", help="print the manual page, as roff")
    add("--completion", metavar="SHELL", choices=SHELLS, help="print the completion script for bash, zsh or fish")
    return parser

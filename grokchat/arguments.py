"""The parsed command line. `command_line_options` declares the options; what they ask for is done in `cli`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from grokchat.errors import UsageError
from grokchat.records import record

if TYPE_CHECKING:
    from argparse import ArgumentParser


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
    search: bool = False
    schema: str | None = None
    profile: str | None = None
    base_url: str | None = None
    max_cost: str | None = None
    export: str | None = None
    output: str | None = None
    alternatives: bool = False
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
    parsed, unknown = make_parser().parse_known_intermixed_args(options)
    if unknown:
        from grokchat.option_names import describe_unknown_option

        raise UsageError(describe_unknown_option(unknown, options))
    namespace = vars(parsed)
    words = [*namespace.pop("prompt"), *rest]
    values: dict[str, Any] = {key: value for key, value in namespace.items() if value is not None}
    arguments = Arguments(prompt=" ".join(words) if words else None, **values)
    if arguments.output is not None and arguments.export is None:
        raise UsageError("-O says where --export writes to. Give --export FORMAT with it.")
    if arguments.alternatives and arguments.export is None:
        raise UsageError("--alternatives says what --export writes. Give --export markdown or html with it.")
    if arguments.completion is not None:
        from grokchat.command_line_options import SHELLS

        if arguments.completion not in SHELLS:
            raise UsageError(f"--completion must be {', '.join(SHELLS[:-1])} or {SHELLS[-1]}.")
    if arguments.newest and arguments.resume is not None:
        raise UsageError("-r and -c both choose a session. Use one of them.")
    return arguments


def make_parser() -> ArgumentParser:
    """Return the parser of the command line."""
    from argparse import ArgumentParser, HelpFormatter
    from functools import partial

    from grokchat.command_line_options import OPTIONS

    class Parser(ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise UsageError(_describe_problem(message))

    parser = Parser(
        prog="grokchat",
        usage="grokchat",  # argparse would compute it for every call
        add_help=False,
        allow_abbrev=False,
        formatter_class=partial(HelpFormatter, width=80),  # without a width it imports shutil to get one
    )
    parser.add_argument("prompt", nargs="*")
    for option in OPTIONS:
        if not option.value:
            parser.add_argument(*option.names, dest=option.field, action="store_true")
        elif option.value.startswith("["):
            parser.add_argument(*option.names, dest=option.field, nargs="?", const="")
        else:
            action = "append" if option.is_repeatable else "store"
            parser.add_argument(*option.names, dest=option.field, action=action)
    return parser


def _describe_problem(message: str) -> str:
    """Return argparse's message on an option in our words."""
    from grokchat.command_line_options import OPTIONS

    names, _, problem = message.removeprefix("argument ").partition(": ")
    option = next((option for option in OPTIONS if "/".join(option.names) == names), None)
    if option is None:
        return f"{message[:1].upper()}{message[1:]}. See grokchat --help."
    if option.value and problem.startswith("expected"):
        return f"{option.names[-1]} needs a value: {option.usage}."
    if option.field == "search":
        return "--search takes no value: it searches the web and X. In the chat, /search web or /search x selects one."
    return f"{option.names[-1]} takes no value."

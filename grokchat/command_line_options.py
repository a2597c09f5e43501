"""The options of the command line, from which the parser, --help, the manual page and completion scripts are made."""

from __future__ import annotations

from grokchat.records import record

SHELLS = ("bash", "zsh", "fish")
"""Shells with a completion script."""


@record
class Option:
    """An option: its names, the form of its value ("" for none, in brackets if it may be left out), and its meaning.

    `field` is the one of `Arguments` that it sets; a repeatable option adds to it.
    """

    names: tuple[str, ...]
    value: str
    field: str
    help: str
    is_repeatable: bool = False

    @property
    def usage(self) -> str:
        """The option's form: `-m, --model ID`."""
        return f"{', '.join(self.names)} {self.value}".rstrip()


OPTION_GROUPS: dict[str, tuple[Option, ...]] = {
    "Ask": (
        Option(("-m", "--model"), "ID", "model", "the model (default grok-4.7); -p -m A,B asks both"),
        Option(
            ("-s", "--system"),
            "TEXT",
            "system",
            "a system message; @NAME: a saved prompt (repeatable)",
            is_repeatable=True,
        ),
        Option(
            ("-f", "--file"),
            "PATH",
            "files",
            "attach a text file or image; - is stdin (repeatable)",
            is_repeatable=True,
        ),
        Option(
            ("-o", "--option"),
            "KEY=VALUE",
            "options",
            "a request parameter: temperature=0.2, stop=@FILE",
            is_repeatable=True,
        ),
        Option(("--search",), "", "search", "let the model search the web and X, for this run"),
        Option(("--schema",), "FILE", "schema", "ask for JSON of the JSON Schema in FILE"),
        Option(("--no-stream",), "", "no_stream", "ask for the reply in one piece"),
        Option(("--max-cost",), "USD", "max_cost", "limit a session's cost: chats ask, one shots refuse"),
    ),
    "Output": (
        Option(("-p", "--print"), "", "one_shot", "print one reply and exit, also on a terminal"),
        Option(("--json",), "", "json", "print the API's response as one JSON object"),
        Option(("--no-markdown",), "", "no_markdown", "show replies as plain text"),
    ),
    "Sessions": (
        Option(("-c", "--continue"), "", "newest", "continue the newest session"),
        Option(("-r", "--resume"), "[SESSION]", "resume", "resume a session by id, name or path, or choose one"),
        Option(("--no-save",), "", "no_save", "keep nothing on disk"),
        Option(("--list-sessions",), "", "list_sessions", "list the sessions, or those with all words of PROMPT"),
        Option(("--export",), "FORMAT", "export", "write the session of -r or -c in this format"),
        Option(("-O", "--output"), "PATH", "output", "the file that --export writes (default: stdout)"),
        Option(("--alternatives",), "", "alternatives", "export all replies of each place (markdown, html)"),
    ),
    "API and settings": (
        Option(("--login",), "", "login", "store an API key"),
        Option(("--logout",), "", "logout", "forget the stored API key"),
        Option(("--list-models",), "", "list_models", "list the models"),
        Option(("--demo",), "", "demo", "use an offline stand-in for the API: no key needed"),
        Option(("-P", "--profile"), "NAME", "profile", "use [profiles.NAME] of the config file"),
        Option(("--config",), "PATH", "config", "use this config file"),
        Option(("--base-url",), "URL", "base_url", "use the API at this address"),
    ),
    "Help": (
        Option(("-h", "--help"), "", "help", "show this help"),
        Option(("--version",), "", "version", "print the version"),
        Option(("--man",), "", "man", "print the manual page: grokchat --man | man -l -"),
        Option(("--completion",), "SHELL", "completion", "print the completion script for bash, zsh or fish"),
    ),
}
"""The options by purpose, in the order of --help."""

OPTIONS = tuple(option for group in OPTION_GROUPS.values() for option in group)

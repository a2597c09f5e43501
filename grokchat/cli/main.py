"""Composition: arguments, settings and key to one of the two ways to run, and errors to exit codes.

The one place that catches everything: a bug becomes a paragraph, and with GROKCHAT_DEBUG=1 a traceback. What the first
prompt does not need is imported by whoever needs it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from grokchat import __version__
from grokchat.arguments import HELP, Arguments, parse
from grokchat.config import files as config_files
from grokchat.config.api_key import KeySource, Secret
from grokchat.config.settings import Layer, parse_parameter, parse_setting, resolve_settings, validate_setting
from grokchat.environment import Environment
from grokchat.errors import GrokchatError, InterruptedByUser, UsageError
from grokchat.invocation import DEMO, Run, run_loop
from grokchat.render.sanitize import visible, visible_line
from grokchat.render.style import is_dumb


def main(environment: Environment) -> int:
    """Run the program in a world and return its exit code."""
    try:
        return _run(environment)
    except GrokchatError as error:
        _tell(environment, str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return InterruptedByUser.exit_code
    except BrokenPipeError:
        # Whoever reads has gone. Python would complain when it flushes standard output at the end.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), environment.stdout.fileno())
        return 4
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # Python 3.11 wraps what is raised in a `__set_name__`
            return InterruptedByUser.exit_code
        if environment.debug:
            import traceback

            _complain(environment, visible(_redacted(environment, traceback.format_exc())))
        else:
            text = _redacted(environment, f"{type(error).__name__}: {error}")
            _tell(environment, f"This is a bug in grokchat ({text}). GROKCHAT_DEBUG=1 shows where; please report it.")
        return 1


def _redacted(environment: Environment, text: str) -> str:
    for redact in (Secret(environment.get("XAI_API_KEY")).redact, *environment.secrets):
        text = redact(text)
    return text


def _run(environment: Environment) -> int:
    arguments = parse(environment.argv)
    if arguments.help or arguments.version:
        _print(environment, HELP if arguments.help else f"grokchat {__version__}\n")
        return 0
    if arguments.man or arguments.completion is not None:
        from grokchat.cli import man_page, shell_completion

        _print(environment, man_page.page() if arguments.man else shell_completion.script(arguments.completion or ""))
        return 0
    is_errand = arguments.export is not None or any(
        (arguments.list_models, arguments.list_sessions, arguments.login, arguments.logout)
    )
    is_one_shot = is_errand or arguments.one_shot or arguments.json or not environment.stdout_is_tty
    below = config_files.load_layers(environment, config=arguments.config, profile=arguments.profile)
    above = _layer(arguments)
    settings = resolve_settings([*below, above])
    if arguments.resume == "" and (is_one_shot or is_dumb(environment.variables) or settings.screen_reader):
        raise UsageError(
            "-r without a session shows a list to choose from, and that needs a terminal. Name one, or say -c."
        )
    if not arguments.demo and any(key.startswith(DEMO) for key in settings.params):
        raise UsageError("The demo_ parameters are for --demo; the API does not know them.")
    paths = config_files.locate_paths(environment)
    key = KeySource(
        environment,
        settings.api_key_command,
        paths.key,
        demo=arguments.demo,
        tell=lambda text: _tell(environment, text),
    )
    if is_errand:
        return _errand(Run(environment, arguments, paths, below, above, settings, key, ()))
    opening: Sequence[Mapping[str, Any]] = ()
    if arguments.prompt or arguments.files or arguments.system or not environment.stdin_is_tty:
        from grokchat.cli.input import gather

        opening = gather(environment, arguments, tell=lambda text: _tell(environment, text))
    run = Run(environment, arguments, paths, below, above, settings, key, opening)
    if not is_one_shot:
        from grokchat.chat.app import chat

        return chat(run)
    if not any(body["role"] == "user" for body in run.opening):
        raise UsageError("There is nothing to send. Give a PROMPT, pipe a text in, or attach a file with -f.")
    key.require()
    trusted = None
    if settings.base_url.startswith("https:") and not arguments.demo and environment.transport is None:
        from grokchat.api.tls import CertificatesInAdvance

        trusted = CertificatesInAdvance(environment.variables)
    from grokchat.cli.oneshot import one_shot

    run_loop(one_shot(run, trusted, tell=lambda text: _tell(environment, text)))
    return 0


def _errand(run: Run) -> int:
    """Do what is no chat. Standard input is not read for it."""
    from grokchat.cli import actions

    arguments = run.arguments
    if (arguments.prompt and not arguments.list_sessions) or arguments.files or arguments.system:
        raise UsageError("--export, the lists, --login and --logout send nothing. Leave PROMPT, -s and -f out.")
    if arguments.export is not None:
        actions.export_session(run)
    elif arguments.list_sessions:
        actions.list_sessions(run)
    elif arguments.login:
        actions.login(run)
    elif arguments.logout:
        actions.logout(run)
    else:
        run.key.require()
        actions.list_models(run)
    return 0


def _layer(arguments: Arguments) -> Layer:
    """Return what the command line sets."""
    values: dict[str, Any] = {}
    if arguments.model is not None:
        values["model"] = validate_setting("model", arguments.model, "--model")
    if arguments.base_url is not None:
        values["base_url"] = validate_setting("base_url", arguments.base_url, "--base-url")
    if arguments.max_cost is not None:
        values["max_cost"] = parse_setting("max_cost", arguments.max_cost, "--max-cost")
    for given, key in (
        (arguments.no_stream, "stream"),
        (arguments.no_markdown, "markdown"),
        (arguments.no_save, "save"),
    ):
        if given:
            values[key] = False
    return Layer("command line", values, dict(parse_parameter(option, "--option") for option in arguments.options))


def _tell(environment: Environment, text: str) -> None:
    """Write a line to standard error: one, whatever it quotes, so that no name of a file can begin another one."""
    _complain(environment, visible_line(text))


def _complain(environment: Environment, shown: str) -> None:
    """Write visible text to standard error in the terminal's encoding; nobody may be there to read it.

    In UTF-8 the marks that stand for codes hold bytes that are codes to a terminal of another encoding.
    """
    with suppress(OSError, ValueError):
        environment.stderr.write(environment.encoded(f"grokchat: {shown}\n"))
        environment.stderr.flush()


def _print(environment: Environment, text: str) -> None:
    environment.stdout.write(text.encode(environment.encoding, "replace"))
    environment.stdout.flush()

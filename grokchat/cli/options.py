"""The options that are settings and request parameters: as a layer of settings, with a word on what looks mistyped.

A parameter's value, and the JSON Schema of a reply, may be in a file or stream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from grokchat.arguments import Arguments
from grokchat.config.settings import Layer
from grokchat.environment import Environment
from grokchat.errors import ConfigError, FileError, UsageError
from grokchat.records import replace

if TYPE_CHECKING:
    from grokchat.cli.schema import Schema


def command_line_layer(environment: Environment, arguments: Arguments, *, report: Callable[[str], None]) -> Layer:
    """Return the settings and request parameters that the options set; raises ConfigError, FileError and UsageError."""
    switched_off = {"stream": arguments.no_stream, "markdown": arguments.no_markdown, "save": arguments.no_save}
    values: dict[str, Any] = {key: False for key, is_off in switched_off.items() if is_off}
    if arguments.search:
        values["search"] = "all"
    params: dict[str, Any] = {}
    if arguments.options or not {arguments.model, arguments.base_url, arguments.max_cost} <= {None}:
        from grokchat.config.validation import parse_setting

        texts = {"model": arguments.model, "base_url": arguments.base_url, "max_cost": arguments.max_cost}
        for key, text in texts.items():
            if text is not None:
                values[key] = parse_setting(key, text, f"--{key.replace('_', '-')}")
        if any("@" in option for option in arguments.options):
            _check_stdin(arguments)
        for option in arguments.options:
            name, value = _read_parameter(environment, option, report)
            params[name] = value
        if arguments.schema is not None and "response_format" in params:
            raise UsageError("--schema and -o response_format both set the reply's format. Use one of them.")
    return Layer("command line", values, params)


def split_models(arguments: Arguments) -> tuple[Arguments, Sequence[str]]:
    """Return the arguments with the first of several models alone, and all of them; raises ConfigError."""
    if arguments.model is None or "," not in arguments.model:
        return arguments, ()
    from grokchat.config.validation import parse_models

    models = parse_models(arguments.model, "--model")
    return replace(arguments, model=models[0]), models


def report_slips(layers: Sequence[Layer], *, report: Callable[[str], None]) -> None:
    """Report the request parameters of the config file that were probably mistyped."""
    for layer in layers:
        for key, value in layer.params.items():
            from grokchat.config.parameters import describe_slip

            if slip := describe_slip(key, value):
                report(f"{layer.origin}: params.{key}: {slip}")


def read_schema(environment: Environment, arguments: Arguments, *, report: Callable[[str], None]) -> Schema | None:
    """Return the JSON Schema that --schema names, if it is given; raises FileError and UsageError."""
    if arguments.schema is None:
        return None
    from grokchat.cli.schema import parse_schema

    _check_stdin(arguments)
    return parse_schema(_read_text(environment, arguments.schema, report), arguments.schema)


def _check_stdin(arguments: Arguments) -> None:
    """Raise UsageError if two options read standard input, before one of them waits for it."""
    from grokchat.cli.input import find_stdin_option

    find_stdin_option(arguments)


def _read_parameter(environment: Environment, option: str, report: Callable[[str], None]) -> tuple[str, Any]:
    """Return the name and value of -o KEY=VALUE, KEY=@PATH or KEY=@@TEXT; raises ConfigError and FileError."""
    from grokchat.cli.input import value_path
    from grokchat.config.parameters import describe_slip
    from grokchat.config.validation import parse_json_or_text, split_parameter

    key, text = split_parameter(option, "--option")
    path = value_path(text)
    text = text.removeprefix("@") if path is None else _read_value(environment, key, path, report)
    value = parse_json_or_text(text)
    if slip := describe_slip(key, value, text=text):
        report(f"-o {key}: {slip}")
    return key, value


def _read_value(environment: Environment, key: str, name: str, report: Callable[[str], None]) -> str:
    if not name:
        raise ConfigError(
            "--option", key, problem="has @ without a path", advice=f"Write {key}=@PATH, or {key}=@@ for the text @."
        )
    try:
        return _read_text(environment, name, report)
    except FileError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        advice = f"For the text @{name}, write {key}=@@{name}."
        raise FileError(error.path, error.reason, advice) from error


def _read_text(environment: Environment, name: str, report: Callable[[str], None]) -> str:
    """Return the text of a file or stream, `-` is standard input, without a byte order mark; raises FileError."""
    from grokchat.attachments.text_encoding import decode_text, too_large_error
    from grokchat.cli.input import read_named
    from grokchat.messages import MAX_REQUEST_BYTES

    data = read_named(environment, name, MAX_REQUEST_BYTES + 1)
    if len(data) > MAX_REQUEST_BYTES:
        raise too_large_error(name, MAX_REQUEST_BYTES)
    text, note = decode_text(data, name)
    if note:
        report(f"{name}: {note}")
    return text.removeprefix("\ufeff")

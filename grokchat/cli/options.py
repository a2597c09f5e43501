"""The options that are settings and request parameters: as a layer of settings, with a word on what looks mistyped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from grokchat.arguments import Arguments
from grokchat.config.settings import Layer


def command_line_layer(arguments: Arguments, *, report: Callable[[str], None]) -> Layer:
    """Return the settings and request parameters that the options set; raises ConfigError."""
    switched_off = {"stream": arguments.no_stream, "markdown": arguments.no_markdown, "save": arguments.no_save}
    values: dict[str, Any] = {key: False for key, is_off in switched_off.items() if is_off}
    params: dict[str, Any] = {}
    if arguments.options or not {arguments.model, arguments.base_url, arguments.max_cost} <= {None}:
        from grokchat.config.validation import parse_setting, validate_setting

        if arguments.model is not None:
            values["model"] = validate_setting("model", arguments.model, "--model")
        if arguments.base_url is not None:
            values["base_url"] = validate_setting("base_url", arguments.base_url, "--base-url")
        if arguments.max_cost is not None:
            values["max_cost"] = parse_setting("max_cost", arguments.max_cost, "--max-cost")
        for option in arguments.options:
            key, value = _parse_option(option, report)
            params[key] = value
    return Layer("command line", values, params)


def report_slips(layers: Sequence[Layer], *, report: Callable[[str], None]) -> None:
    """Report the request parameters of the config file that were probably mistyped."""
    for layer in layers:
        for key, value in layer.params.items():
            from grokchat.config.parameters import describe_slip

            if slip := describe_slip(key, value):
                report(f"{layer.origin}: params.{key}: {slip}")


def _parse_option(option: str, report: Callable[[str], None]) -> tuple[str, Any]:
    """Return the name and value of -o KEY=VALUE."""
    from grokchat.config.parameters import describe_slip
    from grokchat.config.validation import parse_json_or_text, split_parameter

    key, text = split_parameter(option, "--option")
    value = parse_json_or_text(text)
    if slip := describe_slip(key, value, text=text):
        report(f"-o {key}: {slip}")
    return key, value

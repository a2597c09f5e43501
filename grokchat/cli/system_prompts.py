"""Saved prompts on the command line: `-s '@NAME KEY=VALUE ...'`, as behind /use; `@@` begins a text with `@`.

What their front matter sets ranks below the other options, and is saved with the session as these are. Values that are
missing are asked for in the chat; a one shot refuses.
"""

from __future__ import annotations

from typing import NoReturn

from grokchat.cli.input import check_encoding
from grokchat.config.settings import Layer, resolve_settings
from grokchat.errors import CommandError, UsageError
from grokchat.invocation import Invocation
from grokchat.prompts.files import load_prompt
from grokchat.prompts.saved_prompt import MAX_LISTED_KEYS, CommandLinePrompts, PromptUse, list_keys, use_prompt
from grokchat.prompts.words import parse_words
from grokchat.records import replace

_LITERAL = "A text that begins with @ is written -s '@@...'."


def with_prompts(invocation: Invocation, *, may_ask: bool) -> Invocation:
    """Return the invocation with the texts of the saved prompts that -s names, and their settings.

    Raises CommandError, ConfigError, FileError and UsageError.
    """
    texts: list[str] = []
    unfilled: dict[int, PromptUse] = {}
    prompts: list[Layer] = []
    for argument in filter(None, invocation.arguments.system):
        check_encoding(argument)
        if not argument.startswith("@") or argument.startswith("@@"):
            texts.append(argument.removeprefix("@"))
            continue
        wanted = _use(invocation, argument)
        prompts.append(wanted.prompt.settings)
        if wanted.missing and not may_ask:
            _refuse_missing(wanted)
        if wanted.missing:
            unfilled[len(texts)] = wanted
        texts.append(wanted.prompt.text if wanted.missing else wanted.text)
    own = invocation.command_line
    layer = Layer(
        "saved prompt",
        {key: value for prompt in prompts for key, value in prompt.values.items() if key not in own.values},
        {key: value for prompt in prompts for key, value in prompt.params.items() if key not in own.params},
        search_options={key: value for prompt in prompts for key, value in prompt.search_options.items()},
    )
    return replace(
        invocation,
        arguments=replace(invocation.arguments, system=texts),
        settings=resolve_settings([*invocation.layers, layer, own]),
        prompts=CommandLinePrompts(unfilled, layer),
    )


def _use(invocation: Invocation, argument: str) -> PromptUse:
    """Return the saved prompt that an argument names, with its values."""
    paths = invocation.paths
    if paths.problem:
        raise UsageError(f"{paths.problem}. Set GROKCHAT_HOME to the directory with prompts/NAME.md. {_LITERAL}")
    if not argument[1:].strip():
        raise UsageError(f"-s @ needs the name of a saved prompt: -s @NAME. {_LITERAL}")
    try:
        words = parse_words(argument[1:])
        prompt = load_prompt(paths.prompts, words.name)
    except CommandError as error:
        raise UsageError(f"-s: {error.shell_text} {_LITERAL}") from error
    return use_prompt(prompt, words.values)


def _refuse_missing(wanted: PromptUse) -> NoReturn:
    form = " ".join(f"{key}=VALUE" for key in wanted.missing[:MAX_LISTED_KEYS])
    name = wanted.prompt.name if " " not in wanted.prompt.name else f'"{wanted.prompt.name}"'
    needs = f"The prompt {wanted.prompt.name} needs {list_keys(wanted.missing)}."
    raise UsageError(f"{needs} Give values after the name: -s '@{name} {form}'.")

"""The first start without an API key: asks for a key and whether to store it, and offers the demo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from grokchat.config.api_key import KeySource
from grokchat.config.key_store import store_key
from grokchat.config.secret import demo_secret, is_xai_key, make_secret
from grokchat.errors import FileError, InterruptedByUser, KeyMissingError
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle
from grokchat.views.notices import notice_lines

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    Channel = tuple[Input, Output]

_WELCOME = (
    "No API key found. Create one at https://console.x.ai and paste it here, or type demo for made-up replies.",
    "Or set XAI_API_KEY, or set api_key_command in {config} to a command that prints the key.",
)
_KEY_PROMPT = "API key (hidden; Enter alone quits): "


async def set_up_key(key: KeySource, config_path: Path, channel: Channel, style: TerminalStyle) -> bool:
    """Ask for a key and pass it to `key`; return whether the user chose the demo. Raises KeyMissingError."""
    _print_paragraphs(channel, style, *_WELCOME, config=str(config_path))
    while True:
        typed = (await _ask(channel, _KEY_PROMPT, hidden=True) or "").strip()
        if not typed:
            raise KeyMissingError("No API key given. Store one with grokchat --login, or try grokchat --demo.")
        if typed.lower() == "demo":
            key.use(demo_secret())
            return True
        key.redact(typed)
        try:
            secret = make_secret(typed, "the prompt")
        except KeyMissingError as error:
            _print_paragraphs(channel, style, str(error))
            continue
        if not is_xai_key(secret) and not await _confirm(channel, "xAI keys begin with xai-. Use this one anyway?"):
            continue
        key.use(secret)
        place = visible_line(str(key.path))
        if await _confirm(channel, f"Save it for next time? ({place}, readable only by you)", is_default=True):
            try:
                _print_paragraphs(
                    channel, style, f"Saved in {store_key(secret, key.path)}; grokchat --logout deletes it."
                )
            except FileError as error:
                _print_paragraphs(channel, style, f"{error} It is used in this session only.")
        return False


async def _confirm(channel: Channel, question: str, *, is_default: bool = False) -> bool:
    """Return whether the user agrees; Enter alone gives the default."""
    answer = await _ask(channel, f"{question} {'[Y/n]' if is_default else '[y/N]'} ", hidden=False)
    if answer is None:
        raise InterruptedByUser("No key was saved.")
    return answer.strip().lower() in {"y", "yes", *([""] if is_default else [])}


async def _ask(channel: Channel, question: str, *, hidden: bool) -> str | None:
    from grokchat.terminal.channel import ask_question

    return await ask_question(channel, question, hidden=hidden)


def _print_paragraphs(channel: Channel, style: TerminalStyle, *texts: str, **names: str) -> None:
    """Print paragraphs, wrapped at the window's width, and an empty line."""
    output = channel[1]
    width = output.get_size().columns
    shown = [visible_line(text.format(**names) if names else text) for text in texts]
    lines = [line for text in shown for line in notice_lines(text, width, style)]
    output.write_raw("".join(f"{line}\r\n" for line in (*lines, "")))
    output.flush()

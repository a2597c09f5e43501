"""The settings: names, types, defaults and descriptions, and the layers that the effective ones are resolved from.

The fields of `Settings` are the only declaration for the config file, the environment, `/set` and
`config.example.toml`. A layer has the origin of its values; later layers win. Pure: `config.files` reads the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from grokchat.config.search_options import SCOPES, merge_options, option_name
from grokchat.errors import UnknownKeyError
from grokchat.records import Field, field, fields, record

RESERVED_FIELDS = {
    "messages": "It is the session's own message list.",
    "model": "Use -m or /model.",
    "stream": "Use --no-stream, or /set stream false.",
}
"""Fields of a request's body that cannot be set as request parameters, and what to use instead, as a sentence."""

_CHOICES = {
    "search": tuple(SCOPES),
    "show_reasoning": ("short", "full", "off"),
    "theme": ("auto", "dark", "light"),
    "edit_mode": ("emacs", "vi"),
    "notify": ("auto", "bell", "off"),
    "leak_guard": ("chat", "always", "off"),
}


def _setting(default: Any, description: str, *, allowed: str = "", in_session: bool = False) -> Any:
    """Declare a setting: its description, its allowed values, and whether a session can have its own value."""
    return field(default=default, metadata={"description": description, "allowed": allowed, "in_session": in_session})


@record
class Settings:
    """The effective settings."""

    model: str = _setting("grok-4.7", "the model that replies", in_session=True)
    base_url: str = _setting(
        "https://api.x.ai/v1",
        "the API's address; the key is sent to this host only",
        allowed="an https:// URL, or http:// to this machine (localhost, 127.x.x.x, [::1])",
    )
    api_key_command: str = _setting("", "a command that prints the API key, run if XAI_API_KEY is not set")
    system: str = _setting("", "a system message that every new session begins with")
    stream: bool = _setting(True, "show replies while they arrive", in_session=True)
    search: str = _setting(
        "off",
        "what the model may search for its replies: the web, X, or both",
        allowed='"off", "web", "x" or "all"',
        in_session=True,
    )
    markdown: bool = _setting(True, "render Markdown in replies", in_session=True)
    reply_footer: bool = _setting(
        True, "a line below each reply: number, model, seconds, tokens and cost", in_session=True
    )
    show_reasoning: str = _setting(
        "short",
        "the model's reasoning: one live line, all of it, or nothing",
        allowed='"short", "full" or "off"',
        in_session=True,
    )
    theme: str = _setting(
        "auto",
        "colours for a dark or a light background; auto asks the terminal",
        allowed='"auto", "dark" or "light"',
        in_session=True,
    )
    code_theme: str = _setting(
        "auto",
        "the colours of code; auto has the theme's own",
        allowed='"auto" or a Pygments style such as "monokai"',
        in_session=True,
    )
    width: int = _setting(
        100,
        "the widest column of prose in replies and notices; 0: as wide as the window",
        allowed="a whole number of columns, 0 or more",
        in_session=True,
    )
    edit_mode: str = _setting("emacs", "the keys at the prompt", allowed='"emacs" or "vi"')
    suggest: bool = _setting(
        True, "suggest the rest of an earlier line after the cursor; Right accepts it", in_session=True
    )
    notify: str = _setting(
        "auto",
        "notify when a long reply ends: auto if another window has the focus, bell unless yours is known to have it",
        allowed='"auto", "bell" or "off"',
        in_session=True,
    )
    notify_after: float = _setting(
        20.0, "a reply is long after this many seconds", allowed="a number of seconds, 0 or more", in_session=True
    )
    terminal_marks: bool = _setting(
        True, "mark turns so that the terminal's own keys jump between them (OSC 133)", in_session=True
    )
    title: bool = _setting(
        True, "the terminal's title is the session's name; your own comes back when you leave", in_session=True
    )
    screen_reader: bool = _setting(False, "plain text, nothing that moves, and a mark after each reply")
    save: bool = _setting(True, "save sessions")
    leak_guard: str = _setting(
        "chat",
        "ask before sending what looks like a secret, unless you typed it; always: one shots refuse it",
        allowed='"chat", "always" or "off"',
    )
    max_cost: float = _setting(
        0.0,
        "US dollars a session may cost before you are asked; 0 for no limit",
        allowed="a number of US dollars, 0 or more",
        in_session=True,
    )
    connect_timeout: float = _setting(
        10.0, "seconds to wait for a connection", allowed="a number of seconds, more than 0", in_session=True
    )
    timeout: float = _setting(
        3600.0,
        "seconds of silence before a reply is abandoned; reasoning models think for minutes",
        allowed="a number of seconds, more than 0",
        in_session=True,
    )
    params: Mapping[str, Any] = field(
        default_factory=dict, metadata={"description": "request parameters, sent as given"}
    )
    styles: Mapping[str, str] = field(
        default_factory=dict, metadata={"description": "the user's own styles, by element of the screen"}
    )
    search_options: Mapping[str, Any] = field(
        default_factory=dict, metadata={"description": "options of the search tools"}
    )


_TABLES = ("params", "styles", "search_options")
MAX_MODELS = 16
"""The most models that one question may be sent to at once."""
DEFAULT_ORIGIN = "default"
"""The origin of a value that no layer has."""

SETTINGS: Mapping[str, Field] = {name: field for name, field in fields(Settings).items() if name not in _TABLES}
"""The settings by name, without those that are tables of their own."""


@record
class Layer:
    """Settings from one place. A parameter or search option that is None is not sent, even if a lower layer sets it."""

    origin: str
    values: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    styles: Mapping[str, str] = field(default_factory=dict)
    search_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sets_anything(self) -> bool:
        """Whether it has a value of any kind."""
        return any((self.values, self.params, self.styles, self.search_options))


def resolve_settings(layers: Iterable[Layer]) -> Settings:
    """Return the effective settings; later layers win."""
    values: dict[str, Any] = {}
    params: dict[str, Any] = {}
    styles: dict[str, str] = {}
    options: list[Mapping[str, Any]] = []
    for layer in layers:
        values.update(layer.values)
        params.update(layer.params)
        styles.update(layer.styles)
        options.append(layer.search_options)
    sent = {key: value for key, value in params.items() if value is not None}
    return Settings(**values, params=sent, styles=styles, search_options=merge_options(options))


def find_origin(key: str, layers: Iterable[Layer]) -> str:
    """Return the origin of the effective value of a setting, a parameter, or `search_options.KEY`."""
    origin, option = DEFAULT_ORIGIN, option_name(key)
    for layer in layers:
        if key in layer.values or key in layer.params or option in layer.search_options:
            origin = layer.origin
    return origin


def find_setting(key: str, where: str) -> Field:
    """Return a setting's declaration; raises UnknownKeyError with similar names."""
    if key in SETTINGS:
        return SETTINGS[key]
    from grokchat.suggestions import suggest

    raise UnknownKeyError(where, key, suggest(key, SETTINGS, "settings"), what="setting")


def describe_allowed_values(key: str) -> str:
    """Return a description of a setting's allowed values."""
    setting = SETTINGS[key]
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}
    return str(setting.metadata["allowed"]) or kinds[setting_type(key)]


def setting_type(key: str) -> type[object]:
    """Return the type of a setting's values."""
    return {"bool": bool, "int": int, "float": float, "str": str}[SETTINGS[key].type]


def setting_choices(key: str) -> tuple[str, ...]:
    """Return the values of a setting that can be listed, as text; else nothing."""
    if key == "code_theme":
        from grokchat.highlight.code_themes import code_theme_names

        return ("auto", *code_theme_names())
    return ("true", "false") if setting_type(key) is bool else _CHOICES.get(key, ())


def describe_setting(key: str) -> str:
    """Return the line that describes a setting."""
    return str(SETTINGS[key].metadata["description"])


def is_session_setting(key: str) -> bool:
    """Return whether a session can override a setting: never the key's destination, or the command that prints it."""
    return bool(SETTINGS[key].metadata["in_session"])

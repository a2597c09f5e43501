"""The styles of Pygments as colours of code: of each token type, in rich's style language.

The background of such a style is not painted, because code is not padded; that of a token type is. Plug-ins of Pygments
are not used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from grokchat.highlight.token_kinds import kind_of

OWN = "auto"
"""The name of the theme's own colours: those of the kinds of `token_kinds`."""


@cache
def code_theme_names() -> tuple[str, ...]:
    """Return the names of Pygments' own styles."""
    from pygments.styles import STYLES  # type: ignore[import-untyped]

    return tuple(sorted(name for _, name, _ in STYLES.values()))


@cache
def look_of_tokens(code_theme: str) -> Callable[[Any], str]:
    """Return what gives the look of a token type: an element of the theme, or a style in rich's style language."""
    if code_theme == OWN:
        return kind_of
    from pygments.styles import get_style_by_name
    from pygments.token import Text  # type: ignore[import-untyped]

    style = get_style_by_name(code_theme)

    @cache
    def look_of(token: Any) -> str:
        known = token or Text
        while known.parent is not None and not style.styles_token(known):
            known = known.parent
        return _words(style.style_for_token(known), style.background_color)

    return look_of


def _words(look: dict[str, Any], page: str) -> str:
    """Return a token's look in rich's style language; `page` is the background of the whole."""
    words = [word for word in ("bold", "italic", "underline") if look[word]]
    words += [f"#{look['color']}"] if look["color"] else []
    background = f"#{look['bgcolor']}" if look["bgcolor"] else ""
    return " ".join([*words, f"on {background}"] if background and background.lower() != page.lower() else words)

r"""Decodes what a terminal sends for a key to the key press that prompt_toolkit knows. Pure.

Terminals send a modified key in one of many forms, by age and by the protocol that is on:

- xterm's `CSI 1;MODIFIERS A` and `CSI NUMBER;MODIFIERS ~`, and its modifyOtherKeys, `CSI 27;MODIFIERS;CODE ~`
- `CSI CODE;MODIFIERS u`: fixterms, and kitty's protocol with alternate codes, event types and the key's text
  (`CSI 97:65:97;2:1;65 u`)
- rxvt's `CSI 3^`, the Linux console's `CSI [ A`, VT100's keypad `ESC O p`, Windows' `CSI ... _`

Each becomes what the key sends without a protocol, so that every binding works: Ctrl-A is `\x01`, Alt-X is ESC and X,
Shift with a letter is the letter. Enter with any modifier is Ctrl-J, which inserts a newline. Keys that have no such
form (media keys, Super, a released key) are nothing, and so is every other sequence.

Key presses carry no text but that of typed characters and of pastes, whose control characters are left out, so a key
without a binding never inserts its sequence. The Escape key is followed by `Keys.Ignore` if more keys come with it:
otherwise prompt_toolkit takes both for an Alt key.
"""

from __future__ import annotations

from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from grokchat.render.controls import without_controls
from grokchat.terminal.input_tokens import ESCAPE, Paste, Sequence, Token

_SHIFT, _ALT, _CTRL, _SUPER, _HYPER, _META = 1, 2, 4, 8, 16, 32
_LOCKS = 64 | 128
"""Caps Lock and Num Lock, which terminals report as modifiers."""
_RELEASED = "3"

_KEYS_BY_FINAL = {
    "A": "up", "B": "down", "C": "right", "D": "left", "F": "end", "H": "home",
    "P": "f1", "Q": "f2", "R": "f3", "S": "f4", "Z": "s-tab",
}  # fmt: skip
_KEYS_BY_NUMBER = {
    1: "home", 2: "insert", 3: "delete", 4: "end", 5: "pageup", 6: "pagedown", 7: "home", 8: "end",
    11: "f1", 12: "f2", 13: "f3", 14: "f4", 15: "f5", 17: "f6", 18: "f7", 19: "f8", 20: "f9", 21: "f10", 23: "f11",
    24: "f12", 25: "f13", 26: "f14", 28: "f15", 29: "f16", 31: "f17", 32: "f18", 33: "f19", 34: "f20",
}  # fmt: skip
_RXVT_FINALS = {"$": _SHIFT, "^": _CTRL, "@": _CTRL | _SHIFT}
_RXVT_ARROWS = {"a": "up", "b": "down", "c": "right", "d": "left"}
_KEYPAD = {
    " ": " ", "I": "\t", "M": "\r", "X": "=", **{chr(code): chr(code - 64) for code in range(ord("j"), ord("z"))},
}  # fmt: skip
"""SS3 and the final byte of VT100's application keypad: `p` is 0, `y` 9, `j` to `o` are `*+,-./`."""
_FUNCTIONAL = {
    57344: "\x1b", 57345: "\r", 57346: "\t", 57347: "\x7f", 57348: "insert", 57349: "delete", 57350: "left",
    57351: "right", 57352: "up", 57353: "down", 57354: "pageup", 57355: "pagedown", 57356: "home", 57357: "end",
    **{57364 + number: f"f{number + 1}" for number in range(12)},
    **{57376 + number: f"f{number + 13}" for number in range(12)},
    **{57399 + number: char for number, char in enumerate("0123456789./*-+\r=,")},
    57417: "left", 57418: "right", 57419: "up", 57420: "down", 57421: "pageup", 57422: "pagedown", 57423: "home",
    57424: "end", 57425: "insert", 57426: "delete",
}  # fmt: skip
"""kitty's codes of keys without a character, those of its first version included; the rest has no meaning here."""
_CTRL_CODES = {
    " ": "\0", "/": "\x1f", "2": "\0", "3": "\x1b", "4": "\x1c", "5": "\x1d", "6": "\x1e", "7": "\x1f", "8": "\x7f",
    "?": "\x7f", "@": "\0", "[": "\x1b", "\\": "\x1c", "]": "\x1d", "^": "\x1e", "_": "\x1f", "~": "\x1e",
    **{chr(code): chr(code & 0x1F) for code in range(ord("a"), ord("z") + 1)},
}  # fmt: skip
"""What Ctrl makes of a character (kitty's "Legacy ctrl mapping of ASCII keys"); others stay."""
_VIRTUAL_KEYS = {33: "pageup", 34: "pagedown", 35: "end", 36: "home", 37: "left", 38: "up", 39: "right", 40: "down",
    45: "insert", 46: "delete"}  # fmt: skip
"""Windows' codes of keys without a character."""

_KEYS_WITH_ALT = {"up", "down", "left", "right", "home", "end", "pageup", "pagedown", "delete"}
"""Keys whose form with Alt editors use. Of others, prompt_toolkit would take the ESC for the Escape key."""
_PRESSES = {
    **{char: KeyPress(char) for char in map(chr, range(32, 127))},
    **{char: KeyPress(key, char) for char, key in ANSI_SEQUENCES.items() if char < "\x80" and isinstance(key, Keys)},
}
_ESCAPE_PRESS = _PRESSES[ESCAPE]
_SEPARATOR = KeyPress(Keys.Ignore, "")
_NAMES = frozenset(key.value for key in Keys)
_MAX_REPEATS = 100
"""Of one key, in Windows' form."""

Key = tuple[str, int]
"""A character or the name of a key, and its modifiers."""


def key_presses(tokens: list[Token]) -> list[KeyPress]:
    """Return the key presses of typed and pasted text; sequences that are not keys have none."""
    presses: list[KeyPress] = []
    for token in tokens:
        if presses and presses[-1] is _ESCAPE_PRESS:
            presses.append(_SEPARATOR)
        if isinstance(token, Sequence):
            presses += _decode(token)
        elif isinstance(token, Paste):
            presses.append(KeyPress(Keys.BracketedPaste, without_controls(token.text)))
        elif token[0] == ESCAPE and len(token) > 1:
            presses += _press(token[1], _ALT)
        else:
            presses += [_PRESSES.get(char) or KeyPress(char) for char in token]
    return presses


def _decode(sequence: Sequence) -> list[KeyPress]:
    if sequence.kind == "CSI":
        keys = _csi_keys(sequence)
    elif sequence.kind == "SS3":
        keys = _ss3_keys(sequence)
    else:
        keys = []
    if not keys and sequence.has_alt:
        return [_ESCAPE_PRESS]
    return [press for symbol, modifiers in keys for press in _press(symbol, modifiers | _ALT * sequence.has_alt)]


def _press(symbol: str, modifiers: int) -> list[KeyPress]:
    """Return what a key with modifiers sends without any protocol."""
    if modifiers & (_SUPER | _HYPER):
        return []
    has_alt, has_ctrl = bool(modifiers & (_ALT | _META)), bool(modifiers & _CTRL)
    if symbol == "\x1b":
        return [_ESCAPE_PRESS]
    if symbol in {"\r", "\n"}:
        return [_PRESSES["\n" if has_alt or has_ctrl or modifiers & _SHIFT else symbol]]
    if symbol == "\t":
        # ESC and Tab is the Linux console's Shift-Tab.
        return [KeyPress(Keys.BackTab, "") if modifiers & _SHIFT or has_alt else _PRESSES["\t"]]
    if symbol in {"\x7f", "\b"}:
        if has_ctrl and not has_alt:
            return [_PRESSES["\x17"]]  # deletes a word, in vi mode too
    elif len(symbol) > 1:
        return _press_named(symbol, modifiers & (_SHIFT | _CTRL), has_alt=has_alt)
    elif has_ctrl:
        if not symbol.isascii():
            return []
        symbol = _CTRL_CODES.get(symbol.lower(), symbol)
        if symbol in {"\x1b", "\r", "\n"}:
            return _press(symbol, modifiers & _ALT)
    press = _PRESSES.get(symbol) or KeyPress(symbol)
    return [_ESCAPE_PRESS, press] if has_alt else [press]


def _press_named(name: str, modifiers: int, *, has_alt: bool) -> list[KeyPress]:
    """Return a key without a character. With Shift, xterm's function keys are twelve others."""
    if name == "s-tab":
        return [KeyPress(Keys.BackTab, "")]
    if modifiers & _SHIFT and name[0] == "f":
        name, modifiers = f"f{int(name[1:]) + 12}", modifiers & ~_SHIFT
    full_name = ("c-" if modifiers & _CTRL else "") + ("s-" if modifiers & _SHIFT else "") + name
    if full_name not in _NAMES or (has_alt and name not in _KEYS_WITH_ALT):
        return []
    press = KeyPress(Keys(full_name), "")
    return [_ESCAPE_PRESS, press] if has_alt else [press]


# -- sequences ---------------------------------------------------------------------------------------------------------


def _ss3_keys(sequence: Sequence) -> list[Key]:
    final, modifiers = sequence.final, _modifiers(sequence.parameters.rpartition(";")[2])
    if final in _RXVT_ARROWS:
        return [(_RXVT_ARROWS[final], modifiers | _CTRL)]
    symbol = _KEYS_BY_FINAL.get(final) or _KEYPAD.get(final)
    return [(symbol, modifiers)] if symbol else []


def _csi_keys(sequence: Sequence) -> list[Key]:
    parameters, final = sequence.parameters, sequence.final
    if sequence.intermediates or parameters[:1] in {*"?<=>"}:
        return []  # an answer
    if parameters == "[":
        return [(f"f{ord(final) - 64}", 0)] if final in {*"ABCDE"} else []
    fields = [field.split(":") for field in parameters.split(";")]
    if final == "_":
        return _windows_keys([_number(field[0]) for field in fields])
    if fields[1:] and fields[1][1:2] == [_RELEASED]:
        return []
    modifiers = _modifiers(fields[1][0]) if fields[1:] else 0
    number = _number(fields[0][0])
    if final == "u":
        return _csi_u_keys(fields, modifiers)
    if final == "~" and number == 27 and len(fields) > 2:
        return _character_key([fields[2][0]], modifiers)
    if final in {"~", *_RXVT_FINALS}:
        name = _KEYS_BY_NUMBER.get(number)
        return [(name, modifiers | _RXVT_FINALS.get(final, 0))] if name else []
    if final in _RXVT_ARROWS and not parameters:
        return [(_RXVT_ARROWS[final], _SHIFT)]
    return _cursor_keys(final, number, len(fields), modifiers)


def _cursor_keys(final: str, number: int, count: int, modifiers: int) -> list[Key]:
    """Return the key of `CSI A`, `CSI 1;5A` or, as old terminals send it, `CSI 5A`."""
    name = _KEYS_BY_FINAL.get(final)
    if not name or (count > 1 and number > 1):
        return []  # a report of the cursor's place, among others
    if count == 1 and number:
        modifiers = _modifiers(str(number))
    if modifiers == _SUPER:
        modifiers = _ALT  # Meta of xterm and iTerm2, before kitty gave the bit to Super
    return [(name, modifiers)]


def _csi_u_keys(fields: list[list[str]], modifiers: int) -> list[Key]:
    codes = fields[2] if len(fields) > 2 else []
    text = [char for code in codes if (char := _character(_number(code)))]
    if text and not modifiers & (_ALT | _CTRL | _SUPER | _HYPER | _META):
        return [(char, 0) for char in text]
    return _character_key(fields[0], modifiers)


def _character_key(codes: list[str], modifiers: int) -> list[Key]:
    """Return the key with a code; the code with Shift, and the one in the PC-101 layout, may follow it."""
    code = _number(codes[0])
    if symbol := _FUNCTIONAL.get(code):
        return [(symbol, modifiers)]
    base = _character(_number(codes[2])) if len(codes) > 2 else ""
    if base and code > 127 and modifiers & (_ALT | _CTRL | _META):
        return [(base, modifiers)]  # Ctrl-C is the same key in any alphabet
    char = _character(code)
    if char and modifiers & _SHIFT:
        shifted = _character(_number(codes[1])) if len(codes) > 1 else ""
        char = shifted or (char.upper() if len(char.upper()) == 1 else char)
    return [(char, modifiers)] if char else []


def _windows_keys(numbers: list[int]) -> list[Key]:
    """Return the key of Windows' input records: virtual key, scan code, character, is down, state, repeats."""
    virtual_key, _, code, is_down, state, repeats = (numbers + [0] * 6)[:6]
    if not is_down:
        return []
    has_alt, has_ctrl = state & 3, state & 12
    modifiers = _SHIFT * bool(state & 16)
    if not (state & 1 and state & 8 and code):  # otherwise AltGr, which is part of the character
        modifiers |= _ALT * bool(has_alt) | _CTRL * bool(has_ctrl)
    symbol = {8: "\x7f", 9: "\t", 13: "\r", 27: "\x1b"}.get(virtual_key) or _VIRTUAL_KEYS.get(virtual_key)
    if not symbol and code:
        symbol, modifiers = _character(code), modifiers & ~(_CTRL if code < 32 else 0)
    return [(symbol, modifiers)] * min(repeats or 1, _MAX_REPEATS) if symbol else []


def _modifiers(parameter: str) -> int:
    """Return the bits of a modifier parameter, which is one more than they are."""
    return max(0, _number(parameter) - 1) & ~_LOCKS


def _number(parameter: str) -> int:
    return int(parameter) if parameter.isdecimal() and len(parameter) < 8 else 0


def _character(code: int) -> str:
    """Return the character that a key may type, or ""."""
    is_character = 0 < code < 0x80 or 0xA0 <= code < 0xD800 or 0xF900 <= code <= 0x10FFFF
    return chr(code) if is_character else ""

"""What terminals send for keys, and what else they send, by the documents that list it.

xterm's "Control Sequences" and `modified-keys`, kitty's "Comprehensive keyboard handling in terminals", urxvt(7), the
Linux console's `console_codes(4)`, Windows Terminal's "Win32 input mode", VT220's keypad (EK-VT220-RM).

Each table maps a sequence to the names of its key presses, in prompt_toolkit's words; none if it is swallowed.
"""

from __future__ import annotations

from collections.abc import Iterator

Keys = tuple[str, ...]
Table = Iterator[tuple[str, Keys]]

SHIFT, ALT, CTRL, SUPER, HYPER, META, CAPS, NUM = (1 << bit for bit in range(8))
CURSOR = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end"}
EDITING = {2: "insert", 3: "delete", 5: "pageup", 6: "pagedown"}
FUNCTION_NUMBERS = dict(zip((11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24), range(1, 13), strict=True))
WITH_ALT = {*CURSOR.values(), "delete", "pageup", "pagedown"}
LEGACY_CTRL = {
    " ": "c-@", "/": "c-_", "2": "c-@", "3": "escape", "4": "c-\\", "5": "c-]", "6": "c-^", "7": "c-_", "8": "c-h",
    "?": "c-h", "@": "c-@", "[": "escape", "\\": "c-\\", "]": "c-]", "^": "c-^", "_": "c-_", "~": "c-^", "m": "c-m",
}  # fmt: skip


def named(name: str, bits: int) -> Keys:
    """Return the presses of a key without a character, with modifiers."""
    if bits & (SUPER | HYPER):
        return ()
    has_alt = bits & (ALT | META)
    if name[0] == "f":
        if has_alt:
            return ()
        number = int(name[1:]) + 12 * bool(bits & SHIFT)
        return (("c-" if bits & CTRL else "") + f"f{number}",) if number <= 24 else ()
    full = ("c-" if bits & CTRL else "") + ("s-" if bits & SHIFT else "") + name
    if not has_alt:
        return (full,)
    return ("escape", full) if name in WITH_ALT else ()


def typed(char: str, bits: int) -> Keys:
    """Return the presses of a key with a character, with modifiers."""
    if bits & (SUPER | HYPER):
        return ()
    has_alt = bool(bits & (ALT | META))
    if bits & CTRL:
        key = f"c-{char.lower()}" if char.isalpha() else LEGACY_CTRL.get(char, char)
        if key in {"c-m", "c-j"} and has_alt:
            return ("c-j",)
        return (key,) if key == "escape" or not has_alt else ("escape", key)
    key = char.upper() if bits & SHIFT else char
    return ("escape", key) if has_alt else (key,)


def modifiers() -> Iterator[tuple[int, int]]:
    """Return modifier parameters with their bits."""
    return ((bits + 1, bits) for bits in range(1, 16))


def xterm() -> Table:
    """Return xterm's keys in normal and application mode, and PC-style modified keys."""
    for final, name in CURSOR.items():
        yield f"\x1b[{final}", (name,)
        yield f"\x1bO{final}", (name,)
        for parameter, bits in modifiers():
            is_meta = bits == SUPER  # Meta of xterm and iTerm2
            yield f"\x1b[1;{parameter}{final}", named(name, ALT if is_meta else bits)
    for number, name in EDITING.items():
        yield f"\x1b[{number}~", (name,)
        for parameter, bits in modifiers():
            yield f"\x1b[{number};{parameter}~", named(name, bits)
    for number, name in {1: "home", 4: "end", 7: "home", 8: "end"}.items():
        yield f"\x1b[{number}~", (name,)
    for final, number in zip("PQRS", range(1, 5), strict=True):
        yield f"\x1bO{final}", (f"f{number}",)
        for parameter, bits in modifiers():
            yield f"\x1b[1;{parameter}{final}", named(f"f{number}", ALT if bits == SUPER else bits)
            if parameter < 10:
                yield f"\x1bO{parameter}{final}", named(f"f{number}", bits)
    for code, number in FUNCTION_NUMBERS.items():
        yield f"\x1b[{code}~", (f"f{number}",)
        for parameter, bits in modifiers():
            yield f"\x1b[{code};{parameter}~", named(f"f{number}", bits)
    for code, number in zip((25, 26, 28, 29, 31, 32, 33, 34), range(13, 21), strict=True):
        yield f"\x1b[{code}~", (f"f{number}",)
    yield "\x1b[Z", ("s-tab",)
    yield "\x1b[1;2Z", ("s-tab",)
    yield "\x1b[E", ()
    yield "\x1bOE", ()
    yield from {"\x7f": ("c-h",), "\b": ("c-h",), "\x1b\x7f": ("escape", "c-h"), "\x1b[27;5;9~": ("c-i",)}.items()


def enter() -> Table:
    """Enter with modifiers is a newline in every form; alone it is Enter."""
    for parameter, bits in modifiers():
        keys = ("c-j",) if not bits & SUPER else ()
        for code in (13, 57345, 57414):
            yield f"\x1b[{code};{parameter}u", keys
            yield f"\x1b[{code};{parameter + 128}:2u", keys
        yield f"\x1b[27;{parameter};13~", keys
        if parameter < 10:
            yield f"\x1bO{parameter}M", keys
    for sequence in ("\r", "\x1b[13u", "\x1b[57414u", "\x1bOM", "\x1b[13;65u", "\x1b[13;129u", "\x1b[27;1;13~"):
        yield sequence, ("c-m",)
    yield from {"\n": ("c-j",), "\x1b\r": ("c-j",), "\x1b\n": ("c-j",), "\x1b[13;1:3u": (), "\x1b[13;2:3u": ()}.items()


def characters() -> Table:
    """Fixterms and kitty (`CSI u`), and modifyOtherKeys: every ASCII character with every modifier."""
    for char in map(chr, range(32, 127)):
        for parameter, bits in modifiers():
            code = ord(char)
            yield f"\x1b[{code};{parameter}u", typed(char, bits)
            yield f"\x1b[27;{parameter};{code}~", typed(char, bits)
        yield f"\x1b[{ord(char)}u", (char,)
        yield f"\x1b[{ord(char)};193u", (char,)  # Caps Lock and Num Lock
        yield f"\x1b[{ord(char)};5:3u", ()
    for char in map(chr, range(33, 127)):
        yield f"\x1b{char}" if char not in "[]OPX^_" else "\x1b~", ("escape", char if char not in "[]OPX^_" else "~")


def kitty() -> Table:
    """Alternate codes, event types, text; functional keys."""
    yield from {
        "\x1b[97:65:97;2:1;65u": ("A",), "\x1b[97:65;2u": ("A",), "\x1b[49:33;2u": ("!",),
        "\x1b[49:33;4u": ("escape", "!"),
        "\x1b[1089::99;5u": ("c-c",), "\x1b[1089;5u": (), "\x1b[1089;3u": ("escape", "\u0441"),
        "\x1b[97;1:1;97u": ("a",),
        "\x1b[97;1:2;97u": ("a",), "\x1b[97;1:3;97u": (), "\x1b[0;;229u": ("å",), "\x1b[0;;104:105u": ("h", "i"),
        "\x1b[27u": ("escape",), "\x1b[27;5u": ("escape",), "\x1b[27;3u": ("escape",), "\x1b[9u": ("c-i",),
        "\x1b[9;2u": ("s-tab",), "\x1b[9;5u": ("c-i",), "\x1b[9;6u": ("s-tab",), "\x1b[127u": ("c-h",),
        "\x1b[127;2u": ("c-h",), "\x1b[127;3u": ("escape", "c-h"), "\x1b[127;5u": ("c-w",), "\x1b[127;6u": ("c-w",),
        "\x1b[127;7u": ("escape", "c-h"), "\x1b[1;1:2A": ("up",), "\x1b[1;1:3A": (), "\x1b[3;5:3~": (),
        "\x1b[57427~": (), "\x1b[32;2u": (" ",), "\x1b[;5u": (), "\x1b[u": (), "\x1b[1114112u": (), "\x1b[55296u": (),
        "\x1b[99999999999u": (), "\x1b[228;3u": ("escape", "ä"), "\x1b[1;33A": ("escape", "up"),
        "\x1b[97;33u": ("escape", "a"),
    }.items()  # fmt: skip
    names = ["escape", "c-m", "c-i", "c-h", "insert", "delete", "left", "right", "up", "down", "pageup", "pagedown",
             "home", "end"]  # fmt: skip
    for code in range(57344, 57455):
        place = code - 57399
        if code < 57358:
            keys: Keys = (names[code - 57344],)
        elif 57364 <= code <= 57387:
            keys = (f"f{code - 57363}",)
        elif 0 <= place < 18:
            keys = ([*"0123456789./*-+", "c-m", "=", ","][place],)
        elif 57417 <= code <= 57426:
            keys = (
                ["left", "right", "up", "down", "pageup", "pagedown", "home", "end", "insert", "delete"][code - 57417],
            )
        else:
            keys = ()
        yield f"\x1b[{code}u", keys
        yield f"\x1b[{code};1:3u", ()
        yield f"\x1b[{code};9u", ()


def keypad() -> Table:
    """VT100's and VT220's keypad in application mode."""
    for char in "*+,-./0123456789":
        yield f"\x1bO{chr(ord(char) + 64)}", (char,)
    yield from {"\x1bOX": ("=",), "\x1bO ": (" ",), "\x1bOI": ("c-i",), "\x1bOM": ("c-m",), "\x8fq": ("1",)}.items()


def rxvt() -> Table:
    for number, name in {2: "insert", 3: "delete", 5: "pageup", 6: "pagedown", 7: "home", 8: "end"}.items():
        for final, bits in {"$": SHIFT, "^": CTRL, "@": CTRL | SHIFT}.items():
            yield f"\x1b[{number}{final}", named(name, bits)
            yield f"\x1b\x1b[{number}{final}", named(name, bits | ALT)
    for code, number in FUNCTION_NUMBERS.items():
        for final, bits in {"$": SHIFT, "^": CTRL, "@": CTRL | SHIFT}.items():
            yield f"\x1b[{code}{final}", named(f"f{number}", bits)
    for final, name in {"a": "up", "b": "down", "c": "right", "d": "left"}.items():
        yield f"\x1b[{final}", (f"s-{name}",)
        yield f"\x1bO{final}", (f"c-{name}",)
    for final, name in CURSOR.items():
        yield f"\x1b\x1b[{final}", ("escape", name)
        yield f"\x1b\x1bO{final}", ("escape", name)


def linux_console() -> Table:
    for final, number in zip("ABCDE", range(1, 6), strict=True):
        yield f"\x1b[[{final}", (f"f{number}",)
    yield from {"\x1b[[F": (), "\x1b[G": (), "\x1b[P": ("f1",), "\x1b\t": ("s-tab",)}.items()


def windows() -> Table:
    """Input records (`CSI Vk;Sc;Uc;Kd;Cs;Rc _`), of which key releases are half."""
    yield from {
        "\x1b[65;30;97;1;0;1_": ("a",), "\x1b[65;30;97;0;0;1_": (), "\x1b[65;30;65;1;16;1_": ("A",),
        "\x1b[65;30;1;1;8;1_": ("c-a",), "\x1b[65;30;97;1;2;1_": ("escape", "a"), "\x1b[81;16;64;1;9;1_": ("@",),
        "\x1b[13;28;13;1;0;1_": ("c-m",), "\x1b[13;28;13;1;16;1_": ("c-j",), "\x1b[13;28;10;1;8;1_": ("c-j",),
        "\x1b[9;15;9;1;16;1_": ("s-tab",), "\x1b[8;14;8;1;0;1_": ("c-h",), "\x1b[8;14;127;1;8;1_": ("c-w",),
        "\x1b[27;1;27;1;0;1_": ("escape",), "\x1b[38;72;0;1;0;1_": ("up",), "\x1b[37;75;0;1;8;1_": ("c-left",),
        "\x1b[16;42;0;1;16;1_": (), "\x1b[17;29;0;1;8;1_": (), "\x1b[112;59;0;1;0;1_": (),
        "\x1b[88;45;120;1;0;3_": (*"xxx",), "\x1b[_": (), "\x1b[46;83;0;1;0;1_": ("delete",),
    }.items()  # fmt: skip


def reports() -> Table:
    """Answers and reports: none is a key. Each string with every end and both introducers."""
    for control in (
        "?62;22c", "?1;2c", "?64;1;2;6;9;15;16;17;18;21;22;28c", ">1;10;0c", ">41;379;0c", "=0c", "0n", "3n", "24;80R",
        "?1;1R", "?2026;2$y", "?2004;1$y", "4;2$y", "?997;1n", "?10n", "?21n", "?27;1;0;0n", "8;24;80t", "4;480;640t",
        "6;16;8t", "9;50;200t", "3;10;20t", "1t", "2t", "?0u", "?1u", "?31u", "?4m", ">4;1m", "I", "O", "?1;0;256S",
        "2;1;1;112;112;1;0x", "48;24;80;480;640t", "<0;3;4M", "<0;3;4m", "<64;10;20M", "<35;120;40M", "96;14;13M",
        "M !!", "M#~\xff", "T", "?2;0y", "1;2;3;4;5;6&w", "0;0;0;0 q", "201~", "38;5;1m", "?25h", ">0;95;c",
        "?1049;1$y", "<0;100;200;m",
    ):  # fmt: skip
        yield f"\x1b[{control}", ()
        yield f"\x9b{control}", ()
    osc = ("10;rgb:ffff/ffff/ffff", "11;rgb:0/0/0", "4;1;rgb:ff/ff/ff", "12;#fff", "52;c;aGVsbG8=", "L", "lTitle",
           "1337;ReportCellSize=17.5;8.0", "99;i=1:p=?;", "21;foreground=rgb:0/0/0",
           "5522;type=read", "é;漢")  # fmt: skip
    dcs = (">|XTerm(379)", ">|tmux 3.3a", "1$r0m", "0$r", "1+r544e=787465726d", "0+r", "!|7E565445", "1$u1;1;1", "")
    for introducer, eight_bit, contents in (
        ("]", "\x9d", osc),
        ("P", "\x90", dcs),
        ("_", "\x9f", ("Gi=31;OK", "Gi=31;ENOENT:no such file", "")),
        ("^", "\x9e", ("privacy", "")),
        ("X", "\x98", ("string", "")),
    ):
        for content in contents:
            for begin in (f"\x1b{introducer}", eight_bit):
                for end in ("\x07", "\x1b\\", "\x9c"):
                    yield f"{begin}{content}{end}", ()
    yield "\x85", ()
    yield "\x8ex", ()


TABLES = {
    table.__name__: table for table in (xterm, enter, characters, kitty, keypad, rxvt, linux_console, windows, reports)
}

"""The table of terminals: how each is recognized, and what it does that others do not, with the source of each fact.

A terminal is known by TERM where that is a name of its own, else by a variable that it sets for its programs. Variables
are inherited: an xterm that was started in GNOME Terminal also has VTE_VERSION, and a program in tmux has those of the
terminal that tmux was started in. So multiplexers come first, and xterm before the terminals that it may be started in.

A new fact is a new field, whose default holds for a terminal that nothing is known of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from grokchat.records import record
from grokchat.render.widths import Widths


@record
class TerminalKind:
    """What is known of a terminal; the defaults are those of an unknown one."""

    name: str
    """Its name, in lower case; empty for an unknown terminal."""
    terms: Sequence[str] = ()
    """What a TERM of its own begins with."""
    variables: Sequence[str] = ()
    """Environment variables that it alone sets for its programs; `NAME=VALUE` if others set another value."""
    local_variables: Sequence[str] = ()
    """Other variables without which it does not run on this machine: ssh passes TERM on, and none of these."""
    colors: Literal["", "16", "256", "truecolor"] = ""
    """The number of colours that it has, whatever TERM says; empty if TERM and COLORTERM are to say it."""
    has_italics: bool = True
    """Whether it shows SGR 3 as italics, or not at all."""
    has_strike: bool = True
    """Whether it shows SGR 9: otherwise struck text looks like any other."""
    erases_to_blank: bool = False
    """Whether cells that are erased in a background colour are blank, as with none.

    Otherwise they are part of the row's text: the terminal copies them, and wraps them when its width changes.
    """
    tells_background: bool = False
    """Whether it sets COLORFGBG, in which a program finds the background."""
    reflows: bool = True
    """Whether it wraps rows again when its width changes. Others cut them off at the edge."""
    displaces_cursor: bool = False
    """Whether the cursor is below its own row after rows below it were pushed up by a lower window."""
    remembers_width: bool = False
    """Whether it wraps a row by the greatest width that the row had since it was last cleared as a whole."""
    answers_size: bool = False
    """Whether it answers xterm's `CSI 18 t` with its size in columns and rows."""
    resize_delay_s: float = 0.05
    """How long the size must stay unchanged before it counts as final."""
    late_s: float = 0.25
    """How long a frame and the news of a resize may take together, if it is not asked; 0 if it draws all in time."""
    widths: Widths = Widths()
    """The cells of what terminals differ about, until its answers say more (`width_answers`)."""
    sources: Sequence[str] = ()
    """Where each fact is from: a version that was measured, or for others a file of its source or a manual.

    Measured widths are in `tests/terminal/measured_samples.json`, for the versions in `tests/measured_widths.txt`.
    """


UNKNOWN = TerminalKind("")

# Measured with CSI 6n: `tests/terminal/measured_samples.json`. glibc's wcwidth decides in xterm and urxvt.
_ONE_BY_ONE = Widths(skin_tone=2, emoji_style=0, joins_emoji=False, trigram=1, hexagram=1, emoji_16=1)
"""Each code point by itself."""
_BY_GLIBC = Widths(
    skin_tone=2, emoji_style=0, joins_emoji=False, trigram=1, prepended_sign=1, circled_number=2, emoji_16=1
)

TMUX = TerminalKind(
    "tmux",
    terms=("tmux",),
    local_variables=("TMUX",),
    erases_to_blank=True,
    remembers_width=True,
    answers_size=True,
    resize_delay_s=0.3,
    widths=Widths(joins_letters=True, prepended_sign=1, circled_number=2, hand_sign=2),
    sources=(
        "window.c, WINDOW_RESIZE: a second change is reported to the program up to 250 ms later",
        "3.3a and 3.5a, measured: CSI 18 t, widths; a row wraps by the width that it had",
        "3.3a, measured: cells erased in a colour are neither wrapped nor copied",
    ),
)

TERMINALS: Sequence[TerminalKind] = (
    # Multiplexers first: a program in one has the variables of the terminal outside too.
    TMUX,
    TerminalKind(
        "screen",
        terms=("screen",),
        variables=("STY",),
        colors="256",
        has_italics=False,
        has_strike=False,
        erases_to_blank=True,
        remembers_width=True,
        resize_delay_s=0.3,
        late_s=0.0,
        widths=Widths(skin_tone=2, emoji_style=0, joins_emoji=False, trigram=1, circled_number=2, unknown_mark=1),
        sources=(
            "4.9, measured: widths; rows are wrapped again, by the width that they had; SGR 9 shows nothing",
            "4.9, measured: what is erased has no colour",
            "screen(1): it runs on the machine of its programs, also through ssh, so nothing is late",
            "ansi.c, rendlist: SGR 3 is standout",
            "ansi.c, SelectRendition: 38;5;n is known, and 38;2;r;g;b from 5.0 on",
        ),
    ),
    TerminalKind(
        "mosh",
        variables=("NCURSES_NO_UTF8_ACS",),
        has_strike=False,
        sources=(
            "1.4.0, measured: SGR 9 shows nothing, 3 is passed on; it sets this variable, and TERM to xterm",
            "src/frontend/mosh-server.cc: TERM is xterm or xterm-256color, and STY is removed",
        ),
    ),
    TerminalKind(
        "linux",
        terms=("linux",),
        colors="16",
        has_italics=False,
        has_strike=False,
        reflows=False,
        widths=_ONE_BY_ONE,
        sources=(
            "drivers/tty/vt/vt.c, vc_do_resize: rows are cut off",
            "drivers/tty/vt/vt.c, build_attr: italic, underlined and faint text has a colour in place of its own",
            "drivers/tty/vt/vt.c, csi_m: there is no SGR 9, and 256 colours become sixteen",
            "not measured: widths as without any rules for clusters",
        ),
    ),
    TerminalKind(
        "vt",
        terms=("vt1", "vt2", "vt3", "vt4", "vt5"),
        has_italics=False,
        has_strike=False,
        reflows=False,
        sources=(
            "not measured; the width of a VT220's screen is fixed, and a row does not continue in the next",
            "VT220 and VT510 Programmer Reference, SGR: neither 3 nor 9; the console of OpenBSD has this TERM",
        ),
    ),
    TerminalKind(
        "console",
        terms=("cons25", "wsvt", "pccon", "sun", "ansi", "pcansi"),
        has_italics=False,
        has_strike=False,
        sources=(
            "not measured; sys/teken/teken_subr.h, sys/dev/wscons/wsemul_vt100_subr.c: SGR 3 and 9 show nothing",
            "terminfo: none of these has sitm or smxx",
        ),
    ),
    TerminalKind(
        "emacs",
        terms=("eterm",),
        has_italics=False,
        has_strike=False,
        sources=("not measured; term.el, term--handle-colors-list: SGR 3 from Emacs 29 on, no SGR 9",),
    ),
    TerminalKind(
        "kitty",
        terms=("xterm-kitty",),
        variables=("KITTY_WINDOW_ID",),
        colors="truecolor",
        erases_to_blank=True,
        displaces_cursor=True,
        answers_size=True,
        widths=Widths(
            spacing_mark=0,
            extending_mark=0,
            stacked_mark=0,
            myanmar_mark=0,
            vowel_part=1,
            text_style=-1,
            joins_emoji=False,
            hand_sign=2,
        ),
        sources=(
            "kitty/rewrap.h: the cursor's row is noted before the rows below it scroll the new screen",
            "0.26 and 0.41, measured: CSI 18 t, COLORTERM, widths; the saved cursor in the last row keeps its place",
            "0.26, measured: cells erased in a colour are neither wrapped nor copied",
        ),
    ),
    TerminalKind(
        "xterm",
        variables=("XTERM_VERSION",),
        colors="256",
        erases_to_blank=True,
        reflows=False,
        widths=_BY_GLIBC,
        sources=(
            "screen.c, ScreenResize: rows are cut off",
            "379 and 398, measured: widths; no answer to CSI 18 t unless the user allows it (allowWindowOps)",
            "379 as packaged: 256 colours (OPT_256_COLORS)",
            "379, measured: cells erased in a colour are not copied",
        ),
    ),
    TerminalKind(
        "alacritty",
        terms=("alacritty",),
        variables=("ALACRITTY_WINDOW_ID", "ALACRITTY_LOG"),
        colors="truecolor",
        answers_size=True,
        widths=_ONE_BY_ONE,
        sources=(
            "0.11 and 0.15, measured: CSI 18 t, COLORTERM, widths",
            "0.11, measured: cells erased in a colour are wrapped",
        ),
    ),
    TerminalKind(
        "konsole",
        terms=("konsole",),
        variables=("KONSOLE_VERSION",),
        colors="truecolor",
        tells_background=True,
        answers_size=True,
        widths=Widths(stacked_mark=0, emoji_style=0, trigram=1, hexagram=1),
        sources=("22.12, measured: CSI 18 t, COLORTERM, COLORFGBG, widths; rows above the cursor's are wrapped again",),
    ),
    TerminalKind(
        "vte",
        terms=("vte", "gnome"),
        variables=("VTE_VERSION",),
        colors="truecolor",
        answers_size=True,
        widths=_ONE_BY_ONE,
        sources=(
            "0.70 and 0.80, measured: CSI 18 t, COLORTERM, widths",
            "0.70, measured: cells erased in a colour are wrapped and copied as spaces",
        ),
    ),
    TerminalKind(
        "rxvt-unicode",
        terms=("rxvt",),
        local_variables=("WINDOWID",),
        has_strike=False,
        erases_to_blank=True,
        tells_background=True,
        answers_size=True,
        widths=_BY_GLIBC,
        sources=(
            "9.30 and 9.31, measured: CSI 18 t, COLORFGBG, widths",
            "9.30, measured: SGR 9 shows nothing; cells erased in a colour are neither wrapped nor copied",
        ),
    ),
    TerminalKind(
        "foot",
        terms=("foot",),
        colors="truecolor",
        sources=("not measured; foot(1), COLORTERM: it is set to truecolor",),
    ),
    TerminalKind(
        "ghostty",
        terms=("xterm-ghostty",),
        variables=("GHOSTTY_RESOURCES_DIR",),
        colors="truecolor",
        sources=("not measured; src/termio/Exec.zig, Subprocess.init: COLORTERM is truecolor",),
    ),
    TerminalKind(
        "wezterm",
        terms=("wezterm",),
        variables=("WEZTERM_PANE",),
        colors="truecolor",
        sources=("not measured; wezterm.org/features: true color",),
    ),
    TerminalKind(
        "iterm2",
        variables=("ITERM_SESSION_ID",),
        colors="truecolor",
        tells_background=True,
        sources=(
            "not measured; iterm2.com: 24-bit color since 3.0",
            "sources/PTYSession.m, computeEnvironmentForNewJob: COLORFGBG is set",
        ),
    ),
    TerminalKind(
        "apple terminal",
        variables=("TERM_PROGRAM=Apple_Terminal",),
        has_strike=False,
        sources=("not measured; github.com/sorokin-vladimir/tele/issues/171, swsnr/mdcat/issues/73: no SGR 9",),
    ),
    TerminalKind(
        "windows terminal",
        variables=("WT_SESSION",),
        colors="truecolor",
        widths=Widths(direction_mark=1),
        sources=(
            "not measured; github.com/microsoft/terminal/issues/11850, 16574: what shows nothing takes a cell",
            "devblogs.microsoft.com/commandline: 24-bit color in the Windows Console",
        ),
    ),
)


def identify(env: Mapping[str, str]) -> TerminalKind:
    """Return the terminal by the environment of a program that runs in it; `UNKNOWN` if nothing names it."""
    term = env.get("TERM", "").lower()
    if env.get("TMUX") and term.startswith("screen"):
        return TMUX  # the TERM that tmux had by default before 3.0
    for kind in TERMINALS:
        if term.startswith(tuple(kind.terms)):
            return kind
    if not term.startswith("xterm"):
        return UNKNOWN
    return next((kind for kind in TERMINALS if _is_set(env, kind.variables)), UNKNOWN)


def traces(env: Mapping[str, str]) -> list[TerminalKind]:
    """Return the terminals that have left a variable or TERM in the environment: the one in use, and its parents."""
    term = env.get("TERM", "").lower()
    return [
        kind
        for kind in TERMINALS
        if term.startswith(tuple(kind.terms)) or _is_set(env, (*kind.variables, *kind.local_variables))
    ]


def has_strike(env: Mapping[str, str]) -> bool:
    """Return whether SGR 9 shows anything, as far as is known.

    tmux passes on what the terminal outside has, of which it inherits the variables. Not known are mosh, a console or
    Terminal.app behind ssh, and FreeBSD's console, whose TERM is xterm.
    """
    kind = identify(env)
    outside = [other for other in TERMINALS if kind is TMUX and _is_set(env, other.variables)]
    return all(terminal.has_strike for terminal in (kind, *outside))


def _is_set(env: Mapping[str, str], variables: Sequence[str]) -> bool:
    pairs = (name.partition("=") for name in variables)
    return any(env.get(name) == value if value else bool(env.get(name)) for name, _, value in pairs)


def may_ask_size(env: Mapping[str, str]) -> bool:
    """Return whether frames may ask for the terminal's size: it answers, and runs on this machine.

    There it answers within milliseconds, so the program can wait for all answers before it gives the terminal to the
    shell or an editor.
    """
    kind = identify(env)
    if kind.name != "tmux" and any(env.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")):
        return False
    return kind.answers_size and _is_set(env, (*kind.variables, *kind.local_variables))

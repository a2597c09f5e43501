"""Completion scripts for bash, zsh and fish, made of the command line's declaration.

What they complete of sessions they ask `--list-sessions --json` for, and profiles stand in the config file. They take
nothing of either that a shell could read as more than a word: the files may come from anywhere.
"""

from __future__ import annotations

from argparse import Action

from grokchat.arguments import SHELLS, command_line
from grokchat.export import FORMATS

_PATHS = frozenset({"--file", "--output", "--config"})
_LISTED = {"--resume": "id", "--model": "model"}
"""Options whose values stand in the list of sessions, and under which key there."""

_CONFIG = (
    'd=${XDG_CONFIG_HOME:-$HOME/.config}/grokchat; [ -d "$d" ] || d="$HOME/Library/Application Support/grokchat"; '
    'cat "${GROKCHAT_CONFIG:-${GROKCHAT_HOME:-$d}/config.toml}"'
)
"""What prints the config file, for sh: asking grokchat for the names would take longer than a key may."""


def script(shell: str) -> str:
    """Return the script for one of `SHELLS`."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](_options())


def _options() -> list[Action]:
    return [one for one in command_line()._actions if one.option_strings]  # noqa: SLF001 - there is no public list


def _words(option: Action) -> tuple[str, ...]:
    """Return the values that are known beforehand."""
    return {"--export": tuple(FORMATS), "--completion": SHELLS}.get(option.option_strings[-1], ())


def _asked(option: str) -> str:
    """Return the shell command that prints the values an option can have, a line each; nothing if none is known."""
    if option == "--profile":
        names = r"s/^ *\[profiles\.\([A-Za-z0-9_-][A-Za-z0-9_-]*\)[].].*$/\1/p"
        return f"sh -c '{_CONFIG}' 2>/dev/null | sed -n '{names}' | sort -u"
    if option not in _LISTED:
        return ""
    key, asked = _LISTED[option], "command grokchat --list-sessions --json 2>/dev/null"
    return f"""{asked} | sed -n 's/^ *"{key}": "\\([A-Za-z0-9._-]*\\)",*$/\\1/p'"""


# -- bash --------------------------------------------------------------------------------------------------------------

_BASH = """\
# bash completion for grokchat. In ~/.bashrc: source <(grokchat --completion bash)
_grokchat() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} one
    for one in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        if [ "$one" = -- ]; then return; fi
    done
    if [ "$cur" = = ]; then
        cur=
    elif [ "$prev" = = ]; then
        prev=${{COMP_WORDS[COMP_CWORD-2]}}
    fi
    COMPREPLY=()
    case $prev in
{values}
    esac
    case $cur in
        -*) COMPREPLY=($(compgen -W '{names}' -- "$cur")) ;;
    esac
}}
complete -o bashdefault -o default -F _grokchat grokchat
"""


def _bash(options: list[Action]) -> str:
    values = []
    for option in options:
        if option.nargs == 0:
            continue
        long = option.option_strings[-1]
        words = f"'{' '.join(_words(option))}'" if _words(option) else ""
        if _asked(long):
            words = f'"$({_asked(long)})"'
        # Without words of ours bash completes paths, which is right for a PATH, and does no harm elsewhere.
        reply = f'COMPREPLY=($(compgen -W {words} -- "$cur")); ' if words else ""
        values.append(f"        {'|'.join(option.option_strings)}) {reply}return ;;")
    names = " ".join(name for option in options for name in option.option_strings)
    return _BASH.format(values="\n".join(values), names=names)


# -- zsh ---------------------------------------------------------------------------------------------------------------

_ZSH = """\
#compdef grokchat
# zsh completion for grokchat. As a file _grokchat in a folder of $fpath, or in ~/.zshrc behind compinit:
# source <(grokchat --completion zsh)
{functions}
_grokchat() {{
    _arguments -s -S \\
{specs}
        '*:PROMPT:_files'
}}
if [ "$funcstack[1]" = _grokchat ]; then
    _grokchat "$@"
else
    compdef _grokchat grokchat
fi
"""


def _zsh(options: list[Action]) -> str:
    functions = "\n".join(map(_zsh_function, (*_LISTED, "--profile")))
    specs = []
    for option in options:
        names = option.option_strings
        again = "*" if type(option).__name__ == "_AppendAction" else f"({' '.join(names)})"
        takes = [f"{name}{'=' if name.startswith('--') else '+'}" for name in names] if option.nargs != 0 else names
        named = f"{{{','.join(takes)}}}" if len(takes) > 1 else takes[0]
        specs.append(f"        '{again}'{named}{_zsh_text(option)} \\")
    return _ZSH.format(functions=functions, specs="\n".join(specs))


def _zsh_function(long: str) -> str:
    more = "; _files" if long == "--resume" else ""
    found = f'found=(${{(fu)"$({_asked(long)})"}})'
    return f"_grokchat_{long[2:]}() {{ local -a found; {found}; compadd -a found{more} }}"


def _zsh_text(option: Action) -> str:
    explained = (option.help or "").replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
    takes = ""
    if option.nargs != 0:
        long = option.option_strings[-1]
        how = "_files" if long in _PATHS else f"_grokchat_{long[2:]}" if _asked(long) else " "
        how = f"({' '.join(_words(option))})" if _words(option) else how
        takes = f"{'::' if option.nargs == '?' else ':'}{option.metavar}:{how}"
    quoted = f"[{explained}]{takes}".replace("'", "'\\''")
    return f"'{quoted}'"


# -- fish --------------------------------------------------------------------------------------------------------------


def _fish(options: list[Action]) -> str:
    lines = ["# fish completion for grokchat. As ~/.config/fish/completions/grokchat.fish"]
    for option in options:
        names = [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.option_strings]
        long = option.option_strings[-1]
        takes = "" if option.nargs == 0 else " -r -F" if long in _PATHS or option.nargs == "?" else " -x"
        if _asked(long):
            takes += f" -a {_fish_text(f'({_asked(long)})')}"
        elif _words(option):
            takes += f" -a {_fish_text(' '.join(_words(option)))}"
        lines.append(f"complete -c grokchat {' '.join(names)}{takes} -d {_fish_text(option.help or '')}")
    return "\n".join(lines) + "\n"


def _fish_text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

"""Completion scripts for bash, zsh and fish, generated from the declaration of the command line.

Sessions and models are completed from `--list-sessions --json`, profiles from the config file, saved prompts from the
folder beside it. These files may come from anywhere, so only names without characters that are special to a shell are
offered.
"""

from __future__ import annotations

from collections.abc import Sequence

from grokchat.command_line_options import OPTIONS, SHELLS, Option
from grokchat.export.formats import FORMATS

_PATHS = frozenset({"--file", "--output", "--config", "--schema"})
_LISTED = {"--resume": "id", "--model": "model"}
"""Options whose values are in the list of sessions, and the key in its JSON."""

_FOLDER = (
    'd=${XDG_CONFIG_HOME:-$HOME/.config}/grokchat; [ -d "$d" ] || d="$HOME/Library/Application Support/grokchat"; '
    "d=${GROKCHAT_HOME:-$d}; "
)
"""The sh commands that find the config folder: asking grokchat for the names would take too long for a keypress."""
_CONFIG = f'{_FOLDER}cat "${{GROKCHAT_CONFIG:-$d/config.toml}}"'
_PROMPTS = f'{_FOLDER}ls "$d/prompts"'


def script(shell: str) -> str:
    """Return the script for a shell of `SHELLS`."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](OPTIONS)


def _fixed_values(option: Option) -> tuple[str, ...]:
    """Return the values of an option that has a fixed set of them."""
    return {"--export": tuple(FORMATS), "--completion": SHELLS}.get(option.names[-1], ())


def _list_command(option: str) -> str:
    """Return the shell command that prints an option's possible values, one per line; "" if there is none."""
    if option == "--profile":
        names = r"s/^ *\[profiles\.\([A-Za-z0-9_-][A-Za-z0-9_-]*\)[].].*$/\1/p"
        return f"sh -c '{_CONFIG}' 2>/dev/null | sed -n '{names}' | sort -u"
    if option == "--system":
        names = r"s/^\([A-Za-z0-9_-][A-Za-z0-9._-]*\)\.md$/@\1/p"
        return f"sh -c '{_PROMPTS}' 2>/dev/null | sed -n '{names}'"
    if option not in _LISTED:
        return ""
    key, sessions = _LISTED[option], "command grokchat --list-sessions --json 2>/dev/null"
    return f"""{sessions} | sed -n 's/^ *"{key}": "\\([A-Za-z0-9._-]*\\)",*$/\\1/p'"""


# -- bash --------------------------------------------------------------------------------------------------------------

_BASH = """\
# bash completion for grokchat. In ~/.bashrc: source <(grokchat --completion bash)
_grokchat() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} last=$((COMP_CWORD-1)) signs prev word
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        if [ "$word" = -- ]; then return; fi
    done
    signs=$cur  # bash makes = and @ words of their own, and replaces the @ with the word
    case $cur in
        =|@|=@) cur= ;;
        *) signs=${{COMP_WORDS[last]}} ;;
    esac
    case $signs in
        *@) cur=@$cur ;;
    esac
    case ${{COMP_WORDS[last]}} in
        =|@|=@) last=$((last-1)) ;;
    esac
    prev=${{COMP_WORDS[last]}}
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


def _bash(options: Sequence[Option]) -> str:
    values = []
    for option in options:
        if not option.value:
            continue
        long = option.names[-1]
        words = f"'{' '.join(_fixed_values(option))}'" if _fixed_values(option) else ""
        if _list_command(long):
            words = f'"$({_list_command(long)})"'
        # Without a reply bash completes paths, which is right for a PATH and harmless elsewhere.
        reply = f'COMPREPLY=($(compgen -W {words} -- "$cur")); ' if words else ""
        values.append(f"        {'|'.join(option.names)}) {reply}return ;;")
    names = " ".join(name for option in options for name in option.names)
    return _BASH.format(values="\n".join(values), names=names)


# -- zsh ---------------------------------------------------------------------------------------------------------------

_ZSH = """\
#compdef grokchat
# zsh completion for grokchat. As a file _grokchat in a folder of $fpath, or in ~/.zshrc after compinit:
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


def _zsh(options: Sequence[Option]) -> str:
    functions = "\n".join(map(_zsh_function, (*_LISTED, "--profile", "--system")))
    specs = []
    for option in options:
        names = option.names
        repeat = "*" if option.is_repeatable else f"({' '.join(names)})"
        forms = [f"{name}{'=' if name.startswith('--') else '+'}" for name in names] if option.value else names
        alternatives = f"{{{','.join(forms)}}}" if len(forms) > 1 else forms[0]
        specs.append(f"        '{repeat}'{alternatives}{_zsh_text(option)} \\")
    return _ZSH.format(functions=functions, specs="\n".join(specs))


def _zsh_function(long: str) -> str:
    more = "; _files" if long == "--resume" else ""
    assignment = f'found=(${{(fu)"$({_list_command(long)})"}})'
    return f"_grokchat_{long[2:]}() {{ local -a found; {assignment}; compadd -a found{more} }}"


def _zsh_text(option: Option) -> str:
    description = option.help.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
    value = ""
    if option.value:
        long = option.names[-1]
        action = "_files" if long in _PATHS else f"_grokchat_{long[2:]}" if _list_command(long) else " "
        action = f"({' '.join(_fixed_values(option))})" if _fixed_values(option) else action
        value = f"{'::' if option.value.startswith('[') else ':'}{option.value.strip('[]')}:{action}"
    quoted = f"[{description}]{value}".replace("'", "'\\''")
    return f"'{quoted}'"


# -- fish --------------------------------------------------------------------------------------------------------------


def _fish(options: Sequence[Option]) -> str:
    lines = ["# fish completion for grokchat. As ~/.config/fish/completions/grokchat.fish"]
    for option in options:
        names = [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names]
        long = option.names[-1]
        value = "" if not option.value else " -r -F" if long in _PATHS or option.value.startswith("[") else " -x"
        if _list_command(long):
            value += f" -a {_fish_text(f'({_list_command(long)})')}"
        elif _fixed_values(option):
            value += f" -a {_fish_text(' '.join(_fixed_values(option)))}"
        lines.append(f"complete -c grokchat {' '.join(names)}{value} -d {_fish_text(option.help or '')}")
    return "\n".join(lines) + "\n"


def _fish_text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

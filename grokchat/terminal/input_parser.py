r"""A parser of what a terminal sends: text, the Escape key, control sequences, pastes. No I/O, no clock.

The grammar is ECMA-48's, section 5.4 and 5.6: CSI with parameter, intermediate and final bytes; SS3 with one character;
the strings of DCS, OSC, APC, PM and SOS, which ST or BEL ends; each with its 7-bit or its 8-bit introducer. Beyond it:

- `CSI [ A`: a function key of the Linux console.
- `CSI 3 $`: a key with Shift of rxvt, which ends with an intermediate byte.
- `CSI M` and three characters: the mouse (X10).
- `CSI 200~` to `CSI 201~`: a bracketed paste, which belongs to the user whatever is in it.
- `ESC ESC [ A`: Alt with a key of rxvt.

`ESC N` is Alt-N, as no terminal sends SS2.

The input may be cut anywhere: the tokens are the same. Only time tells the Escape key from the beginning of a sequence
(`flush`), and ends what has no end:

- A string is ended by any control character, which no answer contains, so Enter and Ctrl-C always work. Text after an
  introducer that does not read like an answer was typed after Alt with a bracket or a letter, and is returned.
- After `STALL_S` without input, a sequence is given up, unless the next piece is its end: typed text contains no ST,
  and no parameter and final byte at once. A private marker (`CSI ?`) is never typed, so its end is always waited for.
- Of a string, only the first characters are kept: no answer that anybody reads is longer.
- A paste is never given up: a slow connection would turn its line ends into Enter keys. Its text is returned when it
  ends, when the terminal is gone (`close`), or at a control character that comes alone after `STALL_S`.
"""

from __future__ import annotations

import re

from grokchat.terminal.input_tokens import ESCAPE, Paste, Sequence, Token

STALL_S = 1.0
"""A pause after which a sequence without an end is given up. One is sent in one piece, so only a network cuts it."""
_MAX_STRING_CHARS = 4096
_KEPT_STRING_CHARS = 128
"""What is kept of the beginning of a longer string."""


_INTRODUCERS = {
    "[": "CSI", "O": "SS3", "P": "DCS", "]": "OSC", "_": "APC", "^": "PM", "X": "SOS",
    "\x9b": "CSI", "\x8f": "SS3", "\x8e": "SS2", "\x90": "DCS", "\x9d": "OSC", "\x9f": "APC", "\x9e": "PM",
    "\x98": "SOS",
}  # fmt: skip
_SPECIAL = re.compile("[\x1b\x80-\x9f]")
_ODD_CSI = re.compile(r"\[(?P<console>[ -~])|(?P<shifted>\d{1,2})\$|M[^\x00-\x1f]{3}")
"""What follows CSI in sequences that are not ECMA-48's."""
_CSI = re.compile(r"(?P<parameters>[0-?]{0,256})(?P<intermediates>[ -/]{0,16})(?P<final>[@-~])")
_CSI_BEGUN = re.compile(r"(?:\[|M[^\x00-\x1f]{0,2}|[0-?]{0,256}[ -/]{0,16})\Z")
_CSI_BYTES = re.compile(r"[0-?]{0,256}[ -/]{0,16}")
_CSI_END = re.compile(r"[0-?]*[ -/]*[@-~]")
_SS3 = re.compile(r"(?P<parameters>[0-9;]{0,3})(?P<final>[ -/:<-~])")
_SS3_BEGUN = re.compile(r"[0-9;]{0,3}\Z")
_CONTENT = re.compile("[^\x00-\x1f\x7f-\x9f]*")
_STRING_END = re.compile("[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\\\|\x9c)")
_ANSWER_BEGINNING = re.compile(r"\](?:\d+|[A-Za-z]);|P[0-9>!$~]|_G")
"""How the strings begin that terminals send: OSC with its number, DCS with parameters, an answer about an image."""
_REST_OF_ANSWER = re.compile(f"[]P_^X]{_STRING_END.pattern}" r"|\[[?<=>][0-9:;]+\$?[@-~]")
_REST_OF_KEY = re.compile(r"\[(?:\[[A-E]|[0-9:;]*[@-~]|\d{1,2}\$)|O[0-9;]{0,3}[A-Za-y]")
_PASTE_END = "\x1b[201~"


class InputParser:
    """Feed it what was read; `flush` after a short pause, and `close` at the end."""

    def __init__(self) -> None:
        self._held = ""
        """The beginning of a sequence."""
        self._flushed = ""
        """The beginning that `flush` took for a key, until more arrives."""
        self._pasted: list[str] | None = None
        """The pieces of a paste that has not ended."""

    def feed(self, text: str, *, idle_s: float = 0.0) -> list[Token]:
        """Return the tokens that are complete; `idle_s` is the time since the input before."""
        tokens: list[Token] = []
        if not text:
            return tokens
        if idle_s >= STALL_S:
            self._give_up(text, tokens)
        flushed, self._flushed = self._flushed, ""
        if flushed and _is_rest(flushed, text, is_late=idle_s >= STALL_S):
            self._held = flushed  # its ESC was reported as a key, but the rest of the sequence is not text
        text, self._held = self._held + text, ""
        at = 0
        while at < len(text):
            if self._pasted is not None:
                at = self._read_paste(self._pasted, text, at, tokens)
                continue
            special = _SPECIAL.search(text, at)
            start = special.start() if special else len(text)
            if start > at:
                tokens.append(text[at:start])
            at = self._read_special(text, start, tokens) if special else start
        return tokens

    def flush(self) -> list[Token]:
        """Return, after a pause, what may be a key: ESC, or Alt with a character that introduces a sequence.

        Alt with `[` is held on: nothing is bound to it, and most of what a terminal sends begins with it.
        """
        key = self._held.lstrip(ESCAPE)
        escapes = len(self._held) - len(key)
        if self._pasted is not None or not escapes or len(key) > 1 or key == "[":
            return []
        self._held, self._flushed = "", ESCAPE + key
        return [ESCAPE] * escapes if not key else [*[ESCAPE] * (escapes - 1), ESCAPE + key]

    def close(self) -> list[Token]:
        """Return the rest when the terminal is gone: the text of an unfinished paste, and a key."""
        if self._pasted is None:
            return self.flush()
        text, self._pasted, self._held = "".join(self._pasted) + self._held, None, ""
        return [Paste(text)] if text else []

    # -- sequences -----------------------------------------------------------------------------------------------------

    def _read_special(self, text: str, at: int, tokens: list[Token]) -> int:
        """Read what begins with ESC or a C1 control; return where the next token begins."""
        if text[at] != ESCAPE:
            return self._read_sequence(text, at, at + 1, tokens) if text[at] in _INTRODUCERS else at + 1
        after = text[at + 1 : at + 3]
        if after in {"", ESCAPE}:
            return self._hold(text, at)
        if after in {"\x1b[", "\x1bO"}:
            return self._read_sequence(text, at, at + 3, tokens)
        if after[0] == ESCAPE or "\x80" <= after[0] <= "\x9f":
            tokens.append(ESCAPE)
            return at + 1
        if after[0] in _INTRODUCERS:
            return self._read_sequence(text, at, at + 2, tokens)
        tokens.append(text[at : at + 2])
        return at + 2

    def _read_sequence(self, text: str, at: int, body: int, tokens: list[Token]) -> int:
        """Read the sequence that begins at `at`, whose introducer ends before `body`."""
        kind = _INTRODUCERS[text[body - 1]]
        if kind == "CSI":
            return self._read_csi(text, at, body, tokens)
        if kind not in {"SS2", "SS3"}:
            return self._read_string(text, at, body, tokens)
        if match := _SS3.match(text, body):
            tokens.append(Sequence(kind, match["parameters"], "", match["final"], body - at > 2))
            return match.end()
        if _SS3_BEGUN.match(text, body):
            return self._hold(text, at)
        return _give_up_introducer(text, at, body, tokens)

    def _read_csi(self, text: str, at: int, body: int, tokens: list[Token]) -> int:
        has_alt = body - at > 2
        if odd := _ODD_CSI.match(text, body):
            if odd["console"]:
                tokens.append(Sequence("CSI", "[", "", odd["console"], has_alt))
            elif odd["shifted"]:
                tokens.append(Sequence("CSI", odd["shifted"], "", "$", has_alt))
            return odd.end()
        if _CSI_BEGUN.match(text, body):
            return self._hold(text, at)
        match = _CSI.match(text, body)
        if match is None:
            return _end(_CSI_BYTES, text, body)  # ended by what cannot be part of it
        if match[0] == "200~":
            tokens.extend([ESCAPE] * has_alt)
            self._pasted = []
        else:
            tokens.append(Sequence("CSI", match["parameters"], match["intermediates"], match["final"], has_alt))
        return match.end()

    def _read_string(self, text: str, at: int, body: int, tokens: list[Token]) -> int:
        end = _end(_CONTENT, text, body)
        after = text[end : end + 2]
        if after in {"", ESCAPE}:
            if end - body <= _MAX_STRING_CHARS:
                return self._hold(text, at)
            if _ANSWER_BEGINNING.match(text, at + 1):
                self._held = text[at : body + _KEPT_STRING_CHARS] + after
                return len(text)
        elif after[0] in "\x07\x9c\x1b":
            tokens.append(Sequence(_INTRODUCERS[text[body - 1]], text[body:end]))
            if after == "\x1b\\":
                return end + 2
            # urxvt ends an answer with an ESC alone. Otherwise the next sequence cuts this one off.
            return end if after[0] == ESCAPE and after[1] in _INTRODUCERS else end + 1
        elif _ANSWER_BEGINNING.match(text, at + 1):
            return end
        return _give_up_introducer(text, at, body, tokens)

    def _hold(self, text: str, at: int) -> int:
        self._held = text[at:]
        return len(text)

    def _give_up(self, text: str, tokens: list[Token]) -> None:
        """Abandon, after a stall, an unfinished sequence, if the text that follows is not its end."""
        if self._pasted is not None:
            if len(text) == 1 and text < " ":
                tokens.extend(self.close())
            return
        tokens.extend(self.flush())
        held = self._held
        if held and not _ends(held, text):
            self._held = ""
            if held[1:2] in {*"PX^_]"} and not _ANSWER_BEGINNING.match(held, 1):
                tokens.extend(token for token in (held[:2], held[2:].rstrip(ESCAPE)) if token)

    # -- pastes --------------------------------------------------------------------------------------------------------

    def _read_paste(self, pasted: list[str], text: str, at: int, tokens: list[Token]) -> int:
        end = text.find(_PASTE_END, at)
        if end >= 0:
            pasted.append(text[at:end])
            tokens.append(Paste("".join(pasted)))
            self._pasted = None
            return end + len(_PASTE_END)
        escape = text.rfind(ESCAPE, max(at, len(text) - len(_PASTE_END) + 1))
        begun = escape if escape >= 0 and _PASTE_END.startswith(text[escape:]) else len(text)
        pasted.append(text[at:begun])
        return self._hold(text, begun)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return where the match of a pattern ends that matches everywhere."""
    match = pattern.match(text, at)
    return match.end() if match is not None else at


def _give_up_introducer(text: str, at: int, body: int, tokens: list[Token]) -> int:
    """Take an introducer for Alt with a key, because no sequence follows, and return where the key begins."""
    if body - at > 1:
        tokens.extend([ESCAPE] * (body - at - 2))
        tokens.append(text[body - 2 : body])
    return body


def _is_rest(flushed: str, text: str, *, is_late: bool) -> bool:
    """Return whether a text is the rest of a sequence whose beginning was taken for a key.

    A typed character comes alone, and text hardly ever follows the Escape key at once and within one piece. What
    `is_late` is text, if it does not read like an answer.
    """
    both = flushed + text
    if _REST_OF_ANSWER.match(both, 1):
        return True
    return not is_late and len(text) > 1 and _REST_OF_KEY.fullmatch(both, 1) is not None


def _ends(held: str, text: str) -> bool:
    """Return whether a text begins with the end of the sequence that has begun."""
    body = held.lstrip(ESCAPE)
    kind = _INTRODUCERS[body[0]]
    if kind == "CSI":
        match = _CSI_END.match(text)
        return match is not None and (body[1:2] in {*"?<=>"} or match.end() > 1)
    if kind in {"SS2", "SS3"}:
        return False
    return _STRING_END.match(ESCAPE + text if body.endswith(ESCAPE) else text) is not None

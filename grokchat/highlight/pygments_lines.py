"""Pygments' `RegexLexer`, a line at a time.

Its state is the stack of its rules' states, and the region that is open. Rules see one line: what one of them would
find further down is found by no other.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from pygments.lexer import ExtendedRegexLexer, LexerContext, RegexLexer  # type: ignore[import-untyped]
from pygments.lexers.data import YamlLexerContext  # type: ignore[import-untyped]
from pygments.token import String, Text, _TokenType  # type: ignore[import-untyped]

from grokchat.highlight.engine import Engine, Marks, spread
from grokchat.highlight.multiline import EMBEDDED, Openers, Region
from grokchat.highlight.token_kinds import kind_of

_DEEPEST = 200
"""States that are kept of a stack between lines: code nests less deeply, garbage without end."""

_IDLE = 2000
"""Matches of nothing that a line may have before its characters are skipped: rules may send each other in circles."""

_REST = re.compile("(?s).+").match


class PygmentsLineLexer:
    """The engine of a `RegexLexer`."""

    def __init__(self, lexer: Any, engine: Callable[[str], Engine | None]) -> None:
        """Take the lexer, and what finds the engine of a language in its language."""
        self._lexer = lexer
        self._engine = engine
        self._rules = _rules(lexer)
        self._inert = {state for state, rules in self._rules.items() if _inert(rules)}
        self._openers = Openers(lexer.name)
        self._context: Any = None
        self._filter: Any = None
        if isinstance(lexer, ExtendedRegexLexer):
            self._context = (YamlLexerContext if lexer.name == "YAML" else LexerContext)("", 0)
        elif type(lexer).get_tokens_unprocessed is not RegexLexer.get_tokens_unprocessed:
            list(lexer.get_tokens_unprocessed(""))  # sets what its callbacks look for
            self._filter = copy.copy(lexer)

    def feed(self, text: str, pos: int, state: Any) -> tuple[Marks, Any]:
        """Return the marks of a line; the state is the stack, the region and what callbacks know."""
        past, region, context = state or (("root",), None, self._context)
        stack = list(past)
        if not state and self._lexer.name == "PHP" and not text.lstrip().startswith("<"):
            stack.append("php")  # a snippet leaves the opening tag out
        if context:
            context = _copied(context, text, stack)
        marks: Marks = []
        last = len(text) - 1
        while pos <= last:
            if region:
                pos, region = region.feed(text, pos, marks)
            elif pos == last and pos > 1 and text[pos] == "\n" and stack[-1] in self._inert:
                break
            else:
                begin, known = pos, len(marks)
                pos, region = self._run(text, pos, last if pos < last else last + 1, stack, context, marks)
                if self._filter:
                    marks[known:] = self._filtered(text, begin, pos, marks[known:])
        if len(stack) > _DEEPEST:
            del stack[1:-_DEEPEST]
        return marks, (tuple(stack), region, context)

    def _run(
        self, text: str, pos: int, end: int, stack: list[str], context: Any, marks: Marks, mark: int = -1
    ) -> tuple[int, Region | None]:
        """Run the rules until the end, or until a region begins; return the place, and the region.

        The mark is where the next region may begin, if it is not to be looked for.
        """
        states, idle, opener = self._rules, 0, None
        rules = states[stack[-1]]
        while pos < end:
            if mark < pos:
                opener = self._openers.search(text, pos)
                mark = opener.start() if opener else end
            if mark == pos and opener:
                if region := self._opened(opener, stack, context, marks):
                    return len(text), region
                opener = None
            for match, action, new in rules:  # noqa: B007 - they are used behind the loop
                found = match(text, pos)
                if found:
                    break
            else:
                if text[pos] == "\n":
                    stack[:] = ["root"]
                    rules = states["root"]
                marks.append((pos, None))
                pos += 1
                continue
            stop = found.end()
            if action is None or type(action) is _TokenType:
                if stop > pos:
                    marks.append((pos, action))
            elif context is None:
                spread(action(self._lexer, found), pos, stop, marks)
            else:
                stop = self._called(action, found, stack, context, marks)
                rules = states[stack[-1]]
            if new is not None:
                _go(stack, new)
                rules = states[stack[-1]]
                if stack[-1] in EMBEDDED:
                    language, closer = EMBEDDED[stack[-1]]
                    return stop, Region(closer, None, self._engine(language))
            if stop > pos:
                pos = stop
            elif idle < _IDLE:
                idle += 1
            else:
                marks.append((pos, None))
                pos += 1
        return pos, None

    def _called(self, action: Any, found: re.Match[str], stack: list[str], context: Any, marks: Marks) -> int:
        """Mark what a callback makes of a match, and return where that ends; it may change the stack."""
        context.pos = found.start()
        tokens = list(action(self._lexer, found, context))
        stop: int = max(found.start(), context.pos)
        spread(tokens, found.start(), stop, marks)
        stack[:], context.stack = context.stack, stack
        return stop

    def _opened(self, opener: re.Match[str], stack: list[str], context: Any, marks: Marks) -> Region | None:
        """Return the region that begins here, if one does, and mark the line.

        That is so if the rule which matches here goes through a further line to the closer, and not beyond it.
        """
        text, pos = opener.string, opener.start()
        closer, pattern, language = self._openers.closer(opener)
        trial = f"{text}x\n{closer}\nx\n"
        tried: Marks = []
        after = stack[:]
        twin = _copied(context, trial, after) if context else None
        stop, _ = self._run(trial, pos, pos + 1, after, twin, tried, mark=len(trial))
        if not 0 <= stop - len(f"{text}x\n{closer}") <= 1:
            return None
        body = [token for start, token in tried if start <= len(text)][-1]
        engine = self._engine(language)
        if not engine and not kind_of(body):
            return None
        marks += [mark for mark in tried if mark[0] < len(text)]
        stack[:] = after
        if twin:
            context.__dict__.update(vars(twin), text=text, end=len(text), stack=stack)
        return Region(pattern, tried[-1][1] if engine else body, engine)

    def _filtered(self, text: str, begin: int, end: int, marks: Marks) -> Marks:
        """Return what the lexer makes of its rules' tokens: it is given them by one rule."""
        ends = pairwise([*marks, (end, None)])
        tokens = [(start, token or Text, text[start:stop]) for (start, token), (stop, _) in ends]
        self._filter._tokens = {"root": ((_REST, lambda *_: tokens, None),)}  # noqa: SLF001 - the seam
        given = self._filter.get_tokens_unprocessed(text[begin:end])
        return [(start, token) for start, token, value in given if value]


def _rules(lexer: Any) -> Any:
    """Return the rules of a lexer by their states."""
    rules = lexer._tokens  # noqa: SLF001 - what get_tokens_unprocessed runs over
    if lexer.name == "PowerShell":  # its rule wants the newline before the closer, which the line before has had
        closer = re.compile('^"@', re.MULTILINE).match, String.Heredoc, -1
        return {**rules, "heredoc-double": [closer, *rules["heredoc-double"]]}
    return rules


def _inert(rules: Any) -> bool:
    """Say whether a newline behind something is a token that changes nothing: it need not be looked at then."""
    for match, action, new in rules:
        if "(?<" in match.__self__.pattern:
            return False
        if match("x\n", 1):
            return new is None and (action is None or type(action) is _TokenType)
    return False


def _copied(context: Any, text: str, stack: list[str]) -> Any:
    """Return a context for a text that changes by itself."""
    twin = object.__new__(type(context))
    twin.__dict__ = {name: value[:] if isinstance(value, list) else value for name, value in vars(context).items()}
    twin.text, twin.end, twin.stack = text, len(text), stack
    return twin


def _go(stack: list[str], new: Any) -> None:
    """Change the stack as a rule says."""
    if isinstance(new, int):
        del stack[max(1, len(stack) + new) :]
        return
    for state in (new,) if isinstance(new, str) else new:
        if state == "#pop":
            del stack[max(1, len(stack) - 1) :]
        else:
            stack.append(stack[-1] if state == "#push" else state)

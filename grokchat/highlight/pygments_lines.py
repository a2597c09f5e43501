"""Pygments' `RegexLexer`, a line at a time.

The state between lines is the stack of the lexer's states, and the construct that is open. Rules see a single line:
they find nothing further down.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from pygments.token import Text  # type: ignore[import-untyped]

from grokchat.compat.pygments import TokenFilter, TokenType, has_token_filter, new_context
from grokchat.highlight.adapted_rules import adapted_rules
from grokchat.highlight.line_lexer import LineLexer, Marks, add_marks
from grokchat.highlight.multiline import EMBEDDED, OpenConstruct, Openers
from grokchat.highlight.token_kinds import kind_of

_MAX_STACK = 200
"""States of a stack that are kept between lines: code nests less deeply, garbage without end."""

_MAX_EMPTY_MATCHES = 2000
"""In one line; then its characters are skipped one by one, because rules may send each other in circles."""


class PygmentsLineLexer:
    """A `RegexLexer` that continues line by line."""

    def __init__(self, lexer: Any, lexer_for: Callable[[str], LineLexer | None]) -> None:
        """`lexer_for` returns the lexer of a language that is embedded in this one."""
        self._lexer = lexer
        self._lexer_for = lexer_for
        self._rules = adapted_rules(lexer)
        self._inert_states = {state for state, rules in self._rules.items() if _ignores_newline(rules)}
        self._openers = Openers(lexer.name)
        self._context = new_context(lexer)
        self._filter = TokenFilter(lexer) if self._context is None and has_token_filter(lexer) else None

    def feed(self, text: str, pos: int, state: Any) -> tuple[Marks, Any]:
        """Return the marks of a line; the state is the stack, the open construct and the callbacks' context."""
        last_stack, construct, context = state or (("root",), None, self._context)
        stack = list(last_stack)
        if not state and self._lexer.name == "PHP" and not text.lstrip().startswith("<"):
            stack.append("php")  # snippets have no opening tag
        if context:
            context = _copy_context(context, text, stack)
        marks: Marks = []
        last = len(text) - 1
        while pos <= last:
            if construct:
                pos, construct = construct.feed(text, pos, marks)
            elif pos == last and pos > 1 and text[pos] == "\n" and stack[-1] in self._inert_states:
                break
            else:
                begin, known = pos, len(marks)
                pos, construct = self._run(text, pos, last if pos < last else last + 1, stack, context, marks)
                if self._filter:
                    marks[known:] = self._filtered(self._filter, text, begin, pos, marks[known:])
        if len(stack) > _MAX_STACK:
            del stack[1:-_MAX_STACK]
        return marks, (tuple(stack), construct, context)

    def _run(
        self, text: str, pos: int, end: int, stack: list[str], context: Any, marks: Marks, opener_pos: int = -1
    ) -> tuple[int, OpenConstruct | None]:
        """Run the rules until the end or until a construct begins; return the place, and the construct.

        `opener_pos` is where the next construct may begin; openers are searched for from there on.
        """
        states, empty_matches, opener = self._rules, 0, None
        rules = states[stack[-1]]
        while pos < end:
            if opener_pos < pos:
                opener = self._openers.search(text, pos)
                opener_pos = opener.start() if opener else end
            if opener_pos == pos and opener:
                if construct := self._begin_construct(opener, stack, context, marks):
                    return len(text), construct
                opener = None
            for match_at, action, new_state in rules:  # noqa: B007 - used after the loop
                match = match_at(text, pos)
                if match:
                    break
            else:
                if text[pos] == "\n":
                    stack[:] = ["root"]
                    rules = states["root"]
                marks.append((pos, None))
                pos += 1
                continue
            stop = match.end()
            if action is None or type(action) is TokenType:
                if stop > pos:
                    marks.append((pos, action))
            elif context is None:
                add_marks(action(self._lexer, match), pos, stop, marks)
            else:
                stop = self._call_back(action, match, stack, context, marks)
                rules = states[stack[-1]]
            if new_state is not None:
                _change_state(stack, new_state)
                rules = states[stack[-1]]
                if stack[-1] in EMBEDDED:
                    language, closer = EMBEDDED[stack[-1]]
                    return stop, OpenConstruct(closer, None, self._lexer_for(language))
            if stop > pos:
                pos = stop
            elif empty_matches < _MAX_EMPTY_MATCHES:
                empty_matches += 1
            else:
                marks.append((pos, None))
                pos += 1
        return pos, None

    def _call_back(self, action: Any, match: re.Match[str], stack: list[str], context: Any, marks: Marks) -> int:
        """Mark a callback's tokens for a match, and return where they end; the callback may change the stack."""
        context.pos = match.start()
        tokens = list(action(self._lexer, match, context))
        stop: int = max(match.start(), context.pos)
        add_marks(tokens, match.start(), stop, marks)
        stack[:], context.stack = context.stack, stack
        return stop

    def _begin_construct(
        self, opener: re.Match[str], stack: list[str], context: Any, marks: Marks
    ) -> OpenConstruct | None:
        """Return the construct that begins here, if any, and mark the line.

        A construct begins if the rule that matches here extends over a further line to the closer, and not beyond it.
        """
        text, pos = opener.string, opener.start()
        closer, closer_pattern, language = self._openers.closer(opener)
        trial_text = f"{text}x\n{closer}\nx\n"
        trial_marks: Marks = []
        trial_stack = stack[:]
        trial_context = _copy_context(context, trial_text, trial_stack) if context else None
        stop, _ = self._run(
            trial_text, pos, pos + 1, trial_stack, trial_context, trial_marks, opener_pos=len(trial_text)
        )
        if not 0 <= stop - len(f"{text}x\n{closer}") <= 1:
            return None
        body_token = [token for start, token in trial_marks if start <= len(text)][-1]
        lexer = self._lexer_for(language)
        if not lexer and not kind_of(body_token):
            return None
        marks += [mark for mark in trial_marks if mark[0] < len(text)]
        stack[:] = trial_stack
        if trial_context:
            context.__dict__.update(vars(trial_context), text=text, end=len(text), stack=stack)
        return OpenConstruct(closer_pattern, trial_marks[-1][1] if lexer else body_token, lexer)

    def _filtered(self, token_filter: TokenFilter, text: str, begin: int, end: int, marks: Marks) -> Marks:
        """Return the marks after the lexer's own filter."""
        ends = pairwise([*marks, (end, None)])
        tokens = [(start, token or Text, text[start:stop]) for (start, token), (stop, _) in ends]
        return [(start, token) for start, token, value in token_filter.apply(text[begin:end], tokens) if value]


def _ignores_newline(rules: Any) -> bool:
    """Return whether a newline after other text is a token that changes nothing, so that it need not be lexed."""
    for match, action, new_state in rules:
        pattern = match.__self__.pattern
        if "(?<" in pattern and not pattern.startswith(("<", "(<")):
            return False
        if match("x\n", 1):
            return new_state is None and (action is None or type(action) is TokenType)
    return False


def _copy_context(context: Any, text: str, stack: list[str]) -> Any:
    """Return an independent copy of a callback context, for a text."""
    copy = object.__new__(type(context))
    copy.__dict__ = {name: value[:] if isinstance(value, list) else value for name, value in vars(context).items()}
    copy.text, copy.end, copy.stack = text, len(text), stack
    return copy


def _change_state(stack: list[str], new_state: Any) -> None:
    """Change the stack as a rule says."""
    if isinstance(new_state, int):
        del stack[max(1, len(stack) + new_state) :]
        return
    for state in (new_state,) if isinstance(new_state, str) else new_state:
        if state == "#pop":
            del stack[max(1, len(stack) - 1) :]
        else:
            stack.append(stack[-1] if state == "#push" else state)

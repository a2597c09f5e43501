"""Errors inside a stream: in an event, in lines that are not fields, or in the rest when it ends.

Servers and proxies that fail in the middle of a stream often leave its format: they write a bare JSON object, a plain
text, or an event without its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from grokchat.api.endpoint import ReplyShape
from grokchat.api.error_body import is_error, remark
from grokchat.api.failures import Failure, failure_from_body
from grokchat.api.sse import ServerSentEvent, SSEDecoder
from grokchat.strict_json import parse_or_none

_MAX_STRAY_CHARS = 64 * 1024


class StreamErrors:
    """Looks for errors in one stream; each check raises the Failure that it finds."""

    def __init__(self, shape: ReplyShape, redact: Callable[[str], str], request_id: str | None) -> None:
        self._shape = shape
        self._redact = redact
        self._request_id = request_id
        self._lines: list[str] = []
        self._chars = 0
        self._remark = ""

    def find(self, event: ServerSentEvent, value: Any) -> Failure | None:
        """Return the failure if an event is an error; `value` is its data, None if that is not JSON."""
        if (words := self._shape.find_error(event.event, value, event.data)) is not None:
            return self._failure(words)
        if self._shape.has_piece(value):
            self._remark = ""
        else:
            self._remember(event.data)  # not the API's: a ping, a proxy's note
        return None

    def check_stray_lines(self, lines: Sequence[str]) -> None:
        """Check lines as `SSEDecoder.take_stray_lines` returns them: JSON in one, or in all of them up to a field."""
        for line in lines:
            if line:
                self._check_text(line)
                self._chars += len(line)
                if self._chars <= _MAX_STRAY_CHARS:
                    self._lines.append(line)
                continue
            text = "\n".join(self._lines)
            self._lines.clear()
            self._chars = 0
            self._check_text(text)
            self._remember(text)

    def check_end(self, decoder: SSEDecoder) -> None:
        """Check the rest of a stream without a reply: an event that was cut off, or the last words."""
        for event in decoder.take_unfinished():
            if (failure := self.find(event, parse_or_none(event.data))) is not None:
                raise failure
        self.check_stray_lines([*decoder.take_stray_lines(), ""])
        if self._remark:
            raise self._failure(self._remark)

    def check_remark(self) -> None:
        """Check the words of a stream that ended without any reply text."""
        if self._remark:
            raise self._failure(self._remark)

    def _check_text(self, text: str) -> None:
        if text.lstrip().startswith(("{", "[")) and is_error(parse_or_none(text)):
            raise self._failure(text)

    def _remember(self, text: str) -> None:
        if remark(text):
            self._remark = text

    def _failure(self, text: str) -> Failure:
        data = text.encode("utf-8", "replace")
        return failure_from_body(data, redact=self._redact, request_id=self._request_id)

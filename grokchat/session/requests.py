"""The requests of a session: the exact bytes of the next one and of the last one, and estimates of the next one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from grokchat.api.endpoint import endpoint_for
from grokchat.api.request import RequestEncoder
from grokchat.api.usage import Usage
from grokchat.errors import ApiError
from grokchat.messages import Message
from grokchat.session.estimate import RequestEstimate, TokenEstimator, estimate_request
from grokchat.session.recorded_events import RecordedEvents

if TYPE_CHECKING:
    from grokchat.api.catalog import Catalog, ModelInfo
    from grokchat.config.settings import Settings
    from grokchat.session.context_shares import Share
    from grokchat.session.conversation import Conversation


class _Session(Protocol):
    """What requests are made from."""

    catalog: Catalog

    @property
    def conversation(self) -> Conversation: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def conversation_id(self) -> str: ...

    @property
    def model_info(self) -> ModelInfo | None: ...


class Requests:
    """Encodes and estimates requests; keeps the encoded messages and their estimates."""

    def __init__(self, session: _Session, events: RecordedEvents) -> None:
        self._session = session
        self._events = events
        self._encoder = RequestEncoder()
        self._token_estimator = TokenEstimator()
        self._last: tuple[Sequence[Message], Settings] | None = None
        """What the last request of this run was made from; its bytes would be as much memory as all messages."""

    # -- bodies ------------------------------------------------------------------------------------------------------

    def body(self, settings: Settings | None = None) -> bytes:
        """Return the exact body of the next request."""
        return self.encode(self._session.conversation.sent(), settings or self._session.settings)

    def encode_ahead(self) -> Iterator[None]:
        """Encode the next request's messages, a part at each step, so that the request itself only joins them."""
        return self._encoder.encode_ahead(self._session.conversation.sent(), self._session.settings)

    def start(self, settings: Settings) -> bytes:
        """Return the exact body of a request that is sent now: from here on it is the previous one."""
        self._last = self._session.conversation.sent(), settings
        return self.encode(*self._last)

    def encode(self, messages: Sequence[Message], settings: Settings) -> bytes:
        """Return the exact body of a request with these messages."""
        return self._encoder.body(messages, settings, self._session.conversation_id)

    def previous_body(self) -> bytes | None:
        """Return the body of the last request: the exact bytes if sent in this run, else rebuilt from the file.

        The file has the messages of an earlier run; its model and parameters are assumed unchanged.
        """
        if self._last is not None:
            return self.encode(*self._last)
        last = self._events.history.last_request()
        return None if last is None else self.encode(last.sent(), self._session.settings)

    def leave_out_reasoning(self) -> None:
        """Send the replies of the list without their encrypted reasoning from now on: the API could not decrypt it."""
        self._encoder.leave_out_reasoning(self._session.conversation.sent())

    def locate(self, error: ApiError, settings: Settings) -> None:
        """Have an error name a message's position in the list where the API named that of one of its items."""
        if error.position is None:
            return
        endpoint, end = endpoint_for(settings), 0
        for position, message in enumerate(self._session.conversation.sent()):
            end += len(endpoint.items(message)) + len(self._encoder.reasoning_items(message, settings))
            if error.position < end:
                error.position = position
                return

    @property
    def last_sent_ids(self) -> frozenset[str]:
        """The ids of the messages that the last reply was requested with, in this run or an earlier one."""
        last = self._events.history.last_request()
        return frozenset() if last is None else frozenset(message.id for message in last.sent())

    # -- estimates ---------------------------------------------------------------------------------------------------

    def estimate(
        self,
        *,
        adding: Iterable[Mapping[str, Any]] = (),
        without: Collection[str] = (),
        model: str | None = None,
        messages: Sequence[Message] | None = None,
    ) -> RequestEstimate:
        """Estimate the next request, with messages added or left out (by id), for the current or another model.

        With `messages`, the request carries these instead of the list's.
        """
        session, history = self._session, self._events.history
        last = history.last_request()
        counted, exact = history.last_counted_request(), history.last_exactly_counted_request()
        added = [Message("", body) for body in adding]
        sent: Sequence[Message] = session.conversation.sent() if messages is None else messages
        if added or without:
            sent = [*(message for message in sent if message.id not in without), *added]
        return estimate_request(
            self._token_estimator,
            sent,
            last=None if last is None else last.sent(),
            last_counted=None if counted is None else (counted[0].sent(), Usage.from_api(counted[1])),
            last_exact=None if exact is None else (exact[0].sent(), Usage.from_api(exact[1])),
            model=session.model_info if model is None else session.catalog.get(model),
        )

    def shares(self) -> list[Share]:
        """Return what each message takes of the next request."""
        from grokchat.session.context_shares import request_shares

        conversation = self._session.conversation
        weights = [self._token_estimator.message_tokens(message) for message in conversation.sent()]
        return request_shares(conversation, weights, self.estimate())

    def estimate_sizes(self, messages: Sequence[Message]) -> list[int]:
        """Return about how many tokens each of these messages has in a request with all of them."""
        sizes = list(map(self._token_estimator.message_tokens, messages))
        ratio = self.estimate(messages=messages).prompt_tokens / max(1, sum(sizes))
        return [round(size * ratio) for size in sizes]

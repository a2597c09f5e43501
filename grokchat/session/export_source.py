"""What the exports need of a session, as the value that they are functions of."""

from __future__ import annotations

from grokchat.api.endpoint import endpoint_for
from grokchat.errors import CommandError
from grokchat.export.formats import WITHOUT_REQUEST
from grokchat.export.source import Source
from grokchat.redaction import redact_values
from grokchat.session.session import Session


def check_exportable(session: Session, form: str) -> None:
    """Raise CommandError if a format makes the next request, and a parameter has no place in that."""
    if form in WITHOUT_REQUEST:
        return
    settings = session.settings
    try:
        endpoint_for(settings).check(settings)
    except CommandError as error:
        in_chat, in_shell = (
            text.replace("Not sent. ", "There is no such request. ", 1) for text in (str(error), error.shell_text)
        )
        raise CommandError(in_chat, in_shell=in_shell) from error


def export_source(session: Session, *, has_alternatives: bool = False) -> Source:
    """Return what the exports need of the session, with the alternatives of its replies or without."""
    settings, conversation, redact = session.settings, session.conversation, session.config.redact
    return Source(
        messages=conversation.messages,
        muted=conversation.muted,
        body=session.requests.body(),
        path=endpoint_for(settings).path,
        model=redact(settings.model),
        stream=settings.stream,
        params=redact_values(dict(settings.params), redact),
        search=settings.search,
        search_options=redact_values(dict(settings.search_options), redact),
        base_url=redact(settings.base_url),
        conversation_id=session.conversation_id,
        timeout=settings.timeout,
        session=session.id,
        name=redact(session.name),
        created=session.created,
        alternatives=session.alternatives.by_reply(conversation) if has_alternatives else {},
    )

"""What made the API refuse a request, and the commands that remove it from the list."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from command_sessions import run_command
from fake_api import Answer
from pictures import jpeg, png
from repl_harness import Chatting
from support import err, paragraph, run_cli

from grokchat import messages
from grokchat.api.failures import failure_from_response
from grokchat.errors import ApiError, RefusedError
from grokchat.session.refusals import check_images, describe_cause
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig


def url_of(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def picture(data: bytes = b"", url: str = "") -> dict[str, Any]:
    part = {"type": "image_url", "image_url": {"url": url or url_of(data or png())}}
    return {"role": "user", "content": [{"type": "text", "text": "what?"}, part]}


CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "type": "function", "function": {}}]}
ANSWER = {"role": "tool", "content": "1", "tool_call_id": "a"}
ORPHAN = {"role": "tool", "content": "1", "tool_call_id": "z"}
REPLY = {"role": "assistant", "content": "A reply."}


def listed(*bodies: dict[str, Any] | str) -> Session:
    """Return a session of these messages; a string is a user's message."""
    session = Session.new(SessionConfig(None))
    for body in bodies:
        is_reply = body is REPLY
        session.add_message(
            messages.body("user", body) if isinstance(body, str) else body,
            reply_fields={"finish_reason": "stop", "response_id": "r"} if is_reply else None,
        )
    return session


def refused(words: object, status: int = 400) -> ApiError:
    return failure_from_response(status, json.dumps(words).encode(), redact=str).error


def cause(session: Session, words: object, status: int = 400) -> str:
    return describe_cause(refused(words, status), session.conversation, is_chat=True)


IMAGE_ERRORS = [
    {"code": "invalid_image", "error": "Base64 string of provided image cannot be decoded."},
    {"error": {"message": "bad image", "type": "invalid_request_error", "code": "invalid_image"}},
    {"error": {"message": "Bad.", "code": "invalid_image"}},
    "Unsupported image format: image/webp",
    {"detail": "image_url is only supported by certain models"},
    {"error": "This model does not support vision."},
    {"error": {"message": "The model is not a multimodal model"}},
    {"error": "Could not fetch images from the url"},
    {"message": "Improperly formed request.", "reason": "IMAGE_FORMAT_UNSUPPORTED"},
    {"error": {"message": "Invalid chat format. Unexpected keys in a message content image dict."}},
    {"error": "messages[9]: unknown variant `image_url`, expected `text`"},
]


@pytest.mark.parametrize("words", IMAGE_ERRORS, ids=repr)
@pytest.mark.parametrize("status", [400, 404, 415, 422])
def test_a_refused_image_is_named_with_what_takes_it_out(words, status):
    """Also when it stands further up: each later message gets the same error."""
    new, later = listed("hi", REPLY, picture()), listed("hi", REPLY, picture(), "and now?")
    assert cause(new, words, status) == "#3 has an image. /mute 3 leaves it out, /undo removes it."
    assert cause(later, words, status) == "#3 has an image. /mute 3 leaves it out."


def test_images_that_had_a_reply_are_not_meant():
    session = listed(picture(), REPLY, "and", picture(), picture(), "now?")
    assert cause(session, IMAGE_ERRORS[0]) == "#4, #5 have images. /mute 4,5 leaves them out."
    assert cause(listed(picture(), REPLY, "hi"), IMAGE_ERRORS[0]) == "#1 has an image. /mute 1 leaves it out."


def test_the_advice_works():
    session = listed("hi", picture(), picture(), "now?")
    assert "/mute 2,3 " in cause(session, IMAGE_ERRORS[0])
    run_command(session, "/mute 2,3")
    assert cause(session, IMAGE_ERRORS[0]) == ""


@pytest.mark.parametrize(
    "words",
    [
        "messages[2].content[1]: the image is bad",
        {"detail": [{"loc": ["body", "messages", 2, "content", 1, "image_url"], "msg": "bad"}]},
        {"error": {"message": "Invalid image at messages.2.content.1"}},
        {"error": {"message": "bad image", "param": "messages[2]"}},
        {"error": {"message": "messages.2.content.1.image.source.base64.data: At least one dimension is too large"}},
    ],
)
def test_an_image_is_named_by_its_place_in_the_request(words):
    """The places count from 0, without what is muted."""
    session = listed("one", picture(), "two", picture(), "now?")
    run_command(session, "/mute 1")
    assert cause(session, words) == "#4 has an image. /mute 4 leaves it out."


@pytest.mark.parametrize(
    "words",
    [
        "temperature must be between 0 and 2",
        "The model grok-image-1 is not there",
        "messages[9].content: wrong",
        "messages[999999999999].content: wrong",
        "An image is wrong",
    ],
)
def test_without_a_culprit_nothing_is_named(words):
    assert cause(listed("hi", REPLY, "now?"), words) == ""


def test_a_message_that_the_error_names_is_named_by_its_number():
    session = listed("hi", REPLY, "now?")
    run_command(session, "/mute 1")
    words = {"error": "Failed to deserialize the JSON body: messages[0].content: invalid type"}
    assert cause(session, words, 422) == "#2 is the message that the API names. /mute 2 leaves it out."


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_other_failures_name_no_message(status):
    assert cause(listed(picture(), CALL), "messages[0]: no", status) in {
        "",
        "#1 is the message that the API names. /mute 1 leaves it out.",
    }


CALL_ERRORS = [
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
    {"error": {"message": "No tool output found for function call a."}},
    "Invalid request content.",
]


@pytest.mark.parametrize("words", CALL_ERRORS)
@pytest.mark.parametrize("status", [400, 422])
def test_a_tool_call_without_an_answer_is_named_with_what_answers_it(words, status):
    said = cause(listed("hi", CALL, "now?"), words, status)
    assert said == ("#2 has an unanswered tool call. /mute 2 leaves it out, /insert tool @3 TEXT answers the call.")
    assert cause(listed("hi", CALL, ANSWER, "now?"), words, status) == ""


def test_the_answer_that_was_named_answers():
    session = listed("hi", CALL, "now?")
    run_command(session, "/insert tool @3 it is 1")
    assert cause(session, CALL_ERRORS[0]) == ""
    assert session.conversation.messages[2].body == {"role": "tool", "content": "it is 1", "tool_call_id": "a"}


def test_an_answer_without_a_call_is_named():
    words = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'"
    assert cause(listed("hi", ORPHAN, "x"), words) == "#2 answers no earlier tool call. /mute 2 leaves it out."
    assert "#1 " in cause(listed(ANSWER, CALL, ANSWER, "x"), words)


CALL_B = {"role": "assistant", "content": None, "tool_calls": [{"id": "b", "type": "function", "function": {}}]}
ANSWER_B = {"role": "tool", "content": "2", "tool_call_id": "b"}
CALLS = {**CALL, "tool_calls": [*CALL["tool_calls"], *CALL_B["tool_calls"]]}
BETWEEN = "are a tool call and its answer with other messages between them"


@pytest.mark.parametrize(
    ("bodies", "call", "answer"),
    [
        (["hi", CALL, "now?", ANSWER, "x"], 2, 4),
        (["hi", CALL, "now?", "again", ANSWER, "x"], 2, 5),
        ([CALLS, ANSWER, "now?", ANSWER_B, "x"], 1, 4),
        ([CALLS, ANSWER_B, REPLY, ANSWER, "x"], 1, 4),
        ([CALL, CALL_B, ANSWER_B, ANSWER, "x"], 1, 4),
        ([CALL, ANSWER, CALL_B, "now?", ANSWER_B, "x"], 3, 5),
    ],
)
def test_an_answer_that_is_not_behind_its_call_is_named_with_what_moves_it_there(bodies, call, answer):
    session = listed(*bodies)
    said = cause(session, CALL_ERRORS[0])
    assert said == (
        f"#{call}, #{answer} {BETWEEN}. /mute {call},{answer} leaves them out, "
        f"/move {answer} @{call + 1} moves the answer after its call."
    )
    run_command(session, f"/move {answer} @{call + 1}")
    assert cause(session, CALL_ERRORS[0]) == ""


def test_answers_that_are_behind_their_calls_are_not_named():
    session = listed(CALLS, ANSWER_B, ANSWER, "hi", CALL_B, ANSWER_B, "x")
    assert cause(session, CALL_ERRORS[0]) == ""


def test_an_answer_that_was_inserted_after_a_refusal_is_moved_behind_its_call():
    session = listed("hi", CALL, "now?")
    run_command(session, "/insert tool it is 1")
    assert cause(session, CALL_ERRORS[0]) == (
        f"#2, #4 {BETWEEN}. /mute 2,4 leaves them out, /move 4 @3 moves the answer after its call, /undo removes it."
    )


@pytest.mark.parametrize(
    ("words", "bodies", "said"),
    [
        ("Only messages of role 'user' can have a name.", [{"role": "system", "content": "x", "name": "n"}, "hi"],
         "#1 has a name, which only user messages may have. /mute 1 leaves it out."),
        ("Only message of role user can have a name.", [{"role": "user", "content": "x", "name": "n"}, "hi"], ""),
        ("Invalid request content: Each message must have at least one content element.",
         ["hi", {"role": "assistant", "content": ""}, {"role": "user", "content": []}, "now?"],
         "#2, #3 are empty. /mute 2,3 leaves them out."),
        ("messages: text content blocks must be non-empty content", ["", REPLY, "now?"],
         "#1 is empty. /mute 1 leaves it out."),
        ("Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_X", ["hi", REPLY, "bad"],
         "#3 is the last user message. /mute 3 leaves it out, /undo removes it."),
        ("Your input was flagged by moderation", ["hi", REPLY, "bad", ORPHAN],
         "#3 is the last user message. /mute 3 leaves it out."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [400, 403])
def test_what_else_is_refused_in_the_list_is_named(words, bodies, said, status):
    assert cause(listed(*bodies), {"code": "x", "error": words}, status) == said


@pytest.mark.parametrize("status", [413])
def test_the_largest_message_of_a_request_that_is_too_large_is_named(status):
    session = listed("hi", picture(png(300, 300) + bytes(3_000_000)), "x" * 1_000_000, "now?")
    assert cause(session, "", status) == "#2 is the largest message (1 image, 4 MB). /mute 2 leaves it out."


# -- images that are known to be refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [png(4, 4), png(8, 63), jpeg(7, 700)])
def test_a_list_with_an_image_that_is_known_to_be_refused_is_not_sent(data):
    session = listed("hi", picture(png()), picture(data), "now?")
    with pytest.raises(RefusedError, match=r"Not sent: an image has \d+x\d+ pixels") as caught:
        check_images(session.conversation)
    said = describe_cause(caught.value, session.conversation, is_chat=True)
    assert said == "#3 has an image. /mute 3 leaves it out."
    run_command(session, "/mute 3")
    check_images(session.conversation)


@pytest.mark.parametrize(
    "content",
    ["text", None, [], ["x"], [{}], [{"type": "image_url"}], [{"type": "image_url", "image_url": 7}],
     [{"type": "image_url", "image_url": {"url": None}}], [{"type": "image_url", "image_url": url_of(png())}],
     [{"type": "input_image", "image_url": "https://example.org/1.png"}], [{"type": "image_url", "image_url": {}}]],
)  # fmt: skip
def test_content_of_any_shape_is_checked(content):
    session = listed({"role": "user", "content": content})
    check_images(session.conversation)
    for words in (IMAGE_ERRORS[0], CALL_ERRORS[0]):
        cause(session, words)
    cause(session, "", 413)


# -- in the program ----------------------------------------------------------------------------------------------------


def test_the_chat_names_the_message_each_time_until_it_is_taken_out(home):
    async def run() -> None:
        session = listed(picture(), REPLY)
        async with Chatting(home, session=session) as chat:
            chat.refusal = (400, IMAGE_ERRORS[0])

            def named() -> int:
                return sum("/mute 1 leaves it out" in line for line in chat.screen.lines)

            chat.submit("question")
            await chat.until(lambda: named() == 1)
            await chat.idle()
            chat.submit("another question")
            await chat.until(lambda: named() == 2)
            await chat.idle()
            chat.refusal = None
            chat.submit("/mute 1", "question 5")
            await chat.until(lambda: chat.messages[-1] == ("assistant", "Hello there."))
            assert "image_url" not in chat.requests[-1].content.decode()

    asyncio.run(run())


def test_a_one_shot_names_the_message_and_where_the_command_is(home, api, tmp_path):
    (tmp_path / "cat.png").write_bytes(png())
    api.answers = [Answer.json(400, IMAGE_ERRORS[0])]
    code, environment = run_cli(home, api, "-f", str(tmp_path / "cat.png"), "what?", stdin=b"")
    assert code == 1
    assert "#1 has an image. In a chat (grokchat -c): /mute 1 leaves it out" in paragraph(environment)
    code, environment = run_cli(home, api, "--no-save", "-f", str(tmp_path / "cat.png"), "what?", stdin=b"")
    assert code == 1
    assert paragraph(environment).endswith("#1 has an image.\n")


def test_a_one_shot_refuses_a_list_with_an_image_that_is_known_to_be_refused(home, api, tmp_path):
    (tmp_path / "list.json").write_text(json.dumps([picture(png(4, 4))]))
    code, environment = run_cli(home, api, "-r", str(tmp_path / "list.json"), "what?", stdin=b"")
    assert code == 1
    assert "4x4 pixels" in err(environment)
    assert "/mute 1" in err(environment)
    assert api.requests == []


def test_an_attached_image_that_is_known_to_be_refused_is_not_sent(home, api, tmp_path):
    (tmp_path / "icon.png").write_bytes(png(16, 16))
    code, environment = run_cli(home, api, "-f", str(tmp_path / "icon.png"), "what?", stdin=b"")
    assert code == 4
    assert "icon.png: it is an image of 16x16 pixels" in paragraph(environment)
    assert api.requests == []

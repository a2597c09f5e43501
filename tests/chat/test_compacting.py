"""/compact in the chat: what is asked, what is shown, what changes, and that nothing changes if anything goes wrong."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from typing import Any

import pytest
from compacting_chat import SUMMARY, Compacting, chat_of, do, listed
from fake_api import USAGE, chunk, frames, reply_frames
from pictures import png

from grokchat.api.usage import TICKS_PER_DOLLAR, Usage
from grokchat.message_summaries import is_summary, write_instruction
from grokchat.terminal.interface import Interrupt, Submit

OVERFLOW = (400, {"error": "This model's maximum prompt length is 100 tokens but the request has more."})
SECRET = "ghp_aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cF0iLaB3d"


def summary_of(numbers: str, text: str = SUMMARY) -> str:
    return f"Summary of messages {numbers}, which are no longer sent:\n\n{text}"


BEFORE = [
    ("user", "one", False),
    ("assistant", "Hello there.", False),
    ("user", "two", False),
    ("assistant", "Hello there.", False),
    ("user", "three", False),
    ("assistant", "Hello there.", False),
]
AFTER = [
    ("system", summary_of("#2-5"), False),
    *((role, text, True) for role, text, _ in BEFORE[:4]),
    *BEFORE[4:],
]


# -- what it does ------------------------------------------------------------------------------------------------------


def test_a_summary_takes_the_place_of_all_but_the_last_exchange(home):
    """The messages are muted and the summary stands before the first of them, as a system message; one answer line."""
    chat = chat_of(home, do("/compact"))
    assert listed(chat.session.conversation) == AFTER
    lines = chat.screen.lines
    heading = lines.index("Summary of #1-4")
    assert lines.index("Ada asked for three numbers: 1, 2 and 3.") > heading  # rendered like a reply
    footer = next(line for line in lines[heading:] if line.startswith("summary · grok-4.7"))
    assert "100 in (64 cached), 20 out, 30 reasoning · $0.0015" in footer
    (answer,) = [line for line in lines if line.startswith("compacted ")]
    assert "compacted #2-5 into #1 · ~" in answer
    assert " · summary $0.0015" in answer
    assert len(answer) <= 100


def test_the_answer_has_the_figures_that_are_known_in_one_line(home):
    """Tokens before and after, what the next request costs less, what the summary cost, and what stays cached."""
    lines = [f"{word} {'x' * 20_000}" for word in ("one", "two", "three")]
    chat = chat_of(home, do("/compact 2..4", "/undo", "/compact"), lines=lines, models=[PRICED])
    few, all_ = [line for line in chat.screen.lines if line.startswith("compacted ")]
    for answer in (few, all_):
        assert len(answer) <= 100
        assert re.search(r"into #[12] · ~1[0-9.]+k to ~[0-9.]+k tokens · next request \$0\.\d+ (less|more)", answer), (
            answer
        )
        assert " · summary $0.0015" in answer


def test_the_request_carries_the_messages_unchanged_and_then_one_instruction(home):
    """The same model and parameters, less those that shape or limit an answer."""
    kept = {"temperature": 0.3, "reasoning_effort": "low"}
    dropped = {"max_completion_tokens": 9, "response_format": {"type": "json_object"}, "n": 2, "stop": "x", "tools": []}

    async def act(chat: Compacting) -> None:
        chat.session.set_overrides({}, kept | dropped)
        await do("/compact 2..3 keep  the \\n numbers ")(chat)

    chat = chat_of(home, act)
    (body,) = chat.summary_requests
    instruction = write_instruction("keep  the \\n numbers")
    assert body["messages"] == [
        {"role": "assistant", "content": "Hello there."},
        {"role": "user", "content": "two"},
        {"role": "user", "content": instruction},
    ]
    assert body["model"] == "grok-4.7"
    assert set(body) == {"model", "messages", "stream", "stream_options", "temperature", "reasoning_effort"}
    assert chat.session.conversation.messages[1].text == summary_of("#3-4")


def test_undo_gives_all_back_in_one_step_and_redo_brings_it_again(home):
    async def act(chat: Compacting) -> None:
        await do("/compact")(chat)
        ids = [message.id for message in chat.session.conversation]
        await do("/undo")(chat)
        assert listed(chat.session.conversation) == BEFORE
        await do("/redo")(chat)
        assert [message.id for message in chat.session.conversation] == ids

    chat = chat_of(home, act)
    assert listed(chat.session.conversation) == AFTER
    assert "undid /compact (4 messages) · 6 messages" in chat.shown


def test_a_message_can_be_taken_back_in_and_the_rest_stays_summed_up(home):
    chat = chat_of(home, do("/compact", "/unmute 3", "four"))
    body = json.loads(chat.requests[-1].content)
    texts = [message["content"] for message in body["messages"]]
    assert texts == [summary_of("#2-5"), "Hello there.", "three", "Hello there.", "four"]


def test_a_second_summary_takes_in_the_first(home):
    """An earlier summary is part of the default range, also at #1; muted messages are neither sent nor changed."""
    chat = chat_of(home, do("/compact", "four", "/compact"), answers=[reply_frames(SUMMARY), reply_frames("All.")])
    assert [message["content"] for message in chat.summary_requests[1]["messages"][:-1]] == [
        summary_of("#2-5"),
        "three",
        "Hello there.",
    ]
    rows = listed(chat.session.conversation)
    assert rows[0] == ("system", summary_of("#2, #7-8", "All."), False)
    assert [is_muted for _, _, is_muted in rows] == [False, *[True] * 7, False, False]


def test_leading_system_messages_stay(home):
    chat = chat_of(home, do("/system @1 Be brief.", "/system @2 Be kind.", "/compact"))
    assert [role for role, _, _ in listed(chat.session.conversation)][:4] == ["system", "system", "system", "user"]
    assert chat.session.conversation.messages[2].text == summary_of("#4-7")


def test_a_range_that_separates_a_tool_call_from_its_result_is_widened(home):
    """The API accepts neither without the other."""

    async def act(chat: Compacting) -> None:
        call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        body = {"role": "assistant", "content": "", "tool_calls": [call]}
        chat.session.add_message(body)
        chat.session.add_message({"role": "tool", "tool_call_id": "c1", "content": "42"})
        await do("/compact 5..7")(chat)

    chat = chat_of(home, act)
    assert "#8 too: a tool call and its results stay together" in chat.shown
    assert chat.session.conversation.messages[4].text == summary_of("#6-9")


def test_commands_behind_it_find_the_changed_list(home):
    async def act(chat: Compacting) -> None:
        chat.submit("/compact", "/delete 2..5", "four")
        await chat.idle()

    chat = chat_of(home, act)
    assert [message["role"] for message in json.loads(chat.requests[-1].content)["messages"]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]


def test_it_waits_for_the_reply_that_streams(home):
    async def act(chat: Compacting) -> None:
        await chat.begin_reply("four")
        chat.submit("/compact")
        assert not chat.summary_requests
        chat.finish_reply()
        await chat.idle()

    assert chat_of(home, act).session.conversation.messages[0].text == summary_of("#2-7")


# -- when it fails, nothing has changed --------------------------------------------------------------------------------


def kept(finish: str, text: str = "A part") -> bytes:
    return frames(chunk({"content": text}), chunk(finish=finish), {**chunk(), "choices": [], "usage": USAGE})


UNUSABLE = {
    "empty": (kept("stop", " \n"), "The summary has no text."),
    "cut": (kept("length"), "The summary was cut at its length limit."),
    "filtered": (kept("content_filter"), "The model refused to summarize these messages."),
    "refused": (frames(chunk({"refusal": "I won't."}), chunk(finish="stop"), USAGE | chunk()), "The model refused"),
    "reasoning alone": (frames(chunk({"reasoning_content": "Hm."}), chunk(finish="stop")), "The summary has no text."),
    "broken off": (frames(chunk({"content": "A part"}), done=False), "broke off"),
    "rejected": ((400, {"error": "no"}), "The API rejected the request (400: no)."),
    "a tool call": (
        frames(
            chunk({"content": "A", "tool_calls": [{"index": 0, "id": "c", "function": {"name": "f"}}]}),
            chunk(finish="stop"),
        ),
        "The model called a tool",
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_summary_that_cannot_be_used_changes_nothing(home, name):
    """One clear line; what was paid for is in the file and counted."""
    answer, told = UNUSABLE[name]
    chat = chat_of(home, do("/compact"), answers=[answer])
    assert listed(chat.session.conversation) == BEFORE
    (line,) = [line for line in chat.screen.lines if told in line]
    assert "Nothing was compacted." in line
    assert "/continue" not in line
    assert "/retry" not in line
    if b"usage" in (answer if isinstance(answer, bytes) else b""):
        assert chat.session.totals.summaries == Usage.from_api(USAGE)
        assert chat.summaries[0]["usage"] == USAGE


def test_ctrl_c_changes_nothing_and_keeps_the_part_in_the_file(home):
    async def act(chat: Compacting) -> None:
        chat.is_endless = True
        chat.submit("/compact", "/mute 1")
        await chat.until(lambda: "begin" in chat.repl.status() or "replying" in chat.repl.status())
        chat.stop_reply()
        await chat.until(lambda: "interrupted · nothing was compacted" in chat.shown)
        chat.submit("/undo 0")
        await asyncio.sleep(0)

    chat = chat_of(home, act)
    assert listed(chat.session.conversation) == BEFORE
    assert [(event["text"], event["finish_reason"]) for event in chat.summaries] == [("begin", "interrupted")]


def test_esc_stops_it_too(home):
    async def act(chat: Compacting) -> None:
        chat.is_silent = True
        chat.submit("/compact")
        await chat.until(lambda: "Ctrl-C stops" in chat.repl.status())
        chat.is_silent = False
        chat.screen.act(Interrupt(is_escape=True))
        await chat.until(lambda: "nothing was compacted" in chat.shown)

    chat = chat_of(home, act)
    assert (listed(chat.session.conversation), chat.summaries) == (BEFORE, [])


@pytest.mark.parametrize("is_running", [True, False])
def test_leaving_lists_it_as_not_done_and_what_was_queued_behind_it(home, is_running):
    async def run() -> Compacting:
        chat = Compacting(home)
        async with chat:
            chat.submit("one", "two", "three")
            await chat.idle()
            chat.is_endless = True
            chat.submit(*(() if is_running else ("four",)), "/compact keep numbers", "/delete 1")
            await chat.until(lambda: "replying" in chat.repl.status())
            await chat.leave()
        return chat

    chat = asyncio.run(run())
    assert chat.not_done == ["/compact keep numbers", "/delete 1"]
    assert listed(chat.session.conversation)[:6] == BEFORE


def test_a_failure_holds_the_queue(home):
    chat = chat_of(home, lambda chat: _submit(chat, "/compact", "/delete 1"), answers=[(400, {"error": "no"})])
    assert listed(chat.session.conversation) == BEFORE


async def _submit(chat: Compacting, *lines: str) -> None:
    chat.submit(*lines)
    await chat.idle()


# -- checks before anything is sent ------------------------------------------------------------------------------------


def test_a_secret_that_was_not_sent_is_asked_about_if_it_is_in_the_range(home):
    async def act(chat: Compacting) -> None:
        chat.session.add_message({"role": "user", "content": f"the token is {SECRET}"})
        chat.submit("/compact")  # the secret is in the last exchange
        await chat.idle()
        chat.submit("/undo", "/compact 1..")
        await chat.until(lambda: "looks like a GitHub token" in chat.shown)
        chat.submit("n")
        await chat.idle()

    chat = chat_of(home, act)
    assert len(chat.summary_requests) == 1
    assert "Not sent. Nothing was compacted. /mute 7 leaves it out of requests." in chat.shown


def test_a_pasted_hint_is_scanned_too(home):
    async def act(chat: Compacting) -> None:
        chat.submit(Submit(f"/compact keep {SECRET}", has_paste=True))
        await chat.until(lambda: "looks like a GitHub token" in chat.shown)
        chat.submit("n")

    assert not chat_of(home, act).summary_requests


PRICED = {
    "id": "grok-4.7",
    "context_length": 500_000,
    "prompt_text_token_price": 20_000,
    "cached_prompt_text_token_price": 5_000,
    "completion_text_token_price": 60_000,
}


def test_max_cost_counts_the_summary_and_asks_before_its_request(home):
    async def act(chat: Compacting) -> None:
        spent = (chat.session.totals.usage.cost_ticks or 0) / TICKS_PER_DOLLAR
        await do(f"/set max_cost {spent + 1:f}", "/compact 1..2")(chat)
        assert len(chat.summary_requests) == 1
        await do(f"/set max_cost {spent:f}")(chat)
        chat.submit("/compact")
        await chat.until(lambda: "max_cost is" in chat.shown)
        chat.submit("n")

    chat = chat_of(home, act, models=[PRICED])
    assert len(chat.summary_requests) == 1
    assert "This session has cost $0.0059" in chat.shown  # four replies at $0.001476: three and the summary


def test_usage_has_a_row_for_summaries(home):
    chat = chat_of(home, do("/compact", "/usage"))
    assert any(line.startswith("summaries") and "100" in line for line in chat.screen.lines)


def test_an_image_that_the_api_refuses_is_refused_before_it_is_sent(home):
    url = f"data:image/png;base64,{base64.b64encode(png(2, 2)).decode()}"
    content = [{"type": "image_url", "image_url": {"url": url}}]

    async def act(chat: Compacting) -> None:
        chat.session.add_message({"role": "user", "content": content}, before=chat.session.conversation.messages[1].id)
        await do("/compact")(chat)

    chat = chat_of(home, act)
    assert not chat.summary_requests
    assert "#2 has an image" in chat.shown


# -- parts -------------------------------------------------------------------------------------------------------------

LONG = [f"{word} {'x' * 2000}" for word in ("one", "two", "three", "four")]


def small(context: int) -> list[dict[str, Any]]:
    return [{"id": "grok-4.7", "context_length": context}]


def test_a_range_that_the_context_does_not_hold_is_compacted_in_parts(home):
    """Each part begins with the summary of those before it; that is said, and each is counted."""
    answers = [reply_frames(f"Summary {number}.") for number in range(1, 9)]
    chat = chat_of(home, do("/compact"), lines=LONG, answers=answers, models=small(2100))
    first, second, *_ = chat.summary_requests
    assert [message["content"][:5] for message in first["messages"]] == ["one x", "Hello", "two x", "Hello", "Summa"]
    assert second["messages"][0] == {"role": "system", "content": summary_of("#1-4", "Summary 1.")}
    assert "too much for the model's context of 2.1k: compacting in parts" in chat.shown
    assert "Summary of #1-6, part 1: #1-4" in chat.shown
    assert "Summary of #1-6, part 2: #5-6" in chat.shown
    assert "\n\n\n" not in chat.shown
    assert chat.session.conversation.messages[0].text == summary_of("#2-7", "Summary 2.")
    assert len(chat.summaries) == 2
    assert " · summary $0.0030" in chat.shown


@pytest.mark.parametrize("refusal", [OVERFLOW, (413, {"error": "Request Entity Too Large"})])
def test_parts_become_smaller_when_the_api_says_that_a_request_is_too_long(home, refusal):
    answers = [refusal, reply_frames("Half."), refusal, reply_frames("More."), reply_frames("All.")]
    chat = chat_of(home, do("/compact"), lines=LONG, answers=answers)
    assert chat.shown.count("too much for one request: compacting in smaller parts") == 2
    assert chat.session.conversation.messages[0].text == summary_of("#2-7", "All.")


def test_a_single_message_that_is_too_large_is_a_clear_error_before_anything_is_sent(home):
    chat = chat_of(home, do("/compact"), lines=LONG, models=small(700))
    assert not chat.summary_requests
    assert "Nothing was compacted: #1 alone is too large for the model's context of 700" in chat.shown


def test_a_single_message_that_the_api_says_is_too_long_is_an_error(home):
    chat = chat_of(home, do("/compact 2"), answers=[OVERFLOW])
    assert "#2 alone is too large for the model's context (about " in chat.shown
    assert listed(chat.session.conversation) == BEFORE


def test_a_failure_in_a_later_part_changes_nothing(home):
    answers = [reply_frames("One."), (400, {"error": "no"})]
    chat = chat_of(home, do("/compact"), lines=LONG, answers=answers, models=small(2100))
    assert not any(is_summary(message.body) for message in chat.session.conversation)
    assert not chat.session.conversation.muted
    assert [event["text"] for event in chat.summaries] == ["One."]


# -- where it is named -------------------------------------------------------------------------------------------------


def test_the_error_of_a_list_that_is_too_long_advises_it(home):
    async def act(chat: Compacting) -> None:
        chat.refusal = OVERFLOW
        await do("four")(chat)

    assert "/compact puts a summary in the place of earlier messages" in chat_of(home, act).shown


@pytest.mark.parametrize("name", ["summarize", "summarise", "summary", "compress", "condense"])
def test_names_from_elsewhere_lead_to_it(home, name):
    assert f"unknown command /{name}; did you mean /compact?" in chat_of(home, do(f"/{name}")).shown

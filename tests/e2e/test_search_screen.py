"""A reply with search in a terminal: the live line, the citations, the sources, and hostile ones."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from chat_process import Chat, chat_env
from fake_api import Answer, FakeApi, frames
from fake_responses import answer, cited, message, reasoning, response_events, response_frames, web_search, x_search
from hostile_texts import CODES, leaks, text_of
from support import journal_lines, sessions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")

WIKI, POST = "https://en.wikipedia.example/wiki/A_(b)_c", "https://x.example/demo/status/1"


@pytest.fixture
def searching(home: Path, api: FakeApi) -> dict[str, str]:
    """Return the environment of a chat with search."""
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text('search = "all"\n', encoding="utf-8")
    return chat_env(home, api)


def stopped_before(item_type: str, *items) -> tuple[bytes, bytes]:
    """Return the frames of a response before the item of this type is done, and the others."""
    events = response_events(*items)
    at = next(
        at
        for at, event in enumerate(events)
        if event["type"] == "response.output_item.done" and event["item"]["type"] == item_type
    )
    return frames(*events[:at], done=False), frames(*events[at:])


def test_what_is_searched_is_live_and_the_sources_are_below_the_reply(api, searching):
    """The live line says what for; markers are numbers; the list is the same streamed, shown and resumed."""
    gate = threading.Event()
    items = [reasoning("Hm."), x_search("grok 4.7"), answer("It is so.", WIKI, POST)]
    begin, end = stopped_before("custom_tool_call", *items)
    api.answers = [Answer([begin, gate, end])]
    rows = [f"[1] en.wikipedia.example  {WIKI}", f"[2] x.example  {POST}"]
    with Chat(env=searching, columns=100) as chat:
        chat.wait_for_prompt()
        chat.type("is it so?\r")
        chat.wait_for('searching X: "grok 4.7" · ')
        chat.wait_for(lambda text: "searching" in text.splitlines()[-1] and "Ctrl-C stops" in text)
        gate.set()
        text = chat.wait_for(lambda text: "#2 · " in text and "searching" not in text)
        at = text.index("It is so.[1][2]")
        assert [line.rstrip() for line in text[at:].split("\n")][1:4] == ["", *rows]
        chat.type("/show\r")
        chat.wait_for(lambda text: text.count("\n".join(rows)) == 2)
        assert chat.leave() == 0
    with Chat("-c", env=searching, columns=100) as chat:
        chat.wait_for("\n".join(rows))
        assert "It is so.[1][2]" in chat.text()
        assert chat.leave() == 0


def test_in_forty_columns_addresses_are_whole(api, searching):
    api.answers = [Answer([response_frames(answer("It is so.", WIKI + "/" + "d" * 30))])]
    with Chat(env=searching, columns=40) as chat:
        chat.wait_for_prompt()
        chat.type("is it so?\r")
        chat.wait_for("#2 · ")
        assert chat.leave() == 0
    assert f"[1] {WIKI}/{'d' * 30}" in chat.raw.decode()


def test_a_search_that_is_stopped_leaves_nothing_on_the_screen(home, api, searching):
    """Ctrl-C during a search: no live row stays, no empty partial is written, and nothing counts as a reply."""
    gate = threading.Event()
    begin, end = stopped_before("web_search_call", web_search("grok 4.7", WIKI), message("Yes."))
    api.answers = [Answer([begin, gate, end])]
    with Chat(env=searching) as chat:
        chat.wait_for_prompt()
        chat.type("is it so?\r")
        chat.wait_for("searching the web")
        chat.type("\x03")
        chat.wait_for(lambda text: "/retry asks again" in text and "searching" not in text)
        gate.set()
        assert chat.leave() == 0
    (path,) = sessions(home)
    partials = [line for line in journal_lines(path) if line["type"] == "partial"]
    assert all("finish_reason" in line for line in partials)  # only what was asked and not answered is noted


def test_a_reply_that_is_stopped_lists_the_sources_of_its_markers(api, searching):
    text, annotations = cited("It is so.", WIKI)
    gate = threading.Event()
    events = response_events(message(f"{text} And more.", *annotations), deltas=[text, " And more."])
    at = next(at for at, event in enumerate(events) if event.get("delta") == " And more.")
    api.answers = [Answer([frames(*events[:at], done=False), gate, frames(*events[at:])])]
    with Chat(env=searching, columns=100) as chat:
        chat.wait_for_prompt()
        chat.type("is it so?\r")
        chat.wait_for("It is so.[1]")
        chat.type("\x03")
        chat.wait_for("/continue resumes it")
        assert f"[1] en.wikipedia.example  {WIKI}" in chat.text()
        gate.set()
        assert chat.leave() == 0


def test_without_unicode_and_in_a_dumb_terminal_it_is_plain(api, searching):
    for env in ({"TERM": "dumb"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}, {"NO_COLOR": "1"}):
        api.answers = [Answer([response_frames(web_search("grok", WIKI), answer("It is so.", WIKI))])]
        with Chat(env={**searching, **env}, columns=100) as chat:
            chat.wait_for_prompt()
            chat.type("is it so?\r")
            chat.wait_for(f"[1] en.wikipedia.example  {WIKI}")
            assert "It is so.[1]" in chat.text()
            assert chat.leave() == 0


def test_hostile_searches_and_sources(api, searching):
    """No control code of a query, a title or an address reaches the terminal, in a chat or after a one shot."""
    hostile = text_of(CODES)
    url = f"https://a.example/{hostile.replace(' ', '')}"
    annotation = {"type": "url_citation", "url": url, "start_index": 0, "end_index": 9, "title": hostile}
    long = {**annotation, "url": "https://a.example/" + "b" * 10_000, "title": "t" * 10_000, "start_index": 1}
    script = {**annotation, "url": "javascript:alert(1)", "title": "s", "start_index": 2}
    items = [web_search(hostile, url), x_search(hostile), message("It is so.", annotation, long, script)]
    begin, end = stopped_before("custom_tool_call", *items)
    gate = threading.Event()
    api.answers = [Answer([begin, gate, end]), Answer([response_frames(*items)])]
    with Chat(env=searching, columns=100) as chat:
        chat.wait_for_prompt()
        chat.type("is it so?\r")
        chat.wait_for("searching X: ")
        gate.set()
        chat.wait_for("#2 · ")
        chat.type("/show\r")
        chat.wait_for(lambda text: text.count("javascript:alert(1)") == 2)
        assert chat.leave() == 0
    assert leaks(chat.raw.replace(b"\r\n", b"\n"), list(CODES)) == []
    assert b"b" * 4000 not in chat.raw
    with Chat("-p", "hi", env={**searching, "PYTHONUNBUFFERED": "1"}, columns=100) as chat:
        chat.end()
    assert "javascript:alert(1)" in chat.text()
    assert leaks(chat.raw.replace(b"\r\n", b"\n"), list(CODES)) == []

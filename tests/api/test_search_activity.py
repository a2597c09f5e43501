"""What the model does, as the live line says it."""

from __future__ import annotations

import pytest
from fake_responses import message, open_page, reasoning, web_search, x_search

from grokchat.api.search_activity import describe_activity


@pytest.mark.parametrize(
    ("item", "phrase"),
    [
        (web_search("grok 4.7"), 'searching the web: "grok 4.7"'),
        (web_search(""), "searching the web"),
        ({"type": "web_search_call"}, "searching the web"),
        (open_page("https://docs.x.ai/a?b"), "reading docs.x.ai"),
        ({"type": "web_search_call", "action": {"url": "https://x.ai", "pattern": "beta"}}, 'searching x.ai: "beta"'),
        ({"type": "web_search_call", "name": "web_search", "arguments": '{"query":"xAI"}'}, 'searching the web: "xAI"'),
        ({"type": "web_search_call", "action": {"url": "javascript:x"}}, "searching the web"),
        (x_search("from:xai"), 'searching X: "from:xai"'),
        (x_search("a\n b", name="x_user_search"), 'searching X: "a b"'),
        (x_search("", name="x_thread_fetch"), "reading a post on X"),
        (x_search("", name="view_x_video"), "watching a video on X"),
        (x_search("", name="view_image"), "looking at an image"),
        ({"type": "custom_tool_call", "name": "x_semantic_search", "input": '{"que'}, "searching X"),
        ({"type": "custom_tool_call", "name": "other"}, "using other"),
        ({"type": "custom_tool_call"}, ""),
        ({"type": "x_search_call", "arguments": '{"query":"grok"}'}, 'searching X: "grok"'),
        ({"type": "code_interpreter_call", "code": "1"}, "running code"),
        ({"type": "file_search_call"}, "searching files"),
        ({"type": "mcp_call", "name": "list_files"}, "using list_files"),
        ({"type": "image_generation_call"}, "making an image"),
        (message("Hi."), ""),
        (reasoning("Hm."), ""),
        ({"type": "function_call", "name": "view_image"}, ""),
        ({"type": "unknown_call", "name": 3}, ""),
        ({}, ""),
    ],
)
def test_the_phrase_of_an_item(item, phrase):
    assert describe_activity(item) == phrase


def test_a_long_query_is_shortened():
    assert len(describe_activity(web_search("a" * 10_000))) < 300


@pytest.mark.parametrize("value", [None, 3, [], {}, [3], "[" * 5000, "x" * 100_000])
@pytest.mark.parametrize("key", ["action", "input", "arguments", "name", "type"])
def test_odd_values_are_no_query(key, value):
    for item in (web_search("q"), x_search("q"), {"type": "x_search_call"}):
        assert '"q"' not in describe_activity({**item, "action": None, "input": "", key: value})

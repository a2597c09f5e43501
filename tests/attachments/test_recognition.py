"""Attached files are distinguished from typed text by the message alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import png

from grokchat.attachments.load import Attachment, load_pasted_image, to_messages
from grokchat.attachments.recognition import describe_attached, split_media
from grokchat.messages import body


@given(st.text(st.characters(exclude_characters="\n"), min_size=1, max_size=255), st.text())
def test_what_is_attached_is_recognised(name, text):
    (message,) = to_messages([Attachment(name, "text", 0, text)], None)
    assert describe_attached(message, is_file=True).startswith("attached: ")


@pytest.mark.parametrize(
    ("text", "is_file", "shown"),
    [
        ("File: a.txt\n\nas is", True, "attached: a.txt · 5 B"),
        ("File: a.txt\n\ncaf\xe9\ud800", True, "attached: a.txt · 8 B"),
        ("File: a.txt\n\n", True, "attached: a.txt · 0 B"),
        ("File: seq 3\n\n$ seq 3\n1\n2\n3\n", True, "attached: $ seq 3 · 14 B"),
        (f"File: seq {'1' * 56}…\n\n$ seq {'1' * 90}\n1\n", True, f"attached: $ seq {'1' * 56}… · 99 B"),
        ("File: a.txt\n\nwhat is in it?", False, ""),
        ("File: a.txt\n\n" + "line\n" * 400, False, "attached: a.txt · 2 kB"),
        ("File: a.txt\n\n" + "x" * 1700, False, "attached: a.txt · 2 kB"),
        ("File: a.txt\nwhat is in it?", True, ""),
        ("File: \n\nwhat", True, ""),
        ("see File: a.txt\n\nwhat", True, ""),
    ],
)
def test_a_short_text_counts_as_typed_unless_a_question_follows(text, is_file, shown):
    assert describe_attached(body("user", text), is_file=is_file) == shown
    assert describe_attached(body("assistant", text), is_file=is_file) == ""


def test_images_are_named_by_what_is_known_of_them():
    image = load_pasted_image(png(64, 32))
    (message,) = to_messages([image], "look")
    size = f"{image.size} B"
    assert split_media(message["content"], {}) == ([f"attached: image, 64x32 · {size}"], "look")
    named = [f"attached: a.png · image, 64x32 · {size}"]
    assert split_media(message["content"], {image.url: "a.png"}) == (named, "look")
    address = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    assert split_media([address], {}) == (["attached: https://example.org/a.png"], "")


def test_media_between_texts_stay_in_their_place():
    (image,) = to_messages([load_pasted_image(png(64, 32))], None)
    text = {"type": "text", "text": "x"}
    assert split_media([text, *image["content"], text], {}) is None
    assert split_media([text], {}) is None
    assert split_media([], {}) is None

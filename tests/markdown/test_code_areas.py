"""Where a text is code: fences and code spans, with everything else at its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokchat.markdown.code_areas import blank_code
from grokchat.markdown.code_blocks import code_blocks


@pytest.mark.parametrize(
    "text",
    [
        "```\nCODE\n```\ntext",
        "text\n\n~~~ python\nCODE\n~~~~\ntext",
        "- item\n\n  ```sh\n  CODE\n  ```\n  text",
        "1. ```\n   CODE\n   ```\ntext",
        "> ```\n> CODE\n\ntext",
        "````md\n```py\nCODE\n```\nCODE\n````\ntext",
        "```md\n```py\nCODE\n```\nCODE\n```\ntext",
        "```\r\nCODE\r\n```\r\ntext",
        "text ```CODE``` text",
        "a `CODE` text ``CODE ` CODE`` text",
        "a ` text\n\ntext ` text",
        "- a ` text\n- text ` text",
        "| a ` | text |\n| text ` | b |",
        r"\`text` text",
        r"\\`CODE` text",
        "```\nCODE",
        "text `` text ` text",
    ],
)
def test_code_is_blanked_and_text_is_not(text: str):
    """A marker inside code is code; behind code it is a marker again."""
    blanked = blank_code(text)
    assert len(blanked) == len(text)
    assert "CODE" not in blanked
    assert blanked.count("text") == text.count("text")


def test_an_unclosed_fence_reaches_to_the_end():
    """A reply that was cut in a code block ends in code."""
    assert blank_code("a\n```\nb `c` d\n").split() == ["a"]


@given(st.text(alphabet="`~\\ab \n>-|", max_size=60))
def test_places_stay(text: str):
    """What searches a text finds it at the places that the text has."""
    blanked = blank_code(text)
    assert len(blanked) == len(text)
    assert all(new in {old, " "} for new, old in zip(blanked, text, strict=True))


@given(st.lists(st.sampled_from(["```", "```py", "~~~", "CODE", "", "word"]), max_size=12).map("\n".join))
def test_fences_are_those_of_the_screen(text: str):
    """Outside of lists and quotes the fenced blocks are those that the screen shows."""
    shown = sum(block.text.count("CODE") for block in code_blocks(text))
    assert text.count("CODE") - blank_code(text).count("CODE") == shown


@pytest.mark.parametrize("piece", ["`", "` ``", "\\`", "`\\", "```\n", "> ```\n", "`a", "~~~\n`", "- "])
def test_hostile_text_takes_linear_work(piece: str):
    """Many letters of marks that are never closed are read in one pass."""
    text = piece * (200_000 // len(piece))
    assert len(blank_code(text)) == len(text)

"""Redaction: the key in each of its forms is struck out, nothing else is, and the work is linear."""

from __future__ import annotations

import re
from itertools import product

import pytest
from key_forms import FORMS, KEYS, key_in

from grokchat import redaction
from grokchat.config.secret import Secret
from grokchat.redaction import MARK, mask_keys, redact_key, redact_message, redact_values

XAI = KEYS["xai"]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_a_key(form):
    """The reader finds each of them before, so that this cannot pass because nothing was looked at."""
    for key, (before, after) in product(
        KEYS.values(), [("", ""), ("an error: ", " and more"), ('{"key": "', '"}'), ("Basic ", "\nnext")]
    ):
        text = before + FORMS[form](key) + after
        redacted = redact_key(key, text)
        assert key_in(text, key), key
        assert not key_in(redacted, key), key
        assert MARK in redacted
        assert redacted.startswith(before)
        assert redacted.endswith(after)


def test_all_forms_in_one_text():
    text = "\n--\n".join(form(XAI) for form in FORMS.values())
    redacted = redact_key(XAI, text)
    assert not key_in(redacted, XAI)
    assert redacted.count("\n--\n") == len(FORMS) - 1
    assert redacted.count(MARK) == len(FORMS)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (XAI, XAI.replace("a", "b")),
        (XAI, XAI[:8] + "***" + XAI[-4:]),
        (XAI, "the quick brown fox jumps over the lazy dog, " * 9),
        ("", "anything at all"),
        ("the key", "the key is short, and on the key board"),
        ("not-needed", "not needed, and not\n\nneeded"),
        ("lm-studio-key", "lm-studio is not running"),
        ("12345678", "1234567, 8 and 1,2,3,4,5,6,7,9"),
        (".*.*.*.*", "nothing of this is a match"),
    ],
)
def test_what_stays(key, text):
    assert redact_key(key, text) == text


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        (XAI, f"{XAI}, {XAI}", "[key], [key]"),
        (XAI, XAI + XAI, "[key][key]"),
        (f'"{XAI}"\n', f"with quotes: {XAI}.", "with quotes: [key]."),
        (XAI, f"{XAI[:30]}… was cut", "[key]… was cut"),
        (XAI, f"{XAI[:40]}\n{XAI[40:]} x", "[key] x"),
        ("local-key", "local-\nkey", "[key]"),
        ("clé-secrète", "cl%c3%a9-secr%C3%A8te, cl\\u00e9-secr\\u00e8te", "[key], [key]"),
        ("two words\nin it", "two words in it? two words\nin it!", "two words in it? [key]!"),
        ("%41%42%43-key", "is %41%42%43-key, and %41%4\n2%43-key", "is [key], and [key]"),
        ("esc\x1b[2Jape-key", "esc␛[2Jape-key and esc\\u001b[2Jape-key", "[key] and [key]"),
    ],
)
def test_what_goes(key, text, expected):
    assert redact_key(key, text) == expected


def test_what_looks_like_a_key_of_xai():
    assert mask_keys("a xai-0123456789_-Az b xai-short") == "a [key] b xai-short"
    assert Secret("some-other-key").redact(f"some-other-key {XAI}") == "[key] [key]"


def test_values_and_the_text_of_messages():
    """The text of a reply is not changed; everything else is redacted, names included."""

    def redact(text):
        return redact_key(XAI, text)

    calls = [{"id": XAI, "function": {"name": XAI, "arguments": f'{{"a":"{XAI}"}}'}}]
    parts = [{"type": "text", "text": XAI}]
    texts = {"content": XAI, "reasoning_content": XAI, "refusal": XAI}
    message = {"role": XAI, **texts, "tool_calls": calls, XAI: parts}
    assert redact_message(message, redact) == {
        "role": MARK,
        **texts,
        "tool_calls": [{"id": MARK, "function": {"name": MARK, "arguments": f'{{"a":"{MARK}"}}'}}],
        MARK: [{"type": "text", "text": MARK}],
    }
    content = [{"type": "text", "text": XAI, XAI: 1}, {"type": "image_url", "image_url": {"url": XAI}}, XAI]
    assert redact_message({"content": content, "refusal": {"a": XAI}}, redact) == {
        "content": [{"type": "text", "text": XAI, MARK: 1}, {"type": "image_url", "image_url": {"url": MARK}}, MARK],
        "refusal": {"a": MARK},
    }
    assert redact_values([XAI, {"a": XAI}, 1, None, True], redact) == [MARK, {"a": MARK}, 1, None, True]


@pytest.mark.parametrize(
    "text",
    ["x", "\\", "%25", "\\n", " ", "x ", "78", "eGFp", "x\0", "&#", "=\n", "&amp;", "1,", XAI[:-1], XAI[:12], "\\u00"],
)
def test_the_work_is_linear(monkeypatch, text):
    """Each pattern matches a bounded part of the text, at places that do not overlap: counted, not timed."""
    matched = []

    def finditer(pattern, string, flags=0):
        for match in re.compile(pattern, flags).finditer(string):
            matched.append(len(match[0]) + 1)
            yield match

    def sub(pattern, new, string):
        def count(match):
            matched.append(len(match[0]) + 1)
            return new(match) if callable(new) else new

        return re.compile(pattern).sub(count, string)

    monkeypatch.setattr(redaction, "re", type("Counted", (), {**vars(re), "finditer": finditer, "sub": sub}))
    counts = []
    for times in (500, 1000, 2000):
        matched.clear()
        redact_key(XAI, text * times + XAI)
        counts.append(sum(matched))
    assert counts[2] < 2.5 * counts[1] < 6.25 * counts[0]

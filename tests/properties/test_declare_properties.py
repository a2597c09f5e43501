"""The slash commands' grammar, for every line that a person or a paste can bring."""

from __future__ import annotations

from hypothesis import assume, example, given
from hypothesis import strategies as st

from grokchat.commands.declare import Call, Text, parse_line
from grokchat.commands.params import parse_range, resolve_range
from grokchat.commands.registry import COMMANDS, by_name
from grokchat.errors import CommandError

NAMES = sorted(by_name())
PARTS = [
    "@1", "@0", "@999999999999", "@", "@x", "1", "1..2", "3..", "..", "1,2", ",", "-m", "KEY=VALUE", "a=[1", "'", '"',
    "\\", "\\n", "\n", "\t", "  ", "//", "/help", "\u00a0", "\u2028", "\x1c", "\x00", "\ud800", "½", "²", "٣", "@٣",
]  # fmt: skip
RESTS = st.lists(st.sampled_from(PARTS) | st.text(max_size=6), max_size=6).map(" ".join)
LINES = st.tuples(st.sampled_from([*(f"/{name}" for name in NAMES), "/", "//", "/no-such", ""]), RESTS).map(" ".join)
FREE = st.text(min_size=1).filter(lambda text: text[0] not in " \t\n")


@given(LINES | st.text())
@example("/system @" + "1" * 5000 + " text")
@example("/show " + "1" * 5000)
def test_a_line_is_a_command_or_a_message_or_an_error(line):
    try:
        item = parse_line(line, by_name())
    except CommandError:
        item = None  # reported, and not sent
    assert line.lstrip(" \t").startswith("/") or item == Text(line)
    assert isinstance(item, Call | Text | None)


@given(st.text())
def test_only_letters_and_dashes_make_a_command(line):
    """A line is a command only if its first word is `/` followed by letters and dashes alone."""
    first = line.split(maxsplit=1)[0] if line.strip() else ""
    looks_like_one = first.startswith("/") and first[1:].replace("-", "a").isalpha() and first.isascii()
    assume(not looks_like_one and not line.startswith("//"))
    assert parse_line(line, by_name()) == Text(line)


@given(st.text())
def test_two_slashes_send_one(text):
    """`//text` sends `/text`."""
    assert parse_line("//" + text, by_name()) == Text("/" + text)


@given(FREE)
@example('don\'t \\n "quoted" \\')
@example("two\nlines\n")
@example("@7")
def test_free_text_survives(text):
    """Free text at a command's end is taken unchanged, quotes, backslashes and newlines included."""
    call = parse_line(f"/system @1 {text}", by_name())
    assert isinstance(call, Call)
    assert call.arguments == {"at": 1, "content": text}


@given(st.text())
@example("-")
def test_a_range_is_pairs_or_an_error(text):
    try:
        pairs = parse_range(text)
    except CommandError:
        return
    assert pairs
    assert all(first >= 0 and (last is None or last >= 0) for first, last in pairs)


@given(st.lists(st.tuples(st.integers(0, 12), st.none() | st.integers(0, 12)), min_size=1), st.integers(0, 10))
def test_chosen_numbers_are_in_the_buffer(pairs, count):
    """The numbers of a RANGE are in order, once each, and all of them are there."""
    try:
        numbers = resolve_range(tuple(pairs), count)
    except CommandError:
        assert any(
            not 1 <= first <= count or not first <= (count if last is None else last) <= count for first, last in pairs
        )
        return
    wanted = {number for first, last in pairs for number in range(first, (count if last is None else last) + 1)}
    assert list(numbers) == sorted(wanted)
    assert wanted <= set(range(1, count + 1))


@given(st.sampled_from(COMMANDS), RESTS)
def test_a_command_gets_every_argument_it_declares(command, rest):
    try:
        arguments = command.parse(" " + rest)
    except (CommandError, ValueError):  # the other test is about which of them
        return
    assert list(arguments) == [param.name for param in command.params]
    assert all(arguments[param.name] is not None for param in command.params if param.required)

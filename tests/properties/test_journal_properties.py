"""Whatever a message holds comes back, and no cut and no damage costs more than its own line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grokchat.session.journal import decode, encode

HEADER = {"type": "session", "format": "grokchat/1", "id": "s"}


def paired(text):
    """Return the text with halves of a surrogate pair that stand together made one, which JSON does to them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


NASTY = st.sampled_from(
    '\0\x07\x08\t\n\x0b\x0c\r\x1b\x7f\x85\u2028\u2029\u202e\ud800\udbff\udc00\udfff\ufeff\uffff🦀"\\/'
)
TEXTS = st.text(st.one_of(st.characters(), NASTY), max_size=12).map(paired)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
CONTENT = st.none() | TEXTS | st.lists(JSON, max_size=3)
BODIES = st.builds(
    lambda more, role, content: {**more, "role": role, "content": content},
    st.dictionaries(TEXTS, JSON, max_size=2),
    TEXTS.filter(bool),
    CONTENT,
)
IDS = TEXTS
EVENTS = st.one_of(
    st.fixed_dictionaries({"type": st.just("message"), "id": IDS, "message": BODIES}),
    st.fixed_dictionaries({"type": st.just("partial"), "id": IDS, "reply": IDS, "text": TEXTS}),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["remove", "move", "mute", "unmute"]), "id": IDS, "ids": st.lists(IDS)}
    ),
    st.fixed_dictionaries({"type": st.just("rewind"), "id": IDS, "to": IDS}),
    st.fixed_dictionaries({"type": st.just("name"), "id": IDS, "name": TEXTS}),
    st.fixed_dictionaries({"type": st.just("settings"), "id": IDS, "params": st.dictionaries(TEXTS, JSON, max_size=2)}),
    st.fixed_dictionaries({"type": st.just("telepathy"), "id": IDS, "more": JSON}),
)
FILES = st.lists(EVENTS, max_size=6)


def all_of(journal):
    return ([] if journal.header is None else [journal.header]) + journal.events


@given(FILES)
def test_what_goes_in_comes_out(events):
    journal = decode(b"".join(map(encode, [HEADER, *events])))
    assert journal.header == HEADER
    assert journal.events == events
    assert not journal.damage
    assert journal.ends_clean


@given(EVENTS)
def test_an_event_is_exactly_one_line_of_ascii(event):
    line = encode(event)
    assert line.isascii()
    assert line.endswith(b"\n")
    assert not any(byte < 32 or byte == 127 for byte in line[:-1])
    assert len(line.decode("ascii").splitlines()) == 1


@given(FILES, st.integers(min_value=0))
def test_a_file_cut_anywhere_keeps_all_its_whole_lines(events, place):
    lines = [encode(event) for event in [HEADER, *events]]
    data = b"".join(lines)
    cut = place % (len(data) + 1)
    journal = decode(data[:cut])
    whole, torn, left = 0, False, cut
    for line in lines:
        whole += left >= len(line) - 1
        torn = torn or 0 < left < len(line) - 1
        left = max(0, left - len(line))
    assert all_of(journal) == [HEADER, *events][:whole]
    assert [item.line for item in journal.damage] == ([whole + 1] if torn else [])
    assert journal.ends_clean == (cut in {0, *(len(b"".join(lines[: count + 1])) for count in range(len(lines)))})


GARBAGE = st.one_of(
    st.binary(max_size=30),
    JSON.map(lambda value: encode({"": value})[4:-2]),
    st.just(b"[" * 5000),
    st.just(b"\0" * 4096),
).map(lambda data: data.replace(b"\n", b""))


@given(FILES, GARBAGE, FILES)
def test_a_damaged_line_costs_that_line_alone(before, garbage, after):
    journal = decode(b"".join(map(encode, [HEADER, *before])) + garbage + b"\n" + b"".join(map(encode, after)))
    assert journal.header == HEADER
    assert journal.events == [*before, *after]
    assert [item.line for item in journal.damage] == ([len(before) + 2] if garbage.strip() else [])


@given(FILES, st.data())
def test_a_flipped_byte_costs_no_other_line(events, data):
    lines = [encode(event) for event in [HEADER, *events]]
    number = data.draw(st.integers(1, len(lines)))
    line = lines[number - 1]
    at = data.draw(st.integers(0, len(line) - 2))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte not in {line[at], 10}))
    lines[number - 1] = flipped = line[:at] + bytes([byte]) + line[at + 1 :]
    journal = decode(b"".join(lines))
    before, after = [HEADER, *events][: number - 1], [HEADER, *events][number:]
    assert all_of(journal) == before + all_of(decode(flipped)) + after
    assert {item.line for item in journal.damage} <= {number}


@given(st.binary())
def test_no_bytes_at_all_make_decoding_fail(data):
    decode(data)

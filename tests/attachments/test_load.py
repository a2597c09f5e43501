"""An attached file becomes part of the conversation."""

from __future__ import annotations

import base64
import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pictures import jpeg, png, png_chunk, segment, webp
from support import err, out, run_cli

from grokchat.api.demo.tour import reply_text
from grokchat.attachments.images import describe_refused_url
from grokchat.attachments.load import MAX_IMAGE_BYTES, Attachment, load_attachment, load_pasted_image, to_messages
from grokchat.errors import FileError
from grokchat.messages import MAX_REQUEST_BYTES, content_text
from grokchat.units import byte_size

LOSSY = webp(b"VP8 ", b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", 70, 0x4000 | 50) + b"\0\0")
LOSSLESS = webp(b"VP8L", b"\x2f" + struct.pack("<I", (70 - 1) | (50 - 1) << 14) + b"\0")
EXTENDED = webp(b"VP8X", b"\0\0\0\0" + (70 - 1).to_bytes(3, "little") + (50 - 1).to_bytes(3, "little"))
PREVIEW = segment(0xE1, b"Exif\0\0" + jpeg(16, 12))


@pytest.fixture
def put(tmp_path):
    """Write a file and return its path as it would be typed."""

    def write(data: bytes, name: str = "file") -> str:
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)

    return write


def part(kind: str, data: bytes) -> dict:
    url = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


# -- text --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "a", "a\n", "\r\n\r\n", "\ufeffmarked", "漢字 e\u0301 👩‍💻", "\x1b[31m\x0c\u2028\x85"]
)
def test_a_text_is_not_changed(put, text):
    """The text is unchanged, a leading U+FEFF and line ends included, and has no note."""
    attachment = load_attachment(put(text.encode(), "notes.txt"))
    assert attachment == Attachment("notes.txt", "text", len(text.encode()), text)


@given(st.text().filter(lambda text: "\0" not in text))
@example("%PDF")
@example("GIF89a is a format")
@example("The ftyp box")
@example("BM25 ranks")
@example("MZ")
@example("RIFF and WEBP")
def test_every_text_without_nul_comes_back_exactly(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        path.write_bytes(text.encode())
        assert load_attachment(str(path)).text == text


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-32"])
@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("text", ["wide, 漢字 👩‍💻\r\n", ""])
def test_a_text_with_a_byte_order_mark_is_converted_with_a_note(put, encoding, order, text):
    """UTF-16 and UTF-32 with a mark are converted, with a note."""
    data = f"\ufeff{text}".encode(f"{encoding}-{order}")
    attachment = load_attachment(put(data))
    assert (attachment.text, attachment.size) == (text, len(data))
    assert attachment.note == f"converted from {encoding}"


@pytest.mark.parametrize(
    "text",
    [
        "caf\xe9 au lait",
        "l\u2019\xe9t\xe9\xa0\xbb, c\u0153ur\u2026 5\xa0\u20ac\r\n",
        "\tStra\xdfe \u201eGr\xf6\xdfe\u201c\x0c",
    ],
)
def test_a_legacy_text_is_decoded_with_a_note(put, text):
    """A text that looks like windows-1252 is decoded as that, with a note."""
    attachment = load_attachment(put(text.encode("windows-1252")))
    assert attachment.text == text
    assert "windows-1252" in attachment.note


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("Привет, мир".encode("windows-1251"), "not UTF-8: byte 0 is 0xcf"),
        ("日本語のテキスト".encode("shift_jis"), "not UTF-8"),
        ("中文 and much more text in English, so that few bytes are high".encode("gb18030"), "not UTF-8"),
        ("une table d\xe9j\xe0 mise".encode("cp850"), "not UTF-8"),
        ("ein M\xe4dchen und noch mehr Text".encode("mac-roman"), "not UTF-8"),
        ("naïve text cut in its last lett".encode() + b"\xc3", "not UTF-8: byte 32 is 0xc3"),
        (b"a longer text with \x1b and \xe9", "not UTF-8: byte 25 is 0xe9"),
        ("wide".encode("utf-16-le"), "a NUL byte at 1"),
        (b"a\0", "a NUL byte at 1"),
        ("a\0".encode("utf-16"), "NUL byte"),
        (b"\xff\xfea", "not UTF-8: byte 0 is 0xff"),
        (b"\xff\xfe\x00\xd8", "NUL byte"),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_advice(put, data, message):
    name = put(data)
    with pytest.raises(FileError, match="iconv") as caught:
        load_attachment(name)
    assert str(caught.value).startswith(f"{name}: it is ")
    assert message in str(caught.value)


def test_hidden_characters_are_reported(put):
    """Characters that show people another text than the model gets are counted before the text is sent."""
    flag = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    assert load_attachment(put(f"{flag} e\u200d שלום\u200f".encode())).note == ""
    attachment = load_attachment(put("a\U000e0061\U000e0062\u202e".encode("utf-16")))
    assert attachment.note == "converted from UTF-16; it holds hidden characters (bidi controls or tags): 3"


# -- images ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (png(32, 16), "image/png", (32, 16)),
        (png(70_000, 8), "image/png", (70_000, 8)),
        (png() + b"more", "image/png", (32, 16)),
        (jpeg(), "image/jpeg", (640, 480)),
        (jpeg(frame=0xC2, before=PREVIEW + b"\xff"), "image/jpeg", (640, 480)),
        (jpeg(before=segment(0xC4, b"\x00" * 17)) + b"more", "image/jpeg", (640, 480)),
        (LOSSY, "image/webp", (70, 50)),
        (LOSSLESS, "image/webp", (70, 50)),
        (EXTENDED, "image/webp", (70, 50)),
    ],
)
def test_an_image_is_known_by_its_first_bytes(put, data, kind, size):
    """Its name does not matter, and its URL holds it to the byte."""
    attachment = load_attachment(put(data, "picture.txt"))
    assert (attachment.kind, (attachment.width, attachment.height), attachment.size) == (kind, size, len(data))
    assert to_messages([attachment], None)[0]["content"] == [part(kind, data)]
    assert attachment.note == attachment.text == ""


@pytest.mark.parametrize("whole", [png(), jpeg(before=PREVIEW), LOSSY, LOSSLESS, EXTENDED])
def test_an_image_that_is_cut_short_is_refused(put, whole):
    """Wherever it is cut after the bytes that identify it."""
    for end in range(12, len(whole)):
        with pytest.raises(FileError, match=r"image that is cut short or damaged\. Copy or save it again\."):
            load_attachment(put(whole[:end]))


@pytest.mark.parametrize(
    "data",
    [
        png(0, 2),
        jpeg(0, 480),
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IEND"),
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"tEXt") * 200_000,
        b"\xff\xd8" + b"\xff" * 1_000_000,
        b"\xff\xd8" + segment(0xE0, b"") * 200_000,
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + segment(0xDA, b"") + b"\xff\xd9",
        webp(b"VP9 ", bytes(30)),
        webp(b"VP8L", bytes(30)),
    ],
)
def test_a_damaged_image_is_refused(put, data):
    with pytest.raises(FileError, match="cut short or damaged"):
        load_attachment(put(data))


def header(width: int, height: int) -> bytes:
    """Return a PNG that says it has this size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IEND")


def webp_of(width: int, height: int) -> bytes:
    return webp(b"VP8X", b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"))


SIZES = [
    (1, 1, "a side under 8 pixels"),
    (7, 1000, "a side under 8 pixels"),
    (1000, 7, "a side under 8 pixels"),
    (16, 16, "under 512 pixels in all"),
    (8, 63, "under 512 pixels in all"),
    (8, 64, ""),
    (64, 8, ""),
    (512, 1, "a side under 8 pixels"),
    (13_377, 13_377, ""),
    (13_378, 13_377, "over 178,956,970 pixels in all"),
    (16_000, 16_000, "over 178,956,970 pixels in all"),
]


@pytest.mark.parametrize(("width", "height", "problem"), SIZES)
@pytest.mark.parametrize("make", [header, jpeg, webp_of])
def test_an_image_of_a_size_that_the_api_refuses_is_refused(put, make, width, height, problem):
    """Wherever it enters: from a file, from the clipboard, or in a list of messages."""
    data = make(width, height)
    url = part("image/x", data)["image_url"]["url"]
    if not problem:
        assert load_attachment(put(data)).width == load_pasted_image(data).width == width
        assert describe_refused_url(url) == ""
        return
    for load in (lambda: load_attachment(put(data)), lambda: load_pasted_image(data)):
        with pytest.raises(FileError, match=f"{width}x{height} pixels, and the API accepts none .*{problem}"):
            load()
    assert describe_refused_url(url).endswith(problem)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/1x1.png",
        "data:text/plain;base64,iVBORw0KGgo=",
        "data:image/png,iVBORw0KGgo=",
        "data:image/png;base64,",
        "data:image/png;base64,????",
        "data:image/png;base64,é",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        part("image/png", png()[:14])["image_url"]["url"],
        part("image/jpeg", jpeg(4, 4)[:28])["image_url"]["url"],
        part("image/png", png(8, 64))["image_url"]["url"] + "é",
    ],
)
def test_an_image_of_unknown_size_is_not_refused(url):
    assert describe_refused_url(url) == ""


def test_the_size_behind_large_metadata_is_found():
    metadata = segment(0xE1, bytes(65_000)) * 8
    url = part("image/jpeg", jpeg(4, 4, before=metadata) + bytes(3_000_000))["image_url"]["url"]
    assert describe_refused_url(url).startswith("4x4 pixels")
    assert describe_refused_url(part("image/jpeg", jpeg(40, 40, before=metadata))["image_url"]["url"]) == ""


def test_an_image_that_is_too_large_is_refused(put):
    """At most 20 MiB."""
    largest = png() + bytes((20 << 20) - len(png()))
    assert load_attachment(put(largest)).size == 20 << 20
    with pytest.raises(FileError, match=r"more than 20 MiB.*Make it smaller first"):
        load_attachment(put(largest + b"\0"))


@pytest.mark.parametrize(
    ("data", "what", "hint"),
    [
        (b"GIF89a\x01\0\x01\0\x80\0\0", "a GIF image", "PNG or JPEG"),
        (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "a BMP image", "PNG or JPEG"),
        (b"II*\0\x08\0\0\0", "a TIFF image", "PNG or JPEG"),
        (b"MM\0*\0\0\0\x08", "a TIFF image", "PNG or JPEG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC or AVIF image", "PNG or JPEG"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "a HEIC or AVIF image", "PNG or JPEG"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "a video or sound file", "text and images"),
        (b"PK\x03\x04\x14\0\0\0", "a ZIP archive or an office document", "Unpack it"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "a compressed file", "Unpack it"),
        (b"SQLite format 3\0\x10\0", "an SQLite database", ".dump"),
        (b"\x7fELF\x02\x01\x01\0", "a program", "text and images"),
        (b"MZ\x90\0\x03\0\0\0", "a program", "text and images"),
    ],
)
def test_other_files_are_refused_by_what_they_are(put, data, what, hint):
    with pytest.raises(FileError, match=rf"it is {what}\. .*{hint}") as caught:
        load_attachment(put(data, "notes.txt"))
    assert caught.value.exit_code == 4


@given(
    st.binary()
    | st.tuples(
        st.sampled_from([png(), jpeg(), LOSSY, LOSSLESS, EXTENDED, b"\xff\xfe\0\0", b"BM", b"caf\xe9 "]),
        st.integers(0, 60),
        st.binary(),
    ).map(lambda it: it[0][: it[1]] + it[2])
)
def test_any_bytes_are_an_attachment_or_a_file_error(data):
    """Any file is accepted or refused, and what is accepted can be sent."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        try:
            attachment = load_attachment(str(path))
        except FileError:
            return
    assert attachment.size == len(data)
    assert attachment.summary.startswith("file (")
    assert str(to_messages([attachment], "hi")).encode()


# -- files -------------------------------------------------------------------------------------------------------------


def test_no_more_is_read_than_the_request_has_room_for(put):
    """The limit is 50 MB for everything together."""
    assert MAX_REQUEST_BYTES == 50_000_000
    assert load_attachment(put(b"x" * 1000), 1000).request_bytes == 1000
    with pytest.raises(FileError, match="it is larger than 999 B, which is more than is left of what the API accepts"):
        load_attachment(put(b"x" * 1000), 999)
    image = png(200, 200)
    assert load_attachment(put(image), 2 * len(image)).request_bytes > len(image) * 4 / 3
    for room in (len(image) * 4 // 3 - 1, 0, -30):
        with pytest.raises(FileError, match="it is larger than"):
            load_attachment(put(image), room)


@pytest.mark.parametrize("name", ["missing", ".", "~no-such-user-of-mine/file", "x" * 5000, "\ud800", "a\0b"])
def test_what_cannot_be_read_is_a_file_error(name):
    with pytest.raises(FileError):
        load_attachment(name)


def test_a_file_is_shown_in_one_line(put):
    assert load_attachment(put(b"x" * 12_345, "notes.txt")).summary == "notes.txt (text, 12 kB, about 3,100 tokens)"
    assert load_attachment(put(b"x", "a")).summary == "a (text, 1 B, about 1 token)"
    assert load_attachment(put(b"", "a")).summary == "a (text, 0 B, about 0 tokens)"
    attachment = load_attachment(put(jpeg() + bytes(23_000), "cat.png"))
    assert attachment.summary == "cat.png (image/jpeg, 640x480, 23 kB)"
    assert attachment.tokens == 1792


# -- messages ----------------------------------------------------------------------------------------------------------

TEXT = Attachment("a.txt", "text", 5, "as is")
FIRST = Attachment("1.png", "image/png", 1, url="data:image/png;base64,MQ==")
SECOND = Attachment("2.png", "image/png", 1, url="data:image/png;base64,Mg==")


def test_a_text_file_is_a_message_of_its_own():
    """`File: NAME`, an empty line, the text unchanged; PROMPT without images stays a string."""
    file = {"role": "user", "content": "File: a.txt\n\nas is"}
    assert to_messages([TEXT], None) == [file]
    assert to_messages([TEXT, TEXT], "what?") == [file, file, {"role": "user", "content": "what?"}]
    assert to_messages([], "what?") == [{"role": "user", "content": "what?"}]
    assert to_messages([], None) == to_messages([], "") == []


def test_an_image_becomes_a_part_of_the_prompts_message():
    """PROMPT first, then the images in the given order; text files come before it."""
    *files, last = to_messages([FIRST, TEXT, SECOND], "what?")
    assert files == [{"role": "user", "content": "File: a.txt\n\nas is"}]
    assert last["role"] == "user"
    assert last["content"] == [
        {"type": "text", "text": "what?"},
        {"type": "image_url", "image_url": {"url": FIRST.url}},
        {"type": "image_url", "image_url": {"url": SECOND.url}},
    ]


@pytest.mark.parametrize("prompt", [None, ""])
def test_without_a_prompt_an_image_is_a_message_of_its_own(prompt):
    """In the order of the files."""
    first, text, second = to_messages([FIRST, TEXT, SECOND], prompt)
    assert first == {"role": "user", "content": [{"type": "image_url", "image_url": {"url": FIRST.url}}]}
    assert text["content"] == "File: a.txt\n\nas is"
    assert second["content"] == [{"type": "image_url", "image_url": {"url": SECOND.url}}]


def test_a_name_that_is_no_utf_8_does_not_break_the_request():
    [only] = to_messages([Attachment("caf\udce9", "text", 1, "x")], None)
    assert only["content"].encode() == b"File: caf?\n\nx"


# -- all the way -------------------------------------------------------------------------------------------------------


def test_files_arrive_as_the_contract_says(home, api, put):
    """The order is `-s`, `-f`, standard input, PROMPT; an image becomes a part of PROMPT's message."""
    image, text = put(png(), "cat"), put(b"caf\xe9 au lait\n", "menu.txt")
    code, environment = run_cli(home, api, "-s", "short", "-f", image, "-f", text, "what", "is it?", stdin=b"piped\n")
    assert (code, out(environment)) == (0, "Hello there.\n")
    assert err(environment).startswith(f"grokchat: {text}: it is not UTF-8 and was read as windows-1252")
    assert err(environment).count("\n") == 1
    assert api.requests[0].messages == [
        {"role": "system", "content": "short"},
        {"role": "user", "content": "File: menu.txt\n\ncaf\xe9 au lait\n"},
        {"role": "user", "content": "piped\n"},
        {"role": "user", "content": [{"type": "text", "text": "what is it?"}, part("image/png", png())]},
    ]
    code, _ = run_cli(home, api, "-c", "and now?")
    assert code == 0
    assert api.requests[1].messages[:4] == api.requests[0].messages


def test_an_image_alone_is_a_request(home, api, put):
    """With no PROMPT a message of its own, before standard input."""
    code, environment = run_cli(home, api, "-f", put(png(), "cat.png"), stdin=b"what is it?")
    assert (code, err(environment)) == (0, "")
    assert api.requests[0].messages == [
        {"role": "user", "content": [part("image/png", png())]},
        {"role": "user", "content": "what is it?"},
    ]


def test_a_file_that_is_refused_is_never_sent(home, api, put):
    code, environment = run_cli(home, api, "hello", "-f", put(png()[:-1], "cut\x1b.png"))
    assert (code, out(environment), api.requests) == (4, "", [])
    assert "cut␛.png: it is a PNG image that is cut short" in err(environment)


def test_the_demo_takes_images(home, put):
    code, environment = run_cli(home, None, "--demo", "-f", put(png(), "cat.png"), "what is it?")
    assert code == 0
    assert out(environment).startswith("You said: what is it?\n")
    assert reply_text(to_messages([FIRST], None)).startswith("You said: [image/png, 1 B]\n")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"data:image/png;base64,{base64.b64encode(bytes(23_000)).decode()}", "[image/png, 23 kB]"),
        ("DATA:image/svg+xml;charset=utf-8,<svg/>", "[image/svg+xml, 6 B]"),
        ("data:;base64,", "[picture, 0 B]"),
        ("data:,x", "[picture, 1 B]"),
        ("https://example.org/cat.png", "[https://example.org/cat.png]"),
        ("https://example.org/" + "x" * 300, "[https://example.org/" + "x" * 180 + "…]"),
        ("data:" + "x" * 3_000_000, "[image, 2.3 MB]"),
        ("", "[image]"),
    ],
)
def test_a_picture_is_shown_by_what_it_is(url, shown):
    assert content_text([{"type": "image_url", "image_url": {"url": url}}]) == shown
    assert (
        content_text([{"type": "text", "text": "what?"}, {"type": "image_url", "image_url": url}]) == f"what?\n{shown}"
    )


@pytest.mark.parametrize("image", [{}, {"url": 7}, None, 7, []])
def test_a_picture_of_another_shape_is_shown_by_its_type(image):
    assert content_text([{"type": "image_url", "image_url": image}]) == "[image]"


def test_a_picture_without_an_address_is_shown_by_its_id():
    assert content_text([{"type": "image_url", "image_url": {"file_id": "f"}}]) == "[image f]"


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_499, "999 kB"), (999_500, "1 MB"), (23_149_999, "23.1 MB")],
)
def test_sizes(size, shown):
    assert byte_size(size) == shown


def test_the_limit_is_the_apis():
    assert MAX_IMAGE_BYTES == 20 * 1024 * 1024

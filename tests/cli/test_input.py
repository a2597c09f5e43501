"""The first messages: from the command line, attached files and standard input."""

from __future__ import annotations

import base64

import pytest
from pictures import png
from support import make_environment

from grokchat.arguments import parse_arguments
from grokchat.cli import input as cli_input
from grokchat.cli.input import read_messages
from grokchat.errors import FileError, UsageError


def read(home, *words: str, stdin: bytes | None = None) -> list[tuple[str, object]]:
    bodies = read_messages(make_environment(home, stdin=stdin), parse_arguments(words), report=pytest.fail)
    return [(body["role"], body["content"]) for body in bodies]


def test_the_order_is_system_files_standard_input_prompt(home, tmp_path):
    """The order is `-s`, `-f`, standard input, PROMPT."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"text of {name}\n")
    words = ["and", "now", "-f", str(tmp_path / "a.txt"), "-s", "one", "-f", str(tmp_path / "b.txt"), "-s", "two"]
    assert read(home, *words, stdin=b"piped\n") == [
        ("system", "one"),
        ("system", "two"),
        ("user", "File: a.txt\n\ntext of a.txt\n"),
        ("user", "File: b.txt\n\ntext of b.txt\n"),
        ("user", "piped\n"),
        ("user", "and now"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        "a\n",
        "a",
        "\n",
        "  a\r\nb\r\n\r\n",
        "\ufefftext",
        "漢字 👩‍💻 e\u0301\n",
        "\x1b[31mred\x1b[0m\n",
        "a\u2028b\x0cc\x85d",
    ],
)
def test_piped_text_is_sent_verbatim(home, data):
    """Verbatim, a final newline included."""
    assert read(home, stdin=data.encode()) == [("user", data)]


@pytest.mark.parametrize("data", ["text", "text\n", "a\r\nb\n\n", "", "\ufeffmarked"])
def test_a_file_is_a_message_of_its_own(home, tmp_path, data):
    """`File: NAME`, an empty line, and the text unchanged."""
    path = tmp_path / "a file.txt"
    path.write_bytes(data.encode())
    assert read(home, "-f", str(path)) == [("user", f"File: a file.txt\n\n{data}")]


def test_an_empty_input_is_not_a_message(home):
    assert read(home, stdin=b"") == []
    assert read(home, "", "-s", "", stdin=b"") == []
    assert read(home, "hello", stdin=b"") == [("user", "hello")]


def test_a_terminal_is_not_read(home):
    assert read(home, "hello") == [("user", "hello")]


def test_no_standard_input_at_all(home):
    environment = make_environment(home, stdin=b"never read")
    environment.stdin.close()
    assert read_messages(environment, parse_arguments(["hello"]), report=pytest.fail) == [
        {"role": "user", "content": "hello"}
    ]
    environment.stdin = None
    assert read_messages(environment, parse_arguments(["hello"]), report=pytest.fail) == [
        {"role": "user", "content": "hello"}
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("wide".encode("utf-16"), "NUL byte at 3"),
        (b"caf\xe9 au lait", "it is not UTF-8: byte 3 is 0xe9"),
        (b"\xed\xa0\x80", "it is not UTF-8: byte 0 is 0xed"),
    ],
)
def test_piped_data_that_is_not_text_is_refused(home, data, reason):
    """Exit code 4, with the place and what to do, before anything is sent."""
    with pytest.raises(FileError) as caught:
        read(home, stdin=data)
    assert reason in str(caught.value)
    assert str(caught.value).startswith("standard input: ")
    assert "iconv" in str(caught.value)
    assert caught.value.exit_code == 4


def test_a_converted_file_is_reported(home, tmp_path):
    """A file may have another encoding; that it was converted is reported."""
    path = tmp_path / "old.txt"
    path.write_bytes("wide".encode("utf-16"))
    notes = []
    bodies = read_messages(make_environment(home), parse_arguments(["-f", str(path)]), report=notes.append)
    assert bodies == [{"role": "user", "content": "File: old.txt\n\nwide"}]
    assert notes == [f"{path}: converted from UTF-16"]


def test_standard_input_goes_before_the_prompt_with_its_images(home, tmp_path):
    """The order is `-s`, `-f`, standard input, PROMPT; an image becomes a part of PROMPT's message."""
    (tmp_path / "picture").write_bytes(png())
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64.b64encode(png()).decode()}"}}
    words = ["-f", str(tmp_path / "picture"), "what?"]
    assert read(home, *words, stdin=b"piped") == [
        ("user", "piped"),
        ("user", [{"type": "text", "text": "what?"}, image]),
    ]
    assert read(home, *words[:2], stdin=b"piped") == [("user", [image]), ("user", "piped")]


def test_input_larger_than_the_api_accepts_is_refused(home, tmp_path, monkeypatch):
    monkeypatch.setattr(cli_input, "MAX_REQUEST_BYTES", 2_000_000)
    path = tmp_path / "large"
    path.write_bytes(b"x" * 2_000_001)
    with pytest.raises(FileError, match=r"large: it is larger than 2 MB"):
        read(home, "-f", str(path))
    with pytest.raises(FileError, match=r"standard input: it is larger than 2 MB"):
        read(home, stdin=b"x" * 2_000_001)
    assert len(read(home, stdin=b"x" * 2_000_000)[0][1]) == 2_000_000


def test_the_limit_applies_to_all_input_together(home, tmp_path, monkeypatch):
    monkeypatch.setattr(cli_input, "MAX_REQUEST_BYTES", 2_000_000)
    (tmp_path / "a").write_bytes(b"x" * 1_500_000)
    (tmp_path / "b").write_bytes(b"x" * 500_001)
    with pytest.raises(FileError, match=r"b: it is larger than 500 kB, which is more than is left"):
        read(home, "-f", str(tmp_path / "a"), "-f", str(tmp_path / "b"))
    with pytest.raises(FileError, match=r"standard input: it is larger than 500 kB, which is more than is left"):
        read(home, "-f", str(tmp_path / "a"), stdin=b"x" * 500_001)
    assert len(read(home, "-f", str(tmp_path / "a"), stdin=b"x" * 500_000)) == 2


@pytest.mark.parametrize(("name", "reason"), [("missing", "cannot be read"), ("folder", "it is a directory")])
def test_a_file_that_cannot_be_read(home, tmp_path, name, reason):
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError, match=reason):
        read(home, "hello", "-f", str(tmp_path / name))


@pytest.mark.parametrize("name", ["~no-such-user-of-mine/file", "x" * 5000])
def test_a_name_that_no_file_can_have(home, name):
    with pytest.raises(FileError):
        read(home, "-f", name)


@pytest.mark.parametrize("words", [["caf\udce9"], ["-s", "\udcff"]])
def test_an_argument_that_is_not_utf_8(home, words):
    with pytest.raises(UsageError, match="not valid UTF-8"):
        read(home, *words)

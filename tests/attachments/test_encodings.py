"""Text that is not UTF-8 is reported with its likely encoding, and a character cut by a pipe is replaced."""

# ruff: noqa: RUF001 - the texts have the punctuation of their languages

from __future__ import annotations

import os
import random
import re
import sys
import threading

import pytest
from pictures import jpeg, png
from support import err, out, paragraph, run_cli

from grokchat.attachments.encoding_guess import guess_encoding
from grokchat.attachments.load import load_attachment
from grokchat.attachments.text_encoding import decode_piped, decode_text, decode_utf8
from grokchat.errors import FileError

CHINESE = "今天天气很好，我们去公园散步吧。然后回家吃饭。"
TAIWANESE = "今天天氣很好，我們去公園散步吧。然後回家吃飯。請問您貴姓？"
JAPANESE = "日本語のテキストです。今日は天気がいいですね。エラーがあります。"
KOREAN = "안녕하세요. 오늘은 날씨가 좋네요. 공원에 갑시다."
RUSSIAN = "Привет, мир! Сегодня хорошая погода."
POLISH = "Zażółć gęślą jaźń, proszę bardzo"
FRENCH = "Déjà vu, café au lait, garçon, être où"

GUESSES = [
    (CHINESE, "gb18030", "GB18030"),
    (CHINESE, "gbk", "GB18030"),
    ("你好，世界！这是一个测试。", "gb2312", "GB18030"),
    ("中文测试", "gbk", "GB18030"),
    (f"Error in module x: {CHINESE}\r\nat line 1\r\n", "gbk", "GB18030"),
    (TAIWANESE, "big5", "BIG5"),
    (JAPANESE, "shift_jis", "CP932"),
    (JAPANESE, "cp932", "CP932"),
    (JAPANESE, "euc_jp", "EUC-JP"),
    ("エラー：ファイルが見つかりません", "shift_jis", "CP932"),
    ("エラー：ファイルが見つかりません", "euc_jp", "EUC-JP"),
    (KOREAN, "euc_kr", "EUC-KR"),
    (KOREAN, "cp949", "EUC-KR"),
    (RUSSIAN, "cp1251", "WINDOWS-1251"),
    (RUSSIAN, "koi8_r", "KOI8-R"),
    (RUSSIAN, "cp866", "CP866"),
    (RUSSIAN, "iso8859_5", "ISO-8859-5"),
    ("Καλημέρα κόσμε, τι κάνεις σήμερα;", "cp1253", "WINDOWS-1253"),
    ("שלום עולם, מה שלומך היום", "cp1255", "WINDOWS-1255"),
    ("مرحبا بالعالم كيف حالك اليوم", "cp1256", "WINDOWS-1256"),
    (POLISH, "cp1250", "WINDOWS-1250"),
    (POLISH, "iso8859_2", "ISO-8859-2"),
    (FRENCH, "cp1252", "WINDOWS-1252"),
    (FRENCH, "cp850", "CP850"),
    (FRENCH, "mac_roman", "MACINTOSH"),
    ("It’s a “quoted” text – really", "cp1252", "WINDOWS-1252"),
    (FRENCH, "utf-16-le", "UTF-16LE"),
    (FRENCH, "utf-16-be", "UTF-16BE"),
    (FRENCH, "utf-32-le", "UTF-32LE"),
    (FRENCH, "utf-32-be", "UTF-32BE"),
    (FRENCH, "utf-16", "UTF-16"),
    (CHINESE, "utf-16", "UTF-16"),
    (FRENCH, "utf-32", "UTF-32"),
]


@pytest.mark.parametrize(("text", "codec", "name"), GUESSES)
def test_the_advice_names_the_encoding_that_the_bytes_look_like(home, text, codec, name):
    """`iconv` with another encoding would make mojibake, which is then sent."""
    data = text.encode(codec)
    assert guess_encoding(data) == name
    assert guess_encoding(data * 5000) == name
    if "UTF" not in name:
        assert guess_encoding(b"much plain text\n" * 5000 + data) == name
    code, environment = run_cli(home, None, "--demo", "--no-save", "hi", stdin=data)
    assert code == 4
    assert f"it looks like {name}. Convert it first: `iconv -f {name} -t UTF-8`." in paragraph(environment)


@pytest.mark.parametrize(
    ("data", "guesses"),
    [
        ("你好".encode("gbk"), {"GB18030 or EUC-JP", "EUC-KR or GB18030"}),
        ("감사합니다".encode("euc_kr"), {"EUC-KR or GB18030"}),
        (b"caf\xe9", {"WINDOWS-1252"}),
        (b"\xe9\xe8", {""}),
        (b"\x1b\x02\x03\xe9", {""}),
        (b"\x80\x81\x82 and \x90\x9d", {""}),
        (random.Random(13).randbytes(3000).replace(b"\0", b"\1"), {""}),
    ],
)
def test_a_guess_is_made_only_where_it_is_likely(data, guesses):
    assert guess_encoding(data) in guesses


def test_no_advice_names_an_encoding_without_a_reason():
    """Of no bytes whatever is it said that they are Latin 1, which can decode all."""
    rng = random.Random(13)
    for size in range(1, 400):
        data = rng.randbytes(size) + b"\xff"
        with pytest.raises(FileError) as caught:
            decode_utf8(data, "x")
        assert "LATIN1" not in str(caught.value).upper()
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "text", [CHINESE, TAIWANESE, JAPANESE, KOREAN, RUSSIAN, POLISH, "Error: 文件不存在 in 用户 x\n"]
)
def test_no_file_of_another_language_is_read_as_windows_1252(text):
    for codec in ("gb18030", "big5", "cp932", "euc_jp", "euc_kr", "cp1251", "koi8_r", "cp1250", "iso8859_2"):
        try:
            data = text.encode(codec)
        except UnicodeEncodeError:
            continue
        with pytest.raises(FileError, match="it is not UTF-8"):
            decode_text(data, "x")


# -- cut and damaged UTF-8 ---------------------------------------------------------------------------------------------

CUTS = [
    ("grüße, 漢字".encode()[:-1], "grüße, 漢\ufffd", "last"),
    ("grüße, 漢字".encode()[:-2], "grüße, 漢\ufffd", "last"),
    (b"text \xf0\x9f\x91", "text \ufffd", "last"),
    (b"cut \xe6\xbc", "cut \ufffd", "last"),
    (b"cut \xe6", "cut \ufffd", "last"),
    ("naïve text cut in its last lett".encode() + b"\xc3", "naïve text cut in its last lett\ufffd", "last"),
    (b"x" * 300 + b"\xe2", "x" * 300 + "\ufffd", "last"),
    ("漢字 and more".encode()[1:], "\ufffd字 and more", "first"),
    ("漢字 and more".encode()[2:], "\ufffd字 and more", "first"),
    (b"\x91\xa9 plain", "\ufffd plain", "first"),
    ("漢字漢".encode()[1:-1], "\ufffd字\ufffd", "first and last"),
]


@pytest.mark.parametrize(("data", "text", "which"), CUTS)
def test_a_cut_character_of_a_pipe_is_replaced_and_reported(home, api, data, text, which):
    """As `head -c` and `tail -c` leave it."""
    note = f"its {which} character is cut, and U+FFFD is sent in its place"
    assert decode_piped(data, "x") == (text, note)
    code, environment = run_cli(home, api, "hi", stdin=data)
    assert (code, out(environment), err(environment)) == (0, "Hello there.\n", f"grokchat: standard input: {note}\n")
    assert api.requests[0].messages[0]["content"] == text
    run_cli(home, api, "hi", "-f", "-", stdin=data)
    assert api.requests[1].messages[0]["content"] == f"File: standard input\n\n{text}"


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs of POSIX")
def test_a_cut_character_of_a_fifo_is_replaced_and_one_of_a_file_is_not(tmp_path):
    data = CUTS[0][0]
    os.mkfifo(tmp_path / "fifo")
    writer = threading.Thread(target=(tmp_path / "fifo").write_bytes, args=(data,))
    writer.start()
    attachment = load_attachment(str(tmp_path / "fifo"))
    writer.join()
    assert attachment.text == CUTS[0][1]
    assert "its last character is cut" in attachment.note
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(FileError, match=r"it looks like UTF-8 that is cut in a character\. .*`iconv -c"):
        load_attachment(str(tmp_path / "file"))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"caf\xe9", "WINDOWS-1252"),
        (b"caf\xe9 au lait", "WINDOWS-1252"),
        (b"\xe9t\xe9 comme hiver", "WINDOWS-1252"),
        ("grüße ".encode() + b"\xff" + "漢字".encode(), "damaged UTF-8"),
        ("grüße".encode() + b"\xed\xa0\x80 x", "damaged UTF-8"),
        ("grüße ".encode() * 9 + b"\xc0\xaf", "damaged UTF-8"),
    ],
)
def test_what_is_more_than_one_cut_character_is_refused(data, what):
    with pytest.raises(FileError, match=rf"byte [\d,]+ is 0x[0-9a-f]{{2}} \(line 1\); it looks like {what}\."):
        decode_piped(data, "standard input")


def test_a_piece_of_a_text_is_replaced_wherever_it_is_cut():
    """No cut by bytes of a text in which more than one character is outside ASCII is refused."""
    data = "Eine Übersicht: 漢字 und 👩‍💻, schön.\n".encode()
    for end in range(len(data) // 2, len(data) + 1):
        text, note = decode_piped(data[:end], "x")
        assert bool(note) == text.endswith("\ufffd")
        assert text.rstrip("\ufffd") == data[:end].decode("utf-8", "ignore")
    for start in range(len(data) // 2):
        text, note = decode_piped(data[start:], "x")
        assert bool(note) == text.startswith("\ufffd")
        assert text.lstrip("\ufffd") == data[start:].decode("utf-8", "ignore")


# -- binary data -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "what", "advice"),
    [
        (png(), "a PNG image", "-f FILE, or -f -"),
        (jpeg(), "a JPEG image", "-f FILE, or -f -"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\0", "a PDF file", "-f FILE, or -f -"),
        (b"GIF89a\x01\0\x01\0\x80\0\0", "a GIF image", "PNG or JPEG"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "a compressed file", "Unpack it"),
        (b"PK\x03\x04\x14\0\0\0", "a ZIP archive or an office document", "Unpack it"),
        (b"\x7fELF\x02\x01\x01\0", "a program", "text and images"),
        (b"SQLite format 3\0\x10\0", "an SQLite database", ".dump"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a video or sound file", "text and images"),
        (b"ID3\x04\0\0", "a video or sound file", "text and images"),
        (b"file.txt".ljust(257, b"\0") + b"ustar\0", "an archive", "Unpack it"),
        (b"\x93NUMPY\x01\0", "a data file", "as text"),
        (b"\0asm\x01\0\0\0", "compiled code", "text and images"),
    ],
)
def test_piped_binary_data_is_told_for_what_it_is(home, data, what, advice):
    code, environment = run_cli(home, None, "--demo", "hi", stdin=data)
    assert code == 4
    assert re.search(rf"standard input: it is {what}\. .*{advice}", paragraph(environment))
    assert "iconv" not in err(environment)


def test_a_piped_image_can_be_attached(home, api):
    code, environment = run_cli(home, api, "what is it?", "-f", "-", stdin=png(64, 64))
    assert (code, err(environment)) == (0, "")
    assert [part["type"] for part in api.requests[0].messages[0]["content"]] == ["text", "image_url"]


@pytest.mark.parametrize(
    ("data", "reason", "advice"),
    [
        (b"a log\nwith a \0 in it\n", "a NUL byte at 13 (line 2).", "leave that byte out: `tr -d '\\0'`."),
        (b"a\0b\0" + b"text\n" * 100, "a NUL byte at 1 (line 1).", "leave its 2 NUL bytes out"),
        (b"a log\n" * 100 + b"\0" * 512, "a NUL byte at 600 (line 101).", "leave its 512 NUL bytes out"),
        (bytes(range(1, 256)) + b"\0", "a NUL byte at 255 (line 2); it looks like binary data.", "text and images"),
    ],
)
def test_a_log_with_a_nul_is_no_utf_16(home, data, reason, advice):
    code, environment = run_cli(home, None, "--demo", "hi", stdin=data)
    assert code == 4
    assert reason in err(environment)
    assert advice in err(environment)
    assert "iconv" not in err(environment)

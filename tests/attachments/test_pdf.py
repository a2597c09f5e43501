"""PDF files as text: the output of the separate process becomes a text or a one-line error."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
from chat_process import Chat, chat_env
from support import ROOT

from grokchat.attachments import pdf
from grokchat.attachments.load import load_attachment, to_messages
from grokchat.errors import FileError
from grokchat.system.programs import ProgramOutput

installed = pytest.mark.skipif(find_spec("pypdf") is None, reason="pypdf is optional")


def page(text: str) -> bytes:
    """Return a PDF file of one page."""
    stream = b"BT /F1 12 Tf 72 700 Td (%s) Tj ET" % text.encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (count, table, end)


@pytest.fixture
def as_if_installed(monkeypatch):
    """Make the reading process end as the test wants."""
    monkeypatch.setattr(pdf.importlib.util, "find_spec", lambda name: object())

    def ends(code: int, output: bytes = b"") -> None:
        def run(command, env, **options):
            assert options["timeout_s"] == pdf.TIMEOUT_S
            if code == -1:
                raise subprocess.TimeoutExpired(command, pdf.TIMEOUT_S)
            return ProgramOutput(code, output, b"")

        monkeypatch.setattr(pdf, "run_program", run)

    return ends


def test_without_the_extra_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf.importlib.util, "find_spec", lambda name: None)
    path = tmp_path / "paper.pdf"
    path.write_bytes(page("x"))
    with pytest.raises(FileError, match="Install pypdf"):
        load_attachment(str(path))


def test_the_text_is_a_message_of_its_own(tmp_path, as_if_installed):
    as_if_installed(0, b"2 2\none\n\ntwo\0\n")
    path = tmp_path / "paper.pdf"
    path.write_bytes(page("x"))
    attachment = load_attachment(str(path))
    assert (attachment.kind, attachment.note) == ("text", "the text of a PDF file")
    assert to_messages([attachment], None) == [{"role": "user", "content": "File: paper.pdf\n\none\n\ntwo\ufffd\n"}]


def test_of_very_many_pages_the_first_are_read_with_a_note(as_if_installed):
    as_if_installed(0, b"5000 1000\nx\n")
    assert pdf.extract_text(b"%PDF-", "p")[1] == "the text of the first 1,000 of its 5,000 pages"


@pytest.mark.parametrize(
    ("code", "message"),
    [(3, "encrypted"), (4, "damaged"), (5, "without text"), (-9, "damaged"), (1, "damaged"), (-1, "seconds")],
)
def test_every_failure_of_the_reading_process_is_one_line(as_if_installed, code, message):
    as_if_installed(code)
    with pytest.raises(FileError, match=message) as caught:
        pdf.extract_text(b"%PDF-", "p.pdf")
    assert "\n" not in str(caught.value)


@installed
def test_a_page_is_read_whatever_lies_in_the_current_directory(tmp_path, monkeypatch):
    (tmp_path / "pypdf.py").write_text("raise SystemExit(9)", encoding="utf-8")
    (tmp_path / "logging.py").write_text("raise SystemExit(9)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert pdf.extract_text(page("Hello there"), "p.pdf") == ("Hello there\n", "the text of a PDF file")


@installed
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "damaged"),
        (b"%PDF-" + b"[" * 100_000, "damaged"),
        (b"%PDF-" + bytes(range(256)) * 1000, "damaged"),
        (page("x").replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]"), "PDF file"),
        (page(""), "without text"),
    ],
    ids=["only a head", "nested", "noise", "pages in a circle", "no text"],
)
def test_an_unreadable_pdf_is_reported(monkeypatch, data, message):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with pytest.raises(FileError, match=message):
        pdf.extract_text(data, "p.pdf")


_SLOW = """
import os, time
while not os.path.exists(os.environ["GO_ON"]):
    time.sleep(0.01)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")
def test_leaving_while_a_file_is_read_tells_that_it_was_not_attached(home, api, tmp_path):
    (tmp_path / "pypdf.py").write_text(_SLOW)
    (tmp_path / "paper.pdf").write_bytes(page("x"))
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    with Chat(env=chat_env(home, api) | {"PYTHONPATH": path, "GO_ON": str(tmp_path / "go on")}) as chat:
        chat.wait_for_prompt()
        chat.type(f"/file {tmp_path}/paper.pdf\r")
        chat.wait_for("reading ")
        chat.type("\x04")
        chat.wait_for("not done: /file")
        (tmp_path / "go on").touch()
        assert chat.end() == 0


def test_start_up_knows_nothing_of_it():
    script = (
        "import sys, grokchat.attachments.load; assert not {'pypdf', 'grokchat.attachments.pdf'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})

"""Extracts the text of a PDF file, if the optional `pypdf` is installed.

A PDF is a kind of program, and may be hostile. It is read in a separate process that gets its bytes, a few seconds and
limited memory; even if that process crashes, the result is text or a one-line error.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from contextlib import suppress
from io import BytesIO

from grokchat.errors import FileError, os_reason
from grokchat.messages import MAX_REQUEST_BYTES
from grokchat.system.programs import run_program

MAX_PAGES = 1000
TIMEOUT_S = 15
"""For reading all pages."""
_MAX_MEMORY_BYTES = 2 << 30
_ENCRYPTED, _DAMAGED, _WITHOUT_TEXT = 3, 4, 5
"""Exit codes of the process."""
_REASONS = {
    _ENCRYPTED: "it is encrypted, and its text cannot be read without the password",
    _DAMAGED: "it is a damaged or unreadable PDF file",
    _WITHOUT_TEXT: "it is a PDF file without text, such as scanned pages",
}
_ADVICE = {
    _ENCRYPTED: "Save it without one.",
    _DAMAGED: "Save or print it as a PDF again.",
    _WITHOUT_TEXT: "Attach its pages as images.",
}


def extract_text(data: bytes, name: str) -> tuple[str, str]:
    """Return a PDF file's text and a note for the user; raises FileError."""
    if importlib.util.find_spec("pypdf") is None:
        raise FileError(
            name,
            "it is a PDF file",
            "Install pypdf beside grokchat to read its text, or print it with `pdftotext FILE -`.",
        )
    # -P: no module is imported from the current directory.
    command = [sys.executable, "-P", "-m", "grokchat.attachments.pdf"]
    try:
        output = run_program(command, None, data=data, timeout_s=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        reason = f"it is a PDF file that takes more than {TIMEOUT_S} seconds to read"
        raise FileError(
            name, reason, "Send the pages that matter: `pdftotext -f 1 -l 9 FILE -` prints some."
        ) from error
    except OSError as error:
        raise FileError(name, f"it is a PDF file, and cannot be read ({os_reason(error)})") from error
    if output.exit_code:
        code = output.exit_code if output.exit_code in _REASONS else _DAMAGED
        raise FileError(name, _REASONS[code], _ADVICE[code])
    head, _, text = output.stdout.decode("utf-8", "replace").partition("\n")
    count, read = map(int, head.split())
    note = "the text of a PDF file" if read == count else f"the text of the first {read:,} of its {count:,} pages"
    return text.replace("\0", "\ufffd"), note


def _main() -> int:
    """Read a PDF from standard input; write the number of its pages, the number read, and their text."""
    import logging

    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    logging.disable()
    if sys.platform != "win32":
        import resource

        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
            resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT_S, TIMEOUT_S + 1))
    with open(0, "rb", closefd=False) as source:
        data = BytesIO(source.read())
    pages: list[str] = []
    size = 0
    try:
        reader = PdfReader(data)
        if reader.is_encrypted and not reader.decrypt(""):
            return _ENCRYPTED
        count = len(reader.pages)
        for page in reader.pages:
            pages.append(page.extract_text().strip())
            size += len(pages[-1])
            if len(pages) == MAX_PAGES or size > MAX_REQUEST_BYTES:
                break
    except DependencyError:  # for a cipher; any other error ends this process, which is reported as damage
        return _ENCRYPTED
    if not size:
        return _WITHOUT_TEXT
    output = f"{count} {len(pages)}\n" + "\n\n".join(pages) + "\n"
    with os.fdopen(1, "wb", closefd=False) as target:
        target.write(output.encode("utf-8", "replace"))
    return 0


if __name__ == "__main__":
    sys.exit(_main())

"""The text of a PDF file, where the optional `pypdf` is installed.

A PDF is a program of a kind, and may come from anybody. So it is read in a process of its own, which has nothing but
its bytes, a few seconds and a bounded memory; whatever becomes of that process, here it is text or one line that says
why not.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from contextlib import suppress
from io import BytesIO

from grokchat.attachments.text_encoding import MAX_REQUEST_BYTES
from grokchat.errors import FileError, os_reason

MAX_PAGES = 1000
TIMEOUT_S = 15
"""What the reading may take; of what is read sooner, all is taken."""
_MEMORY = 2 << 30
_REASONS = {
    3: "it is encrypted, and its text cannot be read without the password",
    4: "it is a PDF file that is damaged, or none that can be read",
    5: "it is a PDF file without any text, as of scanned pages",
}
_ADVICE = {3: "Save it without one.", 4: "Save or print it as a PDF again.", 5: "Attach its pages as images."}


def extract_text(data: bytes, name: str) -> tuple[str, str]:
    """Return a PDF file's text and what the user should know about it; raises FileError."""
    if importlib.util.find_spec("pypdf") is None:
        raise FileError(
            name,
            "it is a PDF file",
            "`pip install pypdf` beside grokchat lets it read the text; `pdftotext FILE -` prints it.",
        )
    # -P: whatever lies in the current directory is no module of ours.
    command = [sys.executable, "-P", "-m", "grokchat.attachments.pdf"]
    try:
        ended = subprocess.run(  # noqa: S603 - this very program
            command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        said = f"it is a PDF file that takes more than {TIMEOUT_S} seconds to read"
        raise FileError(name, said, "Send the pages that matter: `pdftotext -f 1 -l 9 FILE -` prints some.") from error
    except OSError as error:
        raise FileError(name, f"it is a PDF file, and cannot be read ({os_reason(error)})") from error
    if ended.returncode:
        code = ended.returncode if ended.returncode in _REASONS else 4
        raise FileError(name, _REASONS[code], _ADVICE[code])
    head, _, text = ended.stdout.decode("utf-8", "replace").partition("\n")
    count, read = map(int, head.split())
    told = "the text of a PDF file" if read == count else f"the text of the first {read:,} of its {count:,} pages"
    return text.replace("\0", "\ufffd"), told


def _main() -> int:
    """Read a PDF from standard input; write the pages that it has, those that were read, and the text."""
    import logging

    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    logging.disable()
    if sys.platform != "win32":
        import resource

        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT_S, TIMEOUT_S + 1))
    with open(0, "rb", closefd=False) as source:
        data = BytesIO(source.read())
    pages: list[str] = []
    size = 0
    try:
        reader = PdfReader(data)
        if reader.is_encrypted and not reader.decrypt(""):
            return 3
        count = len(reader.pages)
        for page in reader.pages:
            pages.append(page.extract_text().strip())
            size += len(pages[-1])
            if len(pages) == MAX_PAGES or size > MAX_REQUEST_BYTES:
                break
    except DependencyError:  # of a cipher; all other errors end this process, and that says enough
        return 3
    if not size:
        return 5
    whole = f"{count} {len(pages)}\n" + "\n\n".join(pages) + "\n"
    with os.fdopen(1, "wb", closefd=False) as target:
        target.write(whole.encode("utf-8", "replace"))
    return 0


if __name__ == "__main__":
    sys.exit(_main())

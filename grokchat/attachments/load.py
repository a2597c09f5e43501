"""Attached files: a text becomes a message, an image a part of one.

What a file is, its first bytes say, never its name. What the API would refuse, or could not read, is refused here,
called by what it is and with what to do about it, before anything is sent: other images and binary files, images that
are cut short, what is too large, bytes that are no text. A text goes as it is: UTF-8 to the byte, U+FEFF at its
beginning included, and what was converted from another encoding says so.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any

from grokchat.attachments.images import dimensions, media_type
from grokchat.attachments.text_encoding import MAX_REQUEST_BYTES, decode_text, too_large_error
from grokchat.errors import FileError
from grokchat.messages import body
from grokchat.records import record
from grokchat.system.files import expand_path, read_file
from grokchat.units import byte_size

MAX_IMAGE_BYTES = 20 << 20
"""Bytes: what the API takes as one image."""

_IMAGE_TOKENS = 1792
"""The most of the "256 to 1792 tokens" that the API's page on consumption gives for an image; it has no formula."""

_CONVERT = "Convert it to PNG or JPEG first, as with `magick IN OUT.png`."

_REFUSED = (
    (rb"GIF8[79]a.{0,6}\0", "a GIF image", _CONVERT),
    (rb"BM.{4}\0\0\0\0", "a BMP image", _CONVERT),
    (rb"II\*\0|MM\0\*", "a TIFF image", _CONVERT),
    (rb"\0.{3}ftyp(?:hei|hev|mif1|msf1|avif|avis)", "a HEIC or AVIF image", _CONVERT),
    (rb"\0.{3}ftyp|\x1aE\xdf\xa3", "a video or sound file", "The API takes text and images."),
    (rb"PK\x03\x04", "a ZIP archive or an office document", "Unpack it, or save its text as a text file."),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1", "an office document", "Save its text as a text file."),
    (rb"\x1f\x8b|\xfd7zXZ\0|\x28\xb5\x2f\xfd|7z\xbc\xaf|BZh[1-9]1AY&SY", "a compressed file", "Unpack it first."),
    (rb"SQLite format 3\0", "an SQLite database", "Send its text: `sqlite3 FILE .dump` prints it."),
    (rb"\x7fELF|MZ.{2}[\0-\x0f]\0|[\xce\xcf]\xfa\xed\xfe", "a program", "The API takes text and images."),
)

_CLIPBOARD = "what is in the clipboard"

_FLAG = "\U0001f3f4[\U000e0030-\U000e007a]+\U000e007f"
_HIDDEN = f"{_FLAG}|([\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f])"
"""Bidi controls and tags but a flag's: what can say one thing to the reader and another to the model."""


@record
class Attachment:
    """A file as it will be sent. `name` is the base name, as it came from outside."""

    name: str
    kind: str
    """`text`, or an image's media type."""
    size: int
    """Bytes of the file."""
    text: str = ""
    url: str = ""
    """An image's data: URL."""
    note: str = ""
    """What the user should know, or nothing."""
    width: int = 0
    height: int = 0

    @property
    def tokens(self) -> int:
        """About how many tokens it takes: a quarter of a text's characters; the most that an image can."""
        return -(-len(self.text) // 4) if self.kind == "text" else _IMAGE_TOKENS

    @property
    def weight(self) -> int:
        """About how many bytes of the request it takes."""
        return len(self.url) or max(self.size, len(self.text))

    @property
    def shown(self) -> str:
        """Return a line for a person; whoever shows it makes it visible first."""
        if self.kind != "text":
            return f"{self.name} ({self.kind}, {self.width}x{self.height}, {byte_size(self.size)})"
        about = float(f"{self.tokens:.2g}")
        return f"{self.name} (text, {byte_size(self.size)}, about {about:,.0f} token{'' if about == 1 else 's'})"


def load_attachment(name: str, room: int = MAX_REQUEST_BYTES) -> Attachment:
    """Read the file that a person named; `room` is what the request has left, in bytes. Raises FileError."""
    path = expand_path(name)
    data = read_file(path, max(room, 0) + 1)
    kind = media_type(data)
    if kind is not None:
        return _image(path.name, kind, data, name, room)
    _refuse(data, name)
    if len(data) > room:
        raise too_large_error(name, room)
    if data.startswith(b"%PDF-"):
        from grokchat.attachments.pdf import extract_text

        text, note = extract_text(data, name)
        if len(text) > room:
            raise too_large_error(name, room)
    else:
        text, note = decode_text(data, name)
    hidden = 0 if text.isascii() else sum(found[1] is not None for found in re.finditer(_HIDDEN, text))
    told = f"it holds hidden characters (bidi controls or tags): {hidden:,}" if hidden else ""
    return Attachment(path.name, "text", len(data), text, note="; ".join(filter(None, (note, told))))


def load_pasted_image(data: bytes, room: int = MAX_REQUEST_BYTES) -> Attachment:
    """Return the image that was in the clipboard; `room` is what the request has left, in bytes. Raises FileError."""
    kind = media_type(data)
    if kind is None:
        _refuse(data, _CLIPBOARD)
        raise FileError(_CLIPBOARD, "it is no image that the API takes", "It takes PNG, JPEG and WebP.")
    return _image("pasted image", kind, data, _CLIPBOARD, room)


def to_messages(attachments: Sequence[Attachment], prompt: str | None) -> list[dict[str, Any]]:
    """Return the messages in sending order, PROMPT's last.

    The prompt leads its message and the images follow: a message is known by its first line in lists and titles, and
    the API takes any order. Without a prompt an image is the only part of its message: nobody wrote words for it.
    """
    found: list[dict[str, Any]] = []
    images: list[dict[str, Any]] = []
    for one in attachments:
        if one.kind == "text":
            name = one.name.encode("utf-8", "replace").decode("utf-8")
            found.append(body("user", f"File: {name}\n\n{one.text}"))
        else:
            part = {"type": "image_url", "image_url": {"url": one.url}}
            if prompt:
                images.append(part)
            else:
                found.append({"role": "user", "content": [part]})
    if prompt:
        found.append(
            {"role": "user", "content": [{"type": "text", "text": prompt}, *images]} if images else body("user", prompt)
        )
    return found


def _refuse(data: bytes, name: str) -> None:
    for magic, what, advice in _REFUSED:
        if re.match(magic, data, re.DOTALL):
            raise FileError(name, f"it is {what}", advice)


def _image(base: str, kind: str, data: bytes, name: str, room: int) -> Attachment:
    if len(data) > MAX_IMAGE_BYTES:
        raise FileError(
            name,
            "it is an image of more than 20 MiB, and the API takes none of that size",
            "Make it smaller first, as with `magick IN -resize 50% OUT.jpg`.",
        )
    if 4 * len(data) > 3 * room:
        raise too_large_error(name, room)
    size = dimensions(data, kind)
    if size is None:
        what = {"image/png": "a PNG", "image/jpeg": "a JPEG", "image/webp": "a WebP"}[kind]
        raise FileError(name, f"it is {what} image that is cut short or damaged", "Copy or save it again.")
    url = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
    return Attachment(base, kind, len(data), url=url, width=size[0], height=size[1])

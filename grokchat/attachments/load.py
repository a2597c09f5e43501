"""Attached files: a text file becomes a message, an image a part of one.

The kind of a file is recognised by its first bytes, never by its name. Files that the API would reject or could not
read are refused before anything is sent, with their kind and advice: other images, binary files, truncated images,
files that are too large, bytes that are not text. UTF-8 is sent byte for byte, a leading U+FEFF included; a text that
was converted from another encoding gets a note.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from grokchat.attachments.file_kinds import find_refused_format
from grokchat.attachments.images import dimensions, media_type, size_problem
from grokchat.attachments.text_encoding import decode_text, too_large_error
from grokchat.environment import decode_native
from grokchat.errors import FileError
from grokchat.messages import MAX_REQUEST_BYTES, body
from grokchat.records import record
from grokchat.system.files import expand_path
from grokchat.system.streams import is_stream, read_input
from grokchat.units import byte_size, plural

MAX_IMAGE_BYTES = 20 << 20
"""The API's limit for one image."""

_MAX_IMAGE_TOKENS = 1792
"""The API's page on consumption gives "256 to 1792 tokens" for an image, and no formula."""

_CLIPBOARD_NAME = "what is in the clipboard"

_FLAG_EMOJI = "\U0001f3f4[\U000e0030-\U000e007a]+\U000e007f"
_HIDDEN_CHARS = f"{_FLAG_EMOJI}|([\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f])"
"""Bidi controls, and tags outside of flag emoji: they can show people another text than the model gets."""


@record
class Attachment:
    """A file ready to be sent. `name` is its base name, not sanitized."""

    name: str
    kind: str
    """`text`, or an image's media type."""
    size: int
    """The file's size in bytes."""
    text: str = ""
    url: str = ""
    """An image's data: URL."""
    note: str = ""
    """A note for the user, or nothing."""
    width: int = 0
    height: int = 0

    @property
    def tokens(self) -> int:
        """The estimated tokens: a quarter of a text's characters, the maximum of an image."""
        return -(-len(self.text) // 4) if self.kind == "text" else _MAX_IMAGE_TOKENS

    @property
    def request_bytes(self) -> int:
        """About how many bytes it adds to the request."""
        return len(self.url) or max(self.size, len(self.text))

    @property
    def summary(self) -> str:
        """The name, kind and size on one line, not sanitized."""
        if self.kind != "text":
            return f"{self.name} ({self.kind}, {self.width}x{self.height}, {byte_size(self.size)})"
        rounded_tokens = int(float(f"{self.tokens:.2g}"))
        return f"{self.name} (text, {byte_size(self.size)}, about {plural(rounded_tokens, 'token')})"


def load_attachment(
    name: str, max_bytes: int = MAX_REQUEST_BYTES, read: Callable[[Path, int], bytes] = read_input
) -> Attachment:
    """Read a file or stream by its typed name; `max_bytes` are left in the request. Raises FileError."""
    path = expand_path(name)
    is_pipe = is_stream(path)
    data = read(path, max(max_bytes, 0) + 1)
    return make_attachment(decode_native(path.name), data, name, max_bytes, is_pipe=is_pipe)


def make_attachment(base: str, data: bytes, name: str, max_bytes: int, *, is_pipe: bool) -> Attachment:
    """Return what was read, up to a byte more than `max_bytes`, as an attachment. Raises FileError.

    `base` is the attachment's name, `name` the one that errors have. A pipe's text may be cut in a character.
    """
    kind = media_type(data)
    if kind is not None:
        return _load_image(base, kind, data, name, max_bytes)
    _refuse(data, name)
    if len(data) > max_bytes:
        raise too_large_error(name, max_bytes)
    if data.startswith(b"%PDF-"):
        from grokchat.attachments.pdf import extract_text

        text, note = extract_text(data, name)
        if len(text) > max_bytes:
            raise too_large_error(name, max_bytes)
    else:
        text, note = decode_text(data, name, may_be_cut=is_pipe)
    hidden = 0 if text.isascii() else sum(match[1] is not None for match in re.finditer(_HIDDEN_CHARS, text))
    warning = f"it holds hidden characters (bidi controls or tags): {hidden:,}" if hidden else ""
    return Attachment(base, "text", len(data), text, note="; ".join(filter(None, (note, warning))))


def load_pasted_image(data: bytes, max_bytes: int = MAX_REQUEST_BYTES) -> Attachment:
    """Return an image from the clipboard as an attachment; `max_bytes` are left in the request. Raises FileError."""
    kind = media_type(data)
    if kind is None:
        _refuse(data, _CLIPBOARD_NAME)
        raise FileError(_CLIPBOARD_NAME, "it is not an image that the API accepts", "It accepts PNG, JPEG and WebP.")
    return _load_image("pasted image", kind, data, _CLIPBOARD_NAME, max_bytes)


def to_messages(attachments: Sequence[Attachment], prompt: str | None) -> list[dict[str, Any]]:
    """Return the attachments and the prompt as API messages, in sending order.

    The prompt's message is the last, and the images follow its text: lists and titles show the beginning of a message,
    and the API accepts any order. Without a prompt each image is a message of its own.
    """
    bodies: list[dict[str, Any]] = []
    images: list[dict[str, Any]] = []
    for attachment in attachments:
        if attachment.kind == "text":
            name = attachment.name.encode("utf-8", "replace").decode("utf-8")
            bodies.append(body("user", f"File: {name}\n\n{attachment.text}"))
        else:
            part = {"type": "image_url", "image_url": {"url": attachment.url}}
            if prompt:
                images.append(part)
            else:
                bodies.append({"role": "user", "content": [part]})
    if prompt and images:
        bodies.append({"role": "user", "content": [{"type": "text", "text": prompt}, *images]})
    elif prompt:
        bodies.append(body("user", prompt))
    return bodies


def _refuse(data: bytes, name: str) -> None:
    if (found := find_refused_format(data)) is not None:
        what, advice = found
        raise FileError(name, f"it is {what}", advice)


def _load_image(base: str, kind: str, data: bytes, name: str, max_bytes: int) -> Attachment:
    if len(data) > MAX_IMAGE_BYTES:
        raise FileError(
            name,
            "it is an image of more than 20 MiB, and the API accepts none of that size",
            "Make it smaller first, as with `magick IN -resize 50% OUT.jpg`.",
        )
    if 4 * len(data) > 3 * max_bytes:
        raise too_large_error(name, max_bytes)
    size = dimensions(data, kind)
    if size is None:
        what = {"image/png": "a PNG", "image/jpeg": "a JPEG", "image/webp": "a WebP"}[kind]
        raise FileError(name, f"it is {what} image that is cut short or damaged", "Copy or save it again.")
    if problem := size_problem(*size):
        reason = f"it is an image of {size[0]}x{size[1]} pixels, and the API accepts {problem}"
        raise FileError(name, reason, "Scale it first, as with `magick IN -resize 512x512 OUT.png`.")
    url = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
    return Attachment(base, kind, len(data), url=url, width=size[0], height=size[1])

"""Reads the image in the clipboard with the system's tool.

It is read only when the user asks for it. Tools do not get the API key in their environment, and their time and output
are limited.
"""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from grokchat.attachments.load import MAX_IMAGE_BYTES
from grokchat.environment import env_without_key
from grokchat.errors import CommandError, os_reason
from grokchat.system.clipboard import is_remote, powershell
from grokchat.system.programs import start_program

_TIMEOUT_S = 15.0
"""Windows takes seconds to start its shell, and more to make a PNG of a large image."""
_MAX_OUTPUT_BYTES = 2 * MAX_IMAGE_BYTES + 1024
"""Twice an image, because some tools print hexadecimal digits."""
_MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp")
"""The types that the API accepts, the best first."""
_MAX_ERROR_BYTES = 300
_ADVICE = "/file PATH attaches one from a file."

_POWERSHELL = (
    "Add-Type -AssemblyName System.Windows.Forms, System.Drawing; "
    "$image = [Windows.Forms.Clipboard]::GetImage(); if ($image -eq $null) { exit 3 }; "
    "$bytes = New-Object IO.MemoryStream; $image.Save($bytes, [Drawing.Imaging.ImageFormat]::Png); "
    "[Console]::Out.Write([Convert]::ToBase64String($bytes.ToArray()))"
)


class ImageReader(NamedTuple):
    """A program that prints the clipboard's image.

    `types` is the command that lists the media types in the clipboard; then one of them is added to `image`.
    """

    image: tuple[str, ...]
    types: tuple[str, ...] = ()
    decode: Callable[[bytes], bytes] = bytes


def available_readers(env: Mapping[str, str]) -> list[ImageReader]:
    """Return the installed tools that may work here, the best first."""
    readers: list[ImageReader] = []
    if not is_remote(env):
        if sys.platform == "darwin":
            readers.append(ImageReader(("pngpaste", "-")))
            readers.append(ImageReader(("osascript", "-e", "the clipboard as «class PNGf»"), decode=_from_applescript))
        if env.get("WAYLAND_DISPLAY"):
            readers.append(ImageReader(("wl-paste", "--no-newline", "--type"), ("wl-paste", "--list-types")))
        if sys.platform == "win32" or env.get("WSL_DISTRO_NAME"):
            readers.append(ImageReader(powershell(_POWERSHELL), decode=_from_base64))
    if env.get("DISPLAY"):  # with X11 forwarded over ssh this is the user's own clipboard
        command = ("xclip", "-selection", "clipboard", "-o", "-t")
        readers.append(ImageReader(command, (*command, "TARGETS")))
    return [reader for reader in readers if shutil.which(reader.image[0], path=env.get("PATH"))]


def read_clipboard_image(env: Mapping[str, str]) -> bytes:
    """Return the bytes of the image in the clipboard; raises CommandError."""
    readers = available_readers(env)
    if not readers and is_remote(env):
        raise CommandError(f"The clipboard is on your own machine; this is an ssh session. {_ADVICE}")
    if not readers:
        raise CommandError(
            f"No program here can read images from the clipboard. Install wl-clipboard or xclip. {_ADVICE}"
        )
    reasons = []
    for reader in readers:
        try:
            return _read(reader, env)
        except _NoImageError as error:
            reasons.append(f"{reader.image[0]}: {error}")
    raise CommandError(f"No image in the clipboard ({'; '.join(reasons)}). {_ADVICE}")


class _NoImageError(Exception):
    """A tool has no image; the message is the reason."""


def _read(reader: ImageReader, env: Mapping[str, str]) -> bytes:
    command = reader.image
    if reader.types:
        offered = _output(reader.types, env).decode("utf-8", "replace").split()
        kinds = [kind for kind in _MEDIA_TYPES if kind in offered] or [
            kind for kind in offered if kind.startswith("image/")
        ]
        if not kinds:
            is_text = any(kind.startswith("text/") or kind in {"STRING", "UTF8_STRING"} for kind in offered)
            raise _NoImageError("it holds text" if is_text else "it holds no image")
        command = (*command, kinds[0])
    data = reader.decode(_output(command, env))
    if not data:
        raise _NoImageError("it holds no image")
    return data


def _output(command: Sequence[str], env: Mapping[str, str]) -> bytes:
    """Return a program's output, cut off at the limits of size and time."""
    try:
        with (
            tempfile.TemporaryFile() as errors,
            start_program(
                command,
                env_without_key(env),
                (subprocess.DEVNULL, subprocess.PIPE, errors.fileno()),
            ) as process,
        ):
            assert process.stdout is not None
            timer = threading.Timer(_TIMEOUT_S, process.kill)
            timer.start()
            try:
                data = process.stdout.read(_MAX_OUTPUT_BYTES)
                if len(data) == _MAX_OUTPUT_BYTES:
                    process.kill()
                code = process.wait()
            finally:
                timer.cancel()
            errors.seek(0)
            reason = b" ".join(errors.read(_MAX_ERROR_BYTES).split()).decode("utf-8", "replace")
    except OSError as error:
        raise _NoImageError(os_reason(error)) from error
    if code and len(data) < _MAX_OUTPUT_BYTES:
        raise _NoImageError(reason.rstrip(".") or ("it did not answer" if code < 0 else f"it ended with {code}"))
    return data


def _from_base64(printed: bytes) -> bytes:
    try:
        return base64.b64decode(printed)
    except ValueError:
        return b""


def _from_applescript(printed: bytes) -> bytes:
    """Return the bytes of `«data PNGf89504E47...»`."""
    digits = re.search(rb"data PNGf([0-9A-Fa-f]*)", printed)
    return bytes.fromhex(digits[1].decode("ascii")) if digits and len(digits[1]) % 2 == 0 else b""

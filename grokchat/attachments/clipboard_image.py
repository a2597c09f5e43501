"""The image that is in the clipboard, as bytes: read with the tool that the system has, for a message.

Nothing is read but when the user asks for it. Tools do not get the API key in their environment, and are neither waited
for nor read from without end.
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
from grokchat.errors import CommandError, os_reason
from grokchat.system.clipboard import is_remote, powershell
from grokchat.system.subprocess_env import env_without_key

_WITHIN = 15.0
"""Seconds: Windows takes some to start its shell, and a large image some to be made a PNG."""
_LONGEST = 2 * MAX_IMAGE_BYTES + 1024
"""Bytes of a tool's output: an image may come as hexadecimal digits."""
_TYPES = ("image/png", "image/jpeg", "image/webp")
"""What the API takes, the best first."""
_FILE = "/file PATH attaches one from a file."

_POWERSHELL = (
    "Add-Type -AssemblyName System.Windows.Forms, System.Drawing; "
    "$image = [Windows.Forms.Clipboard]::GetImage(); if ($image -eq $null) { exit 3 }; "
    "$bytes = New-Object IO.MemoryStream; $image.Save($bytes, [Drawing.Imaging.ImageFormat]::Png); "
    "[Console]::Out.Write([Convert]::ToBase64String($bytes.ToArray()))"
)


class ImageReader(NamedTuple):
    """A program that prints the clipboard. With `types` it is asked first what there is, and `image` takes a type."""

    image: tuple[str, ...]
    types: tuple[str, ...] = ()
    decode: Callable[[bytes], bytes] = bytes


def available_readers(env: Mapping[str, str]) -> list[ImageReader]:
    """Return the tools that are there and may do it, the best first."""
    wanted: list[ImageReader] = []
    if not is_remote(env):
        if sys.platform == "darwin":
            wanted.append(ImageReader(("pngpaste", "-")))
            wanted.append(ImageReader(("osascript", "-e", "the clipboard as «class PNGf»"), decode=_from_applescript))
        if env.get("WAYLAND_DISPLAY"):
            wanted.append(ImageReader(("wl-paste", "--no-newline", "--type"), ("wl-paste", "--list-types")))
        if sys.platform == "win32" or env.get("WSL_DISTRO_NAME"):
            wanted.append(ImageReader(powershell(_POWERSHELL), decode=_from_base64))
    if env.get("DISPLAY"):  # over ssh it is the user's own, if X11 is forwarded
        command = ("xclip", "-selection", "clipboard", "-o", "-t")
        wanted.append(ImageReader(command, (*command, "TARGETS")))
    return [one for one in wanted if shutil.which(one.image[0], path=env.get("PATH"))]


def read_clipboard_image(env: Mapping[str, str]) -> bytes:
    """Return the bytes of the image in the clipboard; raises CommandError."""
    found = available_readers(env)
    if not found and is_remote(env):
        raise CommandError(f"The clipboard is on your own machine, and this one is reached over ssh. {_FILE}")
    if not found:
        raise CommandError(
            f"There is no program here that reads images from the clipboard: install wl-clipboard or xclip. {_FILE}"
        )
    reasons = []
    for tool in found:
        try:
            return _read(tool, env)
        except _NothingError as error:
            reasons.append(f"{tool.image[0]}: {error}")
    raise CommandError(f"No image came from the clipboard ({'; '.join(reasons)}). {_FILE}")


class _NothingError(Exception):
    """A tool gave no image; says why."""


def _read(tool: ImageReader, env: Mapping[str, str]) -> bytes:
    command = tool.image
    if tool.types:
        offered = _output(tool.types, env).decode("utf-8", "replace").split()
        kinds = [kind for kind in _TYPES if kind in offered] or [one for one in offered if one.startswith("image/")]
        if not kinds:
            is_text = any(one.startswith("text/") or one in {"STRING", "UTF8_STRING"} for one in offered)
            raise _NothingError("it holds text" if is_text else "it holds none")
        command = (*command, kinds[0])
    data = tool.decode(_output(command, env))
    if not data:
        raise _NothingError("it holds none")
    return data


def _output(command: Sequence[str], env: Mapping[str, str]) -> bytes:
    """Return what a program prints, at most so much of it and within some time."""
    try:
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(  # noqa: S603 - one of the commands above
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, env=env_without_key(env)
            ) as process,
        ):
            assert process.stdout is not None
            late = threading.Timer(_WITHIN, process.kill)
            late.start()
            try:
                data = process.stdout.read(_LONGEST)
                if len(data) == _LONGEST:
                    process.kill()
                ended = process.wait()
            finally:
                late.cancel()
            said.seek(0)
            words = b" ".join(said.read(300).split()).decode("utf-8", "replace")
    except OSError as error:
        raise _NothingError(os_reason(error)) from error
    if ended and len(data) < _LONGEST:
        raise _NothingError(words.rstrip(".") or ("it did not answer" if ended < 0 else f"it ended with {ended}"))
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

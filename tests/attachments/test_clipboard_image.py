"""The clipboard's image: each system's tool, the errors without one, and the tools' environment."""

from __future__ import annotations

import base64
import shlex
import sys

import pytest
from command_sessions import run_command, session_of
from pictures import jpeg, png

from grokchat.attachments import clipboard_image
from grokchat.attachments.clipboard_image import read_clipboard_image
from grokchat.attachments.load import MAX_IMAGE_BYTES
from grokchat.commands.attach import attach_pasted
from grokchat.commands.outcomes import PasteImage
from grokchat.errors import CommandError, FileError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the tools are shell scripts here")


@pytest.fixture
def tool(tmp_path):
    """Return what makes a program: its answers by their last argument, or `*` for any; a number is an exit code."""

    def make(name: str, **more: bytes | int):
        answers = more.pop("answers", more)
        cases = []
        for number, (argument, answer) in enumerate(answers.items()):
            held = tmp_path / f"{name}{number}"
            held.write_bytes(answer if isinstance(answer, bytes) else b"")
            act = f"cat {shlex.quote(str(held))}" if isinstance(answer, bytes) else f"echo No luck. >&2; exit {answer}"
            cases.append(f"{argument if argument == '*' else shlex.quote(argument)}) {act};;")
        script = tmp_path / name
        script.write_text(
            f'#!/bin/sh\nenv > {tmp_path}/env\nfor last; do :; done\ncase "$last" in\n{chr(10).join(cases)}\nesac\n',
            encoding="utf-8",
        )
        script.chmod(0o755)
        return {"PATH": f"{tmp_path}:/usr/bin:/bin", "XAI_API_KEY": "xai-key"}

    return make


def test_wayland(tool, tmp_path):
    """The best type that the API accepts is read; the tool does not get the key."""
    env = tool("wl-paste", answers={"--list-types": b"text/html\nimage/jpeg\nimage/png\n", "image/png": png()})
    assert read_clipboard_image({**env, "WAYLAND_DISPLAY": "w"}) == png()
    assert "xai-key" not in (tmp_path / "env").read_text(encoding="utf-8")


def test_x11_also_over_ssh(tool):
    env = tool("xclip", answers={"TARGETS": b"TARGETS\nimage/jpeg\n", "image/jpeg": jpeg()})
    assert read_clipboard_image({**env, "DISPLAY": ":0"}) == jpeg()
    assert read_clipboard_image({**env, "DISPLAY": "localhost:10.0", "SSH_TTY": "/dev/pts/0"}) == jpeg()


def test_macos_with_and_without_a_tool_of_its_own(tool, monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    env = tool("osascript", answers={"*": f"«data PNGf{png().hex().upper()}»\n".encode()})
    assert read_clipboard_image(env) == png()
    assert read_clipboard_image(tool("pngpaste", answers={"-": 1})) == png()
    assert read_clipboard_image(tool("pngpaste", answers={"-": png(32, 32)})) == png(32, 32)


def test_windows_from_within_wsl(tool):
    env = tool("powershell.exe", answers={"*": base64.b64encode(png()) + b"\r\n"})
    assert read_clipboard_image({**env, "WSL_DISTRO_NAME": "u"}) == png()


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"--list-types": b"text/plain\nUTF8_STRING\n"}, "wl-paste: it holds text"),
        ({"--list-types": b""}, "wl-paste: it holds no image"),
        ({"--list-types": 1}, "wl-paste: No luck"),
        ({"--list-types": b"image/png", "image/png": b""}, "wl-paste: it holds no image"),
        ({"--list-types": b"image/png", "image/png": 2}, "wl-paste: No luck"),
    ],
)
def test_a_clipboard_without_an_image_is_reported(tool, answers, why):
    env = tool("wl-paste", answers=answers)
    with pytest.raises(CommandError) as caught:
        read_clipboard_image({**env, "WAYLAND_DISPLAY": "w"})
    assert str(caught.value) == f"No image in the clipboard ({why}). /file PATH attaches one from a file."


@pytest.mark.parametrize("printed", [b"no base64!", b"AAA", b""])
def test_what_a_tool_prints_may_be_anything(tool, printed):
    env = {**tool("powershell.exe", answers={"*": printed}), "WSL_DISTRO_NAME": "u"}
    with pytest.raises((CommandError, FileError)):
        attach_pasted(session_of(), read_clipboard_image(env))


def test_a_missing_tool_is_reported_with_the_reason_over_ssh(tmp_path):
    env = {"PATH": str(tmp_path), "WAYLAND_DISPLAY": "w"}
    with pytest.raises(CommandError, match="Install wl-clipboard or xclip"):
        read_clipboard_image(env)
    with pytest.raises(CommandError, match="ssh session"):
        read_clipboard_image({**env, "SSH_CONNECTION": "1 2 3 4"})


def test_a_tool_that_never_ends_is_not_read_without_end(tool, tmp_path):
    env = tool("wl-paste", answers={"--list-types": b"image/png"})
    script = tmp_path / "wl-paste"
    script.write_text(
        "#!/bin/sh\n[ $1 = --list-types ] && echo image/png && exit\nexec cat /dev/zero\n", encoding="utf-8"
    )
    data = read_clipboard_image({**env, "WAYLAND_DISPLAY": "w"})
    assert MAX_IMAGE_BYTES < len(data) < 3 * MAX_IMAGE_BYTES


def test_a_tool_that_does_not_answer_is_not_waited_for_without_end(tool, tmp_path, monkeypatch):
    monkeypatch.setattr(clipboard_image, "_TIMEOUT_S", 0.01)
    env = tool("wl-paste", answers={})
    (tmp_path / "wl-paste").write_text("#!/bin/sh\nexec sleep 1000\n", encoding="utf-8")
    with pytest.raises(CommandError, match="it did not answer"):
        read_clipboard_image({**env, "WAYLAND_DISPLAY": "w"})


def test_it_goes_with_the_next_message():
    session = session_of()
    assert run_command(session, "/paste") == PasteImage()
    notice = attach_pasted(session, png())
    assert notice.text == f"attached to your next message: pasted image (image/png, 32x16, {len(png())} B)"
    assert [attachment.kind for attachment in session.attachments] == ["image/png"]
    assert "nothing attached" in run_command(session, "/file -").text


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"BM1234\0\0\0\0", "what is in the clipboard: it is a BMP image. Convert it to PNG"),
        (png()[:-5], "what is in the clipboard: it is a PNG image that is cut short or damaged."),
        (
            b"<svg/>",
            "what is in the clipboard: it is not an image that the API accepts. It accepts PNG, JPEG and WebP.",
        ),
    ],
)
def test_what_the_api_does_not_take_is_refused(data, why):
    session = session_of()
    with pytest.raises(FileError) as caught:
        attach_pasted(session, data)
    assert str(caught.value).startswith(why)
    assert session.attachments == []

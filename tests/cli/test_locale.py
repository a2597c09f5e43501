"""Arguments, variables and file names are UTF-8, whatever the locale says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_api import FakeApi
from support import KEY, ROOT

from grokchat.environment import decode_native, encode_native

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are Unicode, not bytes")

C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LATIN_1 = {"LC_ALL": "de_DE.ISO-8859-1", "PYTHONUTF8": "0"}


@pytest.fixture(scope="module", params=["C", "POSIX", "ISO-8859-1"])
def locale_env(request, tmp_path_factory) -> dict[str, str]:
    """Return the variables of a locale without UTF-8; one is made for the tests, as few systems have any installed."""
    if request.param != "ISO-8859-1":
        return {**C_LOCALE, "LC_ALL": request.param}
    folder = tmp_path_factory.mktemp("locales")
    try:
        command = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(folder / LATIN_1["LC_ALL"])]
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no locales can be made here")
    return {**LATIN_1, "LOCPATH": str(folder)}


def run(folder: Path, api: FakeApi, env: dict[str, str], *words: str | bytes) -> subprocess.CompletedProcess[bytes]:
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "GROKCHAT_BASE_URL": api.url, "XAI_API_KEY": KEY}
    return subprocess.run(
        [sys.executable, "-m", "grokchat", *words],
        cwd=folder,
        env={**base, "GROKCHAT_HOME": f"{folder}/hömé", **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def test_arguments_variables_and_names_are_utf_8(tmp_path, api, locale_env):
    (tmp_path / "ünï.txt").write_text("inhalt", encoding="utf-8")
    (tmp_path / "cönf.toml").write_text('system = "kürz"\n[profiles."é"]\nmodel = "grök"\n', encoding="utf-8")
    words = ["-p", "ünï", "漢字", "-s", "é", "-f", "ünï.txt", "-o", "user=ß", "--config", "cönf.toml", "-P", "é"]
    process = run(tmp_path, api, locale_env, *words)
    assert (process.returncode, process.stdout) == (0, b"Hello there.\n")
    assert api.requests[0].json["model"] == "grök"
    assert api.requests[0].json["user"] == "ß"
    assert [message["content"] for message in api.requests[0].messages] == [
        "é",
        "File: ünï.txt\n\ninhalt",
        "ünï 漢字",
    ]
    process = run(tmp_path, api, {**locale_env, "GROKCHAT_MODEL": "gröker"}, "-c", "--export", "json", "-O", "öut")
    assert (process.returncode, process.stderr) == (0, b"")
    assert json.loads((tmp_path / "öut").read_bytes())[-1]["content"] == "Hello there."
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cönf.toml", "hömé", "öut", "ünï.txt"]
    run(tmp_path, api, {**locale_env, "GROKCHAT_MODEL": "gröker"}, "hi")
    assert api.requests[1].json["model"] == "gröker"


def test_bytes_that_are_not_utf_8_name_a_file_and_are_no_message(tmp_path, api, locale_env):
    name = b"caf\xe9.txt"
    (tmp_path / os.fsdecode(name)).write_bytes(b"inhalt")
    process = run(tmp_path, api, locale_env, "-p", b"-f", name, "x")
    assert process.returncode == 0
    assert api.requests[0].messages[0]["content"].endswith(".txt\n\ninhalt")
    process = run(tmp_path, api, C_LOCALE, b"caf\xe9")
    assert (process.returncode, len(api.requests)) == (2, 1)
    assert b"not valid UTF-8" in process.stderr


@pytest.mark.parametrize("text", ["", "plain", "ünï", "漢字", "caf\udce9", "\ud800", "a\0é"])
def test_a_text_comes_back_from_the_system_as_it_was(text):
    assert decode_native(encode_native(text)) == text


def test_a_command_of_the_config_is_utf_8(tmp_path, api, locale_env):
    (tmp_path / "schlüssel").write_text(KEY, encoding="ascii")
    (tmp_path / "conf.toml").write_text('api_key_command = "cat schlüssel"', encoding="utf-8")
    process = run(tmp_path, api, {**locale_env, "XAI_API_KEY": ""}, "hi", "--config", "conf.toml")
    assert (process.returncode, process.stderr) == (0, b"")
    assert api.requests[0].headers["authorization"] == f"Bearer {KEY}"

"""Proxies and TLS settings of the environment: an error names the variable that it comes from."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys

import pytest
from fake_api import Answer, FakeApi
from support import KEY, err, run_cli

URL = "https://api.example.invalid/v1"
NAMES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="variables have no case there")


@pytest.fixture
def ask(home, monkeypatch):
    """Return a function that asks with these variables, and returns stderr and the exit code."""
    for name in (*NAMES, "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)

    def run(**variables: str) -> tuple[int, str]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        code, environment = run_cli(home, None, "hi", stdin=b"", env={"GROKCHAT_BASE_URL": URL, **variables})
        return code, err(environment)

    return run


@pytest.mark.parametrize("name", NAMES)
def test_a_proxy_that_refuses_names_its_variable(ask, name):
    with FakeApi(Answer([], 403, {})) as proxy:
        code, said = ask(**{name: f"http://user:hidden@127.0.0.1:{proxy.port}"})
    assert code == 3
    assert f"Check {name} and NO_PROXY" in said
    assert "hidden" not in said


@pytest.mark.parametrize("name", NAMES)
def test_a_proxy_that_wants_a_login_names_its_variable(ask, name):
    with FakeApi(Answer([], 407, {})) as proxy:
        code, said = ask(**{name: f"127.0.0.1:{proxy.port}"})
    assert code == 3
    assert f"{name}=http://NAME:PASSWORD@HOST:PORT" in said


@pytest.mark.parametrize("name", NAMES)
def test_a_proxy_that_cannot_be_reached_names_its_variable(ask, name):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    code, said = ask(**{name: f"http://user:hidden@127.0.0.1:{port}/"})
    assert code == 3
    assert f"through the proxy 127.0.0.1:{port}" in said
    assert f"Check {name} and NO_PROXY" in said
    assert "hidden" not in said


@pytest.mark.skipif(importlib.util.find_spec("socksio") is not None, reason="needs a Python without socksio")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_without_its_package_names_both(ask, name, scheme):
    code, said = ask(**{name: f"{scheme}://user:hidden@127.0.0.1:1080"})
    assert code == 2
    assert said.startswith(f"grokchat: {name}: ")
    assert "SOCKS" in said
    assert "socksio" in said
    assert "hidden" not in said


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("socks4://127.0.0.1:1", "must be http://HOST:PORT or socks5://HOST:PORT, not socks4://."),
        ("ftp://h:1", "socks5://HOST:PORT, not ftp://."),
        ("http://h:port", "not an address without a valid host and port"),
        ("http://h:99999999", "not an address without a valid host and port"),
        ("http://user:hidden@h:port", "not an address without a valid host and port"),
        ("'http://h:1'", "must be http://HOST:PORT"),
    ],
)
def test_a_value_that_is_no_proxy_names_its_variable(ask, name, value, reason):
    code, said = ask(**{name: value})
    assert code == 2
    assert said.startswith(f"grokchat: {name}: ")
    assert reason in said
    assert "hidden" not in said
    assert "http://HOST:PORT" in said


def test_the_variable_of_the_scheme_comes_before_the_general_one(ask):
    code, said = ask(ALL_PROXY="socks4://h:1", https_proxy="ftp://h:2")
    assert (code, said.partition(": ")[2].partition(":")[0]) == (2, "https_proxy")


def test_a_key_log_that_cannot_be_written_is_named(ask, tmp_path):
    for path, reason in ((tmp_path, "directory"), (tmp_path / "none" / "log", "No such file")):
        code, said = ask(SSLKEYLOGFILE=str(path))
        assert code == 2
        assert said.startswith(f"grokchat: SSLKEYLOGFILE: {path}: ")
        assert reason in said
        assert "certificates" not in said


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everything")
def test_a_key_log_of_others_is_named(ask, tmp_path):
    log = tmp_path / "log"
    log.touch(0o400)
    code, said = ask(SSLKEYLOGFILE=str(log))
    assert code == 2
    assert "SSLKEYLOGFILE" in said
    assert "Permission denied" in said


@pytest.mark.parametrize("text", ["", "no certificate"])
def test_a_wrong_certificate_file_is_named(ask, tmp_path, text):
    (tmp_path / "file.pem").write_text(text)
    for path in (tmp_path / "file.pem", tmp_path / "none.pem"):
        code, said = ask(SSL_CERT_FILE=str(path))
        assert code == 2
        assert said.startswith(f"grokchat: SSL_CERT_FILE: {path}: the certificates cannot be read")
        assert KEY not in said

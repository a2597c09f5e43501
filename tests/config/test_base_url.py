"""Base URLs: each is accepted, or refused with its own reason, and credentials in it are not quoted."""

from __future__ import annotations

import pytest
from support import run_cli

from grokchat.api.transport import find_proxy
from grokchat.config.base_url import hide_credentials
from grokchat.config.validation import validate_setting
from grokchat.errors import ConfigError

ACCEPTED = [
    "https://api.x.ai/v1",
    "https://api.x.ai",
    "https://API.X.AI:443/v1/",
    "https://a_b.example/v1",
    "https://-a.example/v1",
    "https://xn--bcher-kva.example/v1",
    "https://xn--i-7iq.ws/v1",
    "https://xn--zzzz--/v1",
    "https://0x7f.1/v1",
    "https://a.example/v1/../x",
    "https://a.example//v1/%41",
    "https://" + ".".join(["a" * 63] * 3) + ".example/v1",
    "https://a.example/" + "x" * 5000,
    "https://[2001:db8::1]:8443/v1",
    "http://localhost:80/v1",
    "http://[::1]/v1",
]
REFUSED = {
    "https://xn--/v1": "xn-- is not a valid host",
    "https://a.xn--.example/v1": "is not a valid host",
    "https://api.x.ai./v1": "ends with a dot",
    "http://localhost./v1": "ends with a dot",
    "https://./v1": "ends with a dot",
    "https://a..b/v1": "is not a valid host",
    "https://.a/v1": "is not a valid host",
    "https://" + "a" * 64 + ".example": "is not a valid host",
    "https://" + "a." * 130 + "example": "too long",
    "https://1.2.3/v1": "is not a valid host",
    "https://256.1.1.1": "is not a valid host",
    "https://[1.2.3.4]/v1": "is not a valid host",
    "https://[::::::]": "is not a valid host",
    "https://[::1": "IPv6",
    "https://[]/v1": "IPv6",
    "https://[::1]x/v1": "IPv6",
    "https://[fe80::1%25eth0]/v1": "IPv6",
    "https:///v1": "has no host",
    "http:///v1": "has no host",
    "https://": "has no host",
    "https://:443": "has no host",
    "https://:443/v1": "has no host",
    "https://?x": "query",
    "https://a.example:/v1": "port is not a number",
    "https://a.example:abc/v1": "port is not a number",
    "https://a.example:80:80/v1": "port is not a number",
    "https://[::1]:/v1": "port is not a number",
    "https://a.example:0/v1": "1 to 65535",
    "https://a.example:65536": "1 to 65535",
    "": "https://",
    "api.x.ai/v1": "https://",
    "localhost:8080/v1": "https://",
    "//api.x.ai/v1": "https://",
    "https:/api.x.ai/v1": "https://",
    "https:api.x.ai": "https://",
    "ftp://a.example": "https://",
    "javascript:alert(1)": "https://",
    '"https://api.x.ai/v1"': "https://",
    " https://api.x.ai/v1": "space",
    "https://api.x.ai/v1 ": "space",
    "https://api .x.ai/v1": "space",
    "https://api.x.ai/v1\n": "control character",
    "https://api.x.ai/\tv1": "control character",
    "https://api.x.ai/\x1b[2J": "control character",
    "https://api.x.ai\\v1": "backslash",
    "https://127.0.0.1\\@evil.test/": "user name or password",
    "https://b\u00fccher.example/v1": "write xn--bcher-kva.example",
    "https://\u200bapi.x.ai:443/v1": "write api.x.ai:443",
    "https://\u2764\ufe0f.example": "not ASCII",
    "https://api.x.ai/\u00fc": "%XX",
    "https://a.example/v1?x=1": "query",
    "https://a.example/v1#x": "fragment",
    "https://*.x.ai/v1": "not a web server's address",
    "https://$HOST/v1": "not a web server's address",
    "https://%61pi.x.ai/v1": "not a web server's address",
    "http://api.x.ai/v1": "unencrypted",
    "http://127.0.0.1.example/v1": "unencrypted",
}
CREDENTIALS = {
    "https://USER:SECRET@a.example/v1": "https://…@a.example/v1",
    "https://SECRET@a.example": "https://…@a.example",
    "https://:SECRET@a.example": "https://…@a.example",
    "https://USER:SEC/RE?T#@a.example/v1?k=SECRET": "https://…@a.example/v1?…",
    "https://USER:SECRET@SECRET@a.example": "https://…@a.example",
    "https://USER:SECRET\\@a.example": "https://…@a.example",
    "https://USER:SEC\nRET@a.example": "https://…@a.example",
    "USER:SECRET@a.example/v1": "…@a.example/v1",
    "http://USER:SECRET@127.0.0.1": "http://…@127.0.0.1",
    "https://a.example/v1?api_key=SECRET": "https://a.example/v1?…",
    "https://a.example/v1#SECRET": "https://a.example/v1?…",
    "https://a.example/v1?SECRET=x@y": "https://…@y",
}


@pytest.mark.parametrize("url", ACCEPTED)
def test_accepted(url):
    assert validate_setting("base_url", url, "x") == url
    find_proxy(url, {})


@pytest.mark.parametrize(
    ("url", "expected"), [("HTTPS://api.x.ai", "https://api.x.ai"), ("hTTp://[::1]", "http://[::1]")]
)
def test_the_scheme_has_no_case(url, expected):
    assert validate_setting("base_url", url, "x") == expected


@pytest.mark.parametrize("url", REFUSED)
def test_refused_with_the_reason(url):
    with pytest.raises(ConfigError) as caught:
        validate_setting("base_url", url, "some.toml")
    assert REFUSED[url] in caught.value.problem
    assert "https:// URL" in str(caught.value)


@pytest.mark.parametrize("url", CREDENTIALS)
def test_credentials_are_not_quoted(url):
    with pytest.raises(ConfigError) as caught:
        validate_setting("base_url", url, "some.toml")
    assert "SEC" not in str(caught.value)
    assert "USER" not in str(caught.value)
    assert hide_credentials(url) == CREDENTIALS[url]


@pytest.mark.parametrize("url", [*REFUSED, *CREDENTIALS])
def test_in_the_program(home, url):
    """Each is one paragraph, wherever the address comes from, and exit code 2."""
    home.mkdir()
    (home / "config.toml").write_text('base_url = "' + "".join(f"\\U{ord(char):08x}" for char in url) + '"\n')
    for argv, env in ((["hi"], {}), (["--base-url", url, "hi"], {"GROKCHAT_CONFIG": "/dev/null"})):
        code, environment = run_cli(home, None, *argv, env=env)
        said = environment.stderr.getvalue().decode()
        assert (code, said.count("\n"), environment.stdout.getvalue()) == (2, 1, b"")
        assert "base_url must be an https:// URL" in said
        assert "SEC" not in said.partition("base_url must be ")[2]  # the folder is named after the test


@pytest.mark.parametrize("url", ["https://xn--i-7iq.ws/v1", "https://xn--zzzz--.invalid/v1"])
def test_names_that_only_a_resolver_can_judge(home, monkeypatch, url):
    """They are looked up, although IDNA does not have the name."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    code, environment = run_cli(home, None, "--base-url", url, "hi")
    assert code == 3
    assert "could not be reached" in environment.stderr.getvalue().decode()

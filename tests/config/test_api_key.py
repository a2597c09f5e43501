"""The API key: its source, its storage, and that it is never shown."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from types import SimpleNamespace

import pytest
from command_sessions import run_command, session_of
from support import KEY, err, make_environment, out, paragraph

from grokchat.cli.main import main
from grokchat.config.api_key import KeySource
from grokchat.config.key_store import store_key
from grokchat.config.secret import Secret, make_secret
from grokchat.errors import FileError, KeyMissingError

OTHER = "xai-another-key-9876543210fedcba"
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes are a POSIX thing")


class KeyringError(Exception):
    """The error of the keyring package."""


class FakeKeyring:
    """The part of the keyring package that is used, with its own store."""

    def __init__(self, stored: str | None = None, *, broken: bool = False) -> None:
        self.stored = stored
        self.broken = broken
        self.errors = SimpleNamespace(KeyringError=KeyringError)

    def get_password(self, service: str, name: str) -> str | None:
        if self.broken:
            raise KeyringError("No recommended backend was available.")
        return self.stored

    def set_password(self, service: str, name: str, value: str) -> None:
        if self.broken:
            raise KeyringError("No recommended backend was available.")
        self.stored = value


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch):
    """Hide the system keyring from tests without a fake one."""
    monkeypatch.setitem(sys.modules, "keyring", None)


def use_keyring(monkeypatch, keyring: FakeKeyring) -> FakeKeyring:
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", keyring.errors)
    return keyring


def echo(text: str, *, code: int = 0, stream: str = "stdout") -> str:
    return f'"{sys.executable}" -c "import sys; sys.{stream}.write(\'{text}\'); sys.exit({code})"'


def write_key(path, text: str, mode: int = 0o600):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def find(environment, command: str, path, warnings: list[str] | None = None) -> Secret:
    """Return the key as a request gets it."""
    warn = [].append if warnings is None else warnings.append
    return asyncio.run(KeySource(environment, command, path, warn=warn).load())


def no_variable(home):
    return make_environment(home, env={"XAI_API_KEY": ""})


def reveal(secret: Secret) -> str:
    return secret.reveal()


def test_the_environment_first_then_the_command_then_what_is_stored(home):
    """The key: `XAI_API_KEY`, else `api_key_command` of the config, else the stored one."""
    stored = write_key(home / "key", "stored-key\n")
    environment = make_environment(home)
    assert reveal(find(environment, echo("from-command"), stored)) == KEY
    environment.variables["XAI_API_KEY"] = " "
    assert reveal(find(environment, echo("from-command"), stored)) == "from-command"
    assert reveal(find(environment, "", stored)) == "stored-key"
    with pytest.raises(KeyMissingError, match="No API key"):
        find(environment, "", home / "nothing")


def test_the_keyring_comes_before_the_file(home, monkeypatch):
    use_keyring(monkeypatch, FakeKeyring("from-keyring"))
    stored = write_key(home / "key", "stored-key\n")
    environment = make_environment(home, env={"XAI_API_KEY": ""})
    assert reveal(find(environment, "", stored)) == "from-keyring"
    use_keyring(monkeypatch, FakeKeyring(None))
    assert reveal(find(environment, "", stored)) == "stored-key"


def test_a_keyring_without_a_backend_is_none(home, monkeypatch):
    """The system keyring with the extra, else a file: a server without a desktop has the package and no keyring."""
    use_keyring(monkeypatch, FakeKeyring(broken=True))
    stored = write_key(home / "key", "stored-key\n")
    assert reveal(find(make_environment(home, env={"XAI_API_KEY": ""}), "", stored)) == "stored-key"
    assert store_key(Secret("abc"), home / "new") == str(home / "new")


def test_a_key_is_stored_in_the_keyring_if_there_is_one(home, monkeypatch):
    keyring = use_keyring(monkeypatch, FakeKeyring())
    assert store_key(Secret(KEY), home / "key") == "the system keyring"
    assert keyring.stored == KEY
    assert not (home / "key").exists()


@posix
def test_a_stored_key_can_be_read_by_its_owner_alone(home):
    """Else a file only its owner can read; an older one is replaced."""
    path = home / "deep" / "key"
    old = os.umask(0)
    try:
        assert store_key(Secret(OTHER), path) == str(path)
        assert store_key(Secret(KEY), path) == str(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [path.name for path in path.parent.iterdir()] == ["key"]
    assert reveal(find(make_environment(home, env={"XAI_API_KEY": ""}), "", path)) == KEY


@posix
@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604])
def test_the_mode_of_a_file_that_others_can_read_is_fixed(home, mode):
    path = write_key(home / "key", KEY, mode)
    assert reveal(find(make_environment(home, env={"XAI_API_KEY": ""}), "", path)) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_in_place_of_the_key_is_an_error(home):
    (home / "key").mkdir(parents=True)
    with pytest.raises(FileError):
        find(make_environment(home, env={"XAI_API_KEY": ""}), "", home / "key")


def test_a_key_that_cannot_be_stored_is_reported_and_not_shown(home):
    home.write_text("a file, where a folder should be")
    with pytest.raises(FileError) as caught:
        store_key(Secret(KEY), home / "key")
    assert KEY not in str(caught.value)


def test_a_secret_shows_itself_to_nothing():
    """The key is shown nowhere."""
    secret = Secret(KEY)
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", "%s" % secret):  # noqa: UP031
        assert shown == "Secret(***)"
    assert repr([secret]) == "[Secret(***)]"
    assert not hasattr(secret, "__dict__")
    assert secret.reveal() == KEY


def test_redact_removes_the_key_and_what_looks_like_one():
    text = Secret(KEY).redact(f"a {KEY} b {OTHER} c")
    assert text == "a [key] b [key] c"
    assert Secret("unlike-any-other").redact("is unlike-any-other.") == "is [key]."
    assert Secret("").redact(f"none {OTHER}") == "none [key]"


def test_a_key_too_short_to_be_one_is_not_redacted_from_words():
    assert Secret("the").redact("on the way") == "on the way"


@pytest.mark.parametrize(
    "bad", ["secret part", "secret\npart", "secret\tpart", "sécret-part", "secret\x00part", "secret\u200bpart"]
)
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(home, bad):
    with pytest.raises(KeyMissingError) as caught:
        find(make_environment(home, env={"XAI_API_KEY": bad}), "", home / "key")
    assert "XAI_API_KEY" in str(caught.value)
    assert "part" not in str(caught.value).replace("character outside ASCII", "")
    assert caught.value.exit_code == 2


def test_white_space_around_a_key_is_no_part_of_it(home):
    environment = make_environment(home, env={"XAI_API_KEY": f"  {KEY}\r\n"})
    assert reveal(find(environment, "", home / "key")) == KEY


def test_a_stored_file_that_holds_no_key(home):
    path = write_key(home / "key", "two words")
    with pytest.raises(KeyMissingError) as caught:
        find(make_environment(home, env={"XAI_API_KEY": ""}), "", path)
    assert str(path) in str(caught.value)
    assert "two words" not in str(caught.value)


BARE = "xai-0123456789ABCDEFabcdef"
MALFORMED = {
    "it is empty": ["", " \r\n"],
    "it is in quotes": [
        f'"{BARE}"',
        f"'{BARE}'",
        f"`{BARE}`",
        f"\u201c{BARE}\u201d",
        f"\xab{BARE}\xbb",
        f'"{BARE}',
        "''",
    ],
    "it has a quotation mark in it": [f'{BARE}"', f"{BARE}\u2019", f"xai-'{BARE}'"],
    "it begins with a name and =": [
        f"XAI_API_KEY={BARE}",
        f'export XAI_API_KEY="{BARE}"',
        f"set X={BARE}",
        f"api_key = {BARE}",
        f"$env:XAI_API_KEY = {BARE}",
    ],
    "it is the name of a variable or a placeholder": [
        "$XAI_API_KEY",
        "${XAI_API_KEY}",
        "%XAI_API_KEY%",
        "{{ xai_api_key }}",
        "<YOUR_XAI_API_KEY_HERE>",
        "XAI_API_KEY",
    ],
    "it is a variable or a placeholder": ["$KEY", "%KEY%", "<your key>", "[key]", '{"key": "x"}', "$(pass xai)"],
    'it begins with "Bearer"': [f"Bearer {BARE}", f"Authorization: Bearer {BARE}", f"bearer\t{BARE}"],
    "it has a line break in it": [f"{BARE}\n{BARE}", f"{BARE}\r\n# old"],
    "it has a space in it": [f"{BARE[:9]} {BARE[9:]}", f"{BARE} # mine", f"{BARE}\t1", f"{BARE[:9]}\xa0{BARE[9:]}"],
    "it is shortened": ["xai-...AbCd", "xai-\u2026AbCd", "xai-****AbCd"],
    "it has a character outside ASCII in it": [
        "xai-s\xe9cret",
        f"\ufeff{BARE}",
        f"{BARE}\u200b",
        f"x\udce9{BARE}",
        f"\uff58{BARE}",
    ],
    "it has a control character in it": [f"\x1b[31m{BARE}", f"{BARE}\x00", f"\x16{BARE}\x7f"],
    "it has a backslash in it": [f"{BARE}\\n", f"\\{BARE}"],
    "it ends with a comma or semicolon": [f"{BARE},", f"{BARE};"],
    "it has more than 8,192 characters": ["x" * 8193],
}


@pytest.mark.parametrize(("fault", "text"), [(fault, text) for fault, texts in MALFORMED.items() for text in texts])
def test_what_cannot_be_a_key_is_refused_with_the_reason(home, api, fault, text):
    """A key in quotes, or with what no key has, is exit 2 with the reason; it is never sent and never shown."""
    with pytest.raises(KeyMissingError) as caught:
        make_secret(text, "XAI_API_KEY")
    assert str(caught.value).startswith(f"The API key from XAI_API_KEY is not valid: {fault}")
    assert BARE not in str(caught.value)
    if text.strip():
        code, environment = run(home, "hello", GROKCHAT_BASE_URL=api.url, XAI_API_KEY=text)
        assert (code, api.requests) == (2, [])
        assert fault in paragraph(environment)
        assert BARE not in err(environment)


@pytest.mark.parametrize(
    "text",
    [
        BARE,
        "sk-proj-Ab_1.2~3",
        "none",
        "EMPTY",
        "x",
        "lm-studio",
        "sk-or-v1-0123456789abcdef",
        "abc+/def==",
        "ABCD=",
        "id:secret",
        "1|abcDEF",
        "eyJhbGciOiJub25lIn0.e30.",
        "pa$$w0rd!",
        "your-key",
        "key%2Fwith&percent",
        "Bearer",
    ],
)
def test_keys_of_other_servers_have_any_shape(text):
    assert reveal(make_secret(text, "XAI_API_KEY")) == text
    assert reveal(make_secret(f" {text}\r\n", "api_key_command")) == text


@pytest.mark.parametrize("source", ["command", "file", "keyring", "login"])
def test_a_key_in_quotes_is_refused_from_every_source(home, monkeypatch, source):
    quoted = f"\u201c{BARE}\u201d"
    environment = make_environment(home, "--login", env={"XAI_API_KEY": ""}, stdin=quoted.encode())
    if source == "login":
        assert main(environment) == 2
        assert "from --login is not valid: it is in quotes" in paragraph(environment)
        assert BARE not in err(environment)
        return
    if source == "keyring":
        use_keyring(monkeypatch, FakeKeyring(quoted))
    path = write_key(home / "key", f'"{BARE}"\n' if source == "file" else BARE)
    command = echo(f"<{BARE}>") if source == "command" else ""
    with pytest.raises(KeyMissingError, match=r"is not valid: it is (?:in quotes|a variable)") as caught:
        find(environment, command, path)
    assert BARE not in str(caught.value)


def test_a_command_that_fails_is_reported_with_its_message(home):
    environment = make_environment(home, env={"XAI_API_KEY": ""})
    with pytest.raises(KeyMissingError, match="ended with 3: vault is locked"):
        find(environment, echo("vault is locked", code=3, stream="stderr"), home / "key")


def test_a_command_that_fails_does_not_show_what_it_printed(home):
    environment = make_environment(home, env={"XAI_API_KEY": ""})
    for stream in ("stdout", "stderr"):
        with pytest.raises(KeyMissingError) as caught:
            find(environment, echo(OTHER, code=1, stream=stream), home / "key")
        assert OTHER not in str(caught.value)


def test_a_command_that_prints_no_key_is_reported(home):
    environment = make_environment(home, env={"XAI_API_KEY": ""})
    with pytest.raises(KeyMissingError, match="from api_key_command is not valid"):
        find(environment, echo(""), home / "key")
    with pytest.raises(KeyMissingError, match="api_key_command"):
        find(environment, f'"{sys.executable}" -c "import os; os.write(1, bytes([255, 254]))"', home / "key")


def test_a_missing_command_is_reported(home):
    with pytest.raises(KeyMissingError, match="api_key_command ended with"):
        find(make_environment(home, env={"XAI_API_KEY": ""}), "no-such-program-of-mine", home / "key")


# -- storing and forgetting --------------------------------------------------------------------------------------------


NOBODY = "http://127.0.0.1:9/v1"
"""An address that refuses connections: a key that is stored is not checked there."""


def run(home, *argv, stdin=None, **env):
    environment = make_environment(
        home, *argv, stdin=stdin, env={"XAI_API_KEY": "", "GROKCHAT_BASE_URL": NOBODY, **env}
    )
    return main(environment), environment


def test_login_stores_what_is_piped_in_and_logout_deletes_it(home, api):
    code, environment = run(home, "--login", stdin=f" {KEY} \nmore\n".encode())
    assert (code, err(environment)) == (0, "")
    assert "where only you can read it" in out(environment)
    assert KEY not in out(environment)
    [path] = [path for path in home.rglob("*") if path.is_file()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    code, environment = run(home, "hello", GROKCHAT_BASE_URL=api.url)
    assert (code, err(environment)) == (0, "")
    assert api.requests[0].headers["authorization"] == f"Bearer {KEY}"
    code, environment = run(home, "--logout")
    assert (code, out(environment)) == (0, f"The key was removed from {path}.\n")
    assert not path.exists()
    code, environment = run(home, "--logout", XAI_API_KEY=KEY)
    assert (code, out(environment)) == (0, "No key was stored.\nXAI_API_KEY is still set in your environment.\n")


@pytest.mark.parametrize("piped", [b"", b"\n", b"two words\n", "sécret\n".encode(), b"x" * 10_000 + b" y"])
def test_a_text_that_cannot_be_a_key_is_not_stored(home, piped):
    code, environment = run(home, "--login", stdin=piped)
    assert code == 2
    assert "sécret" not in err(environment)
    assert not [path for path in home.rglob("*") if path.is_file()]


def test_a_key_file_that_others_could_read_is_fixed_with_a_warning(home, api):
    run(home, "--login", stdin=KEY.encode())
    [path] = [path for path in home.rglob("*") if path.is_file()]
    path.chmod(0o644)
    code, environment = run(home, "hello", GROKCHAT_BASE_URL=api.url)
    assert code == 0
    assert "other users could read the stored key. This is fixed" in err(environment)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_stored_key_of_another_shape_is_redacted_from_a_bug_report(home, api, monkeypatch):
    """In any shape and from any source."""
    odd = "not-the-usual-shape-0123456789"
    run(home, "--login", stdin=odd.encode())

    def fail(*_, **__):
        raise RuntimeError(f"the key is {odd}")

    monkeypatch.setattr("grokchat.cli.oneshot.exchange", fail)
    for debug in ("", "1"):
        code, environment = run(home, "hello", GROKCHAT_BASE_URL=api.url, GROKCHAT_DEBUG=debug)
        assert code == 1
        assert "the key is [key]" in err(environment)
        assert odd not in err(environment)


def test_set_shows_no_key(home):
    session = session_of()
    shown = str(run_command(session, f"/set note {KEY}xxxx")) + str(run_command(session, "/set"))
    assert KEY not in shown
    assert "[key]" in shown

"""Configuration: default < file < profile < environment < command line, and errors that name the place."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from platformdirs import PlatformDirs
from support import err, make_environment, paragraph, run_cli

from grokchat.config import files
from grokchat.config.paths import locate_paths
from grokchat.config.settings import Layer, resolve_settings
from grokchat.errors import ConfigError
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig

if sys.platform == "linux":
    import pwd

needs_passwd = pytest.mark.skipif(sys.platform != "linux", reason="other systems have other lists of users and folders")

FILE = """
model = "from-file"
stream = false
timeout = 60

[params]
temperature = 0.1
seed = 1

[profiles.quick]
model = "from-profile"
[profiles.quick.params]
temperature = 0.9

[profiles.empty]
"""


def write(home, text: str | bytes, name: str = "config.toml"):
    home.mkdir(parents=True, exist_ok=True)
    path = home / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(environment, **more):
    return files.load_layers(environment, **{"config": None, "profile": None, **more})


def test_each_layer_wins_over_those_below_it(home):
    """Later wins: built-in defaults, config file, chosen profile, environment, command line, `/set`."""
    environment = make_environment(home)
    assert resolve_settings(read(environment)).model == "grok-4.7"
    write(home, FILE)
    assert resolve_settings(read(environment)).model == "from-file"
    assert resolve_settings(read(environment, profile="quick")).model == "from-profile"
    environment.variables["GROKCHAT_MODEL"] = "from-environment"
    below = read(environment, profile="quick")
    assert resolve_settings(below).model == "from-environment"
    session = Session.new(SessionConfig(None, below, Layer("command line", {"model": "from-command-line"})))
    assert session.settings.model == "from-command-line"
    session.set_overrides({"model": "from-set"}, {})
    assert session.settings.model == "from-set"


def test_what_a_layer_does_not_say_comes_from_below(home):
    write(home, FILE)
    settings = resolve_settings(read(make_environment(home), profile="quick"))
    assert (settings.stream, settings.timeout, settings.markdown) == (False, 60.0, True)
    assert settings.params == {"temperature": 0.9, "seed": 1}


def test_a_profile_from_the_environment_and_one_from_the_command_line(home):
    write(home, FILE)
    environment = make_environment(home, env={"GROKCHAT_PROFILE": "quick"})
    assert resolve_settings(read(environment)).model == "from-profile"
    assert resolve_settings(read(environment, profile="empty")).model == "from-file"


def test_base_url_from_the_environment(home):
    environment = make_environment(home, env={"GROKCHAT_BASE_URL": "https://other.example/v1"})
    assert resolve_settings(read(environment)).base_url == "https://other.example/v1"


def test_an_environment_variable_that_is_empty_is_not_set(home):
    write(home, FILE)
    environment = make_environment(home, env={"GROKCHAT_MODEL": "", "GROKCHAT_PROFILE": "", "GROKCHAT_CONFIG": ""})
    assert resolve_settings(read(environment)).model == "from-file"


def test_a_named_file_is_read_instead(home, tmp_path):
    """`--config` wins over GROKCHAT_CONFIG, which wins over the usual place."""
    write(home, FILE)
    first = write(tmp_path, 'model = "first"', "first.toml")
    second = write(tmp_path, 'model = "second"', "second.toml")
    environment = make_environment(home, env={"GROKCHAT_CONFIG": str(first)})
    assert resolve_settings(read(environment)).model == "first"
    assert resolve_settings(read(environment, config=str(second))).model == "second"


def test_no_file_is_no_error_unless_it_was_named(home, tmp_path):
    assert read(make_environment(home)) == []
    missing = str(tmp_path / "missing.toml")
    with pytest.raises(ConfigError, match=r"missing\.toml: cannot be read"):
        read(make_environment(home), config=missing)
    with pytest.raises(ConfigError, match=r"missing\.toml: cannot be read"):
        read(make_environment(home, env={"GROKCHAT_CONFIG": missing}))


def test_nothing_is_read_from_the_current_directory(home, tmp_path, monkeypatch):
    """Nothing is read from the current directory unless it is named on the command line."""
    here = tmp_path / "here"
    for name in ("config.toml", "grokchat.toml", ".grokchat.toml", ".env", "config.example.toml"):
        write(here, 'base_url = "https://evil.example/v1"', name)
    monkeypatch.chdir(here)
    environment = make_environment(home)
    assert read(environment) == []
    assert resolve_settings(read(environment, config="config.toml")).base_url == "https://evil.example/v1"


def test_all_files_are_in_one_directory_if_it_is_named(home):
    """GROKCHAT_HOME is one directory for all of grokchat's files."""
    paths = locate_paths(make_environment(home))
    assert paths.config == home / "config.toml"
    assert paths.sessions == home / "sessions"
    assert {path.parent for path in (paths.config, paths.history, paths.key)} == {home}


def test_without_it_each_file_is_where_the_platform_keeps_such_files(home):
    environment = make_environment(home, env={"GROKCHAT_HOME": ""})
    paths = locate_paths(environment)
    for path in (paths.config, paths.sessions, paths.history, paths.key):
        assert path.is_absolute()
        assert "grokchat" in str(path)


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d/", "XDG_STATE_HOME": "/s/t"},
        {"XDG_CONFIG_HOME": "", "XDG_DATA_HOME": " ", "XDG_STATE_HOME": "/s"},
        {"HOME": "/somewhere/else/"},
        {"ANDROID_DATA": "/data", "ANDROID_ROOT": "/system"},
    ],
)
def test_the_places_are_those_of_platformdirs(home, monkeypatch, env):
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    paths = locate_paths(make_environment(home, env={**os.environ, "GROKCHAT_HOME": ""}))
    dirs = PlatformDirs("grokchat", appauthor=False)
    assert paths.config == Path(dirs.user_config_dir, "config.toml")
    assert paths.prompts == Path(dirs.user_config_dir, "prompts")
    assert paths.sessions == Path(dirs.user_data_dir, "sessions")
    assert paths.key == Path(dirs.user_data_dir, "key")
    assert paths.history == Path(dirs.user_state_dir, "history")


@needs_passwd
@pytest.mark.parametrize("state", [{}, {"XDG_STATE_HOME": "/s"}])
@pytest.mark.parametrize(
    "relative", [{"XDG_CONFIG_HOME": "relative", "XDG_DATA_HOME": "~/data"}, {"HOME": ""}, {"HOME": "relative"}]
)
def test_relative_places_are_those_of_the_system_s_list_of_users(home, state, relative):
    """Not all versions of platformdirs ignore them, as the specification has it."""
    absolute = {"HOME": pwd.getpwuid(os.getuid()).pw_dir, **state}
    expected = locate_paths(make_environment(home, env={**absolute, "GROKCHAT_HOME": ""}))
    paths = locate_paths(make_environment(home, env={**absolute, **relative, "GROKCHAT_HOME": ""}))
    assert paths == expected
    assert not paths.problem


@pytest.fixture
def _homeless(monkeypatch):
    """Take the home directory away, as from a container's user that is only a number."""

    def unknown(number):
        raise KeyError(f"getpwuid(): uid not found: {number}")

    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)


@needs_passwd
@pytest.mark.usefixtures("_homeless")
@pytest.mark.parametrize(
    "env",
    [
        {},
        {"HOME": ""},
        {"HOME": "relative"},
        {"HOME": "~"},
        {"XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d"},
        {"XDG_CONFIG_HOME": "c", "XDG_DATA_HOME": "d", "XDG_STATE_HOME": "s"},
        {"GROKCHAT_HOME": "~/g"},
        {"GROKCHAT_HOME": "~"},
        {"GROKCHAT_HOME": "~no-such-user-of-mine/g"},
    ],
)
def test_without_a_home_directory_only_no_save_works(tmp_path, monkeypatch, env):
    """Where no home directory can be found, `--no-save` works, and all else is exit 2, naming GROKCHAT_HOME."""
    monkeypatch.chdir(tmp_path)
    env = {"GROKCHAT_HOME": "", **env}
    code, environment = run_cli(tmp_path, None, "--demo", "--no-save", "hi", env=env)
    assert (code, err(environment)) == (0, "")
    for words in (["--demo", "hi"], ["--list-sessions"], ["--login"], ["--logout"], ["--no-save", "-c", "hi"]):
        code, environment = run_cli(tmp_path, None, *words, env=env, stdin=b"")
        assert code == 2
        assert "Set GROKCHAT_HOME to a directory" in paragraph(environment)
    code, environment = run_cli(tmp_path, None, "--no-save", "hi", env={**env, "XAI_API_KEY": ""})
    assert code == 2
    assert "No API key" in paragraph(environment)
    assert list(tmp_path.iterdir()) == []


@needs_passwd
@pytest.mark.usefixtures("_homeless")
def test_three_folders_or_a_config_file_do_without_a_home_directory(tmp_path):
    folders = {name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    code, _ = run_cli(tmp_path, None, "--demo", "hi", env={"GROKCHAT_HOME": "", **folders})
    assert code == 0
    assert len(list((tmp_path / "XDG_DATA_HOME" / "grokchat" / "sessions").glob("*.jsonl"))) == 1
    config = write(tmp_path, "save = false")
    code, environment = run_cli(tmp_path, None, "--demo", "hi", "--config", str(config), env={"GROKCHAT_HOME": ""})
    assert (code, err(environment)) == (0, "")


@needs_passwd
def test_a_tilde_at_the_beginning_of_grokchat_home_is_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    user = pwd.getpwuid(os.getuid())
    for home, path in (("~/g", tmp_path / "g"), ("~", tmp_path), (f"~{user.pw_name}/g", Path(user.pw_dir, "g"))):
        assert locate_paths(make_environment(Path(home))).sessions == path / "sessions"
    assert locate_paths(make_environment(Path("a~b"))).sessions == Path("a~b/sessions")


@pytest.mark.parametrize(
    ("text", "key", "problem", "advice"),
    [
        ('modle = "x"', "modle", "unknown key", "did you mean model?"),
        ("zzz = 1", "zzz", "unknown key", "The keys are model, base_url"),
        ("zzz = 1", "zzz", "unknown key", "[params], [profiles]"),
        ("temperature = 1", "temperature", "unknown key", "Request parameters go under [params]."),
        (
            "tempreature = 1",
            "tempreature",
            "unknown key",
            "did you mean temperature? Request parameters go under [params].",
        ),
        ("max_tokens = 1", "max_tokens", "unknown key", "parameters go under [params]."),
        ("maxTokens = 1", "maxTokens", "unknown key", "did you mean max_completion_tokens? Request"),
        ("temp = 1", "temp", "unknown key", "did you mean temperature? Request"),
        ("vim = true", "vim", "unknown key", "did you mean edit_mode?"),
        ("system-prompt = 'x'", "system-prompt", "unknown key", "did you mean system?"),
        ("api_base = 'x'", "api_base", "unknown key", "did you mean base_url?"),
        ("verbosity = 'low'", "verbosity", "unknown key", "no such parameter; ask for brief replies"),
        ("[profiles.q]\nverbosity = 'low'", "profiles.q.verbosity", "unknown key", "in a system message"),
        ("api_key = 'xai-secret'", "api_key", "unknown key", "The API key comes from XAI_API_KEY, api_key_command, or"),
        ("[params]\napi_key = 'xai-secret'", "api_key", "unknown key", "grokchat --login"),
        ("stop = ['x']", "stop", "unknown key", "parameters go under [params]"),
        ("tiemout = 1", "tiemout", "unknown key", "did you mean timeout?"),
        ("[profiles.q]\ntopP = 1", "profiles.q.topP", "unknown key", "under [profiles.q.params]"),
        ("model = 3", "model", "must be a string, not 3", ""),
        ('stream = "yes"', "stream", 'must be true or false, not "yes"', ""),
        ("timeout = -1", "timeout", "must be a number of seconds, more than 0, not -1", ""),
        ('base_url = "http://a.example"', "base_url", "(it would send the key unencrypted)", ""),
        ('show_reasoning = "loud"', "show_reasoning", 'must be "short", "full" or "off", not "loud"', ""),
        ("params = 1", "params", "must be a table ([params]), not 1", ""),
        ("[params]\nmessages = []", "messages", "cannot be a request parameter", "the session's own"),
        ("[params]\nwhen = 2026-01-01", "params.when", "must be a value that JSON has, not 2026-01-01", ""),
        ("[params]\ndeep = [{a = nan}]", "params.deep.a", "JSON has, not nan", ""),
        ("[params]\nx = inf", "params.x", "JSON has, not inf", ""),
        ("profiles = []", "profiles", "must be a table ([profiles]), not []", ""),
        ("[profiles]\nquick = 1", "profiles.quick", "must be a table ([profiles.quick]), not 1", ""),
        ("[profiles.q]\nmodle = 'x'", "profiles.q.modle", "unknown key", "did you mean model?"),
        ("[profiles.q]\nsave = 0", "profiles.q.save", "must be true or false, not 0", ""),
        ("[profiles.q.profiles]", "profiles.q.profiles", "unknown key", "did you mean"),
        ("[profiles.q.params]\nx = nan", "profiles.q.params.x", "JSON has, not nan", ""),
    ],
)
def test_every_error_names_file_key_and_what_is_wrong(home, text, key, problem, advice):
    """An unknown key or a wrong type names the file, the key, the allowed values and the wrong one (exit 2)."""
    path = write(home, text)
    with pytest.raises(ConfigError) as caught:
        read(make_environment(home))
    error = caught.value
    assert (error.where, error.key, error.exit_code) == (str(path), key, 2)
    assert problem in error.problem
    assert advice in error.advice
    for part in (str(path), key, error.problem, error.advice):
        assert part in str(error)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"model = ", "is not TOML"),
        (b'model = "a"\nmodel = "b"', "is not TOML"),
        (b"x = " + b"[" * 5000, "is nested too deeply"),
        (b'model = "\xff"', "is not UTF-8 text (byte 9)"),
    ],
)
def test_a_file_that_is_no_config(home, data, message):
    path = write(home, data)
    with pytest.raises(ConfigError) as caught:
        read(make_environment(home))
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_a_folder_in_the_file_s_place(home):
    (home / "config.toml").mkdir(parents=True)
    with pytest.raises(ConfigError, match="cannot be read"):
        read(make_environment(home))


def test_a_number_too_large_for_any_clock(home):
    write(home, "timeout = 1" + "0" * 400)
    with pytest.raises(ConfigError, match="timeout"):
        read(make_environment(home))


def test_a_byte_order_mark_is_no_part_of_the_text(home):
    write(home, b'\xef\xbb\xbfmodel = "marked"')
    assert resolve_settings(read(make_environment(home))).model == "marked"


def test_a_profile_that_is_not_there_names_those_that_are(home):
    path = write(home, FILE)
    with pytest.raises(ConfigError) as caught:
        read(make_environment(home), profile="qick")
    assert str(caught.value) == f'{path}: unknown profile "qick". The profiles are quick, empty.'


@pytest.mark.parametrize(("name", "value"), [("GROKCHAT_BASE_URL", "nowhere"), ("GROKCHAT_MODEL", " ")])
def test_a_wrong_environment_variable_is_named(home, name, value):
    with pytest.raises(ConfigError) as caught:
        read(make_environment(home, env={name: value}))
    assert caught.value.where == name
    assert caught.value.exit_code == 2


def test_a_saved_setting_keeps_every_other_byte(home):
    """Line ends, a byte order mark and a missing newline at the end of the config file stay."""
    path = write(home, b'\xef\xbb\xbfmodel = "a" # mine\r\n\r\n[params]\r\nseed = 1')
    environment = make_environment(home)
    assert files.save_setting(environment, None, "", "model", "b") == path
    files.save_setting(environment, None, "params", "top_p", 0.5)
    assert path.read_bytes() == b'\xef\xbb\xbfmodel = "b" # mine\r\n\r\n[params]\r\nseed = 1\r\ntop_p = 0.5'
    assert resolve_settings(read(environment)).model == "b"


@pytest.mark.parametrize("value", [[None], 1 << 1024, "\ud800"])
def test_a_value_that_would_spoil_the_config_file_is_not_saved(home, value):
    """A value that the next start could not read is refused, and the file is not changed."""
    path = write(home, FILE)
    before = path.read_bytes()
    with pytest.raises(ConfigError):
        files.save_setting(make_environment(home), None, "params", "seed", value)
    deep = json.loads("[" * 200 + "]" * 200)
    with pytest.raises(ConfigError):
        files.save_setting(make_environment(home), None, "params", "seed", deep)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["modle = 'x'\n", "params = 1\n", "not toml"])
def test_nothing_is_saved_into_a_config_file_that_is_wrong(home, text):
    path = write(home, text)
    with pytest.raises(ConfigError):
        files.save_setting(make_environment(home), None, "params", "seed", 1)
    assert path.read_text() == text

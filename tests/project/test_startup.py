"""What start-up does not load: what is imported takes time, and most of it is not needed for what comes first."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

from chat_process import chat_env
from fake_api import FakeApi
from support import KEY, ROOT

_PAINTED = """\
import io, sys
from grokchat.cli import main as cli
from grokchat.terminal import early_prompt
from grokchat.environment import Environment

def show(paint, lines, prompt):
    print(*sys.modules)
    raise SystemExit

early_prompt.EarlyPrompt.show = show
tty = {"stdin_is_tty": True, "stdout_is_tty": True, "stderr_is_tty": True}
env = {"XAI_API_KEY": "xai-nobody", "HOME": sys.argv[1]}
cli.main(Environment([], env, io.BytesIO(), io.BytesIO(), io.BytesIO(), **tty))
"""


def loaded(*command: str, **env: str) -> set[str]:
    """Run Python and return the modules that it imported for this command.

    What every Python of this environment imports does not count: installed packages can add to that.
    """
    return set(_imported(*command, **env) - _imported_by_python())


@cache
def _imported_by_python() -> frozenset[str]:
    return _imported("-c", "pass")


def _imported(*command: str, **env: str) -> frozenset[str]:
    process = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (line for line in process.stderr.split("\n") if line.startswith("import time:"))
    return frozenset(line.rpartition("|")[2].strip() for line in lines)


def within(modules: set[str], names: set[str]) -> set[str]:
    """Return those modules that have one of the names or are inside a package that has it."""
    return {module for module in modules if any(module == name or module.startswith(f"{name}.") for name in names)}


def test_the_first_paint_needs_little(tmp_path):
    modules = loaded("-c", _PAINTED, str(tmp_path))
    assert "grokchat.views.notices" in modules
    heavy = {"argparse", "asyncio", "dataclasses", "datetime", "httpx", "inspect", "json", "prompt_toolkit", "rich"}
    heavy |= {"socket", "ssl", "subprocess", "tempfile", "textwrap", "tomllib", "traceback", "wcwidth"}
    if sys.platform == "linux":
        heavy |= {"platformdirs"}
    own = {"grokchat.api", "grokchat.session", "grokchat.messages", "grokchat.commands", "grokchat.terminal"}
    own |= {"grokchat.config.key_command", "grokchat.config.key_store", "grokchat.system.shell_command"}
    first = {"grokchat.terminal"} | {
        f"grokchat.terminal.{name}"
        for name in ("detection", "early_echo", "early_prompt", "terminal_modes", "terminals")
    }
    assert within(modules - first, heavy | own) == set()


def test_a_one_shot_into_a_pipe_loads_nothing_that_renders(tmp_path):
    with FakeApi() as api:
        modules = loaded("-m", "grokchat", "-p", "hi", **chat_env(tmp_path, api))
        assert [request.headers["authorization"] for request in api.requests] == [f"Bearer {KEY}"]
    assert "grokchat.cli.oneshot" in modules
    heavy = {"markdown_it", "prompt_toolkit", "pygments", "rich", "tomllib", "wcwidth"}
    own = {
        "grokchat.commands",
        "grokchat.secret_scan",
        "grokchat.chat.live_reply",
        "grokchat.cli.oneshot_tty",
        "grokchat.terminal",
    }
    own |= {"grokchat.render.stream", "grokchat.session.cost_limit"}
    own |= {"grokchat.config.key_command", "grokchat.config.key_store", "grokchat.system.shell_command"}
    heavy |= {"anyio._backends", "anyio.streams", "typing_extensions"}
    assert within(modules, heavy | own) == set()


def test_the_first_request_of_a_chat_waits_for_nothing_that_renders():
    first = ("api.client", "chat.live_reply", "chat.repl", "session.exchange")
    modules = loaded("-c", f"import {', '.join(f'grokchat.{name}' for name in first)}")
    heavy = {"anyio._backends", "anyio.streams", "markdown_it", "prompt_toolkit", "pygments", "rich"}
    assert within(modules, heavy | {"grokchat.markdown", "grokchat.highlight", "grokchat.render.stream"}) == set()


def test_an_address_without_tls_needs_no_certificates(tmp_path):
    with FakeApi() as api:
        env = {**chat_env(tmp_path, api), "SSL_CERT_FILE": str(tmp_path / "none.pem")}
        assert "grokchat.api.transport" in loaded("-m", "grokchat", "-p", "hi", **env)

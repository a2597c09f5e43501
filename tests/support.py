"""An environment without a terminal, the program run in it, and the session files that it leaves."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fake_api import FakeApi

from grokchat.cli.main import main
from grokchat.environment import Environment

ROOT = Path(__file__).resolve().parent.parent
KEY = "xai-test-key-0123456789abcdef"


# -- environments ------------------------------------------------------------------------------------------------------


def make_environment(home: Path, *argv: str, stdin: bytes | None = None, **more: Any) -> Environment:
    """Return an environment with its files under `home`; `stdin` None is a terminal that nobody types at."""
    env = {"GROKCHAT_HOME": str(home), "XAI_API_KEY": KEY, **more.pop("env", {})}

    async def no_sleep(_: float) -> None:
        return None

    return Environment(
        argv=list(argv),
        variables=env,
        stdin=io.BytesIO(stdin or b""),
        stdout=io.BytesIO(),
        stdin_is_tty=stdin is None,
        **{"stderr": io.BytesIO(), "sleep": no_sleep, "jitter": lambda: 0.5, **more},
    )


def out(environment: Environment) -> str:
    return environment.stdout.getvalue().decode("utf-8")


def err(environment: Environment) -> str:
    return environment.stderr.getvalue().decode("utf-8")


def run_cli(home: Path, api: FakeApi | None, *argv: str, **more: Any) -> tuple[int, Environment]:
    """Run the program in this process; return its exit code and the environment with what it wrote."""
    env = {"GROKCHAT_BASE_URL": api.url} if api else {}
    environment = make_environment(home, *argv, env={**env, **more.pop("env", {})}, **more)
    return main(environment), environment


def paragraph(environment: Environment) -> str:
    """Return stderr, which must be one short paragraph without the key and without a traceback."""
    text = err(environment)
    assert text.endswith("\n")
    assert text.count("\n") == 1, text
    assert len(text) < 600
    assert KEY not in text
    assert "Traceback" not in text
    return text


# -- sessions ----------------------------------------------------------------------------------------------------------


def journal_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def sessions(home: Path) -> list[Path]:
    return sorted((home / "sessions").glob("*.jsonl"))


def roles(messages: Iterable[Mapping[str, Any]]) -> list[str]:
    return [message["role"] for message in messages]

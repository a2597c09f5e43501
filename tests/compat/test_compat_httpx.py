"""httpx as the program imports it: without its command line, whatever else is installed."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys

from support import ROOT, out, run_cli

from grokchat.api.preconnect import PreconnectTransport
from grokchat.compat.httpx import httpx

CLICK = "class Any:\n def __init__(self, *_, **__): pass\n def __call__(self, *_, **__): return self\n"
CLICK += "def __getattr__(name):\n return Any() if name.islower() else Any\n"


def loaded_with_click(tmp_path, code: str) -> set[str]:
    """Run code where `click` is installed, and return the modules that are loaded at its end."""
    (tmp_path / "click.py").write_text(CLICK)
    command = [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    return set(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.split())


def test_click_beside_it_loads_nothing_more(tmp_path):
    """The cost of the import does not depend on what else is installed."""
    assert "click" in loaded_with_click(tmp_path, "import httpx")
    modules = loaded_with_click(tmp_path, "import grokchat.api.client")
    assert {"httpx", "httpcore"} <= modules
    assert modules & {"click", "rich", "pygments", "httpx._main"} == set()


def test_others_can_still_import_the_command_line_of_httpx(tmp_path):
    """The module is blocked only while httpx is imported."""
    modules = loaded_with_click(tmp_path, "import grokchat.compat.httpx\nimport httpx._main")
    assert {"click", "httpx._main"} <= modules


def test_an_httpx_that_was_imported_before_is_used_as_it_is(tmp_path):
    assert "httpx._main" in loaded_with_click(tmp_path, "import httpx\nimport grokchat.compat.httpx")


def test_no_request_searches_for_a_package_that_is_not_installed(home, api, monkeypatch):
    searched: list[str] = []

    class Finder:
        @staticmethod
        def find_spec(name, *_):
            searched.append(name)

    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    assert out(run_cli(home, api, "hi")[1]) == "Hello there.\n"
    assert "sniffio" not in searched


def test_without_the_private_name_requests_are_sent_all_the_same(monkeypatch):
    """An httpx that calls its pool otherwise costs the early connection, and nothing else."""
    make = httpx.AsyncHTTPTransport.__init__

    def renamed(self, **options):
        make(self, **options)
        del self._pool

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "__init__", renamed)

    async def go():
        transport = PreconnectTransport("https://localhost:1/v1", ssl.create_default_context(), [])
        transport.preconnect(1.0)
        assert not transport.has_backend
        assert not transport.has_usable_connection()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(go())

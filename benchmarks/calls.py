"""One-shot calls, and the time from Enter to the request, beside floors measured in the same run.

    python benchmarks/calls.py [RUNS]

The API is a loopback server. One shot: from exec to exit, beside curl, ten lines of httpx, the openai package, `llm`
and `sgpt` where they are installed. Enter: from the keypress in the chat to the request at the server over a warm
connection, beside a program that reads a line and posts the same request with httpx. Runs are interleaved; the figures
are medians. Needs a POSIX system.
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import certifi
from rows import Row, table

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from chat_process import Chat, chat_env  # noqa: E402 - the tests are not installed
from fake_api import FakeApi  # noqa: E402

_HTTPX = """\
import json, sys, httpx
with httpx.Client(timeout=60) as client:
    for line in sys.stdin if len(sys.argv) > 2 else ["hi"]:
        body = {"model": "m", "messages": [{"role": "user", "content": line}], "stream": True}
        with client.stream("POST", sys.argv[1] + "/chat/completions", json=body) as response:
            for event in response.iter_lines():
                if event.startswith("data: {"):
                    for choice in json.loads(event[6:])["choices"]:
                        sys.stdout.write(choice["delta"].get("content") or "")
        print(flush=True)
"""
_OPENAI = """\
import sys, openai
client = openai.OpenAI(base_url=sys.argv[1], api_key="none")
messages = [{"role": "user", "content": "hi"}]
for chunk in client.chat.completions.create(model="m", messages=messages, stream=True):
    for choice in chunk.choices:
        sys.stdout.write(choice.delta.content or "")
print()
"""


def certified(folder: Path) -> ssl.SSLContext:
    """Create a certificate for loopback, and `bundle.pem` with the usual trusted certificates and this one."""
    key, path = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-keyout", key, "-out", path, "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    (folder / "bundle.pem").write_bytes(Path(certifi.where()).read_bytes() + path.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    return context


def one_shots(runs: int, folder: Path, api: FakeApi) -> Iterator[Row]:
    way = "https" if api.url.startswith("https") else "http"
    (folder / "plain.py").write_text(_HTTPX, encoding="utf-8")
    (folder / "openai_call.py").write_text(_OPENAI, encoding="utf-8")
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True})
    python = sys.executable
    commands = {"ten lines of httpx": [python, str(folder / "plain.py"), api.url]}
    if curl := shutil.which("curl"):
        kind = "content-type: application/json"
        commands["curl"] = [curl, "-sN", api.url + "/chat/completions", "-H", kind, "-d", body]
    if find_spec("openai"):
        commands["the openai package"] = [python, str(folder / "openai_call.py"), api.url]
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), **chat_env(folder / "home", api)}
    if way == "https":
        env |= {"SSL_CERT_FILE": str(folder / "bundle.pem"), "CURL_CA_BUNDLE": str(folder / "bundle.pem")}
    if llm := shutil.which("llm"):
        settings = f'- model_id: m\n  model_name: m\n  api_base: "{api.url}"\n'
        (folder / "extra-openai-models.yaml").write_text(settings, encoding="utf-8")
        env |= {"LLM_USER_PATH": str(folder), "OPENAI_API_KEY": "none"}
        commands["llm"] = [llm, "-m", "m", "hi"]
    if sgpt := shutil.which("sgpt"):
        env |= {"API_BASE_URL": api.url, "OPENAI_API_KEY": "none"}
        commands["sgpt"] = [sgpt, "--model", "m", "--no-cache", "--no-md", "hi"]
    commands["grokchat"] = [python, "-m", "grokchat", "-p", "hi"]
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            begun = time.perf_counter()
            done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False)
            took = time.perf_counter() - begun
            if done.returncode or b"Hello" not in done.stdout:
                raise SystemExit(f"{name}: {done.stderr.decode()[-500:]}")
            if run:  # the first one fills the file cache
                times[name].append(took)
    middle = {name: statistics.median(values) for name, values in times.items()}
    floor = "ten lines of httpx"
    for name in sorted(middle, key=lambda one: one != "grokchat"):
        if name != floor:
            what = f"one shot over {way}, {name}"
            yield Row(what, middle[name], f"{floor}, {way}", middle[floor], is_ours=name == "grokchat")


def wait_for_request(api: FakeApi, count: int) -> None:
    while len(api.requests) < count:
        pass  # sleeping here would be measured too


def enter_to_wire(runs: int, folder: Path, api: FakeApi) -> Row:
    bare: list[float] = []
    chat_times: list[float] = []
    with (
        subprocess.Popen(
            [sys.executable, str(folder / "plain.py"), api.url, "lines"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as floor,
        Chat("--no-save", env=chat_env(folder / "home", api)) as chat,
    ):
        assert floor.stdin is not None
        assert floor.stdout is not None
        chat.wait_for_prompt()
        for run in range(runs + 1):
            before = len(api.requests)
            begun = time.perf_counter()
            floor.stdin.write(b"hi\n")
            floor.stdin.flush()
            wait_for_request(api, before + 1)
            took_bare = time.perf_counter() - begun
            floor.stdout.readline()
            chat.type(f"word{run}")
            chat.wait_for(f"> word{run}")
            begun = time.perf_counter()
            chat.type("\r")
            wait_for_request(api, before + 2)
            took = time.perf_counter() - begun
            chat.wait_for(lambda text, number=run: text.rpartition(f"word{number}")[2].count("Hello there.") == 1)
            if run:  # the first one connects
                bare.append(took_bare)
                chat_times.append(took)
        floor.stdin.close()
    return Row("Enter to the wire", statistics.median(chat_times), "a line to the wire, httpx", statistics.median(bare))


def measured(runs: int) -> Iterator[Row]:
    """Yield the rows: one-shot calls, and Enter to the wire."""
    with tempfile.TemporaryDirectory() as folder, FakeApi() as api:
        yield from one_shots(runs, Path(folder), api)
        if shutil.which("openssl"):
            with FakeApi(tls=certified(Path(folder))) as secure:
                yield from one_shots(runs, Path(folder), secure)
        yield enter_to_wire(runs, Path(folder), api)


def main() -> None:
    for line in table(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 15)):
        print(line)


if __name__ == "__main__":
    main()

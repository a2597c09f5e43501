"""The program killed at random moments; benchmarks/kill.py does the same a thousand times."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading

import pytest

if sys.platform == "win32":
    pytest.skip("signals are a POSIX thing", allow_module_level=True)

from chat_process import Chat, chat_env
from fake_api import Answer, chunk, frames, reply_frames
from random_kills import kills
from support import out, run_cli, sessions


@pytest.mark.parametrize("seed", [5, 7])
def test_a_killed_program_loses_no_message_and_at_most_250_ms_of_a_reply(seed):
    """And its session is gone on with by the next one, with every whole line.

    The 250 ms are held to in virtual time by test_turn; a machine that is busy with other tests is given more.
    """
    found = kills(4, seed, patience=20.0, grace=5.0)
    assert found.faults == []
    assert found.kills == 4
    assert found.requests


def killed_in_a_reply(home, api, line: str, *argv: str, pieces: tuple[str, ...]) -> None:
    """Send a line, and kill the program as soon as its file has the reply's last piece."""
    deltas = [chunk({"content": piece}) for piece in pieces]
    api.answers = [Answer([frames(*deltas, done=False), threading.Event()])]
    with Chat(*argv, env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type(f"{line}\r")
        chat.wait_for(lambda _: any(pieces[-1].encode() in path.read_bytes() for path in sessions(home)))
        os.kill(chat.process.pid, signal.SIGKILL)
        assert chat.end() == -signal.SIGKILL


def test_a_reply_that_several_crashes_cut_is_whole_in_the_list_in_requests_and_in_exports(home, api):
    killed_in_a_reply(home, api, "count", pieces=("p0a ", "p0b "))
    for crash in (1, 2):
        killed_in_a_reply(home, api, "/continue", "-c", pieces=(f"p{crash}a ", f"p{crash}b "))
    whole = "".join(f"p{crash}a p{crash}b " for crash in range(3))
    api.answers = [Answer([reply_frames("thanks")])]
    code, environment = run_cli(home, api, "-c", "and now")
    assert (code, out(environment)) == (0, "thanks\n")
    expected = [("user", "count"), ("assistant", whole), ("user", "and now")]
    assert [(message["role"], message["content"]) for message in api.requests[-1].messages] == expected
    expected.append(("assistant", "thanks"))
    exported = json.loads(out(run_cli(home, api, "-c", "--export", "json")[1]))
    assert [(item["role"], item["content"]) for item in exported] == expected
    assert whole.strip() in out(run_cli(home, api, "-c", "--export", "markdown")[1])
    [listed] = json.loads(out(run_cli(home, api, "--list-sessions", "--json")[1]))
    assert listed["messages"] == len(expected)
    api.answers = [Answer([reply_frames("bye")])]
    before = api.requests[-1].body
    assert run_cli(home, api, "-c", "last")[0] == 0
    shared = before[: before.index(b"and now") + len(b'and now"}')]
    assert api.requests[-1].body.startswith(shared)

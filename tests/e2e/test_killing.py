"""The program killed at random moments; benchmarks/kill.py does the same a thousand times."""

from __future__ import annotations

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("signals are a POSIX thing", allow_module_level=True)

from random_kills import kills


@pytest.mark.parametrize("seed", [5, 7])
def test_a_killed_program_loses_no_message_and_at_most_250_ms_of_a_reply(seed):
    """And its session is gone on with by the next one, with every whole line.

    The 250 ms are held to in virtual time by test_turn; a machine that is busy with other tests is given more.
    """
    found = kills(4, seed, patience=20.0, grace=5.0)
    assert found.faults == []
    assert found.kills == 4
    assert found.requests

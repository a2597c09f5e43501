from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import quick_sync
from fake_api import FakeApi
from hypothesis import settings

from grokchat.render.widths import Widths, use_widths

# GROKCHAT_EXAMPLES=N makes a long run of every property.
examples = int(os.environ.get("GROKCHAT_EXAMPLES", "50"))
settings.register_profile("grokchat", deadline=None, print_blob=True, max_examples=examples)
settings.load_profile("grokchat")

quick_sync.install()

# A shell that starts the tests in its background, or nohup, has them ignore these, and so the programs that they start.
for name in ("SIGINT", "SIGHUP", "SIGQUIT"):
    number = getattr(signal, name, None)
    if number is not None and signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)


def pytest_xdist_auto_num_workers() -> int:
    """Return two more workers than processors: a test that has the program in a terminal mostly waits."""
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return processors + 2


@pytest.fixture(autouse=True)
def _default_widths() -> Iterator[None]:
    """Have each test begin with the widths of an unknown terminal: they are one choice for the process."""
    use_widths(Widths())
    yield
    use_widths(Widths())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as server:
        yield server

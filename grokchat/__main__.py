"""`python -m grokchat`, and the console script."""

from __future__ import annotations

import gc
import sys


def run() -> int:
    """Run the program and return its exit code."""
    # What start-up makes stays to the end: looking through it for garbage is time lost before the first prompt.
    # `run.started` turns the collector on again.
    gc.disable()
    from grokchat.cli import main
    from grokchat.world import World

    return main(World.real())


if __name__ == "__main__":
    sys.exit(run())

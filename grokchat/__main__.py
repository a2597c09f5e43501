"""`python -m grokchat`, and the console script."""

from __future__ import annotations

import sys


def run() -> int:
    """Run the program and return its exit code."""
    from grokchat.cli import main
    from grokchat.world import World

    return main(World.real())


if __name__ == "__main__":
    sys.exit(run())

"""Real terminals under Xvfb. `python tests/terminals` prints what each of them lost."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a run by the path of this folder

from terminals.drivers import available, drivers


def main() -> int:
    for driver in drivers():
        sys.stdout.write(f"{driver.name}: {'installed' if driver in available() else 'not installed'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

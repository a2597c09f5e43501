"""Real terminals under Xvfb: what each of them lost of replies that stream while its window is resized.

`python tests/terminals [--only NAME] [--resizes N] [--seed N] [--kind harsh] [--quick] [--verbose]` prints a table, and
exits with 1 if there was a fault. `--scripts` shows texts in twenty scripts instead, and resizes nothing. `--remote MS`
runs the chat as through ssh, so many milliseconds away. PYTHONPATH chooses the sources of the program that runs in the
terminals.

A fault is printed with the seed of its reply, which `--seed N --resizes 1` repeats. Each way of a drag counts as one
resize, and so does a zoom; `faulty` is how many looks at the terminal, each after one to four resizes, found something
new. A terminal that does not wrap anew cuts its rows in a narrower window: `cut` are such words. `control` is how many
words the terminal loses when the same text is printed as it arrives, without the chat, with the same resizes; that is
tried where it cuts, or where a word was lost.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a run by the path of this folder

from support import ROOT
from terminals.display import Display
from terminals.drivers import DRIVERS, NAMES
from terminals.run import Control, Outcome, Run, run_in
from terminals.scripts import FORMS, TEXTS
from terminals.scripts_run import WIDTHS, in_cat, in_chat
from terminals.terminal import RealTerminal

KINDS = {
    "lost": ("missing words", "hidden words", "broken words"),
    "doubled": ("doubled words", "out of order"),
    "stale": ("stale prompt", "stale status", "stale typed"),
    "blank": ("empty rows",),
    "other": (),
}
"""The columns of faults, and what is counted in each; `other` has the rest."""
ROW = "{:<16} {:<12} {:>7} {:>7} {:>7} | {:>6} {:>7} {:>6} {:>6} {:>6} | {:>6} {:>5} {:>7}"
HEAD = ("terminal", "version", "replies", "resizes", "words", *KINDS, "faulty", "cut", "control")
SCRIPTS_ROW = "{:<16} {:<12} {:>7} {:>9} {:>12} {:>8}"
SCRIPTS_HEAD = ("terminal", "version", "texts", "not whole", "characters", "cat")
"""A text counts once a form and width; the last two are code points that are not there, in the chat and in `cat`."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def column(kind: str) -> str:
    return next((name for name, kinds in KINDS.items() if kind in kinds), "other")


def resized(driver: type[RealTerminal], display: Display, options: argparse.Namespace) -> list[Outcome]:
    """Run replies in a terminal until its window has been resized often enough."""
    outcomes: list[Outcome] = []
    seed = options.seed
    while sum(outcome.resizes for outcome in outcomes) < options.resizes:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:  # a program far away ends late
            outcome = run_in(driver, display, Path(directory) / "chat", Run, seed, options.kind, options.remote)
            lost = any(column(fault.kind) == "lost" for _, _, fault in outcome.faults)
            if lost or not driver.reflows:
                outcome.own = run_in(driver, display, Path(directory) / "control", Control, seed, options.kind).own
        outcomes.append(outcome)
        for step, done, fault in outcome.faults:
            say(f"  {driver.name}, seed {seed}, step {step} ({done}): {fault.count} {fault}")
        if outcome.own:
            words = ", ".join(outcome.own[:6])
            say(
                f"  {driver.name}, seed {seed}: the terminal itself loses {len(outcome.own)} words of the text: {words}"
            )
        if outcome.faults and options.verbose:
            say("\n".join([*outcome.steps, *(f"{at:4} │{row}" for at, row in enumerate(outcome.text.split("\n"), 1))]))
        seed += 1
    return outcomes


def row_of(name: str, version: str, outcomes: list[Outcome]) -> tuple[str, bool]:
    """Return a row of the table, and whether it has a fault."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        for _, _, fault in outcome.faults:
            counts[column(fault.kind)] += fault.count
    faulty = sum(len({step for step, _, _ in outcome.faults}) for outcome in outcomes)
    resizes, words, cut = (sum(getattr(outcome, what) for outcome in outcomes) for what in ("resizes", "words", "cut"))
    own = sum(len(outcome.own) for outcome in outcomes)
    values = (len(outcomes), resizes, words, *(counts[kind] for kind in KINDS), faulty, cut, own)
    return ROW.format(name, version, *values), bool(counts)


def written(driver: type[RealTerminal], display: Display, widths: Sequence[int]) -> tuple[int, int, int]:
    """Show all scripts at each width; return how many texts are not whole, how many code points that is, and cat's."""
    texts = lost = own = 0
    for columns in widths:
        with tempfile.TemporaryDirectory() as directory:
            printed = in_cat(driver, display, Path(directory) / "cat", columns)
            shown = in_chat(driver, display, Path(directory) / "chat", columns)
        own += sum(found.lost for found in printed)
        by_text = {(found.script, found.form): found for found in printed}
        for found in shown:
            its_own = by_text.get((found.script, found.form))
            if its_own is not None and found.lost <= its_own.lost:
                continue  # the terminal cannot show it
            texts += 1
            lost += found.lost
            what = f"{found.lost} of {found.of} code points lost" if found.lost else "out of order or broken"
            cat = f"; cat: {its_own.lost} lost" if its_own is not None else ""
            say(f"  {driver.name}, {columns} columns, {found.script}, {found.form}: {what} at {found.sample!r}{cat}")
    return texts, lost, own


def tried(driver: type[RealTerminal], options: argparse.Namespace) -> tuple[str, bool]:
    """Return a terminal's row of the table, and whether it has a fault."""
    with Display() as display, tempfile.TemporaryDirectory() as directory:
        version = driver(display, Path(directory)).version()
        if not options.scripts:
            return row_of(driver.name, version, resized(driver, display, options))
        texts, lost, own = written(driver, display, WIDTHS)
    all_texts = len(TEXTS) * len(FORMS) * len(WIDTHS)
    return SCRIPTS_ROW.format(driver.name, version, all_texts, texts, lost, own), bool(texts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=NAMES, help="a terminal; may be given several times")
    parser.add_argument("--resizes", type=int, default=300, help="how many for each terminal, at least")
    parser.add_argument("--seed", type=int, default=1, help="of the first reply; each reply has the next one")
    parser.add_argument("--kind", choices=["gentle", "harsh"], default="gentle", help="harsh: any size")
    parser.add_argument("--remote", type=int, metavar="MS", help="run the chat as through ssh, so far from the window")
    parser.add_argument("--scripts", action="store_true", help="no resizes, but twenty scripts at three widths")
    parser.add_argument("--quick", action="store_true", help="30 resizes a terminal")
    parser.add_argument("--verbose", action="store_true", help="print what was done, and the text of a faulty terminal")
    parser.add_argument(
        "--program",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="start a terminal by this path: another version of it, perhaps in a container",
    )
    options = parser.parse_args()
    programs = dict(choice.split("=", 1) for choice in options.program)
    for driver in DRIVERS:
        driver.program = programs.get(driver.name, driver.program)
    options.resizes = 30 if options.quick else options.resizes
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of what closes the terminals
    wanted = [driver for driver in DRIVERS if not options.only or driver.name in options.only]
    rows: list[str] = []
    failed = False
    begun = time.monotonic()
    for driver in wanted:
        if not driver.is_installed():
            say(f"{driver.name} is not installed (package {driver.package or driver.program})")
            continue
        try:
            row, is_faulty = tried(driver, options)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            row, is_faulty = f"{driver.name}: {error}", True  # a window that does not come is no reason to stop
        rows.append(row)
        failed = failed or is_faulty
    where = "" if options.remote is None else f", {options.remote} ms away"
    what = "scripts" if options.scripts else f"{options.kind} resizes{where}"
    say(f"\n{what}, {os.environ.get('PYTHONPATH', ROOT)}, {time.monotonic() - begun:.0f} s")
    say("\n".join([SCRIPTS_ROW.format(*SCRIPTS_HEAD) if options.scripts else ROW.format(*HEAD), *rows]))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

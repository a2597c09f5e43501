"""The map and the paths in CONTRIBUTING name folders, modules and functions that exist."""

from __future__ import annotations

import re

from support import ROOT

PACKAGE = ROOT / "grokchat"
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAPPED = TEXT[TEXT.index("## Map\n") : TEXT.index("## Rules\n")]
ROWS = re.findall(r"^\| `(\w+/?)` \| (.*) \| ?(.*?) ?\|$", MAPPED, re.MULTILINE)
"""Folder or module, what it does, and where to start reading."""
PARAGRAPHS = "\n".join(line for line in MAPPED.split("\n") if not line.startswith("|"))
EXAMPLES = {"word_count()"}


def backticked(*texts: str) -> list[str]:
    return sorted({name for text in texts for name in re.findall(r"`([^`]+)`", text)} - EXAMPLES)


def test_the_map_has_every_folder_and_every_module_beside_them():
    """Each folder has a row, and each module of the package itself is named."""
    folders = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    rows = {name for name, *_ in ROWS}
    assert {name for name in rows if name.endswith("/")} == folders
    assert modules <= rows | set(backticked(PARAGRAPHS))


def test_reading_starts_at_a_module_of_the_folder():
    """The last column of the map names modules of that folder."""
    starts = [PACKAGE / row[0] / f"{name}.py" for row in ROWS for name in backticked(row[2])]
    assert starts
    assert [path for path in starts if not path.is_file()] == []


def exists(name: str) -> bool:
    """Return whether there is such a path of the package or repository, a function `name()` or a class `Name`."""
    if re.fullmatch(r"\w+\(\)", name):
        return f"def {name[:-1]}" in SOURCE
    if re.fullmatch(r"[A-Z][a-z]\w*", name):
        return f"class {name}" in SOURCE
    if re.fullmatch(r"[\w/]+(\.\w+)?", name) and not re.fullmatch(r"/\w+|[A-Z]+", name):
        paths = (name, f"grokchat/{name}", f"grokchat/{name}.py")
        return any((ROOT / path).exists() for path in paths)
    return True


def test_what_is_named_exists():
    names = backticked(PARAGRAPHS, *(" ".join(row[:2]) for row in ROWS))
    assert names
    assert [name for name in names if not exists(name)] == []

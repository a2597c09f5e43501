"""The layers, and what is banned: held by walking the source."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TypeVar

import pytest
from support import ROOT

PACKAGE = ROOT / "grokchat"
T = TypeVar("T")

LAYERS: list[set[str]] = [
    {"records", "compat", "sequences"},
    {"errors"},
    {"redaction"},
    {"", "command_line_options", "environment", "secret_scan", "strict_json", "suggestions", "units"},
    {"markdown", "highlight"},
    {"message_parts", "message_summaries", "option_names", "reply_sources"},
    {"arguments", "messages"},
    {"render", "system"},
    {"config", "attachments"},
    {"api", "prompts"},
    {"export"},
    {"session"},
    {"terminal", "commands"},
    {"views"},
    {"invocation"},
    {"chat"},
    {"cli"},
    {"__main__"},
]
"""Folders, and the modules beside them, lowest first: each imports from rows above its own, and within itself."""

ONLY_IN: dict[str, set[str]] = {
    "dataclasses": set(),  # slow to make: `records`
    "httpx": {"compat.httpx"},  # without its command line, wherever it is used
    "httpcore": {"compat.httpx"},
    "certifi": {"api.tls"},
    "rich": {"render.rich_theme", "views.console", "views.help", "views.table"},
    "markdown_it": {"markdown.*"},
    "pygments": {"highlight.*", "compat.pygments"},
    "wcwidth": {"render.graphemes", "render.width_data"},
    "prompt_toolkit": {"terminal.*", "compat.prompt_toolkit"},
    "platformdirs": {"config.paths"},
    "tomllib": {"config.files", "config.edit"},
    "tomli_w": {"config.edit"},
    "keyring": {"config.key_store"},
    "pypdf": {"attachments.pdf"},
}
"""One third-party package, one place that imports it; names for types alone are free."""

MAY_CATCH_ALL = {"cli.main", "config.key_store", "system.threads", "chat.bugs"}
"""What turns a bug into a paragraph, of the program and of the chat; what calls the keyring's backends, which raise
errors of any class; and what hands an error over from a thread to the task that waits for it."""

FOR_TYPES: dict[str, set[str]] = {
    "httpx": {"chat.connection", "invocation", "environment"},
    "prompt_toolkit": {"environment", "cli.main", "chat.app", "chat.key_setup"},
}
"""Where a package may also be named under TYPE_CHECKING."""


def modules() -> dict[str, Path]:
    """Return the modules by their names within the package."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> list[tuple[str, bool]]:
    """Return the whole name of everything that a module imports, anywhere, and whether for types alone."""
    return list(_imports(module))


def _imports(module: str) -> Iterator[tuple[str, bool]]:
    types = {
        id(inner)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, id(node) in types
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports name the package"
            for name in node.names:
                yield f"{node.module}.{name.name}", id(node) in types


def inner_imports(module: str) -> set[str]:
    """Return the modules of the package that a module imports."""
    found = set()
    for name, _ in imports(module):
        if name.split(".")[0] == "grokchat":
            inside = name.partition(".")[2]
            found.add(inside if inside in MODULES else inside.rpartition(".")[0])
    return found


def folder_of(module: str) -> str:
    return module.partition(".")[0]


def layer_of(module: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if folder_of(module) in layer)


def calls(module: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree(module)) if isinstance(node, ast.Call))


def test_every_folder_is_in_one_layer():
    listed = [name for layer in LAYERS for name in layer]
    assert sorted(listed) == sorted({folder_of(module) for module in MODULES})


def each(check: Callable[[str], T], modules: Iterable[str] = MODULES) -> dict[str, T]:
    """Return what a check finds in each module, without those in which it finds nothing.

    One test for all modules, because one for each takes longer to set up than to run.
    """
    return {module: found for module in modules if (found := check(module))}


def upward_imports(module: str) -> set[str]:
    return {
        other
        for other in inner_imports(module)
        if layer_of(other) >= layer_of(module) and folder_of(other) != folder_of(module)
    }


def test_imports_go_downwards_only():
    assert each(upward_imports) == {}


def test_no_imports_go_in_circles():
    """Also within a folder each module stands on others that do not stand on it."""
    TopologicalSorter({module: inner_imports(module) - {module} for module in MODULES}).prepare()


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_one_package_one_place(package):
    """The edges alone touch the world, each by one package."""
    found = {
        (module, for_types)
        for module in MODULES
        for name, for_types in imports(module)
        if name.split(".")[0] == package
    }
    for module, for_types in found:
        places = ONLY_IN[package] | (FOR_TYPES.get(package, set()) if for_types else set())
        assert any(fnmatch(module, place) for place in places), module


def test_what_is_imported_is_declared():
    """An install brings every package that the program imports by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {item.partition(">")[0].partition("=")[0] for item in (item for names in lists for item in names)}
    named = {"markdown_it": "markdown-it-py", "prompt_toolkit": "prompt-toolkit", "tomli_w": "tomli-w"}
    used = {name.split(".")[0] for module in MODULES for name, _ in imports(module)} & set(ONLY_IN) - {
        "dataclasses",
        "tomllib",
    }
    assert {named.get(item, item) for item in used} <= declared


def banned(module: str) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Attribute) and node.attr == "splitlines":
            found.append(("splitlines", node.lineno))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            found.append(("print", node.lineno))
        elif isinstance(node, ast.Global):
            found.append(("global", node.lineno))
        elif isinstance(node, ast.ExceptHandler):
            caught = {item.id for item in ast.walk(node.type) if isinstance(item, ast.Name)} if node.type else {""}
            if caught & ({""} if module in MAY_CATCH_ALL else {"", "Exception", "BaseException"}):
                found.append(("except", node.lineno))
    return found


def test_what_is_banned():
    """No `str.splitlines` (it cuts at U+2028 and form feeds), no print, no bare except, no global."""
    assert each(banned) == {}


def reads_of_the_process(module: str) -> set[str]:
    reads = {
        ast.unparse(node)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    return reads & {"os.environ", "os.getenv", "sys.argv", "sys.stdin", "sys.stdout", "sys.stderr"}


def test_only_the_environment_reads_the_process():
    """The surroundings are one argument of `main`, so that the whole program runs inside a test."""
    assert each(reads_of_the_process, MODULES.keys() - {"environment", "__main__"}) == {}


def test_the_core_is_pure():
    """Conversation, journal fold, SSE, block splitter, sanitiser, command grammar touch nothing outside."""
    pure = [
        "messages",
        "message_parts",
        "api.usage",
        "api.reply_builder",
        "api.sse",
        "session.journal",
        "session.conversation",
        "config.settings",
        "config.base_url",
        "config.validation",
        "config.edit",
        "api.error_body",
        "api.failures",
        "arguments",
    ]
    pure += [
        "records",
        "redaction",
        "secret_scan",
        "suggestions",
        "session.search",
        "session.history",
        "session.undo",
        "session.estimate",
        "session.overrides",
        "api.catalog",
        "session.cost_limit",
    ]
    pure += [item for item in MODULES if item.startswith(("export", "render.", "markdown.", "highlight."))]
    pure.append("terminal.live_region")
    outside = {"io", "pathlib", "socket", "subprocess", "asyncio", "time", "datetime", "sys", "httpx", "shutil"}
    for module in pure:
        assert not {name.split(".")[0] for name, _ in imports(module)} & outside, module
        assert not any(isinstance(call.func, ast.Name) and call.func.id in {"open", "input"} for call in calls(module))


def test_every_module_says_why_it_exists():
    assert [module for module in MODULES if not ast.get_docstring(tree(module))] == []


def test_a_package_holds_no_code():
    """An `__init__.py` is a docstring; only the program's own also has its version."""
    code = {
        str(path.parent.relative_to(ROOT)): [ast.unparse(statement) for statement in statements]
        for path in sorted(PACKAGE.rglob("__init__.py"))
        if (statements := ast.parse(path.read_text(encoding="utf-8")).body[1:])
    }
    assert list(code) == ["grokchat"]
    assert [statement.partition(" = ")[0] for statement in code["grokchat"]] == ["__version__"]


def test_no_file_names_a_place_of_its_makers():
    """No file of the tree names a directory that only its makers have."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git tree")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    words = [b"/" + b"work" + b"/", b".." + b"/shared"]
    paths = [ROOT / name for name in listed.split("\0") if name]
    assert paths
    assert [path for path in paths if path.is_file() and any(word in path.read_bytes() for word in words)] == []


def test_test_files_have_names_of_their_own():
    """Without packages, pytest imports test files by their names: of two alike it collects neither."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(name for name, count in Counter(names).items() if count > 1) == []

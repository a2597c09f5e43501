"""Private names of libraries are used in `compat/` only: found by walking the source, and the classes' bases."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from test_architecture import MODULES, each, imports, tree

LIBRARIES = ("httpcore", "httpx", "prompt_toolkit", "pygments")
OUTSIDE = sorted(module for module in MODULES if not module.startswith("compat"))
_DEFINED = re.compile(
    r"\b(?:self|cls)\.(_[A-Za-z]\w*)|\bdef (_[A-Za-z]\w*)|^    (_[A-Za-z]\w*)(?:: [^=\n]+)? = ", re.MULTILINE
)


def is_private(name: str) -> bool:
    # `os._exit` is public: its underscore warns of what it leaves out.
    return name.startswith("_") and not name.startswith("__") and name not in {"_", "_exit"}


@cache
def private_names_of(store: str) -> frozenset[str]:
    """Return the private attributes and methods that a library's classes define."""
    where = importlib.import_module(store).__file__
    assert where is not None
    path = Path(where)
    paths = path.parent.rglob("*.py") if path.name == "__init__.py" else [path]
    matches = (match for found in paths for match in _DEFINED.findall(found.read_text(encoding="utf-8")))
    return frozenset(name for match in matches for name in match if name)


@cache
def own_names() -> frozenset[str]:
    """Return the private attributes and methods that the program's own classes define."""
    return frozenset(name for module in OUTSIDE for name in names_defined(tree(module)))


def names_defined(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            yield inner.name
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store) and is_own(inner.value):
            yield inner.attr


def is_own(value: ast.expr) -> bool:
    """Return whether an expression is the object whose class is being defined."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "super"
    return isinstance(value, ast.Name) and value.id in {"self", "cls"}


def private_imports(node: ast.AST) -> Iterator[str]:
    """Yield the private modules and names that are imported from the libraries."""
    for inner in ast.walk(node):
        names = []
        if isinstance(inner, ast.Import):
            names = [name.name for name in inner.names]
        elif isinstance(inner, ast.ImportFrom):
            names = [f"{inner.module}.{name.name}" for name in inner.names]
        for name in names:
            first, *rest = name.split(".")
            if first in LIBRARIES and any(map(is_private, rest)):
                yield name


def private_accesses(node: ast.AST, libraries: set[str]) -> Iterator[str]:
    """Yield the private attributes that are touched on other objects, also by way of `getattr` and its like.

    One that the program defines itself is its own, unless a library whose names the module imports has it too.
    """
    theirs = frozenset[str]().union(*map(private_names_of, libraries))
    for inner in ast.walk(node):
        name = ""
        if isinstance(inner, ast.Attribute) and not is_own(inner.value):
            name = inner.attr
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id.endswith("attr"):
            constant = inner.args[1] if len(inner.args) > 1 else None
            name = constant.value if isinstance(constant, ast.Constant) and isinstance(constant.value, str) else ""
        if is_private(name) and (name in theirs or name not in own_names()):
            yield name


def names_in_class(node: ast.AST) -> set[str]:
    """Return the private names that a class defines, overrides or touches on itself."""
    touched = {inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute) and is_own(inner.value)}
    return {name for name in {*touched, *names_defined(node)} if is_private(name)}


@cache
def tree_of(cls: type) -> ast.AST:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except OSError:  # httpx claims that its classes are in `httpx` itself
        code = next(value.__code__ for value in vars(cls).values() if inspect.isfunction(value))
        module = ast.parse(Path(code.co_filename).read_text(encoding="utf-8"))
        return next(node for node in module.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__)


def names_inherited(bases: tuple[type, ...]) -> set[str]:
    """Return the private names that the libraries' classes, and those in `compat`, have in these bases."""
    found = set()
    for base in bases:
        if base.__module__.partition(".")[0] in LIBRARIES or base.__module__.startswith("grokchat.compat"):
            found |= names_in_class(tree_of(base))
    return found


def classes_of(module: str) -> Iterator[type]:
    name = f"grokchat.{module}".removesuffix(".")
    for value in vars(importlib.import_module(name)).values():
        if inspect.isclass(value) and value.__module__ == name:
            yield value


def imported(module: str) -> set[str]:
    return set(private_imports(tree(module)))


def touched(module: str) -> set[str]:
    names = {name.removeprefix("grokchat.compat.") for name, _ in imports(module)}
    libraries = {name.partition(".")[0] for name in names} & set(LIBRARIES)
    return set(private_accesses(tree(module), libraries))


def overridden(module: str) -> set[str]:
    found = set()
    for cls in classes_of(module):
        inherited = names_inherited(cls.__mro__[1:])
        if inherited:
            found |= names_in_class(tree_of(cls)) & inherited
    return found


def test_no_private_name_of_a_library_is_imported():
    assert each(imported, OUTSIDE) == {}


def test_no_private_name_of_a_library_is_touched():
    assert each(touched, OUTSIDE) == {}


def test_no_private_name_of_a_library_is_overridden_or_inherited():
    """Also a name that a class gives its own attribute by chance: it would change what the library does."""
    assert each(overridden, OUTSIDE) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="the input is that of a POSIX terminal")
def test_what_the_walk_finds():
    """It would notice each way to reach a private name; public and own names it leaves alone."""
    from prompt_toolkit.input.vt100 import Vt100Input

    source = ast.parse("import httpx._models\nfrom pygments.token import _TokenType\nfrom httpx import Client, _client")
    assert sorted(private_imports(source)) == ["httpx._client", "httpx._models", "pygments.token._TokenType"]
    source = ast.parse("app._redraw()\ngetattr(history, '_loaded')\nself._own\napp.public")
    assert sorted(private_accesses(source, {"prompt_toolkit"})) == ["_loaded", "_redraw"]
    source = ast.parse("class Own(Vt100Input):\n def _own(self):\n  self._buffer = super()._fileno")
    assert names_in_class(source) & names_inherited(Vt100Input.__mro__) == {"_buffer", "_fileno"}

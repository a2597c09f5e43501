"""Names that Python 3.12 and newer look up elsewhere: PEP 709 makes a comprehension part of its function."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from support import ROOT

SOURCES = [path for folder in ("grokchat", "tests", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def hidden_names(source: str) -> list[str]:
    """Return `line: name` for every variable of a comprehension that is also a variable of an enclosing function.

    The function that contains the comprehension does not count: there the names are distinct.
    """
    return list(_hidden(ast.parse(source), []))


def _hidden(node: ast.AST, functions: list[set[str]]) -> Iterator[str]:
    if isinstance(node, FUNCTIONS):
        functions = [*functions, _variables(node)]
    if isinstance(node, COMPREHENSIONS):
        targets = {name for part in node.generators for name in _stored(part.target)}
        yield from (f"{node.lineno}: {name}" for name in sorted(targets & set().union(*functions[:-1])))
    for child in ast.iter_child_nodes(node):
        yield from _hidden(child, functions)


def _variables(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    names = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    body = [function.body] if isinstance(function, ast.Lambda) else list(function.body)
    while body:
        node = body.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif not isinstance(node, (ast.Lambda, *COMPREHENSIONS)):
            names.update(_stored(node) if isinstance(node, ast.Name) else ())
            body.extend(ast.iter_child_nodes(node))
    return names


def _stored(node: ast.AST) -> set[str]:
    names = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


def test_no_comprehension_hides_a_name_of_an_enclosing_function():
    """A function that reads both then finds neither: CPython 3.12 and 3.13 raise a NameError there."""
    hidden = {str(path.relative_to(ROOT)): hidden_names(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {path: names for path, names in hidden.items() if names} == {}


def test_a_hidden_name_is_found():
    hidden = "def outer():\n def one(): ...\n def inner():\n  return [one for one in ()]"
    assert hidden_names(hidden) == ["4: one"]
    assert hidden_names(hidden.replace("for one in", "for two in")) == []

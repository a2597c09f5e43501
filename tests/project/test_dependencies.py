"""Dependencies: few, with bounds that are tested at both ends."""

from __future__ import annotations

import re
import tomllib

from support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pinned(name: str) -> dict[str, str]:
    lines = (ROOT / ".ci" / name).read_text(encoding="utf-8").split("\n")
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {normal(key): version for key, version in pairs}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def bounds(requirements: list[str]) -> dict[str, str]:
    """Return the lowest version that each requirement allows."""
    found = (re.match(r"([\w.-]+)(?:>=|==)([\w.]+)", requirement) for requirement in requirements)
    return {normal(item[1]): item[2] for item in found if item}


def test_every_dependency_has_a_lower_bound():
    assert len(bounds(PROJECT["dependencies"])) == len(PROJECT["dependencies"])


def test_the_lowest_versions_are_those_that_are_tried():
    lowest = pinned("lowest.txt")
    wanted = bounds([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]])
    for name, version in wanted.items():
        if name != "marko":  # one version alone is allowed
            assert parts(lowest[name])[: len(parts(version))] == parts(version), name
            assert not any(parts(lowest[name])[len(parts(version)) :]), name


def parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def test_the_lock_has_all_that_is_installed_for_ci():
    lock = pinned("lock.txt")
    extras = PROJECT["optional-dependencies"]
    for name in bounds([*PROJECT["dependencies"], *extras["test"], *extras["dev"], *extras["clients"]]):
        assert name in lock, name

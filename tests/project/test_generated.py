"""What is made of declarations is what they say."""

from __future__ import annotations

import pytest
from generated import FILES, current


@pytest.mark.parametrize("name", FILES)
def test_generated_files_are_up_to_date(name):
    """If this fails: `.venv/bin/python tests/generated.py` writes them."""
    assert current(name) == FILES[name](current(name))

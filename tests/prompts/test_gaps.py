"""`{{KEY}}` in a prompt."""

from __future__ import annotations

import pytest

from grokchat.prompts.gaps import fill_gaps, find_gaps

VALUES = {"x": "1", "long-name_2": "2", "größe": "3", "भाषा": "4", "_": "5"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{x}}", "1"),
        ("a {{ x }}, {{\tx\t}}{{x}}", "a 1, 11"),
        ("{{long-name_2}} {{größe}} {{भाषा}} {{_}}", "2 3 4 5"),
        ("{{{x}}}", "{1}"),
        ("${{x}}", "$1"),
        (r"\{{x}}", "{{x}}"),
        (r"\{{ x }}", "{{ x }}"),
        (r"$\{{ x }}", "${{ x }}"),
        (r"\\{{x}}", r"\1"),
        (r"\\\{{x}}", r"\{{x}}"),
        (r"\\\\{{x}}", r"\\1"),
    ],
)
def test_a_gap_is_filled_and_a_backslash_keeps_it(text, filled):
    assert fill_gaps(text, VALUES) == filled


@pytest.mark.parametrize(
    "text",
    [
        "{x}",
        "{{}}",
        "{{ }}",
        "{{x}",
        "{ {x}}",
        "{{x y}}",
        "{{x\n}}",
        "{{ user.name }}",
        "${{ github.sha }}",
        "{{#if x}}",
        "{{/if}}",
        "{{- x -}}",
        "{{x|upper}}",
        '{{"x"}}',
        "{{2}}",
        "{{-}}",
        "{{“x”}}",
        "{{x\u202e}}",
        "{% raw %}",
        r"\n \\ \{x}",
        r"\{{ user.name }}",
    ],
)
def test_all_else_in_braces_is_text(text):
    assert find_gaps(text) == ()
    assert fill_gaps(text, {}) == text


def test_gaps_are_listed_once_in_the_order_in_which_they_occur():
    assert find_gaps(r"{{b}} {{a}} {{ b }} \{{c}} {{A}}") == ("b", "a", "A")


def test_values_are_put_in_verbatim_and_never_searched_for_gaps():
    value = r"{{y}} \{{x}} \1 \g<0> " + "\r\n\t\0"
    assert fill_gaps("<{{x}}>{{y}}", {"x": value, "y": ""}) == f"<{value}>"

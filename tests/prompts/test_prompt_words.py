"""`NAME KEY=VALUE ...`, behind `/use` and in `-s @...`."""

from __future__ import annotations

import pytest

from grokchat.errors import CommandError
from grokchat.prompts.words import PromptWords, parse_words


@pytest.mark.parametrize(
    ("line", "name", "values"),
    [
        ("review", "review", {}),
        ("code review", "code review", {}),
        (" review  a=1  b=2 ", "review", {"a": "1", "b": "2"}),
        ("code review a=1", "code review", {"a": "1"}),
        ('"a b=c" d=1', "a b=c", {"d": "1"}),
        ("a=b", "a=b", {}),
        ('x a="two words" b=\'it "is"\'', "x", {"a": "two words", "b": 'it "is"'}),
        (r'x a="say \"hi\" \\ \n"', "x", {"a": r'say "hi" \ \n'}),
        (r"x a='C:\new \' b=C:\new\ ", "x", {"a": "C:\\new \\", "b": "C:\\new\\"}),
        ("x a=b=c b===", "x", {"a": "b=c", "b": "=="}),
        ("x a= b=\"\" c=''", "x", {"a": "", "b": "", "c": ""}),
        ("x a = 1 b =\t2", "x", {"a": "1", "b": "2"}),
        ("x a=it's b=5'10\"", "x", {"a": "it's", "b": "5'10\""}),
        ('x a="line 1\nline 2\n"\nb=3', "x", {"a": "line 1\nline 2\n", "b": "3"}),
        ("x a=@home b=@@", "x", {"a": "@home", "b": "@@"}),
        ("x größe=1 a.b=2", "x", {"größe": "1", "a.b": "2"}),
    ],
)
def test_a_line_is_a_name_and_values(line, name, values):
    assert parse_words(line) == PromptWords(name, values)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("x a=1 b", '"b" is not KEY=VALUE. A value with blanks goes in quotes: a="two words".'),
        ("x a=1 =2", '"=2" is not KEY=VALUE'),
        ("x =2", 'KEY="two words"'),
        ('x a="b', 'a=" has no closing quote'),
        ("x a='b c\" d", "a=' has no closing quote"),
        ('x a="b"c', "or text follows it without a blank"),
        ("x a=1 a=2", "a is given twice"),
        ("x a=1 b\x1b[31m", "is not KEY=VALUE"),
    ],
)
def test_what_is_not_key_and_value_is_an_error(line, problem):
    with pytest.raises(CommandError) as caught:
        parse_words(line)
    assert problem in str(caught.value)
    assert "\x1b" not in str(caught.value)

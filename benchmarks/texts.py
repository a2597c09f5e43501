"""Texts for benchmarks: Markdown as a model writes it, generated from a seed. ASCII only; no word looks like `q01f`."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import count

_WORDS = """
a about after all also an and answer any as at before buffer but by cache call can case change check client code column
command common connection cost count data default does each empty end error event every example fast few field file for
first follow frame function given good half handle has header here how if in index inside interval is it item key large
last later leave less line list long loop many memory message method might model more most name never new next no node
not note number of often old on one only open or order other out over page part path plain point price process range
rate read reason record region reply result row run same scan second send server session set shape short should show
side simple size slow small some source space start state step stop stream such table take tell terminal text than that
the their then there these they this through time to token too tree turn two type under until up use user value very
wait was well what when where which while width will with without word work would write
"""
WORDS = _WORDS.split()
CODE = {
    "python": '''\
def @a_@b(@b: list[str], @c: int = @n) -> dict[str, int]:
    """@p."""
    @a = {}
    for one in @b[@n:]:  # @p
        if len(one) > @n and not one.startswith("@c"):
            @a[one] = @a.get(one, 0) + 0.@n
    return @a
''',
    "rust": """\
/// @p.
pub fn @a_@b(@c: &[u8]) -> Option<usize> {
    let mut @a: usize = @n;
    while @a < @c.len() { // @p
        match @c[@a] {
            b'x' => return Some(@a + @n),
            _ => @a += 1,
        }
    }
    println!("@p: {}", @a);
    None
}
""",
    "bash": """\
# @p
@a=$(grep -c '@b' "$HOME/@c.log" || echo @n)
for @b in @a/*.txt; do
    [ -f "$@b" ] && @c --@a @n "${@b%.*}" | sort -u
done
""",
}
"""Code with holes: three names, numbers, phrases."""
SHAPES = ("mixed", "prose", "code", "table", "list", "line")


def text(shape: str, size: int, seed: int = 1) -> str:
    """Return a text of exactly this many characters; shorter texts are prefixes of longer ones."""
    pieces: list[str] = []
    length = 0
    for piece in _pieces(shape, random.Random(seed)):
        pieces.append(piece)
        length += len(piece)
        if length >= size:
            break
    return "".join(pieces)[:size]


def _pieces(shape: str, rng: random.Random) -> Iterator[str]:
    """Yield the pieces of a shape, endlessly."""
    if shape == "mixed":
        yield from (f"{block}\n\n" for _ in count() for block in _section(rng))
    elif shape == "prose":
        yield from (f"{_paragraph(rng)}\n\n" for _ in count())
    elif shape == "line":
        yield from (f"{_sentence(rng)} " for _ in count())
    elif shape == "code":
        yield "```python\n"
        yield from (f"{_code(rng, 'python')}\n\n" for _ in count())
    elif shape == "list":
        yield from (f"- {_sentence(rng)}\n" for _ in count())
    elif shape == "table":
        yield from _table(rng, 3)


def _section(rng: random.Random) -> Iterator[str]:
    """Yield a heading and then, between paragraphs, a block of each other kind."""
    language = rng.choice(list(CODE))
    table = _table(rng, rng.randint(2, 4))
    steps = [f"{number}. {_sentence(rng)}" for number in range(1, rng.randint(4, 7))]
    bullets = [f"{'  ' if rng.random() < 0.2 and at else ''}- {_sentence(rng)}" for at in range(rng.randint(3, 7))]
    blocks = [
        "\n".join(steps),
        "\n".join(bullets),
        f"```{language}\n" + "\n".join(_code(rng, language) for _ in range(rng.randint(1, 3))) + "```",
        "".join(next(table) for _ in range(rng.randint(5, 10))).rstrip("\n"),
        "\n".join(f"> {_sentence(rng)}" for _ in range(rng.randint(1, 3))),
    ]
    yield "#" * rng.randint(1, 4) + " " + _phrase(rng, 2, 5).capitalize()
    for block in rng.sample(blocks, len(blocks)):
        yield _paragraph(rng)
        yield block


def _code(rng: random.Random, language: str) -> str:
    names = rng.sample([word for word in WORDS if len(word) > 4], 3)
    fill = {"n": lambda: str(rng.randint(0, 999)), "p": lambda: _phrase(rng, 2, 8).capitalize()}
    fill |= {"a": lambda: names[0], "b": lambda: names[1], "c": lambda: names[2]}
    return re.sub("@([abcnp])", lambda hole: fill[hole[1]](), CODE[language])


def _table(rng: random.Random, width: int) -> Iterator[str]:
    """Yield the lines of an endless table."""
    yield "| " + " | ".join(_phrase(rng, 1, 2).capitalize() for _ in range(width)) + " |\n"
    yield "| " + " | ".join(["---", "---:", "---", ":---:"][:width]) + " |\n"
    while True:
        cells = [f"`{rng.choice(WORDS)}`", str(rng.randint(0, 9999)), _phrase(rng, 2, 5), f"**{rng.choice(WORDS)}**"]
        yield "| " + " | ".join(cells[:width]) + " |\n"


def _paragraph(rng: random.Random) -> str:
    return " ".join(_sentence(rng) for _ in range(rng.randint(2, 6)))


def _phrase(rng: random.Random, least: int, most: int) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(least, most)))


def _sentence(rng: random.Random) -> str:
    """Return a sentence with some of its words marked up."""
    words = rng.choices(WORDS, k=rng.randint(6, 16))
    for position in range(1, len(words) - 1):
        word, other = words[position], rng.choice(WORDS)
        forms = [f"**{word} {other}**", f"*{word}*", f"`{word}_{other}()`", f"{word},", f"{word} {rng.randint(2, 99)}"]
        forms += [f"[{word} {other}](https://example.org/{word})", f"~~{word}~~"]
        words[position] = rng.choices([word, *forms], [80, 3, 3, 4, 5, 2, 1, 1])[0]
    return " ".join(words).capitalize() + "."

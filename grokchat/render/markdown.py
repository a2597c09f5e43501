"""One Markdown block to styled lines.

Everything that stands in the source appears: HTML and generics as written, link addresses beside their text. Nothing
is padded to the width, and code has no gutter, so that copying it from the scrollback gives the code. Line breaks
inside a paragraph are kept: a model that breaks a line means it.
"""

from __future__ import annotations

from functools import cache

from markdown_it.rules_block.table import escapedSplit
from markdown_it.tree import SyntaxTreeNode
from rich.console import JustifyMethod
from rich.syntax import Syntax
from rich.text import Text

from grokchat.render.blocks import DEEPEST, parser
from grokchat.render.lines import RICH, ansi, wrapped
from grokchat.render.look import Look
from grokchat.render.text import visible

_GAP = "  "
_NARROWEST = 6
"""Cells: a column of fewer is not read any more."""
_JUSTIFY: dict[str, JustifyMethod] = {
    "text-align:right": "right",
    "text-align:center": "center",
    "text-align:left": "left",
}


def render_block(source: str, width: int, look: Look) -> list[str]:
    """Return the lines of a block, or of several, at a width in cells; styles are SGR codes as `look` allows."""
    tokens = parser().parse(source)
    levels = (one.level for token in tokens for one in (token, *(token.children or ())))
    if any(level >= DEEPEST - 1 for level in levels):
        return source.rstrip("\n").split("\n")
    tree = SyntaxTreeNode(tokens)
    return [
        ansi(line, look) for line in _Layout(look, source.split("\n")).stack(tree.children, max(1, width), loose=True)
    ]


class _Layout:
    def __init__(self, look: Look, source: list[str]) -> None:
        self._look = look
        self._source = source

    def stack(self, nodes: list[SyntaxTreeNode], width: int, *, loose: bool) -> list[Text]:
        """Lay blocks out one below the other, with an empty line between them if they are loose."""
        lines: list[Text] = []
        for position, node in enumerate(nodes):
            if position and loose:
                lines.append(Text())
            lines.extend(self._block(node, width))
        return lines

    def _block(self, node: SyntaxTreeNode, width: int) -> list[Text]:
        kind = node.type
        if kind == "heading":
            return self._heading(node, width)
        if kind in {"fence", "code_block"}:
            return self._code(node)
        if kind in {"bullet_list", "ordered_list"}:
            return self._list(node, width)
        if kind == "blockquote":
            bar = Text("▌ " if self._look.unicode else "> ", RICH["marker"])
            inner = self.stack(node.children, width - 2, loose=True)
            for line in inner:
                line.stylize_before(RICH["quote"])
            return _prefixed(inner, bar, bar)
        if kind == "hr":
            return [Text(("─" if self._look.unicode else "-") * min(width, 24), RICH["rule"])]
        if kind == "table":
            return self._table(node, width)
        text = self._inline(node.children[0]) if node.children else Text(node.content)
        return list(wrapped(text, width))

    def _heading(self, node: SyntaxTreeNode, width: int) -> list[Text]:
        level = int(node.tag[1])
        text = self._inline(node.children[0]) if node.children else Text()
        text.stylize_before(RICH[f"h{min(level, 3)}"])
        if self._look.plain:
            text = Text.assemble("#" * level + " ", text)
        return list(wrapped(text, width))

    def _code(self, node: SyntaxTreeNode) -> list[Text]:
        code = node.content.removesuffix("\n")
        language = node.info.split(maxsplit=1)[0] if node.info.strip() else ""
        if self._look.colors in {"none", "bold"}:
            # Without colours the fence itself says where the code is.
            return [Text("```" + language, "dim"), *map(Text, code.split("\n")), Text("```", "dim")]
        text = _syntax(language.lower()).highlight(code)
        text.rstrip()
        lines = list(text.split("\n", allow_blank=True))
        missing = code.count("\n") + 1 - len(lines)  # the lexer drops empty lines at the end
        return lines + [Text()] * missing

    def _list(self, node: SyntaxTreeNode, width: int) -> list[Text]:
        loose = any(not child.hidden for item in node.children for child in item.children if child.type == "paragraph")
        number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
        last = (number or 0) + len(node.children) - 1
        lines: list[Text] = []
        for position, item in enumerate(node.children):
            if position and loose:
                lines.append(Text())
            if number is None:
                mark = "• " if self._look.unicode else "- "
            else:
                mark = f"{number + position}. ".rjust(len(str(last)) + 2)
            inner = self.stack(item.children, width - len(mark), loose=loose) or [Text()]
            lines.extend(_prefixed(inner, Text(mark, RICH["marker"]), Text(" " * len(mark))))
        return lines

    def _table(self, node: SyntaxTreeNode, width: int) -> list[Text]:
        rows = [self._cells(row) for part in node.children for row in part.children]
        for cell in rows[0]:
            cell.stylize_before(RICH["strong"])
        natural = [max(1, *(row[column].cell_len for row in rows)) for column in range(len(rows[0]))]
        widths = _shared(natural, width - len(_GAP) * (len(natural) - 1))
        if widths is None:
            return self._records(rows, width)
        lines: list[Text] = []
        is_tall = False
        for number, row in enumerate(rows):
            cells = [list(wrapped(cell, size)) for cell, size in zip(row, widths, strict=True)]
            height = max(map(len, cells))
            is_tall = is_tall or height > 1
            if is_tall and number > 1:
                lines.append(Text())
            lines += [_row(cells, at, widths) for at in range(height)]
            if not number:
                rule = "─" if self._look.unicode else "-"
                lines.append(Text(_GAP.join(rule * size for size in widths), RICH["rule"]))
        return lines

    def _cells(self, node: SyntaxTreeNode) -> list[Text]:
        cells = []
        for child in node.children:
            text = self._inline(child.children[0])
            text.justify = _JUSTIFY.get(str(child.attrs.get("style", "")), "left")
            cells.append(text)
        if node.map is not None:
            # The parser drops what a row has more than the head; a `|` in a cell's code is enough for that.
            line = self._source[node.map[0]].lstrip("> \t").rstrip()
            pieces = escapedSplit(line.removeprefix("|").removesuffix("|"))
            cells[-1].append("".join(f" | {piece.strip()}" for piece in pieces[len(cells) :]))
        return cells

    def _records(self, rows: list[list[Text]], width: int) -> list[Text]:
        """Lay a table out that does not fit: a line for each cell, under its column's name."""
        head, *body = rows
        lines: list[Text] = []
        for number, row in enumerate(body or [[Text()] * len(head)]):
            if number:
                lines.append(Text())
            for name, cell in zip(head, row, strict=True):
                lines += wrapped(Text.assemble(name, ": ", cell), width)
        return lines

    def _inline(self, node: SyntaxTreeNode) -> Text:
        text = Text()
        for child in node.children:
            text.append_text(self._span(child))
        return text

    def _span(self, node: SyntaxTreeNode) -> Text:
        kind = node.type
        if kind in {"softbreak", "hardbreak"}:
            return Text("\n")
        if kind == "code_inline":
            return Text(node.content if not self._look.plain else f"`{node.content}`", RICH["code"])
        if kind in {"em", "strong", "s"}:
            text = self._inline(node)
            text.stylize_before(RICH[{"em": "emphasis", "strong": "strong", "s": "strike"}[kind]])
            return text
        if kind == "link":
            return self._link(self._inline(node), visible(str(node.attrs.get("href", ""))))
        if kind == "image":
            return self._link(Text(visible(node.content)), visible(str(node.attrs.get("src", ""))))
        return Text(visible(node.content))  # an entity such as &rlm; was harmless only as long as it was written out

    def _link(self, text: Text, address: str) -> Text:
        """Show where a link goes beside what it says, so that it cannot lie."""
        plain = text.plain
        text.stylize_before(RICH["link"])
        if not address or address in {plain, f"mailto:{plain}"}:
            return text
        return Text.assemble(text, " (", (address, RICH["url"]), ")") if plain else Text(address, RICH["url"])


def _shared(natural: list[int], available: int) -> list[int] | None:
    """Return the columns' widths: small ones keep theirs, the others share what is left; None if that is too little."""
    widths = [0] * len(natural)
    open_columns = sorted(range(len(natural)), key=lambda column: natural[column])
    while open_columns:
        column = open_columns.pop(0)
        widths[column] = min(natural[column], available // (len(open_columns) + 1))
        if widths[column] < min(natural[column], _NARROWEST):
            return None
        available -= widths[column]
    return widths


def _row(cells: list[list[Text]], at: int, widths: list[int]) -> Text:
    """Return one line of a table's row."""
    line = Text()
    for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        text = cell[at].copy() if at < len(cell) else Text()
        text.rstrip()
        space = width - text.cell_len
        before = {"right": space, "center": space // 2}.get(cell[0].justify or "left", 0) if cell else 0
        line.append(_GAP if column else "")
        line.append(" " * before).append_text(text).append(" " * (space - before))
    return line


def _prefixed(lines: list[Text], first: Text, others: Text) -> list[Text]:
    return [Text.assemble(others if position else first, line) for position, line in enumerate(lines)]


@cache
def _syntax(language: str) -> Syntax:
    return Syntax("", language or "text", theme="ansi_dark", background_color="default")

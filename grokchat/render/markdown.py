"""One Markdown block to styled lines.

Everything that stands in the source appears: HTML and generics as written, link addresses beside their text. Nothing
is padded to the width, and code has no gutter, so that copying it from the scrollback gives the code. Line breaks
inside a paragraph are kept: a model that breaks a line means it.
"""

from __future__ import annotations

from functools import cache

from markdown_it.tree import SyntaxTreeNode
from rich import box
from rich.style import Style
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from grokchat.render.blocks import parser
from grokchat.render.lines import CONSOLE, RICH, ansi, wrapped
from grokchat.render.look import Look
from grokchat.render.text import visible

_JUSTIFY = {"text-align:right": "right", "text-align:center": "center", "text-align:left": "left"}


def render_block(source: str, width: int, look: Look) -> list[str]:
    """Return the lines of a block, or of several, at a width in cells; styles are SGR codes as `look` allows."""
    tree = SyntaxTreeNode(parser().parse(source))
    return [ansi(line, look) for line in _Layout(look).stack(tree.children, max(1, width), loose=True)]


class _Layout:
    def __init__(self, look: Look) -> None:
        self._look = look

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
        border = box.SIMPLE_HEAD if self._look.unicode else box.ASCII2
        table = Table(
            box=border,
            show_edge=False,
            pad_edge=False,
            border_style=RICH["rule"],
            header_style=RICH["strong"],
        )
        head, *bodies = node.children
        for cell in head.children[0].children:
            justify = _JUSTIFY.get(str(cell.attrs.get("style", "")), "left")
            table.add_column(self._inline(cell.children[0]), justify=justify, overflow="fold")  # type: ignore[arg-type]
        for body in bodies:
            for row in body.children:
                table.add_row(*(self._inline(cell.children[0]) for cell in row.children))
        options = CONSOLE.options.update(width=width)
        return [
            Text.assemble(*((segment.text, segment.style or Style()) for segment in line))
            for line in CONSOLE.render_lines(table, options, pad=False)
        ]

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


def _prefixed(lines: list[Text], first: Text, others: Text) -> list[Text]:
    return [Text.assemble(others if position else first, line) for position, line in enumerate(lines)]


@cache
def _syntax(language: str) -> Syntax:
    return Syntax("", language or "text", theme="ansi_dark", background_color="default")

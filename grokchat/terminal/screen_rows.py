"""prompt_toolkit's screen of characters, converted to rows of text with SGR codes."""

from __future__ import annotations

import io

from prompt_toolkit.data_structures import Size
from prompt_toolkit.layout.screen import Screen
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Attrs, BaseStyle, StyleTransformation


class ScreenRows:
    """Converts screens, and remembers the codes of their attributes."""

    def __init__(self) -> None:
        self._codes = _SgrCodes(ColorDepth.DEPTH_4_BIT)

    def rows_of(
        self, screen: Screen, height: int, style: BaseStyle, transformation: StyleTransformation, depth: ColorDepth
    ) -> list[str]:
        """Return the screen's first rows."""
        if self._codes.color_depth != depth:
            self._codes = _SgrCodes(depth)
        codes = _StyleCodes(style, transformation, self._codes)
        plain = codes[""]
        rows = []
        for y in range(height):
            row = screen.data_buffer[y]
            parts: list[str] = []
            current = plain
            column, end = 0, max(row, default=-1)
            while column <= end:
                cell = row[column]
                code = codes[cell.style]
                if code != current:
                    parts.append("\x1b[m" if code == plain else code)
                    current = code
                parts.append(cell.char)
                column += max(1, cell.width)
            if current != plain:
                parts.append("\x1b[m")
            rows.append("".join(parts).rstrip(" "))
        return rows


class _StyleCodes(dict[str, str]):
    """The SGR code of each style string."""

    def __init__(self, style: BaseStyle, transformation: StyleTransformation, codes: _SgrCodes) -> None:
        super().__init__()
        self._style = style
        self._transformation = transformation
        self._codes = codes

    def __missing__(self, style: str) -> str:
        attributes = self._transformation.transform_attrs(self._style.get_attrs_for_style_str(style))
        code = self[style] = self._codes[attributes]
        return code


class _SgrCodes(dict[Attrs, str]):
    """The SGR code of each combination of attributes, as Vt100_Output writes it."""

    def __init__(self, color_depth: ColorDepth) -> None:
        super().__init__()
        self.color_depth = color_depth
        self._output = _LastWrite()

    def __missing__(self, attributes: Attrs) -> str:
        self._output.set_attributes(attributes, self.color_depth)
        code = self[attributes] = self._output.text
        return code


class _LastWrite(Vt100_Output):
    """An output that keeps only the last text written."""

    def __init__(self) -> None:
        super().__init__(io.StringIO(), lambda: Size(rows=24, columns=80))
        self.text = ""

    def write_raw(self, data: str) -> None:
        self.text = data

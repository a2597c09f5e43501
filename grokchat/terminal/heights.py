"""The height of the parts of a layout that a very low window has no room for.

If the least heights of all parts do not fit, prompt_toolkit shows "Window too small..." and nothing else.
"""

from __future__ import annotations

from prompt_toolkit.layout.dimension import Dimension

UP_TO_ONE_ROW = Dimension(min=0, preferred=1, max=1)

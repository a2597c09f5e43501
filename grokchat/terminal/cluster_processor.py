"""Shows the parts of a joined emoji without what joins them.

prompt_toolkit lays a line out by code points, and terminals disagree on what they join: a family is one picture of two
cells, or three in a row. Its parts alone are as wide everywhere as the layout takes them to be. Some clusters of
letters and marks are one character in the layout (`stand_ins`).
"""

from __future__ import annotations

from itertools import accumulate

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.formatted_text.utils import fragment_list_to_text
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments

from grokchat.terminal.line_rows import INDENT
from grokchat.terminal.stand_ins import STAND_IN_STYLE, left_out_positions, stand_in, whole_clusters


class ClusterProcessor(Processor):
    """Leaves joiners and selectors out where they belong to a cluster. Elsewhere they are shown by number."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        text = fragment_list_to_text(transformation_input.fragments)
        clusters = whole_clusters(text, transformation_input.width - INDENT)
        left_out = left_out_positions(text, clusters)
        if not left_out:
            return Transformation(transformation_input.fragments)
        shown: StyleAndTextTuples = []
        for at, fragment in enumerate(explode_text_fragments(transformation_input.fragments)):
            if at in clusters:
                shown.append((f"{fragment[0]} {STAND_IN_STYLE}", stand_in(clusters[at])))
            elif at not in left_out:
                shown.append(fragment)
        columns = list(accumulate((at not in left_out for at in range(len(text) + 1)), initial=0))
        return Transformation(shown, source_to_display=columns.__getitem__, display_to_source=columns.index)

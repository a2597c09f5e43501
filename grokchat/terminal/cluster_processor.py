"""Shows the parts of a joined emoji without what joins them.

prompt_toolkit lays a line out by code points, and terminals disagree on what they join: a family is one picture of two
cells, or three in a row. Its parts alone are as wide everywhere as the layout takes them to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.formatted_text.utils import fragment_list_to_text
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments

from grokchat.render.graphemes import joining_positions
from grokchat.terminal.stand_ins import narrow_clusters, stand_in


class ClusterProcessor(Processor):
    """Leaves joiners and selectors out where they belong to a cluster. Elsewhere they are shown by number."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        text = fragment_list_to_text(transformation_input.fragments)
        clusters = narrow_clusters(text)
        left_out = left_out_positions(text, clusters)
        if not left_out:
            return Transformation(transformation_input.fragments)
        shown: StyleAndTextTuples = []
        for at, fragment in enumerate(explode_text_fragments(transformation_input.fragments)):
            if at in clusters:
                shown.append((fragment[0], stand_in(clusters[at])))
            elif at not in left_out:
                shown.append(fragment)
        columns = list(accumulate((at not in left_out for at in range(len(text) + 1)), initial=0))
        return Transformation(shown, source_to_display=columns.__getitem__, display_to_source=columns.index)


def left_out_positions(line: str, clusters: Mapping[int, str]) -> frozenset[int]:
    """Return the positions of a line that are not shown: of joiners and selectors, and in `narrow_clusters`."""
    return joining_positions(line).union(*(range(at + 1, at + len(cluster)) for at, cluster in clusters.items()))

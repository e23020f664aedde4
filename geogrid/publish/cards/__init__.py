"""Cards: what a result shows of itself in a notebook, as HTML that needs nothing else.

Importing it fills the registry `geogrid.showing.card`, one function a kind of result:
a small map or curve, key figures with their units, what is proven, how to read it.
Chinese comes first, English beside it. Nothing is computed here that a result does not hold.
"""

from geogrid.publish.cards import choices, comparisons, explanations, imports, layouts, trade_offs

__all__ = ["choices", "comparisons", "explanations", "imports", "layouts", "trade_offs"]

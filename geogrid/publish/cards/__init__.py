"""Cards: what a result shows of itself in a notebook, as HTML that needs nothing else.

Importing it fills the registry `geogrid.showing.card`, one function a kind of result.
"""

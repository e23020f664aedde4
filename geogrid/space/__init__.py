"""Geometry to graph: enclosures, cells, contiguity, walking distances, parts.

In: a validated District. Out: frames and arrays that the solver takes. No
households are weighed here and no grid is formed.
"""

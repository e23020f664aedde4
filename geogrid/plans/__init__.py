"""The plan: a frozen layout, its metrics, its codes, its file.

A plan guards its own invariants. What the district does with it stands in
`geogrid.governance`; what leaves the house in `geogrid.publish`.
"""

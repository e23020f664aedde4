"""What the district does: rules, layout, pairing, and the score of a layout.

Everything here is a few lines over one of the two engines of `geogrid.solve`. Questions answered
while somebody turns the dials of a plan lie in `geogrid.governance.live`.
"""

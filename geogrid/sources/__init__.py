"""How a district comes in: vector files, OSM, the synthetic sample.

Each way in reads, judges every row, and ends in one validated
`geogrid.district.District` or in an `InputError` that lists every fault.
Nothing here knows grids: no contiguity, no solving, no plans.
"""

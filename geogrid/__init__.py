"""geogrid: group open courtyards into governance grids, provably well."""

"""The synthetic Shinan District: a whole town to try things on.

Facts (names, codes, areas, centroids) enter from ``data/facts``; the rest is
made up from a seed. No real geometry is kept here, and nothing in this room
knows contiguity, solving or plans.
"""

from __future__ import annotations

from geogrid.sources.sample.build import make_sample

__all__ = ["make_sample"]

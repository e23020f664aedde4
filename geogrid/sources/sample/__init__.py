"""The synthetic Shinan District and its ledger, a whole town, and a smaller one as OSM has it.

Facts (names, codes, areas, centroids) enter from ``data/facts``; the rest is
made up from a seed, the outlines included (see ``SOURCE.md`` there). Nothing in
this room knows contiguity, solving or plans.
"""

from __future__ import annotations

from geogrid.sources.sample.build import make_sample
from geogrid.sources.sample.office_ledger import write_office_ledger
from geogrid.sources.sample.town import draw_town, write_town

__all__ = ["draw_town", "make_sample", "write_office_ledger", "write_town"]

"""Pictures: a plan on paper and in a notebook: maps, distributions, matrices, fronts.

Here enters what a printed page or a slide shows of a plan; each function returns a
matplotlib figure that shows itself in Jupyter, and `save` writes it as SVG, PDF or
PNG. What is explored by clicking lies in `geogrid.publish.maps`. No setting of
matplotlib is changed, and `matplotlib.pyplot` is never touched.
"""

from __future__ import annotations

from geogrid.publish.pictures.change import before_after
from geogrid.publish.pictures.fronts import front
from geogrid.publish.pictures.layout import layout
from geogrid.publish.pictures.multiples import multiples
from geogrid.publish.pictures.next_grid import next_grids
from geogrid.publish.pictures.pairing import pairing
from geogrid.publish.pictures.picture import Picture, save
from geogrid.publish.pictures.prices import prices
from geogrid.publish.pictures.sensitivity import sensitivity
from geogrid.publish.pictures.spread import households, walks
from geogrid.publish.pictures.style import font

__all__ = [
    "Picture",
    "before_after",
    "font",
    "front",
    "households",
    "layout",
    "multiples",
    "next_grids",
    "pairing",
    "prices",
    "save",
    "sensitivity",
    "walks",
]

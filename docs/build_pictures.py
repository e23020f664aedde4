"""Draw the pictures of the gallery page over the synthetic sample.

``python docs/build_pictures.py PLAN.gpkg`` writes them into ``docs/img``: of a plan of 349 grids,
and of what another price of balance changes in it.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

import geogrid
from geogrid.plans.compare import compare

IMAGES = Path(__file__).resolve().parent / "img"
LARGEST_BYTES = 200_000
DPI = 100
N_COLOURS = 256


def main() -> None:
    """Draw, shrink, write."""
    plan = geogrid.read_plan(Path(sys.argv[1]))
    study = geogrid.open(plan.district)
    even = study.plan(grids=plan.n_grids, balance_m=2000, moved_m=100, previous=plan)
    most = compare(plan, even).communities["name"].iloc[0]
    drawn = {
        "picture-deviation": geogrid.pictures.layout(plan, theme="deviation"),
        "picture-change": geogrid.pictures.before_after(plan, even, community=most),
        "picture-households": geogrid.pictures.households(plan),
    }
    for name, picture in drawn.items():
        held = io.BytesIO()
        picture.savefig(held, format="png", dpi=DPI)
        few = (
            Image.open(held).convert("RGB").quantize(N_COLOURS, kmeans=8, dither=Image.Dither.NONE)
        )
        few.save(IMAGES / f"{name}.png", optimize=True)
        size = (IMAGES / f"{name}.png").stat().st_size
        print(f"{name}: {size / 1e3:.0f} kB")
        if size > LARGEST_BYTES:
            sys.exit(f"{name} is too large; use fewer colours.")


if __name__ == "__main__":
    main()

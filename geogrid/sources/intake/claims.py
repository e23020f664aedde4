"""What a row of a ledger says of its place, and how findings about places are worded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geogrid.sources.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from geogrid.sources.findings import RowKey, Verdict
    from geogrid.sources.intake.gazetteer import Spot

__all__ = ["Claim", "metres_told", "near_told", "same_place_findings"]

# points of one building
_SAME_M = 1.0
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Claim:
    """Hold what a row says of its place.

    Parameters
    ----------
    key : (str, str, int)
        File, sheet and row.
    ident : str
        Its courtyard_id, if it has one.
    x, y : float or None
        Coordinates as written, in the ledger's system.
    written : tuple of str
        The same, letter by letter.
    address : str
        Road and number; empty if there is none.
    community : str or None
        Code of the community that it states.
    drawn : geometry, optional
        Its polygon (or point) on a map, in metres.
    before : geometry, optional
        The point where an earlier import put it, in metres.
    heads : mapping of str to str
        Field to the head of its column.
    """

    key: RowKey
    ident: str
    x: float | None
    y: float | None
    written: tuple[str, str]
    address: str
    community: str | None
    drawn: Any = None
    before: Any = None
    heads: Mapping[str, str] = field(default_factory=dict)

    def finding(self, kind: str, verdict: Verdict, about: str, value: str, **told: str) -> Finding:
        """Say something of this row."""
        file, sheet, row = self.key
        head = self.heads.get(about, "")
        return Finding(kind, verdict, file, sheet, row, self.ident, about, head, value, told)

    @property
    def point_text(self) -> str:
        """Return the coordinates as written, in one text."""
        return ", ".join(text for text in self.written if text)


def same_place_findings(
    claims: Sequence[Claim], shapes: NDArray[np.object_]
) -> tuple[Finding, ...]:
    """Note rows whose points are one place; they stay rows of their own.

    Parameters
    ----------
    claims : sequence of Claim
        Of n rows.
    shapes : ndarray of object, shape (n,)
        Their places in metres, None where a row is rejected.

    Returns
    -------
    tuple of Finding
        One a row that stands within a metre of an earlier one, which it names.
    """
    import numpy as np
    import shapely

    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    ix = np.flatnonzero(is_point & ~shapely.is_empty(shapes))
    xy = shapely.get_coordinates(shapes[ix])
    cells = np.floor(xy / _SAME_M).astype(np.int64).tolist()
    # the first point of each square metre: a ledger may have one point in all its rows
    first: dict[tuple[int, int], int] = {}
    findings = []
    for n, (east, north) in enumerate(cells):
        near = (first.get((east + i, north + j)) for i in (-1, 0, 1) for j in (-1, 0, 1))
        others = [m for m in near if m is not None and np.hypot(*(xy[m] - xy[n])) <= _SAME_M]
        first.setdefault((east, north), n)
        if others:
            claim, other = claims[ix[n]], claims[ix[min(others)]]
            told = {"other": str(other.key[2]), "id": other.ident}
            found = claim.finding("same_place", "note", "geometry", claim.point_text, **told)
            findings.append(found)
    return tuple(findings)


def near_told(spot: Spot | None) -> dict[str, str]:
    """Say which addresses are near one that was not found."""
    near = [] if spot is None else list(spot.candidates)[:_MOST_NAMED]
    if not near:
        return {"near_zh": "", "near_en": ""}
    return {"near_zh": f"；相近的有{'、'.join(near)}", "near_en": f"; near it: {', '.join(near)}"}


def metres_told(away_m: float) -> dict[str, str]:
    """Write a distance in both languages; beyond all measure if it cannot be told."""
    if away_m < 10_000.0:
        return {"away_zh": f"{away_m:,.0f} 米", "away_en": f"{away_m:,.0f} m"}
    if away_m < float("inf"):
        return {"away_zh": f"{away_m / 1000:,.0f} 公里", "away_en": f"{away_m / 1000:,.0f} km"}
    return {"away_zh": "极远", "away_en": "beyond all measure"}

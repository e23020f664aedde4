"""Layers under and beside the grids, as the web map gets them: areas, police, streets."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from geogrid.publish.audience import hide_counts, subdistrict_of
from geogrid.publish.flat import beat_by_grid, drawn, in_units, layer_table, short, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from geogrid.plans.plan import Plan
    from geogrid.publish.audience import Audience

__all__ = ["Layers"]

# the streets that a whole district is read by; the others come with the detail
_LARGE_ROADS = frozenset({"arterial", "rail"})
# a duty line of a room or an office, never a person's
_DUTY = "duty_phone"
_SUBDISTRICT: tuple[str, tuple[str, ...]] = ("subdistrict_code", ())


class Layers:
    """Write a district's layers as tables.

    Parameters
    ----------
    plan : Plan
        Any plan.
    origin : sequence of int
        From `geogrid.publish.flat.origin_of`.
    """

    def __init__(self, plan: Plan, origin: Sequence[int]) -> None:
        self.plan, self.district = plan, plan.district
        self._origin = origin
        self._above = subdistrict_of(plan)

    def has(self, layer: str) -> bool:
        """Tell whether the district has anything of a layer."""
        return layer in self.district.tables and len(self.district[layer]) > 0

    def plain(
        self, layer: str, columns: Sequence[str], *, labelled: bool = False
    ) -> dict[str, Any] | None:
        """Return a layer as a table.

        Parameters
        ----------
        layer : str
            Its name.
        columns : sequence of str
            Which to take.
        labelled : bool
            Whether labels stand in its shapes.

        Returns
        -------
        dict or None
            None if there is nothing of it.
        """
        if not self.has(layer):
            return None
        labels = self.district[layer] if labelled else None
        return layer_table(drawn(self.district, layer), columns, self._origin, labels)

    def _with_duty(
        self, layer: str, columns: tuple[str, ...], audience: Audience
    ) -> tuple[str, ...]:
        """Add the duty line, where there is one and the audience is no stranger."""
        is_there = _DUTY in self.district[layer].columns and audience.is_known
        return (*columns, _DUTY) if is_there else columns

    def areas(
        self, layer: Literal["subdistricts", "communities"], audience: Audience
    ) -> dict[str, Any]:
        """Return subdistricts or communities: names, outlines, sums.

        Parameters
        ----------
        layer : {"subdistricts", "communities"}
            Which.
        audience : Audience
            Who reads; of others' subdistricts it gets no sums.

        Returns
        -------
        dict
            A table, by code.
        """
        if layer not in self.district.tables:
            return table_of({})
        is_low = layer == "communities"
        key, above = ("community_code", ("subdistrict_code",)) if is_low else _SUBDISTRICT
        frame = self.district[layer].sort_values(key, kind="stable", ignore_index=True)
        columns = self._with_duty(layer, (key, "name", *above), audience)
        yards = self.plan.courtyards
        home = yards["community_code"].astype(str)
        grouped = yards.groupby((home if is_low else home.map(self._above)).to_numpy())
        sums = grouped["households"].agg(["size", "sum"]).reindex(frame[key]).fillna(0)
        counted = frame.assign(
            n_courtyards=sums["size"].to_numpy(np.int64), households=sums["sum"].to_numpy(np.int64)
        )
        columns = (*columns, "n_courtyards", "households")
        if audience.within is not None:
            # outlines of all, sums of the own
            own = frame["subdistrict_code"] == audience.within
            counted["households"] = counted["households"].where(own).astype(object)
            counted["n_courtyards"] = counted["n_courtyards"].where(own).astype(object)
        return hide_counts(layer_table(counted, columns, self._origin, frame), audience)

    @cached_property
    def station_ids(self) -> list[str]:
        """Return the code of every station, sorted: of equals the first counts, as in a verdict."""
        known = set(self.district["stations"]["station_id"]) if self.has("stations") else set()
        led = set(self.district["beats"]["station_id"]) if self.has("beats") else set()
        return sorted(map(str, known | led))

    def stations(self, audience: Audience) -> dict[str, Any]:
        """Return the stations, by code; one that only beats name has no place.

        Parameters
        ----------
        audience : Audience
            Who reads.

        Returns
        -------
        dict
            A table.
        """
        import geopandas as gpd

        codes = self.station_ids if audience.sees("beats") else []
        if not self.has("stations"):
            empty: list[Any] = [None] * len(codes)
            shapes: list[Any] = [[] for _ in codes]
            return table_of({"station_id": codes, "name": codes, "shape": shapes, "at": empty})
        columns = self._with_duty("stations", ("station_id", "name"), audience)
        known = self.district["stations"].set_index("station_id")
        lined = known.reindex(codes)
        lined["name"] = lined["name"].fillna(lined.index.to_series())
        frame = gpd.GeoDataFrame(lined.reset_index(names="station_id"), crs=known.crs)
        return layer_table(frame, columns, self._origin, frame)

    def beats(self, audience: Audience) -> dict[str, Any]:
        """Return the beats with the places of their rooms.

        Parameters
        ----------
        audience : Audience
            Who reads.

        Returns
        -------
        dict
            A table.
        """
        import geopandas as gpd

        frame = self.district["beats"]
        columns = self._with_duty("beats", ("beat_id", "name", "station_id"), audience)
        if not audience.sees("beats"):
            frame = frame.iloc[:0]
        table = layer_table(frame, columns, self._origin, frame)
        rooms: list[Any] = [None] * len(frame)
        if len(frame) and {"room_x", "room_y"} <= set(frame.columns):
            east, north = (frame[name].astype(float) for name in ("room_x", "room_y"))
            points = np.asarray(gpd.points_from_xy(east, north), object)
            points[(east.isna() | north.isna()).to_numpy()] = None
            rooms = in_units(points, frame.crs, self._origin)
        rows = [[*row, room] for row, room in zip(table["rows"], rooms, strict=True)]
        return {"columns": [*table["columns"], "room"], "rows": rows}

    def basic_grids(self, audience: Audience) -> dict[str, Any] | None:
        """Return the basic grids with the beat that each is paired with.

        Parameters
        ----------
        audience : Audience
            Who reads.

        Returns
        -------
        dict or None
            A table; None if there are none, or they are not open.
        """
        if not self.has("basic_grids") or not audience.sees("basic_grids"):
            return None
        frame = self._own(self.district["basic_grids"], audience)
        beats = beat_by_grid(self.plan.pairings, "basic_grids")
        paired = [beats.get(code, (None, None)) for code in frame["grid_code"]]
        leads: dict[str, Any] = {
            "beat_id": [beat for beat, _ in paired],
            "room_m": [short(far, 0) for _, far in paired],
        }
        counted = frame.assign(**leads)
        columns = ("grid_code", "name", "community_code", "households", "beat_id", "room_m")
        return hide_counts(layer_table(counted, columns, self._origin, frame), audience)

    def _own(self, frame: gpd.GeoDataFrame, audience: Audience) -> gpd.GeoDataFrame:
        """Return the rows of a layer that lie in communities of which an audience sees the rows."""
        if audience.within is None:
            return frame
        if "community_code" not in frame:
            return frame.iloc[:0]
        above: pd.Series[Any] = frame["community_code"].astype(str).map(self._above)
        return frame[above == audience.within]

    def roads(self, *, is_large: bool) -> dict[str, Any] | None:
        """Return the streets that carry a district, or the others.

        Parameters
        ----------
        is_large : bool
            Which.

        Returns
        -------
        dict or None
            A table; None if there are no roads at all.
        """
        if not self.has("roads"):
            return None
        frame = drawn(self.district, "roads")
        large = frame["kind"].isin(_LARGE_ROADS) if "kind" in frame else np.zeros(len(frame), bool)
        return layer_table(frame[large == is_large], ("name", "kind"), self._origin)

    def compounds(self, audience: Audience) -> dict[str, Any] | None:
        """Return the gated compounds.

        Parameters
        ----------
        audience : Audience
            Who reads.

        Returns
        -------
        dict or None
            A table; None if there are none, or they are not open.
        """
        if not self.has("compounds") or not audience.sees("compounds"):
            return None
        frame = self._own(self.district["compounds"], audience)
        columns = ("compound_id", "name", "community_code", "households")
        return hide_counts(layer_table(frame, columns, self._origin), audience)

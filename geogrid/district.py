"""District: the one validated input, and the schema of its tables.

Every way in (`geogrid.sources`) ends here and every way on starts here. The
schema is data: the check, the reference page and the readers all follow it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from geogrid.errors import NotFoundError
from geogrid.showing import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

__all__ = [
    "BARRIER_KINDS",
    "ROAD_KINDS",
    "TABLES",
    "Column",
    "District",
    "Fault",
    "Table",
]

# a road's rank; arterials and rail are barriers as well (DESIGN section 3)
ROAD_KINDS = ("arterial", "secondary", "lane", "path", "rail")
BARRIER_KINDS = ("rail", "arterial", "river", "wall", "coast")
LANDSCAPE_KINDS = ("sea", "park", "hill", "water", "beach", "other")

Kind = Literal["text", "int", "float", "bool"]


@dataclass(frozen=True)
class Column:
    """Describe one column: its type, its limits, its meaning.

    Parameters
    ----------
    name : str
        ASCII, at most 32 characters.
    kind : {"text", "int", "float", "bool"}
        Type of the values.
    meaning : str
        One line for the reference page, with the unit.
    required : bool
        Whether the layer is refused without it.
    nullable : bool
        Whether single values may be missing.
    unique : bool
        Whether it identifies the row.
    low, high : float, optional
        Closed limits.
    choices : tuple of str
        Allowed values, if they are few.
    pattern, form : str
        Regular expression that texts fit as a whole, and the same in words.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    nullable: bool = True
    unique: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""


@dataclass(frozen=True)
class Table:
    """Describe one layer: its geometry, its key, its columns.

    Parameters
    ----------
    name : str
        Layer name.
    meaning : str
        One line for the reference page.
    geometry : tuple of str
        Allowed geometry types.
    columns : tuple of Column
        Known columns; others are kept as they come.
    required : bool
        Whether a district is refused without it.
    """

    name: str
    meaning: str
    geometry: tuple[str, ...]
    columns: tuple[Column, ...]
    required: bool = False

    @property
    def key(self) -> str:
        """Return the name of the identifying column."""
        return next(c.name for c in self.columns if c.unique)

    def column(self, name: str) -> Column:
        """Return the column of that name, or raise NotFoundError."""
        for column in self.columns:
            if column.name == name:
                return column
        msg = f"Layer {self.name} has no column {name}."
        raise NotFoundError(msg, layer=self.name, column=name)


_AREA = ("Polygon", "MultiPolygon")
_LINE = ("LineString", "MultiLineString")


def _key(name: str, meaning: str) -> Column:
    return Column(name, "text", meaning, required=True, nullable=False, unique=True)


# more than any courtyard, compound or basic grid holds: beyond is a slip of the pen
_MOST = 1_000_000


def _count(name: str, meaning: str, **more: Any) -> Column:  # noqa: ANN401 - forwarded to Column
    return Column(name, "int", meaning, low=0, high=_MOST, **more)


def _duty_phone(whose: str) -> Column:
    """Return the column of a duty line: a room's, never a person's."""
    return Column(
        "duty_phone",
        "text",
        f"duty line of {whose}, never a person's; not published",
        pattern=r"(?=(?:[^0-9]*[0-9]){3})[0-9+() -]{3,24}",
        form="3 to 24 digits, blanks, +, -, ( and )",
    )


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "subdistricts",
            "subdistricts (街道)",
            _AREA,
            (
                _key("subdistrict_code", "9-digit code"),
                Column("name", "text", "Chinese name", required=True, nullable=False),
            ),
        ),
        Table(
            "communities",
            "communities (社区); no grid crosses their borders",
            _AREA,
            (
                _key("community_code", "12-digit code; a grid code is this plus 3 digits"),
                Column("name", "text", "Chinese name", required=True, nullable=False),
                Column("subdistrict_code", "text", "the subdistrict it lies in"),
                _duty_phone("its residents' committee"),
            ),
            required=True,
        ),
        Table(
            "courtyards",
            "open courtyards (开放式楼院), the units that are grouped",
            ("Point", *_AREA),
            (
                _key("courtyard_id", "stable identifier"),
                Column("name", "text", "name, if it has one"),
                Column("address", "text", "road and number"),
                Column("community_code", "text", "its community; located if absent"),
                _count("households", "number of households", required=True, nullable=False),
                Column(
                    "households_source",
                    "text",
                    "where the number comes from",
                    choices=("ledger", "estimated", "synthetic"),
                ),
                _count("n_buildings", "buildings"),
                _count("n_entrances", "stairwell entrances"),
                Column("year_built", "int", "year", low=1850, high=2100),
                Column("renovated_year", "int", "year of renovation, if any", low=1950, high=2100),
                Column(
                    "share_over_60",
                    "float",
                    "share of residents over 60, 0 to 1",
                    low=0,
                    high=1,
                ),
                Column(
                    "property_service",
                    "text",
                    "property service",
                    choices=("none", "trial", "contract"),
                ),
                Column(
                    "committee",
                    "text",
                    "owners' or self-management committee",
                    choices=("none", "owners", "self"),
                ),
                Column("previous_grid", "text", "code of the grid in the layout before"),
                Column("beat_id", "text", "the police beat it lies in; located if absent"),
            ),
            required=True,
        ),
        Table(
            "buildings",
            "building footprints",
            _AREA,
            (
                _key("building_id", "stable identifier"),
                Column("courtyard_id", "text", "the open courtyard it belongs to"),
                Column("compound_id", "text", "the gated compound it belongs to"),
                Column("address", "text", "road and number, by which ledgers are placed"),
                Column("use", "text", "dwelling, commercial, public, other"),
                Column("levels", "int", "storeys", low=0, high=200),
                _count("n_entrances", "stairwell entrances"),
            ),
        ),
        Table(
            "compounds",
            "gated compounds (封闭小区); their land is not shared out",
            _AREA,
            (
                _key("compound_id", "stable identifier"),
                Column("name", "text", "name"),
                Column("community_code", "text", "its community"),
                _count("households", "number of households"),
            ),
        ),
        Table(
            "roads",
            "road centre lines; the walking network, and barriers by kind",
            _LINE,
            (
                _key("road_id", "stable identifier of the segment"),
                Column("name", "text", "road name"),
                Column("kind", "text", "rank", required=True, nullable=False, choices=ROAD_KINDS),
            ),
        ),
        Table(
            "barriers",
            "what a grid may not cross: rail, rivers, walls, coast",
            (*_LINE, *_AREA),
            (
                _key("barrier_id", "stable identifier"),
                Column("name", "text", "name"),
                Column(
                    "kind", "text", "kind", required=True, nullable=False, choices=BARRIER_KINDS
                ),
            ),
        ),
        Table(
            "beats",
            "police beats (警格)",
            _AREA,
            (
                _key("beat_id", "stable identifier"),
                Column("name", "text", "name"),
                Column("station_id", "text", "its police station", required=True, nullable=False),
                Column("room_x", "float", "police room, east, in the layer's CRS"),
                Column("room_y", "float", "police room, north, in the layer's CRS"),
                _duty_phone("its police room"),
            ),
        ),
        Table(
            "stations",
            "police stations (派出所)",
            ("Point", *_AREA),
            (
                _key("station_id", "stable identifier"),
                Column("name", "text", "name", required=True, nullable=False),
                _duty_phone("the station"),
            ),
        ),
        Table(
            "basic_grids",
            "basic grids (基础网格), a seamless coverage nested in the communities",
            _AREA,
            (
                _key("grid_code", "15-digit code"),
                Column("name", "text", "display name"),
                Column("community_code", "text", "its community", required=True, nullable=False),
                _count("households", "households living in it, gated compounds included"),
            ),
        ),
        Table(
            "landscape",
            "sea, parks, hills and water, for the eye only",
            _AREA,
            (
                _key("landscape_id", "stable identifier"),
                Column("name", "text", "name"),
                Column(
                    "kind", "text", "kind", required=True, nullable=False, choices=LANDSCAPE_KINDS
                ),
            ),
        ),
    )
}


@dataclass(frozen=True)
class Fault:
    """Name one thing wrong (or worth a look) in an input: where, why, what to do.

    Parameters
    ----------
    layer : str
        Layer or file name.
    row : int or None
        Row number in the source, counted from 1; None for the layer as a whole.
    ident : str
        The row's identifier, if it has one.
    field : str
        Column, or ``geometry``.
    reason : str
        What is wrong, with the value found.
    remedy : str
        What to do.
    severity : {"error", "note"}
        Errors refuse the row; notes are listed only.
    """

    layer: str
    row: int | None
    ident: str
    field: str
    reason: str
    remedy: str
    severity: Literal["error", "note"] = "error"

    def __str__(self) -> str:
        """Return the fault as one line of the reject report."""
        where = self.layer if self.row is None else f"{self.layer} row {self.row}"
        if self.ident:
            where += f" ({self.ident})"
        return f"{where}, {self.field}: {self.reason} -> {self.remedy}"


@dataclass(frozen=True, repr=False)
class District(Shown):
    """Hold one district: validated layers in one metric CRS.

    Build it with `geogrid.sources.make_district` (or a reader there), which
    validates; constructing it directly is for code that has already done so.

    Parameters
    ----------
    tables : mapping of str to GeoDataFrame
        Every layer of `TABLES`, empty where the source had none. All in
        ``crs``; courtyards carry ``community_code``.
    crs : str
        Metric coordinate system of all layers, for example ``EPSG:4549``.
    name : str
        Display name.
    metadata : mapping of str to str
        Facts kept with the data: ``synthetic`` ("true" or "false"),
        ``source_crs``, ``attribution``, ``licence``, ``seed`` and whatever the
        source adds.
    notes : tuple of Fault
        What the reader noticed and took all the same.
    """

    tables: Mapping[str, gpd.GeoDataFrame]
    crs: str
    name: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Fault, ...] = ()

    def _in_short(self) -> str:
        """Return the name, and how many rows the layers have."""
        filled = {name: len(table) for name, table in self.tables.items() if len(table)}
        sizes = [f"{n:,} {name}" for name, n in filled.items()]
        return ", ".join(filter(None, [self.name, *sizes, self.crs]))

    def __getitem__(self, layer: str) -> gpd.GeoDataFrame:
        """Return a layer by name."""
        try:
            return self.tables[layer]
        except KeyError:
            msg = f"A district has no layer {layer}; it has {', '.join(TABLES)}."
            raise NotFoundError(msg, layer=layer) from None

    @property
    def courtyards(self) -> gpd.GeoDataFrame:
        """Return the courtyards, one row each, sorted by courtyard_id."""
        return self.tables["courtyards"]

    @property
    def communities(self) -> gpd.GeoDataFrame:
        """Return the communities."""
        return self.tables["communities"]

    @property
    def is_synthetic(self) -> bool:
        """Return whether the data is made up and must say so on every output."""
        return self.metadata.get("synthetic", "false") == "true"

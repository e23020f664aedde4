"""The layers that an import needs besides its courtyards: communities, roads, buildings, ..."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from geogrid.district import TABLES, Fault
from geogrid.errors import InputError
from geogrid.sources.intake.imported import SystemTold
from geogrid.sources.intake.systems import POLYGONS, require_system, settled_layer
from geogrid.sources.shapes import metric_system

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from geogrid.district import District
    from geogrid.sources.findings import Finding
    from geogrid.sources.intake.systems import Ask
    from geogrid.sources.osm import OsmLayers
    from geogrid.sources.outlines import MessyLayer
    from geogrid.sources.vector import Source

__all__ = ["COURTYARDS", "Base", "Sources", "read_base"]

COURTYARDS, COMMUNITIES = "courtyards", "communities"
_AS_LONG_AS_A_TELEPHONE = 1e6
# vector files that hold courtyards by themselves, or under that name in a folder
_DRAWN = (".dxf", ".geojson", ".json", ".shp")


@dataclass(frozen=True)
class Sources:
    """Say where the layers lie.

    Parameters
    ----------
    vector : Path, optional
        A GeoPackage, a folder of vector files named by layer, or one file of courtyards.
    communities : Path, optional
        Community polygons; they count before those of the others.
    osm : OsmLayers, optional
        Buildings, roads, water and land; communities by barriers if there are no others.
    before : District, optional
        The district that is brought up to date; it fills in what the others lack.
    """

    vector: Path | None = None
    communities: Path | None = None
    osm: OsmLayers | None = None
    before: District | None = None


@dataclass
class Base:
    """Hold layers as they came, each in a system that is known.

    Parameters
    ----------
    tables : mapping of str to GeoDataFrame
        All layers but the courtyards.
    crs : str
        The metric system of the district.
    systems : dict of str to SystemTold
        By layer.
    metadata : dict of str to str
        Facts of the source, its display name among them as ``name``.
    drawn : MessyLayer, optional
        Courtyards of the vector file, in ``crs`` but not yet mended.
    drawn_file : str
        Their file's name.
    counts : DataFrame, optional
        Numbers of drawn courtyards that the data model does not know, n rows in the order of
        the file: somebody may balance grids by them.
    supposed : set of str
        Layers whose system only their format supposes: GeoJSON means WGS84, and maps of the
        web write GCJ-02 into it all the same.
    findings : list of Finding
        What was mended in the communities.
    notes : list of Fault
        What readers found out.
    """

    tables: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    crs: str = ""
    systems: dict[str, SystemTold] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    drawn: MessyLayer | None = None
    drawn_file: str = ""
    counts: pd.DataFrame | None = None
    supposed: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    @property
    def communities(self) -> gpd.GeoDataFrame:
        """Return the communities, in metres."""
        return self.tables[COMMUNITIES]


def read_base(
    sources: Sources, declared: Mapping[str, str], *, polygons: str, ask: Ask | None
) -> Base:
    """Read every layer but the ledger.

    Parameters
    ----------
    sources : Sources
        Where they lie.
    declared : mapping of str to str
        System by layer; ``""`` for every layer that declares none.
    polygons : str
        What the drawn courtyards are called there: ``courtyards``, or ``polygons`` beside a
        ledger.
    ask : Ask or None
        Whom to ask for a system that nothing tells.

    Returns
    -------
    Base
        With communities, and with roads or barriers.

    Raises
    ------
    InputError
        If a file cannot be read, or those layers are missing.
    CrsError
        If a layer's system cannot be told.
    """
    base = Base()
    _add_vector(base, sources.vector)
    if sources.communities is not None:
        _add_communities(base, sources.communities)
    if sources.osm is not None:
        _add_osm(base, sources.osm)
    if sources.before is not None:
        _add_before(base, sources.before)
    _require(base)
    _settle(base, declared, polygons, ask)
    base.crs = _metric(base, sources.before)
    _mend_communities(base)
    if base.drawn is not None and len(base.drawn.frame):
        base.drawn = replace(base.drawn, frame=base.drawn.frame.to_crs(base.crs))
    return base


def _add_vector(base: Base, path: Path | None) -> None:
    """Add the layers of a GeoPackage or a folder; a lone file holds courtyards."""
    if path is None:
        return
    from geogrid.sources.outlines import read_messy_layer
    from geogrid.sources.vector import open_source

    drawn = _drawn_file(path)
    if drawn != path or path.suffix.lower() == ".gpkg":
        source: Source = open_source(path)
        base.metadata |= source.metadata
        for layer in source:
            if layer != COURTYARDS:
                base.tables[layer] = source[layer]
        base.notes += source.notes
        if COURTYARDS in source:
            base.counts = _further_counts(source)
        drawn = drawn if drawn is not None or COURTYARDS not in source else path
    if drawn is not None:
        base.drawn = read_messy_layer(drawn, COURTYARDS)
        base.drawn_file = drawn.name


def _further_counts(source: Source) -> pd.DataFrame | None:
    """Return the numbers of courtyards that the data model does not know.

    Texts, and numbers as long as a telephone's, may be about persons, and are left out.
    """
    try:
        frame = source[COURTYARDS]
    except InputError:
        # the reader of outlines takes more than this one, and says what is wrong
        return None
    known = {column.name for column in TABLES[COURTYARDS].columns}
    numbers = frame.drop(columns=[c for c in frame.columns if c in known]).select_dtypes("number")
    is_short = numbers.abs().max() < _AS_LONG_AS_A_TELEPHONE
    return numbers.loc[:, is_short.fillna(False)]


def _drawn_file(path: Path) -> Path | None:
    """Return the file of a folder that holds courtyards; a file is its own."""
    if not path.is_dir():
        return path if path.suffix.lower() != ".gpkg" else None
    found = [
        file
        for file in sorted(path.iterdir())
        if file.stem.lower() == COURTYARDS and file.suffix.lower() in _DRAWN
    ]
    if len(found) > 1:
        names = " and ".join(file.name for file in found)
        msg = f"{names} both hold courtyards; keep one of them."
        raise InputError(msg, layer=COURTYARDS)
    return found[0] if found else None


def _add_communities(base: Base, path: Path) -> None:
    """Add the communities of a file of their own; a row that cannot be read refuses them all."""
    from geogrid.sources.outlines import read_messy_layer

    layer = read_messy_layer(path, COMMUNITIES)
    base.findings += layer.findings
    base.tables[COMMUNITIES] = layer.frame
    if layer.crs_from == "format":
        base.supposed.add(COMMUNITIES)


def _add_osm(base: Base, layers: OsmLayers) -> None:
    """Add what OpenStreetMap knows besides courtyards."""
    from geogrid.sources.osm import district_from_osm

    made = district_from_osm(layers, communities=base.tables.get(COMMUNITIES))
    facts = {
        key: value
        for key, value in made.metadata.items()
        if key not in {"source_crs", "household_rule", "dwelling_rule"}
    }
    base.metadata = {**facts, **base.metadata}
    for layer, frame in made.tables.items():
        if layer != COURTYARDS and layer not in base.tables and len(frame):
            base.tables[layer] = frame


def _add_before(base: Base, before: District) -> None:
    """Fill in from the district that is brought up to date."""
    base.metadata = {"name": before.name, **before.metadata, **base.metadata}
    for layer, frame in before.tables.items():
        if layer != COURTYARDS and layer not in base.tables and len(frame):
            base.tables[layer] = frame


def _require(base: Base) -> None:
    """Refuse early what no district can be made of."""
    faults = []
    if not len(base.tables.get(COMMUNITIES, ())):
        reason = "there are no communities to hold the courtyards against"
        remedy = "give their polygons: --communities FILE, or a layer communities with --vector"
        faults.append(Fault(COMMUNITIES, None, "", "layer", reason, remedy))
    elif not {"community_code", "name"} <= set(base.tables[COMMUNITIES].columns):
        found = ", ".join(c for c in base.tables[COMMUNITIES].columns if c != "geometry")
        reason = f"columns community_code and name are needed; found: {found or 'none'}"
        remedy = "add them, or say in fields.csv (short,name) which columns they are"
        faults.append(Fault(COMMUNITIES, None, "", "layer", reason, remedy))
    if not (len(base.tables.get("roads", ())) or len(base.tables.get("barriers", ()))):
        reason = "there are neither roads nor barriers, so no walk and no border can be told"
        remedy = "give a map: --osm FILE, or --buildings and --roads, or --vector with roads"
        faults.append(Fault("roads", None, "", "layer", reason, remedy))
    if faults:
        msg = f"The courtyards cannot be imported alone; the first: {faults[0]}."
        raise InputError(msg, faults=faults)


def _settle(base: Base, declared: Mapping[str, str], polygons: str, ask: Ask | None) -> None:
    """Give every layer the system that it is in; those that are known help with the others."""
    from geogrid.sources.coordinates import Reference, detect_layer_system

    known: dict[str, gpd.GeoDataFrame] = {}

    def settle(frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
        def detect(raw: gpd.GeoDataFrame) -> SystemTold:
            around = Reference(
                known.get(COMMUNITIES),
                known.get("roads"),
                known.get("buildings"),
                _stated(raw) if layer in {COURTYARDS, POLYGONS} else (),
            )
            found = detect_layer_system(raw.geometry, reference=around)
            if layer in base.supposed and (not found.is_sure or found.system == "wgs84"):
                return SystemTold("wgs84", "declared", tuple(found.evidence))
            return require_system(layer, found, ask, can_swap=False)

        told = declared.get(layer, declared.get(""))
        made, base.systems[layer] = settled_layer(
            frame,
            layer,
            declared=told if layer in declared or layer not in base.supposed else None,
            explicit=layer in declared,
            is_stated=layer not in base.supposed,
            detect=detect,
        )
        return made

    # those that say what they are first: communities without a system are told by roads
    order = sorted(base.tables, key=lambda layer: (base.tables[layer].crs is None, layer))
    for layer in sorted(order, key=lambda layer: layer not in {"roads", "buildings", COMMUNITIES}):
        known[layer] = base.tables[layer] = settle(base.tables[layer], layer)
    if base.drawn is not None and len(base.drawn.frame):
        if base.drawn.crs_from == "format":
            base.supposed.add(polygons)
        base.drawn = replace(base.drawn, frame=settle(base.drawn.frame, polygons))


def _stated(frame: gpd.GeoDataFrame) -> list[str | None]:
    """Return the community codes that drawn courtyards state."""
    if "community_code" not in frame.columns:
        return []
    has = frame["community_code"].notna()
    return [
        str(code) if told else None for code, told in zip(frame["community_code"], has, strict=True)
    ]


def _metric(base: Base, before: District | None) -> str:
    """Name the one metric system: as before, that of the drawn courtyards, or by the place."""
    if before is not None:
        return before.crs
    drawn = base.communities if base.drawn is None else base.drawn.frame
    is_blank = not len(drawn) or bool(drawn.geometry.isna().all())
    return metric_system(base.communities if is_blank else drawn, None)


def _mend_communities(base: Base) -> None:
    """Mend the communities by the named rules; what no rule mends refuses them all."""
    from geogrid.sources.outlines import mend_shapes

    frame = base.communities.to_crs(base.crs)
    base.tables[COMMUNITIES], found = mend_shapes(frame, COMMUNITIES, frame)
    base.findings += found
    wrong = [one for one in base.findings if one.verdict == "rejected"]
    if wrong:
        faults = [
            Fault(COMMUNITIES, one.row, one.ident, one.field, one.reason("en"), one.remedy("en"))
            for one in wrong
        ]
        msg = f"The communities cannot be used; the first fault: {faults[0]}."
        raise InputError(msg, faults=faults)

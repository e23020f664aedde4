"""Take in what an office hands over: a ledger, a drawing, a map; every row is accounted for.

Each row of courtyards is taken as it is, mended by a named rule, or rejected with its
cause. Nothing is guessed: what cannot be told is asked of a person, or refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.sources.findings import Tally
from geogrid.sources.geopackage import require_file
from geogrid.sources.intake.asking import read_asking
from geogrid.sources.intake.base_layers import COURTYARDS, Sources, read_base
from geogrid.sources.intake.imported import Import, SystemTold
from geogrid.sources.intake.joining import Join
from geogrid.sources.intake.reload import Update
from geogrid.sources.intake.row_sources import rows_of_features, rows_of_ledger
from geogrid.sources.intake.systems import POLYGONS, declared_systems
from geogrid.sources.ledger import LedgerWords
from geogrid.sources.vector import read_district

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geogrid.sources.intake.systems import Ask
    from geogrid.sources.osm import OsmLayers

__all__ = ["import_district"]


def import_district(
    *,
    courtyards: Path | str | None = None,
    vector: Path | str | None = None,
    communities: Path | str | None = None,
    osm: OsmLayers | Path | str | None = None,
    crs: Mapping[str, str] | str | None = None,
    words: Path | str | None = None,
    update: Update | Path | str | None = None,
    ask: Ask | None = None,
) -> Import:
    """Make a district of a ledger, drawings and a map, and account for every row.

    Parameters
    ----------
    courtyards : Path or str, optional
        The ledger: .xlsx, .xls or .csv, in any usual encoding and layout.
    vector : Path or str, optional
        A GeoPackage, a folder of vector files named by layer, or one file of courtyards
        (Shapefile, DXF, GeoJSON). Without a ledger its courtyards are the rows.
    communities : Path or str, optional
        Community polygons, if they are in a file of their own.
    osm : OsmLayers, Path or str, optional
        OpenStreetMap data of the place: roads, buildings, water.
    crs : mapping of str to str or str, optional
        Coordinate system by layer: of the ledger's coordinates (``courtyards``), of courtyards
        drawn beside a ledger (``polygons``), of any other layer. ``wgs84``, ``gcj02``,
        ``bd09``, ``cgcs2000``, an EPSG code or a PROJ string with parameters. A plain text is
        for the ledger; without a ledger, for every layer that declares none.
    words : Path or str, optional
        A TOML file of the office's own heads, communities and choices.
    update : Update, Path or str, optional
        The district that the ledger brings up to date, by courtyard_id.
    ask : Ask, optional
        Whom to ask what may not be guessed; without one, rows that need an answer are
        rejected, and a system that is not sure is an error.

    Returns
    -------
    Import
        The district (None if no row could be taken), the counts, every finding.

    Raises
    ------
    InputError
        If a file cannot be read, a layer is missing, or one other than the courtyards is
        faulty.
    CrsError
        If a coordinate system cannot be told; ``facts["words"]`` has the evidence in both
        languages.

    Notes
    -----
    A row stands where it is drawn under its courtyard_id, else at its coordinates, else at
    its address; what the others say is held against that (50 m).

    Examples
    --------
    >>> import geogrid
    >>> found = geogrid.import_district(vector="district.gpkg")  # doctest: +SKIP
    >>> found.tally  # doctest: +SKIP
    Tally(read=1418, taken=1418, mended=0, rejected=0)
    """
    with_ledger = courtyards is not None
    declared = declared_systems(crs, bare=COURTYARDS if with_ledger else "")
    plan = update if isinstance(update, Update) or update is None else Update(update)
    before = None if plan is None else read_district(plan.district)
    layers = _osm_layers(osm)
    if not with_ledger and vector is None:
        return _of_osm(layers, communities, declared)
    own = LedgerWords.ours() if words is None else LedgerWords.read(Path(words))
    sources = Sources(_path(vector), _path(communities), layers, before)
    base = read_base(sources, declared, polygons=POLYGONS if with_ledger else COURTYARDS, ask=ask)
    if courtyards is None:
        rows = rows_of_features(base, own)
    else:
        path = Path(courtyards)
        homes = base.communities[["community_code", "name"]]
        ledger = read_asking(_bytes(path), name=path.name, communities=homes, words=own, ask=ask)
        rows = rows_of_ledger(ledger, base)
    return Join(base, rows, declared, plan=plan, before=before).imported(ask)


def _path(path: Path | str | None) -> Path | None:
    return None if path is None else Path(path)


def _bytes(path: Path) -> bytes:
    """Read a file whole; what reads it knows how much is too much."""
    require_file(path)
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}; check the path."
        raise InputError(msg, path=str(path)) from error


def _osm_layers(osm: OsmLayers | Path | str | None) -> OsmLayers | None:
    """Read OpenStreetMap data from a file, by its ending."""
    if not isinstance(osm, (Path, str)):
        return osm
    from geogrid.sources.osm import read_osm_file, read_osm_geopackage

    is_packed = Path(osm).suffix.lower() == ".gpkg"
    return read_osm_geopackage(osm) if is_packed else read_osm_file(osm)


def _of_osm(
    layers: OsmLayers | None, communities: Path | str | None, declared: Mapping[str, str]
) -> Import:
    """Make courtyards of OpenStreetMap's own buildings: all of them are taken."""
    from geogrid.sources.osm import district_from_osm
    from geogrid.sources.vector import read_layer

    if layers is None:
        msg = "Give a ledger (courtyards), vector files or OpenStreetMap data."
        raise InputError(msg)
    areas: gpd.GeoDataFrame | None = None
    if communities is not None:
        told = declared.get("communities", declared.get(""))
        areas = read_layer(communities, "communities", declared=told)
    district = district_from_osm(layers, communities=areas)
    n = len(district.courtyards)
    systems = {"osm": SystemTold("EPSG:4326", "declared")}
    return Import(district, Tally(n, n, 0, 0), (), (), systems)

"""Which coordinate system each layer is in: declared, or detected and confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from geogrid.crs import POINT_SYSTEMS, WGS84, point_system, refuse_old, to_wgs84
from geogrid.district import TABLES
from geogrid.errors import CrsError
from geogrid.locale import LANGUAGES, phrases
from geogrid.sources.intake.imported import SystemTold
from geogrid.sources.shapes import crs_name, judge_crs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd

    from geogrid.sources.coordinates import Detection

__all__ = ["POLYGONS", "Ask", "declared_systems", "house_name", "require_system", "settled_layer"]

# courtyards that are drawn beside a ledger
POLYGONS = "polygons"
_OFFSET = ("gcj02", "bd09")


class Ask(Protocol):
    """Ask a person what an import may not guess; each answer may be None: I do not know."""

    def system(self, layer: str, detection: Detection) -> str | None:
        """Ask which system a layer is in, showing what speaks for which."""

    def community(
        self, written: str, n_rows: int, choices: Sequence[tuple[str, str]]
    ) -> str | None:
        """Ask which community (code, name) is meant by a name that none has."""

    def column(self, field: str, heads: Sequence[str]) -> str | None:
        """Ask under which head a needed field stands."""


def declared_systems(crs: Mapping[str, str] | str | None, *, bare: str) -> dict[str, str]:
    """Read what the caller declares: one system for all, or one a layer.

    Parameters
    ----------
    crs : mapping of str to str, str or None
        Layer to system; the key ``""`` and a plain text mean ``bare``.
    bare : str
        Which layer an undirected system is for; ``""`` for every layer that declares none.

    Returns
    -------
    dict of str to str
        Layer to system, as it was said.

    Raises
    ------
    CrsError
        If a layer or a system is not known, or the system an old one without parameters.
    """
    given = {"": crs} if isinstance(crs, str) else dict(crs or {})
    told = {layer or bare: system for layer, system in given.items()}
    known = {*TABLES, "", *([POLYGONS] if bare else [])}
    for layer in told:
        if layer not in known:
            names = ", ".join(sorted(known - {""}))
            msg = f"{layer!r} is not a layer whose system can be declared; say one of {names}."
            raise CrsError(msg, layer=layer)
    for layer, system in told.items():
        if house_name(system) is None:
            _parsed(system, layer or bare)
    return told


def require_system(
    layer: str, detection: Detection, ask: Ask | None, *, can_swap: bool
) -> SystemTold:
    """Settle a system that nobody declared: by the person, else by evidence that is sure.

    Parameters
    ----------
    layer : str
        Whose it is.
    detection : Detection
        What the numbers say.
    ask : Ask or None
        Whom to ask; None in scripts.
    can_swap : bool
        Whether numbers in the wrong order are put right row by row later.

    Returns
    -------
    SystemTold
        With how it is known.

    Raises
    ------
    CrsError
        If it is not sure and nobody knows; with the evidence in both languages in ``words``.
    """
    if detection.is_swapped and not can_swap:
        raise _refused("system_swapped", layer, detection)
    if ask is not None:
        answer = ask.system(layer, detection)
        if answer is not None:
            return SystemTold(answer, "confirmed", tuple(detection.evidence))
    elif detection.is_sure and detection.system is not None:
        return SystemTold(detection.system, "detected", tuple(detection.evidence))
    raise _refused("system_unsure", layer, detection)


def settled_layer(
    frame: gpd.GeoDataFrame,
    layer: str,
    *,
    declared: str | None,
    explicit: bool,
    is_stated: bool = True,
    detect: Callable[[gpd.GeoDataFrame], SystemTold],
) -> tuple[gpd.GeoDataFrame, SystemTold]:
    """Give a layer the system that it is truly in.

    Parameters
    ----------
    frame : GeoDataFrame
        One raw layer; its file may declare a system or not.
    layer : str
        Its name.
    declared : str or None
        What the caller says.
    explicit : bool
        Whether the caller said so of this very layer: then it counts more than the file,
        since files in GCJ-02 or BD-09 have to call themselves WGS84.
    is_stated : bool
        Whether the file states its system, or only its format supposes one.
    detect : callable
        Settles a system that nobody declares.

    Returns
    -------
    frame : GeoDataFrame
        The same rows with a system that libraries know; GCJ-02 and BD-09 brought into WGS84.
    told : SystemTold
        The system, and how it is known.

    Raises
    ------
    CrsError
        If the system cannot be told, or the numbers cannot be in it.
    """
    stated = frame.crs if is_stated else None
    if declared is not None and (explicit or stated is None):
        told = SystemTold(house_name(declared) or declared, "declared")
    elif stated is not None:
        told = SystemTold(crs_name(stated), "declared")
    else:
        told = detect(frame)
    name = house_name(told.system)
    if name in _OFFSET:
        made = _transformed(frame, name)
    elif stated is not None and crs_name(stated) == told.system:
        made = frame
    else:
        system = POINT_SYSTEMS[name][0] if name in ("wgs84", "cgcs2000") else told.system
        made = frame.set_crs(_parsed(system, layer), allow_override=True)
    faults = judge_crs(made, layer)
    if faults:
        msg = f"{layer}: {faults[0].reason}; {faults[0].remedy}."
        raise CrsError(msg, faults=faults)
    return made, told


def _transformed(frame: gpd.GeoDataFrame, system: str) -> gpd.GeoDataFrame:
    """Bring every vertex out of an offset system into WGS84."""
    import numpy as np
    import shapely

    def moved(points: Any) -> Any:  # noqa: ANN401 - arrays (m, 2)
        return np.column_stack(to_wgs84(points[:, 0], points[:, 1], system))

    flat = shapely.force_2d(frame.geometry.to_numpy())
    return frame.set_geometry(shapely.transform(flat, moved)).set_crs(WGS84, allow_override=True)


def house_name(system: str) -> str | None:
    """Return the house's name of a system for points, if it has one."""
    try:
        return point_system(system)
    except CrsError:
        return None


def _parsed(system: str, layer: str) -> Any:  # noqa: ANN401 - a pyproj.CRS
    """Parse a system; refuse what is none, and old ones without parameters."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    refuse_old(system, what=layer or "--crs")
    try:
        return CRS.from_user_input(system)
    except CRSError as error:
        known = ", ".join(POINT_SYSTEMS)
        msg = f"{system[:60]!r} is not a known system; say one of {known}, or an EPSG code."
        raise CrsError(msg, crs=system) from error


def _refused(key: str, layer: str, detection: Detection) -> CrsError:
    """Say why a system is not settled, with the evidence, in both languages."""
    words = {}
    for language in LANGUAGES:
        said = "".join(f"\n  - {one.words(language)}" for one in detection.evidence)
        form = phrases(language, "intake")[key]
        words[language] = form.format(
            layer=layer, evidence=said, system=detection.system or "gcj02"
        )
    return CrsError(words["en"], words=words, layer=layer)

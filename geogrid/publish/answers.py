"""What `Locator` found, written down: one answer as JSON, many in columns or as CSV.

Codes, names, roles: never a person, never a telephone number.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from geogrid.locale import LANGUAGES, phrases
from geogrid.publish.locate import BY, LAYERS, NOWHERE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from geogrid.publish.address import Match
    from geogrid.publish.locate import Locator, Place, Places

    Rows = NDArray[np.intp]

__all__ = ["CSV_COLUMNS", "address_answer", "answer", "columns_csv", "columns_json"]

# what a member is called in one answer, by collection
_MEMBERS = {
    "courtyards": "courtyard",
    "gov_grids": "gov_grid",
    "basic_grids": "basic_grid",
    "communities": "community",
    "subdistricts": "subdistrict",
    "beats": "beat",
    "compounds": "compound",
}
# roles, the collection that each is for, and the next best one
_DUTIES = (
    ("beat_lead", "beats", None),
    ("grid_lead", "gov_grids", "basic_grids"),
    ("grid_worker", "basic_grids", None),
)
CSV_COLUMNS = (
    *("id", "found", "approximate", "distance_m", "by", "courtyard", "gov_grid", "basic_grid"),
    *("community", "subdistrict", "beat", "station", "lead_beat", "compound"),
)
_YARDS, _GRIDS, _BASICS, _BEATS = (
    LAYERS.index(name) for name in ("courtyards", "gov_grids", "basic_grids", "beats")
)


def answer(
    locator: Locator, place: Place, *, hidden: Collection[str] = (), base: str = ""
) -> dict[str, Any]:
    """Write down who is responsible at one point.

    Parameters
    ----------
    locator : Locator
        That found it.
    place : Place
        What it found.
    hidden : collection of str
        Collections that this reader may not see; nothing of them is told.
    base : str
        Put before permanent links.

    Returns
    -------
    dict
        ``found``, ``approximate``, ``lon``, ``lat``; by name (``courtyard``, ``gov_grid`` ...)
        code and name, or null where there is none; ``duties``: roles with the code they are
        for.
    """
    rows = dict(zip(LAYERS, place.rows, strict=True))
    told: dict[str, Any] = {
        "found": any(row != NOWHERE for name, row in rows.items() if name not in hidden),
        "approximate": place.is_approximate and "courtyards" not in hidden,
        "lon": round(place.lon, 7),
        "lat": round(place.lat, 7),
    }
    for kind, name in enumerate(LAYERS):
        if name not in hidden:
            told[_MEMBERS[name]] = _feature(locator, kind, rows[name])
    if told.get("courtyard"):
        told["courtyard"]["distance_m"] = place.distance_m
    if told.get("gov_grid"):
        told["gov_grid"]["by"] = BY[place.by]
        told["gov_grid"]["href"] = f"{base}/g/gov_grids/{quote(told['gov_grid']['code'], safe='')}"
    if "beats" not in hidden:
        told["station"] = _station(locator, rows["beats"])
    told["duties"] = list(_duties(locator, rows, hidden))
    return told


def address_answer(
    locator: Locator,
    asked: str,
    match: Match,
    *,
    hidden: Collection[str] = (),
    base: str = "",
) -> dict[str, Any]:
    """Write down which courtyard an address means, or what it may mean.

    Parameters
    ----------
    locator : Locator
        Whose address book was searched.
    asked : str
        The address as it was asked.
    match : Match
        What was found.
    hidden : collection of str
        Collections that this reader may not see.
    base : str
        Put before permanent links.

    Returns
    -------
    dict
        The answer of `answer` where exactly one courtyard is meant; else ``found`` is false and
        ``matches`` lists at most five. ``address`` tells how it was matched, and
        ``approximate`` that it is not the number asked for.
    """
    how: dict[str, Any] = {"asked": asked, "by": match.by, "n_matches": match.n}
    if match.n == 1 and match.by != "candidates":
        told = answer(locator, locator.at_courtyard(match.rows[0]), hidden=hidden, base=base)
        told["approximate"] = match.by == "nearest"
        how["apart"] = match.apart
        return told | {"address": how}
    matches = []
    for row in match.rows:
        one = answer(locator, locator.at_courtyard(row), hidden=hidden, base=base)
        matches.append({name: one[name] for name in ("courtyard", "gov_grid") if name in one})
    return {"found": False, "approximate": False, "address": how, "matches": matches}


def columns_json(
    locator: Locator,
    places: Places,
    *,
    ids: Sequence[str] | None = None,
    hidden: Collection[str] = (),
    more: Mapping[str, Any] | None = None,
) -> bytes:
    """Write many answers in columns: rows of small dictionaries, each code written once.

    Parameters
    ----------
    locator : Locator
        That found them.
    places : Places
        What it found, n points.
    ids : sequence of str, optional
        The asker's own identifiers, n.
    hidden : collection of str
        Collections that this reader may not see.
    more : mapping, optional
        Further members.

    Returns
    -------
    bytes
        JSON. ``columns`` holds n values by name: for collections a position in the list of the
        same name under ``features`` (``code`` and ``name``), null where there is none.
    """
    columns: dict[str, bytes] = {}
    features: dict[str, Any] = {}
    for name, code, title, rows in _told(locator, places, hidden):
        used, position = np.unique(rows, return_inverse=True)
        missing = int(used.size > 0 and used[0] == NOWHERE)
        used = used[missing:]
        columns[name] = _numbers(position - missing, len(used))
        features[name] = {
            "code": [code[row] for row in used.tolist()],
            "name": [title[row] for row in used.tolist()],
        }
    if "courtyards" not in hidden:
        metres = np.nan_to_num(places.distance_m, nan=NOWHERE).astype(np.intp)
        columns["distance_m"] = _numbers(metres, int(metres.max(initial=0)) + 1)
    if "gov_grids" not in hidden:
        by = np.where(places.by == BY.index(None), NOWHERE, places.by).astype(np.intp)
        columns["by"] = _numbers(by, len(BY))
        features["by"] = [word for word in BY if word is not None]
    head = _counts(places, hidden) | dict(more or {})
    if ids is not None:
        head["ids"] = list(ids)
    body = b",".join(b'"%b":[%b]' % (name.encode(), told) for name, told in columns.items())
    return b'%b,"features":%b,"columns":{%b}}' % (_json(head)[:-1], _json(features), body)


def columns_csv(
    locator: Locator,
    places: Places,
    *,
    ids: Sequence[str] | None = None,
    hidden: Collection[str] = (),
) -> bytes:
    """Write many answers as CSV, one line a point, in the order they were asked.

    Parameters
    ----------
    locator : Locator
        That found them.
    places : Places
        What it found, n points.
    ids : sequence of str, optional
        The asker's own identifiers; else the points are numbered from 1.
    hidden : collection of str
        Collections that this reader may not see; their columns are left out.

    Returns
    -------
    bytes
        UTF-8, lines end with CR LF, the first names the columns (`CSV_COLUMNS`).
    """
    n = places.rows.shape[1]
    shown = np.array([name not in hidden for name in LAYERS])
    found = (places.rows[shown] != NOWHERE).any(axis=0)
    cells: dict[str, list[str]] = {
        "id": [str(i) for i in range(1, n + 1)] if ids is None else _cells(ids),
        "found": ["1" if one else "0" for one in found.tolist()],
    }
    if "courtyards" not in hidden:
        metres = np.nan_to_num(places.distance_m, nan=NOWHERE).astype(np.intp).tolist()
        cells["approximate"] = ["1" if apart > 0 else "0" for apart in metres]
        cells["distance_m"] = ["" if apart == NOWHERE else str(apart) for apart in metres]
    if "gov_grids" not in hidden:
        words = [word or "" for word in BY]
        cells["by"] = [words[by] for by in places.by.tolist()]
    for name, code, _, rows in _told(locator, places, hidden):
        written = [*_cells(code), ""]
        cells[name] = [written[row] for row in rows.tolist()]
    names = [name for name in CSV_COLUMNS if name in cells]
    lines = map(",".join, zip(*(cells[name] for name in names), strict=True))
    return ("\r\n".join([",".join(names), *lines]) + "\r\n").encode()


def _told(
    locator: Locator, places: Places, hidden: Collection[str]
) -> Iterator[tuple[str, Sequence[str], Sequence[Any], Rows]]:
    """Yield what a column is called, the codes and names there are, and each point's row."""
    for kind, name in enumerate(LAYERS):
        if name in hidden:
            continue
        layer, rows = locator.layers[kind], places.rows[kind]
        titles = [values.get("name") for values in layer.properties]
        yield _MEMBERS[name], layer.ids, titles, rows
    if "beats" in hidden:
        return
    beats = locator.layers[_BEATS]
    stations: dict[str, int] = {}
    titles = []
    of = np.full(len(beats.ids) + 1, NOWHERE, dtype=np.intp)
    for row, values in enumerate(beats.properties):
        code = values.get("station_id")
        if code is None:
            continue
        if code not in stations:
            stations[code] = len(stations)
            titles.append(values.get("station_name"))
        of[row] = stations[code]
    yield "station", tuple(stations), titles, of[places.rows[_BEATS]]
    lead = np.full(places.rows.shape[1], NOWHERE, dtype=np.intp)
    for kind in (_BASICS, _GRIDS):
        if LAYERS[kind] not in hidden:
            own = locator.layers[kind].lead_beat[places.rows[kind]]
            lead = np.where(own == NOWHERE, lead, own)
    titles = [values.get("name") for values in beats.properties]
    yield "lead_beat", beats.ids, titles, lead


def _feature(locator: Locator, kind: int, row: int) -> dict[str, Any] | None:
    """Return code and name of one feature."""
    if row == NOWHERE:
        return None
    layer = locator.layers[kind]
    values = layer.properties[row]
    told = {"code": layer.ids[row], "name": values.get("name")}
    if kind == _YARDS:
        told["address"] = values.get("address")
    return told


def _station(locator: Locator, row: int) -> dict[str, Any] | None:
    """Return code and name of a beat's police station."""
    if row == NOWHERE:
        return None
    values = locator.layers[_BEATS].properties[row]
    if values.get("station_id") is None:
        return None
    return {"code": values["station_id"], "name": values.get("station_name")}


def _duties(
    locator: Locator, rows: Mapping[str, int], hidden: Collection[str]
) -> Iterator[dict[str, Any]]:
    """Yield the roles that are responsible, each with what it is responsible for."""
    for role, layer, instead in _DUTIES:
        name, row = layer, rows[layer]
        if role == "beat_lead":
            row = _lead(locator, rows, hidden)
        elif row == NOWHERE and instead is not None:
            name, row = instead, rows[instead]
        if row == NOWHERE or name in hidden:
            continue
        words = {language: phrases(language, "duties")[role] for language in LANGUAGES}
        told = _feature(locator, LAYERS.index(name), row) or {}
        yield {"role": role, "title": words, "of": name} | told


def _lead(locator: Locator, rows: Mapping[str, int], hidden: Collection[str]) -> int:
    """Return the row of the beat that leads: of the grid, else the one around the point."""
    for kind in (_GRIDS, _BASICS):
        if LAYERS[kind] not in hidden:
            lead = int(locator.layers[kind].lead_beat[rows[LAYERS[kind]]])
            if lead != NOWHERE:
                return lead
    return rows["beats"]


def _counts(places: Places, hidden: Collection[str]) -> dict[str, Any]:
    """Return how many points there are, were found, and were found nearby only."""
    shown = np.array([name not in hidden for name in LAYERS])
    found = (places.rows[shown] != NOWHERE).any(axis=0)
    counts = {"count": int(places.rows.shape[1]), "n_found": int(found.sum())}
    if "courtyards" not in hidden:
        counts["n_approximate"] = int((places.distance_m > 0).sum())
    return counts


def _numbers(values: Rows, n: int) -> bytes:
    """Write whole numbers below n, with commas between; -1 as null."""
    words = [*map(str, range(n)), "null"]
    return ",".join([words[value] for value in values.tolist()]).encode()


def _cells(texts: Sequence[str]) -> list[str]:
    """Write texts as cells of CSV, quoted where they must be."""
    if not any(sign in text for text in texts for sign in ',"\r\n'):
        return list(texts)
    written = []
    for text in texts:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([text])
        written.append(line.getvalue())
    return written


def _json(value: object) -> bytes:
    """Write a JSON value, compact, as UTF-8."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()

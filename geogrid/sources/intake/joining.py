"""Join rows of courtyards with their places and the other layers to one district."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from geogrid.errors import InputError
from geogrid.locale import LANGUAGES
from geogrid.sources.coordinates import Reference, detect_system, weigh_heads
from geogrid.sources.findings import Finding
from geogrid.sources.intake.base_layers import COURTYARDS
from geogrid.sources.intake.claims import same_place_findings
from geogrid.sources.intake.identity import Standing
from geogrid.sources.intake.imported import Import, SystemTold, Verdicts
from geogrid.sources.intake.placing import Ground, place_rows
from geogrid.sources.intake.reload import changes_between, places_kept, upserted, values_kept
from geogrid.sources.intake.systems import POLYGONS, house_name, require_system
from geogrid.sources.names import system_name
from geogrid.sources.validation import make_district

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from geogrid.district import District, Fault
    from geogrid.sources.findings import RowKey
    from geogrid.sources.intake.base_layers import Base
    from geogrid.sources.intake.gazetteer import Spot
    from geogrid.sources.intake.identity import Doubt
    from geogrid.sources.intake.imported import Changes
    from geogrid.sources.intake.reload import Update
    from geogrid.sources.intake.row_sources import Rows
    from geogrid.sources.intake.systems import Ask

__all__ = ["Join"]

KEY = "courtyard_id"
# a fault in one of these leaves nothing to place a row by, or nobody to be told of it
_OF_PLACE = {KEY, "community_code", "address", "x", "y", "xy", "geometry", "row"}

_COPIES = {"duplicate_row", "same_address"}


@dataclass(frozen=True)
class _Taken:
    """Hold the rows that are placed: positions, shapes and communities."""

    rows: list[int]
    shapes: NDArray[np.object_]
    codes: list[str | None]

    def without(self, gone: Collection[int]) -> _Taken:
        """Return them without some, by their place here."""
        kept = [n for n in range(len(self.rows)) if n not in gone]
        rows, codes = [self.rows[n] for n in kept], [self.codes[n] for n in kept]
        return _Taken(rows, self.shapes[kept], codes)


class Join:
    """Join rows with places and layers.

    Parameters
    ----------
    base : Base
        Everything but the rows.
    rows : Rows
        What the ledger, or the drawn courtyards, say.
    declared : mapping of str to str
        System by layer, as the caller said.
    plan : Update or None
        Which district is brought up to date.
    before : District or None
        The same, read.
    """

    def __init__(
        self,
        base: Base,
        rows: Rows,
        declared: Mapping[str, str],
        *,
        plan: Update | None,
        before: District | None,
    ) -> None:
        self._base, self._rows, self._declared = base, rows, declared
        self._plan, self._before = plan, before
        self._findings: list[Finding] = [*base.findings, *rows.findings]
        self._missing: Literal["keep", "drop"] = "keep"
        self._standing: Standing | None = None
        self._doubted: dict[str, Doubt] = {}

    def imported(self, ask: Ask | None) -> Import:
        """Place the rows and make the district.

        Parameters
        ----------
        ask : Ask or None
            Whom to ask which system coordinates are in.

        Returns
        -------
        Import
            With every row's verdict.

        Raises
        ------
        CrsError
            If the coordinates' system cannot be told.
        InputError
            If a layer other than the courtyards is faulty.
        """
        told = self._system(ask)
        systems = dict(self._base.systems)
        if told is not None:
            systems[COURTYARDS] = told
        if self._before is not None:
            self._hold_against(self._before)
        taken = self._placed(None if told is None else told.system)
        district, changes = self._district(taken, systems)
        verdicts = Verdicts(self._rows.keys())
        for one in self._findings:
            if one.key is not None:
                verdicts.add(one.key, one.verdict)
        ledgers = (self._rows.ledger,)
        findings = tuple(self._findings)
        return Import(district, verdicts.tally(), findings, ledgers, systems, changes)

    def _system(self, ask: Ask | None) -> SystemTold | None:
        """Tell which system the ledger's coordinates are in; None if it has none."""
        import numpy as np

        rows = [row for row in self._rows.ledger.rows if row.x is not None and row.y is not None]
        if not rows or not self._rows.has_points:
            return None
        declared = self._declared.get(COURTYARDS)
        tables = self._base.tables
        buildings = tables.get("buildings")
        if buildings is None and self._rows.drawn:
            buildings = _frame_of(list(self._rows.drawn.values()), self._base.crs)
        codes = (row.values.get("community_code") for row in rows)
        stated = [None if code is None else str(code) for code in codes]
        around = Reference(self._base.communities, tables.get("roads"), buildings, stated)
        x = np.array([row.x for row in rows], dtype=np.float64)
        y = np.array([row.y for row in rows], dtype=np.float64)
        found = weigh_heads(detect_system(x, y, reference=around), self._heads_of_points())
        if declared is None:
            return require_system(COURTYARDS, found, ask, can_swap=True)
        told = SystemTold(house_name(declared) or declared, "declared", found.evidence)
        one_class = "wgs84" if told.system == "cgcs2000" else told.system
        if found.is_sure and found.system not in {None, one_class}:
            said = {
                f"{name}_{language}": system_name(system, language)
                for name, system in (("system", told.system), ("other", str(found.system)))
                for language in LANGUAGES
            }
            file = self._rows.ledger.file
            self._findings.append(Finding("system_doubted", "note", file, told=said))
        return told

    def _heads_of_points(self) -> list[str]:
        """Return what stands above the coordinates, as written, of every table."""
        return [
            table.heads.get(column, "")
            for table in self._rows.ledger.tables
            for column, field in table.columns.items()
            if field in {"x", "y", "xy"}
        ]

    def _placed(self, system: str | None) -> _Taken:
        """Place the rows, and keep those that nothing speaks against."""
        out: dict[RowKey, set[str]] = {}
        for one in self._findings:
            if one.verdict == "rejected" and one.key is not None:
                out.setdefault(one.key, set()).add(one.field)
        keys = list(self._rows.keys())
        # a row that is rejected for its counts is told of its place as well, so that it is
        # corrected once; not where its place itself cannot be read
        asked = [ix for ix, key in enumerate(keys) if not out.get(key, set()) & _OF_PLACE]
        places = {}
        if self._before is not None:
            frame = self._before.courtyards
            places = dict(zip(frame[KEY], frame.geometry, strict=True))
        claims = [self._rows.claim(ix, places) for ix in asked]
        ground = Ground(self._base.communities, self._base.crs, self._gazetteer)
        placed = place_rows(claims, ground, system)
        self._findings += [
            one for one in placed.findings if one.verdict == "rejected" or one.key not in out
        ]
        kept = [
            n for n, ix in enumerate(asked) if placed.shapes[n] is not None and keys[ix] not in out
        ]
        shapes = placed.shapes[kept]
        self._findings += same_place_findings([claims[n] for n in kept], shapes)
        if self._before is not None:
            self._findings += places_kept(self._before.courtyards, [claims[n] for n in kept])
        return _Taken([asked[n] for n in kept], shapes, [placed.codes[n] for n in kept])

    def _gazetteer(self, known: Sequence[tuple[str, Any]]) -> Callable[[str], Spot]:
        """Return what finds addresses: those of buildings, and of courtyards that are placed."""
        from geogrid.sources.intake.gazetteer import Gazetteer

        tables, crs = self._base.tables, self._base.crs
        addressed = [_frame_of([shape for _, shape in known], crs, [text for text, _ in known])]
        if "buildings" in tables and "address" in tables["buildings"].columns:
            addressed.append(tables["buildings"].to_crs(crs))
        if self._before is not None:
            addressed.append(self._before.courtyards)
        roads = tables.get("roads")
        in_metres = None if roads is None else roads.to_crs(crs)
        return Gazetteer(addressed, in_metres, places=self._places()).find

    def _places(self) -> list[str]:
        """Return the names that may stand before a road."""
        places = [str(name) for name in self._base.communities["name"]]
        tables = self._base.tables
        if "subdistricts" in tables and "name" in tables["subdistricts"].columns:
            places += [str(name) for name in tables["subdistricts"]["name"]]
        return places

    def _district(
        self, taken: _Taken, systems: Mapping[str, SystemTold]
    ) -> tuple[District | None, Changes | None]:
        """Make the district; rows that the data model refuses after all are left out."""
        before, plan = self._before, self._plan
        seen = self._seen() if before is not None else set()
        if before is not None and self._missing == "drop":
            # rows whose place was refused may be of courtyards that no row tells
            gone = self._hold_against(before)
            taken = taken.without({n for n, ix in enumerate(taken.rows) if ix in gone})
        missing = self._missing
        while taken.rows:
            told = self._frame(taken)
            frame = told
            if before is not None:
                frame = upserted(before.courtyards, told, seen=seen, missing=missing)
            try:
                district = self._made(frame, systems)
            except InputError as error:
                wrong = _rows_at_fault(error, list(told[KEY]))
                if not wrong:
                    raise
                self._findings += [self._refused(taken.rows[n], wrong[n]) for n in sorted(wrong)]
                taken = taken.without(wrong)
                continue
            doubts = self._doubts_of_places(told, district)
            wrong_places = {n for n, one in doubts.items() if one.verdict == "rejected"}
            if wrong_places:
                self._findings += [doubts[n] for n in sorted(wrong_places)]
                taken = taken.without(wrong_places)
                continue
            self._findings += doubts.values()
            self._note_snapped(told, district)
            if before is None or plan is None:
                return district, None
            self._findings += values_kept(before.courtyards, self._rows, taken.rows)
            return changes_between(
                before, district, told=list(told[KEY]), seen=seen, missing=missing
            )
        return None, None

    def _doubts_of_places(self, told: gpd.GeoDataFrame, district: District) -> dict[int, Finding]:
        """Reject rows that stand where another courtyard does, or far from where theirs did."""
        if self._standing is None:
            return {}
        at = {ident: n for n, ident in enumerate(told[KEY])}
        frame, keeps = district.courtyards, self._missing == "keep"
        now = frame[frame[KEY].isin(at)]
        found = self._standing.placed(told, now, self._doubted, keeps=keeps)
        ix_of = {self._rows.ident(ix): ix for ix in range(len(self._rows.ledger.rows))}
        return {
            at[ident]: self._rows.claim(ix_of[ident], {}).finding(
                doubt.kind, "rejected" if doubt.is_sure else "note", KEY, ident, **doubt.told
            )
            for ident, doubt in found.items()
        }

    def _fate_of_missing(self, n_astray: int) -> Literal["keep", "drop"]:
        """Say what becomes of courtyards that no row tells: a row that names none may be theirs."""
        if self._plan is None or self._plan.missing == "keep":
            return "keep"
        # an identifier made of what a row says may be another's once its words are put right
        is_made = not self._rows.ledger.has_ids
        rejected = [one for one in self._findings if one.verdict == "rejected"]
        gone = {one.key for one in rejected if is_made or not one.ident}
        if not gone and not n_astray:
            return "drop"
        file = self._rows.ledger.file
        told = {"n": f"{len(gone) + n_astray:,}"}
        self._findings.append(Finding("drop_withheld", "note", file, told=told))
        return "keep"

    def _frame(self, taken: _Taken) -> gpd.GeoDataFrame:
        """Make courtyards of rows: columns of the data model, and those that it does not know."""
        import geopandas as gpd
        import pandas as pd

        records = [
            {**self._rows.told(ix), "community_code": code}
            for ix, code in zip(taken.rows, taken.codes, strict=True)
        ]
        table = pd.DataFrame.from_records(records)
        return gpd.GeoDataFrame(table, geometry=taken.shapes, crs=self._base.crs)

    def _made(self, frame: gpd.GeoDataFrame, systems: Mapping[str, SystemTold]) -> District:
        """Make a district of courtyards and the other layers."""
        facts = {key: text for key, text in self._base.metadata.items() if key != "name"}
        source = systems.get(COURTYARDS, systems.get(POLYGONS))
        facts["source_crs"] = self._base.crs if source is None else source.system
        facts |= {f"source_crs.{layer}": str(told) for layer, told in systems.items()}
        tables = dict(self._base.tables)
        if "buildings" in tables and KEY in tables["buildings"].columns:
            # the courtyards that buildings name may have been left out, or be others
            own = tables["buildings"][KEY]
            tables["buildings"] = tables["buildings"].assign(
                **{KEY: own.where(own.isin(set(frame[KEY])), None)}
            )
        name = self._base.metadata.get("name", "")
        tables[COURTYARDS] = frame
        district = make_district(tables, name=name, crs=self._base.crs, metadata=facts)
        rows = self._rows.ledger.rows
        row_of = {self._rows.ident(ix): row.row for ix, row in enumerate(rows)}
        # notes of courtyards number the rows of the join; findings tell most of them by the source
        notes = [note for note in district.notes if note.layer != COURTYARDS]
        notes += [
            replace(note, row=row_of[note.ident])
            for note in district.notes
            if note.layer == COURTYARDS and note.field == "community_code" and note.ident in row_of
        ]
        return replace(district, notes=(*self._base.notes, *notes))

    def _note_snapped(self, told: gpd.GeoDataFrame, district: District) -> None:
        """Say how many points the data model moved onto their buildings."""
        import numpy as np
        import shapely

        home = dict(zip(district.courtyards[KEY], district.courtyards.geometry, strict=True))
        was = np.asarray(told.geometry, dtype=object)
        now = np.array([home[ident] for ident in told[KEY]], dtype=object)
        is_point = shapely.get_type_id(was) == shapely.GeometryType.POINT
        moved_m = np.where(is_point, shapely.distance(was, now), 0.0)
        count = int((moved_m > 0).sum())
        self._widen({key: m for key, m in zip(told[KEY], moved_m, strict=True) if m > 0})
        if count:
            file = self._rows.ledger.file
            said = {"count": f"{count:,}"}
            self._findings.append(Finding("snapped", "note", file, field="geometry", told=said))

    def _widen(self, moved_m: Mapping[str, float]) -> None:
        """Count what a point was moved to how exactly its address places it."""
        for n, one in enumerate(self._findings):
            if one.kind == "located_by_address" and one.ident in moved_m:
                whole = math.ceil(float(one.told["accuracy"]) + moved_m[one.ident])
                told = {**one.told, "accuracy": str(whole)}
                self._findings[n] = replace(one, told=told)

    def _hold_against(self, before: District) -> set[int]:
        """Reject rows of courtyards that stand under another identifier; return which."""
        rows = self._rows.ledger.rows
        told = [{**row.values, KEY: self._rows.ident(ix)} for ix, row in enumerate(rows)]
        claims = [self._rows.claim(ix, {}) for ix in range(len(rows))]
        has_place = [claim.x is not None or claim.drawn is not None for claim in claims]
        frame = before.courtyards
        standing = self._standing = Standing(frame, self._places(), seen=self._seen())
        found, self._doubted = standing.doubts(told, has_place, keeps=False)
        # which courtyards are missing cannot be told once identifiers have moved
        self._missing = self._fate_of_missing(sum(one.is_astray for one in found.values()))
        if self._missing == "keep":
            found, self._doubted = standing.doubts(told, has_place, keeps=True)
        # a copy of another row is to be deleted, whatever its identifier
        copies = {one.key for one in self._findings if one.kind in _COPIES}
        found = {ix: doubt for ix, doubt in found.items() if claims[ix].key not in copies}
        said = {(one.key, one.kind) for one in self._findings}
        self._findings += [
            claims[ix].finding(doubt.kind, "rejected", KEY, claims[ix].ident, **doubt.told)
            for ix, doubt in found.items()
            if (claims[ix].key, doubt.kind) not in said
        ]
        return set(found)

    def _seen(self) -> set[str]:
        """Return the identifiers of all rows, of those that were rejected too."""
        idents = {self._rows.ident(ix) for ix in range(len(self._rows.ledger.rows))}
        file = self._rows.ledger.file
        # what was refused of a row is not among its values, but may still name it
        told = {one.ident for one in self._findings if one.row is not None and one.file == file}
        return (idents | told) - {""}

    def _refused(self, ix: int, fault: Fault) -> Finding:
        """Reject a row for what the data model says of it."""
        row = self._rows.ledger.rows[ix]
        file, ident = self._rows.ledger.file, self._rows.ident(ix)
        told = {"remedy": fault.remedy}
        head = self._rows.claim(ix, {}).heads.get(fault.field, "")
        return Finding(
            "not_in_model",
            "rejected",
            file,
            row.sheet,
            row.row,
            ident,
            fault.field,
            head,
            fault.reason,
            told,
        )


def _rows_at_fault(error: InputError, idents: Sequence[str]) -> dict[int, Fault]:
    """Return the rows of the ledger that the data model refuses; none if others are at fault."""
    position = {ident: n for n, ident in enumerate(idents)}
    wrong: dict[int, Fault] = {}
    for fault in error.faults:
        if fault.layer != COURTYARDS or fault.row is None or fault.ident not in position:
            return {}
        wrong.setdefault(position[fault.ident], fault)
    return wrong


def _frame_of(shapes: Collection[Any], crs: str, addresses: Sequence[str] = ()) -> gpd.GeoDataFrame:
    """Make a layer of shapes, with their addresses if they have any."""
    import geopandas as gpd

    columns = {"address": list(addresses)} if addresses else {}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)

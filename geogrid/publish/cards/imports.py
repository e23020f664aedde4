"""Imports: the card of what came of a ledger, its counts, and what was said of its rows by kind."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from geogrid.locale import LANGUAGES
from geogrid.publish.cards.layouts import district_map
from geogrid.publish.cards.sheet import (
    MAP_PX,
    Html,
    beside,
    both,
    figure_list,
    in_both,
    map_image,
    mark,
    marks_of,
    number,
    sheet,
    source_of,
    table,
    titled,
)
from geogrid.showing import card
from geogrid.sources.intake import Changes, Import
from geogrid.sources.names import layer_name, system_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geogrid.sources.findings import Finding, Verdict
    from geogrid.sources.intake.imported import How

__all__: list[str] = []

# kinds of one verdict, and places of one kind, that a card lists
_MOST_KINDS, _MOST_PLACES = 20, 4
_VERDICTS: tuple[Verdict, ...] = ("rejected", "mended", "note")


@card.register(Import)
def _(found: Import) -> str:
    told, district = found.tally, found.district
    figures = figure_list(
        [
            ("rows_read", number(told.read), ""),
            ("rows_taken", number(told.taken), ""),
            ("rows_mended", number(told.mended), ""),
            ("rows_rejected", number(told.rejected), ""),
            *([] if found.changes is None else _changed(found.changes)),
        ]
    )
    picture = (
        Html("")
        if district is None
        else map_image(district_map(district, width_px=MAP_PX), "district_map")
    )
    is_whole = not told.rejected
    state = both("import_whole") if is_whole else both("import_left", n=number(told.rejected))
    return sheet(
        both("import"),
        beside(picture, Html(figures + _systems(found))) if district else figures,
        *(_kinds(found, verdict) for verdict in _VERDICTS),
        marks=[
            mark(state, "good" if is_whole else "warn"),
            *(marks_of(district) if district else []),
        ],
        notes=[both("import_read"), source_of(district) if district else ""],
    )


def _changed(changes: Changes) -> list[tuple[str, str, str]]:
    """Return what an update changed as figures."""
    return [
        ("import_added", number(len(changes.added)), ""),
        ("import_changed", number(changes.n_changed), ""),
        ("import_unchanged", number(changes.n_unchanged), ""),
        ("import_missing", number(len(changes.missing)), ""),
    ]


def _systems(found: Import) -> Html:
    """Return the coordinate systems, how each is known, and which layers are in it."""
    layers: dict[tuple[str, How], list[str]] = {}
    # the ledger's own first: the others mostly come with a map that says it
    for layer, told in sorted(found.systems.items(), key=lambda item: item[0] != "courtyards"):
        layers.setdefault((told.system, told.how), []).append(layer)
    rows = [
        (
            in_both(*(", ".join(layer_name(one, tongue) for one in own) for tongue in LANGUAGES)),
            in_both(*(system_name(system, tongue) for tongue in LANGUAGES)),
            both(f"system_{how}"),
        )
        for (system, how), own in layers.items()
    ]
    heads = [both(head) for head in ("layer", "system", "known_how")]
    return titled("systems", table(heads, rows, text=(0, 1, 2))) if rows else Html("")


def _kinds(found: Import, verdict: Verdict) -> Html:
    """Return a row per kind of finding: an example in words, how many, where, what to do."""
    of_kind: dict[str, list[Finding]] = {}
    for finding in found.findings:
        if finding.verdict == verdict:
            of_kind.setdefault(finding.kind, []).append(finding)
    if not of_kind:
        return Html("")
    order = sorted(of_kind.values(), key=lambda some: (-len(some), some[0].kind))
    rows = [
        (
            in_both(some[0].reason("zh"), some[0].reason("en")),
            number(len(some)),
            _places(some),
            in_both(some[0].remedy("zh"), some[0].remedy("en")),
        )
        for some in order
    ]
    heads = [both(head) for head in ("example", "how_many", "rows_where", "what_to_do")]
    return titled(f"findings_{verdict}", table(heads, rows, text=(0, 2, 3), most=_MOST_KINDS))


def _places(some: Iterable[Finding]) -> str:
    """Return where the first of some findings are: by sheet, the rows."""
    listed = [finding for finding in some if finding.row is not None]
    shown = listed[:_MOST_PLACES]
    parts = []
    for where, own in groupby(shown, key=lambda finding: finding.sheet or finding.file):
        parts.append(f"{where} {', '.join(str(finding.row) for finding in own)}")
    more = len(listed) - len(shown)
    return "; ".join(parts) + (f" … +{more:,}" if more else "")

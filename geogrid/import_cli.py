"""Command line of the import: the files of an office in, one validated district out.

Stands beside `geogrid.cli`, which hangs it in as ``geogrid import``. On a terminal it asks
what may not be guessed; in scripts it never does.
"""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geogrid.console import (
    Tongue,
    check_out,
    count_map,
    counts_text,
    make_console,
    print_faults,
    write_json,
)
from geogrid.dialogue import Dialogue, spoken_language, words_text
from geogrid.errors import InputError
from geogrid.files import replacing
from geogrid.import_words import layer_counts, print_import
from geogrid.locale import phrases

if TYPE_CHECKING:
    from geogrid.district import District
    from geogrid.locale import Language
    from geogrid.sources.findings import Verdict
    from geogrid.sources.intake import Import, Update
    from geogrid.sources.osm import OsmLayers

__all__ = ["import_"]

EXIT_INPUT = 2
_REPORTS = (".xlsx", ".html", ".json")
_VERDICTS: tuple[Verdict, ...] = ("rejected", "mended", "note")


def import_(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="GeoPackage to write.")],
    courtyards: Annotated[
        Path | None,
        typer.Option("--courtyards", metavar="LEDGER", help="Ledger: .xlsx, .xls or .csv."),
    ] = None,
    vector: Annotated[
        Path | None,
        typer.Option(
            "--vector",
            metavar="PATH",
            help="GeoPackage, folder of vector files, or one file of courtyards (.shp, .dxf, ...).",
        ),
    ] = None,
    osm: Annotated[
        Path | None,
        typer.Option(
            "--osm",
            metavar="FILE",
            help="OpenStreetMap: .osm, .osm.pbf, or a GeoPackage of layers made from it.",
        ),
    ] = None,
    buildings: Annotated[
        Path | None,
        typer.Option("--buildings", metavar="FILE", help="Or layer by layer: OSM buildings,"),
    ] = None,
    roads: Annotated[Path | None, typer.Option("--roads", metavar="FILE", help="roads,")] = None,
    landuse: Annotated[
        Path | None, typer.Option("--landuse", metavar="FILE", help="residential and other land,")
    ] = None,
    walls: Annotated[
        Path | None, typer.Option("--walls", metavar="FILE", help="walls and fences,")
    ] = None,
    water: Annotated[
        Path | None, typer.Option("--water", metavar="FILE", help="rivers and lakes.")
    ] = None,
    place: Annotated[
        str | None,
        typer.Option("--place", help="Download this place from OpenStreetMap (needs a network)."),
    ] = None,
    communities: Annotated[
        Path | None,
        typer.Option("--communities", metavar="FILE", help="Community polygons; else by barriers."),
    ] = None,
    crs: Annotated[
        list[str] | None,
        typer.Option(
            "--crs",
            metavar="[LAYER=]SYSTEM",
            help="wgs84, gcj02, bd09, EPSG:4549, ...: of the ledger, or of files that declare "
            "none; with LAYER= of that one. Repeatable.",
        ),
    ] = None,
    words: Annotated[
        Path | None,
        typer.Option("--words", metavar="FILE", help="The office's own heads and names, in TOML."),
    ] = None,
    update: Annotated[
        Path | None,
        typer.Option(
            "--update", metavar="DISTRICT", help="Bring this district up to date, by courtyard_id."
        ),
    ] = None,
    drop_missing: Annotated[
        bool, typer.Option("--drop-missing", help="Drop courtyards that the ledger does not tell.")
    ] = False,
    report: Annotated[
        list[Path] | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Row by row: .xlsx to correct and import again, .html, .json. Repeatable.",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing but reports if a row is rejected.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing, as in scripts; never guess either.")
    ] = False,
    language: Annotated[
        Tongue | None,
        typer.Option("--language", help="Of questions and summary; else by LANG."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Display name of the district.")] = "",
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write a machine report.")
    ] = None,
) -> None:
    """Turn a district's files into one validated GeoPackage; every row is accounted for."""
    check_out(out)
    reports = _checked_reports(report or [])
    is_asking = sys.stdin.isatty() and sys.stdout.isatty() and not yes
    spoken = spoken_language(default="zh" if is_asking else "en")
    tongue: Language = spoken if language is None else language.value
    _check_sources(courtyards, vector, update, (osm, buildings, place))
    layers = _osm_layers(buildings, roads, landuse, walls, water) if buildings else osm
    if courtyards is None and vector is None:
        _import_map(out, layers, place, communities, crs, name, json_out)
        return
    from geogrid.sources.intake import import_district

    ask = Dialogue(make_console(), tongue) if is_asking else None
    try:
        found = import_district(
            courtyards=courtyards,
            vector=vector,
            communities=communities,
            osm=layers,
            crs=_systems(crs or []),
            words=words,
            update=_update(update, drop_missing=drop_missing),
            ask=ask,
        )
        if name and found.district is not None:
            found = replace(found, district=replace(found.district, name=name))
        writing = _Writing(out, reports, json_out, words, strict)
        writing.finish(found, tongue, ask)
    except KeyboardInterrupt:
        typer.echo("\n" + phrases(tongue, "intake_dialogue")["interrupted"], err=True)
        raise


def _checked_reports(paths: list[Path]) -> list[Path]:
    """Refuse reports that cannot be written before the work is done."""
    for path in paths:
        if path.suffix.lower() not in _REPORTS or path.is_dir():
            msg = f"--report is {str(path)!r}; name a file that ends in {', '.join(_REPORTS)}."
            raise InputError(msg)
    return paths


def _check_sources(
    courtyards: Path | None,
    vector: Path | None,
    update: Path | None,
    maps: tuple[Path | str | None, ...],
) -> None:
    """Refuse sources that do not go together."""
    n_maps = sum(source is not None for source in maps)
    if n_maps > 1:
        raise InputError("Give at most one of --osm, --buildings and --place.")
    if update is not None and courtyards is None and vector is None:
        raise InputError("--update needs what is new: --courtyards or --vector.")
    if courtyards is None and vector is None and not n_maps:
        msg = "Give a ledger with --courtyards, or exactly one of --vector, --osm, --buildings "
        raise InputError(f"{msg}and --place.")
    if maps[-1] is not None and (courtyards is not None or vector is not None):
        raise InputError("--place stands alone; give the map of a ledger with --osm.")


def _systems(given: list[str]) -> dict[str, str]:
    """Read --crs: a system, or layer=system; a PROJ string has signs of equality of its own."""
    told: dict[str, str] = {}
    for text in given:
        layer, sign, system = text.partition("=")
        if not sign or layer.startswith("+"):
            layer, system = "", text
        layer = layer.strip()
        if told.setdefault(layer, system.strip()) != system.strip():
            what = f"of {layer}" if layer else "without a layer"
            raise InputError(f"--crs {what} was given twice: {told[layer]} and {system.strip()}.")
    return told


def _osm_layers(
    buildings: Path,
    roads: Path | None,
    landuse: Path | None,
    walls: Path | None,
    water: Path | None,
) -> OsmLayers:
    """Read OpenStreetMap data layer by layer."""
    from geogrid.sources.osm import read_osm_layers

    if roads is None:
        raise InputError("OSM layers need at least --buildings and --roads.")
    return read_osm_layers(
        buildings=buildings, roads=roads, landuse=landuse, barriers=walls, water=water
    )


def _update(path: Path | None, *, drop_missing: bool) -> Update | None:
    """Say which district is brought up to date."""
    if path is None:
        if drop_missing:
            raise InputError("--drop-missing goes with --update.")
        return None
    from geogrid.sources.intake import Update as _Update

    return _Update(path, missing="drop" if drop_missing else "keep")


def _import_map(
    out: Path,
    layers: OsmLayers | Path | None,
    place: str | None,
    communities: Path | None,
    crs: list[str] | None,
    name: str,
    json_out: Path | None,
) -> None:
    """Make courtyards of OpenStreetMap's buildings."""
    from geogrid.sources import osm as reader
    from geogrid.sources.vector import read_layer, write_district

    declared = _systems(crs or [])
    told = declared.get("communities", declared.get(""))
    areas = None if communities is None else read_layer(communities, "communities", declared=told)
    if place is not None:
        district = reader.district_from_place(place, communities=areas)
    else:
        if isinstance(layers, Path):
            is_packed = layers.suffix.lower() == ".gpkg"
            name = name or layers.name.partition(".")[0]
            layers = (reader.read_osm_geopackage if is_packed else reader.read_osm_file)(layers)
        if layers is None:
            raise InputError("Give the map with --osm or --buildings.")
        district = reader.district_from_osm(layers, communities=areas, name=name)
    write_district(district, out)
    typer.echo(f"Wrote {out}: {counts_text(district)}.")
    if district.notes:
        typer.echo(f"{len(district.notes)} notes:")
        print_faults(make_console(), district.notes)
    facts = dict(district.metadata)
    if "dwelling_rule" in facts:
        typer.echo(f"Dwelling rule: {facts['dwelling_rule']}")
    write_json(json_out, _machine_report(district))


def _machine_report(district: District | None, found: Import | None = None) -> dict[str, Any]:
    """Return what other programs read of a district, and of how it came in."""
    told: dict[str, Any] = {"counts": {}, "metadata": {}, "faults": []}
    if district is not None:
        rows = [asdict(note) for note in district.notes]
        facts = dict(district.metadata)
        told = {"counts": count_map(district), "metadata": facts, "faults": rows}
    if found is None:
        return told
    kinds = {verdict: found.counts(verdict) for verdict in _VERDICTS}
    return {**told, "import": {"tally": asdict(found.tally), "kinds": kinds}}


@dataclass(frozen=True)
class _Writing:
    """Say what is to be written, and when it is not."""

    out: Path
    reports: list[Path]
    json_out: Path | None
    words: Path | None
    is_strict: bool

    def finish(self, found: Import, tongue: Language, ask: Dialogue | None) -> None:
        """Tell what came of it; write the district unless somebody or something forbids it."""
        from geogrid.sources.reject_report import write_reject_report
        from geogrid.sources.vector import write_district

        print_import(found, tongue)
        say = phrases(tongue, "intake_dialogue")
        district, rejected = found.district, f"{found.tally.rejected:,}"
        refusal = ""
        if district is None:
            refusal = say["nothing_taken"].format(path=self.out)
        elif found.changes is None and self.out.exists() and found.is_of_report:
            refusal = say["report_alone"].format(path=self.out)
        elif self.is_strict and found.tally.rejected:
            refusal = say["strict_refused"].format(path=self.out, rejected=rejected)
        elif ask is not None and not ask.confirms("write_now", path=str(self.out)):
            ask.say("not_written")
            district = None
        for path in self.reports:
            write_reject_report(found, path, day=dt.datetime.now(dt.UTC).date())
            typer.echo(say["report_written"].format(path=path))
        if found.tally.rejected and not self.reports:
            typer.echo(say["report_hint"], err=True)
        write_json(self.json_out, _machine_report(None if refusal else district, found))
        if refusal:
            typer.echo(refusal, err=True)
            raise typer.Exit(EXIT_INPUT)
        if district is None:
            return
        write_district(district, self.out)
        typer.echo(say["wrote"].format(path=self.out, counts=layer_counts(district, tongue)))
        if district.notes:
            typer.echo(say["layer_notes"].format(count=f"{len(district.notes):,}"))
            print_faults(make_console(), district.notes)
        if ask is not None:
            _keep_words(ask, self.words)


def _keep_words(ask: Dialogue, words: Path | None) -> None:
    """Offer to keep the answers, so that the next import asks no more."""
    if not ask.told:
        return
    answer = ask.asks_path("keep_words")
    while answer and Path(answer).exists():
        answer = ask.asks_path("words_there", path=answer)
    if not answer:
        return
    with replacing(Path(answer)) as aside:
        aside.write_text(words_text(words, ask.told), encoding="utf-8")
    ask.say("words_kept", path=answer)

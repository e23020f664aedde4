"""Command line: each command reads files, calls one library function, writes files.

Exit codes: 0 done, 2 bad usage or bad input, 3 infeasible, 1 anything else.
"""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geogrid import import_cli, store_cli, tiles_cli
from geogrid.console import Tongue, check_out, count_map, counts_text, need_api, write_json
from geogrid.errors import GeogridError, InfeasibleError, InputError, NotFoundError
from geogrid.solve.options import SolveOptions

if TYPE_CHECKING:
    from geogrid.district import District
    from geogrid.governance.previous import OldLayout
    from geogrid.plans.plan import Plan

__all__ = ["app", "main"]

EXIT_OTHER, EXIT_INPUT, EXIT_INFEASIBLE, EXIT_INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    name="geogrid",
    help="Group open courtyards into governance grids at a proven optimum; pair them with beats.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(store_cli.app)
app.command()(tiles_cli.tiles)
app.command("import")(import_cli.import_)


class GridLayer(StrEnum):
    """Name the grid layers that can be paired."""

    gov_grids = "gov_grids"
    basic_grids = "basic_grids"


DistrictFile = Annotated[
    Path,
    typer.Argument(metavar="DISTRICT", help="A GeoPackage, or a folder of GeoJSON or Shapefiles."),
]
PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="A plan's GeoPackage.")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Also write a machine report.")
]
RulesFile = Annotated[
    Path | None,
    typer.Option("--rules", metavar="FILE", help="Rules in TOML; see data/rules.toml."),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit", metavar="SECONDS", min=0.0, help="Stop then with the best plan so far."
    ),
]
Port = Annotated[
    int,
    typer.Option(min=0, max=65535, help="Where to listen; the next free one if in use."),
]


@app.command()
def sample(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="GeoPackage to write.")],
    boundaries: Annotated[
        Path | None,
        typer.Option("--boundaries", metavar="FILE", help="Real subdistrict polygons to fill."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws another district.")] = 0,
    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger",
            metavar="FILE",
            help="Put the courtyards into an Excel ledger, as an office would; OUT has the rest.",
        ),
    ] = None,
    language: Annotated[Tongue, typer.Option(help="Of the ledger.")] = Tongue.zh,
) -> None:
    """Write the synthetic Shinan district: 1,418 courtyards, 50 communities, 148 beats."""
    from geogrid.sources.sample import make_sample
    from geogrid.sources.vector import write_district

    check_out(out)
    frame = None
    if boundaries is not None:
        from geogrid.sources.vector import read_layer

        if not boundaries.is_file():
            raise InputError(f"There is no file {boundaries}; --boundaries takes one.")
        frame = read_layer(boundaries, "subdistricts")
    district = make_sample(seed=seed, boundaries=frame)
    if ledger is not None:
        from geogrid.sources.sample import write_office_ledger

        write_office_ledger(district, ledger, out, language=language.value, seed=seed)
        said = f"Wrote {ledger}: a ledger of {len(district.courtyards):,} courtyards, to practise"
        typer.echo(f"{said} the import with; {out} holds the maps. Synthetic data.")
        return
    write_district(district, out)
    typer.echo(f"Wrote {out}: {counts_text(district)}. Synthetic data, stamped as such.")


@app.command()
def check(district: DistrictFile, json_out: JsonFile = None) -> None:
    """Judge a district and list all faults at once: row, field, reason, what to do."""
    from geogrid.sources.vector import read_district

    try:
        found = read_district(district)
    except InputError as error:
        write_json(json_out, {"ok": False, "faults": [asdict(f) for f in error.faults]})
        raise
    typer.echo(f"{district} is a valid district: {counts_text(found)}.")
    if found.notes:
        typer.echo(f"{len(found.notes)} notes:")
        _print_faults(found.notes)
    rows = [asdict(n) for n in found.notes]
    write_json(json_out, {"ok": True, "counts": count_map(found), "faults": rows})


@app.command()
def plan(
    district: DistrictFile,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Plan to write.")],
    grids: Annotated[
        int | None, typer.Option("--grids", help="Exactly so many governance grids.")
    ] = None,
    households_per_grid: Annotated[
        float | None, typer.Option("--households-per-grid", help="Or: so many households each.")
    ] = None,
    rules: RulesFile = None,
    weight: Annotated[
        str, typer.Option("--weight", help="Courtyard column that balances grids.")
    ] = "households",
    bridge: Annotated[
        bool, typer.Option("--bridge", help="Open the cheapest crossings that mend small parts.")
    ] = False,
    previous: Annotated[
        str | None,
        typer.Option(
            "--previous",
            metavar="COLUMN|FILE",
            help="The layout before, whose codes go on: a courtyard column, a CSV, or a plan.",
        ),
    ] = None,
    time_limit: TimeLimit = None,
    jobs: Annotated[
        int,
        typer.Option("--jobs", metavar="N", min=1, help="Processes that work at the same time."),
    ] = 1,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDR",
            help="Or a Dask cluster, by its scheduler: tcp://host:8786.",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option("--seed", min=0, help="Of the search; proven answers do not depend on it."),
    ] = 0,
    json_out: JsonFile = None,
) -> None:
    """Group the courtyards into exactly k governance grids, provably best."""
    from geogrid.sources.vector import read_district

    check_out(out)
    options = SolveOptions(time_limit=time_limit, seed=seed, n_jobs=jobs, cluster=cluster)
    found = read_district(district)
    made = _make_plan(
        found,
        grids=grids,
        households_per_grid=households_per_grid,
        rules=rules,
        weight=weight,
        bridge=bridge,
        previous=None if previous is None else _read_previous(found, previous),
        options=options,
    )
    _save_plan(made, out)
    _summarise(made, f"Plan {out}")
    write_json(json_out, dict(made.report))


def _make_plan(
    district: District,
    *,
    grids: int | None,
    households_per_grid: float | None = None,
    rules: Path | None = None,
    weight: str = "households",
    bridge: bool = False,
    previous: OldLayout | None = None,
    options: SolveOptions | None = None,
) -> Plan:
    """Plan with a progress bar."""
    from geogrid.console import make_console, progress_bar
    from geogrid.governance.layout import make_plan
    from geogrid.governance.rules import load_rules

    with progress_bar(make_console()) as show:
        return make_plan(
            district,
            n_grids=grids,
            households_per_grid=households_per_grid,
            rules=load_rules(rules),
            options=replace(options or SolveOptions(), on_progress=show),
            weight=weight,
            bridge=bridge,
            previous=previous,
            created=dt.datetime.now(dt.UTC).date(),
        )


def _read_previous(district: District, source: str) -> OldLayout:
    """Read the layout before, wherever it is."""
    from geogrid.governance.previous import old_layout_of_plan, read_previous
    from geogrid.store.plan_file import read_plan

    if source.lower().endswith(".gpkg"):
        return old_layout_of_plan(district.courtyards, read_plan(source))
    return read_previous(district.courtyards, source)


@app.command()
def score(
    district: DistrictFile,
    assignment: Annotated[
        str,
        typer.Option(
            "--assignment",
            metavar="FILE|COLUMN",
            help="A courtyard column, or a CSV with courtyard_id and grid.",
        ),
    ],
    rules: RulesFile = None,
    json_out: JsonFile = None,
) -> None:
    """Measure a layout made by hand, and how far it is from the optimum, where."""
    from geogrid.console import make_console, print_table
    from geogrid.governance.rules import load_rules
    from geogrid.governance.score import read_assignment, score_layout
    from geogrid.sources.vector import read_district

    found = read_district(district)
    scored = score_layout(
        found, read_assignment(found.courtyards, assignment), rules=load_rules(rules)
    )
    console = make_console()
    print_table(console, f"Layout {assignment}", scored.summary())
    print_table(console, "By community, furthest from the optimum first", scored.worst())
    write_json(json_out, scored.as_dict())


@app.command()
def pair(
    plan_file: PlanFile,
    layer: Annotated[GridLayer, typer.Option("--layer", help="Which grids to pair with beats.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Plan to write; by default the same file."),
    ] = None,
    json_out: JsonFile = None,
) -> None:
    """Give every grid of a layer its one lead beat."""
    from geogrid.governance.pairing import pair_plan
    from geogrid.store.plan_file import read_plan

    paired = pair_plan(read_plan(plan_file), layer.value)
    _save_plan(paired.plan, out or plan_file)
    figures = paired.plan.report["metrics"]["pairings"][layer.value]
    typer.echo(
        f"Paired {figures['n_grids']} {layer.value} with {figures['n_beats']} beats "
        f"({paired.status}): {100 * figures['share_inside']:.1f} % of households live in their "
        f"lead beat, mean walk to the police room {figures['distance_mean_m']:.0f} m."
    )
    for reason in paired.widened:
        typer.echo(f"  widened: {reason}")
    write_json(json_out, {"figures": figures, "widened": list(paired.widened)})


@app.command()
def report(plan_file: PlanFile, json_out: JsonFile = None) -> None:
    """Print the figures of a plan, and where its bands gave way."""
    from geogrid.store.plan_file import read_plan

    found = read_plan(plan_file)
    _summarise(found, f"Plan {plan_file}")
    names = dict(
        zip(
            found.district.communities["community_code"],
            found.district.communities["name"],
            strict=True,
        )
    )
    for part in found.report["parts"]:
        if part["reason"]:
            typer.echo(
                f"  {names.get(part['community_code'])} ({part['part_id']}): {part['reason']}"
            )
    for part in found.report["provenance"].get("beyond_help", []):
        typer.echo(f"  {part} is too small for a grid of its own, and no crossing is near")
    for crossing in found.report["provenance"].get("crossings", []):
        verb = "opened" if crossing["opened"] else "could be opened"
        typer.echo(
            f"  {verb}: {crossing['a']} - {crossing['b']} over {crossing['barrier']}, "
            f"{crossing['walk_m']} m ({crossing['reason']})"
        )
    write_json(json_out, dict(found.report))


@app.command()
def compare(
    a: PlanFile,
    b: Annotated[Path, typer.Argument(metavar="OTHER", help="The plan to set beside it.")],
    json_out: JsonFile = None,
) -> None:
    """Set two plans side by side: figures, who moves, what becomes of codes, where."""
    from geogrid.console import make_console, print_table
    from geogrid.plans.compare import compare as compare_plans
    from geogrid.store.plan_file import read_plan

    found, console = compare_plans(read_plan(a), read_plan(b)), make_console()
    print_table(console, "Figures", found.summary((a.name, b.name)))
    print_table(console, "From the first to the second", found.moves())
    print_table(console, "By community, most households moved first", found.most_changed())
    write_json(json_out, found.as_dict())


@app.command()
def explain(
    plan_file: PlanFile,
    courtyard: Annotated[
        list[str] | None,
        typer.Option("--courtyard", metavar="ID", help="Why is it there? May be repeated."),
    ] = None,
    prices: Annotated[
        bool,
        typer.Option("--prices", help="What another k, band, lock or border would cost."),
    ] = False,
    pareto: Annotated[
        bool, typer.Option("--pareto", help="The best plans from short walks to even grids.")
    ] = False,
    language: Annotated[Tongue, typer.Option("--language", help="Chinese or English.")] = Tongue.zh,
    json_out: JsonFile = None,
) -> None:
    """Say what a plan achieves, why it is as it is, and what changes would cost."""
    from geogrid.locale import phrases
    from geogrid.store.plan_file import read_plan

    found = read_plan(plan_file)
    told: dict[str, Any] = {"text": found.explain(language.value)}
    typer.echo(told["text"])
    if courtyard or prices or pareto:
        from geogrid.governance.reasons import say_why
        from geogrid.governance.whatif import open_what_if

        study = open_what_if(found)
        if prices:
            found_prices = study.prices()
            typer.echo(found_prices.say(language.value))
            told["prices"] = [asdict(row) for row in found_prices.rows]
        for name in courtyard or ():
            whys = study.why_here(name)
            typer.echo(say_why(found, name, whys, language.value))
            told.setdefault("why", {})[name] = [asdict(why) for why in whys]
        if pareto:
            from geogrid.governance.fronts import balance_front

            front = balance_front(study).table.drop(columns="reason")
            columns = ["balance_m", "walk_mean_m", "cv", "share_within_20"]
            typer.echo(phrases(language.value, "explain")["pareto_head"])
            typer.echo(front[columns].round(3).to_string(index=False))
            told["pareto"] = front.astype(object).where(front.notna(), None).to_dict("records")
    write_json(json_out, told)


@app.command("map")
def map_(
    plan_file: PlanFile,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="HTML file to write.")],
) -> None:
    """Draw a plan as one HTML map that opens without a network."""
    from geogrid.publish.maps import write_map
    from geogrid.store.plan_file import read_plan

    write_map(read_plan(plan_file), out)
    typer.echo(f"Wrote {out} ({out.stat().st_size / 1e6:.1f} MB); open it in any browser.")


@app.command()
def publish(
    plan_file: PlanFile,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write into.")],
) -> None:
    """Write everything that leaves the house: the map, and every layer as GeoJSON."""
    from geogrid.publish.geojson import write_geojson
    from geogrid.publish.maps import write_map
    from geogrid.store.plan_file import read_plan

    found = read_plan(plan_file)
    files = write_geojson(found, out / "geojson")
    write_map(found, out / "map.html")
    typer.echo(f"Wrote {out}: map.html and {len(files)} GeoJSON layers.")


@app.command()
def serve(
    plan_file: Annotated[
        Path | None,
        typer.Argument(metavar="[PLAN]", help="A plan's GeoPackage, for this computer only."),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", metavar="URL", help="Or a store's versions, for everybody: a path or URL."
        ),
    ] = None,
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on, with --store.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Where to listen, 8000; with a plan the next free one if in use."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", min=1, help="Processes, with --store.")
    ] = None,
) -> None:
    """Serve one plan to this computer, or a store's versions to everybody."""
    if plan_file is not None:
        if store is not None or host is not None or workers is not None:
            raise InputError("A plan file is shown to this computer only; give a plan or --store.")
        from geogrid.store.plan_file import read_plan

        _serve(read_plan(plan_file), 8000 if port is None else port)
        return
    need_api("Serving", "fastapi", "uvicorn", "sqlalchemy")
    from geogrid_api.serve import serve_store
    from geogrid_api.settings import load_settings

    options = {"store": store, "host": host, "port": port, "workers": workers}
    given = {name: value for name, value in options.items() if value is not None}
    serve_store(load_settings(**given), say=typer.echo)


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the demonstration's files go.")
    ] = Path("demo"),
    port: Port = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Make the files and stop.")] = False,
) -> None:
    """Show it all on the sample: sample, check, plan, pair, map, serve."""
    from geogrid.console import make_console
    from geogrid.governance.pairing import pair_plan
    from geogrid.plans.plan import GRID_LAYERS
    from geogrid.publish.geojson import write_geojson
    from geogrid.publish.maps import write_map

    console = make_console()
    district_file, plan_file, map_file = (
        folder / name for name in ("sample.gpkg", "plan.gpkg", "map.html")
    )
    console.rule("1 sample: a synthetic Shinan district")
    sample(district_file)
    console.rule("2 check")
    check(district_file)
    from geogrid.sources.vector import read_district

    console.rule("3 plan: 349 governance grids")
    made = _make_plan(read_district(district_file), grids=349)
    console.rule("4 pair: both grid layers with 148 beats")
    for layer in GRID_LAYERS:
        paired = pair_plan(made, layer)
        made = paired.plan
        for reason in paired.widened:
            typer.echo(f"  {layer}: {reason}")
    _save_plan(made, plan_file)
    _summarise(made, f"Plan {plan_file}")
    console.rule("5 map")
    write_map(made, map_file)
    write_geojson(made, folder / "geojson")
    typer.echo(
        f"Wrote {map_file} ({map_file.stat().st_size / 1e6:.1f} MB) and {folder / 'geojson'}."
    )
    if not no_serve:
        console.rule("6 serve")
        _serve(made, port)


def _serve(found: Plan, port: int) -> None:
    """Start the service, or say what it needs."""
    need_api("Serving", "fastapi", "uvicorn", "sqlalchemy")
    from geogrid_api.serve import serve as start

    start(found, port=port, say=typer.echo)


def _save_plan(made: Plan, out: Path) -> None:
    from geogrid.store.plan_file import write_plan

    write_plan(made, out)


def _summarise(found: Plan, title: str) -> None:
    from geogrid.console import make_console, plan_table, print_table

    stamp = " (synthetic data)" if found.district.is_synthetic else ""
    print_table(make_console(), title + stamp, plan_table(found))


def _print_faults(faults: Any, *, stderr: bool = False) -> None:  # noqa: ANN401 - Faults
    from geogrid.console import make_console, print_faults

    print_faults(make_console(stderr=stderr), list(faults))


def main() -> None:
    """Run the command line; our own errors become a message and an exit code."""
    try:
        app()
    except InputError as error:
        typer.echo(f"Error: {error.message}", err=True)
        if "words" in error.facts:
            typer.echo(error.facts["words"]["zh"], err=True)
        if error.faults:
            _print_faults(error.faults, stderr=True)
        sys.exit(EXIT_INPUT)
    except InfeasibleError as error:
        typer.echo(f"Infeasible: {error.message}", err=True)
        if "words" in error.facts:
            typer.echo(error.facts["words"]["zh"], err=True)
        sys.exit(EXIT_INFEASIBLE)
    except NotFoundError as error:
        typer.echo(f"Error: {error.message}", err=True)
        sys.exit(EXIT_INPUT)
    except GeogridError as error:
        typer.echo(f"Error: {error.message}", err=True)
        sys.exit(EXIT_OTHER)
    except SystemExit as left:
        if left.code == EXIT_INTERRUPTED:
            typer.echo("Interrupted; every file stands as it was before.", err=True)
        raise


if __name__ == "__main__":
    main()

"""Command line of tiles cut ahead; stands beside `geogrid.cli`, which hangs it in."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from geogrid.console import make_console, need_api
from geogrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geogrid_api.library import Library

__all__ = ["tiles"]

_SUFFIX = ".pmtiles"


def tiles(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="FOLDER|FILE",
            help="The service's folder of tiles (GEOGRID_TILES), or one file T.pmtiles.",
        ),
    ],
    plan_file: Annotated[
        Path | None, typer.Argument(metavar="[PLAN]", help="A plan's GeoPackage.")
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", metavar="URL", help="Or the versions in force in a store: a path or URL."
        ),
    ] = None,
    max_zoom: Annotated[
        int,
        typer.Option(
            "--max-zoom", min=0, max=20, help="Deepest zoom; each more is four times the tiles."
        ),
    ] = 15,
) -> None:
    """Cut vector tiles ahead, as PMTiles, for the service or for any map without one."""
    if (plan_file is None) == (store is None):
        raise InputError("Give a plan or --store, one of the two.")
    need_api("Cutting tiles", "mapbox_vector_tile", "pmtiles", "fastapi")
    from geogrid.publish.archive import cut_ahead, write_pmtiles

    with _library(plan_file, store) as library:
        if out.suffix.lower() == _SUFFIX:
            # a file goes anywhere, so small counts are not in it
            snapshot = library.at(None, public=True)
            with _progress(str(out)) as show:
                n = write_pmtiles(snapshot, out, max_zoom=max_zoom, on_progress=show)
            typer.echo(f"Wrote {out}: {n:,} tiles, {out.stat().st_size / 1e6:.1f} MB.")
            return
        for public in (True, False):
            audience = "the public" if public else "whoever signed in"
            with _progress(audience) as show:
                path = cut_ahead(
                    library.at(None, public=public), out, max_zoom=max_zoom, on_progress=show
                )
            typer.echo(f"Wrote {path} for {audience}, {path.stat().st_size / 1e6:.1f} MB.")


@contextmanager
def _library(plan_file: Path | None, store: str | None) -> Iterator[Library]:
    """Open what tiles are cut of, just as the service does."""
    from geogrid_api.library import Library as _Library

    if plan_file is not None:
        from geogrid.store.plan_file import read_plan

        yield _Library.of_plan(read_plan(plan_file))
        return
    from geogrid.store.store import Store

    with Store.open(str(store)) as opened:
        yield _Library.of_store(opened)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on a terminal."""
    console = make_console()
    if not console.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total)

"""The peer's side: pygeoapi as its pages on production say, with every provider that works here.

Its configuration asks for no work that the measurement does not need: compact JSON, data in
the coordinates that are handed out, an index wherever the provider can use one.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import sqlalchemy as sa
from addresses import ITEMS
from servers import HOST, NotThereError, Server, free_port

# the databases are those that the tests start
sys.path.append(str(Path(__file__).resolve().parents[1]))
from clusters import running_cluster, why_not

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
LAYER, KEY = "courtyards", "courtyard_id"
# gunicorn before Flask and before Starlette: the two ways that pygeoapi's pages name
FRONTS = {
    "flask": ["--worker-class", "sync", "pygeoapi.flask_app:APP"],
    "starlette": ["--worker-class", "uvicorn_worker.UvicornWorker", "pygeoapi.starlette_app:APP"],
}
# Debian's bindings and its Python, which may load SQLite's extensions
SYSTEM_PACKAGES = Path("/usr/lib/python3/dist-packages")
SYSTEM_PYTHON = Path("/usr/bin/python3")
# what a provider that cannot be set up on this computer raises
_NOT_HERE = (
    NotThereError,
    ImportError,
    OSError,
    subprocess.CalledProcessError,
    AssertionError,
    sa.exc.DBAPIError,
)


@dataclass(frozen=True)
class Provider:
    """Name one way to keep the data.

    Parameters
    ----------
    title : str
        As tables call it.
    definition : dict
        What the configuration says of it.
    python : Path
        Interpreter; another than ours where ours cannot load an extension.
    beside : sequence of int
        Process ids of its database.
    """

    title: str
    definition: dict
    python: Path = Path(sys.executable)
    beside: tuple[int, ...] = ()


class Peer:
    """Prepare the same features for every provider; start pygeoapi over one of them.

    Parameters
    ----------
    town : Town
        What is served.
    folder : Path
        Where files are kept while it runs.
    """

    def __init__(self, town, folder):
        self.folder = Path(folder)
        self.missing = {}
        self.running = ExitStack()
        frame = gpd.GeoDataFrame.from_features(town.collection["features"], crs="EPSG:4326")
        # a list of names fits no column of a database
        for name in frame.columns[frame.map(lambda value: isinstance(value, list)).any()]:
            frame[name] = [json.dumps(value) for value in frame[name]]
        if KEY not in frame.columns:
            frame.insert(0, KEY, town.ids)
        self.frame = frame
        self.text = json.dumps(town.collection, ensure_ascii=False, separators=(",", ":"))

    def __enter__(self):
        """Write the files, start the database."""
        self.providers = {}
        for name, make in (
            ("GeoJSON", self._geojson),
            ("SQLiteGPKG", self._spatialite),
            ("OGR", self._ogr),
            ("PostgreSQL", self._postgresql),
        ):
            try:
                self.providers |= make()
            except _NOT_HERE as error:
                self.missing[name] = str(error).splitlines()[0]
        return self

    def __exit__(self, *_):
        """Stop the database."""
        self.running.close()

    def _geojson(self):
        path = self.folder / "courtyards.geojson"
        path.write_text(self.text, encoding="utf-8")
        return {"geojson": Provider("GeoJSON", {"name": "GeoJSON", "data": str(path)})}

    def _spatialite(self):
        python = loads_extensions()
        path = self.folder / "courtyards.sqlite"
        command = ["ogr2ogr", "-f", "SQLite", "-dsco", "SPATIALITE=YES", path, self._gpkg(), LAYER]
        subprocess.run(command, check=True, capture_output=True)
        held = {"name": "SQLiteGPKG", "data": str(path), "table": LAYER}
        # over a GeoPackage it is slower, and fails now and then when asked by several at once
        return {"spatialite": Provider("SQLiteGPKG, SpatiaLite", held, python)}

    def _gpkg(self):
        path = self.folder / "courtyards.gpkg"
        if not path.exists():
            self.frame.to_file(path, layer=LAYER, driver="GPKG")
        return path

    def _ogr(self):
        if not (SYSTEM_PACKAGES / "osgeo").exists():
            raise NotThereError("needs GDAL's Python bindings; on Debian: python3-gdal")
        # these bindings alone, not the old numpy beside them
        (self.folder / "site").mkdir(exist_ok=True)
        (self.folder / "site/osgeo").symlink_to(SYSTEM_PACKAGES / "osgeo")
        path = self.folder / "courtyards.fgb"
        self.frame.to_file(path, layer=LAYER, driver="FlatGeobuf")
        return {
            title: Provider(
                f"OGR, {driver}",
                {
                    "name": "OGR",
                    "layer": LAYER,
                    "data": {
                        "source_type": driver,
                        "source": str(source),
                        "source_capabilities": {"paging": True},
                    },
                },
            )
            for title, driver, source in (
                ("flatgeobuf", "FlatGeobuf", path),
                ("ogr", "GPKG", self._gpkg()),
            )
        }

    def _postgresql(self):
        if cause := why_not():
            raise NotThereError(cause)
        cluster = self.running.enter_context(running_cluster(port=free_port()))
        cluster.execute("create database peer")
        cluster.execute("create extension postgis", database="peer")
        url = sa.make_url(cluster.url("peer")).set(drivername="postgresql+psycopg2")
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        # with a spatial index on the geometry
        self.frame.rename_geometry("geom").to_postgis(LAYER, engine, index=False)
        with engine.connect() as connection:
            connection.execute(sa.text(f"alter table {LAYER} add primary key ({KEY})"))
            connection.execute(sa.text(f"vacuum analyze {LAYER}"))
        engine.dispose()
        data = {"host": HOST, "port": cluster.port, "dbname": "peer", "user": cluster.user}
        data |= {"password": "none", "search_path": ["public"]}
        held = {"name": "PostgreSQL", "data": data, "table": LAYER, "geom_field": "geom"}
        return {"postgis": Provider("PostgreSQL, PostGIS", held, beside=(cluster.pid,))}

    def server(self, name, front, *, workers=1, core=None):
        """Return pygeoapi over one provider, not yet started."""
        provider = self.providers[name]
        port = free_port()
        config = self.folder / f"{name}.json"
        described = config.with_suffix(".openapi.json")
        # JSON is YAML
        config.write_text(json.dumps(configuration(provider, port)), encoding="utf-8")
        folders = [str(self.folder / "site"), *filter(None, [os.environ.get("PYTHONPATH")])]
        if provider.python != Path(sys.executable):
            folders += [path for path in sys.path if path.endswith("site-packages")]
        env = {
            "PYGEOAPI_CONFIG": str(config),
            "PYGEOAPI_OPENAPI": str(described),
            "PYTHONPATH": os.pathsep.join(folders),
            "OMP_NUM_THREADS": "1",
        }
        write = [provider.python, "-c", "from pygeoapi import cli; cli()", "openapi", "generate"]
        write += [config, "--output-file", described]
        subprocess.run(write, env=os.environ | env, check=True, capture_output=True)
        command = [provider.python, "-m", "gunicorn", "--bind", f"{HOST}:{port}"]
        command += ["--workers", str(workers), "--log-level", "error", "--timeout", "600"]
        return Server(
            f"pygeoapi, {provider.title}, {front}",
            command + FRONTS[front],
            port=port,
            ready=f"{ITEMS}?limit=1&f=json",
            log=self.folder / f"{name}.log",
            env=env,
            core=core,
            beside=provider.beside,
        )


def loads_extensions():
    """Return a Python of our version whose SQLite loads mod_spatialite."""
    if shutil.which("ogr2ogr") is None:
        raise NotThereError("needs ogr2ogr; on Debian: gdal-bin")
    if hasattr(sqlite3.Connection, "enable_load_extension"):
        ours = [Path(sys.executable), SYSTEM_PYTHON]
    else:
        ours = [SYSTEM_PYTHON]
    test = (
        f"import sqlite3, sys; assert sys.version_info[:2] == {tuple(sys.version_info[:2])};"
        "c = sqlite3.connect(':memory:'); c.enable_load_extension(True);"
        "c.execute(\"select load_extension('mod_spatialite.so')\")"
    )
    for python in ours:
        if subprocess.run([python, "-c", test], check=False, capture_output=True).returncode == 0:
            return python
    raise NotThereError(
        "needs mod_spatialite and a Python that loads it; on Debian: libsqlite3-mod-spatialite"
    )


def configuration(provider, port):
    """Return pygeoapi's configuration for one collection."""
    here = f"http://{HOST}:{port}"
    return {
        "server": {
            "bind": {"host": HOST, "port": port},
            "url": here,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": False,
            "languages": ["en-US"],
            "pretty_print": False,
            "limits": {"default_items": 10, "max_items": 10_000},
            "map": {"url": here, "attribution": "none"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "courtyards",
                "description": "courtyards",
                "keywords": ["courtyards"],
                "keywords_type": "theme",
                "terms_of_service": here,
                "url": here,
            },
            "license": {"name": "none", "url": here},
            "provider": {"name": "none", "url": here},
            "contact": {"name": "none", "position": "none", "email": "nobody@example.org"},
        },
        "resources": {
            LAYER: {
                "type": "collection",
                "title": "courtyards",
                "description": "courtyards",
                "keywords": ["courtyards"],
                "links": [],
                "extents": {"spatial": {"bbox": [-180, -90, 180, 90], "crs": CRS84}},
                "providers": [
                    provider.definition
                    | {"type": "feature", "id_field": KEY, "crs": [CRS84], "storage_crs": CRS84}
                ],
            }
        },
    }

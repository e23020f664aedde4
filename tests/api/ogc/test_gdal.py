"""GDAL's OGC API driver reads everything that a real server hands out, page by page."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing

import geopandas as gpd
import pyogrio
import pytest
import shapely

from geogrid.publish.features import COLLECTIONS, feature_tables
from geogrid.publish.systems import SYSTEMS, to_system
from geogrid.store.plan_file import read_plan

EPSG_4549 = "http://www.opengis.net/def/crs/EPSG/0/4549"


@pytest.fixture(scope="module")
def tables(sample_plan_path):
    return feature_tables(read_plan(sample_plan_path))


@pytest.fixture(scope="module")
def port(sample_plan_path):
    """Serve the sample's plan in a process of its own: GDAL keeps Python waiting while it reads."""
    command = [sys.executable, "-m", "geogrid.cli", "serve", str(sample_plan_path), "--port", "0"]
    surroundings = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings) as server:
        said = server.stdout.readline()
        yield int(re.search(r"127\.0\.0\.1:(\d+)", said).group(1))
        server.send_signal(signal.SIGINT)
        server.communicate()


def test_the_driver_finds_every_collection(port):
    layers = pyogrio.list_layers(f"OAPIF:http://127.0.0.1:{port}")
    assert sorted(layers[:, 0]) == sorted(COLLECTIONS)


@pytest.mark.parametrize("name", list(COLLECTIONS))
def test_the_driver_reads_every_feature(port, tables, name):
    frame = gpd.read_file(f"OAPIF:http://127.0.0.1:{port}", layer=name, PAGE_SIZE="200")
    table = tables[name]
    assert len(frame) == len(table.ids)
    key = COLLECTIONS[name].key
    assert sorted(frame[key]) == sorted(table.ids)
    assert frame.crs == "OGC:CRS84"
    given = dict(zip(frame[key], frame.geometry, strict=True))
    for ident, shape in zip(table.ids, table.geometry, strict=True):
        assert shapely.hausdorff_distance(given[ident], shape) < 1e-9, ident


@pytest.mark.parametrize("name", list(COLLECTIONS))
def test_the_driver_reads_every_feature_in_metres(port, tables, name):
    frame = gpd.read_file(
        f"OAPIF:http://127.0.0.1:{port}", layer=name, CRS=EPSG_4549, PAGE_SIZE="1000"
    )
    table = tables[name]
    assert len(frame) == len(table.ids)
    assert frame.crs.to_epsg() == 4549
    key = COLLECTIONS[name].key
    # GDAL puts easting first again, whatever came over the wire
    given = dict(zip(frame[key], frame.geometry, strict=True))
    swapped = to_system(table.geometry, SYSTEMS[EPSG_4549])
    metres = shapely.transform(swapped, lambda xy: xy[:, ::-1])
    for ident, shape in zip(table.ids, metres, strict=True):
        assert shapely.hausdorff_distance(given[ident], shape) < 2e-3, ident


def test_an_address_of_a_megabyte_is_refused(port):
    with closing(socket.create_connection(("127.0.0.1", port))) as line:
        line.sendall(b"GET /collections?" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.recv(100).split(b" ")[1][:1] == b"4"

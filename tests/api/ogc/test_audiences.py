"""Who sees what, how long it may be kept, and when it changes."""

from __future__ import annotations

import datetime as dt
import gzip
from dataclasses import replace

import pytest

from geogrid.errors import NotFoundError
from geogrid.publish.snapshot import THRESHOLD
from geogrid_api.library import Library

ITEMS = "/collections/courtyards/items"


def test_the_public_does_not_see_small_counts_and_is_told_so(client, insider):
    seen = client.get(f"{ITEMS}/a1").json()["properties"]
    known = insider.get(f"{ITEMS}/a1").json()["properties"]
    assert 0 < known["n_buildings"] < THRESHOLD
    assert seen["n_buildings"] is None
    assert seen["suppressed"] == ["n_buildings", "n_entrances"]
    assert "suppressed" not in known


def test_the_public_cannot_find_by_what_it_does_not_see(ids, insider):
    assert ids(n_buildings=2) == []
    assert ids(filter="n_buildings = 2") == []
    found = insider.get(ITEMS, params={"n_buildings": 2}).json()
    assert found["numberMatched"] == 12


def test_a_collection_that_is_not_public_asks_who_comes(shelf, library, client, insider):
    shelf.hidden, shelf.number = {"courtyards"}, 2
    assert library.refresh()
    for path in ("", "/items", "/items/a1", "/queryables", "/schema"):
        refused = client.get(f"/collections/courtyards{path}")
        assert refused.status_code == 401, path
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert insider.get(f"/collections/courtyards{path}").status_code == 200
    listed = [one["id"] for one in client.get("/collections").json()["collections"]]
    assert "courtyards" not in listed
    assert "gov_grids" in listed
    assert "courtyards" not in client.get("/collections/nowhere").json()["detail"]


def test_answers_are_validated_and_not_sent_twice(client):
    for path in ("/", "/collections", ITEMS, f"{ITEMS}/a1", f"{ITEMS}?f=html"):
        first = client.get(path)
        etag = first.headers["etag"]
        assert etag.startswith('"'), "strong"
        for header in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            again = client.get(path, headers={"if-none-match": header})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == etag
            assert "vary" in again.headers
        assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_equal_tags_mean_equal_bytes_in_every_process(shelf, client, client_of):
    other = client_of(Library(shelf, today=lambda: dt.date(2026, 7, 1)))
    for path in ("/collections", ITEMS, f"{ITEMS}/a1"):
        one, two = client.get(path), other.get(path)
        assert one.headers["etag"] == two.headers["etag"]
        assert one.content == two.content


def test_different_bytes_have_different_tags(client, insider):
    paths = [ITEMS, f"{ITEMS}?limit=5", f"{ITEMS}?f=html", f"{ITEMS}?crs=EPSG:4549"]
    tags = [client.get(path).headers["etag"] for path in paths]
    tags.append(client.get(ITEMS, headers={"accept-encoding": "identity"}).headers["etag"])
    tags.append(client.get(ITEMS, headers={"host": "elsewhere"}).headers["etag"])
    tags.append(client.get(ITEMS, params={"datetime": "2026-05-01"}).headers["etag"])
    tags.append(insider.get(ITEMS).headers["etag"])
    assert len(set(tags)) == len(tags)


def test_bodies_are_compressed_for_whoever_takes_it(client):
    plain = client.get(ITEMS, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with client.stream("GET", ITEMS, headers={"accept-encoding": "br, gzip;q=0.5"}) as zipped:
        assert zipped.headers["content-encoding"] == "gzip"
        raw = b"".join(zipped.iter_raw())
    assert gzip.decompress(raw) == plain.content
    assert "Accept-Encoding" in plain.headers["vary"]
    refused = client.get(ITEMS, headers={"accept-encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


def test_the_same_answer_comes_whether_kept_or_made_anew(client):
    first = client.get(ITEMS, params={"limit": 7})
    again = client.get(ITEMS, params={"limit": 7})
    assert first.content == again.content
    assert dict(first.headers) == dict(again.headers)


def test_foreign_pages_may_read_what_is_public_only(client, insider):
    assert client.get(ITEMS).headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in insider.get(ITEMS).headers
    asked = client.options(
        ITEMS, headers={"origin": "https://x", "access-control-request-method": "GET"}
    )
    assert asked.status_code == 204
    assert "GET" in asked.headers["access-control-allow-methods"]
    assert "authorization" not in asked.headers["access-control-allow-headers"].lower()


def test_what_is_for_somebody_is_kept_by_nobody_else(client, insider):
    assert client.get(ITEMS).headers["cache-control"].startswith("public")
    assert insider.get(ITEMS).headers["cache-control"].startswith("private")
    assert {"Authorization", "Cookie"} <= set(client.get(ITEMS).headers["vary"].split(", "))


def test_a_publication_changes_every_answer(shelf, library, client):
    before = client.get(ITEMS)
    shelf.listed = [shelf.listed[0], replace(shelf.listed[1], valid_from=dt.date(2027, 1, 1))]
    shelf.listed[0] = replace(shelf.listed[0], valid_to=dt.date(2027, 1, 1))
    assert client.get(ITEMS).content == before.content, "not before it is taken over"
    shelf.number += 1
    assert library.refresh()
    assert not library.refresh()
    after = client.get(ITEMS)
    assert after.headers["etag"] != before.headers["etag"]
    assert after.json()["features"][0]["properties"]["name"] == "老院"


def test_the_version_turns_at_midnight_without_a_publication(shelf):
    day = [dt.date(2026, 5, 31)]
    library = Library(shelf, today=lambda: day[0])
    token = library.token
    assert library.at(None, public=True).versions[0].number == 1
    day[0] = dt.date(2026, 6, 1)
    assert library.token != token
    assert library.at(None, public=True).versions[0].number == 2


def test_snapshots_are_made_once_and_forgotten_at_last(library, monkeypatch):
    assert library.at(None, public=True) is library.at(dt.date(2026, 6, 1), public=True)
    assert library.at(dt.date(2026, 2, 1), public=False) is library.between(
        dt.date(2026, 1, 5), dt.date(2026, 2, 1), public=False
    )
    monkeypatch.setattr("geogrid_api.library.N_KEPT", 1)
    library.at(dt.date(2026, 2, 1), public=True)
    assert len(library._kept) == 1


def test_a_service_without_a_version_says_so(shelf, client_of):
    shelf.listed = []
    library = Library(shelf, today=lambda: dt.date(2026, 7, 1))
    with pytest.raises(NotFoundError):
        library.at(None, public=True)
    client = client_of(library)
    assert client.get(ITEMS).json()["numberMatched"] == 0
    assert client.get(f"{ITEMS}/a1").status_code == 404
    for path in ("/", "/?f=html", "/collections", "/collections/beats", f"{ITEMS}?f=html", "/api"):
        assert client.get(path).status_code == 200

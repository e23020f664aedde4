"""Laws of the web map's own addresses: the page, its files, and who gets to see what."""

from __future__ import annotations

import datetime as dt
import json
import shutil

import plan_service
import pytest
from fastapi.testclient import TestClient
from plan_service import EAST_IN_B, A, B
from towns import WEST_CODE

from geogrid.errors import InputError, StorageError
from geogrid_api.app import create_app
from geogrid_api.basemap import Basemap
from geogrid_api.settings import load_settings
from geogrid_api.web_files import WebFiles

READS = ("ground", "detail", "layout")


@pytest.fixture(scope="session")
def open_template(once, house_template):
    """Return the file of a store with a version in force (2) and a draft of the district (1)."""

    def make(path):
        shutil.copy(house_template, path)
        house = plan_service.open_house(path, house_template.parent)
        house.publish(house.draft(), day=dt.date(2026, 3, 1))
        house.close()

    return once("open.db", make)


@pytest.fixture
def house(open_template, house_template, tmp_path):
    shutil.copy(open_template, tmp_path / "store.db")
    opened = plan_service.open_house(tmp_path / "store.db", house_template.parent)
    yield opened
    opened.close()


@pytest.fixture
def built(tmp_path):
    """Return the folder of a small built program."""
    folder = tmp_path / "web"
    (folder / "map").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>图</title>", encoding="utf-8")
    (folder / "map" / "index-1a.js").write_text("go();" * 500)
    (folder / "map" / "index-1a.css").write_text("a{}")
    (folder / "map" / "notes.exe").write_text("no")
    (folder / "secret.txt").write_text("no")
    return folder


@pytest.fixture
def web(two_plan, built):
    """Return a reader of one plan with its program."""
    service = create_app(two_plan)
    service.web_map.files = WebFiles(built)
    with TestClient(service) as client:
        yield client


def columns(table, *names):
    at = [table["columns"].index(name) for name in names]
    return [tuple(row[i] for i in at) for row in table["rows"]]


def set_public(house, **layers):
    for name, is_public in layers.items():
        house.admin.ask("PUT", f"/settings/collections/{name}", json={"is_public": is_public})
    house.client.app.library.refresh()


def test_the_page_is_for_everybody_and_allows_its_own_files_only(web):
    answer = web.get("/map?plan=3&grid=gov_grids:370202001001001&theme=walk")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self';" in policy
    again = web.get("/map", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_without_the_built_program_the_page_says_what_to_do(web, tmp_path):
    web.app.web_map.files = WebFiles(tmp_path / "nothing")
    answer = web.get("/map")
    assert answer.status_code == 503
    assert "make web" in answer.json()["detail"]
    page = web.get("/map", headers={"accept": "text/html"})
    assert page.status_code == 503
    assert "make web" in page.text


def test_files_are_kept_for_ever_and_zipped_once(web):
    answer = web.get("/map/index-1a.js")
    assert answer.text == "go();" * 500
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    plain = web.get("/map/index-1a.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["etag"] != answer.headers["etag"]
    assert web.get("/map/index-1a.css").headers["content-type"] == "text/css; charset=utf-8"
    assert web.head("/map/index-1a.js").text == ""
    assert web.post("/map/index-1a.js").status_code == 405


@pytest.mark.parametrize(
    "name",
    [
        *("secret.txt", "index.html", "notes.exe", "../secret.txt", "..%2Fsecret.txt"),
        *("%2e%2e/secret.txt", "..%5csecret.txt", "index-1a.js/", "index-1a.js%00", "x/../y"),
    ],
)
def test_only_the_built_files_are_there(web, name):
    assert web.get(f"/map/{name}").status_code == 404


def test_one_plan_is_open_to_its_computer(web):
    start = web.get("/map/start").json()
    assert (start["has_accounts"], start["me"]) == (False, None)
    (district,) = start["districts"]
    assert district["in_force"]["plan_id"] == 0
    ground = web.get("/map/ground?plan=0").json()
    layout = web.get("/map/layout?plan=0").json()
    detail = web.get("/map/detail?plan=0").json()
    assert ground["key"] == detail["key"] == layout["ground"]
    assert len(layout["grid_ix"]) == len(ground["courtyards"]["rows"]) == 24
    assert layout["plan"] == district["in_force"]
    assert web.get("/map/ground?plan=1").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        *("", "plan=", "plan=x", "plan=-1", "plan=1.0", "plan=99999999999999999999"),
        f"plan={'0' * 20}99999999999999999999",
        *("plan=%EF%BC%91", "plan=1&plan=1", "plan=1&x=1", "plan=1%00", "plan=%ff"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(web, query):
    for what in READS:
        answer = web.get(f"/map/{what}?{query}")
        assert answer.status_code == 400, query
        assert answer.headers["content-type"] == "application/problem+json"
    assert web.get("/map/start?plan=1").status_code == 400


def test_an_answer_is_sent_again_only_if_it_changed(house):
    for what in READS:
        path = f"/map/{what}?plan=2"
        first = house.planner.get(path)
        assert first.headers["content-encoding"] == "gzip"
        assert first.headers["cache-control"] == "private, max-age=0, must-revalidate"
        assert "Cookie" in first.headers["vary"]
        same = house.planner.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        plain = house.planner.get(path, headers={"Accept-Encoding": "identity"})
        assert plain.json() == first.json()
        assert "content-encoding" not in plain.headers


def test_each_answer_is_made_once_for_each_audience(house, monkeypatch):
    made = []
    stock = house.client.app.web_map._stock
    make = stock._make
    monkeypatch.setattr(stock, "_make", lambda wanted: made.append(wanted.what) or make(wanted))
    for who in (house.planner, house.viewer, house.clerk_a, house.planner):
        assert who.get("/map/ground?plan=2").status_code == 200
    assert made == ["ground"]
    house.anonymous.get("/map/ground?plan=2")
    assert made == ["ground", "ground"]


def test_the_public_sees_what_is_in_force_with_small_counts_hidden(house):
    ours, theirs = (
        {what: who.get(f"/map/{what}?plan=2").json() for what in READS}
        for who in (house.planner, house.anonymous)
    )
    assert ours["ground"]["key"] != theirs["ground"]["key"] == theirs["layout"]["ground"]
    shown = columns(theirs["ground"]["courtyards"], "courtyard_id", "households", "load")
    api = house.anonymous.get("/collections/courtyards/items?limit=100").json()["features"]
    told = {one["id"]: one["properties"]["households"] for one in api}
    assert {ident: households for ident, households, _ in shown} == told
    assert all(load is None for _, households, load in shown if households is None)
    assert theirs["detail"]["buildings"] is None
    assert theirs["layout"]["plan"]["made_by"] is None
    assert ours["layout"]["plan"]["made_by"]


def test_a_small_count_is_hidden_from_the_public_only():
    # no courtyard of the town is that small; the rule is the collections' own
    from geogrid.publish.audience import Audience, hide_counts

    table = {"columns": ["name", "households", "load"], "rows": [["甲", 7, 7.5], ["乙", 70, 70]]}
    public = hide_counts(table, Audience(is_known=False))
    assert public["rows"] == [["甲", None, None], ["乙", 70, 70]]
    assert hide_counts(table, Audience()) is table


@pytest.mark.parametrize("layer", ["courtyards", "gov_grids"])
def test_without_its_collections_the_public_sees_no_map(house, layer):
    set_public(house, **{layer: False})
    for what in READS:
        answer = house.anonymous.get(f"/map/{what}?plan=2")
        assert answer.status_code == 401
        assert "bearer" in answer.headers["www-authenticate"].lower()
    (district,) = house.anonymous.get("/map/start").json()["districts"]
    assert (district["in_force"], district["upcoming"]) == (None, None)
    assert house.viewer.get("/map/ground?plan=2").status_code == 200


def test_a_layer_that_is_not_public_stays_away(house):
    set_public(house, beats=False, basic_grids=False, compounds=False)
    ground = house.anonymous.get("/map/ground?plan=2").json()
    assert ground["beats"]["rows"] == ground["stations"]["rows"] == []
    assert ground["basic_grids"] is None
    assert {beat for (beat,) in columns(ground["courtyards"], "beat_id")} == {None}
    set_public(house, beats=True)
    assert house.anonymous.get("/map/ground?plan=2").json()["beats"]["rows"]


def test_the_public_sees_no_draft_no_older_version_and_no_revision(house):
    for path in ("ground?plan=1", "layout?plan=99", "layout?plan=2&revision=1"):
        assert house.anonymous.get(f"/map/{path}").status_code == 401
    newer = house.draft(base=2)
    house.publish(newer, day=dt.date(2026, 3, 2), no="二号")
    house.client.app.library.refresh()
    assert house.anonymous.get("/map/ground?plan=2").status_code == 401
    assert house.anonymous.get(f"/map/ground?plan={newer}").status_code == 200
    assert house.viewer.get("/map/ground?plan=2").status_code == 200


def test_a_clerk_sees_of_a_draft_the_rows_of_the_own_subdistrict(house):
    whole = house.planner.get("/map/ground?plan=1").json()
    for clerk, community in ((house.clerk_a, WEST_CODE), (house.clerk_b, EAST_IN_B)):
        own = clerk.get("/map/ground?plan=1").json()
        assert own["key"] != whole["key"]
        assert {code for (code,) in columns(own["courtyards"], "community_code")} == {community}
        n = len(own["courtyards"]["rows"])
        assert n == 12
        assert {code for (code,) in columns(own["communities"], "community_code")} == {
            WEST_CODE,
            EAST_IN_B,
        }
        sums = dict(columns(own["communities"], "community_code", "households"))
        assert [code for code, told in sums.items() if told is not None] == [community]
        sides = own["cells"]["left"] + own["cells"]["right"]
        assert set(sides) == {-1, *range(n)}
        assert max(own["edges"]["a"] + own["edges"]["b"]) < n
        codes = {code for (code,) in columns(own["basic_grids"], "community_code")}
        assert codes == {community}
        layout = clerk.get("/map/layout?plan=1").json()
        assert all(code.startswith(community) for code in layout["codes"])
        assert len(layout["grid_ix"]) == n
        medoids = [row for (row,) in columns(layout["grids"], "medoid")]
        assert set(medoids) <= set(range(n))
        detail = clerk.get("/map/detail?plan=1").json()
        assert max(detail["walks"]["a"] + detail["walks"]["b"]) < n
    assert len(columns(whole["courtyards"], "courtyard_id")) == 24


def test_a_clerk_knows_no_draft_of_another_subdistrict(house):
    draft = house.draft(scope=B, base=2)
    for what in READS:
        answer = house.clerk_a.get(f"/map/{what}?plan={draft}")
        assert (answer.status_code, answer.json()["detail"]) == (404, f"There is no plan {draft}.")
        assert house.clerk_b.get(f"/map/{what}?plan={draft}").status_code == 200
        assert house.viewer.get(f"/map/{what}?plan=1").status_code == 404


def test_a_layout_follows_the_draft_and_the_ground_does_not(house, sound):
    ident, old, new = sound
    draft = house.draft(base=2)
    ground = house.planner.get(f"/map/ground?plan={draft}")
    assert ground.json()["key"] == house.planner.get("/map/ground?plan=2").json()["key"]
    before = house.planner.get(f"/map/layout?plan={draft}")
    edits = [{"op": "move", "courtyards": [ident], "to": new}]
    edits += [{"op": "lock", "subject": f"courtyard:{ident}"}]
    edits += [{"op": "rename", "grid": new, "name": "滨海网格"}]
    saved = house.planner.post(f"/plans/{draft}/moves", {"edits": edits}, at=0)
    assert saved.status_code == 200, saved.text
    after = house.planner.get(f"/map/layout?plan={draft}")
    assert after.headers["etag"] != before.headers["etag"]
    same = house.planner.get(
        f"/map/ground?plan={draft}", headers={"If-None-Match": ground.headers["etag"]}
    )
    assert same.status_code == 304
    row = [i for (i,) in columns(ground.json()["courtyards"], "courtyard_id")].index(ident)
    was, is_now = before.json(), after.json()
    assert was["codes"][was["grid_ix"][row]] == old
    assert is_now["codes"][is_now["grid_ix"][row]] == new
    assert is_now["locks"] == [f"courtyard:{ident}"]
    assert dict(columns(is_now["grids"], "grid_code", "name"))[new] == "滨海网格"
    assert (is_now["plan"]["revision"], is_now["plan"]["etag"]) == (1, f"{draft}-1")
    older = house.planner.get(f"/map/layout?plan={draft}&revision=0").json()
    assert older["grid_ix"] == was["grid_ix"]
    assert older["plan"]["revision"] == 0
    gone = house.planner.get(f"/map/layout?plan={draft}&revision=9")
    assert gone.status_code == 404


def test_who_took_what_is_written_down(house):
    house.clerk_a.get("/map/ground?plan=1")
    house.clerk_a.get("/map/layout?plan=1")
    house.anonymous.get("/map/ground?plan=2")
    with house.client:
        house.client.portal.call(house.client.app.exports.flush)
        rows = house.store.read_audit(action="export")
    assert {(row.user_name, row.subject) for row in rows} == {
        ("clerk_a", "/map/ground"),
        ("clerk_a", "/map/layout"),
    }


def test_the_start_says_who_asks_and_what_is_there(house):
    nobody = house.anonymous.get("/map/start").json()
    assert nobody["me"] is None
    assert nobody["has_accounts"]
    (district,) = nobody["districts"]
    assert district["in_force"]["plan_id"] == 2
    assert district["in_force"]["base_plan_id"] is None
    clerk = house.clerk_a.get("/map/start")
    assert clerk.headers["cache-control"] == "no-store"
    me = clerk.json()["me"]
    assert (me["name"], me["role"], me["subdistrict"]) == ("clerk_a", "clerk", A)
    later = house.draft(base=2)
    house.publish(later, day=dt.date(2026, 4, 1), no="二号")
    shown = house.viewer.get("/map/start").json()["districts"][0]
    assert shown["upcoming"]["plan_id"] == later
    assert house.anonymous.get("/map/start").json()["districts"][0]["upcoming"] is None


def with_settings(two_plan, **given):
    return create_app(two_plan, settings=load_settings(**given))


def test_a_stated_basemap_gets_through_the_policy(two_plan, built):
    address = "https://{s}.tiles.example:8443/{z}/{x}/{y}.png?key=1"
    service = with_settings(
        two_plan, basemap=address, basemap_attribution="某图", review_no="鲁SG(2026)001号"
    )
    service.web_map.files = WebFiles(built)
    client = TestClient(service)
    policy = client.get("/map").headers["content-security-policy"]
    assert "img-src 'self' data: blob: https://*.tiles.example:8443;" in policy
    assert "connect-src 'self' https://*.tiles.example:8443;" in policy
    start = client.get("/map/start").json()
    assert start["review_no"] == "鲁SG(2026)001号"
    assert start["basemap"] == {
        "kind": "xyz",
        "url": address,
        "attribution": "某图",
        "max_zoom": 18,
    }


@pytest.mark.parametrize(
    "address",
    [
        *("ftp://a.example/{z}/{x}/{y}", "https://a.example/tiles", "javascript://x/{z}{x}{y}"),
        *("https://a.example;script-src *//{z}/{x}/{y}", "https://u:p@a.example/{z}/{x}/{y}"),
        "https://a.example/base.pmtiles",
    ],
)
def test_a_basemap_is_an_address_or_a_path(address):
    with pytest.raises(InputError, match="GEOGRID_BASEMAP"):
        load_settings(basemap=address)


def test_pictures_of_this_machine_are_handed_out(two_plan, tmp_path):
    (tmp_path / "tiles" / "3" / "6").mkdir(parents=True)
    (tmp_path / "tiles" / "3" / "6" / "2.png").write_bytes(b"\x89PNG")
    client = TestClient(with_settings(two_plan, basemap=str(tmp_path / "tiles")))
    told = client.get("/map/start").json()["basemap"]
    assert (told["kind"], told["url"], told["max_zoom"]) == ("xyz", "map/basemap/{z}/{x}/{y}", 3)
    answer = client.get("/map/basemap/3/6/2")
    assert (answer.content, answer.headers["content-type"]) == (b"\x89PNG", "image/png")
    for path in ("3/6/3", "3/6", "3/6/x", "..%2f3/6/2", "99/1/1", "3/6/999999999"):
        assert client.get(f"/map/basemap/{path}").status_code == 404, path
    assert client.post("/map/basemap/3/6/2").status_code == 405


def test_pictures_come_out_of_one_file_too(tmp_path):
    from pmtiles.tile import Compression, TileType, zxy_to_tileid
    from pmtiles.writer import Writer

    path = tmp_path / "base.pmtiles"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.write_tile(zxy_to_tileid(2, 3, 1), b"\x89PNG")
        writer.finalize(
            {
                "tile_type": TileType.PNG,
                "tile_compression": Compression.NONE,
                **dict.fromkeys(("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7"), 0),
                **dict.fromkeys(("center_zoom", "center_lon_e7", "center_lat_e7"), 0),
            },
            {},
        )
    basemap = Basemap(str(path), "某图")
    assert basemap.tile((2, 3, 1)) == (b"\x89PNG", "image/png")
    for nowhere in ((2, 3, 2), (2, 4, 1), (2, 3, 99_999_999), (0, 1, 0)):
        assert basemap.tile(nowhere) is None
    assert basemap.wire()["max_zoom"] == 2
    path.write_bytes(b"no")
    for wrong in (path, tmp_path / "nowhere.pmtiles", tmp_path):
        with pytest.raises(StorageError, match="GEOGRID_BASEMAP"):
            Basemap(str(wrong), "")


def test_the_etag_names_the_content(web):
    answer = web.get("/map/layout?plan=0")
    raw = web.get("/map/layout?plan=0", headers={"accept-encoding": "identity"})
    assert json.loads(raw.content) == answer.json()
    assert raw.headers["etag"].strip('"') + "-gzip" == answer.headers["etag"].strip('"')

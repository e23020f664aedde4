"""Laws of the door: tokens, keys, the cookie, what an admin may, what is written down."""

from __future__ import annotations

import csv
import io
from html import escape

import pytest
from served import PASSWORD

from geogrid_api.security import COOKIE


def test_a_token_tells_who_i_am(web, sign_in):
    assert web.get("/me").json()["via"] == "nobody"
    me = web.get("/me", headers=sign_in("ada")).json()
    assert (me["name"], me["role"], me["via"]) == ("ada", "admin", "token")
    assert "administer" in me["permissions"]


def test_a_wrong_password_and_a_wrong_name_get_the_same_answer(web):
    answers = [
        web.post("/token", json={"name": name, "password": "not this one"})
        for name in ("vera", "nobody-here")
    ]
    assert {answer.status_code for answer in answers} == {401}
    told = [{k: v for k, v in a.json().items() if k != "request_id"} for a in answers]
    assert told[0] == told[1]


def test_a_token_is_dead_after_signing_out(web, sign_in):
    shown = sign_in("ada")
    assert web.get("/users", headers=shown).status_code == 200
    assert web.delete("/token", headers=shown).status_code == 204
    for _ in range(2):
        assert web.get("/users", headers=shown).status_code == 401
    assert web.get("/collections", headers=shown).status_code == 401, "not even what is public"


def test_a_token_is_dead_after_half_an_hour_and_the_renewed_one_is_not(web, sign_in, clock):
    old = sign_in("vera")
    clock.pass_time(minutes=20)
    renewed = web.post("/token/renew", headers=old)
    new = {"Authorization": f"Bearer {renewed.json()['token']}"}
    assert web.get("/me", headers=old).status_code == 401, "a renewed token replaces the old"
    clock.pass_time(minutes=20)
    assert web.get("/me", headers=new).status_code == 200
    clock.pass_time(minutes=20)
    assert web.get("/me", headers=new).status_code == 401


@pytest.mark.parametrize(
    "shown",
    [
        {"Authorization": "Bearer gt_" + "A" * 43},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ."},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic YWRhOmJpY3ljbGU="},
        {"Authorization": "Bearer " + "x" * 5_000},
        {"Authorization": "Bearer gt_' OR '1'='1"},
        {"X-API-Key": "gg_" + "A" * 43},
        {"X-API-Key": "../../etc/passwd"},
    ],
)
def test_forged_secrets_are_refused(web, shown):
    for path in ("/me", "/users", "/collections"):
        answer = web.get(path, headers=shown)
        assert answer.status_code == 401
        assert "bearer" in answer.headers["www-authenticate"].lower()


@pytest.mark.parametrize("path", ["/users", "/keys", "/settings/collections", "/audit", "/plans"])
def test_the_public_is_asked_to_sign_in(web, path):
    assert web.get(path).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users"),
        ("POST", "/users"),
        ("GET", "/users/ada"),
        ("PATCH", "/users/ada"),
        ("GET", "/settings/collections"),
        ("PUT", "/settings/collections/beats"),
        ("GET", "/audit"),
        ("GET", "/keys?user=ada"),
    ],
)
def test_a_viewer_administers_nothing(web, sign_in, method, path):
    bodies = {
        "/users": {"name": "eve", "role": "admin"},
        "/users/ada": {"is_active": False},
        "/settings/collections/beats": {"is_public": False},
    }
    body = bodies.get(path) if method in {"POST", "PATCH", "PUT"} else None
    answer = web.request(method, path, json=body, headers=sign_in("vera"))
    assert answer.status_code == 403


def test_the_cookie_is_for_browsers_only_and_writes_need_our_header(web):
    body = {"name": "ada", "password": PASSWORD, "cookie": True}
    answer = web.post("/token", json=body)
    line = answer.headers["set-cookie"].lower()
    assert "token" not in answer.json(), "no script shall see it"
    for word in ("httponly", "samesite=strict", "path=/"):
        assert word in line
    assert web.cookies[COOKIE]
    assert web.get("/me").json()["via"] == "cookie"
    order = {"label": "a page from elsewhere"}
    assert web.post("/keys", json=order).status_code == 403
    assert web.post("/keys", json=order, headers={"X-Geogrid": "1"}).status_code == 201
    assert web.delete("/token", headers={"X-Geogrid": "1"}).status_code == 204
    assert not web.cookies.get(COOKIE)


def test_an_old_cookie_is_nobody_and_does_not_bar_the_door(web):
    web.cookies.set(COOKIE, "gt_" + "B" * 43)
    assert web.get("/me").json()["via"] == "nobody"
    assert web.post("/token", json={"name": "ada", "password": PASSWORD}).status_code == 201


def test_over_https_the_cookie_stays_there(service):
    from fastapi.testclient import TestClient

    with TestClient(service, base_url="https://grids.example") as web:
        body = {"name": "ada", "password": PASSWORD, "cookie": True}
        line = web.post("/token", json=body).headers["set-cookie"]
    assert "secure" in line.lower()


def test_keys_act_for_programs_but_make_no_keys_and_change_no_password(web, sign_in):
    mine = sign_in("vera")
    made = web.post("/keys", json={"label": "12345 line"}, headers=mine).json()
    shown = {"X-API-Key": made["secret"]}
    assert web.get("/me", headers=shown).json()["via"] == "key"
    listed = web.get("/keys", headers=mine).text
    assert made["key_id"] in listed
    assert made["secret"] not in listed
    assert web.post("/keys", json={"label": "more"}, headers=shown).status_code == 403
    change = {"old": PASSWORD, "new": "another one altogether"}
    assert web.post("/me/password", json=change, headers=shown).status_code == 403
    assert web.delete(f"/keys/{made['key_id']}", headers=mine).status_code == 204
    assert web.get("/me", headers=shown).status_code == 401


def test_nobody_ends_or_makes_the_keys_of_others(web, sign_in):
    ada, vera = sign_in("ada"), sign_in("vera")
    key = web.post("/keys", json={"label": "ada's"}, headers=ada).json()
    assert web.delete(f"/keys/{key['key_id']}", headers=vera).status_code == 404
    order = {"label": "as ada", "user": "ada"}
    assert web.post("/keys", json=order, headers=vera).status_code == 403
    order = {"label": "for vera", "user": "vera"}
    assert web.post("/keys", json=order, headers=ada).json()["user_name"] == "vera"


def test_a_new_password_ends_every_token(web, sign_in):
    old, other = sign_in("vera"), sign_in("vera")
    wrong = {"old": "not this one", "new": "another one altogether"}
    assert web.post("/me/password", json=wrong, headers=old).status_code == 403
    right = wrong | {"old": PASSWORD}
    assert web.post("/me/password", json=right, headers=old).status_code == 204
    assert web.get("/me", headers=other).status_code == 401
    sign_in("vera", "another one altogether")


def test_an_admin_makes_changes_and_closes_accounts(web, sign_in):
    ada = sign_in("ada")
    body = {"name": "carl", "role": "clerk", "subdistrict": "370202001", "password": PASSWORD}
    assert web.post("/users", json=body, headers=ada).status_code == 201
    assert web.post("/users", json=body, headers=ada).status_code == 409
    carl = sign_in("carl")
    assert web.get("/me", headers=carl).json()["subdistrict"] == "370202001"
    changed = web.patch("/users/carl", json={"is_active": False}, headers=ada)
    assert changed.json()["is_active"] is False
    assert web.get("/me", headers=carl).status_code == 401
    assert "password" not in web.get("/users/carl", headers=ada).text.replace("has_password", "")


def test_a_weak_password_and_a_wrong_role_are_refused_without_repeating_them(web, sign_in):
    ada = sign_in("ada")
    weak = {"name": "dora", "role": "viewer", "password": "dora-12345"}
    answer = web.post("/users", json=weak, headers=ada)
    assert answer.status_code == 400
    assert "dora-12345" not in answer.text
    assert web.post("/users", json=weak | {"role": "king"}, headers=ada).status_code == 400
    assert web.post("/users", json=weak | {"is_root": True}, headers=ada).status_code == 400


def test_no_admin_shuts_themselves_out(web, sign_in):
    ada = sign_in("ada")
    for change in ({"is_active": False}, {"role": "viewer"}):
        assert web.patch("/users/ada", json=change, headers=ada).status_code == 409


def test_a_closed_collection_is_for_known_callers(web, sign_in, service):
    ada = sign_in("ada")
    path = "/settings/collections/beats"
    assert web.put(path, json={"is_public": False}, headers=ada).status_code == 200
    service.library.refresh()
    assert web.get("/collections/beats/items").status_code == 401
    assert web.get("/collections/beats/items", headers=ada).status_code == 200
    assert web.get("/collections/communities/items").status_code == 200
    assert web.put(path[:-1], json={"is_public": False}, headers=ada).status_code == 404


def test_the_audit_log_tells_all_and_no_secret(web, sign_in, served):
    ada = sign_in("ada")
    web.post("/users", json={"name": "dora", "role": "viewer"}, headers=ada)
    page = web.get("/audit?limit=3", headers=ada).json()
    actions = [row["action"] for row in page["rows"]]
    assert actions[0] == "audit.read", "reading it is written down first"
    assert "user.add" in actions
    assert page["rows"][1]["user_name"] == "ada"
    assert page["rows"][1]["address"] == "192.0.2.7"
    older = web.get(f"/audit?before={page['next_before']}", headers=ada).json()["rows"]
    assert older[0]["audit_id"] < page["rows"][-1]["audit_id"]
    file = web.get("/audit?f=csv", headers=ada)
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert file.headers["content-type"].startswith("text/csv")
    assert rows[0]["action"] == "audit.export"
    assert len(rows) == len(served.read_audit(limit=1_000))
    token = ada["Authorization"].split()[1]
    assert token not in file.text
    assert PASSWORD not in file.text


@pytest.mark.parametrize(
    "subject", ["=HYPERLINK(1)", " =1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]
)
def test_a_cell_of_the_audit_file_is_no_formula(web, sign_in, served, subject):
    from geogrid.store.audit import Actor, Entry

    served.record(Entry("plan.name", subject, by=Actor("vera", "viewer", "+1")))
    text = web.get("/audit?f=csv", headers=sign_in("ada")).text
    row = next(row for row in csv.DictReader(io.StringIO(text)) if row["action"] == "plan.name")
    assert row["subject"] == f"'{subject}"
    assert row["address"] == "'+1"


def test_known_callers_exports_are_written_down_and_the_publics_are_not(web, sign_in, service):
    vera = sign_in("vera")
    web.get("/collections/courtyards/items?limit=5", headers=vera)
    web.get("/collections/courtyards/items?limit=6")
    web.portal.call(service.exports.flush)
    rows = service.store.read_audit(action="export")
    assert [row.user_name for row in rows] == ["vera"]
    assert rows[0].subject == "/collections/courtyards/items"
    assert rows[0].details["query"] == "limit=5"


def test_what_was_read_is_written_when_the_service_stops(service, served_file):
    from fastapi.testclient import TestClient

    from geogrid.store.store import Store

    with TestClient(service) as web:
        body = {"name": "vera", "password": PASSWORD}
        token = web.post("/token", json=body).json()["token"]
        shown = {"Authorization": f"Bearer {token}"}
        web.get("/collections/beats/items", headers=shown)
    with Store.open(served_file) as store:
        assert store.read_audit(action="export")


def test_the_form_leads_on_to_the_map_and_to_whatever_it_was_to_show(web):
    form = web.get("/sign-in", params={"lang": "en"})
    assert "form-action 'self'" in form.headers["content-security-policy"]
    assert "Password" in form.text
    assert "口令" in web.get("/sign-in", headers={"accept-language": "en"}).text
    typed = {"name": "vera", "password": PASSWORD, "next": "/map"}
    wrong = web.post("/sign-in", data=typed | {"password": "not this one"})
    assert wrong.status_code == 401
    assert "not this one" not in wrong.text
    for after in ("/map", "/map?plan=3&grid=gov_grids:370202001001001&lang=en", "/plans/3?f=html"):
        led = web.post("/sign-in", data=typed | {"next": after}, follow_redirects=False)
        assert (led.status_code, led.headers["location"]) == (303, after[1:])
        assert escape(after) in web.get("/sign-in", params={"next": after}).text


@pytest.mark.parametrize(
    "after",
    ["https://evil.example/", "//evil.example/", "/\\evil", 'x"y', "/map?a=<b", "/map?a=1\r\nx:1"],
)
def test_the_form_leads_to_no_other_house(web, after):
    typed = {"name": "vera", "password": PASSWORD, "next": after}
    answer = web.post("/sign-in", data=typed, follow_redirects=False)
    assert answer.headers["location"] == "map"
    assert after not in web.get("/sign-in", params={"next": after}).text


def test_the_form_is_not_sent_from_elsewhere(web):
    typed = {"name": "vera", "password": PASSWORD}
    for cross in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert web.post("/sign-in", data=typed, headers=cross).status_code == 403
    own = {"origin": "http://testserver"}
    assert web.post("/sign-in", data=typed, headers=own, follow_redirects=False).is_redirect
    assert web.post("/sign-in", json=typed).status_code == 415
    assert web.post("/sign-in", data={"name": "x" * 5_000}).status_code == 413
    assert web.delete("/sign-in").headers["allow"] == "GET, HEAD, POST"


def test_an_unknown_parameter_is_refused(web, sign_in):
    ada = sign_in("ada")
    for path in ("/audit?sinec=2026-01-01T00:00:00Z", "/users?name=ada", "/audit?limit=1&limit=2"):
        assert web.get(path, headers=ada).status_code == 400, path


@pytest.mark.parametrize("as_what", ["Authorization", "Cookie", "X-API-Key"])
def test_a_key_is_a_key_in_whatever_header_it_comes(web, sign_in, as_what):
    made = web.post("/keys", json={"label": "stolen"}, headers=sign_in("vera")).json()
    line = {"Authorization": f"Bearer {made['secret']}", "Cookie": f"{COOKIE}={made['secret']}"}
    shown = {as_what: line.get(as_what, made["secret"]), "X-Geogrid": "1"}
    told = "nobody" if as_what == "Cookie" else "key"
    assert web.get("/me", headers=shown).json()["via"] == told
    assert web.post("/keys", json={"label": "more"}, headers=shown).status_code in {401, 403}
    assert web.delete("/token", headers=shown).status_code in {401, 403}


def test_an_account_changes_whole_or_not_at_all(web, sign_in):
    ada = sign_in("ada")
    change = {"role": "clerk", "password": "another one altogether"}
    assert web.patch("/users/vera", json=change, headers=ada).status_code == 400
    sign_in("vera")
    change = {"role": "planner", "password": "x"}
    assert web.patch("/users/vera", json=change, headers=ada).status_code == 400
    assert web.get("/users/vera", headers=ada).json()["role"] == "viewer"


def test_a_clerk_moves_to_another_subdistrict_without_naming_the_role(web, sign_in):
    ada = sign_in("ada")
    body = {"name": "carla", "role": "clerk", "subdistrict": "370202001"}
    assert web.post("/users", json=body, headers=ada).status_code == 201
    moved = web.patch("/users/carla", json={"subdistrict": "370202002"}, headers=ada).json()
    assert (moved["role"], moved["subdistrict"]) == ("clerk", "370202002")
    assert web.patch("/users/vera", json={"subdistrict": "1"}, headers=ada).status_code == 400


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_moments_at_the_ends_of_the_calendar_are_taken(web, sign_in, moment):
    ada = sign_in("ada")
    assert web.get("/audit", params={"since": moment}, headers=ada).status_code == 200
    assert web.get("/audit", params={"until": moment}, headers=ada).status_code == 200
    made = web.post("/keys", json={"label": "x", "expires_at": moment}, headers=ada)
    assert made.status_code in {201, 400}

"""Laws of the door: who comes in, with what, for how long, and what stays secret."""

from __future__ import annotations

import datetime as dt
import json
import threading

import pytest

from geogrid.errors import ConflictError, InputError, NotFoundError
from geogrid.store import passwords, tables
from geogrid.store.audit import Actor, Entry, acting
from geogrid.store.sessions import _KEY_QUERY, _TOKEN_QUERY
from geogrid.store.store import Store

START = dt.datetime(2026, 3, 1, 4, 0, tzinfo=dt.UTC)
GOOD = "a walk along the sea"


@pytest.fixture(autouse=True)
def _a_hasher_of_its_own():
    passwords._hasher.cache_clear()
    yield
    passwords._hasher.cache_clear()


@pytest.fixture
def door(store):
    return store


@pytest.fixture
def chief(door):
    door.add_user("chief", role="admin", password=GOOD, by="console")
    return door


def token_of(door, name="chief", password=GOOD):
    return door.sign_in(name, password, address="10.0.0.7").token


def actions(door, **filters):
    return [(row.action, row.subject, row.outcome) for row in door.read_audit(**filters)][::-1]


@pytest.mark.parametrize("name", ["", "a", "Chief", "1st", "a" * 33, "a b", "a:b", "王五", "a\n"])
def test_a_name_that_could_be_mistaken_is_refused(door, name):
    with pytest.raises(InputError, match="user name"):
        door.add_user(name, role="viewer", by="console")


def test_a_clerk_has_a_subdistrict_and_nobody_else_has(door):
    with pytest.raises(InputError, match="one subdistrict"):
        door.add_user("wang", role="clerk", by="console")
    with pytest.raises(InputError, match="Only clerks"):
        door.add_user("wang", role="planner", subdistrict="370202001", by="console")
    with pytest.raises(InputError, match="no role"):
        door.add_user("wang", role="root", by="console")
    made = door.add_user("wang", role="clerk", subdistrict="370202001", by="chief")
    assert (made.subdistrict, made.created_by, made.has_password) == ("370202001", "chief", False)


def test_a_name_is_not_given_twice_even_after_closing(chief):
    chief.add_user("wang", role="viewer", by="chief")
    chief.change_user("wang", is_active=False)
    with pytest.raises(ConflictError, match="not given twice"):
        chief.add_user("wang", role="planner", by="chief")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "nine char",
        "x" * 257,
        "1234567890",
        "Password123",
        "my chief phrase",
        "aaaaaaaaaa",
    ],
)
def test_an_easy_password_is_refused_and_not_repeated(door, password):
    with pytest.raises(InputError) as caught:
        door.add_user("chief", role="admin", password=password, by="console")
    assert len(password) < 4 or password not in caught.value.message
    assert door.users() == []


def test_full_width_letters_are_the_same_password(chief):
    wide = "".join(chr(ord(c) + 0xFEE0) if "a" <= c <= "z" else c for c in GOOD)
    assert chief.sign_in("chief", wide) is not None


def test_what_is_kept_of_a_password_is_argon2id_with_stated_costs(monkeypatch, true_costs):
    for name, value in true_costs.items():
        monkeypatch.setattr(passwords, name, value)
    passwords._hasher.cache_clear()
    assert passwords.hash_password(GOOD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_of_older_costs_is_made_anew_at_sign_in(chief, monkeypatch):
    def kept():
        with chief.database.read() as connection:
            return connection.scalar(
                tables.users.select().with_only_columns(tables.users.c.password_hash)
            )

    before = kept()
    monkeypatch.setattr(passwords, "_PASSES", 2)
    passwords._hasher.cache_clear()
    assert chief.sign_in("chief", GOOD) is not None
    assert ",t=1," in before
    assert ",t=2," in kept()
    assert chief.sign_in("chief", GOOD) is not None


def test_the_last_active_admin_stays(chief):
    for change in ({"is_active": False}, {"role": "viewer"}):
        with pytest.raises(ConflictError, match="last active admin"):
            chief.change_user("chief", **change)
    # who has no password cannot sign in, so is no way out
    chief.add_user("bot", role="admin", by="chief")
    with pytest.raises(ConflictError):
        chief.change_user("chief", role="viewer")
    chief.add_user("deputy", role="admin", password=GOOD, by="chief")
    assert chief.change_user("chief", is_active=False).is_active is False
    with pytest.raises(ConflictError):
        chief.change_user("deputy", role="planner")


def test_two_admins_cannot_close_each_other_at_once(chief):
    chief.add_user("deputy", role="admin", password=GOOD, by="chief")
    start, said = threading.Barrier(2), []

    def close(name):
        start.wait()
        try:
            chief.change_user(name, is_active=False)
        except ConflictError as error:
            said.append(error.message)

    pair = [threading.Thread(target=close, args=[name]) for name in ("chief", "deputy")]
    for one in pair:
        one.start()
    for one in pair:
        one.join()
    assert len(said) == 1
    assert [user.is_active for user in chief.users()].count(True) == 1


def test_a_wrong_name_a_wrong_password_and_a_closed_account_look_alike(chief, monkeypatch):
    chief.add_user("gone", role="viewer", password=GOOD, by="chief")
    chief.change_user("gone", is_active=False)
    hashed, verify = [], type(passwords._hasher()).verify

    def watch(hasher, kept, typed):
        hashed.append(kept)
        return verify(hasher, kept, typed)

    monkeypatch.setattr(type(passwords._hasher()), "verify", watch)
    writes = chief.read_audit()[0].audit_id
    for name, password in (("nobody", GOOD), ("chief", "wrong one, sorry"), ("gone", GOOD)):
        assert chief.sign_in(name, password) is None
    # one hash of the same costs and one line in the log each
    assert len(hashed) == 3
    assert len({kept.rsplit("$", 2)[0] for kept in hashed}) == 1
    assert chief.read_audit()[0].audit_id == writes + 3


def test_five_failures_close_the_account_for_a_quarter_of_an_hour(chief, clock):
    for _ in range(5):
        assert chief.sign_in("chief", "not the password") is None
    assert chief.sign_in("chief", GOOD) is None
    assert chief.user("chief").closed_until == START + dt.timedelta(minutes=15)
    clock.pass_time(minutes=15)
    assert chief.sign_in("chief", GOOD) is not None
    assert chief.user("chief").closed_until is None
    # counted from nought again
    for _ in range(4):
        assert chief.sign_in("chief", "not the password") is None
    assert chief.sign_in("chief", GOOD) is not None


def test_tries_at_the_same_time_get_no_more_than_five_guesses(chief, monkeypatch):
    guesses = []
    plain = passwords.is_right
    monkeypatch.setattr(
        "geogrid.store.sessions.is_right",
        lambda kept, typed: (guesses.append(kept), plain(kept, typed))[1],
    )
    crowd = [
        threading.Thread(target=chief.sign_in, args=["chief", f"guess number {n}"])
        for n in range(12)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert sum(kept is not None for kept in guesses) == 5


def test_a_password_in_the_name_field_is_not_written_down(chief):
    chief.sign_in("my secret phrase", "chief")
    assert "secret" not in str(chief.read_audit())


def test_sign_in_is_logged_with_its_address(chief):
    token_of(chief)
    row = chief.read_audit(action="session")[0]
    assert (row.user_name, row.role, row.address) == ("chief", "admin", "10.0.0.7")
    assert actions(chief, action="session") == [
        ("session.sign_in", "chief", "tried"),
        ("session.sign_in", "chief", "done"),
    ]


def test_a_token_opens_for_half_an_hour(chief, clock):
    token = token_of(chief)
    account = chief.who(token)
    assert (account.name, account.role, account.subdistrict, account.via) == (
        *("chief", "admin", None, "token"),
    )
    clock.pass_time(minutes=29, seconds=59)
    assert chief.who(token)
    clock.pass_time(seconds=1)
    assert chief.who(token) is None
    assert chief.renew(token) is None


def test_renewing_gives_a_new_token_and_ends_the_old_one(chief, clock):
    first = token_of(chief)
    clock.pass_time(minutes=20)
    second = chief.renew(first)
    assert chief.who(first) is None
    assert chief.renew(first) is None
    clock.pass_time(minutes=20)
    assert chief.who(second.token).name == "chief"


def test_a_sign_in_lasts_ten_hours_at_most(chief, clock):
    held = chief.sign_in("chief", GOOD)
    for _ in range(23):
        clock.pass_time(minutes=25)
        held = chief.renew(held.token)
    # 9 h 35 min: the last one ends with the ten hours
    clock.pass_time(minutes=20)
    held = chief.renew(held.token)
    assert held.expires_at == held.renew_until == START + dt.timedelta(hours=10)
    clock.pass_time(minutes=5)
    assert chief.who(held.token) is None
    assert chief.renew(held.token) is None


def test_of_two_renewals_at_once_one_wins(chief):
    token, got, start = token_of(chief), [], threading.Barrier(4)

    def renew():
        start.wait()
        got.append(chief.renew(token))

    crowd = [threading.Thread(target=renew) for _ in range(4)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert sum(held is not None for held in got) == 1


def test_after_signing_out_a_token_is_dead_for_every_worker(chief, clock, store_url):
    token = token_of(chief)
    other = Store.open(store_url, now=clock)
    assert other.who(token)
    assert chief.sign_out(token) is True
    assert other.who(token) is None
    assert other.renew(token) is None
    assert other.sign_out(token) is False
    other.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda door: door.set_password("wang", "another long phrase"),
        lambda door: door.change_user("wang", role="planner"),
        lambda door: door.change_user("wang", is_active=False),
    ],
    ids=["password", "role", "closed"],
)
def test_a_changed_account_ends_every_session_of_its_own_and_no_other(chief, change):
    chief.add_user("wang", role="viewer", password=GOOD, by="chief")
    mine, other = [token_of(chief, "wang") for _ in range(2)], token_of(chief)
    change(chief)
    assert [chief.who(token) for token in mine] == [None, None]
    assert chief.who(other)


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "gt_",
        "gg_",
        "gt_" + "A" * 43,
        "gg_" + "A" * 43,
        "x" * 10**6,
        "' OR 1=1 --",
        "gt_\0",
        "gt_钥",
        "gt_\ud800",
    ],
)
def test_a_forged_secret_is_nobody(chief, forged):
    token_of(chief)
    assert chief.who(forged) is None
    assert chief.renew(forged) is None
    assert chief.sign_out(forged) is False


def test_the_hash_in_the_store_opens_nothing(chief):
    token_of(chief)
    with chief.database.read() as connection:
        kept = connection.scalar(
            tables.sessions.select().with_only_columns(tables.sessions.c.token_hash)
        )
    assert chief.who(kept) is None
    assert chief.who("gt_" + kept) is None


def test_a_key_acts_in_its_users_name_until_it_ends(chief, clock):
    chief.add_user("line12345", role="viewer", by="chief")
    made = chief.add_key(
        "line12345", label="pulls GeoJSON", expires_at=START + dt.timedelta(days=90)
    )
    assert made.secret.startswith("gg_")
    assert chief.who(made.secret).via == "key"
    clock.pass_time(days=90)
    assert chief.who(made.secret) is None


def test_an_ended_key_is_dead_at_once_and_cannot_be_ended_again(chief):
    made = chief.add_key("chief", label="for scripts")
    assert chief.end_key(made.key.key_id).ended_at == START
    assert chief.who(made.secret) is None
    with pytest.raises(NotFoundError):
        chief.end_key(made.key.key_id)


def test_closing_a_user_ends_keys_for_good(chief):
    chief.add_user("bot", role="viewer", by="chief")
    secret = chief.add_key("bot", label="x").secret
    chief.change_user("bot", is_active=False)
    chief.change_user("bot", is_active=True)
    assert chief.who(secret) is None
    assert [key.ended_at for key in chief.keys("bot")] == [START]


def test_a_key_must_say_what_it_is_for_and_for_whom(chief):
    for label in ("", "  ", "x" * 129):
        with pytest.raises(InputError, match="label"):
            chief.add_key("chief", label=label)
    with pytest.raises(InputError, match="over already"):
        chief.add_key("chief", label="x", expires_at=START)
    with pytest.raises(NotFoundError):
        chief.add_key("nobody", label="x")


def test_a_role_changed_later_counts_for_keys_made_before(chief):
    chief.add_user("bot", role="planner", by="chief")
    secret = chief.add_key("bot", label="x").secret
    chief.change_user("bot", role="viewer")
    assert chief.who(secret).role == "viewer"


def test_nothing_secret_is_shown_or_kept(chief, caplog):
    held = chief.sign_in("chief", GOOD)
    made = chief.add_key("chief", label="x")
    secrets = (held.token, made.secret, GOOD)
    shown = f"{held!r} {held} {made!r} {made} {chief.users()} {chief.keys()} {caplog.text}"
    assert not [secret for secret in secrets if secret in shown]
    with chief.database.read() as connection:
        kept = [
            str(list(connection.execute(table.select()))) for table in tables.METADATA.sorted_tables
        ]
    assert not [secret for secret in secrets if any(secret in text for text in kept)]


def test_a_look_up_is_one_query_by_an_index(chief):
    word = "EXPLAIN QUERY PLAN" if chief.database.is_sqlite else "EXPLAIN"
    for query in (_TOKEN_QUERY, _KEY_QUERY):
        asked = query.params(hash="0" * 64, now=START)
        text = asked.compile(chief.database.engine, compile_kwargs={"literal_binds": True})
        with chief.database.read() as connection:
            if not chief.database.is_sqlite:
                # so few rows are read faster one by one; what counts is that it need not
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            steps = [str(row) for row in connection.exec_driver_sql(f"{word} {text}")]
        assert not [step for step in steps if "SCAN" in step.split() or "Seq Scan" in step], steps
        assert sum("sessions" in step or "keys" in step for step in steps) >= 1


def test_whoever_acts_stands_in_the_log(chief):
    with acting(Actor("chief", "admin", "10.0.0.9")):
        chief.add_user("wang", role="viewer", by="chief")
    row = chief.read_audit()[0]
    assert (row.user_name, row.role, row.address, row.action, row.subject, row.outcome) == (
        *("chief", "admin", "10.0.0.9", "user.add", "wang", "done"),
    )
    assert row.details == {"role": "viewer", "subdistrict": None}


def test_a_refused_write_leaves_no_line(chief):
    before = len(chief.read_audit())
    with pytest.raises(ConflictError):
        chief.change_user("chief", is_active=False)
    assert len(chief.read_audit()) == before


def test_a_page_of_the_log_goes_on_where_the_last_one_ended(door, clock):
    for n in range(25):
        clock.pass_time(minutes=1)
        door.record(Entry("export.items" if n % 2 else "exports", f"{n}", by=Actor("wang")))
    seen, before = [], None
    while page := door.read_audit(limit=10, before=before):
        seen += [row.subject for row in page]
        before = page[-1].audit_id
    assert seen == [str(n) for n in range(24, -1, -1)]
    # by action: itself and what stands below it, not what begins alike
    assert {row.action for row in door.read_audit(action="export")} == {"export.items"}
    later = START + dt.timedelta(minutes=20)
    assert len(door.read_audit(since=later, until=later + dt.timedelta(minutes=2))) == 2
    assert door.read_audit(user_name="li") == []


def test_the_log_holds_no_secret_and_no_oversized_text(door):
    secret = "gg_" + "q" * 43
    door.record(Entry("x" * 99, f"/plans?key={secret}", details={"said": [secret, "a\0b"]}))
    row = door.read_audit()[0]
    assert secret not in str(row)
    assert len(row.action) == 64
    assert row.details["said"][1] == "a\ufffdb"


def test_rotation_moves_old_lines_into_a_file_and_says_so(door, clock, tmp_path):
    door.record(*(Entry("export.items", f"{n}") for n in range(1500)))
    clock.pass_time(days=200)
    door.record(Entry("export.items", "young"))
    out = tmp_path / "audit.jsonl.gz"
    done = door.rotate_audit(out, days=180)
    assert done.n_rows == 1500
    lines = [json.loads(line) for line in unpack(out).splitlines()]
    assert [line["subject"] for line in lines] == [str(n) for n in range(1500)]
    assert lines[0]["made_at"] == START.isoformat()
    assert [row.action for row in door.read_audit()] == ["audit.rotate", "export.items"]
    assert door.read_audit()[0].details["sha256"] == done.sha256
    with pytest.raises(InputError, match="exists"):
        door.rotate_audit(out)
    assert door.rotate_audit(tmp_path / "none.gz").n_rows == 0
    assert not (tmp_path / "none.gz").exists()


def test_half_a_year_of_the_log_always_stays(door, tmp_path):
    with pytest.raises(InputError, match="180"):
        door.rotate_audit(tmp_path / "a.gz", days=179)


def unpack(path):
    import gzip

    return gzip.decompress(path.read_bytes()).decode()

"""Laws of what a layout keeps: locks, company, distance, beats, the layout before, its codes."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from checker import Ground, _possible, check_plan
from towns import EAST_CODE, WEST_CODE, town, town_layers

from geogrid.errors import InfeasibleError, InputError
from geogrid.governance.layout import make_plan
from geogrid.governance.pairing import pair_plan
from geogrid.governance.previous import OldLayout, old_layout_of_plan, read_previous
from geogrid.governance.reasons import say_prices
from geogrid.governance.rules import KeepRules, LayoutRules, load_rules, rules_from_dict
from geogrid.governance.score import score_layout
from geogrid.governance.whatif import open_what_if
from geogrid.locale import LANGUAGES, phrases
from geogrid.plans.codes import number_grids
from geogrid.plans.continuity import match_grids
from geogrid.solve.conflict import PHRASES
from geogrid.solve.options import PartitionRules, SolveOptions
from geogrid.store.plan_file import read_plan, write_plan

K = 7


def kept(n_grids=K, *, previous=None, partition=None, options=None, district=None, **keep):
    rules = LayoutRules(keep=KeepRules(**keep), partition=partition or PartitionRules())
    return make_plan(
        district or town(), n_grids=n_grids, rules=rules, previous=previous, options=options
    )


def grids_of(plan):
    groups = plan.courtyards.groupby("grid_code")["courtyard_id"].agg(tuple)
    return set(groups)


def share_a_grid(plan, *ids):
    rows = plan.courtyards[plan.courtyards["courtyard_id"].isin(ids)]
    return len(set(rows["grid_code"])) == 1


@pytest.fixture(scope="module")
def free():
    return make_plan(town(), n_grids=K)


# the rows of the town, three columns and four rows a community, paired upwards: not the optimum
BY_HAND = [f"{WEST_CODE}{1 + i // 3:03d}" for i in range(12)] + [
    f"{EAST_CODE}{1 + i % 3:03d}" for i in range(12)
]


def test_a_locked_grid_stays_as_it_is(free):
    lock = ("c01", "c02")
    assert lock not in grids_of(free)
    plan = kept(locked=(lock,))
    assert lock in grids_of(plan)
    assert plan.report["status"] == "optimal"


def test_a_locked_grid_may_lie_outside_the_band():
    plan = kept(8, locked=(("c13",),), partition=PartitionRules(low=0.7, high=1.7))
    assert ("c13",) in grids_of(plan)


def test_courtyards_stay_together(free):
    assert not share_a_grid(free, "c13", "c24")
    assert share_a_grid(kept(together=(("c13", "c24"),)), "c13", "c24")


def test_courtyards_stay_apart(free):
    assert share_a_grid(free, "c13", "c14")
    assert not share_a_grid(kept(apart=(("c13", "c14"),)), "c13", "c14")


def test_a_beat_holds_a_grid_together(free):
    def outside(plan):
        held = plan.courtyards.pivot_table(
            index="grid_code", columns="beat_id", values="households", aggfunc="sum", fill_value=0
        )
        return int((held.sum(axis=1) - held.max(axis=1)).sum())

    assert outside(kept(split_m=5000.0)) < outside(free)


def test_beats_must_be_known_to_cost():
    with pytest.raises(InputError, match="needs each courtyard's beat"):
        kept(split_m=100.0, district=town(beats=None, stations=None))


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        ({"locked": (("c01", "x9"),)}, "locked names courtyards that are not there: x9"),
        ({"together": (("c01", "x9"),)}, "together names .*: x9"),
        ({"apart": (("x8", "x9"),)}, "apart names .*: x8, x9"),
        ({"moved_m": 100.0}, "needs the layout before"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(keep, words):
    with pytest.raises(InputError, match=words):
        kept(**keep)


def one_spot():
    """The town with courtyards 1 and 2 in one spot."""
    courtyards = town_layers()["courtyards"].copy()
    courtyards.loc[1, "geometry"] = courtyards.loc[0, "geometry"]
    return town(courtyards=courtyards)


def test_a_lock_takes_all_courtyards_of_a_spot_with_it():
    plan = kept(locked=(("c01", "c04"),), district=one_spot())
    assert ("c01", "c02", "c04") in grids_of(plan)
    plan = kept(together=(("c01", "c02"),), district=one_spot())
    assert share_a_grid(plan, "c01", "c02")


def test_one_spot_cannot_be_parted():
    with pytest.raises(InputError, match="c01 and c02 lie in one spot"):
        kept(apart=(("c01", "c02"),), district=one_spot())
    with pytest.raises(InputError, match=r"different grids \(c01, c02\)"):
        kept(locked=(("c01",), ("c02",)), district=one_spot())


def test_rules_files_hold_what_is_kept(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(
        '[partition]\nband = "hard"\n[keep]\nlocked = [["c01", "c02"], ["c03"]]\n'
        'together = [["c04", "c05"]]\napart = [["c06", "c07"]]\nmoved_m = 200\nsplit_m = 50.5\n',
        "utf-8",
    )
    rules = load_rules(path)
    assert rules.partition.band == "hard"
    assert rules.keep == KeepRules(
        locked=(("c01", "c02"), ("c03",)),
        together=(("c04", "c05"),),
        apart=(("c06", "c07"),),
        moved_m=200,
        split_m=50.5,
    )
    again = rules_from_dict(json.loads(json.dumps(rules.as_dict())), where="the plan")
    assert again == rules


@pytest.mark.parametrize(
    "text",
    [
        '[partition]\nband = "soggy"\n',
        "[partition]\nband = 3\n",
        '[keep]\nlocked = ["c01"]\n',
        '[keep]\nlocked = "c01"\n',
        "[keep]\nlocked = [[]]\n",
        '[keep]\nlocked = [["c01"], ["c01", "c02"]]\n',
        '[keep]\ntogether = [["c01"]]\n',
        '[keep]\napart = [["c01", "c02", "c03"]]\n',
        '[keep]\napart = [["c01", "c01"]]\n',
        "[keep]\napart = [[1, 2]]\n",
        "[keep]\nmoved_m = -1\n",
        '[keep]\nsplit_m = "much"\n',
        "[keep]\nlocks = []\n",
    ],
)
def test_senseless_values_are_refused(tmp_path, text):
    path = tmp_path / "rules.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError):
        load_rules(path)


def test_a_hard_band_never_gives_way():
    # the lone block of six has 606 households: with 450 to 550 no grids fit it
    asked = {"low": 450 / 404, "high": 550 / 404, "target": 404.0}
    assert kept(5, partition=PartitionRules(**asked)).n_grids == 5
    with pytest.raises(InfeasibleError, match="西岸社区, part 1"):
        kept(5, partition=PartitionRules(**asked, band="hard"))


def test_moving_costs_and_so_fewer_move():
    before = pd.Series(BY_HAND)
    told, priced = kept(previous=before), kept(previous=before, moved_m=2000.0)
    shares = [plan.report["continuity"]["share_staying"] for plan in (told, priced)]
    assert shares[0] < shares[1]
    assert told.report["objective"] == pytest.approx(kept().report["objective"])
    had = town().courtyards["households"].sum()
    moved = had - priced.report["continuity"]["households_staying"]
    plain = priced.report["metrics"]["objective"]
    assert priced.report["objective"] == pytest.approx(plain + 2000.0 * moved)


def test_an_unchanged_layout_keeps_every_code(free):
    plan = kept(previous=free.courtyards["grid_code"])
    assert plan.courtyards["grid_code"].tolist() == free.courtyards["grid_code"].tolist()
    found = plan.report["continuity"]
    assert (found["share_staying"], found["moved"], found["codes_new"]) == (1.0, [], [])
    assert plan.courtyards["previous_grid"].tolist() == free.courtyards["grid_code"].tolist()


def test_a_plan_says_in_both_languages_who_stays(free):
    plan = kept(6, previous=free.courtyards["grid_code"])
    assert "6 grids go on, 1 ended, 0 are new" in plan.explain("en")
    assert "24 个楼院中 3 个换了网格" in plan.explain("zh")
    assert "go on" not in free.explain("en")


def test_a_code_that_vanished_is_not_given_again(free, tmp_path):
    fewer = kept(6, previous=free.courtyards["grid_code"])
    ended = fewer.report["continuity"]["codes_ended"]
    assert len(ended) == 1
    assert set(fewer.courtyards["grid_code"]) == set(free.courtyards["grid_code"]) - set(ended)
    # back to seven: the plan file knows what had ended, so a fresh serial is taken
    path = tmp_path / "fewer.gpkg"
    write_plan(fewer, path)
    district = town()
    again = kept(previous=old_layout_of_plan(district.courtyards, read_plan(path)))
    (new,) = again.report["continuity"]["codes_new"]
    assert new not in set(free.courtyards["grid_code"])
    assert again.report["continuity"]["codes_retired"] == ended
    highest = max(c for c in free.courtyards["grid_code"] if c[:12] == new[:12])
    assert int(new) == int(highest) + 1


def test_codes_of_another_form_are_numbered_afresh():
    plan = kept(previous=pd.Series(["old grid"] * 4 + [f"g{i}" for i in range(20)]))
    for code, grids in plan.gov_grids.groupby("community_code"):
        assert grids["grid_code"].tolist() == [f"{code}{i:03d}" for i in range(1, len(grids) + 1)]
    assert plan.report["continuity"]["codes_kept"] == []
    assert len(plan.report["continuity"]["carried_on"]) == K


def test_serials_go_on_above_the_highest_ever_given():
    codes, serials = number_grids(
        ["A", "A", "A"],
        np.array([(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]),
        kept=["", "A002", "B001"],
        used={"A002", "A005", "B009", "A1234"},
    )
    assert codes == ["A006", "A002", "A007"]
    assert serials.tolist() == [6, 2, 7]
    with pytest.raises(InputError, match="serials up to 1000"):
        number_grids(["A"], np.zeros((1, 2)), kept=[""], used={"A999"})


def test_an_old_grid_is_carried_on_once_and_by_most_of_it():
    labels = np.array([0, 0, 1, 1, 2])
    old = np.array([5, 5, 5, 3, 5])
    carries = match_grids(
        labels,
        old,
        weights=np.array([10.0, 10.0, 30.0, 20.0, 1.0]),
        communities=np.array(["a", "a", "a", "a", "b"], object),
    )
    # 20 households of grid 5 with 20 of grid 3 beat 30 of grid 5 alone; b holds least of 5
    assert carries.tolist() == [5, 3, -1]


def test_the_layout_before_comes_from_a_column_a_csv_or_a_plan(free, tmp_path):
    district = town()
    courtyards = district.courtyards.assign(old=BY_HAND)
    assert read_previous(courtyards, "old").grids.tolist() == BY_HAND
    path = tmp_path / "old.csv"
    ids = [*courtyards["courtyard_id"][:-2], "torn-down"]
    pd.DataFrame({"courtyard_id": ids, "grid": [*BY_HAND[:-2], "370202001002009"]}).to_csv(
        path, index=False
    )
    before = read_previous(courtyards, str(path))
    assert before.grids.tolist() == [*BY_HAND[:-2], "", ""]
    assert before.gone == ("torn-down",)
    plan = kept(previous=before)
    found = plan.report["continuity"]
    assert (found["n_new_courtyards"], found["gone_courtyards"]) == (2, ["torn-down"])
    # its grid ended with it, and no other takes its code
    assert "370202001002009" in found["codes_ended"]
    assert "370202001002009" not in set(plan.courtyards["grid_code"])
    assert old_layout_of_plan(courtyards, free).grids.tolist() == list(free.courtyards["grid_code"])


def test_a_layout_before_that_is_none_is_refused(tmp_path):
    courtyards = town().courtyards
    with pytest.raises(InputError, match="neither a column"):
        read_previous(courtyards, "nothing")
    with pytest.raises(InputError, match="No courtyard has a grid"):
        kept(previous=pd.Series([None] * 24))
    with pytest.raises(InputError, match="has 3 rows"):
        kept(previous=pd.Series(["a", "b", "c"]))
    path = tmp_path / "other.csv"
    pd.DataFrame({"courtyard_id": ["x1", "x2"], "grid": "g"}).to_csv(path, index=False)
    with pytest.raises(InputError, match="No courtyard has a grid"):
        read_previous(courtyards, str(path))


def test_numbers_that_became_fractions_are_codes_again():
    from geogrid.governance.previous import old_layout

    column = pd.Series([370202001001001.0, np.nan, 370202001001002.0])
    before = old_layout(pd.DataFrame({"courtyard_id": list("abc")}), column)
    assert before.grids.tolist() == ["370202001001001", "", "370202001001002"]


def test_the_certificate_names_the_old_grids_in_the_order_of_the_duals():
    plan = kept(previous=pd.Series(BY_HAND), moved_m=300.0)
    part_of = plan.courtyards.groupby("part_id")["courtyard_id"].agg(set)
    old_of = plan.courtyards.groupby("part_id")["previous_grid"].agg(set)
    for (part, _), rows in plan.certificate.groupby(["part_id", "k"]):
        names = rows["row"].tolist()
        courtyards = [n for n in names if n != "k" and not n.startswith("old:")]
        old = [n.removeprefix("old:") for n in names if n.startswith("old:")]
        assert names == [*courtyards, *(f"old:{n}" for n in old), "k"]
        assert set(courtyards) == part_of[part]
        assert old == sorted(old_of[part])
    for part in plan.report["parts"]:
        rows = plan.certificate[plan.certificate["part_id"] == part["part_id"]]
        bounds = [
            cut.loc[cut["row"] != "k", "dual"].sum()
            + part["k"] * cut.loc[cut["row"] == "k", "dual"].sum()
            for _, cut in rows.groupby("k")
        ]
        assert max(bounds) <= part["objective"] * (1 + 1e-9)
    # nothing moves at a price of 0, so old grids are no rows then
    quiet = kept(previous=pd.Series(BY_HAND)).certificate["row"]
    assert not quiet.str.startswith("old:").any()


def test_what_is_kept_survives_the_file_and_pairing(tmp_path):
    path = tmp_path / "plan.gpkg"
    write_plan(kept(previous=pd.Series(BY_HAND), moved_m=300.0, locked=(("c01", "c02"),)), path)
    paired = pair_plan(read_plan(path), "gov_grids").plan
    assert paired.report["rules"]["keep"]["locked"] == [["c01", "c02"]]
    study = open_what_if(paired)
    assert study.base.objective == pytest.approx(paired.report["objective"])
    (unlocked,) = [p for p in study.price_rules() if p.phrase == "without_lock"]
    assert "c01, c02" in say_prices([unlocked], "en")


def test_score_compares_walk_and_balance_whatever_is_kept(free):
    rules = LayoutRules(keep=KeepRules(locked=(("c01", "c02"),)))
    scored = score_layout(town(), free.courtyards["grid_code"], rules=rules)
    assert scored.optimum == pytest.approx(free.report["objective"])


def test_two_processes_make_the_same_plan(free):
    other = kept(options=SolveOptions(n_jobs=2))
    assert other.courtyards["grid_code"].tolist() == free.courtyards["grid_code"].tolist()
    assert other.report["objective"] == free.report["objective"]
    assert other.report["bound"] == free.report["bound"]
    pd.testing.assert_frame_equal(other.certificate, free.certificate)


CONFLICTS = [
    (
        {"locked": (("c01", "c08"),)},
        "6 courtyards): locked into one grid, but not hanging together: c01, c08. Change it.",
        "西岸社区第 1 片（6 个楼院、606 户）：c01、c08 锁定为一个网格，但互不相连。请改动这一条。",
    ),
    (
        {"together": (("c13", "c14"),), "apart": (("c13", "c14"),)},
        "c13, c14 may not share a grid; c13, c14 (203 households) share a grid. Change any one of",
        "c13、c14 不得在同一网格；c13、c14（203 户）须在同一网格。改动其中任何一条即可。",
    ),
    (
        {
            "together": (tuple(f"c{i}" for i in range(13, 20)),),
            "partition": PartitionRules(band="hard"),
        },
        "no grid has more than 519 households; c13, c14, c15, c16, c17, c18, c19 (707",
        "每个网格不多于 519 户；c13、c14、c15、c16、c17、c18、c19（707 户）须在同一网格",
    ),
]


@pytest.mark.parametrize(("keep", "english", "chinese"), CONFLICTS)
def test_a_conflict_is_said_in_names_and_both_languages(keep, english, chinese):
    with pytest.raises(InfeasibleError) as caught:
        kept(**keep)
    facts = caught.value.facts
    assert english in caught.value.message
    assert facts["words"]["en"] == caught.value.message
    assert chinese in facts["words"]["zh"]
    assert facts["conflicts"]


@pytest.mark.parametrize(("n_grids", "chinese"), [(2, "少于边界和屏障"), (25, "最多可划 24 个")])
def test_numbers_that_cannot_be_are_said_in_both_languages(n_grids, chinese):
    with pytest.raises(InfeasibleError) as caught:
        kept(n_grids)
    assert chinese in caught.value.facts["words"]["zh"]
    assert ("c04 与 c07 之间，跨主干道" in caught.value.facts["words"]["zh"]) == (n_grids == 2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_demand_has_its_words(language):
    assert set(phrases(language, "demands")) == set(PHRASES)


def test_both_languages_hold_the_same_phrases_with_the_same_blanks():
    for table in ("infeasible", "demands", "border"):
        english, chinese = (phrases(language, table) for language in ("en", "zh"))
        assert set(english) == set(chinese)
        for key, said in english.items():
            blanks = [set(re.findall(r"{(\w+)}", text)) for text in (said, chinese[key])]
            # reasons of crossings are told in English alone
            assert blanks[0] - {"why"} == blanks[1], key


@pytest.mark.parametrize("kind", [pd.Series, dict])
def test_old_grids_given_by_courtyard_are_read_by_courtyard_whatever_their_order(kind):
    ids = town().courtyards["courtyard_id"]
    given = dict(zip(ids, BY_HAND, strict=True))
    turned = kind({ident: given[ident] for ident in reversed(ids.tolist())})
    in_order = kept(previous=pd.Series(BY_HAND)).report["continuity"]
    assert kept(previous=turned).report["continuity"] == in_order


def test_an_old_layout_gives_each_courtyard_one_grid():
    twice = pd.Series(["a", "b"], index=["c01", "c01"])
    with pytest.raises(InputError, match="two grids to c01"):
        kept(previous=twice)
    with pytest.raises(InputError, match="layout before is 5"):
        kept(previous=5)


def test_an_old_layout_may_be_handed_over_whole():
    grids = np.array(BY_HAND, object)
    before = OldLayout(grids, tuple(sorted(set(BY_HAND))), retired=(f"{EAST_CODE}040",))
    plan = kept(8, previous=before)
    new = [c for c in plan.report["continuity"]["codes_new"] if c.startswith(EAST_CODE)]
    assert all(int(code[-3:]) > 40 for code in new)


KEPT = {
    "nothing, after a layout by hand": {"previous": pd.Series(BY_HAND)},
    "old grids": {"previous": pd.Series(BY_HAND), "moved_m": 300.0},
    "old grids at a high price": {"previous": pd.Series(BY_HAND), "moved_m": 3000.0},
    "beats": {"split_m": 500.0},
    "locks": {"locked": (("c01", "c02"), ("c13",)), "partition": PartitionRules(0.7, 1.7)},
    "company and distance": {"together": (("c13", "c24"),), "apart": (("c14", "c17"),)},
    "a hard band": {"partition": PartitionRules(band="hard")},
    "all of it": {
        "previous": pd.Series([*BY_HAND[:-3], None, None, "elsewhere"]),
        "moved_m": 250.0,
        "split_m": 100.0,
        "locked": (("c01", "c02"),),
        "together": (("c13", "c24"),),
        "apart": (("c14", "c17"),),
    },
    "all of it where two share a spot": {
        "previous": pd.Series([*BY_HAND[:-3], None, None, "elsewhere"]),
        "moved_m": 250.0,
        "split_m": 100.0,
        "locked": (("c01", "c04"),),
        "apart": (("c14", "c17"),),
        "district": None,
    },
}


@pytest.mark.parametrize("what", KEPT)
def test_the_checker_re_proves_what_is_kept(tmp_path, what):
    asked = dict(KEPT[what])
    if "district" in asked:
        asked["district"] = one_spot()
    path = tmp_path / "plan.gpkg"
    write_plan(kept(8, **asked), path)
    assert check_plan(path, n_grids=8) == []


@pytest.mark.parametrize(
    ("locked", "band", "expected"),
    [
        ((), (1.0, 1.5), [3, 4]),
        # five of six places are left, and two of their households make a grid at least
        ((0b000001,), (2.0, 3.0), [3]),
        ((0b000111, 0b111000), (0.5, None), [2]),
    ],
)
def test_the_checker_counts_grids_beside_the_locks(locked, band, expected):
    ground = Ground([1.0] * 6, [0] * 6, [[0.0] * 6] * 6, 1.5, 0.0, locked=locked)
    claims = SimpleNamespace(target=1.5 if not locked else 1.0)
    assert _possible(claims, {"band": band}, ground) == expected


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        ({"locked": [["c01", "c02"]]}, "are locked into one grid and are none"),
        ({"together": [["c13", "c24"]]}, "share no grid"),
        ({"apart": [["c13", "c14"]]}, "share a grid"),
        ({"split_m": 500.0}, "the objective is"),
        ({"moved_m": 300.0}, "the objective is"),
    ],
)
def test_the_checker_catches_rules_that_were_not_obeyed(tmp_path, keep, words):
    plan = kept(previous=pd.Series(BY_HAND))
    rules = plan.report["rules"]
    path = tmp_path / "plan.gpkg"
    write_plan(plan.with_report(rules={**rules, "keep": {**rules["keep"], **keep}}), path)
    assert any(words in fault for fault in check_plan(path)), keep


@pytest.mark.parametrize("wrong", ["moved", "codes_retired", "old dual"])
def test_the_checker_catches_a_false_tale_of_the_layout_before(tmp_path, wrong):
    from dataclasses import replace

    plan = kept(previous=pd.Series(BY_HAND), moved_m=300.0)
    told = plan.report["continuity"]
    if wrong == "moved":
        plan, words = plan.with_report(continuity={**told, "moved": []}), "not as the report says"
    elif wrong == "codes_retired":
        given = [plan.gov_grids["grid_code"].iloc[0]]
        plan, words = plan.with_report(continuity={**told, wrong: given}), "was given before"
    else:
        rows = plan.certificate.copy()
        at = rows.index[rows["row"].str.startswith("old:")][0]
        rows.loc[at, "dual"] = 1000.0
        plan, words = replace(plan, certificate=rows), "less than the certificate says"
    path = tmp_path / "plan.gpkg"
    write_plan(plan, path)
    assert any(words in fault for fault in check_plan(path)), wrong

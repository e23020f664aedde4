"""The cards of results: whole, escaped, small, the same in every run, and no frame printed."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import map_plan
import pytest
from towns import town

import geogrid
from geogrid.governance.edit import regroup
from geogrid.locale import LANGUAGES, phrases
from geogrid.plans.compare import compare
from geogrid.publish.cards import sheet
from geogrid.publish.cards.curves import Curve, curve
from geogrid.publish.cards.drawing import window_on
from geogrid.publish.cards.layouts import plan_map
from geogrid.showing import card
from geogrid.sources.findings import Finding, Tally
from geogrid.sources.intake import Change, Changes, Import, SystemTold

EVIL = "<script>alert(1)</script> \"quoted\" & 'more'"
LARGEST = 300_000
# elements that stand alone
VOID = {"img", "br"}
KNOWN = {"div", "span", "p", "b", "table", "thead", "tbody", "tr", "th", "td", "figure"}
KNOWN |= {"figcaption", "pre", "style", *VOID}


class Elements(HTMLParser):
    """Collect elements and check that they nest."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.images, self.text = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on") or name == "href"]
        if tag == "img":
            self.images.append(given)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(html):
    """Return a card's elements, after what holds for every card was checked."""
    found = Elements()
    found.feed(html)
    assert not found.open
    assert found.tags <= KNOWN
    assert len(html.encode()) < LARGEST
    assert "nan" not in "".join(found.text).lower().split()
    for shown in found.images:
        assert shown["alt"]
        kind, data = shown["src"].split(",", 1)
        assert kind == "data:image/svg+xml"
        svg = ET.fromstring(unquote(data))  # noqa: S314 - drawn by us
        assert float(svg.get("width")) > 0
        assert not [e for e in svg.iter() if e.tag.rpartition("}")[2] in {"script", "image", "a"}]
    return found


@pytest.fixture(scope="module")
def study():
    return geogrid.open(town(), progress=False)


@pytest.fixture(scope="module")
def plan(study):
    return study.pair(study.plan(grids=6))


@pytest.fixture(scope="module")
def edited(plan):
    home = dict(zip(plan.courtyards["courtyard_id"], plan.courtyards["grid_code"], strict=True))
    codes = sorted(set(home.values()))
    first = codes[-1]
    mate = next(c for c in reversed(codes) if c[:12] == first[:12] and c != first)
    return regroup(plan, home | {next(i for i, c in home.items() if c == first): mate})


@pytest.fixture(scope="module")
def results(study, plan, edited):
    ident = plan.courtyards["courtyard_id"].iloc[0]
    return {
        "study": study,
        "district": plan.district,
        "plan": plan,
        "comparison": study.compare(plan, edited),
        "same": study.compare(plan, plan),
        "score": study.score(plan),
        "explanation": study.explain(plan),
        "why": study.explain(plan, ident),
        "scenarios": study.scenarios({"as it is": {}, "no": {"grids": 1}}, base=plan, n_jobs=1),
        "prices": study.prices(plan),
        "front": study.front(plan, balances_m=(100, 5000), n_jobs=1),
        "front of grids": study.front(plan, grids=(1, 5, 7), n_jobs=1),
        "next grids": study.next_grids(plan),
        "sensitivity": study.sensitivity(plan, draws=2, n_jobs=1),
        "import": an_import(plan.district),
        "nothing imported": an_import(None),
    }


def an_import(district):
    """Return what came of a ledger with a row to correct, one mended, and one to look at."""
    places = {"file": "l.xlsx", "sheet": EVIL, "column": "户数"}
    findings = (
        Finding("households_missing", "rejected", **places, row=7, value=EVIL),
        Finding("households_range", "rejected", **places, row=9, value="50-70"),
        Finding("grouped_digits", "mended", **places, row=8, value="1,200", told={"read": "1200"}),
        Finding("households_zero", "note", **places, row=10, value="0"),
    )
    systems = {
        "courtyards": SystemTold("gcj02", "confirmed"),
        "communities": SystemTold("EPSG:4549", "declared"),
    }
    changes = Changes(("C1",), (Change("C2", "households", "3", "4"),), 1, ("C9",))
    tally = Tally(5, 2, 1, 2)
    return Import(district, tally, findings, systems=systems, changes=changes)


NAMES = (
    *("study", "district", "plan", "comparison", "same", "score", "explanation", "why"),
    *("scenarios", "prices", "front", "front of grids", "next grids", "sensitivity"),
    *("import", "nothing imported"),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_whole_small_and_the_same_twice(results, name):
    html = results[name]._repr_html_()
    found = read(html)
    assert html == results[name]._repr_html_()
    assert phrases("zh", "cards")["plan"]
    assert re.search(r"[\u4e00-\u9fff]", "".join(found.text))


@pytest.mark.parametrize("name", NAMES)
def test_a_result_prints_one_line(results, name):
    said = repr(results[name])
    assert "\n" not in said
    assert len(said) < 300


def test_a_plan_says_what_is_proven_and_that_its_data_is_made_up():
    text = "".join(read(map_plan.drawn_plan()._repr_html_()).text)
    for key in ("status_optimal", "synthetic", "internal"):
        assert all(phrases(language, "cards")[key] in text for language in LANGUAGES)
    true = map_plan.drawn_plan(synthetic="false").with_report(status="gap", gap=0.0123)
    text = "".join(read(true._repr_html_()).text)
    assert "1.23 %" in text
    assert phrases("zh", "cards")["synthetic"] not in text


@pytest.mark.parametrize("status", ["gap", "heuristic", "edited", "unheard of"])
def test_what_is_not_proven_is_never_said_to_be(status):
    plan = map_plan.drawn_plan().with_report(status=status, gap=None, bound=None)
    text = "".join(read(plan._repr_html_()).text)
    assert not any(phrases(k, "cards")["status_optimal"] in text for k in LANGUAGES)


def test_names_are_text_whatever_they_hold():
    district = map_plan.drawn_district(names=dict.fromkeys(map_plan.YARDS, EVIL), attribution=EVIL)
    evil = dataclasses.replace(district, name=EVIL)
    plan = dataclasses.replace(map_plan.drawn_plan(), district=evil)
    for result in (evil, plan):
        html = result._repr_html_()
        assert "<script" not in html
        assert EVIL in "".join(read(html).text)


def test_names_in_a_comparison_are_text(study, plan, edited):
    def renamed(plan):
        yards = plan.courtyards.assign(name=EVIL)
        homes = plan.district.communities.assign(name=EVIL)
        tables = {**plan.district.tables, "courtyards": yards, "communities": homes}
        district = dataclasses.replace(plan.district, tables=tables)
        return dataclasses.replace(
            plan, district=district, gov_grids=plan.gov_grids.assign(name=EVIL)
        )

    bad = renamed(plan)
    for result in (compare(bad, renamed(edited)), study.score(plan), study.explain(bad)):
        html = result._repr_html_()
        assert "<script" not in html
        read(html)


def test_proof_is_claimed_for_all_only_if_it_holds_for_all(results):
    claim = phrases("zh", "cards")["all_proven"]
    prices = results["prices"]
    assert claim in prices._repr_html_()
    unsure = dataclasses.replace(prices.rows[0], is_proven=False)
    doubted = dataclasses.replace(prices, rows=(unsure, *prices.rows[1:]))._repr_html_()
    assert claim not in doubted
    assert phrases("zh", "cards")["price_at_most"] in doubted
    assert claim in results["front"]._repr_html_()
    # one grid for two communities is no plan, and proves nothing of the others
    assert claim not in results["front of grids"]._repr_html_()


def test_the_best_of_a_column_is_marked_by_a_sign(study, plan):
    found = study.scenarios(
        {"short": {"balance_m": 1}, "even": {"balance_m": 9000}}, base=plan, n_jobs=1
    )
    html = found._repr_html_()
    assert html.count("★") >= 2
    walks = found.table["walk_mean_m"]
    if walks["short"] < walks["even"]:
        assert f"★ {walks['short']:,.1f}" in html


def test_a_curve_keeps_its_points_within_its_frame():
    svg = curve(Curve([84.1, 90.0, 101.0], [0.2, 0.2, 0.2], ["1", "2", "3"], chosen=1))
    drawn = ET.fromstring(svg)  # noqa: S314 - drawn by us
    dots = [e for e in drawn.iter() if e.tag.endswith("circle")]
    assert len(dots) == 2
    assert all(0 < float(dot.get("cx")) < float(drawn.get("width")) for dot in dots)
    assert all(0 < float(dot.get("cy")) < float(drawn.get("height")) for dot in dots)
    alone = curve(Curve([5.0], [0.0], ["x"]))
    assert "nan" not in alone


def test_tables_show_their_first_rows_and_count_the_rest():
    html = sheet.table(["a", "b"], [(str(i), "<i>") for i in range(30)], most=5)
    assert html.count("<tr>") == 6
    assert "&lt;i&gt;" in html
    assert "25" in html


def test_the_map_shows_every_grid_and_keeps_to_its_window():
    plan = map_plan.drawn_plan()
    svg = plan_map(plan, width_px=300)
    ET.fromstring(svg)  # noqa: S314 - drawn by us
    # a part of each of five grids, however many colours they share
    coloured = re.search(r'<g stroke="#ffffff".*?</g>', svg).group()
    assert coloured.count("M") == 5
    west = plan.gov_grids.total_bounds[2] + 5000
    elsewhere = window_on((west, 0, west + 1000, 1000), 300)
    assert (
        "M"
        not in re.search(
            r'<g stroke="#ffffff".*?</g>', plan_map(plan, width_px=300, window=elsewhere)
        ).group()
    )


def test_a_plan_without_measures_or_landscape_still_has_a_card():
    plan = map_plan.drawn_plan(paired=False)
    tables = {**plan.district.tables}
    tables["landscape"] = tables["landscape"].iloc[:0]
    bare = dataclasses.replace(plan, district=dataclasses.replace(plan.district, tables=tables))
    read(bare._repr_html_())


def test_cards_speak_the_same_phrases_in_both_languages():
    first, second = (phrases(language, "cards") for language in LANGUAGES)
    fields = [set(re.findall(r"{(\w+)}", text)) for text in (*first.values(), *second.values())]
    assert list(first) == list(second)
    assert fields[: len(first)] == fields[len(first) :]


def test_what_has_no_card_shows_its_line():
    assert card(object()).startswith("<pre>&lt;object")


@pytest.mark.slow
def test_the_cards_of_the_sample_are_small(sample_plan_path):
    plan = geogrid.read_plan(sample_plan_path)
    for result in (plan, plan.district, compare(plan, plan)):
        read(result._repr_html_())


def test_an_import_says_its_counts_its_systems_and_a_cause_in_both_languages(results):
    text = "".join(read(results["import"]._repr_html_()).text)
    finding = results["import"].findings[1]
    for language in LANGUAGES:
        assert finding.reason(language) in text
        assert phrases(language, "cards")["rows_rejected"] in text
        assert phrases(language, "names")["system_gcj02"] in text


def test_findings_are_a_table_in_either_language(results):
    found = results["import"]
    for language in LANGUAGES:
        rows = found.table(language)
        assert list(rows["reason"]) == [one.reason(language) for one in found.findings]
        assert list(rows["row"]) == [7, 9, 8, 10]
    assert list(found.table().columns) == list(dataclasses.replace(found, findings=()).table())

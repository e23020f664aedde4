"""How results show themselves: one line in a console, never a table of thousands of rows."""

from dataclasses import dataclass, field

import map_plan
import pandas as pd
import pytest

from geogrid.showing import Shown, card


@dataclass(frozen=True, repr=False)
class Found(Shown):
    grids: int
    table: pd.DataFrame
    rows: tuple[int, ...]
    words: str
    hidden: str = field(default="secret", repr=False)


def test_a_result_prints_itself_in_one_line_with_the_size_of_its_tables():
    found = Found(3, pd.DataFrame({"a": range(2000)}), (1, 2), "x" * 100)
    assert (
        repr(found) == "Found(grids=3, table=<DataFrame 2,000 x 1>, rows=<tuple of 2>, words=<str>)"
    )


def test_what_has_no_card_shows_its_line_escaped():
    assert card("<b>") == "<pre>&#x27;&lt;b&gt;&#x27;</pre>"


@pytest.mark.parametrize("what", ["plan", "district"])
def test_a_plan_and_a_district_print_themselves_in_one_line(what):
    plan = map_plan.drawn_plan()
    said = repr({"plan": plan, "district": plan.district}[what])
    assert "\n" not in said
    assert len(said) < 250
    assert said.startswith(
        {"plan": "Plan(东山区, 5 grids of 12 courtyards", "district": "District("}[what]
    )

"""Laws of two people at one draft: what does not collide merges, what does is asked about.

One of them loses the network for a minute and goes on; a minute is what the page's clock is told.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from web_house import OWN, seated

from geogrid.governance.verdict import Judge
from geogrid.store.plan_file import read_plan
from geogrid.store.store import Store

pytestmark = pytest.mark.e2e


class Way(NamedTuple):
    """One courtyard and two grids beside it that may have it, by code and by name."""

    courtyard: str
    to: tuple[str, ...]
    names: tuple[str, ...]


@pytest.fixture(scope="module")
def ways(paired_plan_path):
    """Return courtyards of one's own office, no two in or beside the same grids; first the one
    that two grids may have."""
    plan = read_plan(paired_plan_path)
    judge = Judge(plan)
    graph, yards = judge.graph, plan.courtyards
    codes = dict(zip(yards["courtyard_id"], yards["grid_code"], strict=True))
    homes = dict(zip(yards["courtyard_id"], yards["community_code"], strict=True))
    names = dict(zip(plan.gov_grids["grid_code"], plan.gov_grids["name"], strict=True))
    beside = {}
    pairs = zip(graph.a_ix, graph.b_ix, graph.is_usable, strict=True)
    for a, b in ((graph.ids[a], graph.ids[b]) for a, b, usable in pairs if usable):
        for one, other in ((a, b), (b, a)):
            to = codes[other]
            is_near = homes[one] == homes[other] and homes[one].startswith(OWN)
            if is_near and to != codes[one] and not judge.judge(codes | {one: to}).hard:
                beside.setdefault(one, set()).add(to)
    found, used = [], set()
    for one, to in sorted(beside.items(), key=lambda item: (-len(item[1]), item[0])):
        those = {codes[one], *to}
        if not those & used:
            used |= those
            found.append(Way(one, tuple(sorted(to)), tuple(names[code] for code in sorted(to))))
    assert len(found[0].to) > 1
    assert len(found) >= 4
    return found


def draft_of(house):
    """Make a draft of the office's own and return its number."""
    with Store.open(house.store) as store:
        return store.derive_plan(1, title="江苏路调整", by="clerk", scope=OWN).plan_id


def state_of(house, plan_id):
    """Return who lies where as the store has it."""
    with Store.open(house.store) as store:
        return dict(store.draft(plan_id).assignment)


def test_edits_of_two_browsers_merge_and_collisions_are_asked(chromium, own_house, ways):
    plan_id = draft_of(own_house)
    both, first, second, third = ways[:4]
    with (
        seated(chromium, own_house.address, "desk", is_strict=False) as clerk,
        seated(chromium, own_house.address, "phone") as colleague,
    ):
        for seat, name in ((clerk, "clerk"), (colleague, "colleague")):
            # a clock that goes on by itself, and further when it is told to
            seat.page.clock.install()
            seat.open().sign_in(name)
            seat.edit(plan_id)

        def shows(seat, way, at=0):
            seat.until(lambda: seat.assignment()[way.courtyard] == way.to[at], f"no {way}")

        def looks(seat, *ways):
            # it asks for news every five seconds; more would give up what it is asking just now
            seat.page.clock.fast_forward(7_000)
            for way in ways:
                shows(seat, way)

        clerk.give(first.courtyard, first.names[0])
        shows(clerk, first)
        colleague.give(second.courtyard, second.names[0])
        shows(colleague, second)
        for seat in (clerk, colleague):
            seat.saved()
        for seat in (clerk, colleague):
            looks(seat, first, second)

        # a minute without a network; both go on, one courtyard they both give away
        clerk.context.set_offline(True)
        clerk.give(third.courtyard, third.names[0])
        clerk.give(both.courtyard, both.names[0])
        clerk.saved("offline")
        colleague.give(both.courtyard, both.names[1])
        colleague.saved()
        shows(colleague, both, 1)
        clerk.page.clock.fast_forward(60_000)
        for way in (third, both):
            shows(clerk, way)
        # the page is told of the network, and goes on at once
        clerk.context.set_offline(False)
        clerk.saved("conflict")

        dialog = clerk.page.get_by_role("dialog")
        said = dialog.inner_text()
        assert "colleague" in said
        assert both.names[0] in said
        assert both.names[1] in said
        dialog.get_by_role("button", name="用我的").click()
        clerk.saved()
        for seat in (clerk, colleague):
            looks(seat, third, both)
            state = state_of(own_house, plan_id)
            assert seat.assignment().items() <= state.items()
        moved = {one.courtyard: one.to[0] for one in (first, second, third, both)}
        assert moved.items() <= state.items()


def test_edits_without_a_network_outlive_the_tab(chromium, own_house, ways):
    plan_id = draft_of(own_house)
    one, other = ways[:2]
    with seated(chromium, own_house.address, "desk", is_strict=False) as clerk:

        def lies(way, is_given):
            # what is on the screen is in the book, which says whether it is saved
            clerk.until(
                lambda: (clerk.assignment()[way.courtyard] == way.to[0]) == is_given,
                f"{way}: not {is_given}",
            )

        clerk.open().sign_in("clerk")
        clerk.edit(plan_id)
        clerk.give(one.courtyard, one.names[0])
        clerk.saved()
        clerk.context.set_offline(True)
        clerk.give(other.courtyard, other.names[0])
        clerk.saved("offline")
        # the tab dies before anything could be sent
        clerk.page.close()
        clerk.context.set_offline(False)
        assert state_of(own_house, plan_id)[other.courtyard] != other.to[0]
        clerk.page = clerk.context.new_page()
        clerk.edit(plan_id)
        lies(other, True)
        clerk.saved()
        assert state_of(own_house, plan_id)[other.courtyard] == other.to[0]
        # and what was done before can still be taken back
        for way in (other, one):
            clerk.page.get_by_role("button", name="撤销").click()
            lies(way, False)
            clerk.saved()
        state = state_of(own_house, plan_id)
        assert state[one.courtyard] != one.to[0]
        assert state[other.courtyard] != other.to[0]

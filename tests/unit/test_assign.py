"""Laws of the assignment: what it gives, what it reports, and each conflict by name."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from geogrid.errors import InfeasibleError, InputError, SolverError, SolverTimeout
from geogrid.solve import assign_model
from geogrid.solve.assign import assign

X = np.inf


def conflict(cost, **asked):
    """The facts and the sentence of the error that an assignment ends with."""
    with pytest.raises(InfeasibleError) as caught:
        assign(cost, **asked)
    return caught.value.facts, caught.value.message


def test_every_column_tells_its_count_its_load_and_its_pieces():
    """The two ends of a line of rows go to column 0, an empty column has no piece.

    ::

        row       0 --- 1     2
        weight    5     7     1
        cheap     0     0     1     (column 2 is dear)
    """
    cost = [[0, 9, 50], [0, 9, 50], [9, 0, 50]]
    found = assign(cost, count=(0, 3), load=([5, 7, 1], 0, X), adjacent=[(0, 1)])
    assert found.labels.tolist() == [0, 0, 1]
    assert found.counts.tolist() == [2, 1, 0]
    assert found.loads.tolist() == [12.0, 1.0, 0.0]
    assert found.pieces.tolist() == [1, 1, 0]
    with pytest.raises(FrozenInstanceError):
        found.objective = 0.0


def test_without_neighbours_nothing_is_said_of_pieces():
    found = assign([[1, 2], [2, 1]], count=(1, 1))
    assert found.pieces is None
    assert found.loads.tolist() == [1.0, 1.0]


def test_load_limits_may_differ_from_column_to_column():
    cost = [[0, 5], [0, 5], [0, 5]]
    found = assign(cost, count=(0, 3), load=([4, 4, 4], [0, 8], [4, 20]))
    assert found.loads.tolist() == [4.0, 8.0]


def test_contiguity_is_bought_where_it_is_cheapest():
    """Column 0 wants both ends; it can have them only with all between.

    ::

        row      0 --- 1 --- 2 --- 3
        column 0 costs nothing at 0 and 3, 4 at 1 and 2; column 1 the other way round
    """
    cost = [[0, 10], [4, 0], [4, 0], [0, 10]]
    line = [(0, 1), (1, 2), (2, 3)]
    assert assign(cost, count=(0, 4)).labels.tolist() == [0, 1, 1, 0]
    assert assign(cost, count=(0, 4), adjacent=line).labels.tolist() == [0, 0, 0, 0]
    # one row less in column 0: there is no other way around, it gives up an end
    held = assign(cost, count=(0, 3), adjacent=line)
    assert held.objective == 10.0
    assert held.pieces.max() == 1


def test_a_ring_is_held_together_on_one_side():
    """Rows 0 and 3 are opposite on a ring: one way around is enough.

    ::

        0 - 1 - 2
        |       |
        5 - 4 - 3
    """
    ring = [(i, (i + 1) % 6) for i in range(6)]
    cost = [[0, 9], [5, 0], [5, 0], [0, 9], [1, 0], [1, 0]]
    found = assign(cost, count=(0, 6), adjacent=ring)
    assert found.labels.tolist() == [0, 1, 1, 0, 0, 0]
    assert found.status == "optimal"


def test_rows_without_any_column_are_named():
    facts, words = conflict([[1, 2], [X, X], [X, X]], count=(0, 3))
    assert facts == {"rows": [1, 2], "columns": [], "kind": "allowed"}
    assert "Rows 1, 2 may go to no column" in words


def test_rows_that_crowd_few_columns_are_named():
    """Three rows for two places; two rows more that lie elsewhere.

    ::

        rows 0 3 7  ->  columns 1 2   (one each)
        the others  ->  column 0
    """
    cost = np.full((8, 3), X)
    cost[:, 0] = 1.0
    cost[[0, 3, 7]] = [X, 1.0, 1.0]
    facts, words = conflict(cost, count=(0, [8, 1, 1]))
    assert facts == {"rows": [0, 3, 7], "columns": [1, 2], "kind": "most", "most": 2}
    assert "Rows 0, 3, 7 may only go to columns 1, 2, which take at most 2 in all" in words
    assert assign(cost, count=(0, [8, 2, 1])).counts.tolist() == [5, 2, 1]


def test_the_crowd_that_is_named_is_as_small_as_it_can_be():
    """Two rows for the one place of column 0 say it; a third row has a way out."""
    facts, _ = conflict([[1, X], [1, X], [1, 1]], count=(0, [1, 5]))
    assert (facts["rows"], facts["columns"]) == ([0, 1], [0])


def test_too_many_rows_for_all_columns_are_all_named():
    facts, _ = conflict(np.ones((5, 2)), count=(0, 2))
    assert facts == {"rows": [0, 1, 2, 3, 4], "columns": [0, 1], "kind": "most", "most": 4}


def test_columns_that_want_more_rows_than_may_come_are_named():
    """Columns 0 and 1 share two rows and want three; column 2 is served.

    ::

        row 0 -> columns 0 1 2      column 0 wants 2
        row 1 -> columns 0 1 2      column 1 wants 1
        row 2 -> column 2           column 2 wants 1
    """
    cost = [[1, 1, 1], [1, 1, 1], [X, X, 1]]
    facts, words = conflict(cost, count=([2, 1, 1], 3))
    assert facts == {"rows": [0, 1], "columns": [0, 1], "kind": "least", "least": 3}
    assert "Columns 0, 1 together must take at least 3 rows, but only 2 may go there" in words


def test_a_column_that_alone_wants_too_much_is_named_alone():
    facts, _ = conflict([[1, 1], [X, 1], [X, 1]], count=([2, 1], 3))
    assert (facts["columns"], facts["kind"]) == ([0], "least")


def test_a_load_that_fits_nowhere_is_named_with_the_least_that_helps():
    """Row 2 weighs 9; no column takes more than 7."""
    facts, words = conflict(np.ones((3, 2)), count=(0, 3), load=([1, 2, 9], 0, [7, 5]))
    assert facts == {
        "rows": [2],
        "columns": [0, 1],
        "kind": "load",
        "over": {0: 2.0},
        "short": {},
    }
    assert "Row 2 cannot be given to columns 0, 1 within the limits of their load" in words
    assert "raise column 0's most by 2" in words
    assert assign(np.ones((3, 2)), count=(0, 3), load=([1, 2, 9], 0, [9, 5])).loads[0] >= 9


def test_a_column_that_cannot_be_filled_is_named_with_what_it_lacks():
    facts, words = conflict([[1, X], [1, 1]], count=(0, 2), load=([4, 3], [0, 5], 9))
    assert (facts["rows"], facts["columns"], facts["short"]) == ([], [1], {1: 2.0})
    assert words.startswith("Column 1 cannot take rows within the limits")


def test_a_row_that_touches_nobody_is_named_where_columns_take_two():
    """Row 4 lies on an island; the rest could be shared out.

    ::

        0 - 1 - 2 - 3      4
    """
    line = [(0, 1), (1, 2), (2, 3)]
    facts, words = conflict(np.ones((5, 2)), count=(2, 3), adjacent=line)
    assert facts == {"rows": [4], "columns": [0, 1], "kind": "contiguity"}
    assert "so that the rows of each hang together" in words
    assert assign(np.ones((5, 2)), count=(1, 4), adjacent=line).pieces.tolist() == [1, 1]


def test_a_column_that_cannot_hang_together_is_named_alone():
    """Column 1 wants two rows, but only the two ends may go there.

    ::

        0 - 1 - 2
    """
    cost = [[1, 1], [1, X], [1, 1]]
    facts, words = conflict(cost, count=([0, 2], 3), adjacent=[(0, 1), (1, 2)])
    assert (facts["rows"], facts["columns"], facts["kind"]) == ([], [1], "contiguity")
    assert words.startswith("Column 1 cannot take rows so that")


def test_long_lists_are_cut_in_the_sentence_but_not_in_the_facts():
    facts, words = conflict(np.full((12, 1), X), count=(0, 12))
    assert "and 4 more" in words
    assert len(facts["rows"]) == 12


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"count": (3, 2)}, "count limits of columns"),
        ({"count": (0, float("nan"))}, "count limits of columns"),
        ({"count": ([0, 0, 0], 2)}, "one per column"),
        ({"count": (0, 2), "load": ([1], 0, 1)}, "load weights"),
        ({"count": (0, 2), "load": ([1, -1], 0, 1)}, "load weights"),
        ({"count": (0, 2), "load": ([1, 1], 2, 1)}, "load limits of columns"),
        ({"count": (0, 2), "balance": -1.0}, "balance"),
        ({"count": (0, 2), "adjacent": [(0, 2)]}, "adjacent"),
        ({"count": (0, 2), "adjacent": [0, 1]}, "adjacent"),
        ({"count": (0, 2), "adjacent": [(0.5, 1)]}, "adjacent"),
    ],
)
def test_what_means_nothing_is_refused(asked, words):
    with pytest.raises(InputError, match=words):
        assign([[1, 2], [2, 1]], **asked)


@pytest.mark.parametrize("cost", [[1, 2], [[]], [[1, float("nan")]], [[1, -X]]])
def test_costs_that_are_no_costs_are_refused(cost):
    with pytest.raises(InputError, match="one number, or inf"):
        assign(cost, count=(0, 2))


def test_a_time_limit_without_an_answer_says_so():
    with pytest.raises(SolverTimeout, match="allow more seconds"):
        assign(np.ones((4, 2)), count=(1, 3), time_limit=0.0)


def test_a_solver_that_gives_up_is_asked_again_without_presolve(monkeypatch):
    """HiGHS may call an answer an error that presolve left a hair outside a limit."""
    import scipy.optimize

    asked = []

    def moody(*_, options, **__):
        asked.append(options["presolve"])
        return scipy.optimize.OptimizeResult(x=None, status=4, message="?")

    monkeypatch.setattr(scipy.optimize, "milp", moody)
    with pytest.raises(SolverError, match="without an answer"):
        assign([[1, 2], [2, 1]], count=(1, 1))
    assert asked == [True, False]


def test_an_answer_within_a_hair_of_its_limits_is_still_found():
    """This one HiGHS 1.12 ends with status 4 when it asks by how much loads must give."""
    cost = [[20, 15, 1], [23, X, 6]]
    facts, _ = conflict(cost, count=(0, 2), load=([2, 5], [2, 1, 0], [3, 4, 4]))
    assert facts["kind"] == "load"


def test_the_same_question_has_the_same_answer():
    rng = np.random.default_rng(3)
    cost = rng.integers(1, 4, (12, 3)).astype(float)
    grid = [(i, i + 1) for i in range(11) if i % 4 < 3] + [(i, i + 4) for i in range(8)]
    runs = [assign(cost, count=(3, 5), adjacent=grid).labels.tolist() for _ in range(2)]
    turned = assign(cost, count=(3, 5), adjacent=[(b, a) for a, b in reversed(grid)])
    assert runs[0] == runs[1] == turned.labels.tolist()


def test_pieces_are_counted_for_any_labels():
    """A lattice in stripes.

    ::

        0 0 1
        1 1 1
        0 2 2
    """
    labels = np.array([0, 0, 1, 1, 1, 1, 0, 2, 2])
    across = [(i, i + 1) for i in range(9) if i % 3 < 2]
    links = np.array(across + [(i, i + 3) for i in range(6)])
    assert assign_model.count_pieces(labels, 4, links).tolist() == [2, 1, 1, 0]

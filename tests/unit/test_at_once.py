"""Many questions about one thing: the same answers from one process or several."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from geogrid.errors import InputError
from geogrid.solve.at_once import at_once, count_jobs

ROOT = Path(__file__).resolve().parents[2]
THING = {"height": 7}


def test_one_process_asks_in_order_and_hands_over_the_thing_itself():
    told = []
    found = at_once(
        lambda thing, question: (thing is THING, question**2),
        THING,
        [3, 4, 5],
        n_jobs=1,
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert list(found) == [(0, (True, 9)), (1, (True, 16)), (2, (True, 25))]
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert list(at_once(lambda _thing, question: question, THING, [], n_jobs=2)) == []


@pytest.mark.slow
def test_processes_get_the_thing_once_each_and_give_the_same_answers():
    def work(thing, question):
        return os.getpid(), id(thing), thing["height"] * question

    found = dict(at_once(work, THING, range(12), n_jobs=2))
    assert {i: answer[2] for i, answer in found.items()} == {i: 7 * i for i in range(12)}
    things = {answer[:2] for answer in found.values()}
    assert len(things) == len({pid for pid, _ in things})
    assert os.getpid() not in {pid for pid, _ in things}


# joblib tells of the worker that was killed, and Python of the pipe it left behind
@pytest.mark.filterwarnings("ignore:.*worker:UserWarning", "ignore:resource_tracker:UserWarning")
def test_a_killed_process_costs_nothing_but_time(tmp_path):
    mark, home = tmp_path / "killed", os.getpid()

    def work(thing, question):
        if os.getpid() != home and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return thing["height"] + question

    found = dict(at_once(work, THING, range(8), n_jobs=2))
    assert mark.exists()
    assert found == {i: 7 + i for i in range(8)}


STOPPED = """
import os, signal
from geogrid.solve.at_once import at_once

def work(thing, question):
    return thing + question

def stop(done, total):
    # what a terminal does on Ctrl-C: everybody hears it
    os.killpg(0, signal.SIGINT)

try:
    list(at_once(work, 1, range(40), n_jobs=2, on_progress=stop))
except KeyboardInterrupt:
    print("ended", sorted(at_once(work, 1, [1, 2], n_jobs=2)))
"""


@pytest.mark.slow
def test_ctrl_c_ends_all_of_it_and_leaves_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", STOPPED],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        timeout=120,
    )
    assert (done.stdout.strip(), done.returncode) == ("ended [(0, 2), (1, 3)]", 0), done.stderr
    assert not done.stderr
    assert not list(tmp_path.glob("geogrid-*"))


class Early:
    """A question on whose arrival Ctrl-C finds a process that has not begun to work."""

    def __reduce__(self):
        return exec, ("import os, signal; os.kill(os.getpid(), signal.SIGINT)",)


def test_a_process_that_is_starting_does_not_hear_ctrl_c():
    if not hasattr(signal, "pthread_sigmask"):
        pytest.skip("this system has no signal masks")

    def work(thing, question):
        return thing["height"], question

    assert sorted(at_once(work, THING, [Early(), Early()], n_jobs=2)) == [
        (0, (7, None)),
        (1, (7, None)),
    ]
    # and its own Ctrl-C is heard again
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_jobs_are_cores_or_a_whole_number():
    assert count_jobs(None) >= 1
    assert count_jobs(3) == 3
    for wrong in (0, -1, 2.0, True, "2"):
        with pytest.raises(InputError, match="n_jobs is"):
            count_jobs(wrong)


def test_a_single_question_needs_no_other_process():
    answers = list(at_once(lambda _thing, _question: os.getpid(), THING, ["one"], n_jobs=4))
    assert answers == [(0, os.getpid())]

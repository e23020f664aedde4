"""Live what-if: random moves of the widget's sliders on the sample, from move to picture to proof.

Every move turns one slider to a random stop: the number of grids, the weight of balance, either end
of the band, the longest walk. The next follows after a moment's look at the proof, as a planner
would. Wall and CPU seconds of the whole process; never a pass or a fail.
"""

from __future__ import annotations

import threading
import time

import numpy as np

from geogrid.governance.layout import make_plan

K = 349
LOOK_S = 1.0
# how often each slider is turned
TURNED = {"grids": 0.4, "balance_m": 0.3, "low": 0.1, "high": 0.1, "walk_max_m": 0.1}


class Watch:
    """Note when answers come: wall and CPU seconds since the move, state and gap."""

    def __init__(self, widget):
        self.rows, self.began, self.settled = [], (0.0, 0.0), threading.Event()
        widget.observe(self.note, "answer")

    def start(self):
        self.rows.clear()
        self.settled.clear()
        self.began = (time.perf_counter(), time.process_time())

    def note(self, change):
        answer = change["new"]
        wall, cpu = time.perf_counter() - self.began[0], time.process_time() - self.began[1]
        gap = answer["picture"]["figures"]["gap"]
        self.rows.append({"state": answer["state"], "wall_s": wall, "cpu_s": cpu, "gap": gap})


def slide(count):
    """Move sliders, time the answers; print a line a kind and return all moves."""
    from geogrid.sources.sample import make_sample
    from geogrid.widget import TryOut

    plan = make_plan(make_sample(), n_grids=K)
    began = time.perf_counter(), time.process_time()
    widget = TryOut(plan)
    shown = time.perf_counter() - began[0], time.process_time() - began[1]
    widget.wait()
    ready = time.perf_counter() - began[0], time.process_time() - began[1]
    watch, rng, found = Watch(widget), np.random.default_rng(0), []
    for _ in range(count):
        name = str(rng.choice(list(TURNED), p=list(TURNED.values())))
        stops = widget.scene["stops"][name]
        if name == "walk_max_m":
            # so short a walk that hardly any layout obeys it is asked for once, not again and again
            stops = stops[len(stops) // 2 :]
        value = stops[int(rng.integers(len(stops)))]
        watch.start()
        widget.turn(**{name: value})
        widget.wait()
        rows = list(watch.rows)
        first = next((r for r in rows if r["state"] in {"first", "proven", "best"}), rows[0])
        found.append(
            {
                "slider": name,
                "value": value,
                "state": rows[-1]["state"],
                "first_s": first["wall_s"],
                "first_cpu_s": first["cpu_s"],
                "first_gap": None if first["state"] == "infeasible" else first["gap"],
                "last_s": rows[-1]["wall_s"],
                "last_cpu_s": rows[-1]["cpu_s"],
            }
        )
        time.sleep(LOOK_S)
    widget.close()
    print(f"shown after {shown[0]:.1f} s ({shown[1]:.1f} CPU), ", end="")
    print(f"ready to answer after {ready[0]:.1f} s ({ready[1]:.1f} CPU)")
    tell(found)
    return {"shown_s": shown, "ready_s": ready, "moves": found}


def tell(found):
    """Print medians and worst cases by slider."""
    head = (
        "slider",
        "moves",
        "proven",
        "first s",
        "CPU",
        "worst",
        "gap",
        "proof s",
        "CPU",
        "worst",
    )
    print("{:<12}{:>6}{:>8}{:>9}{:>7}{:>8}{:>9}{:>9}{:>7}{:>8}".format(*head))
    for name in (*TURNED, "all"):
        own = [r for r in found if name in {r["slider"], "all"}]
        if not own:
            continue
        median = {key: np.median([r[key] for r in own]) for key in own[0] if key.endswith("_s")}
        gaps = [r["first_gap"] for r in own if r["first_gap"] is not None]
        print(
            f"{name:<12}{len(own):>6}{sum(r['state'] == 'proven' for r in own):>8}"
            f"{median['first_s']:>9.3f}{median['first_cpu_s']:>7.3f}"
            f"{max(r['first_s'] for r in own):>8.2f}{np.median(gaps) if gaps else np.nan:>9.2%}"
            f"{median['last_s']:>9.3f}{median['last_cpu_s']:>7.3f}"
            f"{max(r['last_s'] for r in own):>8.2f}"
        )

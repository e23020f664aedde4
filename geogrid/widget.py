"""Widget: a live what-if in a notebook; a slider moves, the map follows, the proof comes after."""

from __future__ import annotations

import threading
from dataclasses import asdict
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import traitlets

from geogrid.errors import InputError, StorageError
from geogrid.governance.live.answer import say_failed
from geogrid.governance.live.thread import LiveWhatIf
from geogrid.governance.rules import frozen_rules_of
from geogrid.locale import LANGUAGES, phrases
from geogrid.publish.trial_map import TrialMap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.governance.live.answer import Answer
    from geogrid.governance.live.dials import Dials
    from geogrid.governance.live.view import View
    from geogrid.governance.problem import Problem
    from geogrid.governance.rules import LayoutRules
    from geogrid.locale import Language
    from geogrid.plans.plan import Plan

__all__ = ["TryOut"]

_SCRIPTS = ("survey.js", "chart.js", "panel.js", "widget.js")
# stops of the sliders; where the plan itself stands is always one of them
_GRIDS_AROUND = 50
_BALANCES_M = (
    *(50, 60, 70, 80, 100, 120, 140, 170, 200, 250, 300, 350, 400, 500, 600, 700, 850),
    *(1000, 1200, 1400, 1700, 2000, 2400, 2800, 3400, 4000, 4800, 5600, 6700, 8000),
)
_LOWS = tuple(step / 20 for step in range(20))
_HIGHS = tuple(step / 20 for step in range(21, 41))
_MOVED_M = (0, 10, 20, 50, 100, 200, 500, 1000)
_WALK_STEP_M = 25


class TryOut(anywidget.AnyWidget):
    """Try other numbers and rules on a plan, live.

    Parameters
    ----------
    plan : Plan
        A proven plan.
    language : {"zh", "en"}
        Language on opening; one click switches.
    problems : sequence of Problem
        Graphs that are built already; the plan's is taken if it is among them.

    Attributes
    ----------
    grids : int
        Number of grids of the layout that is shown.
    rules : LayoutRules
        Its rules. The target is frozen at the plan's own, whatever the number of grids: planning
        with these rules gives the layout that is shown.
    plan : Plan
        The plan that was kept last; before anything is kept, the plan itself.
    """

    _esm = ""
    _css = ""
    # what never changes; what was asked last; what is known of it; what was kept
    scene = traitlets.Dict().tag(sync=True)
    asked = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)
    kept = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(LANGUAGES, default_value="zh").tag(sync=True)

    def __init__(
        self, plan: Plan, *, language: Language = "zh", problems: Sequence[Problem] = ()
    ) -> None:
        self._map = TrialMap(plan)
        self._rules = frozen_rules_of(plan)
        self._shared = threading.Lock()
        self._last: Plan | Exception = plan
        self._live = LiveWhatIf(plan, self._take_answer, on_kept=self._take_plan, problems=problems)
        itself = self._live.plan_itself
        self._shown = self._wanted = itself.dials
        self._picture = self._drawn(itself)
        super().__init__(
            scene=self._map.scene() | _frame(plan, itself),
            asked={"number": 0, "dials": asdict(itself.dials)},
            answer={"number": 0, "state": "plan", "words": None, "picture": self._picture},
            kept={"number": 0, "state": "", "grids": 0, "error": ""},
            language=language,
            _esm=_script(),
            _css=_asset("widget.css"),
        )
        self.observe(self._hear_question, "asked")
        self.on_msg(self._hear_wish)
        self._live.prepare()

    @property
    def grids(self) -> int:
        """Return the number of grids of the layout that is shown."""
        return self._shown.grids

    @property
    def rules(self) -> LayoutRules:
        """Return the rules of the layout that is shown, the target frozen."""
        return self._shown.in_rules(self._rules)

    @property
    def plan(self) -> Plan:
        """Return the plan kept last; one that is being made is waited for."""
        self._live.wait_for_keeps()
        if isinstance(self._last, Exception):
            raise self._last
        return self._last

    def turn(self, **dials: Any) -> None:  # noqa: ANN401 - the fields of Dials
        """Move sliders from code.

        Parameters
        ----------
        **dials : Any
            ``grids, balance_m, low, high, walk_max_m, moved_m``; those left out stay.

        Raises
        ------
        InputError
            If there is no such slider, or its value means nothing.
        """
        now = self._wanted.changed(**dials)
        now.in_rules(self._rules)
        self.asked = {"number": self.asked["number"] + 1, "dials": asdict(now)}

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until everything asked is answered, and proven where it can be.

        Parameters
        ----------
        timeout : float, optional
            Seconds; by default as long as it takes.

        Returns
        -------
        bool
            Whether it is.
        """
        return self._live.wait(timeout)

    def keep(self) -> Plan:
        """Keep the layout that is shown, as the button does.

        Returns
        -------
        Plan
            Full, with codes and footprints: the same as ``study.plan(grids=widget.grids,
            rules=widget.rules)`` gives. Not yet paired.
        """
        self._keep(self._shown)
        return self.plan

    def close(self) -> None:
        """Close the widget and give up whatever is at work."""
        self._live.close()
        super().close()

    def _dials(self, values: dict[str, Any]) -> Dials:
        """Return dials out of a message, numbers as the rules want them."""
        walk = values.get("walk_max_m")
        return self._live.dials.changed(
            grids=int(values["grids"]),
            walk_max_m=None if walk is None else float(walk),
            **{n: float(values[n]) for n in ("balance_m", "low", "high", "moved_m")},
        )

    def _hear_question(self, change: dict[str, Any]) -> None:
        """Pass a question on; what was asked before it is overtaken."""
        asked = change["new"]
        try:
            dials = self._dials(asked["dials"])
            dials.in_rules(self._rules)
            self._wanted = dials
            self._live.ask(int(asked["number"]), dials)
        except (InputError, KeyError, TypeError, ValueError) as error:
            self._take_answer(say_failed(int(asked.get("number", 0)), error, is_refused=False))

    def _hear_wish(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        """Do what a button asks."""
        if content.get("do") == "keep":
            self._keep(self._shown)

    def _keep(self, dials: Dials) -> None:
        """Have the full plan of some dials made."""
        number = self.kept["number"] + 1
        self.kept = {"number": number, "state": "busy", "grids": dials.grids, "error": ""}
        self._live.keep(number, dials)

    def _take_answer(self, answer: Answer) -> None:
        """Show an answer; without a layout the picture stays."""
        if answer.view is not None:
            self._shown = answer.view.dials
            self._picture = self._drawn(answer.view)
        self._tell(answer.number, answer.state, answer.words)

    def _tell(self, number: int, state: str, words: dict[Language, str] | None) -> None:
        """Send what is known of a question, unless a newer one came in meanwhile."""
        with self._shared:
            if number >= self.asked["number"]:
                self.answer = {
                    "number": number,
                    "state": state,
                    "words": words,
                    "picture": self._picture,
                }

    def _take_plan(self, number: int, made: Plan | Exception) -> None:
        """Hand over a plan that was asked for."""
        self._last = made
        told: dict[str, Any] = {"state": "done", "grids": 0, "error": ""}
        if isinstance(made, Exception):
            told |= {"state": "failed", "error": str(made)}
        else:
            told["grids"] = made.n_grids
        self.kept = told | {"number": number}

    def _drawn(self, view: View) -> dict[str, Any]:
        """Return a layout as it is sent: labels and figures, no shapes."""
        return {
            "dials": asdict(view.dials),
            "labels": view.labels.astype("<i4").tobytes(),
            "carries": view.carries.astype("<i4").tobytes(),
            "moved": view.moved.astype(np.uint8).tobytes(),
            "colours": self._map.colours(view.labels, view.carries).tobytes(),
            "grids": {name: column.astype("<f4").tobytes() for name, column in view.grids.items()},
            "figures": view.figures,
        }


def _frame(plan: Plan, itself: View) -> dict[str, Any]:
    """Return everything but the map that never changes: words, sliders, the plan's figures."""
    return {
        "name": plan.district.name,
        "target": plan.target,
        "synthetic": plan.district.is_synthetic,
        "figures": itself.figures,
        "labels": itself.labels.astype("<i4").tobytes(),
        "dials": asdict(itself.dials),
        "stops": _stops(plan, itself),
        "words": {language: phrases(language, "try_out") for language in LANGUAGES},
    }


def _stops(plan: Plan, itself: View) -> dict[str, Sequence[float | None]]:
    """Return the stops of each slider, in order; None: no limit."""
    dials = itself.dials
    least = len(plan.report.get("parts") or [0])
    most = len(plan.courtyards)
    grids = range(
        max(least, dials.grids - _GRIDS_AROUND), min(most, dials.grids + _GRIDS_AROUND) + 1
    )
    # below a third of the longest walk there is little hope, beyond it no difference
    longest = float(np.nanmax(itself.grids["walk_max_m"], initial=float(_WALK_STEP_M)))
    reach = int(np.ceil(longest / _WALK_STEP_M))
    walks = [_WALK_STEP_M * step for step in range(max(1, reach // 3), reach + 1)]
    stops: dict[str, Sequence[float | None]] = {
        "grids": list(grids),
        "balance_m": _with(_BALANCES_M, dials.balance_m),
        "low": _with(_LOWS, dials.low),
        "high": _with(_HIGHS, dials.high),
        "walk_max_m": [*_with(walks, dials.walk_max_m), None],
    }
    if "continuity" in plan.report:
        stops["moved_m"] = _with(_MOVED_M, dials.moved_m)
    return stops


def _with(stops: Sequence[float], own: float | None) -> list[float]:
    """Return stops with the plan's own among them."""
    return sorted({float(stop) for stop in [*stops, *([] if own is None else [own])]})


def _asset(name: str) -> str:
    """Read one file of the widget."""
    path = files("geogrid.publish").joinpath("assets", "widget", name)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        msg = f"The widget's part {path} is missing; install geogrid again."
        raise StorageError(msg, path=str(path)) from error


def _script() -> str:
    """Return the widget's modules as one: a notebook can import nothing from a package."""
    lines = [line for name in _SCRIPTS[:-1] for line in _asset(name).splitlines()]
    last = [line for line in _asset(_SCRIPTS[-1]).splitlines() if not line.startswith("import ")]
    inner = [line.removeprefix("export ") for line in lines if not line.startswith("import ")]
    return "\n".join([*inner, *last, ""])

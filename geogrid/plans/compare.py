"""Compare: two plans side by side, and who would notice the difference."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from geogrid.errors import InputError
from geogrid.plans.continuity import Continuity, match_grids, measure_continuity
from geogrid.showing import Shown

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd
    from numpy.typing import NDArray

    from geogrid.plans.plan import Plan

__all__ = ["Comparison", "compare"]

# what is set side by side, and how it is printed; a key of a pairing follows its layer's name
_FIGURES = {
    "n_courtyards": ("courtyards", ",.0f"),
    "n_grids": ("governance grids", ",.0f"),
    "households": ("households", ",.0f"),
    "target": ("target", ",.1f"),
    "objective": ("objective, household-metres", ",.0f"),
    "bound": ("bound", ",.0f"),
    "gap": ("gap", ".4%"),
    "least": ("least households of a grid", ",.0f"),
    "most": ("most households of a grid", ",.0f"),
    "cv": ("CV of households", ".3f"),
    "share_within_20": ("within 20 % of T", ".1%"),
    "share_in_band": ("in the band", ".1%"),
    "walk_mean_m": ("mean walk, m", ",.1f"),
    "walk_max_m": ("longest walk, m", ",.0f"),
    "n_broken": ("grids not connected", ",.0f"),
    "n_split": ("grids over a community border", ",.0f"),
    "cut_edges": ("cut edges", ",.0f"),
    "gov_grids.share_inside": ("inside their lead beat", ".1%"),
    "gov_grids.distance_mean_m": ("walk to the police room, m", ",.0f"),
    "basic_grids.share_inside": ("basic grids: inside their lead beat", ".1%"),
    "basic_grids.distance_mean_m": ("basic grids: walk to the police room, m", ",.0f"),
}
_LISTED = 12
# tables of a report that tell: this plan was made after another
_AFTER = frozenset({"edited", "continuity"})

Matched = Literal["codes", "households"]


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """Hold two plans side by side: a, and b after it.

    Parameters
    ----------
    figures : dict of str to (float or None, float or None)
        The figures of a and b; None where a plan does not tell.
    statuses : (str, str)
        What is proven of each.
    continuity : Continuity
        Who stays, and which grid of b carries on which of a (see ``matched_by``).
    households_moved : int
        Households whose grid does not carry on their old one.
    recoded : tuple of str
        Courtyards whose grid bears another code, moved or renumbered.
    moved : DataFrame
        ``courtyard_id, name, community_code, from, from_name, to, to_name, households`` of
        the courtyards whose grid does not carry on their old one.
    communities : DataFrame
        ``community_code, name, grids_a, grids_b, courtyards_moved,
        households_moved, share_staying, walk_mean_a, walk_mean_b, cv_a, cv_b``;
        the most households moved first.
    matched_by : {"codes", "households"}
        How a grid carries on: the second plan was made after another and says so by its codes
        (what bears no old code is matched by the households it shares); or the plans were made
        apart and all are matched by households.
    plans : (Plan, Plan)
        a and b themselves, for maps.
    """

    figures: dict[str, tuple[float | None, float | None]]
    statuses: tuple[str, str]
    continuity: Continuity
    households_moved: int
    recoded: tuple[str, ...]
    moved: pd.DataFrame
    communities: pd.DataFrame
    matched_by: Matched
    plans: tuple[Plan, Plan] = field(repr=False)

    def _in_short(self) -> str:
        """Return how many move."""
        c = self.continuity
        moved = f"{len(c.moved):,} of {c.n_courtyards:,} courtyards move"
        return f"{moved}, {100 * c.share_staying:.1f} % of households stay"

    def summary(self, names: tuple[str, str] = ("A", "B")) -> list[tuple[str, ...]]:
        """Return the figures as rows to print.

        Parameters
        ----------
        names : (str, str)
            Of the two plans.

        Returns
        -------
        list of tuple of str
            The names, then a row per figure that either plan tells.
        """
        rows: list[tuple[str, ...]] = [("", *names), ("status", *self.statuses)]
        for key, pair in self.figures.items():
            title, form = _FIGURES[key]
            if pair != (None, None):
                rows.append((title, *("-" if x is None else format(x, form) for x in pair)))
        return rows

    def moves(self) -> list[tuple[str, str]]:
        """Return who stays and what became of the codes, as rows to print."""
        c = self.continuity
        gone = f"; {len(c.gone_courtyards):,} are gone" if c.gone_courtyards else ""
        new = f"; {c.n_new_courtyards:,} are new" if c.n_new_courtyards else ""
        fates = {
            "kept": len(c.codes_kept),
            "renumbered": len(c.carried_on) - len(c.codes_kept),
            "ended": len(c.codes_ended),
            "new": len(c.codes_new),
        }
        return [
            ("courtyards moved", f"{len(c.moved):,} of {c.n_courtyards:,}{new}{gone}"),
            ("households moved", f"{self.households_moved:,}"),
            ("households staying", f"{100 * c.share_staying:.1f} %"),
            ("courtyards with another code", f"{len(self.recoded):,}"),
            (
                "grid codes",
                ", ".join(f"{count:,} {what}" for what, count in fates.items()),
            ),
        ]

    def most_changed(self) -> list[tuple[str, ...]]:
        """Return the communities where most households move, as rows to print."""
        rows: list[tuple[str, ...]] = [
            ("community", "grids", "courtyards moved", "households moved", "staying", "mean walk")
        ]
        touched = self.communities[
            (self.communities["courtyards_moved"] > 0)
            | (self.communities["grids_a"] != self.communities["grids_b"])
        ]
        rows += [
            (
                str(row["name"]),
                f"{row['grids_a']} -> {row['grids_b']}",
                f"{row['courtyards_moved']:,}",
                f"{row['households_moved']:,}",
                f"{100 * row['share_staying']:.1f} %",
                f"{row['walk_mean_a']:.1f} -> {row['walk_mean_b']:.1f} m",
            )
            for row in touched.head(_LISTED).to_dict("records")
        ]
        if len(touched) > _LISTED:
            rows.append((f"... and {len(touched) - _LISTED} more",))
        return rows

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        table = self.communities.astype(object).where(self.communities.notna(), None)
        return {
            "figures": {key: {"a": a, "b": b} for key, (a, b) in self.figures.items()},
            "status": {"a": self.statuses[0], "b": self.statuses[1]},
            "continuity": self.continuity.as_dict(),
            "households_moved": self.households_moved,
            "matched_by": self.matched_by,
            "recoded": list(self.recoded),
            "moved": self.moved.to_dict("records"),
            "communities": table.to_dict("records"),
        }


def compare(a: Plan, b: Plan, *, within: Collection[str] | None = None) -> Comparison:
    """Set two plans of one district side by side.

    Parameters
    ----------
    a : Plan
        As it is, or was.
    b : Plan
        As it would be. Its courtyards need not be quite those of a.
    within : collection of str, optional
        Communities; everything told is of their courtyards and grids alone. Which grid
        carries on which is still found from all.

    Returns
    -------
    Comparison
        Each plan's figures are at its own target and rules.

    Raises
    ------
    InputError
        If the plans share no courtyard.
    """
    yards = b.courtyards
    homes = yards["community_code"].to_numpy(object)
    ids = yards["courtyard_id"].to_numpy(object)
    households = yards["households"].to_numpy(np.float64)
    was = dict(zip(a.courtyards["courtyard_id"], a.courtyards["grid_code"], strict=True))
    before = [was.get(ident, "") for ident in ids]
    if not any(before):
        raise InputError("The two plans share no courtyard; compare plans of one district.")
    old_codes, codes = (sorted(set(plan.gov_grids["grid_code"])) for plan in (a, b))
    old = _numbered(before, old_codes)
    labels = _numbered(yards["grid_code"].tolist(), codes)
    # a plan made after another gave its codes to say who carries on
    matched_by: Matched = "codes" if _AFTER & set(b.report) else "households"
    carries = np.full(len(codes), -1, np.int64)
    if matched_by == "codes":
        carries = _by_codes(labels, old, codes=codes, old_codes=old_codes)
    is_open = (carries[labels] < 0) & ~np.isin(old, carries)
    rest = match_grids(
        labels,
        np.where(is_open, old, -1),
        weights=households,
        communities=homes,
    )
    carries = np.where(carries < 0, rest, carries)
    continuity = measure_continuity(
        labels,
        old,
        carries,
        codes=codes,
        old_codes=old_codes,
        households=households,
        ids=ids,
        gone=sorted(set(was) - set(ids)),
    )
    moved = (old >= 0) & (carries[labels] != old)
    figures = [_figures(a), _figures(b)]
    communities = _by_community(a, b, had=old >= 0, moved=moved)
    seen = np.ones(len(ids), bool)
    if within is not None:
        seen = np.isin(homes.astype(str), list(within))
        continuity = _own_continuity(continuity, a, b, within, had=(old >= 0) & seen, moved=moved)
        moved = moved & seen
        figures = [_own_figures(a, within), _own_figures(b, within)]
        communities = communities[communities["community_code"].isin(within)]
    return Comparison(
        figures={key: (figures[0].get(key), figures[1].get(key)) for key in _FIGURES},
        statuses=(str(a.report["status"]), str(b.report["status"])),
        continuity=continuity,
        households_moved=int(households[moved].sum()),
        recoded=tuple(
            str(ident)
            for ident, then, now, is_seen in zip(ids, before, yards["grid_code"], seen, strict=True)
            if then and then != now and is_seen
        ),
        moved=_moved(a, b, np.array(before, object), moved),
        communities=communities.reset_index(drop=True),
        matched_by=matched_by,
        plans=(a, b),
    )


def _moved(a: Plan, b: Plan, before: NDArray[np.object_], moved: NDArray[np.bool_]) -> pd.DataFrame:
    """Return who moves from where to where, for people."""
    yards = b.courtyards[moved]
    rows = yards[["courtyard_id", "community_code", "households"]].copy()
    has_name = "name" in yards
    rows.insert(1, "name", yards["name"].fillna("").astype(str) if has_name else "")
    for side, plan, codes in (
        ("from", a, before[moved]),
        ("to", b, yards["grid_code"].to_numpy(object)),
    ):
        names = dict(zip(plan.gov_grids["grid_code"], plan.gov_grids["name"], strict=True))
        rows[side] = codes
        rows[f"{side}_name"] = [names.get(code, "") for code in codes]
    order = ["courtyard_id", "name", "community_code", "from", "from_name", "to", "to_name"]
    return rows[[*order, "households"]].sort_values("courtyard_id", ignore_index=True)


def _own_continuity(
    found: Continuity,
    a: Plan,
    b: Plan,
    within: Collection[str],
    *,
    had: NDArray[np.bool_],
    moved: NDArray[np.bool_],
) -> Continuity:
    """Return what a continuity says of the courtyards and grids of some communities."""
    grids = [set(p.gov_grids.loc[_of(p.gov_grids, within), "grid_code"]) for p in (a, b)]
    yards = [set(p.courtyards.loc[_of(p.courtyards, within), "courtyard_id"]) for p in (a, b)]
    households = b.courtyards["households"].to_numpy(np.float64)
    staying = float(households[had & ~moved].sum())
    codes = grids[0] | grids[1]
    carried = {
        old: new for old, new in found.carried_on.items() if old in grids[0] or new in grids[1]
    }
    return replace(
        found,
        n_courtyards=int(had.sum()),
        n_new_courtyards=len(yards[1]) - int(had.sum()),
        gone_courtyards=tuple(i for i in found.gone_courtyards if i in yards[0]),
        households_staying=int(staying),
        share_staying=staying / max(float(households[had].sum()), 1.0),
        moved=tuple(i for i in found.moved if i in yards[1]),
        carried_on=carried,
        codes_kept=tuple(code for code in found.codes_kept if code in codes),
        codes_ended=tuple(code for code in found.codes_ended if code in codes),
        codes_new=tuple(code for code in found.codes_new if code in codes),
        codes_retired=tuple(code for code in found.codes_retired if code in codes),
    )


def _of(rows: pd.DataFrame, within: Collection[str]) -> pd.Series[bool]:
    """Return which rows lie in some communities."""
    return rows["community_code"].isin(list(within))


def _own_figures(plan: Plan, within: Collection[str]) -> dict[str, float | None]:
    """Return what the grids of some communities alone tell of a plan's figures."""
    grids = plan.gov_grids[_of(plan.gov_grids, within)]
    costs = [p["objective"] for p in plan.report["parts"] if p["community_code"] in within]
    found: dict[str, float | None] = {
        "n_courtyards": int(_of(plan.courtyards, within).sum()),
        "n_grids": len(grids),
        "households": int(grids["households"].sum()),
        "target": plan.target,
        "objective": float(sum(costs)),
    }
    if not len(grids):
        return found
    load = grids["load"].to_numpy(np.float64)
    off = np.abs(load - plan.target) / plan.target
    rules = plan.report["rules"]["partition"]
    low, high = rules["low"] * plan.target, rules["high"] * plan.target
    found |= {
        "least": float(load.min()),
        "most": float(load.max()),
        "cv": float(load.std() / max(float(load.mean()), 1e-9)),
        "share_within_20": float((off <= 0.2).mean()),
        "share_in_band": float(((load >= low - 1e-9) & (load <= high + 1e-9)).mean()),
        "walk_mean_m": float(grids["walk_mean_m"].to_numpy() @ load) / max(float(load.sum()), 1.0),
        "walk_max_m": float(grids["walk_max_m"].max()),
    }
    pairs = plan.pairings[plan.pairings["grid_layer"] == "gov_grids"]
    pairs = pairs[pairs["grid_code"].isin(grids["grid_code"])]
    if len(pairs):
        total = max(float(pairs["households"].sum()), 1.0)
        walked = float((pairs["distance_m"] * pairs["households"]).sum())
        found["gov_grids.share_inside"] = float(pairs["households_inside"].sum()) / total
        found["gov_grids.distance_mean_m"] = walked / total
    return found


def _by_codes(
    labels: NDArray[np.int64], old: NDArray[np.int64], *, codes: list[str], old_codes: list[str]
) -> NDArray[np.int64]:
    """Return the old grid of each new one's code, -1 where they share no courtyard."""
    number = {code: i for i, code in enumerate(old_codes)}
    same = np.array([number.get(code, -1) for code in codes], np.int64)
    had = (old >= 0) & (same[labels] == old)
    shares = np.bincount(labels[had], minlength=len(codes)) > 0
    return np.where(shares, same, -1)


def _numbered(codes_of: list[str], codes: list[str]) -> NDArray[np.int64]:
    """Return the number of each courtyard's code, -1 for none."""
    number = {code: i for i, code in enumerate(codes)} | {"": -1}
    return np.array([number[code] for code in codes_of], np.int64)


def _figures(plan: Plan) -> dict[str, float | None]:
    """Return a plan's figures, those of its pairings with the layer before the name."""
    report = plan.report
    found = {**report["metrics"], **{key: report[key] for key in ("objective", "bound", "gap")}}
    pairings = found.pop("pairings", {})
    for layer, paired in pairings.items():
        found |= {f"{layer}.{key}": value for key, value in paired.items()}
    return found


def _by_community(
    a: Plan, b: Plan, *, had: NDArray[np.bool_], moved: NDArray[np.bool_]
) -> pd.DataFrame:
    """Return what changes in every community."""
    import pandas as pd

    yards = b.courtyards
    facts = pd.DataFrame(
        {
            "community_code": yards["community_code"].to_numpy(object),
            "courtyards_moved": moved.astype(np.int64),
            "households_moved": np.where(moved, yards["households"], 0).astype(np.int64),
            "had": np.where(had, yards["households"], 0).astype(np.int64),
        }
    )
    table = facts.groupby("community_code").sum()
    for side, plan in (("a", a), ("b", b)):
        table = table.join(_grid_figures(plan).add_suffix(f"_{side}"))
    titles = [
        dict(
            zip(
                p.district.communities["community_code"],
                p.district.communities["name"],
                strict=True,
            )
        )
        for p in (a, b)
    ]
    names = {**titles[0], **titles[1]}
    table["name"] = [names.get(code, code) for code in table.index]
    table["share_staying"] = 1 - table["households_moved"] / table["had"].clip(lower=1)
    for side in ("a", "b"):
        table[f"grids_{side}"] = table[f"grids_{side}"].fillna(0).astype(np.int64)
    order = ["households_moved", "courtyards_moved", "community_code"]
    table = table.reset_index().sort_values(order, ascending=[False, False, True])
    return table[
        [
            *("community_code", "name", "grids_a", "grids_b", "courtyards_moved"),
            *("households_moved", "share_staying", "walk_mean_a", "walk_mean_b", "cv_a", "cv_b"),
        ]
    ].reset_index(drop=True)


def _grid_figures(plan: Plan) -> pd.DataFrame:
    """Return grids, mean walk and spread of households by community."""
    grids = plan.gov_grids.assign(total=lambda g: g["walk_mean_m"] * g["households"])
    by = grids.groupby("community_code")
    size = by["households"]
    frame = by.agg(grids=("grid_code", "size"))
    frame["walk_mean"] = by["total"].sum() / size.sum().clip(lower=1)
    frame["cv"] = size.std(ddof=0) / size.mean().clip(lower=1)
    return frame

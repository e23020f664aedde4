"""Explanation: what a plan achieves, what is proven, and where borders force its hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.locale import phrases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.locale import Language
    from geogrid.plans.plan import Plan

__all__ = ["border_name", "explain_plan", "part_name", "part_reasons"]

# parts listed under one heading at most
_LISTED = 8
# causes that concern the size of grids; the others concern how the part was solved
_OF_BANDS = frozenset({"light", "heavy", "shape"})


def explain_plan(plan: Plan, language: Language = "zh") -> str:
    """Say in a few sentences what a plan achieves and why it is as it is.

    Parameters
    ----------
    plan : Plan
        With its report.
    language : {"zh", "en"}
        Chinese or English.

    Returns
    -------
    str
        One sentence a line; lists are indented.
    """
    words = phrases(language, "explain")
    report, metrics = plan.report, plan.report["metrics"]
    lines = [
        words["headline"].format(
            grids=metrics["n_grids"],
            courtyards=f"{metrics['n_courtyards']:,}",
            households=f"{metrics['households']:,}",
            communities=metrics["n_communities"],
        ),
        words[_status(report)].format(
            objective=f"{report['objective']:,.0f}",
            bound="-" if report["bound"] is None else f"{report['bound']:,.0f}",
            above=f"{100 * _above(report):.2f}",
        ),
        words["balance"].format(
            least=f"{metrics['least']:.0f}",
            most=f"{metrics['most']:.0f}",
            mean=f"{metrics['mean']:.0f}",
            target=f"{plan.target:.0f}",
            within=f"{100 * metrics['share_within_20']:.0f}",
        ),
        words["walk"].format(
            mean=f"{metrics['walk_mean_m']:.0f}", longest=f"{metrics['walk_max_m']:.0f}"
        ),
        *_continuity(plan, language),
        *_bands(plan, language),
        *_forced(plan, language),
        *_crossings(plan, language),
    ]
    for layer, figures in metrics.get("pairings", {}).items():
        lines.append(
            words["pairing"].format(
                layer=words[layer],
                grids=figures["n_grids"],
                beats=figures["n_beats"],
                inside=f"{100 * figures['share_inside']:.0f}",
                distance=f"{figures['distance_mean_m']:.0f}",
            )
        )
    return "\n".join(lines)


def _continuity(plan: Plan, language: Language) -> list[str]:
    """Say who stays, if there was a layout before."""
    found = plan.report.get("continuity")
    if found is None:
        return []
    sentence = phrases(language, "explain")["continuity"].format(
        stay=f"{100 * found['share_staying']:.0f}",
        moved=f"{found['n_moved']:,}",
        courtyards=f"{found['n_courtyards']:,}",
        carried=len(found["carried_on"]),
        ended=len(found["codes_ended"]),
        new=len(found["codes_new"]),
    )
    return [sentence]


def _status(report: Mapping[str, Any]) -> str:
    """Return the phrase that says what is proven; without a bound an edit has its own."""
    is_free = report["status"] == "edited" and report["bound"] is None
    return "edited_free" if is_free else str(report["status"])


def _above(report: Mapping[str, Any]) -> float:
    """Return how far the objective may lie above the optimum, as a share of the bound."""
    return float(report["objective"] / max(report["bound"] or 0.0, 1e-9) - 1.0)


def part_name(plan: Plan, part_id: str, language: Language) -> str:
    """Return what people call a part: its community, and a number where it has several.

    Parameters
    ----------
    plan : Plan
        Where it is.
    part_id : str
        Community code, a dash, a number.
    language : {"zh", "en"}
        Chinese or English.

    Returns
    -------
    str
        The name; community names stay Chinese.
    """
    code, _, serial = part_id.rpartition("-")
    communities = plan.district.communities
    names = dict(zip(communities["community_code"], communities["name"], strict=True))
    several = sum(p["community_code"] == code for p in plan.report["parts"]) > 1
    frame = phrases(language, "explain")["part" if several else "whole"]
    return frame.format(community=names.get(code, code), serial=serial)


def border_name(kind: str, name: str, language: Language) -> str:
    """Return a border's kind, with its name if it has one.

    Parameters
    ----------
    kind : str
        Barrier kind, or ``community``.
    name : str
        Its own name; empty if it has none.
    language : {"zh", "en"}
        Chinese or English.

    Returns
    -------
    str
        For a sentence.
    """
    words = phrases(language, "border")
    return words["named"].format(name=name, kind=words[kind]) if name else words[kind]


def _under(heading: str, rows: list[str]) -> list[str]:
    """Return rows indented under a heading, if there are any; the rest is counted."""
    if not rows:
        return []
    more = [f"  … +{len(rows) - _LISTED}"] if len(rows) > _LISTED else []
    return [heading, *(f"  {row}" for row in rows[:_LISTED]), *more]


def part_reasons(plan: Plan, language: Language) -> dict[str, str]:
    """Say of each part that is out of the common why its grids are as they are.

    Parameters
    ----------
    plan : Plan
        With its report.
    language : {"zh", "en"}
        Chinese or English.

    Returns
    -------
    dict of str to str
        By ``part_id``: why its band gave way, or which border forces its imbalance.
    """
    found = _causes(plan, language, only=_OF_BANDS)
    for part_id, said in _imbalances(plan, language).items():
        found[part_id] = f"{found[part_id]} {said}" if part_id in found else said
    return found


def _causes(
    plan: Plan, language: Language, *, only: frozenset[str] | None = None
) -> dict[str, str]:
    """Say what was special in solving each part, by part."""
    words = phrases(language, "explain")
    heaviest = plan.courtyards.groupby("part_id")[plan.report["provenance"]["weight"]].max()
    return {
        part["part_id"]: words[f"cause_{part['cause']}"].format(
            part=part_name(plan, part["part_id"], language),
            load=f"{part['load']:,.0f}",
            heaviest=f"{float(heaviest[part['part_id']]):,.0f}",
            courtyards=part["n_courtyards"],
        )
        for part in plan.report["parts"]
        if part["cause"] and (only is None or part["cause"] in only)
    }


def _bands(plan: Plan, language: Language) -> list[str]:
    """Say where the band gave way, and where not everything could be tried."""
    words = phrases(language, "explain")
    rule, target = plan.report["rules"]["partition"], plan.target
    low, high = f"{rule['low'] * target:.0f}", f"{rule['high'] * target:.0f}"
    wider = _causes(plan, language, only=_OF_BANDS)
    tried = [said for part, said in _causes(plan, language).items() if part not in wider]
    return [
        *_under(words["bands_head"].format(low=low, high=high), list(wider.values())),
        *_under(words["tried_head"], tried),
    ]


def _imbalances(plan: Plan, language: Language) -> dict[str, str]:
    """Say which border forces the imbalance of a part, by part."""
    words = phrases(language, "explain")
    return {
        row["part_id"]: words["forced"].format(
            part=part_name(plan, row["part_id"], language),
            share=f"{row['share']:.2f}",
            k=row["k"],
            deviation=f"{100 * row['deviation']:+.0f}",
            border=border_name(row["border_kind"], row["border_name"], language),
        )
        for row in plan.report.get("forced", [])
    }


def _forced(plan: Plan, language: Language) -> list[str]:
    """Say where a border forces an imbalance."""
    heading = phrases(language, "explain")["forced_head"]
    return _under(heading, list(_imbalances(plan, language).values()))


def _crossings(plan: Plan, language: Language) -> list[str]:
    """List the crossings that were opened."""
    words = phrases(language, "explain")
    opened: list[dict[str, Any]] = plan.report["provenance"].get("crossings", [])
    rows = [
        words["crossing"].format(
            a=row["a"],
            b=row["b"],
            border=border_name(row["barrier"], "", language),
            walk=f"{row['walk_m']:.0f}",
        )
        for row in opened
        if row["opened"]
    ]
    return _under(words["crossings_head"], rows)

"""Versions to serve: where they come from, a store or one plan, and what they say of themselves."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from geogrid.publish.features import feature_tables
from geogrid.publish.snapshot import VersionInfo
from geogrid.store.documents import report_of_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geogrid.plans.plan import Plan
    from geogrid.publish.features import FeatureTable

__all__ = ["About", "Source", "Versions", "source_of_plan", "source_of_store"]

# with more districts than this, their names are no title
_N_NAMED = 4


@dataclass(frozen=True, slots=True)
class About:
    """Say what the service is about.

    Parameters
    ----------
    title : str
        The district's name; empty: several districts.
    is_synthetic : bool
        Whether the data is made up, which every answer must say.
    attribution : str
        Whom to name.
    licence : str
        SPDX identifier of the data's licence; empty: none is stated.

    Attributes
    ----------
    stamp : bytes
        The same as JSON members, with a comma behind them.
    """

    title: str = ""
    is_synthetic: bool = False
    attribution: str = ""
    licence: str = ""
    stamp: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Write the members that every answer carries, once."""
        members: dict[str, Any] = {}
        if self.is_synthetic:
            members = {"synthetic": True, "notice": "模拟数据 Synthetic data"}
        if self.attribution:
            members["attribution"] = self.attribution
        text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))[1:-1]
        object.__setattr__(self, "stamp", f"{text},".encode() if text else b"")


class Source(Protocol):
    """Know versions and settings; a store or one plan."""

    def head(self) -> int:
        """Return a number that changes with whatever is served."""

    def versions(self) -> list[VersionInfo]:
        """Return every version that is, was or will be in force."""

    def tables(self, plan_id: int) -> Mapping[str, FeatureTable]:
        """Return a version's collections."""

    def is_public(self, collection: str) -> bool:
        """Tell whether anybody may read a collection."""

    def about(self) -> About:
        """Say what it is about."""


class Versions(Protocol):
    """As much of a store as is read here."""

    def head(self) -> int:
        """Return a number raised by publications and settings."""

    def plans(self) -> Sequence[Any]:
        """Return what is known of every version."""

    def features(self, plan_id: int, /) -> Mapping[str, FeatureTable]:
        """Return a published version's collections."""

    def is_public(self, collection: str, /) -> bool:
        """Tell whether anybody may read a collection."""

    def plan_bytes(self, plan_id: int, /) -> bytes:
        """Return a version's plan file."""


def source_of_plan(plan: Plan) -> Source:
    """Return one plan as a source: always in force, everything public."""
    return _OnePlan(plan)


def source_of_store(store: Versions) -> Source:
    """Return the published versions of a store as a source."""
    return _OfStore(store)


class _OnePlan:
    """One plan, always in force, everything public."""

    def __init__(self, plan: Plan) -> None:
        self._tables = feature_tables(plan)
        codes = plan.district.communities["community_code"]
        code = str(codes.iloc[0])[:6] if len(codes) else ""
        facts = plan.district.metadata
        self._about = About(
            plan.district.name,
            plan.district.is_synthetic,
            facts.get("attribution", ""),
            facts.get("licence", ""),
        )
        self._version = VersionInfo(0, code, 1, plan.district.name, None, None, None)

    def head(self) -> int:
        return 0

    def versions(self) -> list[VersionInfo]:
        return [self._version]

    def tables(self, plan_id: int) -> Mapping[str, FeatureTable]:
        del plan_id
        return self._tables

    def is_public(self, collection: str) -> bool:
        return collection in self._tables

    def about(self) -> About:
        return self._about


class _OfStore:
    """The published versions of a store."""

    def __init__(self, store: Versions) -> None:
        self._store = store
        self._known: dict[int, dict[str, str]] = {}

    def head(self) -> int:
        return self._store.head()

    def versions(self) -> list[VersionInfo]:
        return [
            VersionInfo(
                info.plan_id,
                info.district_code,
                info.number,
                info.title,
                info.document_no,
                info.valid_from,
                info.valid_to,
            )
            for info in self._store.plans()
            if info.status == "published"
        ]

    def tables(self, plan_id: int) -> Mapping[str, FeatureTable]:
        return self._store.features(plan_id)

    def is_public(self, collection: str) -> bool:
        return self._store.is_public(collection)

    def about(self) -> About:
        ordered = sorted(self.versions(), key=lambda v: v.valid_from or dt.date.min)
        latest = {v.district_code: v.plan_id for v in ordered}
        facts = [self._facts(plan_id) for plan_id in latest.values()]
        named = {name: _distinct(facts, name) for name in ("name", "attribution", "licence")}
        return About(
            "、".join(named["name"]) if len(named["name"]) < _N_NAMED else "",
            any(one.get("synthetic") == "true" for one in facts),
            "; ".join(named["attribution"]),
            # several licences cannot be said in one link
            named["licence"][0] if len(named["licence"]) == 1 else "",
        )

    def _facts(self, plan_id: int) -> dict[str, str]:
        """Return what a version's plan says of its district; published ones never change."""
        if plan_id not in self._known:
            report = report_of_bytes(self._store.plan_bytes(plan_id))
            provenance = report.get("provenance") or {}
            self._known[plan_id] = {
                str(name).removeprefix("district_"): str(value)
                for name, value in provenance.items()
                if str(name).startswith("district_")
            }
        return self._known[plan_id]


def _distinct(facts: Iterable[Mapping[str, str]], name: str) -> list[str]:
    """Return what several districts say of themselves, each thing once."""
    return list(dict.fromkeys(one[name] for one in facts if one.get(name)))

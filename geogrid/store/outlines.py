"""Outline: who lies in which grid, the little of a plan that an edit needs.

Reading a plan file takes a second, its outline a few milliseconds; both are kept side by side.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.governance.previous import retired_codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geogrid.plans.plan import Plan

__all__ = ["Outline", "district_code", "outline_of"]

# six digits name a district in China (GB/T 2260)
_DIGITS = 6


@dataclass(frozen=True)
class Outline:
    """Hold who lies where in a plan file.

    Parameters
    ----------
    district_code, district_name, crs : str
        The district.
    assignment : mapping of str to str
        Grid code of every courtyard.
    community_of : mapping of str to str
        Community code of every courtyard.
    names : mapping of str to str
        Name of every grid.
    grid_community : mapping of str to str
        Community code of every grid.
    communities : mapping of str to (str, str)
        Name and subdistrict code of every community.
    retired : frozenset of str
        Grid codes that had ended before.
    """

    district_code: str
    district_name: str
    crs: str
    assignment: Mapping[str, str] = field(repr=False)
    community_of: Mapping[str, str] = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    grid_community: Mapping[str, str] = field(repr=False)
    communities: Mapping[str, tuple[str, str]] = field(repr=False)
    retired: frozenset[str] = frozenset()

    @cached_property
    def subdistricts(self) -> frozenset[str]:
        """Return the code of every subdistrict."""
        return frozenset(sub for _, sub in self.communities.values() if sub)

    def community_of_grid(self, code: str) -> str:
        """Return a grid's community; a grid of a later day carries it in its code."""
        return self.grid_community.get(code, code[:-3])

    def subdistrict_of(self, community: str) -> str:
        """Return a community's subdistrict, empty if nobody told."""
        return self.communities.get(community, ("", ""))[1]

    def community_name(self, community: str) -> str:
        """Return a community's name, its code if it has none."""
        return self.communities.get(community, ("", ""))[0] or community

    def pack(self) -> bytes:
        """Return the outline as bytes for a table."""
        rows = [[ident, code, self.community_of[ident]] for ident, code in self.assignment.items()]
        plain = {
            "district": [self.district_code, self.district_name, self.crs],
            "courtyards": rows,
            "grids": [[c, name, self.grid_community[c]] for c, name in self.names.items()],
            "communities": [[c, *told] for c, told in self.communities.items()],
            "retired": sorted(self.retired),
        }
        return zlib.compress(json.dumps(plain, ensure_ascii=False).encode())

    @classmethod
    def unpack(cls, packed: bytes) -> Outline:
        """Return the outline that `pack` made."""
        plain = json.loads(zlib.decompress(packed))
        code, name, crs = plain["district"]
        return cls(
            district_code=code,
            district_name=name,
            crs=crs,
            assignment={ident: grid for ident, grid, _ in plain["courtyards"]},
            community_of={ident: community for ident, _, community in plain["courtyards"]},
            names={grid: named for grid, named, _ in plain["grids"]},
            grid_community={grid: community for grid, _, community in plain["grids"]},
            communities={c: (named, sub) for c, named, sub in plain["communities"]},
            retired=frozenset(plain["retired"]),
        )


def outline_of(plan: Plan) -> Outline:
    """Return the outline of a plan.

    Parameters
    ----------
    plan : Plan
        Any plan.

    Returns
    -------
    Outline
        Texts only.

    Raises
    ------
    InputError
        If its communities belong to several districts.
    """
    courtyards, grids, communities = plan.courtyards, plan.gov_grids, plan.district.communities
    idents, codes = _texts(courtyards["courtyard_id"]), _texts(grids["grid_code"])
    community_codes = _texts(communities["community_code"])
    subdistricts = (
        _texts(communities["subdistrict_code"])
        if "subdistrict_code" in communities
        else [""] * len(communities)
    )
    told = zip(_texts(communities["name"]), subdistricts, strict=True)
    return Outline(
        district_code=district_code(plan),
        district_name=plan.district.name,
        crs=plan.district.crs,
        assignment=dict(zip(idents, _texts(courtyards["grid_code"]), strict=True)),
        community_of=dict(zip(idents, _texts(courtyards["community_code"]), strict=True)),
        names=dict(zip(codes, _texts(grids["name"]), strict=True)),
        grid_community=dict(zip(codes, _texts(grids["community_code"]), strict=True)),
        communities=dict(zip(community_codes, told, strict=True)),
        retired=frozenset(retired_codes(plan)),
    )


def district_code(plan: Plan) -> str:
    """Return the code that a plan's district is known by.

    Parameters
    ----------
    plan : Plan
        Any plan.

    Returns
    -------
    str
        ``district_code`` of its metadata, else the six digits that its
        communities share, else its name.

    Raises
    ------
    InputError
        If none of these is there.
    """
    stated = plan.district.metadata.get("district_code", "").strip()
    if stated:
        return stated
    heads = {code[:_DIGITS] for code in _texts(plan.district.communities["community_code"])}
    if (
        len(heads) == 1
        and len(head := heads.pop()) == _DIGITS
        and head.isascii()
        and head.isdigit()
    ):
        return head
    if plan.district.name:
        return plan.district.name[:32]
    msg = (
        "The communities share no six-digit district code; state district_code in the "
        "district's metadata."
    )
    raise InputError(msg)


def _texts(values: Iterable[object]) -> list[str]:
    """Return values as text, missing ones empty."""
    return ["" if v is None or v != v else str(v) for v in values]  # noqa: PLR0124 - NaN

"""Which coordinate systems the heads of a ledger's columns name: a clue, never proof.

Offices copy a head with the numbers of another map below it; so a name agrees with what the
ground tells, or raises a doubt.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from geogrid.old_systems import old_name
from geogrid.sources.coordinates.evidence import Detection, Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["weigh_heads"]

# "GPS" is left out: people say so of any coordinates
_NAMED = {
    "bd09": re.compile("百度|baidu|bd-?_?0?9", re.IGNORECASE),
    "gcj02": re.compile("高德|腾讯|火星|国测局|amap|gaode|gcj", re.IGNORECASE),
    "wgs84": re.compile(
        "wgs|天地图|tianditu|osm|cgcs_?2000|(国家|大地)2000|2000(国家|大地)", re.IGNORECASE
    ),
}
# of systems in metres nothing but the datum is said
_METRES = frozenset({"EPSG:4549", "EPSG:4528"})


def weigh_heads(detection: Detection, heads: Iterable[str]) -> Detection:
    """Add what the heads of the coordinates' columns say to what the ground tells.

    Parameters
    ----------
    detection : Detection
        By the numbers.
    heads : iterable of str
        As written, of every table.

    Returns
    -------
    Detection
        With a line of evidence for each system named. Not sure any more if the heads name
        another system than the sure one, or several; where the ground could not tell, the
        only one that they name is the likeliest.

    Examples
    --------
    >>> weigh_heads(Detection("gcj02", True), ["经度（百度）"]).is_sure
    False
    >>> weigh_heads(Detection(None, False, (), (("bd09", 0.0),)), ["百度坐标"]).system
    'bd09'
    """
    heads = list(dict.fromkeys(heads))
    old = [Evidence("named_old", {"head": head}) for head in heads if old_name(head)]
    if old:
        # it looks like today's and lies tens of metres beside it
        return replace(detection, is_sure=False, evidence=(*detection.evidence, *old))
    named = {system: head for head in heads for system, sign in _NAMED.items() if sign.search(head)}
    if not named:
        return detection
    told = [Evidence("named", {"head": head, "system": name}) for name, head in named.items()]
    evidence = (*told, *detection.evidence)
    if detection.is_sure:
        fits = set(named) == {detection.system} or (
            set(named) == {"wgs84"} and detection.system in _METRES
        )
        if not fits:
            evidence += (Evidence("named_otherwise", {"system": str(detection.system)}),)
        return replace(detection, is_sure=fits, evidence=evidence)
    (name, *others), possible = named, dict(detection.ranking)
    likely = name if not others and name in possible else detection.system
    return replace(detection, system=likely, evidence=evidence)

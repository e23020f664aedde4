"""Rules of a layout: one table of defaults, read from TOML, kept with the plan."""

from __future__ import annotations

import math
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InputError
from geogrid.solve.options import PartitionRules
from geogrid.space.graph import ContiguityRules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.plans.plan import Plan

__all__ = [
    "KeepRules",
    "LayoutRules",
    "PairingRules",
    "frozen_rules_of",
    "load_rules",
    "rules_from_dict",
    "rules_of",
]

# rules that speak of rows or are code: for arrays; files speak of courtyards in [keep]
_NOT_IN_FILES = frozenset(
    {"given", "locked", "must_join", "must_part", "previous", "moved_m", "beats", "split_m"}
    | {"heirs", "extra_cost", "veto"}
)
# the tables whose names are all different
_BY_NAME = ("contiguity", "partition", "keep")
# metres or households beyond this are a slip of the pen
_LARGEST = 1e9


def require_metres(value: float, name: str) -> None:
    """Refuse a weight that is no finite number of metres >= 0."""
    if not _is_number(value) or value < 0:
        raise InputError(f"{name} is {value!r}; give metres >= 0.")


@dataclass(frozen=True)
class PairingRules:
    """State how grids are paired with beats.

    Parameters
    ----------
    outside_m : float
        Metres that a household costs if its grid's lead beat is not its own.
    balance_m : float
        Metres that each household costs by which a beat lies off the mean load
        of its station area.
    gov_grids, basic_grids : (int, int)
        Fewest and most grids of each layer that a beat leads (DOMAIN section 4).
    households : (float, float) or ()
        Fewest and most households that a beat leads, in multiples of the mean
        beat of its station area; () for no limits.
    contiguous : bool
        Whether the grids of a beat must touch one another.
    """

    outside_m: float = 500.0
    balance_m: float = 100.0
    gov_grids: tuple[int, int] = (2, 3)
    basic_grids: tuple[int, int] = (3, 4)
    households: tuple[float, ...] = ()
    contiguous: bool = False

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        if not isinstance(self.contiguous, bool):
            raise InputError(f"[pairing] contiguous is {self.contiguous!r}; give true or false.")
        given = self.households
        band = len(given) == 2 and all(map(_is_number, given)) and 0 <= given[0] <= 1 <= given[1]
        if given and not band:
            msg = (
                f"[pairing] households is {list(given)}; give the fewest, in [0, 1], and the "
                "most, at least 1, in multiples of the mean beat, or nothing."
            )
            raise InputError(msg)
        for name in ("outside_m", "balance_m"):
            require_metres(getattr(self, name), name)
        for name in ("gov_grids", "basic_grids"):
            limits = getattr(self, name)
            whole = len(limits) == 2 and all(type(x) is int for x in limits)
            if not whole or not 0 <= limits[0] <= limits[1] or limits[1] < 1:
                msg = f"[pairing] {name} is {list(limits)}; give the fewest and the most grids."
                raise InputError(msg)

    def count(self, layer: str) -> tuple[int, int]:
        """Return the limits for one grid layer."""
        return self.gov_grids if layer == "gov_grids" else self.basic_grids


@dataclass(frozen=True)
class KeepRules:
    """State what a layout keeps: whole grids, company, distance, the grids of before.

    Courtyards go by their ``courtyard_id``; `geogrid.governance.keep` turns these
    rules into rows.

    Parameters
    ----------
    locked : tuple of tuples of str
        Grids kept as they are, each all of its courtyards; the band and the walk
        limit do not bind them.
    together : tuple of tuples of str
        Courtyards that share one grid.
    apart : tuple of (str, str)
        Pairs of courtyards that may not share one.
    moved_m : float
        Metres that a household costs whose grid does not carry on its old one;
        above 0 it needs a layout before.
    split_m : float
        Metres that a household costs outside the majority beat of its grid.
    """

    locked: tuple[tuple[str, ...], ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    apart: tuple[tuple[str, str], ...] = ()
    moved_m: float = 0.0
    split_m: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        for name in ("moved_m", "split_m"):
            require_metres(getattr(self, name), f"[keep] {name}")
        for name, least in (("locked", 1), ("together", 2), ("apart", 2)):
            for group in getattr(self, name):
                good = isinstance(group, tuple) and all(isinstance(i, str) for i in group)
                if not good or len(set(group)) < least or (name == "apart" and len(group) != 2):
                    shape = {
                        "locked": "lists of courtyard_id, a list a grid",
                        "together": "lists of two or more courtyard_id",
                        "apart": "pairs of two courtyard_id",
                    }[name]
                    raise InputError(f"[keep] {name} holds {group!r}; give {shape}.")
        taken = [ident for grid in self.locked for ident in set(grid)]
        twice = sorted({ident for ident in taken if taken.count(ident) > 1})
        if twice:
            msg = f"[keep] locked names {', '.join(twice[:8])} in two grids; name each once."
            raise InputError(msg, courtyards=twice)


@dataclass(frozen=True)
class LayoutRules:
    """Gather every rule that a layout obeys.

    Parameters
    ----------
    contiguity : ContiguityRules
        When courtyards are neighbours.
    partition : PartitionRules
        Band, target, balance, apportionment.
    pairing : PairingRules
        Grids to beats.
    keep : KeepRules
        Locked grids, courtyards together or apart, the layout before, beats.
    reach_m : float
        Ground around courtyards that a grid's picture covers.
    """

    contiguity: ContiguityRules = field(default_factory=ContiguityRules)
    partition: PartitionRules = field(default_factory=PartitionRules)
    pairing: PairingRules = field(default_factory=PairingRules)
    keep: KeepRules = field(default_factory=KeepRules)
    reach_m: float = 60.0

    def as_dict(self) -> dict[str, Any]:
        """Return the rules as plain values, as the plan's report keeps them."""
        values = asdict(self)
        values["partition"] = {
            key: value for key, value in values["partition"].items() if key not in _NOT_IN_FILES
        }
        return values

    def changed(
        self, *, pairing: PairingRules | Mapping[str, Any] | None = None, **changes: object
    ) -> LayoutRules:
        """Return the rules with some of them changed, by name, whatever table they stand in.

        Parameters
        ----------
        pairing : PairingRules or mapping, optional
            Of the pairing table, whose names repeat those of others: only what changes.
        **changes : object
            Names of the tables contiguity, partition and keep, and ``reach_m``:
            ``balance_m=1000``, ``walk_max_m=300``, ``locked=[["c1", "c2"]]``.

        Returns
        -------
        LayoutRules
            Checked values; everything else as it was.

        Raises
        ------
        InputError
            If a name is unknown, or a value of the wrong kind or out of its range.

        Examples
        --------
        >>> from geogrid import LayoutRules
        >>> rules = LayoutRules().changed(balance_m=1000, band="hard", pairing={"outside_m": 300})
        >>> rules.partition.balance_m, rules.partition.band, rules.pairing.outside_m
        (1000, 'hard', 300)
        """
        known = {
            name: table
            for table in _BY_NAME
            for name in _names_in_files(type(getattr(self, table)))
        }
        _refuse_unknown(changes, [*known, "reach_m", "pairing"], "changed()")
        by_table: dict[str, dict[str, Any]] = {}
        for name, value in changes.items():
            if name != "reach_m":
                by_table.setdefault(known[name], {})[name] = value
        parts: dict[str, Any] = {
            table: _changed_table(getattr(self, table), values, f"changed(): [{table}]")
            for table, values in by_table.items()
        }
        if isinstance(pairing, PairingRules):
            parts["pairing"] = pairing
        elif pairing is not None:
            parts["pairing"] = _changed_table(self.pairing, pairing, "changed(): [pairing]")
        if "reach_m" in changes:
            parts["reach_m"] = _checked_reach(_plain(changes["reach_m"]), "changed()")
        return replace(self, **parts)


def load_rules(path: Path | str | None) -> LayoutRules:
    """Read rules from a TOML file; what it leaves out keeps its default.

    Parameters
    ----------
    path : Path, str or None
        ``data/rules.toml`` shows every table and key; None for the defaults.

    Returns
    -------
    LayoutRules
        Checked values.

    Raises
    ------
    InputError
        If the file is missing, is no TOML, or holds an unknown table, key or value.
    """
    if path is None:
        return LayoutRules()
    try:
        given = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"There is no rules file {path} to read ({error.strerror}); check the path."
        raise InputError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {error}; compare data/rules.toml.") from error
    return rules_from_dict(given, where=str(path))


def rules_from_dict(given: dict[str, Any], *, where: str) -> LayoutRules:
    """Build rules from plain values (a TOML file, or a plan's report).

    Parameters
    ----------
    given : dict
        Tables ``contiguity``, ``partition``, ``pairing``, ``keep`` and the key ``reach_m``.
    where : str
        Where they come from, for messages.

    Returns
    -------
    LayoutRules
        Checked values.

    Raises
    ------
    InputError
        If a table, key or value is unknown or of the wrong type.
    """
    tables = {
        "contiguity": ContiguityRules,
        "partition": PartitionRules,
        "pairing": PairingRules,
        "keep": KeepRules,
    }
    _refuse_unknown(given, [*tables, "reach_m"], where)
    parts: dict[str, Any] = {
        name: _read_table(given.get(name, {}), kind, f"{where}: [{name}]")
        for name, kind in tables.items()
    }
    reach_m = _checked_reach(given.get("reach_m", LayoutRules.reach_m), where)
    return LayoutRules(**parts, reach_m=reach_m)


def rules_of(plan: Plan) -> LayoutRules:
    """Return the rules that a plan was made by.

    Parameters
    ----------
    plan : Plan
        With its report.

    Returns
    -------
    LayoutRules
        As the report holds them.

    Raises
    ------
    InputError
        If the report holds rules that mean nothing here.
    """
    return rules_from_dict(dict(plan.report["rules"]), where="the plan")


def frozen_rules_of(plan: Plan) -> LayoutRules:
    """Return a plan's rules with its target frozen, so that costs compare.

    Parameters
    ----------
    plan : Plan
        With its report.

    Returns
    -------
    LayoutRules
        Those of its report; ``partition.target`` is what the plan was made with.
    """
    rules = rules_of(plan)
    return replace(rules, partition=replace(rules.partition, target=plan.target))


def _checked_reach(value: Any, where: str) -> float:  # noqa: ANN401 - any plain value
    """Return the ground around courtyards as a number of metres > 0, or refuse it."""
    _check_kind(value, LayoutRules.reach_m, f"{where}: reach_m")
    if value <= 0:
        raise InputError(f"{where}: reach_m is {value!r}; give metres > 0.")
    return float(value)


def _refuse_unknown(given: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    """Refuse keys that mean nothing here."""
    wrong = sorted(set(given) - set(known))
    if wrong:
        msg = f"{what} has no {', '.join(wrong)}; known: {', '.join(known)}."
        raise InputError(msg, keys=wrong)


def _read_table(values: Any, kind: type[Any], what: str) -> Any:  # noqa: ANN401 - one of four
    """Build one table's rules from plain values."""
    if not isinstance(values, dict):
        raise InputError(f"{what} must be a table.")
    return _changed_table(kind(), values, what)


def _changed_table(table: Any, values: Mapping[str, Any], what: str) -> Any:  # noqa: ANN401 - one of four
    """Return one table's rules with some plain values in place of its own."""
    _refuse_unknown(values, _names_in_files(type(table)), what)
    plain = {key: _plain(value) for key, value in values.items()}
    for key, value in plain.items():
        _check_kind(value, getattr(type(table)(), key), f"{what} {key}")
    try:
        return replace(table, **plain)
    except InputError as error:
        # some messages name their table themselves
        place = what.rpartition(": ")[0] if error.message.startswith("[") else what
        raise InputError(f"{place}: {error.message}") from error


def _names_in_files(kind: type[Any]) -> list[str]:
    """Return the names of a table that stand in files too."""
    is_free = kind is not PartitionRules
    return [f.name for f in fields(kind) if is_free or f.name not in _NOT_IN_FILES]


def _check_kind(value: Any, default: Any, what: str) -> None:  # noqa: ANN401 - any plain value
    """Refuse a value of another kind than its default."""
    if isinstance(default, str | bool):
        good = isinstance(value, type(default))
    elif isinstance(default, tuple):
        good = isinstance(value, list | tuple)
    elif default is None:
        # the target, the longest walk: numbers, or not given
        good = value is None or _is_number(value)
    else:
        good = _is_number(value)
    if not good:
        raise InputError(f"{what} is {value!r}; compare data/rules.toml.")


def _is_number(value: Any) -> bool:  # noqa: ANN401 - any plain value
    """Tell whether a value is a finite number of a sensible size."""
    return type(value) in {int, float} and math.isfinite(value) and abs(value) <= _LARGEST


def _plain(value: Any) -> Any:  # noqa: ANN401 - TOML and notebooks hold any plain value
    """Turn lists into tuples, all the way down, and numpy's numbers into Python's."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(_plain(v) for v in value)
    return value.item() if isinstance(value, np.generic) else value

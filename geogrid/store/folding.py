"""Folding: a draft's state is its start outline and its log, entry by entry.

Pure: nothing here knows a database. A `Sheet` applies edits to a state and notes what to log.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.plans.codes import grid_name, number_grids
from geogrid.store.edits import Edit, Lock, Merge, Move, Rename, Split

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from geogrid.store.outlines import Outline
    from geogrid.store.records import LogEntry, LogKind

__all__ = ["Entry", "Sheet", "State", "fold", "start_state", "touched_by_edits", "touched_by_log"]

LOCKED = "1"


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one change that is to be logged; members as in `LogEntry`."""

    kind: LogKind
    subject: str
    before: str
    after: str

    def inverse(self) -> Entry:
        """Return the entry that takes this one back."""
        return Entry(self.kind, self.subject, self.after, self.before)


@dataclass(frozen=True)
class State:
    """Hold a draft at one revision.

    Parameters
    ----------
    revision : int
        Of the log.
    assignment : mapping of str to str
        Grid code of every courtyard.
    names : mapping of str to str
        Name of every grid that was ever there in this draft.
    locks : frozenset of str
        ``courtyard:ID`` and ``grid:CODE``.
    """

    revision: int
    assignment: Mapping[str, str] = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    locks: frozenset[str]

    @property
    def grids(self) -> set[str]:
        """Return the codes of the grids that hold a courtyard."""
        return set(self.assignment.values())


def start_state(outline: Outline) -> State:
    """Return the state before the first revision."""
    return State(0, outline.assignment, outline.names, frozenset())


def fold(state: State, entries: Iterable[Entry | LogEntry], revision: int) -> State:
    """Return the state after some entries.

    Parameters
    ----------
    state : State
        Before them; left as it is.
    entries : iterable of Entry or LogEntry
        In the order of the log.
    revision : int
        The revision that they lead to.

    Returns
    -------
    State
        After them.
    """
    assignment, names, locks = dict(state.assignment), dict(state.names), set(state.locks)
    for entry in entries:
        if entry.kind == "move":
            assignment[entry.subject] = entry.after
        elif entry.kind == "name":
            names[entry.subject] = entry.after
            if not entry.after:
                del names[entry.subject]
        elif entry.after:
            locks.add(entry.subject)
        else:
            locks.discard(entry.subject)
    return State(revision, assignment, names, frozenset(locks))


def touched_by_log(entries: Iterable[Entry | LogEntry]) -> set[str]:
    """Return what entries touch: courtyards, and the grids they leave and enter.

    Parameters
    ----------
    entries : iterable of Entry or LogEntry
        Of one or more revisions.

    Returns
    -------
    set of str
        ``courtyard:ID`` and ``grid:CODE``.
    """
    found: set[str] = set()
    for entry in entries:
        if entry.kind == "move":
            found |= {f"courtyard:{entry.subject}", f"grid:{entry.before}", f"grid:{entry.after}"}
        else:
            found.add(entry.subject if entry.kind == "lock" else f"grid:{entry.subject}")
    return found


def touched_by_edits(edits: Iterable[Edit], state: State) -> set[str]:
    """Return what edits would touch, whether or not they are allowed.

    Parameters
    ----------
    edits : iterable of Edit
        Meant for an older state. What they find here and there differs only if
        somebody touched a subject that they name.
    state : State
        The newest.

    Returns
    -------
    set of str
        ``courtyard:ID`` and ``grid:CODE``.
    """
    found: set[str] = set()
    for edit in edits:
        match edit:
            case Move() | Split():
                found |= {f"courtyard:{ident}" for ident in edit.courtyards}
                found |= {f"grid:{state.assignment.get(i, '')}" for i in edit.courtyards}
                if isinstance(edit, Move):
                    found.add(f"grid:{edit.to}")
            case Merge():
                found |= {f"grid:{edit.grid}", f"grid:{edit.into}"}
                # somebody may have locked one of them
                moving = (ident for ident, code in state.assignment.items() if code == edit.grid)
                found |= {f"courtyard:{ident}" for ident in moving}
            case Rename():
                found.add(f"grid:{edit.grid}")
            case _:
                found.add(edit.subject)
    return found


class Sheet:
    """Apply edits to a copy of a state, and note what is to be logged.

    Parameters
    ----------
    outline : Outline
        The start document's.
    state : State
        Before; left as it is.
    within : collection of str
        Subdistricts that nobody may leave: a clerk's own, the draft's scope.
    used : callable
        Returns every grid code that this draft or a published version of the district
        gave; asked only when a new one is needed.
    """

    def __init__(
        self,
        outline: Outline,
        state: State,
        *,
        within: Collection[str] = (),
        used: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        self.outline = outline
        self.before = state
        self.assignment = dict(state.assignment)
        self.names = dict(state.names)
        self.locks = set(state.locks)
        self.within = frozenset(within)
        self._ask_used = used
        self._used: set[str] | None = None
        self.entries: list[Entry] = []
        self._members: dict[str, set[str]] | None = None

    @property
    def members(self) -> dict[str, set[str]]:
        """Return the courtyards of every grid, also of those that are empty by now."""
        if self._members is None:
            self._members = defaultdict(set)
            for ident, code in self.assignment.items():
                self._members[code].add(ident)
        return self._members

    @property
    def used(self) -> set[str]:
        """Return every code that must not be given any more."""
        if self._used is None:
            told = self.outline
            self._used = {*self._ask_used(), *told.names, *told.retired, *self.before.names}
        return self._used

    @property
    def created(self) -> tuple[str, ...]:
        """Return the codes of the grids that appeared."""
        return tuple(sorted(set(self.assignment.values()) - self.before.grids))

    @property
    def emptied(self) -> tuple[str, ...]:
        """Return the codes of the grids that disappeared."""
        return tuple(sorted(self.before.grids - set(self.assignment.values())))

    def knows(self, code: str) -> bool:
        """Return whether a grid is there, or was in this draft."""
        return code in self.names or code in self.members

    def apply(self, edits: Sequence[Edit]) -> None:
        """Apply edits in their order.

        Parameters
        ----------
        edits : sequence of Edit
            If one is refused, throw the sheet away.

        Raises
        ------
        InputError
            If a courtyard or grid is not there, or nothing would change.
        ConflictError
            If a lock forbids it.
        ForbiddenError
            If it leaves ``within``.
        """
        for edit in edits:
            match edit:
                case Move():
                    self.move(edit.courtyards, edit.to)
                case Split():
                    self.split(edit.courtyards)
                case Merge():
                    self.merge(edit.grid, edit.into)
                case Rename():
                    self._require_grid(edit.grid)
                    self.rename(edit.grid, edit.name)
                case _:
                    self.lock(edit.subject, LOCKED if isinstance(edit, Lock) else "")
        if not self.entries:
            raise InputError("This changes nothing: everything is already so.")

    def move(self, courtyards: Sequence[str], to: str) -> None:
        """Move courtyards into a grid that this draft knows, be it empty by now."""
        self._require_courtyards(courtyards)
        self._require_grid(to)
        self._put(courtyards, to)

    def split(self, courtyards: Sequence[str]) -> str:
        """Move courtyards into a new grid and return its code."""
        self._require_courtyards(courtyards)
        homes = sorted({self.outline.community_of[ident] for ident in courtyards})
        if len(homes) > 1:
            msg = f"A new grid lies in one community; these courtyards lie in {', '.join(homes)}."
            raise InputError(msg, communities=homes)
        code = self.new_grid(homes[0])
        self._put(courtyards, code)
        return code

    def new_grid(self, community: str) -> str:
        """Take the next free code of a community, with its usual name."""
        (code,), serials = number_grids([community], np.zeros((1, 2)), used=self.used)
        self.used.add(code)
        self._note(
            "name", code, "", grid_name(self.outline.community_name(community), int(serials[0]))
        )
        return code

    def merge(self, grid: str, into: str) -> None:
        """Move all of one grid into another."""
        if grid == into:
            raise InputError(f"Grid {grid} cannot be merged into itself.", grid_code=grid)
        self._require_grid(grid)
        # before its courtyards are named: where a grid lies its code says, what it holds does not
        self._require_within(self.outline.community_of_grid(grid), f"grid {grid}")
        self.move(sorted(self.members[grid]), into)

    def rename(self, grid: str, name: str) -> None:
        """Give a grid another name; an empty one takes it away."""
        self._require_within(self.outline.community_of_grid(grid), f"grid {grid}")
        self._note("name", grid, self.names.get(grid, ""), name)

    def lock(self, subject: str, after: str) -> None:
        """Lock (``"1"``) or unlock (empty) a courtyard or a grid."""
        kind, _, ident = subject.partition(":")
        if kind == "courtyard":
            self._require_courtyards([ident])
            self._require_within(self.outline.community_of[ident], subject)
        elif kind == "grid":
            if ident not in self.names or after:
                self._require_grid(ident)
            self._require_within(self.outline.community_of_grid(ident), subject)
        else:
            raise InputError(f"{subject} is no subject; say courtyard:ID or grid:CODE.")
        self._note("lock", subject, LOCKED if subject in self.locks else "", after)

    def take_back(self, entries: Sequence[Entry]) -> None:
        """Apply the inverse of a revision's entries, locks obeyed.

        Parameters
        ----------
        entries : sequence of Entry
            In the order in which they were made.
        """
        for entry in reversed(entries):
            back = entry.inverse()
            if back.kind == "move":
                self._put([back.subject], back.after)
            elif back.kind == "name":
                # a grid that others have moved into meanwhile keeps its name
                if back.after or not self.members[back.subject]:
                    self.rename(back.subject, back.after)
            else:
                self.lock(back.subject, back.after)

    def require_all_within(self, entries: Iterable[Entry | LogEntry]) -> None:
        """Refuse entries of others without naming what they touch.

        Parameters
        ----------
        entries : iterable of Entry or LogEntry
            Of one revision.

        Raises
        ------
        ForbiddenError
            If one of them lies outside ``within``.
        """
        for subject in touched_by_log(entries):
            kind, _, ident = subject.partition(":")
            if kind == "courtyard":
                community = self.outline.community_of[ident]
            else:
                community = self.outline.community_of_grid(ident)
            self._require_within(community, "a part of this")

    def renumber(self, grid: str) -> str:
        """Give a grid a new code of its community; its lock and own name go along.

        Parameters
        ----------
        grid : str
            Its code until now.

        Returns
        -------
        str
            The new one.
        """
        community = self.outline.community_of_grid(grid)
        serial = grid[-3:]
        usual = (
            grid_name(self.outline.community_name(community), int(serial))
            if serial.isdigit()
            else ""
        )
        name, was_locked = self.names.get(grid, ""), f"grid:{grid}" in self.locks
        if was_locked:
            self._note("lock", f"grid:{grid}", LOCKED, "")
        held = sorted(self.locks & {f"courtyard:{ident}" for ident in self.members[grid]})
        # the courtyards stay together: no lock is broken
        self.locks -= set(held)
        code = self.new_grid(community)
        self._put(sorted(self.members[grid]), code)
        self.locks |= set(held)
        if name != usual:
            self._note("name", code, self.names[code], name)
        if was_locked:
            self._note("lock", f"grid:{code}", "", LOCKED)
        return code

    def _put(self, courtyards: Sequence[str], to: str) -> None:
        """Move courtyards into any grid, locks and limits obeyed."""
        moving = [ident for ident in courtyards if self.assignment[ident] != to]
        if not moving:
            return
        # whoever touches what is another's is told which courtyard that is
        for ident in moving:
            self._require_within(self.outline.community_of[ident], f"courtyard {ident}")
        self._require_within(self.outline.community_of_grid(to), f"grid {to}")
        if f"grid:{to}" in self.locks:
            raise ConflictError(f"Grid {to} is locked; unlock it first.", lock=f"grid:{to}")
        for ident in moving:
            old = self.assignment[ident]
            self._require_within(self.outline.community_of_grid(old), f"grid {old}")
            for lock, words in (
                (f"courtyard:{ident}", f"Courtyard {ident}"),
                (f"grid:{old}", f"Grid {old}"),
            ):
                if lock in self.locks:
                    raise ConflictError(f"{words} is locked; unlock it first.", lock=lock)
            self._note("move", ident, old, to)

    def _note(self, kind: LogKind, subject: str, before: str, after: str) -> None:
        """Apply one entry and keep it for the log, if it changes anything."""
        if before == after:
            return
        self.entries.append(Entry(kind, subject, before, after))
        if kind == "move":
            self.assignment[subject] = after
            if self._members is not None:
                self._members[before].discard(subject)
                self._members[after].add(subject)
        elif kind == "lock":
            (self.locks.add if after else self.locks.discard)(subject)
        elif after:
            self.names[subject] = after
        else:
            del self.names[subject]

    def _require_courtyards(self, idents: Sequence[str]) -> None:
        """Refuse courtyards that are not there."""
        unknown = [ident for ident in idents if ident not in self.assignment]
        if unknown:
            msg = f"{len(unknown)} courtyards are not in this plan ({', '.join(unknown[:5])})."
            raise InputError(msg, courtyards=unknown)

    def _require_grid(self, code: str) -> None:
        """Refuse a grid that is not there and never was in this draft."""
        if not self.knows(code):
            raise InputError(f"Grid {code} is not in this plan.", grid_code=code)

    def _require_within(self, community: str, what: str) -> None:
        """Refuse to leave the subdistricts that one is held to."""
        home = self.outline.subdistrict_of(community)
        if any(home != held for held in self.within):
            msg = f"{what} lies outside subdistrict {', '.join(sorted(self.within))}."
            raise ForbiddenError(msg[0].upper() + msg[1:], within=sorted(self.within))

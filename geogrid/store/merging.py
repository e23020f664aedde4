"""Merging: a subdistrict's own draft reaches the district's."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from geogrid.errors import ConflictError, InputError
from geogrid.plans.codes import grid_name
from geogrid.store.catalogue import require_status
from geogrid.store.drafts import Drafts
from geogrid.store.folding import fold, start_state

if TYPE_CHECKING:
    from geogrid.store.folding import Sheet, State
    from geogrid.store.records import RevisionInfo

__all__ = ["Merging"]


class Merging(Drafts):
    """Replay one draft onto another."""

    def merge_draft(self, into: int, other: int, *, expected: int, by: str) -> RevisionInfo:
        """Replay what another draft changed onto a draft, and end the other.

        So a subdistrict's own draft reaches the district's, and a draft of an older
        version the newest one. The two may have begun with different versions: a
        courtyard that lies elsewhere by now, or a grid that is gone, is a collision.

        Parameters
        ----------
        into : int
            A draft of the district.
        other : int
            A draft or proposal of the same district.
        expected : int
            The newest revision of ``into`` that the editor saw.
        by : str
            The user.

        Returns
        -------
        RevisionInfo
            Of ``into``; ``other`` is withdrawn, its ``merged_into`` says where it went.

        Raises
        ------
        StaleError
            If ``into`` was edited since.
        ConflictError
            If courtyards or grids collide, with ``facts["collisions"]``; if a lock
            forbids it.
        InputError
            If the two are not of one district, or ``other`` changed nothing.
        """
        if into == other:
            raise InputError("A draft cannot be merged into itself.")
        with self.database.write() as connection:
            # always the lower number first, so that two merges cannot wait for one another
            rows = {i: self._locked(connection, i) for i in sorted((into, other))}
            info, source = rows[into], rows[other]
            require_status(info, "draft")
            require_status(source, "draft", "proposed")
            if source.district_code != info.district_code:
                raise InputError("Both plans must be of one district.")
            self._require_current(connection, info, expected)
            state = self._state(connection, info, info.revision)
            sheet = self._sheet(connection, info, state, None)
            began = start_state(self._outline(connection, source.start_document))
            ended = self._state(connection, source, source.revision)
            _replay(sheet, began, ended)
            note = f"merged from version {source.number}: {source.title}"
            saved = self._append(connection, info, sheet, by=by, note=note)
            self._update(connection, other, status="withdrawn", merged_into=into)
            self._told(connection, "plan.merge", f"plan:{other}", by, into=into)
        self._states.put(into, fold(state, sheet.entries, saved.revision))
        return saved


def _replay(sheet: Sheet, began: State, ended: State) -> None:
    """Apply the difference of two states to a sheet that may have begun elsewhere."""
    assignment, names = _with_old_codes(sheet, began, ended)
    moves = {c: code for c, code in assignment.items() if began.assignment.get(c) != code}
    collisions = sorted(
        f"courtyard:{ident}"
        for ident, code in moves.items()
        if sheet.assignment.get(ident) not in {began.assignment.get(ident), code}
    )
    if collisions:
        msg = f"Both drafts moved {', '.join(collisions[:5])}; settle that first."
        raise ConflictError(msg, collisions=tuple(collisions))
    groups: dict[str, list[str]] = {}
    for ident in sorted(moves):
        groups.setdefault(moves[ident], []).append(ident)
    gone = [code for code in groups if code in began.names and not sheet.knows(code)]
    if gone:
        msg = f"Grids {', '.join(sorted(gone)[:5])} are gone from the draft; settle that first."
        raise ConflictError(msg, collisions=tuple(f"grid:{code}" for code in sorted(gone)))
    codes: dict[str, str] = {}
    for code, idents in sorted(groups.items()):
        if code in began.names:
            sheet.move(idents, code)
        else:
            codes[code] = sheet.split(idents)
    usual = {codes[code]: code for code in codes}
    for code, name in sorted(names.items()):
        here = codes.get(code, code)
        changed = began.names.get(code) != name
        # a new grid's usual name follows its new code
        if changed and here in sheet.names and (here not in usual or here == code):
            sheet.rename(here, name)
    if not sheet.entries:
        raise InputError("This changes nothing: everything is already so.")


def _with_old_codes(
    sheet: Sheet, began: State, ended: State
) -> tuple[dict[str, str], dict[str, str]]:
    """Return assignment and names, grids that only got another code under their old one.

    A submission numbers grids anew whose codes ended meanwhile; that moves no courtyard.
    """
    left = ended.grids
    olds, news = defaultdict(set), defaultdict(set)
    for ident, code in ended.assignment.items():
        old = began.assignment.get(ident)
        if code not in began.names and old is not None and old not in left:
            olds[code].add(old)
            news[old].add(code)
    renamed = {}
    for code, (old, *others) in olds.items():
        if not others and len(news[old]) == 1:
            renamed[code] = old
    assignment = {c: renamed.get(code, code) for c, code in ended.assignment.items()}
    names = {code: name for code, name in ended.names.items() if code in left}
    for code, old in renamed.items():
        community = sheet.outline.community_name(sheet.outline.community_of_grid(code))
        name = names.pop(code, "")
        is_usual = name == grid_name(community, int(code[-3:]))
        names[old] = began.names[old] if is_usual else name
    return assignment, names

"""Merging: a subdistrict's own draft reaches the district's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.errors import ConflictError, InputError
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

        So a subdistrict's own draft reaches the district's. The draft may have been
        edited since both began: a courtyard that it moved elsewhere is a collision.

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
            If courtyards collide, with ``facts["collisions"]``; if a lock forbids it.
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
    moves = {c: code for c, code in ended.assignment.items() if began.assignment.get(c) != code}
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
    codes: dict[str, str] = {}
    for code, idents in sorted(groups.items()):
        if code in began.names:
            sheet.move(idents, code)
        else:
            codes[code] = sheet.split(idents)
    usual = {codes[code]: code for code in codes}
    for code, name in sorted(ended.names.items()):
        here = codes.get(code, code)
        changed = began.names.get(code) != name
        # a new grid's usual name follows its new code
        if changed and here in sheet.names and (here not in usual or here == code):
            sheet.rename(here, name)
    if not sheet.entries:
        raise InputError("This changes nothing: everything is already so.")

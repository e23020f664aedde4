"""Reviews: what people say about a plan, and what they agree to."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import sqlalchemy as sa

from geogrid.errors import ConflictError, InputError, NotFoundError
from geogrid.store.catalogue import require_status
from geogrid.store.drafts import Drafts
from geogrid.store.edits import plain_text
from geogrid.store.records import Approval, Comment, Decision, Level
from geogrid.store.tables import LARGEST, approvals, columns_of, comments

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from geogrid.store.records import PlanInfo

__all__ = ["Reviews"]

_BODY, _NOTE = 4_000, 2_000


class Reviews(Drafts):
    """Keep comments, agreements and objections."""

    def comment(self, plan_id: int, body: str, *, by: str, subject: str = "") -> Comment:
        """Remark on a plan, on one of its grids or courtyards.

        Parameters
        ----------
        plan_id : int
            Any plan.
        body : str
            Plain text, at most 4,000 characters.
        by : str
            The user.
        subject : str
            ``grid:CODE``, ``courtyard:ID``, or empty for the plan as a whole.

        Returns
        -------
        Comment
            Open.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        InputError
            If the body or the subject cannot be taken.
        """
        body = plain_text(body, "body", most=_BODY)
        values = {"plan_id": plan_id, "subject": subject, "body": body, "made_by": by}
        with self.database.write() as connection:
            info = self._info(connection, plan_id)
            if subject:
                state = self._state(connection, info, info.revision)
                kind, _, ident = subject.partition(":")
                known = {"grid": state.names, "courtyard": state.assignment}.get(kind, {})
                if ident not in known:
                    raise InputError(f"{subject} is not in this plan.", subject=subject)
            self._told(connection, "comment.add", f"plan:{plan_id}", by, about=subject)
            insert = comments.insert().values(**values, made_at=self.now())
            return Comment(
                *connection.execute(insert.returning(*columns_of(comments, Comment))).one()
            )

    def comments(self, plan_id: int) -> list[Comment]:
        """Return the remarks on a plan, oldest first.

        Parameters
        ----------
        plan_id : int
            Any plan.

        Returns
        -------
        list of Comment
            Open and settled.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        """
        query = sa.select(*columns_of(comments, Comment)).where(comments.c.plan_id == plan_id)
        with self.database.read() as connection:
            self._info(connection, plan_id)
            return [Comment(*r) for r in connection.execute(query.order_by(comments.c.comment_id))]

    def settle_comment(self, comment_id: int, *, by: str) -> Comment:
        """Mark a remark as settled.

        Parameters
        ----------
        comment_id : int
            An open remark.
        by : str
            The user.

        Returns
        -------
        Comment
            Settled.

        Raises
        ------
        NotFoundError
            If there is no such remark.
        ConflictError
            If it is settled already.
        """
        mine = comments.c.comment_id == comment_id
        with self.database.write() as connection:
            query = sa.select(comments.c.settled_by).where(mine).with_for_update()
            row = connection.execute(query).first() if 0 < comment_id <= LARGEST else None
            if row is None:
                raise NotFoundError(f"There is no comment {comment_id}.", comment_id=comment_id)
            if row.settled_by is not None:
                raise ConflictError(f"Comment {comment_id} is settled already.")
            self._told(connection, "comment.settle", f"comment:{comment_id}", by)
            update = comments.update().where(mine).values(settled_by=by, settled_at=self.now())
            return Comment(
                *connection.execute(update.returning(*columns_of(comments, Comment))).one()
            )

    def decide(
        self,
        plan_id: int,
        decision: Decision,
        *,
        level: Level,
        by: str,
        expected: int | None = None,
        note: str = "",
    ) -> Approval:
        """Agree with a plan or object to it; both are kept for good.

        Parameters
        ----------
        plan_id : int
            A draft, proposed or approved plan.
        decision : {"agree", "object"}
            An objection should say why; it blocks nothing by itself.
        level : {"community", "subdistrict", "district"}
            For whom one speaks.
        by : str
            The user.
        expected : int, optional
            The revision that was looked at; the newest by default.
        note : str
            Why.

        Returns
        -------
        Approval
            Bound to the revision.

        Raises
        ------
        StaleError
            If the plan was edited since.
        ConflictError
            If it is published or withdrawn.
        """
        if level not in get_args(Level) or decision not in get_args(Decision):
            raise InputError(f"A decision is agree or object, of {', '.join(get_args(Level))}.")
        with self.database.write() as connection:
            info = self._locked(connection, plan_id)
            require_status(info, "draft", "proposed", "approved")
            if expected is not None:
                self._require_current(connection, info, expected)
            told = {"decision": decision, "level": level, "revision": info.revision}
            self._told(connection, "plan.decide", f"plan:{plan_id}", by, **told)
            return self._decided(connection, info, decision, level=level, by=by, note=note)

    def approvals(self, plan_id: int) -> list[Approval]:
        """Return who agreed and who objected, oldest first.

        Parameters
        ----------
        plan_id : int
            Any plan.

        Returns
        -------
        list of Approval
            Of every revision.

        Raises
        ------
        NotFoundError
            If there is no such plan.
        """
        query = sa.select(*columns_of(approvals, Approval)).where(approvals.c.plan_id == plan_id)
        with self.database.read() as connection:
            self._info(connection, plan_id)
            rows = connection.execute(query.order_by(approvals.c.approval_id))
            return [Approval(*row) for row in rows]

    def _decided(
        self,
        connection: Connection,
        info: PlanInfo,
        decision: Decision,
        *,
        level: Level,
        by: str,
        note: str,
    ) -> Approval:
        """Keep a decision on a plan as it stands."""
        values = {
            "plan_id": info.plan_id,
            "revision": info.revision,
            "level": level,
            "decision": decision,
            "made_by": by,
            "made_at": self.now(),
            "note": plain_text(note, "note", most=_NOTE, least=0),
        }
        insert = approvals.insert().values(values)
        return Approval(
            *connection.execute(insert.returning(*columns_of(approvals, Approval))).one()
        )

"""Accounts: users with one role each, their passwords, keys and sessions."""

from __future__ import annotations

from typing import Literal

__all__ = ["PERMISSIONS", "Permission", "Role"]

Role = Literal["viewer", "clerk", "planner", "approver", "admin"]
Permission = Literal[
    "read",  # every published version, unsuppressed counts, collections that are not public
    "see_drafts",  # drafts and proposals; a clerk's own subdistrict only
    "edit",  # make drafts, move, lock, undo, comment, submit; a clerk's own subdistrict only
    "export",  # plan files, ledgers and crosswalks of drafts
    "compute",  # run processes; make drafts from plan files
    "approve",  # agree, object, approve, publish; never what one proposed oneself
    "comment",
    "administer",  # users, keys, settings
    "audit",  # read the audit log
]

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    "viewer": frozenset({"read"}),
    "clerk": frozenset({"read", "see_drafts", "edit", "export", "comment"}),
    "planner": frozenset({"read", "see_drafts", "edit", "export", "comment", "compute"}),
    "approver": frozenset({"read", "see_drafts", "export", "comment", "approve"}),
    "admin": frozenset({"read", "administer", "audit"}),
}

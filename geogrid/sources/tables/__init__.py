"""Tables that people keep in spreadsheets: CSV, .xlsx and .xls, read as text within bounds.

What enters is a file's bytes; what leaves is its sheets, cell by cell, and the lists that stand
in them. Nothing here knows what a column means, and nothing trusts what a file says of itself:
packed parts are unpacked within limits, workbooks of 1997-2003 in a process of their own.
"""

from __future__ import annotations

from geogrid.sources.tables.lists import ListTable, plain_head, read_sheets, tables_of
from geogrid.sources.tables.sheets import LEDGER_LIMITS, LIST_LIMITS, Sheet, SheetLimits
from geogrid.sources.tables.workbook import read_workbook

__all__ = [
    "LEDGER_LIMITS",
    "LIST_LIMITS",
    "ListTable",
    "Sheet",
    "SheetLimits",
    "plain_head",
    "read_sheets",
    "read_workbook",
    "tables_of",
]

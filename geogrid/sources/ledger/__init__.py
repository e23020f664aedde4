"""Ledgers: the spreadsheets of courtyards that offices keep, read row by row.

What enters is a file's bytes and the communities; what leaves is every row with its verdict, and
each thing that was read otherwise than written, as a finding. Nothing here knows where a
courtyard lies, or reads files or settings, but for the words that heads and cells are read by.
"""

from __future__ import annotations

from geogrid.sources.ledger.columns import LedgerWords, field_of_head
from geogrid.sources.ledger.reading import read_ledger
from geogrid.sources.ledger.result import KINDS, Ledger, LedgerRow, TableTold

__all__ = [
    "KINDS",
    "Ledger",
    "LedgerRow",
    "LedgerWords",
    "TableTold",
    "field_of_head",
    "read_ledger",
]

"""The reject report: rows that an import left out, with cause and cure, ready to be corrected.

What enters is an `Import`; what leaves is one file, as a workbook, a page or JSON. Nothing here
judges a row again: what is written is what the import found.
"""

from __future__ import annotations

from geogrid.sources.reject_report.rows import Report
from geogrid.sources.reject_report.writing import write_reject_report

__all__ = [
    "Report",
    "write_reject_report",
]

"""The import: what an office hands over becomes one district, and every row is accounted for.

What enters is a ledger, a drawing, a map, and the standing district where one is brought up to
date; what leaves is an `Import`: the district, each row's verdict, and how each system is known.
Files are read by the rooms beside this one; here they are joined, placed and compared.
"""

from __future__ import annotations

from geogrid.sources.intake.imported import Change, Changes, Import, SystemTold
from geogrid.sources.intake.importing import import_district
from geogrid.sources.intake.reload import Update

__all__ = [
    "Change",
    "Changes",
    "Import",
    "SystemTold",
    "Update",
    "import_district",
]

"""geogrid: group open courtyards into governance grids, provably well.

Importing it does no work: each name below is fetched when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geogrid.errors import GeogridError, InfeasibleError, InputError
    from geogrid.governance.layout import make_plan
    from geogrid.governance.pairing import pair_plan
    from geogrid.governance.rules import LayoutRules, load_rules
    from geogrid.governance.scenarios import Scenario
    from geogrid.publish import pictures
    from geogrid.solve.assign import Assignment, assign
    from geogrid.solve.options import PartitionRules, Progress, SolveOptions
    from geogrid.solve.partition import partition
    from geogrid.solve.result import Partition
    from geogrid.solve.whatif import WhatIf, what_if
    from geogrid.sources.intake import Changes, Import, Update, import_district
    from geogrid.sources.osm.reading import read_osm
    from geogrid.sources.reject_report import write_reject_report
    from geogrid.sources.sample.office_ledger import write_office_ledger
    from geogrid.sources.sample.town import write_town
    from geogrid.sources.vector import read_district, write_district
    from geogrid.store.plan_file import read_plan, write_plan
    from geogrid.workbench import Study
    from geogrid.workbench import open_study as open  # noqa: A004 - geogrid.open(...) reads well

__version__ = "0.1.0"

__all__ = [
    "Assignment",
    "Changes",
    "GeogridError",
    "Import",
    "InfeasibleError",
    "InputError",
    "LayoutRules",
    "Partition",
    "PartitionRules",
    "Progress",
    "Scenario",
    "SolveOptions",
    "Study",
    "Update",
    "WhatIf",
    "__version__",
    "assign",
    "import_district",
    "load_rules",
    "make_plan",
    "open",
    "pair_plan",
    "partition",
    "pictures",
    "read_district",
    "read_osm",
    "read_plan",
    "what_if",
    "write_district",
    "write_office_ledger",
    "write_plan",
    "write_reject_report",
    "write_town",
]

_HOMES = {
    "Assignment": "geogrid.solve.assign",
    "Changes": "geogrid.sources.intake",
    "GeogridError": "geogrid.errors",
    "Import": "geogrid.sources.intake",
    "InfeasibleError": "geogrid.errors",
    "InputError": "geogrid.errors",
    "LayoutRules": "geogrid.governance.rules",
    "Partition": "geogrid.solve.result",
    "PartitionRules": "geogrid.solve.options",
    "Progress": "geogrid.solve.options",
    "Scenario": "geogrid.governance.scenarios",
    "SolveOptions": "geogrid.solve.options",
    "Study": "geogrid.workbench",
    "Update": "geogrid.sources.intake",
    "WhatIf": "geogrid.solve.whatif",
    "assign": "geogrid.solve.assign",
    "import_district": "geogrid.sources.intake",
    "load_rules": "geogrid.governance.rules",
    "make_plan": "geogrid.governance.layout",
    "pair_plan": "geogrid.governance.pairing",
    "partition": "geogrid.solve.partition",
    "read_district": "geogrid.sources.vector",
    "read_osm": "geogrid.sources.osm.reading",
    "read_plan": "geogrid.store.plan_file",
    "what_if": "geogrid.solve.whatif",
    "write_district": "geogrid.sources.vector",
    "write_office_ledger": "geogrid.sources.sample.office_ledger",
    "write_plan": "geogrid.store.plan_file",
    "write_reject_report": "geogrid.sources.reject_report",
    "write_town": "geogrid.sources.sample.town",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    """Fetch a public name from the room it lives in."""
    from importlib import import_module

    if name == "open":
        return import_module("geogrid.workbench").open_study
    if name == "pictures":
        return import_module("geogrid.publish.pictures")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    msg = f"module 'geogrid' has no attribute {name!r}"
    raise AttributeError(msg)

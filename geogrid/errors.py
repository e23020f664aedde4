"""The one tree of errors that geogrid raises.

::

    GeogridError
    ├── InputError (ValueError)   what was handed in is wrong; the caller can mend it
    │   ├── SchemaError           a layer, column, type or value breaks the data model
    │   ├── EncodingError         text that no stated or detected encoding can read
    │   ├── CrsError              a coordinate system is missing, unknown or not metric
    │   └── TopologyError         a geometry is empty, invalid or lies where it may not
    ├── InfeasibleError           the rules contradict one another; names the conflict
    ├── SolverError               the engine could not finish what it was asked
    │   └── SolverTimeout         the time limit passed before any plan was found
    ├── NotFoundError             a thing asked for by name does not exist
    ├── ConflictError             what is asked clashes with how things stand
    │   └── StaleError            the thing was changed by somebody else meanwhile
    ├── ForbiddenError            the asker is known, but may not do this
    └── StorageError              reading or writing a file or database failed

Each error carries its facts as attributes, so that a program can act on them;
the text is for the person: what is wrong, which rows, what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ConflictError",
    "CrsError",
    "EncodingError",
    "ForbiddenError",
    "GeogridError",
    "InfeasibleError",
    "InputError",
    "NotFoundError",
    "SchemaError",
    "SolverError",
    "SolverTimeout",
    "StaleError",
    "StorageError",
    "TopologyError",
]


class GeogridError(Exception):
    """Stand at the root of the tree; catch this to catch all of ours.

    Parameters
    ----------
    message : str
        What is wrong, which rows, what to do.
    **facts : Any
        The same as data (ids, bounds, allowed values), kept in ``facts``.
    """

    def __init__(self, message: str, **facts: Any) -> None:  # noqa: ANN401 - facts are whatever the raiser knows
        super().__init__(message)
        self.message = message
        self.facts = facts


class InputError(GeogridError, ValueError):
    """Say that what was handed in is wrong, and how to mend it.

    Parameters
    ----------
    message : str
        One sentence; the faults follow it line by line when printed.
    faults : sequence of Fault, optional
        Every fault found, as `geogrid.district.Fault` rows.
    **facts : Any
        Further data.
    """

    def __init__(self, message: str, faults: Sequence[Any] = (), **facts: Any) -> None:  # noqa: ANN401
        super().__init__(message, **facts)
        self.faults = tuple(faults)


class SchemaError(InputError):
    """A layer, column, type or value breaks the data model."""


class EncodingError(InputError):
    """No stated or detected encoding can read the text."""


class CrsError(InputError):
    """A coordinate system is missing, unknown or not in metres."""


class TopologyError(InputError):
    """A geometry is empty, invalid, or lies where it may not."""


class InfeasibleError(GeogridError):
    """No plan satisfies the rules; ``facts`` names those that conflict."""


class SolverError(GeogridError):
    """The engine could not finish what it was asked."""


class SolverTimeout(SolverError):  # noqa: N818 - a timeout is named as such everywhere
    """The time limit passed before any plan was found."""


class NotFoundError(GeogridError):
    """A thing asked for by name does not exist."""


class ConflictError(GeogridError):
    """What is asked clashes with how things stand."""


class StaleError(ConflictError):
    """The thing was changed by somebody else meanwhile; ``facts`` tells what happened."""


class ForbiddenError(GeogridError):
    """The asker is known, but may not do this."""


class StorageError(GeogridError):
    """Reading or writing a file or a database failed."""

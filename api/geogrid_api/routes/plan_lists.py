"""Lists that clerks keep in a spreadsheet, held against a draft before anything is changed."""

from typing import TYPE_CHECKING, Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Request, Response

from geogrid.errors import InputError
from geogrid.store.edits import MOST_EDITS, Edit, Move, Rename, Split, wire_form
from geogrid_api.access import Caller
from geogrid_api.problems import Problem
from geogrid_api.routes.desk import Doorkeeper, Seen, answer, strict
from geogrid_api.security import needs

if TYPE_CHECKING:
    from geogrid.governance.change_list import ChangeList
    from geogrid.sources.tables import ListTable

__all__ = ["router"]

router = APIRouter(tags=["Plans"], dependencies=[Depends(strict)])

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"
_FILE = {"schema": {"type": "string", "format": "binary"}}
_MOST_BYTES = 5_000_000
# a full list keeps a thread busy for a second or two: so many at a time in each worker
_READING = CapacityLimiter(2)


@router.post(
    "/plans/{plan_id}/change-list",
    summary="What a list of courtyards and grids asks for, and which of its rows cannot be taken",
    operation_id="readChangeList",
    responses={
        409: {"description": "The plan is no draft."},
        413: {"description": "The file has more than 5 MB."},
    },
    openapi_extra={
        "requestBody": {"required": True, "content": {CSV: _FILE, XLSX: _FILE, XLS: _FILE}}
    },
)
async def read_change_list(
    request: Request,
    sight: Seen,
    store: Doorkeeper,
    caller: Annotated[Caller, Depends(needs("edit"))],
) -> Response:
    """Read a change list, the file as the body itself; nothing is saved."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise Problem(413, f"A change list has at most {_MOST_BYTES:,} bytes.")
    within = caller.subdistrict if caller.role == "clerk" else None
    plan_id = sight.info.plan_id

    def read() -> Response:
        # the report too: of twenty thousand rows it takes a second to write
        revision, found = store.read_change_list(plan_id, bytes(body), within=within)
        return _report(plan_id, revision, found)

    try:
        return await to_thread.run_sync(read, limiter=_READING)
    except InputError as error:
        # the file as a whole is refused; its writer reads Chinese
        raise Problem(400, str(error), words=error.facts.get("words")) from None


def _report(plan_id: int, revision: int, found: "ChangeList") -> Response:
    """Answer what a list asks for."""
    edits = _edits(found)
    if len(edits) > MOST_EDITS:
        msg = f"The list makes {len(edits)} edits, at most {MOST_EDITS:,} at once; split it."
        words = {"zh": f"一次最多改 {MOST_EDITS} 个网格，请把名单分成几份。", "en": msg}
        raise Problem(400, msg, words=words)
    return answer({"edits": edits, **_told(found)}, plan=(plan_id, revision))


def _edits(found: "ChangeList") -> list[dict[str, Any]]:
    """Return what the list asks for as edits that POST .../moves takes."""
    edits: list[Edit] = [
        *(Move(courtyards, to) for to, courtyards in found.moves.items()),
        *map(Split, found.splits),
        *(Rename(grid, name) for grid, name in found.renames.items()),
    ]
    return [wire_form(edit) for edit in edits]


def _told(found: "ChangeList") -> dict[str, Any]:
    """Return the report, row by row."""
    return {
        "taken": [
            {
                "sheet": one.sheet,
                "row": one.row,
                "courtyard_id": one.courtyard_id,
                "name": one.name,
                "from": one.old,
                "to": one.new,
            }
            for one in found.taken
        ],
        "unchanged": found.n_unchanged,
        "without_target": found.n_without_target,
        "unread": [{"sheet": sheet, "row": row} for sheet, row in found.unread],
        "rejected": found.rejected,
        "columns": {
            "sheets": [_read_as(table) for table in found.tables],
            "skipped_sheets": found.skipped_sheets,
        },
    }


def _read_as(table: "ListTable") -> dict[str, Any]:
    """Return which columns of a sheet were read as what."""
    read = {
        name: [table.heads[column] for column in columns] for name, columns in table.columns.items()
    }
    ignored = table.ignored
    return {"sheet": table.sheet, "head_row": table.head_row, "read": read, "ignored": ignored}

"""Processes and jobs (OGC API - Processes 1.0): order, follow, fetch, dismiss."""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, get_args
from uuid import uuid4

from anyio import CapacityLimiter, sleep, to_thread
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from geogrid.errors import NotFoundError
from geogrid.store.records import Job, JobStatus
from geogrid_api.access import Caller
from geogrid_api.jobs import base_of, run_job
from geogrid_api.layout_process import OUTPUTS, PROCESS_ID
from geogrid_api.problems import Problem
from geogrid_api.processes import no_such_process
from geogrid_api.results import Execute, answer_results, output_value, read_order
from geogrid_api.routes.desk import Base, Doorkeeper, next_link, strict
from geogrid_api.security import needs
from geogrid_api.sight import see_plan

__all__ = ["router"]

router = APIRouter(tags=["Processes"], dependencies=[Depends(strict)])

_EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"
# the error that ended a job -> the status of its results
_FAULTS = {"InputError": 400, "InfeasibleError": 409, "NotFoundError": 404, "SolverTimeout": 504}
_RESULTS = "http://www.opengis.net/def/rel/ogc/1.0/results"
# how long a caller waits for the runner to begin before the worker does the job itself,
# how long for the end, and how often both look
PATIENCE_S, WAIT_S, LOOK_S = 2.0, 25.0, 0.2
# how many callers may wait in one worker, and how many jobs it does itself at a time: each of
# these takes a core for a quarter of a minute
MOST_WAITING, MOST_OWN = 20, 2

# older ones are still there by their name
_MOST_JOBS = 1000


class Waiting:
    """Count who waits for results in this worker; of its event loop only."""

    def __init__(self) -> None:
        self._n_waiting = 0
        self._n_own = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place for one who waits; 503 if there is none."""
        if self._n_waiting >= MOST_WAITING:
            raise Problem(
                503,
                "Too many wait for a layout; send Prefer: respond-async, or try again.",
                headers={"Retry-After": f"{WAIT_S:.0f}"},
            )
        self._n_waiting += 1
        try:
            yield
        finally:
            self._n_waiting -= 1

    async def results(self, store: Any, job: Job) -> Job:  # noqa: ANN401 - a Store
        """Wait for a job in no thread; where no runner takes it, do it here."""
        begun = time.monotonic()
        while (waited := time.monotonic() - begun) < WAIT_S:
            if job.status not in {"accepted", "running"}:
                return job
            is_late = job.status == "accepted" and waited >= PATIENCE_S
            if is_late and self._n_own < MOST_OWN:
                self._n_own += 1
                try:
                    # threads of its own: whoever only asks who is there needs the common ones
                    done = await to_thread.run_sync(_do, store, job, limiter=CapacityLimiter(1))
                finally:
                    self._n_own -= 1
                if done is not None:
                    return done
            await sleep(LOOK_S)
            job = await to_thread.run_sync(store.job, job.job_id)
        return job


def _waiting(request: Request) -> Any:  # noqa: ANN401 - FastAPI would make a model of it
    """Return who waits in this worker."""
    state = request.app.state
    if not hasattr(state, "waiting"):
        state.waiting = Waiting()
    return state.waiting


Queue = Annotated[Any, Depends(_waiting)]


def _do(store: Any, job: Job) -> Job | None:  # noqa: ANN401 - a Store, which FastAPI must not see
    """Do a job that no runner took; None if one did."""
    mine = store.claim_job(f"request-{uuid4().hex[:12]}", job_id=job.job_id)
    return None if mine is None else run_job(store, mine)


Planner = Annotated[Caller, Depends(needs("compute"))]
JobId = Annotated[str, Path(max_length=64, description="Name of the job.")]
_STATUSES = "|".join(get_args(JobStatus))
_STATUS_LIST = f"^({_STATUSES})(,({_STATUSES}))*$"

_RESULT_FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The results, in the form ordered.",
        "content": {"application/json": {}, "multipart/related": {}},
    },
    204: {"description": "The results as links, in the header Link."},
}
_GONE: dict[int | str, dict[str, Any]] = {
    410: {"description": "The job was dismissed; it has no results."}
}
_STATUS_INFO = {"description": "What is known of the job.", "content": {"application/json": {}}}


@router.post(
    "/processes/{process_id}/execution",
    summary="Run a process: wait for its results, or order it and follow the job",
    operation_id="execute",
    responses={
        **_RESULT_FORMS,
        201: _STATUS_INFO,
        503: {"description": "Too many wait already; order the job, or try again."},
        504: {"description": "Still running; follow the job."},
    },
)
async def execute(
    process_id: Annotated[str, Path(min_length=1, max_length=64)],
    order: Execute,
    store: Doorkeeper,
    caller: Planner,
    base: Base,
    waiting: Queue,
    prefer: Annotated[str, Header(max_length=256)] = "",
) -> Response:
    """Order a layout; with ``Prefer: respond-async`` the answer is the job, at once."""
    if process_id != PROCESS_ID:
        raise no_such_process(process_id)
    wishes = {
        word.strip().partition("=")[0].lower() for word in prefer.replace(";", ",").split(",")
    }
    is_async = "respond-async" in wishes
    ordered = read_order(order, base=base, is_async=is_async)
    if is_async:
        job = await to_thread.run_sync(_add_job, store, caller, ordered)
        headers = {
            "Location": f"{base}/jobs/{job.job_id}",
            "Preference-Applied": "respond-async",
        }
        return _status(job, base, status=201, headers=headers)
    with waiting.place():
        job = await to_thread.run_sync(_add_job, store, caller, ordered)
        job = await waiting.results(store, job)
    if job.status not in {"successful", "failed", "dismissed"}:
        raise Problem(
            504,
            "The layout is not ready yet; the job goes on, follow it.",
            headers={"Link": f'<{base}/jobs/{job.job_id}>; rel="monitor"'},
            job=f"{base}/jobs/{job.job_id}",
        )
    return _results(job, base)


def _add_job(store: Any, caller: Caller, ordered: dict[str, Any]) -> Job:  # noqa: ANN401 - a Store
    """Keep an order as a job."""
    # what is in force may change before the job begins; the order says what it meant
    ordered["inputs"]["base"] = base_of(store, ordered["inputs"])
    see_plan(store, caller, ordered["inputs"]["base"])
    job: Job = store.add_job(PROCESS_ID, ordered, by=caller.name)
    return job


@router.get("/jobs", summary="List your jobs, the newest first", operation_id="getJobs")
def list_jobs(
    store: Doorkeeper,
    caller: Planner,
    base: Base,
    kind: Annotated[str | None, Query(alias="type", max_length=64)] = None,
    process: Annotated[str | None, Query(alias="processID", max_length=256)] = None,
    status: Annotated[str | None, Query(max_length=256, pattern=_STATUS_LIST)] = None,
    datetime: Annotated[str | None, Query(max_length=64)] = None,
    shortest: Annotated[int | None, Query(alias="minDuration", ge=0, le=10**9)] = None,
    longest: Annotated[int | None, Query(alias="maxDuration", ge=0, le=10**9)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 10,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> dict[str, Any]:
    """List jobs that fit all of type, processID, status, datetime and duration."""
    first, last = _interval(datetime)
    found = [
        job
        for job in store.jobs_of(caller.name, limit=_MOST_JOBS)
        if (kind is None or "process" in kind.split(","))
        and (process is None or job.process in process.split(","))
        and (status is None or job.status in status.split(","))
        and first <= job.created_at <= last
        and _lasted(job, shortest, longest, store.now())
    ]
    here = f"{base}/jobs"
    links = [{"rel": "self", "type": "application/json", "href": here}]
    if len(found) > offset + limit:
        given = {
            "type": kind,
            "processID": process,
            "status": status,
            "datetime": datetime,
            "minDuration": shortest,
            "maxDuration": longest,
            "limit": limit,
            "offset": offset + limit,
        }
        links.append({"rel": "next", "type": "application/json", "href": next_link(here, given)})
    shown = [_status_info(job, base) for job in found[offset : offset + limit]]
    return {"jobs": shown, "links": links}


def _lasted(job: Job, shortest: int | None, longest: int | None, now: dt.datetime) -> bool:
    """Tell whether a job ran so many seconds; one that runs counts until now."""
    if shortest is None and longest is None:
        return True
    if job.started_at is None:
        return False
    seconds = ((job.finished_at or now) - job.started_at).total_seconds()
    return (shortest or 0) <= seconds <= (seconds if longest is None else longest)


@router.get("/jobs/{job_id}", summary="Follow a job", operation_id="getStatus")
def show_job(job_id: JobId, store: Doorkeeper, caller: Planner, base: Base) -> Response:
    """Tell how far a job is."""
    return _status(_own(store, caller, job_id), base)


@router.delete("/jobs/{job_id}", summary="Dismiss a job", operation_id="dismiss")
def dismiss_job(job_id: JobId, store: Doorkeeper, caller: Planner, base: Base) -> Response:
    """Stop a job that waits or runs; forget the results of one that ended."""
    job = _own(store, caller, job_id)
    return _status(store.dismiss_job(job.job_id), base)


@router.get(
    "/jobs/{job_id}/results",
    summary="Fetch the results of a job",
    operation_id="getResult",
    responses=_RESULT_FORMS | _GONE,
)
def show_results(job_id: JobId, store: Doorkeeper, caller: Planner, base: Base) -> Response:
    """Answer the results in the form that was ordered."""
    return _results(_own(store, caller, job_id), base)


@router.get(
    "/jobs/{job_id}/results/{output}",
    summary="Fetch one output of a job",
    operation_id="getOutput",
    responses=_GONE,
)
def show_output(
    job_id: JobId,
    output: Annotated[str, Path(max_length=64)],
    store: Doorkeeper,
    caller: Planner,
    base: Base,
) -> Any:  # noqa: ANN401 - any JSON value
    """Answer one output as JSON."""
    job = _finished(_own(store, caller, job_id))
    if output not in OUTPUTS:
        raise Problem(404, f"There is no output {output}; there are {', '.join(OUTPUTS)}.")
    return output_value(job.result or {}, output, base)


def _interval(text: str | None) -> tuple[dt.datetime, dt.datetime]:
    """Read a moment or an interval, RFC 3339, either end open."""
    least = dt.datetime.min.replace(tzinfo=dt.UTC)
    most = dt.datetime.max.replace(tzinfo=dt.UTC)
    if text is None:
        return least, most
    ends = text.split("/")
    try:
        if len(ends) == 1:
            moment = _moment(ends[0])
            return moment, moment
        start, end = ends
        first = least if start in {"", ".."} else _moment(start)
        last = most if end in {"", ".."} else _moment(end)
    except ValueError:
        first, last = most, least
    if first > last:
        msg = "datetime is a moment or an interval: 2026-02-01T00:00:00Z/.. for example."
        raise Problem(400, msg)
    return first, last


def _moment(text: str) -> dt.datetime:
    """Read one moment; without a zone it is UTC."""
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _own(store: Any, caller: Caller, job_id: str) -> Job:  # noqa: ANN401 - a Store
    """Return a job of the caller's; those of others do not exist for them."""
    try:
        job = store.job(job_id)
    except NotFoundError:
        job = None
    if job is None or job.made_by != caller.name:
        msg = "You have no such job; /jobs lists those you have."
        raise Problem(404, msg, type=f"{_EXCEPTIONS}/no-such-job")
    return job  # type: ignore[no-any-return]  # a Store, seen above as anything


def _finished(job: Job) -> Job:
    """Return a job that has results, or say why there are none."""
    if job.status == "successful":
        return job
    if job.status == "failed":
        fault = dict(job.result or {})
        status = _FAULTS.get(str(fault.get("error")), 500)
        raise Problem(
            status, job.message or "The job failed.", type=f"{_EXCEPTIONS}/job-failed", **fault
        )
    if job.status == "dismissed":
        raise Problem(410, "The job was dismissed; it has no results.")
    msg = f"The job is {job.status} ({job.progress} %); its results are not ready."
    raise Problem(404, msg, type=f"{_EXCEPTIONS}/result-not-ready")


def _results(job: Job, base: str) -> Response:
    """Answer the results of a job that has some."""
    _finished(job)
    return answer_results(job.inputs, job.result or {}, job_id=job.job_id, base=base)


def _status(
    job: Job, base: str, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Answer what is known of a job."""
    return JSONResponse(_status_info(job, base), status_code=status, headers=headers)


def _status_info(job: Job, base: str) -> dict[str, Any]:
    """Return what is known of a job, in the standard's words."""
    here = f"{base}/jobs/{job.job_id}"
    links = [{"rel": "self", "type": "application/json", "href": here}]
    if job.status == "successful":
        links.append({"rel": _RESULTS, "type": "application/json", "href": f"{here}/results"})
    moments = {
        "created": job.created_at,
        "started": job.started_at,
        "finished": job.finished_at,
        "updated": job.updated_at,
    }
    return {
        "jobID": job.job_id,
        "processID": job.process,
        "type": "process",
        "status": job.status,
        "message": job.message,
        "progress": job.progress,
        **{name: at.isoformat() for name, at in moments.items() if at is not None},
        "links": links,
    }

"""Metrics: counts and times for Prometheus, over all workers of this computer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FOLDER_VARIABLE", "MEDIA", "Metrics", "forget_process"]

MEDIA = CONTENT_TYPE_LATEST
# where workers leave their numbers for one another; set before prometheus_client is imported
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Hold one process's numbers, and read those of all."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "geogrid_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "geogrid_request_seconds",
            "Time to answer",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._in_flight = self._gauge("geogrid_requests_in_flight", "Requests being answered")
        self._head = Gauge(
            "geogrid_head",
            "Counts what changed the served version",
            registry=self._registry,
            multiprocess_mode="max",
        )
        self._jobs = Gauge(
            "geogrid_jobs",
            "Long work by status",
            ("status",),
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )
        # finding a labelled child costs more than counting on it
        self._counting: dict[tuple[str, str, int], Counter] = {}
        self._timing: dict[str, Histogram] = {}

    def _gauge(self, name: str, meaning: str) -> Gauge:
        """Make a gauge that is summed over the living workers."""
        return Gauge(name, meaning, registry=self._registry, multiprocess_mode="livesum")

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request.

        Parameters
        ----------
        method : str
            HTTP method.
        route : str
            The route's template, never an address: there must not be endlessly many.
        status : int
            Of the answer.
        seconds : float
            Time it took.
        """
        key = (method, route, status)
        counter = self._counting.get(key)
        if counter is None:
            known = method if method in _METHODS else "other"
            counter = self._counting[key] = self._requests.labels(known, route, status)
        counter.inc()
        timer = self._timing.get(route)
        if timer is None:
            timer = self._timing[route] = self._seconds.labels(route)
        timer.observe(seconds)

    def show(
        self,
        *,
        in_flight: int | None = None,
        head: int | None = None,
        jobs: Mapping[str, int] | None = None,
    ) -> None:
        """Set what is a state, not a count.

        Parameters
        ----------
        in_flight : int, optional
            Requests that this process answers now.
        head : int, optional
            The store's head.
        jobs : mapping of str to int, optional
            Jobs by status.
        """
        if in_flight is not None:
            self._in_flight.set(in_flight)
        if head is not None:
            self._head.set(head)
        for status, n_jobs in (jobs or {}).items():
            self._jobs.labels(status).set(n_jobs)

    def page(self) -> bytes:
        """Return all numbers in Prometheus' text form, those of the other workers included."""
        if os.environ.get(FOLDER_VARIABLE):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # theirs
            return generate_latest(registry)
        return generate_latest(self._registry)


def forget_process(pid: int) -> None:
    """Take a dead worker's states, not its counts, out of the sum.

    Parameters
    ----------
    pid : int
        The worker's process.
    """
    if os.environ.get(FOLDER_VARIABLE):
        mark_process_dead(pid)  # type: ignore[no-untyped-call]  # theirs

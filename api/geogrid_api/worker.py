"""One process of the service: ``python -m geogrid_api.worker answer|run [FD]``.

`geogrid_api.supervisor` starts it with the settings in the environment. It ends by itself
when the supervisor is gone, so that nothing is left behind.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

from geogrid_api.log import configure_logs
from geogrid_api.settings import Settings, load_settings

if TYPE_CHECKING:
    import uvicorn

__all__ = ["REPLACEMENT_VARIABLE", "main", "server_config"]

# set for a worker that takes the place of another while the rest go on answering
REPLACEMENT_VARIABLE = "GEOGRID_IS_REPLACEMENT"
_KEEP_ALIVE_S = 30


def server_config(app: Any, settings: Settings) -> uvicorn.Config:  # noqa: ANN401 - an ASGI app
    """Return how uvicorn shall serve an application.

    Parameters
    ----------
    app : ASGI application
        The service.
    settings : Settings
        Proxies and times.

    Returns
    -------
    uvicorn.Config
        Without uvicorn's own logs, headers and signals of its age.
    """
    import uvicorn

    from geogrid_api.protocol import Protocol

    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, round(settings.stop_s)),
    )


def main(arguments: list[str]) -> int:
    """Answer requests at a socket, or run jobs, until told to stop.

    Parameters
    ----------
    arguments : list of str
        ``answer FD`` or ``run``.

    Returns
    -------
    int
        Exit code.
    """
    settings = load_settings()
    configure_logs(settings)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from geogrid.store.store import Store

    store = Store.open(settings.store.get_secret_value())
    if arguments[0] == "run":
        return _run(store)
    return _answer(store, settings, int(arguments[1]))


def _answer(store: Any, settings: Settings, descriptor: int) -> int:  # noqa: ANN401 - a Store
    """Answer requests."""
    import uvicorn

    from geogrid_api.app import create_app

    is_waiting = not os.environ.get(REPLACEMENT_VARIABLE)
    app = create_app(store, settings=settings, is_waiting=is_waiting)
    with socket.socket(fileno=descriptor) as door:
        uvicorn.Server(server_config(app, settings)).run(sockets=[door])
    return 0


def _run(store: Any) -> int:  # noqa: ANN401 - a Store
    """Run jobs."""
    from geogrid_api.runner import run_jobs

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_jobs(store, stop)
    store.close()
    return 0


def _end_with_parent() -> None:
    """Wait until the supervisor's end of our input closes, which it does even if killed."""
    # unbuffered: a buffer's lock would be in the way when the process ends
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Start the service on this computer, on the port asked for or the next free one."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from geogrid.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.plans.plan import Plan

__all__ = ["listen", "serve"]

HOST = "127.0.0.1"
# how far to look for a free port
N_PORTS = 100
_LAST_PORT = 65_535


def serve(plan: Plan, *, port: int = 8000, say: Callable[[str], None] = print) -> None:
    """Serve one plan until the user stops it.

    Parameters
    ----------
    plan : Plan
        Served read-only, to this computer only.
    port : int in [0, 65535]
        Where to begin; a port in use is named and the next free one taken.
        0 takes any.
    say : callable
        Gets each line for the user: the link, and a port in use.

    Raises
    ------
    ConflictError
        If none of the next ports is free.
    """
    import uvicorn

    from geogrid_api.app import create_app

    app = create_app(plan)
    with listen(port, say=say) as door:
        # readers that come before the first answer wait in the socket's queue
        say(f"Map: http://{HOST}:{door.getsockname()[1]}/map  (Ctrl+C stops)")
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[door])


def listen(port: int, *, say: Callable[[str], None] = print) -> socket.socket:
    """Open the first free port from the one asked for on.

    Parameters
    ----------
    port : int in [0, 65535]
        Where to begin; 0 takes any.
    say : callable
        Gets one line if the port asked for is in use.

    Returns
    -------
    socket
        Bound to 127.0.0.1 and listening; the caller closes it.

    Raises
    ------
    ConflictError
        If none of the next ports is free.
    """
    last = min(port + N_PORTS, _LAST_PORT + 1)
    for candidate in range(port, last):
        door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((HOST, candidate))
            door.listen()
        except OSError:
            door.close()
            continue
        if candidate != port:
            say(f"Port {port} is in use; taking {candidate}.")
        return door
    msg = f"Ports {port} to {last - 1} are all in use; name another with --port."
    raise ConflictError(msg, port=port)

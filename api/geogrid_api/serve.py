"""Start the service: one plan on this computer, or a store for everybody."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from geogrid.errors import ConflictError, InputError
from geogrid_api.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.plans.plan import Plan
    from geogrid_api.settings import Settings

__all__ = ["listen", "serve", "serve_store"]

HOST = "127.0.0.1"
# how far to look for a free port
N_PORTS = 100
_LAST_PORT = 65_535
_BACKLOG = 2_048


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
    from geogrid_api.log import configure_logs
    from geogrid_api.worker import server_config

    settings = load_settings(log_level="warning", log_format="console", workers=1)
    configure_logs(settings)
    app = create_app(plan, settings=settings)
    with listen(port, say=say) as door:
        # readers that come before the first answer wait in the socket's queue
        say(f"Map: http://{HOST}:{door.getsockname()[1]}/map  (Ctrl+C stops)")
        server = uvicorn.Server(server_config(app, settings))
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[door])


def serve_store(settings: Settings, *, say: Callable[[str], None] = print) -> None:
    """Serve a store's versions with as many workers as the settings name, until stopped.

    Parameters
    ----------
    settings : Settings
        Which store, where, how many.
    say : callable
        Gets the address once the socket is open.

    Raises
    ------
    InputError
        If no store is named, or the address cannot be listened on.
    StorageError
        If the store is missing, or older or newer than this geogrid.
    ConflictError
        If the port is in use.
    """
    from geogrid.store.store import Store
    from geogrid_api.log import configure_logs
    from geogrid_api.supervisor import Supervisor

    place = settings.store.get_secret_value()
    if not place:
        raise InputError("Name a store with --store or GEOGRID_STORE.")
    # what cannot be opened now is told here, once, and not by every worker
    with Store.open(place) as store:
        name = store.name
    configure_logs(settings)
    with _listen_at(settings.host, settings.port) as door:
        port = door.getsockname()[1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        say(f"Serving {name} at http://{host}:{port}/ with {settings.workers} workers.")
        Supervisor(settings, door).run()


def _listen_at(host: str, port: int) -> socket.socket:
    """Open one port; whoever asks for it by number relies on it."""
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICHOST
        )
    except socket.gaierror:
        raise InputError(f"{host} is no address; give one such as 127.0.0.1 or ::.") from None
    family, kind, _, _, address = found[0]
    door = socket.socket(family, kind)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(address)
        door.listen(_BACKLOG)
    except OSError as error:
        door.close()
        msg = f"Cannot listen on {host} port {port}: {error.strerror}; name another with --port."
        raise ConflictError(msg, port=port) from error
    return door


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

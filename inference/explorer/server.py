"""A page for the people at this machine alone: who may ask, and under which address.

The page answers under an address that nobody can guess (a token in its path), to requests that name
this machine (Host, against names rebound to it) and come from the page itself (Origin, against other pages
that are open in the same browser). Everything else gets 403 before any code of the page runs.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher, Rule
from tornado.web import ErrorHandler

if TYPE_CHECKING:
    from bokeh.server.server import Server

LOOPBACK = "127.0.0.1"
ASSETS = ("static", "components")  # scripts and styles of the libraries: the same for everybody
UNUSED_SESSION_MS = 60_000  # a visitor who left is forgotten after this time
CHECK_SESSIONS_MS = 5_000


class AddressError(ValueError):
    """An address that cannot be listened on: place, finding, remedy."""


class Stranger(Matcher):
    """Matches what is to be refused.

    Args:
        hosts: values of the Host header under which the page may be asked for.
        token: first part of the path of the page.
    """

    def __init__(self, hosts: frozenset[str], token: str) -> None:
        self.hosts = hosts
        self.token = token

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Empty for a stranger, None for a visitor (in the words of tornado)."""
        origin = request.headers.get("Origin")
        first = request.path.lstrip("/").split("/", 1)[0]
        known = (
            request.host.lower() in self.hosts
            and (origin is None or urlsplit(origin).netloc.lower() in self.hosts)
            and (first in ASSETS or secrets.compare_digest(first.encode(), self.token.encode()))
        )
        return None if known else {}


def served_hosts(address: str, port: int) -> frozenset[str]:
    """What the Host header may say for a page that listens on `address`.

    Raises:
        AddressError: not an IP address of one network card; listening on all of them would leave no host to
            check.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        raise AddressError(
            f"`address` {address}: is no IP address: give that of one network card, for example {LOOPBACK}"
        ) from None
    if ip.is_unspecified:
        raise AddressError(
            f"`address` {address}: means every network this machine is in: give that of one network card"
        )
    names = {f"[{ip}]" if ip.version == 6 else str(ip)} | ({"localhost"} if ip.is_loopback else set())
    return frozenset(f"{n}:{port}" for n in names)


def page_server(
    page: Callable[[], Any], *, port: int = 0, address: str = LOOPBACK, title: str = "gp130"
) -> tuple[Server, str]:
    """A server that waits to be started, and the address to open.

    Args:
        page: makes what one visitor sees; called once a visit.
        port: 0 takes any free one.
        address: IP address of the network card to listen on.

    Raises:
        AddressError: see `served_hosts`; or the port is taken.
    """
    import panel as pn
    from bokeh.server.util import bind_sockets
    from panel.io.server import get_server

    pn.extension("plotly")
    served_hosts(address, port)
    token = secrets.token_urlsafe(16)
    try:
        sockets, port = bind_sockets(address, port)
        for s in sockets:
            s.close()
        hosts = served_hosts(address, port)
        server = get_server(
            {token: page},
            port=port,
            address=address,
            websocket_origin=sorted(hosts),
            title=title,
            unused_session_lifetime=UNUSED_SESSION_MS,
            check_unused_sessions=CHECK_SESSIONS_MS,
        )
    except OSError as error:
        raise AddressError(
            f"`address` {address}, `port` {port}: cannot be listened on ({error.strerror}): "
            "choose another `port` (0: any free one)"
        ) from None
    application = server._tornado
    application.default_router.rules.insert(
        0, Rule(Stranger(hosts, token), ErrorHandler, {"status_code": 403})
    )
    shown = f"[{address}]" if ":" in address else address
    return server, f"http://{shown}:{port}/{token}"

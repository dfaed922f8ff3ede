"""The sockets HTTP is served on: of both families where the setting means both."""

import contextlib
import socket
from collections.abc import Iterator

from app import addresses
from app.settings import Settings


class CannotListen(Exception):
    """An address cannot be listened on; `str()` says which, why, and what to do."""


@contextlib.contextmanager
def listening_on(settings: Settings) -> Iterator[list[socket.socket]]:
    """Listen for HTTP, on addresses of both families where the setting means both.

    Raise CannotListen.
    """
    with contextlib.ExitStack() as opened:
        if settings.http_host != addresses.THIS_MACHINE:
            host = addresses.listening_host(settings.http_host)
            yield [opened.enter_context(_listen(host, settings.http_port))]
            return
        v4 = opened.enter_context(_listen(addresses.LOOPBACK, settings.http_port))
        sockets = [v4]
        if socket.has_ipv6 and addresses.LOOPBACK_V6 in addresses.local_addresses():
            v6 = _listen(addresses.LOOPBACK_V6, v4.getsockname()[1])
            sockets.append(opened.enter_context(v6))
        yield sockets


def _listen(host: str, port: int) -> socket.socket:
    is_v6 = ":" in host
    # With the protocol named: asyncio turns Nagle's algorithm off only for sockets that say TCP,
    # and a lecturer's word must not wait 40 ms for an acknowledgement.
    family = socket.AF_INET6 if is_v6 else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_v6:  # `::` takes IPv4 too, whatever the system's default is
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise CannotListen(
            f"Cannot listen on {with_port(host, port)} ({error.strerror}): "
            "stop what runs there, or choose another port with CLASSROOMS_HTTP_PORT."
        ) from None
    return listening


def with_port(host: str, port: int) -> str:
    """Return an address with its port as URLs write them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

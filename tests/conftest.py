"""What holds for every test: repeatable properties, and no network but this machine's."""

import sys
from ipaddress import ip_address
from typing import Any

import ifaddr
from hypothesis import HealthCheck, settings

# Repeatable: the same examples each time. No deadline: two cores are shared by the whole suite.
settings.register_profile(
    "house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

_OWN = {
    ip.ip if isinstance(ip.ip, str) else ip.ip[0]
    for adapter in ifaddr.get_adapters()
    for ip in adapter.ips
}


def _refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise when a test connects to anything but this machine (an audit hook, PEP 578)."""
    if event != "socket.connect":
        return
    address = arguments[1]
    if not isinstance(address, tuple):  # a Unix socket
        return
    host = address[0]
    try:
        is_own = ip_address(host).is_loopback or host in _OWN
    except ValueError:
        is_own = host in {"", "localhost"}
    if not is_own:
        raise RuntimeError(f"a test tried to reach {address!r}; tests stay on this machine")


sys.addaudithook(_refuse_other_machines)

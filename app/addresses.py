"""Which addresses of this machine a browser may reach it at, found without asking the internet."""

from collections.abc import Iterable
from ipaddress import IPv4Address

import ifaddr

LOOPBACK = "127.0.0.1"
MOST = 6
# Bridges of containers and virtual machines: no classroom is behind them, and every candidate
# announced is one more check a browser has to make.
_INNER = ("docker", "br-", "veth", "virbr", "lxc", "cni", "flannel", "podman", "vmnet", "vboxnet")


def choose(found: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return what to announce of (interface, IPv4 address) pairs: outer ones, then loopback.

    Loopback stays on the list, last, for a machine without any network.
    """
    outer = [
        address
        for interface, address in found
        if not interface.startswith(_INNER)
        and not IPv4Address(address).is_loopback
        and not IPv4Address(address).is_link_local
    ]
    return (*dict.fromkeys(outer[: MOST - 1]), LOOPBACK)


def local_addresses() -> tuple[str, ...]:
    """Return the IPv4 addresses of this machine worth announcing as ICE candidates."""
    return choose(
        (adapter.name, ip.ip)
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
        if isinstance(ip.ip, str)
    )

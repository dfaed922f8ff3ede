"""Addresses: what this machine listens on and announces, and the one way an address is written.

IPv4 and IPv6 alike. Nothing here asks the internet.
"""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from itertools import chain, zip_longest

import ifaddr

#: Words that stand for addresses in settings.
ALL, THIS_MACHINE = "all", "localhost"

LOOPBACK, LOOPBACK_V6 = "127.0.0.1", "::1"
#: Of each family: every candidate announced is one more check a browser has to make, and a
#: machine has several IPv6 addresses on one interface (RFC 8981).
MOST = 3
# Bridges of containers and virtual machines: no classroom is behind them.
_INNER = ("docker", "br-", "veth", "virbr", "lxc", "cni", "flannel", "podman", "vmnet", "vboxnet")

Address = IPv4Address | IPv6Address


def canonical(text: str) -> str:
    """Return an address as it is stored and compared (RFC 5952), other text as it is.

    An IPv4 address within IPv6, as a socket of both families tells it, is written as IPv4; the
    zone of a link-local address means something on this machine only and is left out.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    return str(_unmapped(address))


def source_of(text: str) -> str:
    """Return whom a limit counts as one: an IPv4 address, or the /64 of an IPv6 one.

    Whoever has one IPv6 address has 2**64 of them (RFC 4291 section 2.5.4).
    """
    try:
        address = ip_address(canonical(text))
    except ValueError:
        return text
    if address.version == 4:
        return str(address)
    return str(IPv6Network((address, 64), strict=False))


def _unmapped(address: Address) -> Address:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def listening_host(setting: str) -> str:
    """Return the address to bind for `all` or an address: of both families where there are."""
    if setting != ALL:
        return setting
    return "::" if socket.has_dualstack_ipv6() else "0.0.0.0"


def choose(found: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return what to announce of (interface, address) pairs: outer ones, then loopback.

    The families take turns, IPv6 first: it is seldom translated on the way (RFC 8421 section
    4). Loopback stays on the list, last, for a machine without any network.
    """
    found = list(found)
    outer: dict[int, list[str]] = {4: [], 6: []}
    for interface, text in found:
        address = ip_address(text)
        if not interface.startswith(_INNER) and _is_outer(address):
            outer[address.version].append(str(address))
    v4, v6 = (list(dict.fromkeys(outer[version]))[:MOST] for version in (4, 6))
    turns = chain.from_iterable(zip_longest(v6, v4))
    loopbacks = [LOOPBACK_V6] if any(text == LOOPBACK_V6 for _, text in found) else []
    return (*(address for address in turns if address is not None), *loopbacks, LOOPBACK)


def _is_outer(address: Address) -> bool:
    is_special = (
        address.is_loopback or address.is_link_local or address.is_multicast
    ) or address.is_unspecified
    return not is_special and not (isinstance(address, IPv6Address) and address.is_site_local)


def local_addresses() -> tuple[str, ...]:
    """Return the addresses of this machine worth announcing as ICE candidates."""
    return choose(
        (adapter.name, ip.ip if isinstance(ip.ip, str) else ip.ip[0].partition("%")[0])
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    )


def announced(*, media_hosts: tuple[str, ...], bind_setting: str) -> tuple[str, ...]:
    """Return what browsers are told to send media to: what was set, or what is listened on."""
    if media_hosts:
        return media_hosts
    host = ip_address(listening_host(bind_setting))
    if not host.is_unspecified:
        return (str(host),)
    found = local_addresses()
    return found if host.version == 6 else tuple(each for each in found if ":" not in each)

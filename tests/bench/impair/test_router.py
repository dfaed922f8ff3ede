"""Addresses, checksums, the NAT that moves, and which line a packet takes."""

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.impair.bridge import Router
from bench.impair.line import Conditions
from bench.impair.nat import Nat
from bench.impair.packets import TCP, UDP, Endpoint, packed, read_flow, readdressed

SERVER, VILLAGE, TOWN = "198.18.0.1", "198.18.1.1", "198.18.1.2"
OUTER = ["198.18.2.1", "198.18.3.1"]
SERVER_FILE, SITE_FILE = 10, 11


def internet_checksum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total = sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def is_whole(packet: bytes) -> bool:
    """Return True if every checksum is right (RFC 1071: the sum over all of it is zero)."""
    if packet[0] >> 4 == 4:
        header, addresses, protocol = packet[:20], packet[12:20], packet[9]
        if internet_checksum(header):
            return False
    else:
        header, addresses, protocol = packet[:40], packet[8:40], packet[6]
    body = packet[len(header) :]
    return not internet_checksum(addresses + struct.pack("!HH", protocol, len(body)) + body)


def packet(
    source: str, destination: str, *, ports: tuple[int, int] = (4000, 7882),
    protocol: int = UDP, data: bytes = b"media",
) -> bytes:  # fmt: skip
    """Write a whole IP packet with right checksums."""
    is_v6 = ":" in source
    addresses = packed(source) + packed(destination)
    if protocol == UDP:
        body = struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
        at = 6
    else:
        body = struct.pack("!HHIIHHHH", *ports, 1, 2, 5 << 12, 100, 0, 0) + data
        at = 16
    checksum = internet_checksum(addresses + struct.pack("!HH", protocol, len(body)) + body)
    body = body[:at] + struct.pack("!H", checksum) + body[at + 2 :]
    if is_v6:
        return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + addresses + body
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0)
    return head[:10] + struct.pack("!H", internet_checksum(head + addresses)) + addresses + body


addresses_v4 = st.binary(min_size=4, max_size=4)
addresses_v6 = st.binary(min_size=16, max_size=16)


@given(
    st.sampled_from([(SERVER, VILLAGE), ("2001:2::1", "2001:2::1:1")]),
    st.sampled_from([UDP, TCP]),
    st.integers(1, 65535),
    st.data(),
)
def test_readdressing_keeps_every_checksum_right(
    ends: tuple[str, str], protocol: int, port: int, data: st.DataObject
) -> None:
    whole = packet(*ends, protocol=protocol, data=data.draw(st.binary(max_size=40)))
    assert is_whole(whole)
    flow = read_flow(whole)
    assert flow is not None
    address = data.draw(addresses_v4 if "." in ends[0] else addresses_v6)
    other = readdressed(whole, flow, source=Endpoint(address, port))
    other_flow = read_flow(other)
    assert other_flow is not None
    assert other_flow.source == Endpoint(address, port)
    assert other_flow.destination == flow.destination
    assert is_whole(other)
    assert readdressed(other, other_flow, source=flow.source) == whole


def test_a_broken_packet_stays_broken() -> None:
    broken = bytearray(packet(VILLAGE, SERVER))
    broken[-1] ^= 0xFF
    flow = read_flow(bytes(broken))
    assert flow is not None
    assert not is_whole(readdressed(bytes(broken), flow, source=Endpoint(packed(TOWN), 9)))


@given(st.binary(max_size=80))
def test_any_bytes_can_be_looked_at(data: bytes) -> None:
    read_flow(data)


def test_fragments_are_not_taken_for_whole_packets() -> None:
    fragment = bytearray(packet(VILLAGE, SERVER))
    fragment[6] = 0x20
    assert read_flow(bytes(fragment)) is None


def flow_of(data: bytes) -> tuple[Endpoint, Endpoint]:
    flow = read_flow(data)
    assert flow is not None
    return flow.source, flow.destination


class TestNat:
    def outward(self, nat: Nat, data: bytes) -> bytes:
        flow = read_flow(data)
        assert flow is not None
        out = nat.outward(data, flow)
        assert out is not None
        return out

    def inward(self, nat: Nat, data: bytes) -> bytes | None:
        flow = read_flow(data)
        assert flow is not None
        return nat.inward(data, flow)

    def new_nat(self) -> Nat:
        return Nat([packed(each) for each in OUTER])

    def answer_to(self, outer: Endpoint, protocol: int = UDP) -> bytes:
        host = ".".join(str(byte) for byte in outer.address)
        return packet(SERVER, host, ports=(7882, outer.port), protocol=protocol)

    def test_answers_come_back_to_the_inner_port(self) -> None:
        nat = self.new_nat()
        outer, _ = flow_of(self.outward(nat, packet(VILLAGE, SERVER)))
        assert outer.address == packed(OUTER[0])
        came_in = self.inward(nat, self.answer_to(outer))
        assert came_in is not None
        assert flow_of(came_in)[1] == Endpoint(packed(VILLAGE), 4000)

    def test_a_port_keeps_its_mapping(self) -> None:
        nat = self.new_nat()
        first, second = (flow_of(self.outward(nat, packet(VILLAGE, SERVER)))[0] for _ in range(2))
        other = flow_of(self.outward(nat, packet(VILLAGE, SERVER, ports=(4001, 7882))))[0]
        assert first == second
        assert other.port != first.port

    def test_after_a_move_the_old_port_leads_nowhere_and_the_new_one_differs(self) -> None:
        nat = self.new_nat()
        before = flow_of(self.outward(nat, packet(VILLAGE, SERVER)))[0]
        nat.move(to_other_address=False)
        assert self.inward(nat, self.answer_to(before)) is None
        after = flow_of(self.outward(nat, packet(VILLAGE, SERVER)))[0]
        assert after.address == before.address
        assert after.port != before.port

    def test_tcp_outlives_a_move_of_the_port_but_not_of_the_address(self) -> None:
        nat = self.new_nat()
        tcp = packet(VILLAGE, SERVER, protocol=TCP)
        before = flow_of(self.outward(nat, tcp))[0]
        nat.move(to_other_address=False)
        assert self.inward(nat, self.answer_to(before, TCP)) is not None
        nat.move(to_other_address=True)
        assert self.inward(nat, self.answer_to(before, TCP)) is None
        assert flow_of(self.outward(nat, tcp))[0].address == packed(OUTER[1])

    def test_an_uninvited_packet_is_dropped(self) -> None:
        assert self.inward(self.new_nat(), packet(SERVER, OUTER[0])) is None


class TestRouter:
    @pytest.fixture
    def router(self) -> Router:
        router = Router(server_file=SERVER_FILE)
        router.add("village", addresses=[VILLAGE], outer=OUTER, file=SITE_FILE, seed=1)
        router.add("town", addresses=[TOWN], outer=[], file=SITE_FILE, seed=1)
        return router

    def test_packets_go_both_ways_through_the_nat(self, router: Router) -> None:
        router.take(packet(VILLAGE, SERVER), 0.0, from_server=False)
        [(file, out)] = router.deliver(0.0)
        assert file == SERVER_FILE
        outer = flow_of(out)[0]
        assert outer.address == packed(OUTER[0])
        router.take(packet(SERVER, OUTER[0], ports=(7882, outer.port)), 0.0, from_server=True)
        [(file, back)] = router.deliver(0.0)
        assert file == SITE_FILE
        assert flow_of(back)[1].address == packed(VILLAGE)

    def test_one_sites_conditions_are_not_anothers(self, router: Router) -> None:
        answer = router.command(
            {"do": "set", "site": "town", "down": {"is_cut": True}, "up": {}}, 0.0
        )
        assert answer == {}
        router.take(packet(SERVER, TOWN), 0.0, from_server=True)
        assert router.deliver(1.0) == []
        router.take(packet(VILLAGE, SERVER), 0.0, from_server=False)
        assert len(router.deliver(1.0)) == 1
        assert router.sites["village"].down.conditions == Conditions()

    def test_what_belongs_to_no_site_is_counted(self, router: Router) -> None:
        router.take(packet(SERVER, "198.18.1.99"), 0.0, from_server=True)
        router.take(b"no packet", 0.0, from_server=False)
        router.take(packet(SERVER, OUTER[0]), 0.0, from_server=True)
        assert router.stray == 3
        assert router.deadline() is None

    @pytest.mark.parametrize(
        "request_",
        [
            {"do": "dance"},
            {"do": "set", "site": "nowhere", "down": {}, "up": {}},
            {"do": "set", "site": "town", "down": {"loss": 2}, "up": {}},
            {"do": "set", "site": "town", "down": {}},
            {"do": "move", "site": "town", "to_other_address": True},
            {},
        ],
    )
    def test_a_command_that_cannot_be_done_says_so_and_changes_nothing(
        self, router: Router, request_: dict[str, object]
    ) -> None:
        before = [(site.down.conditions, site.up.conditions) for site in router.sites.values()]
        assert "error" in router.command(request_, 0.0)
        after = [(site.down.conditions, site.up.conditions) for site in router.sites.values()]
        assert before == after

    def test_seeds_differ_by_site_and_way(self, router: Router) -> None:
        draws = {
            line.rng.random() for site in router.sites.values() for line in (site.down, site.up)
        }
        assert len(draws) == 4
        assert random.Random("1 town up").random() in draws

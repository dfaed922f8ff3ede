"""One connection: which address it believes, and what it does when flights are lost."""

import asyncio
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from aioice import stun

from media.config import SfuConfig
from media.core.arrival_digest import Digest
from media.core.rtp import Buffer, ParsedRtp
from media.core.runs import Seen
from media.ice import Address, parse_request
from media.transport import OLD_UFRAG_S, Certificate, Transport
from media.transport_owner import Limits

HERE: Address = ("192.0.2.1", 1000)
THERE: Address = ("192.0.2.2", 2000)
CONFIG = SfuConfig()
NO_LIMITS = Limits(rtp_bytes_per_s=0, rtp_burst_bytes=0, rtcp_bytes_per_s=0, rtcp_packets_per_s=0)


@dataclass
class Owner:
    """Writes down what a transport tells its owner."""

    told: list[str] = field(default_factory=list)
    limits: Limits = NO_LIMITS

    def transport_connected(self) -> None:
        self.told.append("connected")

    def transport_ended(self) -> None:
        self.told.append("ended")

    def transport_moved(self) -> None:
        self.told.append("moved")

    def is_within_rate(self, length: int, now: float) -> bool:
        raise AssertionError("no media here")

    def receive_rtp(
        self, header: ParsedRtp, buffer: Buffer, length: int, now: float, seen: Seen | None = None
    ) -> None:
        raise AssertionError("no media here")

    def receive_rtcp(self, packet: bytes, now: float) -> None:
        raise AssertionError("no media here")

    def receive_digest(self, digest: Digest, now: float) -> None:
        raise AssertionError("no media here")

    def transport_cut(self) -> None:
        raise AssertionError("no stream here")

    def is_picture(self, datagram: bytes | memoryview) -> bool:
        raise AssertionError("no stream here")

    def may_have(self, datagram: bytes | memoryview) -> bool:
        raise AssertionError("no stream here")

    def pictures_dropped(self) -> None:
        raise AssertionError("no stream here")

    def count(self, name: str) -> None:
        self.told.append(name)

    def failed(self, error: Exception) -> None:
        raise error


class Line:
    """A transport and what it sent."""

    def __init__(self, config: SfuConfig = CONFIG) -> None:
        self.owner = Owner()
        self.sent: list[tuple[bytes, Address]] = []
        self.transport = Transport(
            self.owner,
            certificate=Certificate(),
            config=config,
            send=lambda data, address: self.sent.append((data, address)),
            now=0.0,
        )

    def check(
        self,
        address: Address,
        now: float,
        *,
        nominates: bool = False,
        role: str = "ICE-CONTROLLING",
        ufrag: str | None = None,
        password: str | None = None,
        transaction_id: bytes | None = None,
    ) -> bytes | None:
        """Let a connectivity check arrive; return the answer."""
        credentials = self.transport.credentials
        message = stun.Message(
            stun.Method.BINDING, stun.Class.REQUEST, transaction_id=transaction_id
        )
        message.attributes["USERNAME"] = f"{ufrag or credentials.ufrag}:theirs"
        message.attributes[role] = 1
        if nominates:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity((password or credentials.password).encode())
        return self.transport.receive_check(parse_request(bytes(message)), address, now)


def hello(record: int, *, message: int = 0, offset: int = 0) -> bytes:
    """A ClientHello fragment in a record of its own (RFC 6347 section 4.2)."""
    handshake = b"\x01\x00\x00\x64" + message.to_bytes(2) + offset.to_bytes(3) + b"\x00\x00\x64"
    return b"\x16\xfe\xfd\x00\x00" + record.to_bytes(6) + b"\x00\x70" + handshake + bytes(100)


# -- addresses -----------------------------------------------------------------


async def test_the_first_authenticated_check_gives_the_address() -> None:
    line = Line()
    assert line.check(HERE, 1.0, password="wrong") is None
    assert line.check(THERE, 1.0) is not None
    assert line.transport.address == THERE
    assert line.owner.told == []


async def test_only_a_nominating_check_moves_a_living_connection() -> None:
    line = Line()
    line.check(HERE, 1.0)
    assert line.check(THERE, 2.0) is not None
    assert line.transport.address == HERE
    line.check(THERE, 2.1, nominates=True)
    assert line.transport.address == THERE
    assert line.owner.told == ["moved"]


async def test_any_check_moves_a_connection_that_has_gone_quiet() -> None:
    line = Line()
    line.check(HERE, 1.0)
    line.check(THERE, 7.0)
    assert line.transport.address == THERE


async def test_a_check_recorded_and_sent_again_from_elsewhere_moves_nothing() -> None:
    line = Line()
    line.check(HERE, 1.0, nominates=True, transaction_id=b"recorded-one")
    heard_at, consent_at = line.transport.last_heard, line.transport.last_consent
    for now in (1.5, 20.0):  # also when the connection has gone quiet
        again = line.check(THERE, now, nominates=True, transaction_id=b"recorded-one")
        assert again is None
    assert line.transport.address == HERE
    assert (line.transport.last_heard, line.transport.last_consent) == (heard_at, consent_at)
    assert line.owner.told == ["stun_replayed", "stun_replayed"]


async def test_a_check_that_comes_again_from_its_own_address_is_answered_and_means_nothing() -> (
    None
):
    line = Line()
    line.check(HERE, 1.0, nominates=True, transaction_id=b"the first is")
    line.check(THERE, 2.0, nominates=True)
    assert line.check(HERE, 3.0, nominates=True, transaction_id=b"the first is") is not None
    assert line.transport.address == THERE
    assert line.transport.last_consent == 2.0


async def test_checks_are_remembered_but_not_without_end() -> None:
    line = Line()
    for number in range(2000):
        line.check(HERE, 1.0, transaction_id=number.to_bytes(12))
    assert len(line.transport._checks) == 1024
    assert line.check(THERE, 1.0, transaction_id=(1999).to_bytes(12)) is None


async def test_a_check_in_the_wrong_role_is_answered_but_moves_nothing() -> None:
    line = Line()
    answered = line.check(HERE, 1.0, role="ICE-CONTROLLED")
    assert answered is not None
    assert stun.parse_message(answered).error_code == 487
    assert line.transport.address is None


async def test_after_a_restart_the_old_name_is_good_for_some_seconds() -> None:
    line = Line()
    old = line.transport.credentials
    line.transport.restart_ice(10.0)
    assert line.transport.credentials != old

    def old_check(now: float) -> bytes | None:
        return line.check(HERE, now, ufrag=old.ufrag, password=old.password)

    assert old_check(10.0 + OLD_UFRAG_S - 1) is not None
    assert old_check(10.0 + OLD_UFRAG_S + 1) is None
    assert line.check(HERE, 30.0, ufrag="nobody") is None
    assert line.check(HERE, 30.0) is not None


async def test_without_consent_there_is_nobody_to_send_to_until_a_new_check() -> None:
    line = Line()
    line.check(HERE, 1.0)
    line.transport.expire_consent()
    line.transport._send_dtls(b"x")
    assert line.sent == []
    line.check(HERE, 40.0)
    line.transport._send_dtls(b"x")
    assert line.sent == [(b"x", HERE)]


# -- the handshake -----------------------------------------------------------------


async def test_a_hello_that_comes_again_is_answered_with_the_same_flight_at_once() -> None:
    line = Line()
    line.check(HERE, 1.0)
    line.transport.receive_dtls(hello(0))
    line.transport.receive_dtls(hello(1))  # nothing was said yet, so nothing can be repeated
    assert line.sent == []
    await line.transport._link._send(b"our flight")
    line.transport.receive_dtls(hello(2))
    assert line.sent == [(b"our flight", HERE)] * 2


async def test_resending_has_an_end() -> None:
    line = Line()
    line.check(HERE, 1.0)
    line.transport.receive_dtls(hello(0))
    await line.transport._link._send(b"our flight")
    for record in range(1, 100):
        line.transport.receive_dtls(hello(record))
    assert len(line.sent) <= 25


async def test_a_flight_that_is_not_answered_is_repeated_soon_and_not_for_ever() -> None:
    line = Line()
    line.check(HERE, 1.0)
    loop = asyncio.get_running_loop()
    began, sent_at = loop.time(), list[float]()
    line.transport._link._send_now = lambda _: sent_at.append(loop.time() - began)
    await line.transport._link._send(b"our flight")
    await asyncio.sleep(1.8)
    assert len(sent_at) == 5
    # Earlier than the second that OpenSSL waits, each time after twice as long.
    gaps = [after - before for before, after in pairwise(sent_at)]
    assert gaps == sorted(gaps)
    assert line.transport._link._timer is None


async def test_what_comes_from_the_peer_ends_the_repetition() -> None:
    line = Line()
    line.check(HERE, 1.0)
    await line.transport._link._send(b"our flight")
    line.transport.receive_dtls(b"\x16 the answer")
    await line.transport._link._send(b"the next")
    await line.transport.close()
    await asyncio.sleep(0.12)
    assert [data for data, _ in line.sent] == [b"our flight", b"the next"]


async def test_fragments_and_further_hellos_are_not_repetitions() -> None:
    link = Line().transport._link
    first = [hello(0), hello(1, offset=50), hello(2, message=1), b"\x16 something else", b"\x14"]
    for datagram in first:
        link.receive(datagram)
    assert [await link._recv() for _ in first] == first


async def test_a_flood_of_handshake_datagrams_is_bounded() -> None:
    link = Line().transport._link
    for number in range(1000):
        link.receive(b"\x17" + number.to_bytes(4))
    assert link._arrived.qsize() <= 32
    link.close()
    with pytest.raises(ConnectionError):
        await link._recv()


async def test_one_who_never_comes_is_given_up() -> None:
    line = Line(replace(CONFIG, consent_timeout_s=0.05))
    await line.transport.connect(fingerprints=(("sha-256", "00"),), is_client=False)
    assert line.owner.told == ["handshake_timeout", "ended"]
    assert line.transport.has_ended


async def test_one_whose_handshake_was_given_up_is_told_so_at_its_next_check() -> None:
    line = Line(replace(CONFIG, handshake_timeout_s=0.05))
    assert line.check(HERE, 1.0) is not None
    await line.transport.connect(fingerprints=(("sha-256", "00"),), is_client=False)
    assert line.owner.told == ["handshake_timeout", "ended"]
    refusal = line.check(HERE, 2.0)
    assert refusal is not None
    message = stun.parse_message(refusal)
    assert message.check_message_integrity(line.transport.credentials.password.encode())
    assert message.error_code == 403
    assert line.check(HERE, 3.0, password="wrong") is None


async def test_an_error_inside_the_handshake_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    line = Line()
    line.check(HERE, 1.0)

    async def broken(*_: object) -> None:
        raise RuntimeError("the library's own")

    monkeypatch.setattr(line.transport._dtls, "start", broken)
    await line.transport.connect(fingerprints=(("sha-256", "00"),), is_client=False)
    assert line.owner.told == ["handshake_failed", "ended"]
    assert line.transport.has_ended
    assert "A handshake met an error." in caplog.text


async def test_closing_twice_is_closing_once_and_tells_nobody() -> None:
    line = Line()
    task = asyncio.get_running_loop().create_task(
        line.transport.connect(fingerprints=(("sha-256", "00"),), is_client=True)
    )
    line.check(HERE, 1.0)
    async with asyncio.timeout(5):
        while not line.sent:
            await asyncio.sleep(0.001)
    await line.transport.close()
    await line.transport.close()
    async with asyncio.timeout(5):
        await task
    assert "ended" not in line.owner.told
    assert line.transport.address is None


async def test_closing_ends_the_wait_for_one_who_never_came() -> None:
    line = Line()
    task = asyncio.get_running_loop().create_task(
        line.transport.connect(fingerprints=(("sha-256", "00"),), is_client=False)
    )
    await asyncio.sleep(0)
    await line.transport.close()
    async with asyncio.timeout(5):
        await task
    assert line.owner.told == []


async def test_hellos_without_end_are_not_remembered_without_end() -> None:
    link = Line().transport._link
    for number in range(200):
        link.receive(hello(number, message=number))
        await link._recv()
    assert len(link._hellos) <= 32

"""One packet to many: each its own bytes, whatever becomes of its neighbours in the list."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pylibsrtp import Policy, Session

from media.config import SfuConfig
from media.core import rtp
from media.core.downtrack import Audience, DownTrack
from media.core.ids import PeerId, Source, TrackKey
from media.core.rewriter import RtpRewriter
from media.core.send_history import SendHistory
from media.dataplane import DataPlane
from media.ice import Address
from media.transport import Certificate, Transport, c_buffer, c_length, srtp_protect
from tests.media.classroom import LOOPBACK

TRACK = TrackKey(PeerId("teacher"), Source.CAMERA)
ELEMENT_ID = 5
PAYLOAD = b"a picture's part"
_CERTIFICATE = Certificate()


class Seat:
    """One subscriber: where it listens, its keys, its row; `counted` is what its room counts."""

    def __init__(self, number: int, plane: DataPlane, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        policy = Policy(
            key=bytes(27) + bytes((number % 256,)),
            ssrc_type=Policy.SSRC_ANY_OUTBOUND,
            srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
        )
        self._sending = Session(policy)
        policy.ssrc_type = Policy.SSRC_ANY_INBOUND
        self._receiving = Session(policy)
        self.counted: list[str] = []
        self.transport = Transport(
            self,  # type: ignore[arg-type] # of an owner only `count` is asked here
            certificate=_CERTIFICATE,
            config=LOOPBACK,
            send=plane.send_datagram,
            now=0.0,
        )
        plane.add(self.transport)
        self.transport.send_session = self._sending._srtp[0]
        self.transport.history = SendHistory()
        self.transport.history.use_extension(ELEMENT_ID)
        self.transport.address = self.socket.getsockname()
        rewriter = RtpRewriter(clock_rate=90_000, first_seq=1000 * number)
        rewriter.begin(1, 90, now=0.0, ticks_to_last=None)
        self.down = DownTrack(
            TRACK,
            PeerId(str(number)),
            self.transport,
            mid="0",
            ssrc=1 + number,
            rtx_ssrc=0,
            rewriter=rewriter,
            rtx_seq=0,
        )
        self.down.payload_type = 96

    def count(self, name: str) -> None:
        self.counted.append(name)

    def transport_moved(self) -> None:
        pass

    def refuse(self, seq: int) -> None:
        """Let the keys have been used for this number: it cannot be protected again."""
        seq += self.down.rewriter.seq_shift
        packet = rtp.build(
            b"", payload_type=96, marker=0, seq=seq, timestamp=0, ssrc=self.down.ssrc
        )
        buffer, length = bytearray(packet) + bytes(200), c_length()
        length[0] = len(packet)
        assert srtp_protect(self.transport.send_session, c_buffer(buffer), length) == 0

    def read(self) -> list[bytes]:
        """Return what has come since, decrypted."""
        packets: list[bytes] = []
        while True:
            try:
                packets.append(self._receiving.unprotect(self.socket.recv(2048)))
            except BlockingIOError:
                return packets

    def expected(self, seq: int, number: int | None) -> bytes:
        """Return the packet this seat is due; `number` None: without a transport-wide one."""
        packet = rtp.build(
            PAYLOAD,
            payload_type=96,
            marker=rtp.MARKER,
            seq=seq + self.down.rewriter.seq_shift,
            timestamp=90 * seq + self.down.rewriter.timestamp_shift,
            ssrc=self.down.ssrc,
        )
        if number is None:
            return packet
        extension = bytes((0xBE, 0xDE, 0, 1, ELEMENT_ID << 4 | 1)) + number.to_bytes(2) + b"\0"
        return bytes((packet[0] | 0x10,)) + packet[1:12] + extension + packet[12:]


class Hall:
    """A plane and the seats it sends to."""

    def __init__(self, config: SfuConfig = LOOPBACK) -> None:
        self.plane = DataPlane(config)
        self.plane.open()
        self._seats: list[Seat] = []

    def seat(self, host: str = "127.0.0.1") -> Seat:
        self._seats.append(Seat(len(self._seats), self.plane, host))
        return self._seats[-1]

    def seats(self, number: int) -> list[Seat]:
        return [self.seat() for _ in range(number)]

    def send(self, audience: Audience, seq: int) -> None:
        self.plane._inbox[20 : 20 + len(PAYLOAD)] = PAYLOAD
        header = (96, rtp.MARKER, seq, 90 * seq, 7, 20, 20 + len(PAYLOAD), 0)
        self.plane.fan_out(audience, header, now=float(seq))

    def close(self) -> None:
        self.plane.close()
        for seat in self._seats:
            seat.socket.close()


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    one = Hall()
    yield one
    one.close()


@pytest.mark.parametrize("number", [1, 64, 65, 130])
async def test_each_of_any_number_gets_its_own_packet(hall: Hall, number: int) -> None:
    seats = hall.seats(number)
    seats[0].transport.history = None
    audience = Audience(seat.down for seat in seats)
    for seq in (1, 2):
        hall.send(audience, seq)
    for seat in seats:
        history = seat.transport.history
        numbers = (None, None) if history is None else (0, 1)
        assert seat.read() == [seat.expected(seq, numbers[seq - 1]) for seq in (1, 2)]
        if history is not None:
            assert history.count == 2
            assert history.sent_at_s[1] == 2.0
            assert history.sizes[1] == len(seat.expected(2, 1))
            assert [(one.ssrc, one.seq) for one in history.packets([1])] == [
                (seat.down.ssrc, (2 + seat.down.rewriter.seq_shift) & 0xFFFF)
            ]
    assert hall.plane.counts == {}


@pytest.mark.parametrize("refused", [{0}, {4}, {1, 2}, {0, 2, 4}, {0, 1, 2, 3, 4}])
async def test_who_cannot_be_protected_costs_nobody_else_a_packet(
    hall: Hall, refused: set[int]
) -> None:
    seats = hall.seats(5)
    audience = Audience(seat.down for seat in seats)
    hall.send(audience, 1)
    for one in refused:
        seats[one].refuse(2)
    for seq in (2, 3):
        hall.send(audience, seq)
    for one, seat in enumerate(seats):
        due = (1, 3) if one in refused else (1, 2, 3)
        assert seat.read() == [seat.expected(seq, seq - 1) for seq in due]
        assert seat.counted == ["protect_failed"] * (one in refused)


async def test_who_the_kernel_refuses_costs_nobody_else_a_packet(hall: Hall) -> None:
    seats = hall.seats(5)
    nowhere = ("127.0.0.1", 0)
    for one in (0, 3, 4):
        seats[one].transport.move_to(nowhere)
    hall.send(Audience(seat.down for seat in seats), 1)
    assert hall.plane.counts == {"send_failed": 3}
    assert [len(seat.read()) for seat in seats] == [0, 1, 1, 0, 0]


async def test_what_changes_of_a_transport_changes_what_was_prepared(hall: Hall) -> None:
    seats = hall.seats(3)
    audience = Audience(seat.down for seat in seats)
    hall.send(audience, 1)
    first = seats[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        elsewhere.setblocking(False)
        first.transport.address = None
        first.transport.on_change(first.transport)
        hall.send(audience, 2)
        first.transport.address = elsewhere.getsockname()
        assert first.transport.history is not None
        first.transport.history.use_extension(0)
        first.transport.on_change(first.transport)
        hall.send(audience, 3)
        moved = first._receiving.unprotect(elsewhere.recv(2048))
    assert first.read() == [first.expected(1, 0)]
    assert moved == first.expected(3, None)
    assert [len(seat.read()) for seat in seats] == [3, 0, 3]


async def test_addresses_of_both_families_and_of_a_link() -> None:
    hall = Hall(replace(LOOPBACK, bind_host="::", announced_hosts=("::1",)))
    try:
        v6, v4 = hall.seat("::1"), hall.seat()
        mapped: Address = ("::ffff:127.0.0.1", v4.socket.getsockname()[1], 0, 0)
        v4.transport.move_to(mapped)
        hall.send(Audience((v6.down, v4.down)), 1)
        assert v6.read() == [v6.expected(1, 0)]
        assert v4.read() == [v4.expected(1, 0)]
        local: Address = ("fe80::1%lo", 9, 0, socket.if_nametoindex("lo"))
        v6.transport.move_to(local)  # the kernel takes it, or says that there is no such road
        hall.send(Audience((v6.down, v4.down)), 2)
        assert v4.read() == [v4.expected(2, 1)]
    finally:
        hall.close()

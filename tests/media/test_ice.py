"""STUN as a lite agent answers it, checked against aioice's own implementation."""

from itertools import count

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from media import ice
from media.ice import BindingRequest, MalformedStun, StrangerLimit

OURS = "ufrag"
PASSWORD = "the password of this connection"
HERE = ("192.0.2.7", 50_000)


def request(
    *,
    username: str = f"{OURS}:theirs",
    key: str = PASSWORD,
    role: str = "ICE-CONTROLLING",
    nominate: bool = False,
) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = username
    message.attributes["PRIORITY"] = 12345
    message.attributes[role] = 99
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(key.encode())
    return bytes(message)


def parsed(datagram: bytes) -> BindingRequest:
    return ice.parse_request(datagram)


def test_a_browsers_check_is_read() -> None:
    read = parsed(request(nominate=True))
    assert read.local_ufrag == OURS
    assert read.is_nominating
    assert not read.claims_controlled
    assert read.is_signed_with(PASSWORD)
    assert not read.is_signed_with("another")
    assert not parsed(request()).is_nominating


@pytest.mark.parametrize("address", [HERE, ("2001:db8::5", 4000), ("::ffff:192.0.2.7", 4000, 0, 0)])
def test_the_answer_says_where_the_check_came_from(address: ice.Address) -> None:
    datagram = request()
    answered = ice.answer(parsed(datagram), PASSWORD, address)
    message = stun.parse_message(answered)
    assert message.check_message_integrity(PASSWORD.encode())
    assert message.message_class == stun.Class.RESPONSE
    host = address[0].removeprefix("::ffff:")
    assert message.attributes["XOR-MAPPED-ADDRESS"] == (host, address[1])
    assert message.transaction_id == stun.parse_message(datagram).transaction_id
    assert len(answered) <= len(datagram)


def test_a_peer_that_thinks_it_is_controlled_is_told_of_the_conflict() -> None:
    answered = ice.answer(parsed(request(role="ICE-CONTROLLED")), PASSWORD, HERE)
    message = stun.parse_message(answered)
    assert message.error_code == 487
    assert message.check_message_integrity(PASSWORD.encode())


def test_an_attribute_one_must_understand_is_refused_by_name() -> None:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{OURS}:theirs"
    message.attributes["REALM"] = "what a lite agent does not know"
    message.add_message_integrity(PASSWORD.encode())
    read = parsed(bytes(message))
    assert read.unknown_attributes == (0x0014,)
    answered = ice.answer(read, PASSWORD, HERE)
    assert stun.parse_message(answered).error_code == 420


def without(name: str) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    if name != "USERNAME":
        message.attributes["USERNAME"] = f"{OURS}:theirs"
    message.add_message_integrity(PASSWORD.encode())
    if name == "MESSAGE-INTEGRITY":
        del message.attributes["MESSAGE-INTEGRITY"]
        message.add_fingerprint()
    if name == "FINGERPRINT":
        del message.attributes["FINGERPRINT"]
    return bytes(message)


def damaged() -> list[bytes]:
    good = request()
    return [
        b"",
        good[:19],
        good[:-4],
        b"\x01\x01" + good[2:],  # an answer
        good[:4] + bytes(4) + good[8:],  # no magic cookie
        good[:-1] + bytes((good[-1] ^ 1,)),  # FINGERPRINT
        good + good[20:],  # length does not match
        request(username=f"{OURS}:é"),
        without("USERNAME"),
        without("MESSAGE-INTEGRITY"),
        without("FINGERPRINT"),
        b"\x00\x01" + (40 * 4).to_bytes(2) + good[4:20] + bytes(40 * 4),  # forty attributes
        b"\x00\x01" + (600).to_bytes(2) + good[4:20] + bytes(600),
        b"\x00\x01\x00\x02" + good[4:20] + bytes(2),  # half an attribute
        b"\x00\x01\x00\x04" + good[4:20] + b"\x80\x22\x00\x99",  # reaches past the end
    ]


@pytest.mark.parametrize("datagram", damaged(), ids=count())
def test_what_is_no_connectivity_check_is_malformed(datagram: bytes) -> None:
    with pytest.raises(MalformedStun):
        parsed(datagram)


def test_a_signature_of_a_wrong_length_is_malformed() -> None:
    good = request()
    at = good.index(b"\x00\x08\x00\x14")
    body = good[20:at] + b"\x00\x08\x00\x10" + bytes(16)
    message = good[:2] + (len(body) + 8).to_bytes(2) + good[4:20] + body
    crc = stun.message_fingerprint(message)
    with pytest.raises(MalformedStun):
        parsed(message + b"\x80\x28\x00\x04" + crc.to_bytes(4))


@given(st.binary(max_size=120), st.booleans())
def test_any_bytes_are_read_or_malformed(data: bytes, has_header: bool) -> None:
    if has_header:
        data = b"\x00\x01" + len(data).to_bytes(2) + b"\x21\x12\xa4\x42" + bytes(12) + data
    with pytest.raises(MalformedStun):
        parsed(data)


@given(st.integers(0, 200), st.integers(0, 7))
def test_a_flipped_bit_never_authenticates(position: int, bit: int) -> None:
    datagram = bytearray(request())
    datagram[position % len(datagram)] ^= 1 << bit
    try:
        read = parsed(bytes(datagram))
    except MalformedStun:
        return
    assert not read.is_signed_with(PASSWORD)


def test_credentials_are_long_and_never_the_same() -> None:
    drawn = {ice.Credentials.generate() for _ in range(50)}
    assert len(drawn) == len({one.ufrag for one in drawn}) == 50
    assert all(len(one.password) >= 22 and len(one.ufrag) >= 4 for one in drawn)


def test_strangers_get_so_much_attention_and_no_more() -> None:
    limit = StrangerLimit(per_second=3, max_sources=2)
    assert [limit.allows("a", 10.0) for _ in range(4)] == [True, True, True, False]
    assert limit.allows("b", 10.5)
    assert not limit.allows("c", 10.9)
    assert limit.allows("c", 11.0)


def test_one_who_authenticates_is_no_stranger() -> None:
    limit = StrangerLimit(per_second=2)
    for _ in range(10):
        assert limit.allows("here", 1.0)
        limit.vouch("here")
    limit.vouch("there")
    assert [limit.allows("here", 1.0) for _ in range(3)] == [True, True, False]


def test_a_check_may_carry_more_than_it_must() -> None:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = "ours:theirs"
    message.attributes["SOFTWARE"] = "x" * 1200
    message.add_message_integrity(b"secret")
    parsed = ice.parse_request(bytes(message))
    assert parsed.is_signed_with("secret")
    assert parsed.unknown_attributes == ()


def test_whom_a_check_is_for_is_seen_at_one_look() -> None:
    datagram = request()
    assert ice.claimed_ufrag(datagram) == OURS
    assert ice.claimed_ufrag(memoryview(datagram)) == OURS
    assert ice.claimed_ufrag(datagram[:30]) is None  # the name is cut short
    assert ice.claimed_ufrag(datagram[:23]) is None
    other_first = datagram[:20] + datagram[40:60]
    assert ice.claimed_ufrag(other_first) is None
    assert ice.claimed_ufrag(datagram.replace(b"ufrag", b"\xff" * 5)) is None

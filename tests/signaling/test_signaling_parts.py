"""The small parts: buckets, the floor, the wire."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.interface import NegotiationRefused
from signaling import messages as m
from signaling import wire
from signaling.config import Rate
from signaling.errors import ErrorCode
from signaling.floor import Floor, StageIsFull
from signaling.ports import Refused
from signaling.rates import TokenBucket


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(Rate(per_s=2, burst=3))
    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(10.4)
    assert bucket.take(10.6)
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]


@given(
    st.lists(st.floats(0, 1, allow_nan=False), max_size=200),
    st.floats(0.1, 50),
    st.integers(1, 60),
)
def test_a_bucket_never_gives_more_than_burst_and_rate_allow(
    gaps: list[float], per_s: float, burst: int
) -> None:
    bucket = TokenBucket(Rate(per_s=per_s, burst=burst))
    now = 5.0
    given_out = 0
    for gap in gaps:
        now += gap
        given_out += bucket.take(now)
    assert given_out <= burst + per_s * (now - 5.0) + 1e-6


def test_with_a_limit_of_one_the_newcomer_replaces() -> None:
    floor = Floor(limit=1)
    assert floor.invite("a", is_present=lambda _: True) is None
    assert floor.invite("b", is_present=lambda _: True) == "a"
    assert floor.stage == ["b"]


def test_with_a_larger_limit_only_the_absent_give_way() -> None:
    floor = Floor(limit=2, stage=["a", "b"])
    with pytest.raises(StageIsFull):
        floor.invite("c", is_present=lambda _: True)
    assert floor.stage == ["a", "b"]
    assert floor.invite("c", is_present=lambda seat: seat != "b") == "b"
    assert floor.stage == ["a", "c"]


def test_a_smaller_limit_releases_the_longest_on_stage() -> None:
    floor = Floor(limit=3, stage=["a", "b", "c"])
    assert floor.set_limit(1) == ("a", "b")
    assert floor.stage == ["c"]
    assert floor.set_limit(3) == ()


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_json_is_read_sixteen_deep() -> None:
    with pytest.raises(wire.MalformedMessage, match="nested"):
        wire.decode(nested(17))
    with pytest.raises(wire.MalformedMessage, match=r"^(?!.*nested)"):
        wire.decode(nested(16))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"ping"',
        "{}",
        '{"type":"no_such"}',
        '{"type":"ping","extra":1}',
        '{"type":"ping","ref":-1}',
        '{"type":"ping","ref":"1"}',
        '{"type":"ping","ref":NaN}',
        '{"type":"say","text":""}',
        '{"type":"say","text":"' + "x" * 501 + '"}',
        '{"type":"say","text":"\\ud800"}',
        '{"type":"say","text":"a\\u0000b"}',
        '{"type":"shut_down","reason":"a\\u0000b"}',
        '{"type":"eject","seat_id":"site-1","reason":"a\\u0000b"}',
        '{"type":"set_muted","source":"camera","is_muted":"yes"}',
        '{"type":"set_stage_limit","limit":4}',
        '{"type":"eject","seat_id":"../../etc"}',
        '{"type":"publish","sdp":"v=0","sources":{"0":"webcam"}}',
        "[" * 60_000,
        "1e999999",
        "\x00",
    ],
)
def test_what_is_no_message_is_malformed(text: str) -> None:
    with pytest.raises(wire.MalformedMessage) as refused:
        wire.decode(text)
    assert refused.value.code == "malformed"


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
def test_any_text_is_a_message_or_malformed(text: str) -> None:
    try:
        wire.decode(text)
    except wire.MalformedMessage:
        return


def test_a_malformed_message_keeps_its_ref_and_repeats_nothing_sent() -> None:
    with pytest.raises(wire.MalformedMessage) as refused:
        wire.decode(json.dumps({"type": "say", "ref": 7, "text": 5, "secret-word": "secret-word"}))
    assert refused.value.ref == 7
    assert "5" not in refused.value.detail


def test_a_frame_is_measured_in_utf8() -> None:
    assert not wire.is_too_large("x" * 65_536)
    assert wire.is_too_large("x" * 65_537)
    assert wire.is_too_large("课" * 22_000)
    assert not wire.is_too_large("课" * 21_845)


def test_a_fact_is_encoded_once_and_numbered_for_each() -> None:
    fact = m.PauseChanged(seq=0, is_paused=True)
    tail = wire.encode_fact_tail(fact)
    for seq in (1, 2, 70_000):
        expected = m.PauseChanged(seq=seq, is_paused=True)
        assert m.server_message_adapter.validate_json(wire.with_seq(tail, seq)) == expected


def test_the_media_planes_and_the_gates_codes_are_codes_of_an_error() -> None:
    # The docstrings of the two ports are the contract; every word they list must be known.
    known = {code.value for code in ErrorCode}
    for refusal in (NegotiationRefused, Refused):
        assert refusal.__doc__ is not None
        words = refusal.__doc__.split("Codes:")[1].split("`")[1::2]
        assert words
        assert set(words) <= known

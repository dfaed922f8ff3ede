"""What an offer of several encodings comes to, and what is answered."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.uptrack import PublishedTrack
from media.interface import NegotiationRefused
from media.simulcast import OfferedEncodings, read_encodings
from tests.media.offers import AUDIO, VIDEO, answer_to, code_of, offer, published

# As Chromium writes it: no SSRC is told.
THREE = (
    "".join(line for line in VIDEO.splitlines(keepends=True) if not line.startswith("a=ssrc"))
    + """\
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
a=rid:q send
a=rid:h send
a=rid:f send
a=simulcast:send q;h;f
"""
)


def pictures(video: str) -> list[PublishedTrack]:
    return list(published(offer(AUDIO, video)).spec.tracks[1:])


def test_every_encoding_is_a_track_known_by_its_rid() -> None:
    encodings = pictures(THREE)
    assert [(one.rid, one.layer) for one in encodings] == [("q", 0), ("h", 1), ("f", 2)]
    assert {(one.mid, one.track, one.payload_type, one.ssrc) for one in encodings} == {
        ("1", encodings[0].track, 107, None)
    }
    spec = published(offer(AUDIO, THREE)).spec
    assert (spec.mid_id, spec.rid_id, spec.repaired_rid_id) == (4, 10, 11)


def test_the_answer_takes_them_in_the_offered_order_with_the_offered_ids() -> None:
    other_way = THREE.replace("send q;h;f", "send f;h;q")
    lines = answer_to(offer(AUDIO, other_way)).split("\r\n")
    assert "a=simulcast:recv f;h;q" in lines
    assert [line for line in lines if line.startswith("a=rid")] == [
        "a=rid:f recv",
        "a=rid:h recv",
        "a=rid:q recv",
    ]
    assert "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" in lines
    assert "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id" in lines
    assert [(one.rid, one.layer) for one in pictures(other_way)] == [("f", 2), ("h", 1), ("q", 0)]


def test_encodings_of_other_names_count_from_the_first_offered() -> None:
    named = THREE
    for ours, theirs in (("q", "low"), ("h", "mid"), ("f", "high")):
        named = named.replace(f"a=rid:{ours} ", f"a=rid:{theirs} ")
    named = named.replace("q;h;f", "low;mid;high")
    assert [(one.rid, one.layer) for one in pictures(named)] == [
        ("low", 0),
        ("mid", 1),
        ("high", 2),
    ]


def test_two_of_our_names_are_two_layers() -> None:
    two = THREE.replace("a=rid:q send\n", "").replace("q;h;f", "h;f")
    assert [(one.rid, one.layer) for one in pictures(two)] == [("h", 0), ("f", 1)]


def test_alternatives_and_pauses_are_read_and_what_we_would_receive_is_not_ours() -> None:
    strange = THREE.replace("send q;h;f", "recv x;y send ~q,h;f") + "a=rid:x recv\n"
    assert [one.rid for one in pictures(strange)] == ["q", "f"]


@pytest.mark.parametrize(
    "without",
    [THREE.replace("a=simulcast:send q;h;f\n", ""), THREE.replace("send q;h;f", "recv q;h;f")],
)
def test_a_section_that_sends_one_encoding_is_as_ever(without: str) -> None:
    [one] = pictures(without)
    assert (one.rid, one.layer) == ("", 0)
    assert "rid" not in answer_to(offer(AUDIO, without)).replace("a=mid", "")


def test_a_section_that_does_not_send_now_promises_no_encodings() -> None:
    idle = THREE.replace("a=sendonly", "a=inactive")
    text = offer(AUDIO, idle)
    assert "simulcast" not in answer_to(text)
    assert len(published(text).spec.tracks) == 1


def test_a_restricted_encoding_must_take_the_codec_chosen() -> None:
    fitting = THREE.replace("a=rid:q send", "a=rid:q send max-width=320;pt=107,96")
    assert [one.rid for one in pictures(fitting)] == ["q", "h", "f"]
    foreign = THREE.replace("a=rid:q send", "a=rid:q send pt=96")
    assert code_of(offer(AUDIO, foreign)) == "codec_unsupported"


@pytest.mark.parametrize(
    ("video", "code"),
    [
        (
            THREE.replace("q;h;f", "q;h;f;x").replace("a=rid:q send", "a=rid:x send\na=rid:q send"),
            "too_many_media",
        ),
        (THREE.replace("q;h;f", "q;h;q"), "sdp_malformed"),
        (THREE.replace("a=rid:h send", "a=rid:q send"), "sdp_malformed"),
        (THREE.replace("a=rid:h send\n", ""), "sdp_malformed"),
        (THREE.replace("q;h;f", "q;;f"), "sdp_malformed"),
        (THREE.replace("q;h;f", ""), "sdp_malformed"),
        (THREE.replace("q;h;f", "q;h;f send q"), "sdp_malformed"),
        (THREE.replace("send q;h;f", "both q;h;f"), "sdp_malformed"),
        (THREE.replace("a=rid:q send", "a=rid:q"), "sdp_malformed"),
        (THREE.replace("a=rid:q send", "a=rid:ü send"), "sdp_malformed"),
        (THREE.replace("a=rid:q send", "a=rid:q send pt=many"), "sdp_malformed"),
        (THREE.replace("a=rid:q send", f"a=rid:{'q' * 17} send"), "sdp_malformed"),
        (THREE + "a=simulcast:send q\n", "sdp_malformed"),
        (
            THREE.replace("a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n", ""),
            "sdp_malformed",
        ),
        (
            THREE.replace("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n", ""),
            "sdp_malformed",
        ),
    ],
)
def test_encodings_that_cannot_be_served_are_refused(video: str, code: str) -> None:
    assert code_of(offer(AUDIO, video)) == code


def test_sound_has_no_layers() -> None:
    assert code_of(offer(AUDIO + "a=rid:q send\na=simulcast:send q\n", VIDEO)) == "sdp_malformed"


LINES = ("m=video 9 X 96", "a=rid:q send", "a=rid:h send pt=96", "a=simulcast:send q;h", "a=x")


@given(
    st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=20)), min_size=1),
    st.text("qhf;,~ =sendrecv", max_size=20),
)
def test_no_lines_raise_anything_but_a_refusal(lines: list[str], value: str) -> None:
    with contextlib.suppress(NegotiationRefused, ValueError):
        read = read_encodings([*lines, f"a=simulcast:{value}"])
        assert isinstance(read, OfferedEncodings)

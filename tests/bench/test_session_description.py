"""What the peer writes and reads as SDP."""

import pytest

from bench.session_description import (
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    TRANSPORT_CC_URI,
    Candidate,
    LocalTransport,
    OfferedSection,
    UnusableDescription,
    parse_description,
    write_answer,
    write_offer,
)

LOCAL = LocalTransport(
    ufrag="ufrag", password="p" * 24, fingerprint="AA:BB", candidate=Candidate("127.0.0.1", 5004),
    cname="light",
)  # fmt: skip
SECTIONS = [OfferedSection("0", ("opus",), 11, 12), OfferedSection("1", ("h264", "vp8"), 21, 22)]


def offer(**options: bool) -> str:
    return write_offer(LOCAL, SECTIONS, session_id=1, **options)


def test_an_offer_reads_back_as_written() -> None:
    read = parse_description(offer())
    assert (read.ufrag, read.password, read.setup) == ("ufrag", "p" * 24, "actpass")
    assert read.fingerprints == [("sha-256", "AA:BB")]
    assert read.candidates == [Candidate("127.0.0.1", 5004)]
    assert read.bundle == ["0", "1"]
    assert not read.is_lite
    audio, video = read.sections
    assert (audio.kind, audio.direction, audio.ssrcs, audio.repair_of) == (
        "audio", "sendonly", [11], {},
    )  # fmt: skip
    assert [codec.name for codec in video.codecs] == ["h264", "rtx", "vp8", "rtx"]
    assert video.repair_of == {22: 21}
    rtx = video.rtx_of(102)
    assert rtx is not None
    assert rtx.payload_type == 103
    assert set(video.extensions) == {MID_URI, TRANSPORT_CC_URI}


def test_transport_cc_can_be_left_out() -> None:
    assert "transport-cc" not in offer(transport_cc=False)
    assert "transport-wide-cc" not in offer(transport_cc=False)


def test_an_answer_takes_the_codecs_it_can_and_their_rtx() -> None:
    answer = parse_description(
        write_answer(
            LOCAL, parse_description(offer()), session_id=2, setup="active", codecs=["opus", "vp8"]
        )
    )
    assert answer.bundle == ["0", "1"]
    assert answer.setup == "active"
    video = answer.section("1")
    assert [codec.payload_type for codec in video.codecs] == [96, 97]
    assert video.direction == "recvonly"
    assert "nack pli" in video.codecs[0].feedback


def test_an_answer_rejects_what_it_cannot_take_and_leaves_the_bundle() -> None:
    answer = parse_description(
        write_answer(
            LOCAL, parse_description(offer()), session_id=2, setup="active", codecs=["opus"]
        )
    )
    assert answer.bundle == ["0"]
    assert answer.section("1").port == 0
    with pytest.raises(UnusableDescription):
        answer.section("2")


def test_the_transport_is_read_from_the_first_section_that_lives() -> None:
    text = offer().replace("m=audio 9", "m=audio 0", 1).replace("a=ice-ufrag:ufrag", "a=x", 1)
    assert parse_description(text).ufrag == "ufrag"


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "v=0\r\n",
        offer().replace("a=mid:1\r\n", ""),
        offer().replace("a=ice-pwd", "a=x-pwd"),
        offer().replace("a=fingerprint", "a=x"),
        offer().replace("a=setup", "a=x"),
        offer().replace("m=audio 9", "m=audio nine"),
    ],
)
def test_what_a_browser_could_not_use_is_refused(broken: str) -> None:
    with pytest.raises(UnusableDescription):
        parse_description(broken)


def test_simulcast_is_offered_as_a_browser_does_and_read_back() -> None:
    sections = [OfferedSection("1", ("h264",), 21, 22, rids=("q", "h", "f"))]
    text = write_offer(LOCAL, sections, session_id=1)
    assert "a=simulcast:send q;h;f" in text
    assert "a=rid:h send" in text
    [section] = parse_description(text).sections
    assert section.ssrcs == []
    assert {RID_URI, REPAIRED_RID_URI} <= set(section.extensions)
    answered = text.replace("simulcast:send q;h;f", "simulcast:recv q,x;~h")
    assert parse_description(answered).sections[0].received_rids == ["q", "h"]


def test_an_answer_can_leave_transport_cc_out() -> None:
    text = write_answer(
        LOCAL,
        parse_description(offer()),
        session_id=2,
        setup="active",
        codecs=["opus", "h264"],
        transport_cc=False,
    )
    assert "transport-cc" not in text
    assert "transport-wide-cc" not in text
    assert "a=rtcp-fb:102 nack pli" in text

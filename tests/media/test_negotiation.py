"""What an SDP comes to, and that nothing it says can do harm."""

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.codecs import H264, OPUS, VP8
from media.core.downtrack import PayloadTypes
from media.core.ids import PeerId, Source, TrackKey
from media.core.subscriber import Subscriber
from media.interface import NegotiationRefused
from media.negotiation import accepted_codecs, accepted_transport_cc
from media.remote_description import parse_answer, parse_offer
from media.sdp_text import OFFERED_TWCC_ID, TWCC_URI, LocalParameters, msid_of, subscriber_offer
from tests.media.offers import (
    AUDIO,
    BOTH,
    CONFIG,
    FINGERPRINT,
    VIDEO,
    answer_to,
    code_of,
    offer,
    published,
)

# --- publishing --------------------------------------------------------------------------


def test_constrained_baseline_h264_is_preferred() -> None:
    picture = published(offer()).spec.tracks[1]
    assert (picture.codec, picture.payload_type, picture.rtx_payload_type) == (H264, 107, 108)
    assert (picture.ssrc, picture.rtx_ssrc) == (1000, 1001)
    assert picture.has_nack
    assert picture.has_pli
    assert picture.has_fir


def test_vp8_serves_where_there_is_no_usable_h264() -> None:
    without = VIDEO.replace("42e01f", "640c1f")
    picture = published(offer(AUDIO, without)).spec.tracks[1]
    assert (picture.codec, picture.payload_type) == (VP8, 96)
    mode_0 = VIDEO.replace("packetization-mode=1;", "")
    assert published(offer(AUDIO, mode_0)).spec.tracks[1].codec is VP8


def test_sound_is_opus_and_knows_its_ssrc() -> None:
    sound = published(offer()).spec.tracks[0]
    assert sound.track == TrackKey(PeerId("t"), Source.MICROPHONE)
    assert (sound.codec, sound.payload_type, sound.ssrc) == (OPUS, 111, 5)
    assert not sound.has_nack


def test_transport_feedback_is_taken_with_the_offers_own_ids() -> None:
    spec = published(offer()).spec
    assert (spec.twcc_id, spec.mid_id, spec.is_reduced_size) == (3, 4, True)
    assert spec.has_remb


def test_numbers_whose_feedback_is_unknown_are_not_asked_for() -> None:
    spec = published(offer(AUDIO, VIDEO.replace("transport-cc\n", "x\n"), bundle="0 1")).spec
    assert spec.twcc_id == 3  # the sound's
    silent = (AUDIO + VIDEO).replace("transport-cc\n", "x\n")
    assert published(offer(silent)).spec.twcc_id == 0


def test_streams_that_are_not_told_stay_unknown() -> None:
    lines = VIDEO.splitlines(keepends=True)
    untold = "".join(line for line in lines if not line.startswith("a=ssrc"))
    picture = published(offer(AUDIO, untold)).spec.tracks[1]
    assert (picture.ssrc, picture.rtx_ssrc) == (None, None)


def test_the_answer_says_what_browsers_need() -> None:
    lines = answer_to(offer()).split("\r\n")
    assert lines.count("a=ice-lite") == 1
    assert lines.index("a=ice-lite") < next(n for n, x in enumerate(lines) if x.startswith("m="))
    for line in (
        "a=setup:passive",
        "a=recvonly",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
        "m=video 7882 UDP/TLS/RTP/SAVPF 107 108",
        "a=rtcp-fb:107 nack",
        "a=rtcp-fb:107 nack pli",
        "a=rtcp-fb:107 ccm fir",
        "a=rtcp-fb:107 transport-cc",
        "a=fmtp:108 apt=107",
        "m=audio 7882 UDP/TLS/RTP/SAVPF 63 111",
        "a=rtpmap:63 red/48000/2",
        "a=fmtp:63 111/111",
        "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=0;maxaveragebitrate=40000",
        "a=ptime:20",
        "a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host",
        "a=candidate:2 1 udp 2130706175 2001:db8::1 7882 typ host",
        "a=candidate:3 1 tcp 1520435199 192.0.2.1 7882 typ host tcptype passive",
        "a=candidate:4 1 tcp 1520434943 2001:db8::1 7882 typ host tcptype passive",
    ):
        assert line in lines, line
    assert any("x-google-start-bitrate=900" in line for line in lines)
    assert not any("rtp-stream-id" in line or line.startswith("a=rid") for line in lines)


@pytest.mark.parametrize(
    "audio",
    [
        AUDIO.replace("a=rtpmap:63 red/48000/2\n", "").replace("a=fmtp:63 111/111\n", ""),
        AUDIO.replace("a=fmtp:63 111/111", "a=fmtp:63 96/96"),
        AUDIO.replace("a=fmtp:63 111/111", "a=fmtp:63 111/9"),
        AUDIO.replace("a=fmtp:63 111/111", "a=fmtp:63 111"),
        AUDIO.replace("a=fmtp:63 111/111\n", ""),
        AUDIO.replace("red/48000", "red/8000"),
    ],
)
def test_red_is_taken_only_around_the_codec_that_is_taken(audio: str) -> None:
    assert published(offer()).spec.tracks[0].red_payload_type == 63
    assert published(offer(audio, VIDEO)).spec.tracks[0].red_payload_type is None
    assert "m=audio 7882 UDP/TLS/RTP/SAVPF 111\r\n" in answer_to(offer(audio, VIDEO))


def test_sound_is_asked_for_again_only_where_it_is_not_repeated() -> None:
    asked = AUDIO.replace("a=rtpmap:63", "a=rtcp-fb:111 nack\na=rtpmap:63")
    repeated = published(offer(asked))
    assert not repeated.spec.tracks[0].has_nack
    assert "nack" not in repeated.sections[0].feedback
    plain = asked.replace("a=rtpmap:63 red/48000/2\n", "").replace("a=fmtp:63 111/111\n", "")
    once = published(offer(plain))
    assert once.spec.tracks[0].has_nack
    assert "nack" in once.sections[0].feedback


def test_a_subscriber_is_offered_plain_sound_first_and_red_beside_it() -> None:
    down = Subscriber(PeerId("s"), None, random_bits=random.Random(1).getrandbits, now=0.0)
    down.add_section(TrackKey(PeerId("t"), Source.MICROPHONE), now=0.0)
    local = LocalParameters("ours", "q" * 24, FINGERPRINT, ("192.0.2.1",), 7882)
    text = subscriber_offer(down.sections, local, session_id=1, version=1)
    assert "m=audio 7882 UDP/TLS/RTP/SAVPF 111 63\r\n" in text
    assert "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" in text


def test_reduced_size_is_answered_only_where_it_was_offered() -> None:
    text = offer().replace("a=rtcp-rsize\r\n", "")
    assert "rtcp-rsize" not in answer_to(text)
    assert not published(text).spec.is_reduced_size


def test_a_stopped_section_is_refused_and_an_idle_one_kept() -> None:
    stopped = VIDEO.replace("m=video 9", "m=video 0")
    lines = answer_to(offer(AUDIO, stopped, bundle="0")).split("\r\n")
    assert "m=video 0 UDP/TLS/RTP/SAVPF 96 97 103 104 107 108" in lines
    assert "a=group:BUNDLE 0" in lines
    idle = VIDEO.replace("a=sendonly", "a=inactive")
    assert "a=inactive" in answer_to(offer(AUDIO, idle), {"0": Source.MICROPHONE}).split("\r\n")
    assert len(published(offer(AUDIO, idle), {"0": Source.MICROPHONE}).spec.tracks) == 1


def test_fingerprints_and_ice_may_stand_in_the_sections() -> None:
    text = offer(AUDIO, bundle="0")
    moved = [f"a=ice-ufrag:theirs\r\na=ice-pwd:{'p' * 24}\r\na=fingerprint:{FINGERPRINT}\r\n"]
    moved.append("a=setup:actpass\r\n")
    for lines in moved:
        text = text.replace(lines, "") + lines
    remote = parse_offer(text, CONFIG)
    assert (remote.ufrag, remote.setup) == ("theirs", "actpass")
    assert remote.fingerprints == (("sha-256", FINGERPRINT.split()[1]),)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "sdp_malformed"),
        ("hello", "sdp_malformed"),
        (offer() + "a=x" * 40_000, "sdp_too_large"),
        (offer(*[AUDIO] * 21), "too_many_media"),
        (
            offer(AUDIO, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:1\n"),
            "data_channel_refused",
        ),
        (offer(AUDIO.replace("opus", "PCMU"), VIDEO), "codec_unsupported"),
        (offer(AUDIO, VIDEO.replace("VP8", "VP9").replace("H264", "AV1")), "codec_unsupported"),
        (offer(AUDIO, VIDEO.replace("a=mid:1", "a=mid:0")), "sdp_malformed"),
        (offer(AUDIO, VIDEO.replace("a=mid:1\n", "")), "sdp_malformed"),
        (offer(AUDIO, VIDEO.replace("a=mid:1", "a=mid:" + "1" * 17)), "sdp_malformed"),
        (offer(AUDIO, VIDEO.replace("a=rtcp-mux\n", "")), "sdp_malformed"),
        (offer(bundle="0"), "sdp_malformed"),
        (offer().replace("a=setup:actpass\r\n", ""), "sdp_malformed"),
        (offer().replace("theirs", "a b"), "sdp_malformed"),
        (offer().replace("a=ice-ufrag:theirs\r\n", ""), "sdp_malformed"),
        (offer().replace("sha-256", "md5"), "sdp_malformed"),
        (offer(AUDIO.replace("111", "211"), VIDEO), "sdp_malformed"),
        (offer(AUDIO.replace("m=audio 9", "m=audio 0"), bundle=""), "sdp_malformed"),
        (offer().replace("o=- 42 2 IN IP4 127.0.0.1", "o=-"), "sdp_malformed"),
        (offer().replace("a=ssrc:1000 cname", "a=ssrc:many cname"), "sdp_malformed"),
    ],
)
def test_what_cannot_be_served_is_refused_with_its_reason(text: str, code: str) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    "sources",
    [
        {},
        {"0": Source.MICROPHONE},
        {"0": Source.CAMERA, "1": Source.CAMERA},
        {"0": Source.MICROPHONE, "1": Source.MICROPHONE},
    ],
)
def test_every_section_needs_a_fitting_source(sources: dict[str, Source]) -> None:
    assert code_of(offer(), sources) == "source_unknown"


def test_no_source_is_published_twice() -> None:
    second = VIDEO.replace("a=mid:1", "a=mid:2")
    text = offer(AUDIO, VIDEO, second, bundle="0 1 2")
    assert code_of(text, {**BOTH, "2": Source.CAMERA}) == "source_unknown"


OFFER_LINES = offer().split("\r\n")


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_text_raises_anything_but_a_refusal(data: st.DataObject) -> None:
    lines = list(OFFER_LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "cut", "double", "swap", "noise"])):
            case "drop":
                lines[at] = ""
            case "cut":
                lines[at] = lines[at][: data.draw(st.integers(0, 30))]
            case "double":
                lines.insert(at, lines[data.draw(st.integers(0, len(lines) - 1))])
            case "swap":
                lines[at], lines[0] = lines[0], lines[at]
            case _:
                lines[at] += data.draw(st.text(max_size=10))
    text = "\r\n".join(lines)
    with contextlib.suppress(NegotiationRefused):
        published(text)
    with contextlib.suppress(NegotiationRefused):
        accepted_codecs(parse_answer(text))


@given(st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(NegotiationRefused):
        parse_offer(text, CONFIG)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(NegotiationRefused):
        parse_offer("v=0\r\n\ud800", CONFIG)


# --- subscribing -------------------------------------------------------------------------


def test_an_answers_codecs_are_known_by_mid() -> None:
    text = offer(
        AUDIO.replace("sendonly", "recvonly"),
        VIDEO.replace("sendonly", "recvonly"),
        setup="active",
    )
    assert accepted_codecs(parse_answer(text)) == {
        "0": {"opus": PayloadTypes(111, None, 63)},
        "1": {"H264": PayloadTypes(107, 108), "VP8": PayloadTypes(96, 97)},
    }


@pytest.mark.parametrize("change", ["a=sendonly", "a=inactive"])
def test_a_section_that_does_not_receive_takes_no_codec(change: str) -> None:
    text = offer(AUDIO.replace("sendonly", "recvonly"), VIDEO.replace("a=sendonly", change))
    assert accepted_codecs(parse_answer(text))["1"] == {}


def an_answer(*changes: tuple[str, str]) -> str:
    text = offer(AUDIO, VIDEO, setup="active").replace("sendonly", "recvonly")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_transport_wide_numbers_are_used_where_the_answer_takes_them() -> None:
    assert accepted_transport_cc(parse_answer(an_answer())) == OFFERED_TWCC_ID


@pytest.mark.parametrize(
    "change",
    [
        (f"a=extmap:3 {TWCC_URI}\r\n", ""),
        (f"a=extmap:3 {TWCC_URI}", f"a=extmap:5 {TWCC_URI}"),
        ("a=rtcp-fb:111 transport-cc\r\n", ""),
        ("a=recvonly", "a=inactive"),
    ],
)
def test_transport_wide_numbers_need_every_section_that_receives(change: tuple[str, str]) -> None:
    """They count all packets of a transport, and half of them are worse than none."""
    assert accepted_transport_cc(parse_answer(an_answer(change))) == 0


def test_every_section_of_an_offer_has_transport_wide_numbers() -> None:
    subscriber = Subscriber(PeerId("s"), None, random_bits=random.Random(1).getrandbits, now=0.0)
    for published_track in published(offer()).spec.tracks:
        subscriber.add_section(published_track.track, now=0.0)
    local = LocalParameters("ours", "q" * 24, FINGERPRINT, ("192.0.2.1",), 7882)
    text = subscriber_offer(subscriber.sections, local, session_id=1, version=1)
    sections = text.split("m=")[1:]
    assert len(sections) == 2
    assert all(f"a=extmap:{OFFERED_TWCC_ID} {TWCC_URI}\r\n" in section for section in sections)
    assert "a=rtcp-fb:111 transport-cc\r\n" in sections[0]
    assert "a=rtcp-fb:102 transport-cc\r\na=rtcp-fb:102 goog-remb\r\n" in sections[1]


def test_ids_that_sdp_cannot_carry_are_escaped() -> None:
    assert msid_of(TrackKey(PeerId("seat-1"), Source.CAMERA)) == "seat-1 camera"
    strange = msid_of(TrackKey(PeerId("a b\r\nm=x"), Source.SCREEN))
    assert strange == "a%20b%0D%0Am%3Dx screen"


def test_the_answer_says_what_each_section_may_send() -> None:
    lines = answer_to(offer()).splitlines()
    told = [line for line in lines if line.startswith("b=")]
    assert told == ["b=AS:256", "b=AS:3000"]
    assert all(lines[lines.index(line) - 1].startswith("c=") for line in told)
    assert published(offer()).max_kbps == 3256
    assert "b=AS" not in answer_to(offer().replace("sendonly", "inactive"), {})

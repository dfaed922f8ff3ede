"""SDP written from templates (RFC 8866, 8829).

aiortc's own writer loses rtcp-rsize, rtcp-mux and whatever else it does not know; here every
line that matters to a browser is in plain sight.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from media.core.codecs import H264, OPUS, VP8, Codec
from media.core.downtrack import DownTrack
from media.core.ids import Kind, TrackKey
from media.core.subscriber import cname_of

TWCC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

# RFC 8866's token without what URLs would escape anyway.
_UNESCAPED = "!#$&'*+-.^_`{|}~"

#: Payload types of our offers: (media, retransmission).
OFFERED_PAYLOAD_TYPES: Mapping[str, tuple[int, int | None]] = {
    OPUS.name: (111, None),
    H264.name: (102, 103),
    VP8.name: (96, 97),
}
#: The identifier of transport-wide sequence numbers in every section of our offers.
OFFERED_TWCC_ID = 3

#: The payload type under which our offers repeat sound (RFC 2198), beside plain Opus.
OFFERED_RED = 63
# Sound is not asked for again: it would come too late. REMB is for who knows nothing better.
_OFFERED_FEEDBACK: Mapping[Kind, Sequence[str]] = {
    Kind.AUDIO: ("transport-cc",),
    Kind.VIDEO: ("transport-cc", "goog-remb", "nack", "nack pli", "ccm fir"),
}
_OFFERED_CODECS: Mapping[Kind, Sequence[Codec]] = {Kind.AUDIO: (OPUS,), Kind.VIDEO: (H264, VP8)}

# RFC 7587 section 6.1. In-band FEC is used only by a sender that is told of loss; it takes
# its bits from the same rate, so that is a little above the 32 kbit/s good speech needs.
# Discontinuous transmission would leave holes in recordings and in level measurements.
_OPUS_FORMAT = "minptime=10;useinbandfec=1;usedtx=0;maxaveragebitrate=40000"
_OPUS_PTIME_MS = 20
_H264_FORMAT = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}"
_H264_PROFILE = "42e01f"


@dataclass(frozen=True, slots=True)
class LocalParameters:
    """Our side of one connection, as SDP tells it. `fingerprint` includes the algorithm."""

    ufrag: str
    password: str
    fingerprint: str
    hosts: tuple[str, ...]
    port: int


@dataclass(frozen=True, slots=True)
class AnsweredSection:
    """One section of an answer to a publisher; `codec` None refuses it.

    `feedback` are the rtcp-fb values both sides know; `extensions` by the offer's own ids;
    `rids` the encodings we take, in the offered order, if there are several; `max_kbps` what the
    peer may send in this section, all of its streams together.
    """

    mid: str
    kind: str
    profile: str
    offered_format: str
    codec: Codec | None = None
    payload_type: int = 0
    rtx_payload_type: int | None = None
    red_payload_type: int | None = None
    h264_profile: str = _H264_PROFILE
    feedback: tuple[str, ...] = ()
    extensions: tuple[tuple[int, str], ...] = ()
    is_inactive: bool = False
    is_reduced_size: bool = True
    max_kbps: int | None = None
    rids: tuple[str, ...] = ()


def publish_answer(
    sections: Sequence[AnsweredSection],
    local: LocalParameters,
    *,
    setup: str,
    start_bitrate_kbps: int,
    session_id: int,
    version: int,
) -> str:
    """Return the answer to a publisher's offer: we receive, we send nothing."""
    lines = _session([s.mid for s in sections if s.codec], session_id, version)
    for section in sections:
        lines += _answered_section(section, local, setup, start_bitrate_kbps)
    return _joined(lines)


def _answered_section(
    section: AnsweredSection, local: LocalParameters, setup: str, start_bitrate_kbps: int
) -> list[str]:
    codec = section.codec
    if codec is None:
        return [
            f"m={section.kind} 0 {section.profile} {section.offered_format}",
            "c=IN IP4 0.0.0.0",
            f"a=mid:{section.mid}",
            "a=inactive",
        ]
    # What stands first is what a browser sends: RED before the sound it is made of.
    formats = [
        str(number)
        for number in (section.red_payload_type, section.payload_type, section.rtx_payload_type)
        if number is not None
    ]
    lines = [
        f"m={section.kind} {local.port} {section.profile} {' '.join(formats)}",
        *_transport(local, setup, max_kbps=section.max_kbps),
        f"a=mid:{section.mid}",
        "a=inactive" if section.is_inactive else "a=recvonly",
        "a=rtcp-mux",
        *(["a=rtcp-rsize"] if section.is_reduced_size else []),
        *(f"a=extmap:{number} {uri}" for number, uri in section.extensions),
        *_codec(codec, section.payload_type, section.rtx_payload_type, section.feedback),
    ]
    if section.red_payload_type is not None:
        lines += _red(section.red_payload_type, section.payload_type)
    media_format = _format(codec, section.h264_profile)
    if codec.kind is Kind.VIDEO:
        start = f"x-google-start-bitrate={start_bitrate_kbps}"
        media_format = f"{media_format};{start}" if media_format else start
    else:
        lines.append(f"a=ptime:{_OPUS_PTIME_MS}")
    lines.append(f"a=fmtp:{section.payload_type} {media_format}")
    if section.rids:
        lines += [f"a=rid:{rid} recv" for rid in section.rids]
        lines.append(f"a=simulcast:recv {';'.join(section.rids)}")
    return lines


def subscriber_offer(
    sections: Iterable[DownTrack], local: LocalParameters, *, session_id: int, version: int
) -> str:
    """Return the offer of everything a subscriber has sections for. Sections never move.

    Each names all codecs we forward, so a publisher may come back with another one
    without a new offer.
    """
    sections = list(sections)
    lines = _session([section.mid for section in sections], session_id, version)
    for section in sections:
        lines += _offered_section(section, local)
    return _joined(lines)


def _offered_section(section: DownTrack, local: LocalParameters) -> list[str]:
    kind = section.track.source.kind
    codecs = _OFFERED_CODECS[kind]
    formats = [
        str(number)
        for codec in codecs
        for number in OFFERED_PAYLOAD_TYPES[codec.name]
        if number is not None
    ]
    if kind is Kind.AUDIO:
        formats.append(str(OFFERED_RED))
    lines = [
        f"m={kind} {local.port} UDP/TLS/RTP/SAVPF {' '.join(formats)}",
        *_transport(local, "actpass"),
        f"a=mid:{section.mid}",
        "a=sendonly",
        f"a=msid:{msid_of(section.track)}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=extmap:{OFFERED_TWCC_ID} {TWCC_URI}",
    ]
    feedback = _OFFERED_FEEDBACK[kind]
    for codec in codecs:
        media, rtx = OFFERED_PAYLOAD_TYPES[codec.name]
        lines += _codec(codec, media, rtx, feedback)
        media_format = _format(codec, _H264_PROFILE)
        if media_format:
            lines.append(f"a=fmtp:{media} {media_format}")
    if kind is Kind.AUDIO:
        lines += _red(OFFERED_RED, OFFERED_PAYLOAD_TYPES[OPUS.name][0])
    cname = quote(cname_of(section.track), safe=_UNESCAPED)
    if kind is Kind.VIDEO:
        lines.append(f"a=ssrc-group:FID {section.ssrc} {section.rtx_ssrc}")
        lines.append(f"a=ssrc:{section.ssrc} cname:{cname}")
        lines.append(f"a=ssrc:{section.rtx_ssrc} cname:{cname}")
    else:
        lines.append(f"a=ssrc:{section.ssrc} cname:{cname}")
    return lines


def msid_of(track: TrackKey) -> str:
    """Return `<peer_id> <source>`; ids are opaque, so what SDP cannot carry is escaped."""
    return f"{quote(track.peer_id, safe=_UNESCAPED)} {track.source}"


def _session(bundled: Iterable[str], session_id: int, version: int) -> list[str]:
    return [
        "v=0",
        f"o=- {session_id} {version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(bundled)}".rstrip(),
        "a=ice-lite",
        "a=msid-semantic: WMS *",
    ]


def _transport(local: LocalParameters, setup: str, *, max_kbps: int | None = None) -> list[str]:
    first = local.hosts[0]
    lines = [f"c=IN {'IP6' if ':' in first else 'IP4'} {first}"]
    if max_kbps is not None:  # between c= and the attributes (RFC 8866 section 5)
        lines.append(f"b=AS:{max_kbps}")
    for index, host in enumerate(local.hosts):
        # Type preference 126 (host), local preference by order (RFC 8445 section 5.1.2.1).
        priority = (126 << 24) + ((65535 - index) << 8) + 255
        lines.append(f"a=candidate:{index + 1} 1 udp {priority} {host} {local.port} typ host")
    for index, host in enumerate(local.hosts):
        # Behind everything over UDP; passive has direction preference 4, and 13 bits tell the
        # addresses apart (RFC 6544 section 4.2).
        priority = (90 << 24) + (((4 << 13) + 8191 - index) << 8) + 255
        foundation = len(local.hosts) + index + 1
        lines.append(
            f"a=candidate:{foundation} 1 tcp {priority} {host} {local.port} typ host"
            " tcptype passive"
        )
    return [
        *lines,
        "a=end-of-candidates",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:{local.fingerprint}",
        f"a=setup:{setup}",
    ]


def _codec(
    codec: Codec, payload_type: int, rtx_payload_type: int | None, feedback: Iterable[str]
) -> list[str]:
    channels = "/2" if codec is OPUS else ""
    lines = [f"a=rtpmap:{payload_type} {codec.name}/{codec.clock_rate}{channels}"]
    lines += [f"a=rtcp-fb:{payload_type} {value}" for value in feedback]
    if rtx_payload_type is not None:
        lines.append(f"a=rtpmap:{rtx_payload_type} rtx/{codec.clock_rate}")
        lines.append(f"a=fmtp:{rtx_payload_type} apt={payload_type}")
    return lines


def _red(payload_type: int, around: int) -> list[str]:
    """Name RED around one codec: the current packet and those before it (RFC 2198 section 5)."""
    return [
        f"a=rtpmap:{payload_type} red/{OPUS.clock_rate}/2",
        f"a=fmtp:{payload_type} {around}/{around}",
    ]


def _format(codec: Codec, h264_profile: str) -> str:
    if codec is OPUS:
        return _OPUS_FORMAT
    return _H264_FORMAT.format(profile=h264_profile) if codec is H264 else ""


def _joined(lines: Iterable[str]) -> str:
    return "\r\n".join(lines) + "\r\n"

"""The little SDP a light peer must write and read (RFC 8866, RFC 8829).

Deliberately not `media.negotiation`: the peer stands for a browser, so it reads the
server's text by its own rules and disagrees when that text is wrong.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
TRANSPORT_CC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"

# Payload types as Chromium numbers them; RTX of a video codec is the next number.
_RTP_MAPS = {
    "opus": (111, "opus/48000/2", "minptime=10;useinbandfec=1"),
    "vp8": (96, "VP8/90000", None),
    "h264": (
        102,
        "H264/90000",
        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    ),
}
_CANDIDATE = re.compile(
    r"a=candidate:\S+ 1 (udp(?= .* typ )|tcp(?= .* tcptype passive)) \d+ (\S+) (\d+) ",
    re.IGNORECASE,
)
_EXTENSION_IDS = {MID_URI: 4, TRANSPORT_CC_URI: 3}
_SIMULCAST_EXTENSION_IDS = {RID_URI: 10, REPAIRED_RID_URI: 11}


class UnusableDescription(Exception):
    """The other side's SDP lacks something a browser could not do without."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate (RFC 8839 section 5.1): `udp`, or `tcp` to connect to (RFC 6544 section 4.5)."""

    host: str
    port: int
    protocol: str = "udp"


@dataclass(slots=True)
class Codec:
    """One payload type of a section. `apt` is set for RTX (RFC 4588 section 8.1)."""

    payload_type: int
    name: str
    clock_rate: int
    encoding: str
    parameters: str | None = None
    feedback: list[str] = field(default_factory=list)

    @property
    def apt(self) -> int | None:
        """Return the payload type this RTX repairs, or None."""
        found = re.search(r"apt=(\d+)", self.parameters or "")
        return int(found.group(1)) if self.name == "rtx" and found else None


@dataclass(slots=True)
class MediaSection:
    """One m-line as read: what it carries, which way, with which codecs and SSRCs."""

    mid: str
    kind: str
    port: int
    protocol: str
    direction: str
    codecs: list[Codec]
    extensions: dict[str, int]
    ssrcs: list[int]
    repair_of: dict[int, int]
    msid: str | None
    received_rids: list[str] = field(default_factory=list)

    def codec(self, names: Sequence[str]) -> Codec | None:
        """Return the section's first codec whose lower-case name is in `names`."""
        return next((codec for codec in self.codecs if codec.name in names), None)

    def rtx_of(self, payload_type: int) -> Codec | None:
        """Return the RTX codec that repairs `payload_type`, or None."""
        return next((codec for codec in self.codecs if codec.apt == payload_type), None)


@dataclass(slots=True)
class Description:
    """A whole SDP, with the transport parameters of its first (bundled) section."""

    text: str
    is_lite: bool
    ufrag: str
    password: str
    fingerprints: list[tuple[str, str]]
    setup: str
    candidates: list[Candidate]
    bundle: list[str]
    sections: list[MediaSection]

    def section(self, mid: str) -> MediaSection:
        """Return the section named `mid`."""
        for section in self.sections:
            if section.mid == mid:
                return section
        raise UnusableDescription(f"no section has mid {mid}")


def _attribute(lines: Sequence[str], name: str) -> str | None:
    prefix = f"a={name}:"
    return next((line[len(prefix) :] for line in lines if line.startswith(prefix)), None)


def _read_codecs(lines: Sequence[str], payload_types: Sequence[int]) -> list[Codec]:
    codecs = {}
    for line in lines:
        if found := re.match(r"a=rtpmap:(\d+) (([^/ ]+)/(\d+)\S*)", line):
            number = int(found[1])
            codecs[number] = Codec(number, found[3].lower(), int(found[4]), found[2])
    for line in lines:
        if (found := re.match(r"a=fmtp:(\d+) (.+)", line)) and int(found[1]) in codecs:
            codecs[int(found[1])].parameters = found[2]
        elif found := re.match(r"a=rtcp-fb:(\d+|\*) (.+)", line):
            for codec in codecs.values():
                if found[1] in ("*", str(codec.payload_type)):
                    codec.feedback.append(found[2])
    return [codecs[number] for number in payload_types if number in codecs]


def _read_section(lines: Sequence[str]) -> MediaSection:
    media = re.match(r"m=(\w+) (\d+)(?:/\d+)? (\S+) (.+)", lines[0])
    if media is None:
        raise UnusableDescription(f"media line not understood: {lines[0]}")
    mid = _attribute(lines, "mid")
    if mid is None:
        raise UnusableDescription("a media section has no mid")
    direction = next(
        (
            line[2:]
            for line in lines
            if line[2:] in ("sendonly", "recvonly", "sendrecv", "inactive")
        ),
        "sendrecv",
    )
    formats = [int(text) for text in media[4].split() if text.isdigit()]
    ssrcs: list[int] = []
    repair_of: dict[int, int] = {}
    extensions: dict[str, int] = {}
    received_rids: list[str] = []
    for line in lines:
        if (found := re.match(r"a=ssrc:(\d+) ", line)) and int(found[1]) not in ssrcs:
            ssrcs.append(int(found[1]))
        elif found := re.match(r"a=ssrc-group:FID (\d+) (\d+)", line):
            repair_of[int(found[2])] = int(found[1])
        elif found := re.match(r"a=extmap:(\d+)(?:/\w+)? (\S+)", line):
            extensions[found[2]] = int(found[1])
        elif found := re.match(r"a=simulcast:recv (\S+)", line):
            # RFC 8853 section 5.1: streams by `;`, alternatives by `,`, `~` for paused.
            received_rids = [each.split(",")[0].lstrip("~") for each in found[1].split(";")]
    return MediaSection(
        mid=mid,
        kind=media[1],
        port=int(media[2]),
        protocol=media[3],
        direction=direction,
        codecs=_read_codecs(lines, formats),
        extensions=extensions,
        ssrcs=ssrcs,
        repair_of=repair_of,
        msid=_attribute(lines, "msid"),
        received_rids=received_rids,
    )


def parse_description(text: str) -> Description:
    """Read an SDP. Raise UnusableDescription when a browser could not use it."""
    lines = text.replace("\r\n", "\n").split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith("m=")]
    if not starts:
        raise UnusableDescription("no media section")
    session = lines[: starts[0]]
    blocks = [lines[a:b] for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]
    # The bundled transport is described in the first section that is not rejected.
    first = next((block for block in blocks if not re.match(r"m=\w+ 0 ", block[0])), blocks[0])
    both = [*first, *session]
    ufrag, password = _attribute(both, "ice-ufrag"), _attribute(both, "ice-pwd")
    fingerprints = [
        (found[1], found[2])
        for line in both
        if (found := re.match(r"a=fingerprint:(\S+) (\S+)", line))
    ]
    setup = _attribute(both, "setup")
    if not (ufrag and password and fingerprints and setup):
        raise UnusableDescription("ICE credentials, fingerprint or setup missing")
    candidates = [
        Candidate(found[2], int(found[3]), found[1].lower())
        for line in first
        if (found := _CANDIDATE.match(line))
    ]
    return Description(
        text=text,
        is_lite="a=ice-lite" in session,
        ufrag=ufrag,
        password=password,
        fingerprints=fingerprints,
        setup=setup,
        candidates=candidates,
        bundle=(_attribute(session, "group") or "").split()[1:],
        sections=[_read_section(block) for block in blocks],
    )


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """Our side of the bundled transport, as written into every section."""

    ufrag: str
    password: str
    fingerprint: str
    candidate: Candidate
    cname: str


@dataclass(slots=True)
class OfferedSection:
    """A track to publish: `codecs` in order of preference, of `opus`, `h264`, `vp8`.

    With `rids` it is offered as simulcast, lowest first (RFC 8853); like Chromium the
    offer then names no SSRC, the packets say whose they are.
    """

    mid: str
    codecs: tuple[str, ...]
    ssrc: int
    rtx_ssrc: int
    direction: str = "sendonly"
    rids: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Return the SDP media type."""
        return "audio" if self.codecs == ("opus",) else "video"


def _head(mids: Sequence[str], session_id: int) -> list[str]:
    return [
        "v=0",
        f"o=- {session_id} 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE " + " ".join(mids),
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS *",
    ]


def _transport_lines(transport: LocalTransport, setup: str) -> list[str]:
    host, port = transport.candidate.host, transport.candidate.port
    return [
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=candidate:1 1 udp 2122260223 {host} {port} typ host generation 0",
        f"a=ice-ufrag:{transport.ufrag}",
        f"a=ice-pwd:{transport.password}",
        f"a=fingerprint:sha-256 {transport.fingerprint}",
        f"a=setup:{setup}",
    ]


def _offered_codec_lines(section: OfferedSection, *, transport_cc: bool) -> list[str]:
    lines = []
    for name in section.codecs:
        number, encoding, parameters = _RTP_MAPS[name]
        lines.append(f"a=rtpmap:{number} {encoding}")
        if transport_cc:
            lines.append(f"a=rtcp-fb:{number} transport-cc")
        if section.kind == "video":
            lines += [
                f"a=rtcp-fb:{number} {kind}"
                for kind in ("goog-remb", "ccm fir", "nack", "nack pli")
            ]
        if parameters:
            lines.append(f"a=fmtp:{number} {parameters}")
        if section.kind == "video":
            lines += [f"a=rtpmap:{number + 1} rtx/90000", f"a=fmtp:{number + 1} apt={number}"]
    return lines


def write_offer(
    transport: LocalTransport,
    sections: Sequence[OfferedSection],
    *,
    session_id: int,
    transport_cc: bool = True,
) -> str:
    """Write a publisher's offer as Chromium would: bundled, rtcp-mux, actpass, sendonly."""
    lines = _head([section.mid for section in sections], session_id)
    for section in sections:
        numbers = []
        for name in section.codecs:
            number = _RTP_MAPS[name][0]
            numbers += [number, number + 1] if section.kind == "video" else [number]
        lines.append(f"m={section.kind} 9 UDP/TLS/RTP/SAVPF " + " ".join(map(str, numbers)))
        lines += _transport_lines(transport, "actpass")
        lines.append(f"a=mid:{section.mid}")
        extensions = _EXTENSION_IDS | (_SIMULCAST_EXTENSION_IDS if section.rids else {})
        lines += [
            f"a=extmap:{number} {uri}"
            for uri, number in extensions.items()
            if transport_cc or uri != TRANSPORT_CC_URI
        ]
        lines += [f"a={section.direction}", f"a=msid:light-{section.mid} light-{section.mid}"]
        lines += ["a=rtcp-mux", "a=rtcp-rsize"]
        lines += _offered_codec_lines(section, transport_cc=transport_cc)
        if section.rids:
            lines += [f"a=rid:{rid} send" for rid in section.rids]
            lines.append(f"a=simulcast:send {';'.join(section.rids)}")
        elif section.kind == "video":
            lines.append(f"a=ssrc-group:FID {section.ssrc} {section.rtx_ssrc}")
            lines.append(f"a=ssrc:{section.ssrc} cname:{transport.cname}")
            lines.append(f"a=ssrc:{section.rtx_ssrc} cname:{transport.cname}")
        else:
            lines.append(f"a=ssrc:{section.ssrc} cname:{transport.cname}")
    return "\r\n".join(lines) + "\r\n"


def _accepted_codecs(section: MediaSection, names: Sequence[str]) -> list[Codec]:
    taken = [codec for codec in section.codecs if codec.name in names]
    repairs = [section.rtx_of(codec.payload_type) for codec in taken]
    return taken + [repair for repair in repairs if repair is not None]


def write_answer(
    transport: LocalTransport,
    offer: Description,
    *,
    session_id: int,
    setup: str,
    codecs: Sequence[str],
    transport_cc: bool = True,
) -> str:
    """Write a subscriber's answer: receive every section whose codec is in `codecs`.

    A section with no such codec is rejected with port 0 (RFC 8829 section 5.3.1).
    """
    accepted = {
        section.mid: _accepted_codecs(section, codecs)
        for section in offer.sections
        if section.port or section.mid in offer.bundle
    }
    lines = _head([mid for mid, taken in accepted.items() if taken], session_id)
    for section in offer.sections:
        taken = accepted.get(section.mid, [])
        if not taken:
            lines += [f"m={section.kind} 0 {section.protocol} 0", "c=IN IP4 0.0.0.0"]
            lines += [f"a=mid:{section.mid}", "a=inactive"]
            continue
        numbers = " ".join(str(codec.payload_type) for codec in taken)
        lines.append(f"m={section.kind} 9 {section.protocol} {numbers}")
        lines += _transport_lines(transport, setup)
        lines.append(f"a=mid:{section.mid}")
        lines += [
            f"a=extmap:{number} {uri}"
            for uri, number in section.extensions.items()
            if uri in _EXTENSION_IDS and (transport_cc or uri != TRANSPORT_CC_URI)
        ]
        lines.append("a=recvonly" if "send" in section.direction else "a=inactive")
        lines += ["a=rtcp-mux", "a=rtcp-rsize"]
        for codec in taken:
            lines.append(f"a=rtpmap:{codec.payload_type} {codec.encoding}")
            lines += [
                f"a=rtcp-fb:{codec.payload_type} {text}"
                for text in codec.feedback
                if transport_cc or text != "transport-cc"
            ]
            if codec.parameters:
                lines.append(f"a=fmtp:{codec.payload_type} {codec.parameters}")
    return "\r\n".join(lines) + "\r\n"

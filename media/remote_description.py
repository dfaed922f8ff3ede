"""What a peer's SDP says, before anything is decided. One guard stands before aiortc's parser.

aiortc reads browsers' SDP well, but meets other text with KeyError, AssertionError,
StopIteration, IndexError and more; whatever it raises, the text was not acceptable.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiortc import sdp

from media.config import SfuConfig
from media.core.subscriber import MAX_SECTIONS
from media.interface import NegotiationRefused
from media.simulcast import OfferedEncodings, read_encodings

_ICE_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_FINGERPRINTS = ("sha-256", "sha-384", "sha-512")
_MAX_MID = 16


@dataclass(frozen=True, slots=True)
class RemoteCodec:
    """A payload type as the peer maps it. `parameters` are its fmtp, values as text."""

    payload_type: int
    name: str
    clock_rate: int
    parameters: Mapping[str, str]
    feedback: frozenset[str]


@dataclass(frozen=True, slots=True)
class RemoteSection:
    """One media section. `ssrcs` are (media, retransmission) where told.

    Of several encodings none is told: they are known by their rid (RFC 8852).
    """

    mid: str
    kind: str
    profile: str
    formats: str
    sends: bool
    receives: bool
    is_rejected: bool
    codecs: tuple[RemoteCodec, ...]
    extensions: Mapping[str, int]
    ssrcs: tuple[int | None, int | None]
    encodings: OfferedEncodings


@dataclass(frozen=True, slots=True)
class RemoteDescription:
    """A peer's offer or answer. `setup` is active, passive or actpass (RFC 8842).

    `session_id` is that of the o= line: it stays the same as long as the peer's side of the
    connection lives (RFC 8829 section 5.2.1).
    """

    session_id: str
    ufrag: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: str
    is_reduced_size: bool
    sections: tuple[RemoteSection, ...]

    @property
    def identity(self) -> tuple[object, ...]:
        """Return what differs between two connections of one peer, and in no restart of one."""
        return self.session_id, self.fingerprints


def parse_offer(text: str, config: SfuConfig) -> RemoteDescription:
    """Read a publisher's offer. Raise NegotiationRefused."""
    return _parse(text, max_bytes=config.max_sdp_bytes, max_sections=config.max_media_sections)


def parse_answer(text: str) -> RemoteDescription:
    """Read a subscriber's answer; it may be as long as our offers make it."""
    return _parse(text, max_bytes=MAX_SECTIONS * 8 * 1024, max_sections=MAX_SECTIONS)


def _parse(text: str, *, max_bytes: int, max_sections: int) -> RemoteDescription:
    if len(text.encode("utf-8", "surrogatepass")) > max_bytes:
        raise NegotiationRefused("sdp_too_large", f"more than {max_bytes} bytes")
    sections = _sections(text)
    if any(lines[0].startswith("m=application") for lines in sections):
        raise NegotiationRefused("data_channel_refused", "this server has no data channels")
    if len(sections) > max_sections:
        raise NegotiationRefused("too_many_media", f"more than {max_sections} media sections")
    try:
        session = sdp.SessionDescription.parse(text)
        return _described(session, sections, "a=rtcp-rsize" in text)
    except NegotiationRefused:
        raise
    except Exception as error:
        raise NegotiationRefused("sdp_malformed", type(error).__name__) from error


def _sections(text: str) -> list[list[str]]:
    """Return the lines of each media section, cut where aiortc's parser cuts."""
    sections: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("m="):
            sections.append([])
        if sections:
            sections[-1].append(line)
    return sections


def _described(
    session: sdp.SessionDescription, sections: list[list[str]], is_reduced_size: bool
) -> RemoteDescription:
    media = [described for described in session.media if described.port != 0]
    if not media:
        raise NegotiationRefused("sdp_malformed", "no media section is active")
    mids = [described.rtp.muxId for described in session.media]
    if len(set(mids)) != len(mids) or not all(0 < len(mid) <= _MAX_MID for mid in mids):
        raise NegotiationRefused("sdp_malformed", "every media section needs a mid of its own")
    if not all(described.rtcp_mux for described in media):
        raise NegotiationRefused("sdp_malformed", "rtcp-mux is required")
    bundled = {
        str(mid) for group in session.group if group.semantic == "BUNDLE" for mid in group.items
    }
    if len(media) > 1 and not all(described.rtp.muxId in bundled for described in media):
        raise NegotiationRefused("sdp_malformed", "all media sections must be bundled")
    first = media[0]
    ufrag = first.ice.usernameFragment if first.ice is not None else None
    if first.dtls is None or not ufrag or not _ICE_UFRAG.fullmatch(ufrag):
        raise NegotiationRefused("sdp_malformed", "ICE or DTLS parameters are missing")
    fingerprints = tuple(
        dict.fromkeys((f.algorithm.lower(), f.value) for f in first.dtls.fingerprints)
    )
    if not any(algorithm in _FINGERPRINTS for algorithm, _ in fingerprints):
        raise NegotiationRefused("sdp_malformed", "no certificate fingerprint we can check")
    return RemoteDescription(
        session_id=(session.origin or "-").split()[1],
        ufrag=ufrag,
        fingerprints=fingerprints,
        setup=sdp.DTLS_ROLE_SETUP[first.dtls.role],
        is_reduced_size=is_reduced_size,
        sections=tuple(
            _section(described, read_encodings(lines))
            for described, lines in zip(session.media, sections, strict=True)
        ),
    )


def _section(described: sdp.MediaDescription, encodings: OfferedEncodings) -> RemoteSection:
    for codec in described.rtp.codecs:
        if codec.payloadType is None or not 0 <= codec.payloadType <= 127:
            raise NegotiationRefused("sdp_malformed", "payload type out of range")
    return RemoteSection(
        mid=described.rtp.muxId,
        kind=described.kind,
        profile=described.profile,
        formats=" ".join(str(number) for number in described.fmt),
        sends=described.port != 0 and described.direction in (None, "sendrecv", "sendonly"),
        receives=described.port != 0 and described.direction in (None, "sendrecv", "recvonly"),
        is_rejected=described.port == 0,
        codecs=tuple(_codec(codec) for codec in described.rtp.codecs),
        extensions={ext.uri: ext.id for ext in described.rtp.headerExtensions},
        ssrcs=(None, None) if encodings.rids else _ssrcs(described),
        encodings=encodings,
    )


def _codec(codec: Any) -> RemoteCodec:  # Any: aiortc's class; its parameters' values vary
    return RemoteCodec(
        payload_type=codec.payloadType,
        name=codec.mimeType.partition("/")[2],
        clock_rate=codec.clockRate,
        parameters={key.lower(): str(value) for key, value in codec.parameters.items()},
        feedback=frozenset(
            f"{feedback.type} {feedback.parameter}" if feedback.parameter else feedback.type
            for feedback in codec.rtcpFeedback
        ),
    )


def _ssrcs(described: sdp.MediaDescription) -> tuple[int | None, int | None]:
    for group in described.ssrc_group:
        if group.semantic == "FID" and len(group.items) == 2:
            return int(group.items[0]), int(group.items[1])
    told = [info.ssrc for info in described.ssrc]
    return (told[0], None) if len(told) == 1 else (None, None)

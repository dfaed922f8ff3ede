"""What an SDP offer or answer means to us. One guard stands before aiortc's parser.

aiortc reads browsers' SDP well, but meets other text with KeyError, AssertionError,
StopIteration, IndexError and more; whatever it raises, the text was not acceptable.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiortc import sdp

from media.config import MAX_PUBLISH_KBPS, SfuConfig
from media.core.codecs import H264, OPUS, VP8, Codec
from media.core.downtrack import PayloadTypes
from media.core.ids import Kind, PeerId, Source, TrackKey
from media.core.publisher import PublisherSpec
from media.core.subscriber import MAX_SECTIONS
from media.core.uptrack import PublishedTrack
from media.interface import NegotiationRefused
from media.sdp_text import (
    LEVEL_URI,
    MID_URI,
    OFFERED_TWCC_ID,
    REPAIRED_RID_URI,
    RID_URI,
    TWCC_URI,
    AnsweredSection,
)
from media.simulcast import OfferedEncodings, read_encodings

# profile_idc 66 with constraint_set1_flag: constrained baseline (RFC 6184 section 8.1).
_CONSTRAINED_BASELINE = re.compile(r"42[4-7c-f][0-9a-f]{3}", re.IGNORECASE)

_ICE_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_FINGERPRINTS = ("sha-256", "sha-384", "sha-512")
_WANTED_FEEDBACK = ("nack", "nack pli", "ccm fir", "transport-cc", "goog-remb")
_WANTED_EXTENSIONS = (TWCC_URI, MID_URI, LEVEL_URI)
_RED_AROUND = re.compile(r"(\d{1,3})(/\1)+")
_SIMULCAST_EXTENSIONS = (RID_URI, REPAIRED_RID_URI)
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


# -- publishing ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publisher's offer comes to: what it will send, and what we answer."""

    spec: PublisherSpec
    sections: tuple[AnsweredSection, ...]

    @property
    def max_kbps(self) -> int:
        """Return what all sections together may send."""
        return sum(section.max_kbps or 0 for section in self.sections)


def accept_publication(
    remote: RemoteDescription, sources: Mapping[str, Source], peer_id: PeerId, config: SfuConfig
) -> Publication:
    """Choose codecs and feedback for every section. Raise NegotiationRefused."""
    tracks: list[PublishedTrack] = []
    answered: list[AnsweredSection] = []
    for section in remote.sections:
        if section.is_rejected:
            answered.append(_refused(section))
            continue
        codec, chosen = _choose(section)
        feedback = tuple(value for value in _WANTED_FEEDBACK if value in chosen.feedback)
        max_kbps = None
        if section.sends:
            source = _source_of(section, sources, tracks)
            max_kbps = MAX_PUBLISH_KBPS[source]
            tracks += _published(section, TrackKey(peer_id, source), codec, chosen)
        answered.append(
            AnsweredSection(
                mid=section.mid,
                kind=section.kind,
                profile=section.profile,
                offered_format=section.formats,
                codec=codec,
                payload_type=chosen.payload_type,
                rtx_payload_type=_rtx_of(section, chosen.payload_type),
                red_payload_type=_red_of(section, chosen.payload_type),
                h264_profile=chosen.parameters.get("profile-level-id", ""),
                feedback=feedback,
                extensions=_extensions(section, chosen),
                is_inactive=not section.sends,
                max_kbps=max_kbps,
                is_reduced_size=remote.is_reduced_size,
                rids=section.encodings.rids if section.sends else (),
            )
        )
    return Publication(_spec(tracks, answered, remote, config), tuple(answered))


def _source_of(
    section: RemoteSection, sources: Mapping[str, Source], tracks: list[PublishedTrack]
) -> Source:
    source = sources.get(section.mid)
    if source is None or source.kind != section.kind:
        raise NegotiationRefused("source_unknown", f"section {section.mid} has no such source")
    if any(published.track.source is source for published in tracks):
        raise NegotiationRefused("source_unknown", f"{source} is named twice")
    return source


def _published(
    section: RemoteSection, track: TrackKey, codec: Codec, chosen: RemoteCodec
) -> list[PublishedTrack]:
    """Return the section's encodings, or the one it has."""
    encodings = section.encodings
    if encodings.rids and (RID_URI not in section.extensions or MID_URI not in section.extensions):
        raise NegotiationRefused("sdp_malformed", "encodings cannot be told apart without rid, mid")
    if not encodings.allows(chosen.payload_type):
        raise NegotiationRefused("codec_unsupported", f"an encoding of {section.mid} has no codec")
    rtx = _rtx_of(section, chosen.payload_type)
    return [
        PublishedTrack(
            mid=section.mid,
            track=track,
            codec=codec,
            payload_type=chosen.payload_type,
            rtx_payload_type=rtx,
            red_payload_type=_red_of(section, chosen.payload_type),
            ssrc=section.ssrcs[0],
            rtx_ssrc=section.ssrcs[1] if rtx is not None else None,
            has_nack="nack" in chosen.feedback,
            has_pli="nack pli" in chosen.feedback,
            has_fir="ccm fir" in chosen.feedback,
            rid=rid,
            layer=encodings.layer_of(rid) if rid else 0,
        )
        for rid in encodings.rids or ("",)
    ]


def _spec(
    tracks: list[PublishedTrack],
    answered: list[AnsweredSection],
    remote: RemoteDescription,
    config: SfuConfig,
) -> PublisherSpec:
    extensions = {uri: number for section in answered for number, uri in section.extensions}
    return PublisherSpec(
        tracks=tuple(tracks),
        twcc_id=extensions.get(TWCC_URI, 0),
        mid_id=extensions.get(MID_URI, 0),
        rid_id=extensions.get(RID_URI, 0),
        repaired_rid_id=extensions.get(REPAIRED_RID_URI, 0),
        level_id=extensions.get(LEVEL_URI, 0),
        has_remb=any("goog-remb" in section.feedback for section in answered),
        is_reduced_size=remote.is_reduced_size,
        start_bitrate_bps=config.start_bitrate_kbps * 1000,
    )


def _refused(section: RemoteSection) -> AnsweredSection:
    return AnsweredSection(
        mid=section.mid,
        kind=section.kind,
        profile=section.profile,
        offered_format=section.formats,
    )


def _choose(section: RemoteSection) -> tuple[Codec, RemoteCodec]:
    """Return the first of our codecs the section offers."""
    ours = (OPUS,) if section.kind == Kind.AUDIO else (H264, VP8)
    for codec in ours:
        for offered in section.codecs:
            if _matches(codec, offered):
                return codec, offered
    raise NegotiationRefused("codec_unsupported", f"section {section.mid} has no codec we know")


def _matches(codec: Codec, offered: RemoteCodec) -> bool:
    if offered.name.lower() != codec.name.lower() or offered.clock_rate != codec.clock_rate:
        return False
    if codec is not H264:
        return True
    profile = offered.parameters.get("profile-level-id", "")
    mode = offered.parameters.get("packetization-mode", "0")
    return mode == "1" and _CONSTRAINED_BASELINE.fullmatch(profile) is not None


def _rtx_of(section: RemoteSection, payload_type: int) -> int | None:
    for codec in section.codecs:
        if codec.name.lower() == "rtx" and codec.parameters.get("apt") == str(payload_type):
            return codec.payload_type
    return None


def _red_of(section: RemoteSection, payload_type: int) -> int | None:
    """Return under which number the section takes this codec with redundancy (RFC 2198)."""
    for codec in section.codecs:
        if codec.name.lower() != "red" or codec.clock_rate != OPUS.clock_rate:
            continue
        for around in map(_RED_AROUND.fullmatch, codec.parameters):
            if around is not None and around[1] == str(payload_type):
                return codec.payload_type
    return None


def _extensions(section: RemoteSection, chosen: RemoteCodec) -> tuple[tuple[int, str], ...]:
    """Answer with the offer's ids; transport-wide numbers only where their feedback is known."""
    wanted = _WANTED_EXTENSIONS + (_SIMULCAST_EXTENSIONS if section.encodings.rids else ())
    return tuple(
        (section.extensions[uri], uri)
        for uri in wanted
        if uri in section.extensions and (uri != TWCC_URI or "transport-cc" in chosen.feedback)
    )


# -- subscribing -----------------------------------------------------------------


def accepted_codecs(remote: RemoteDescription) -> dict[str, dict[str, PayloadTypes]]:
    """Return by mid which of our codecs an answer takes; a refused section takes none."""
    accepted: dict[str, dict[str, PayloadTypes]] = {}
    for section in remote.sections:
        codecs = accepted.setdefault(section.mid, {})
        if not section.receives:
            continue
        for codec in (OPUS, H264, VP8):
            for taken in section.codecs:
                if codec.name not in codecs and _matches(codec, taken):
                    number = taken.payload_type
                    codecs[codec.name] = PayloadTypes(
                        number, _rtx_of(section, number), _red_of(section, number)
                    )
    return accepted


def accepted_transport_cc(remote: RemoteDescription) -> int:
    """Return the identifier of transport-wide numbers if an answer takes them, else 0.

    They count the packets of the whole transport, so every section that takes anything must
    take them (under the identifier we offered: RFC 8285 section 6) and know the feedback.
    """
    taking = [section for section in remote.sections if section.receives]
    is_taken = all(
        section.extensions.get(TWCC_URI) == OFFERED_TWCC_ID
        and any("transport-cc" in codec.feedback for codec in section.codecs)
        for section in taking
    )
    return OFFERED_TWCC_ID if taking and is_taken else 0

"""What an SDP offer or answer, once read, means to us: which codecs, which encodings, for whom."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from media.config import MAX_PUBLISH_KBPS, SfuConfig
from media.core.codecs import H264, OPUS, VP8, Codec
from media.core.downtrack import PayloadTypes
from media.core.ids import Kind, PeerId, Source, TrackKey
from media.core.publisher import PublisherSpec
from media.core.uptrack import PublishedTrack
from media.interface import NegotiationRefused
from media.remote_description import RemoteCodec, RemoteDescription, RemoteSection
from media.sdp_text import (
    LEVEL_URI,
    MID_URI,
    OFFERED_TWCC_ID,
    REPAIRED_RID_URI,
    RID_URI,
    TWCC_URI,
    AnsweredSection,
)

# profile_idc 66 with constraint_set1_flag: constrained baseline (RFC 6184 section 8.1).
_CONSTRAINED_BASELINE = re.compile(r"42[4-7c-f][0-9a-f]{3}", re.IGNORECASE)

_WANTED_FEEDBACK = ("nack", "nack pli", "ccm fir", "transport-cc", "goog-remb")
_WANTED_EXTENSIONS = (TWCC_URI, MID_URI, LEVEL_URI)
_RED_AROUND = re.compile(r"(\d{1,3})(/\1)+")
_SIMULCAST_EXTENSIONS = (RID_URI, REPAIRED_RID_URI)


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
        feedback = _feedback(section, chosen)
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


def _feedback(section: RemoteSection, chosen: RemoteCodec) -> tuple[str, ...]:
    """Return which feedback both sides know.

    Sound in RED is not asked for again: it repeats itself, and sooner (docs/adr/0006-sound.md).
    """
    is_repeated = _red_of(section, chosen.payload_type) is not None
    return tuple(
        value
        for value in _WANTED_FEEDBACK
        if value in chosen.feedback and not (is_repeated and value == "nack")
    )


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
    feedback = _feedback(section, chosen)
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
            has_nack="nack" in feedback,
            has_pli="nack pli" in feedback,
            has_fir="ccm fir" in feedback,
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

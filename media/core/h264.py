"""H.264 over RTP (RFC 6184): key frames, access units and parameter sets.

Single NAL unit packets, STAP-A and FU-A are read: what packetization-mode 1 allows
(RFC 6184 section 6.3). Interleaved packets (STAP-B, MTAP, FU-B) are malformed here.
"""

import struct
from dataclasses import dataclass

from media.core.errors import MalformedPacket
from media.core.h264_parameters import SequenceParameters, parse_pps_id, parse_sps

IDR, SEI, SPS, PPS, DELIMITER = 5, 6, 7, 8, 9
STAP_A, FU_A = 24, 28

_ANNEX_B_START = b"\x00\x00\x00\x01"
_MAX_PARAMETER_SETS = 8
"""Of each kind. The standard allows 32 and 256; no WebRTC encoder keeps more than a few."""


def is_keyframe(payload: bytes | memoryview) -> bool:
    """Return whether `payload` begins (or carries) an IDR picture or an SPS before one.

    False for a payload too short to say. Chromium sends an IDR picture as a STAP-A with SPS
    and PPS, then the picture in FU-A packets: the STAP-A and the first FU-A answer True. Who
    begins to decode after a loss wants `carries_sps`: the sets may be what was lost.
    """
    return bool(_first_nal_types(payload) & {IDR, SPS})


def carries_sps(payload: bytes | memoryview) -> bool:
    """Return whether `payload` carries an SPS: a decoder can begin here after any loss."""
    return SPS in _first_nal_types(payload)


def _first_nal_types(payload: bytes | memoryview) -> set[int]:
    """Return the types of the NAL units that begin in `payload`, as far as it can be read."""
    if not payload:
        return set()
    nal_type = payload[0] & 0x1F
    if nal_type == FU_A:
        return {payload[1] & 0x1F} if len(payload) > 1 and payload[1] & 0x80 else set()
    if nal_type != STAP_A:
        return {nal_type}
    types = set()
    at = 1
    while at + 2 < len(payload):
        types.add(payload[at + 2] & 0x1F)
        at += 2 + (payload[at] << 8 | payload[at + 1])
    return types


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One picture: its NAL units in decoding order, without start codes or lengths."""

    nals: tuple[bytes, ...]

    @property
    def is_keyframe(self) -> bool:
        """Return whether a decoder can begin here."""
        return any(nal[0] & 0x1F == IDR for nal in self.nals)

    def annex_b(self) -> bytes:
        """Return the byte stream format (H.264 annex B), parameter sets included."""
        return b"".join(_ANNEX_B_START + nal for nal in self.nals)

    def avcc(self) -> bytes:
        """Return the picture as an MP4 sample: lengths of four bytes, no parameter sets.

        Parameter sets belong to the sample entry and delimiters nowhere (ISO/IEC 14496-15
        sections 5.3.2 and 5.3.4.2).
        """
        return b"".join(
            len(nal).to_bytes(4, "big") + nal
            for nal in self.nals
            if nal[0] & 0x1F not in {SPS, PPS, DELIMITER}
        )


class Depacketizer:
    """Turn the payloads of one picture, in order and complete, into an access unit.

    Call `add` for each payload, then `finish`. After MalformedPacket the picture is lost:
    it begins again with the next payload, and nothing of the bad one remains.
    """

    def __init__(self) -> None:
        self._nals: list[bytes] = []
        self._fragment: bytearray | None = None

    def add(self, payload: bytes | memoryview) -> None:
        """Take the next payload of the picture; raise MalformedPacket."""
        try:
            self._add(payload)
        except MalformedPacket:
            self._reset()
            raise

    def finish(self) -> AccessUnit:
        """Return the access unit made of what was added; raise MalformedPacket."""
        nals, fragment = tuple(self._nals), self._fragment
        self._reset()
        if fragment is not None:
            raise MalformedPacket("FU-A without its last fragment")
        if not nals:
            raise MalformedPacket("access unit without NAL units")
        return AccessUnit(nals)

    def _reset(self) -> None:
        self._nals = []
        self._fragment = None

    def _add(self, payload: bytes | memoryview) -> None:
        if not payload:
            raise MalformedPacket("empty H.264 payload")
        nal_type = payload[0] & 0x1F
        if nal_type == FU_A:
            self._add_fragment(payload)
            return
        if self._fragment is not None:
            raise MalformedPacket("FU-A interrupted by another packet")
        if nal_type == STAP_A:
            self._nals.extend(_split_stap_a(payload))
        elif 1 <= nal_type <= 23:
            self._nals.append(bytes(payload))
        else:
            raise MalformedPacket(f"H.264 packet type {nal_type} is not used in mode 1")

    def _add_fragment(self, payload: bytes | memoryview) -> None:
        """Take one FU-A (RFC 6184 section 5.8)."""
        if len(payload) < 3:
            raise MalformedPacket("FU-A is cut short")
        header = payload[1]
        if header & 0x80:
            if self._fragment is not None or header & 0x40:
                raise MalformedPacket("FU-A starts within another, or starts and ends at once")
            self._fragment = bytearray([payload[0] & 0xE0 | header & 0x1F])
        elif self._fragment is None or self._fragment[0] & 0x1F != header & 0x1F:
            raise MalformedPacket("FU-A goes on that did not start")
        self._fragment += payload[2:]
        if header & 0x40:
            self._nals.append(bytes(self._fragment))
            self._fragment = None


def _split_stap_a(payload: bytes | memoryview) -> list[bytes]:
    """Return the NAL units of a STAP-A (RFC 6184 section 5.7.1); raise MalformedPacket."""
    nals = []
    at = 1
    while at < len(payload):
        if at + 2 > len(payload):
            raise MalformedPacket("STAP-A length is cut short")
        size = payload[at] << 8 | payload[at + 1]
        nal = bytes(payload[at + 2 : at + 2 + size])
        if not size or len(nal) < size:
            raise MalformedPacket("STAP-A unit is empty or cut short")
        nals.append(nal)
        at += 2 + size
    return nals


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """The parameter sets pictures refer to: what an MP4 keeps outside its samples.

    `sps` and `pps` are whole NAL units in order of first appearance; `sequence` is the
    reading of the newest SPS.
    """

    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    sequence: SequenceParameters

    @property
    def size(self) -> tuple[int, int]:
        """Return (width, height) in pixels after cropping."""
        return self.sequence.width, self.sequence.height

    def avcc(self) -> bytes:
        """Return the AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1)."""
        newest = self.sps[-1]
        record = bytearray([1, newest[1], newest[2], newest[3], 0xFF, 0xE0 | len(self.sps)])
        for nal in self.sps:
            record += struct.pack(">H", len(nal)) + nal
        record.append(len(self.pps))
        for nal in self.pps:
            record += struct.pack(">H", len(nal)) + nal
        if self.sequence.has_chroma_format:
            record.append(0xFC | self.sequence.chroma_format)
            record.append(0xF8 | self.sequence.bit_depth_luma - 8)
            record.append(0xF8 | self.sequence.bit_depth_chroma - 8)
            record.append(0)
        return bytes(record)


class ParameterTracker:
    """Remember a track's parameter sets and say which are in force.

    A new SPS replaces everything: in WebRTC it comes with its PPS in front of an IDR
    picture. A PPS with an id already seen replaces that one.
    """

    def __init__(self) -> None:
        self._sps: bytes | None = None
        self._sequence: SequenceParameters | None = None
        self._pps: dict[int, bytes] = {}
        self.current: ParameterSets | None = None

    def update(self, unit: AccessUnit) -> ParameterSets | None:
        """Take the sets in `unit`; return those in force, None while incomplete.

        Raise MalformedPacket for a set that cannot be read; the earlier ones then stay.
        """
        for nal in unit.nals:
            nal_type = nal[0] & 0x1F
            if nal_type == SPS and nal != self._sps:
                self._sequence = parse_sps(nal)
                self._sps = nal
                self._pps = {}
                self.current = None
            elif nal_type == PPS:
                self._update_pps(nal)
        return self.current

    def _update_pps(self, nal: bytes) -> None:
        pps_id = parse_pps_id(nal)
        if self._sps is None or self._sequence is None or self._pps.get(pps_id) == nal:
            return
        self._pps[pps_id] = nal
        if len(self._pps) > _MAX_PARAMETER_SETS:
            del self._pps[next(iter(self._pps))]
        self.current = ParameterSets((self._sps,), tuple(self._pps.values()), self._sequence)

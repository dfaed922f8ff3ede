"""Read H.264 parameter sets (ITU-T H.264 section 7.3.2), with bounded work."""

from dataclasses import dataclass

from media.core.errors import MalformedPacket

_MAX_SPS_BYTES = 4096
_MAX_SIDE_MACROBLOCKS = 1024
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles whose SPS carries the chroma format and bit depths."""
_CONFIGURED_CHROMA = frozenset({100, 110, 122, 144})
"""Profiles whose decoder configuration repeats them (ISO/IEC 14496-15 section 5.3.3.1.2)."""


@dataclass(frozen=True, slots=True)
class SequenceParameters:
    """What players and muxers need of an SPS; width and height in pixels, after cropping."""

    sps_id: int
    profile: int
    constraints: int
    level: int
    width: int
    height: int
    chroma_format: int
    bit_depth_luma: int
    bit_depth_chroma: int

    @property
    def has_chroma_format(self) -> bool:
        """Return whether the decoder configuration record repeats the chroma format."""
        return self.profile in _CONFIGURED_CHROMA

    @property
    def codecs_parameter(self) -> str:
        """Return the RFC 6381 name, as in `video/mp4; codecs="avc1.42c01f"`."""
        return f"avc1.{self.profile:02x}{self.constraints:02x}{self.level:02x}"


class _BitReader:
    """Bits of an RBSP, most significant first; reading past the end is malformed."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def bits(self, count: int) -> int:
        if count > self._left:
            raise MalformedPacket("parameter set is cut short")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def flag(self) -> bool:
        return bool(self.bits(1))

    def unsigned(self) -> int:
        """Read ue(v) (section 9.1). No field of an SPS needs more than 32 leading zeros."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 32:
                raise MalformedPacket("Exp-Golomb code is too long")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        """Read se(v) (section 9.1.1)."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def parse_sps(nal: bytes) -> SequenceParameters:
    """Return the parameters in `nal`, header byte included; raise MalformedPacket."""
    if not 4 <= len(nal) <= _MAX_SPS_BYTES or nal[0] & 0x1F != 7:
        raise MalformedPacket("not an SPS")
    profile, constraints, level = nal[1], nal[2], nal[3]
    reader = _BitReader(nal[4:].replace(b"\x00\x00\x03", b"\x00\x00"))
    sps_id = reader.unsigned()
    chroma, luma_depth, chroma_depth, separate_planes = _chroma(reader, profile)
    reader.unsigned()  # log2_max_frame_num_minus4
    _skip_picture_order(reader)
    reader.unsigned()  # max_num_ref_frames
    reader.flag()  # gaps_in_frame_num_value_allowed_flag
    width_mbs, height_units = reader.unsigned() + 1, reader.unsigned() + 1
    frame_only = reader.flag()
    if not frame_only:
        reader.flag()  # mb_adaptive_frame_field_flag
    reader.flag()  # direct_8x8_inference_flag
    height_mbs = height_units * (1 if frame_only else 2)
    if max(width_mbs, height_mbs) > _MAX_SIDE_MACROBLOCKS:
        raise MalformedPacket("SPS names an absurd size")
    crop_x, crop_y = _cropping(reader, 0 if separate_planes else chroma, frame_only)
    width, height = 16 * width_mbs - crop_x, 16 * height_mbs - crop_y
    if width <= 0 or height <= 0:
        raise MalformedPacket("SPS crops everything away")
    return SequenceParameters(
        sps_id, profile, constraints, level, width, height, chroma, luma_depth, chroma_depth
    )


def parse_pps_id(nal: bytes) -> int:
    """Return the id in a picture parameter set, header byte included; raise MalformedPacket."""
    if nal[0] & 0x1F != 8:
        raise MalformedPacket("not a PPS")
    pps_id = _BitReader(nal[1:8]).unsigned()
    if pps_id > 255:
        raise MalformedPacket("PPS id is out of range")
    return pps_id


def _chroma(reader: _BitReader, profile: int) -> tuple[int, int, int, bool]:
    """Read chroma_format_idc, the bit depths (luma, chroma) and separate_colour_plane_flag."""
    if profile not in _HIGH_PROFILES:
        return 1, 8, 8, False
    chroma = reader.unsigned()
    separate_planes = chroma == 3 and reader.flag()
    luma_depth, chroma_depth = reader.unsigned() + 8, reader.unsigned() + 8
    if chroma > 3 or max(luma_depth, chroma_depth) > 14:
        raise MalformedPacket("SPS names an unknown chroma format or bit depth")
    reader.flag()  # qpprime_y_zero_transform_bypass_flag
    if reader.flag():  # seq_scaling_matrix_present_flag
        for index in range(12 if chroma == 3 else 8):
            if reader.flag():
                _skip_scaling_list(reader, 16 if index < 6 else 64)
    return chroma, luma_depth, chroma_depth, separate_planes


def _skip_scaling_list(reader: _BitReader, size: int) -> None:
    """Read past a scaling list (section 7.3.2.1.1.1)."""
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.signed()) % 256
        last = following or last


def _skip_picture_order(reader: _BitReader) -> None:
    """Read past the picture order count fields."""
    kind = reader.unsigned()
    if kind == 0:
        reader.unsigned()
    elif kind == 1:
        reader.flag()
        reader.signed()
        reader.signed()
        cycle = reader.unsigned()
        if cycle > 255:
            raise MalformedPacket("SPS has too long a reference cycle")
        for _ in range(cycle):
            reader.signed()
    elif kind > 2:
        raise MalformedPacket("SPS names an unknown picture order type")


def _cropping(reader: _BitReader, chroma: int, frame_only: bool) -> tuple[int, int]:
    """Return the pixels cut off in x and y (section 7.4.2.1.1, equations 7-19 to 7-22)."""
    if not reader.flag():
        return 0, 0
    left, right, top, bottom = (reader.unsigned() for _ in range(4))
    unit_x = 2 if chroma in {1, 2} else 1
    unit_y = (2 if chroma == 1 else 1) * (1 if frame_only else 2)
    return unit_x * (left + right), unit_y * (top + bottom)

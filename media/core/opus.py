"""How long an Opus packet sounds, read from its first bytes (RFC 6716 section 3.1)."""

from media.core.errors import MalformedPacket

CLOCK_RATE = 48_000
"""RTP ticks per second of every Opus stream (RFC 7587 section 4.1)."""

SILENCE = b"\xf8\xff\xfe"
"""A packet of 20 ms of digital silence: CELT, full band, mono."""
SILENCE_TICKS = 960

_MAX_TICKS = 5760  # 120 ms, RFC 6716 section 3.2.5, requirement R5
_SILK_TICKS = (480, 960, 1920, 2880)
_CELT_TICKS = (120, 240, 480, 960)


def duration_ticks(payload: bytes | memoryview) -> int:
    """Return how long `payload` sounds, in ticks of 1/48000 s; raise MalformedPacket."""
    if not payload:
        raise MalformedPacket("empty Opus packet")
    config, code = payload[0] >> 3, payload[0] & 0x03
    if config < 12:
        frame_ticks = _SILK_TICKS[config & 0x03]
    elif config < 16:
        frame_ticks = _SILK_TICKS[config & 0x01]
    else:
        frame_ticks = _CELT_TICKS[config & 0x03]
    if code < 3:
        return frame_ticks * (1 if code == 0 else 2)
    if len(payload) < 2:
        raise MalformedPacket("Opus packet without its frame count")
    frames = payload[1] & 0x3F
    if not frames or frames * frame_ticks > _MAX_TICKS:
        raise MalformedPacket("Opus packet with no frames or more than 120 ms")
    return frames * frame_ticks


def head(*, channels: int = 2, pre_skip_ticks: int = 0) -> bytes:
    """Return the identification header players need (RFC 7845 section 5.1).

    No samples are skipped: a recording begins in the middle of a stream, where the encoder's
    own lead-in is long over.
    """
    return (
        b"OpusHead"
        + bytes([1, channels])
        + pre_skip_ticks.to_bytes(2, "little")
        + CLOCK_RATE.to_bytes(4, "little")
        + bytes(3)
    )

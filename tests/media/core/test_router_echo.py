"""From packets with levels to a seat that echoes: RFC 6464 through a router."""

import random
from typing import Any

import pytest

from media.core import red, rtp
from media.core.events import EchoChanged
from media.core.ids import Source
from tests.media.core.echo_scenes import FRAMES, Scene, an_echo, listens
from tests.media.core.lesson import (
    AUDIO_SSRC,
    AUDIO_TYPE,
    TICKS,
    Lesson,
    microphone,
    track,
    with_extensions,
)
from tests.media.speech import FRAME_S

HUB, SEAT = track("teacher", Source.MICROPHONE), track("site", Source.MICROPHONE)
LEVEL_ID = 3


def packet(
    seq: int, level: int, *, payload_type: int = AUDIO_TYPE, level_id: int = LEVEL_ID
) -> bytes:
    """A sound packet with its level in a one-byte header extension (RFC 8285 section 4.2)."""
    sound = b"\xf8opus"
    payload = sound if payload_type == AUDIO_TYPE else red.build(AUDIO_TYPE, sound)
    bare = rtp.build(
        payload,
        payload_type=payload_type,
        marker=0,
        seq=seq,
        timestamp=seq * TICKS,
        ssrc=AUDIO_SSRC,
    )
    # The voice activity bit is set: it is no part of the level.
    return with_extensions(bare, {level_id: bytes((0x80 | level,))})


def lesson_with_two_microphones(**spec: Any) -> Lesson:
    lesson = Lesson()
    for peer in ("teacher", "site"):
        sound = microphone(peer, red_payload_type=63)
        lesson.publish(peer, sound, **({"level_id": LEVEL_ID} | spec))
    lesson.allow({HUB: ["site"], SEAT: ["teacher"]})
    for peer in ("teacher", "site"):
        lesson.subscribe(peer)
    lesson.router.watch_echo(HUB, [SEAT], lesson.now)
    return lesson


def play(lesson: Lesson, scene: Scene, *, payload_type: int = AUDIO_TYPE, first: int = 0) -> None:
    for frame in range(FRAMES):
        for peer, levels in zip(("teacher", "site"), scene, strict=True):
            lesson.receive(peer, packet(first + frame, levels[frame], payload_type=payload_type))
        lesson.pass_time(FRAME_S)


def changes(lesson: Lesson) -> list[EchoChanged]:
    return [event for event in lesson.events if isinstance(event, EchoChanged)]


@pytest.mark.parametrize("payload_type", [AUDIO_TYPE, 63])
def test_a_seat_that_sends_the_hub_back_is_told_of_and_taken_back(payload_type: int) -> None:
    lesson, rng = lesson_with_two_microphones(), random.Random(1)
    play(lesson, an_echo(rng), payload_type=payload_type)
    assert changes(lesson) == [EchoChanged(SEAT, is_echoing=True)]
    play(lesson, listens(rng), payload_type=payload_type, first=FRAMES)
    assert changes(lesson)[1:] == [EchoChanged(SEAT, is_echoing=False)]


def test_a_seat_that_may_no_longer_be_heard_echoes_no_more() -> None:
    lesson = lesson_with_two_microphones()
    play(lesson, an_echo(random.Random(1)))
    lesson.router.watch_echo(HUB, [], lesson.now)
    lesson.drain()
    assert changes(lesson)[1:] == [EchoChanged(SEAT, is_echoing=False)]


def test_without_agreed_levels_nobody_is_accused() -> None:
    lesson = lesson_with_two_microphones(level_id=0)
    play(lesson, an_echo(random.Random(1)))
    assert changes(lesson) == []


def test_a_microphone_that_nobody_compares_is_left_alone() -> None:
    lesson = lesson_with_two_microphones()
    other = track("other", Source.MICROPHONE)
    lesson.publish("other", microphone("other"), level_id=LEVEL_ID)
    lesson.allow({other: ["site"]})
    lesson.subscribe("site")
    lesson.receive("other", packet(1, 20))
    assert len(lesson.media("site down")) == 1
    assert changes(lesson) == []


@pytest.mark.parametrize(
    ("block", "level"),
    [
        (b"\xbe\xde\x00\x01\x30\x85\x00\x00", 5),
        (b"\xbe\xde\x00\x01\x30\x7f\x00\x00", 127),
        (b"\xbe\xde\x00\x01\x20\x05\x00\x00", -1),
        (b"\xbe\xde\x00\x01\x31\x05\x05\x00", -1),
        (b"\x10\x00\x00\x01\x03\x01\x85\x00", 5),
        (b"\x10\x00\x00\x01\x03\x00\x00\x00", -1),
    ],
)
def test_a_level_is_one_byte_of_its_extension(block: bytes, level: int) -> None:
    whole = rtp.build(b"", payload_type=111, marker=0, seq=1, timestamp=1, ssrc=1) + block
    assert rtp.extension_level(whole, 12, 3) == level
    assert rtp.extension_level(whole, 0, 3) == -1

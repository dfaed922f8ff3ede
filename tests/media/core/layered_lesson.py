"""A lesson whose camera comes in layers, and what of it a site is shown."""

from collections.abc import Sequence

from media.core import rtcp, rtp
from media.core.downtrack import DownTrack
from media.core.ids import PeerId
from media.core.layers import LayeredTrack
from tests.media.core.lesson import CAMERA, DELTA, KEY, VIDEO_TYPE, Lesson, layered


class Sender:
    """The teacher's camera: every layer in `live` sends a picture of one packet each turn."""

    def __init__(self, lesson: Lesson, *, layers: int = 3) -> None:
        self.lesson = lesson
        self.next_seq = [100 * (layer + 1) for layer in range(layers)]
        self.live = set(range(layers))

    def turn(self, *, keys: Sequence[int] = (), silent: Sequence[int] = ()) -> None:
        for layer in sorted(self.live - set(silent)):
            payload = (KEY if layer in keys else DELTA) + bytes([layer])
            self.lesson.send_layer(layer, self.next_seq[layer], payload)
            self.next_seq[layer] += 1
        self.lesson.pass_time(0.04)

    def turns(self, seconds: float) -> None:
        """Send on, answering each request with a keyframe of every layer, as browsers do."""
        for _ in range(round(seconds / 0.04)):
            asked = self.lesson.count("keyframe_requests")
            self.turn(keys=sorted(self.live) if asked != getattr(self, "asked", 0) else ())
            self.asked = asked


def lesson_in_layers(*names: str, layers: int = 3) -> tuple[Lesson, Sender]:
    lesson = Lesson()
    lesson.publish("teacher", *layered("teacher", rids=("q", "h", "f")[3 - layers :]))
    lesson.allow({CAMERA: names or ("site",)})
    for name in names or ("site",):
        lesson.subscribe(name)
    return lesson, Sender(lesson, layers=layers)


def down_of(lesson: Lesson, name: str = "site") -> DownTrack:
    return lesson.router.subscribers[PeerId(name)].by_track[CAMERA]


def shown(lesson: Lesson, name: str = "site") -> list[int]:
    """Return the layer of every packet sent to a subscriber, in the order it was sent."""
    return [
        packet[-1]
        for link, packet in lesson.sent
        if link == f"{name} down" and not 192 <= packet[1] < 224
    ]


def layer_of(lesson: Lesson, name: str = "site") -> int | None:
    up = down_of(lesson, name).flows_in
    return None if up is None else up.layer


def layered_track(lesson: Lesson) -> LayeredTrack:
    return lesson.router.tracks[CAMERA]


def asked_ssrcs(lesson: Lesson) -> list[int]:
    return [told.media_ssrc for told in lesson.told("teacher up") if isinstance(told, rtcp.Pli)]


def media(ssrc: int, seq: int, payload: bytes = KEY, *, payload_type: int = VIDEO_TYPE) -> bytes:
    return rtp.build(
        payload, payload_type=payload_type, marker=0, seq=seq, timestamp=3000 * seq, ssrc=ssrc
    )

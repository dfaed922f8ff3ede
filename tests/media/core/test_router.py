"""Who gets what, and in which numbers."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core import rtcp, rtp
from media.core.codecs import VP8
from media.core.downtrack import PayloadTypes
from media.core.errors import MalformedPacket
from media.core.events import CodecRefused, OfferDue, TrackResumed, TrackStalled, TrackStarted
from media.core.ids import PeerId, Source
from media.core.subscriber import MAX_SECTIONS, Subscriber
from media.core.uptrack import PublishedTrack
from tests.media.core.lesson import (
    AUDIO_TYPE,
    DELTA,
    KEY,
    RTX_SSRC,
    RTX_TYPE,
    SPS,
    VIDEO_SSRC,
    VIDEO_TYPE,
    Lesson,
    camera,
    microphone,
    seqs,
    track,
)

CAMERA = track("teacher")


def watched_lesson(*names: str, **times: float) -> Lesson:
    """A teacher with a camera, and sites that have seen one keyframe."""
    lesson = Lesson(**times)
    lesson.publish("teacher")
    lesson.allow({CAMERA: names or ("site",)})
    for name in names or ("site",):
        lesson.subscribe(name)
    lesson.send("teacher", 10, KEY)
    return lesson


# -- the plan ------------------------------------------------------------------


def test_nothing_flows_without_a_plan() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.subscribe("site")
    lesson.send("teacher", 1, KEY)
    assert lesson.media("site down") == []
    assert lesson.count("dropped_not_granted") == 1


def test_video_begins_at_a_keyframe_and_sound_at_once() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    lesson.allow({CAMERA: ["site"], track("teacher", Source.MICROPHONE): ["site"]})
    site = lesson.subscribe("site")
    lesson.send("teacher", 1, DELTA)
    lesson.send_audio("teacher", 1)
    picture, sound = (site.by_track[key] for key in site.by_track)
    assert lesson.media("site down", picture.ssrc) == []
    assert len(lesson.media("site down", sound.ssrc)) == 1
    lesson.send("teacher", 2, KEY)
    assert len(lesson.media("site down", picture.ssrc)) == 1


def test_what_the_plan_forbids_stops_at_once_and_is_not_resent() -> None:
    lesson = watched_lesson()
    [down] = lesson.router.subscribers[PeerId("site")].sections
    sent = lesson.media("site down")
    lesson.allow({})
    lesson.send("teacher", 11)
    lesson.nack(lesson.router.subscribers[PeerId("site")], down.ssrc, sent[-1][2])
    lesson.repair("teacher", 12, rtx_seq=1)
    assert lesson.media("site down") == sent
    assert lesson.count("nack_missed") == 1
    assert lesson.count("dropped_not_granted") == 2


def test_one_who_loses_a_track_does_not_disturb_another() -> None:
    lesson = watched_lesson("site", "other")
    lesson.allow({CAMERA: ["other"]})
    lesson.send("teacher", 11)
    assert len(lesson.media("site down")) == 1
    assert len(lesson.media("other down")) == 2


def test_after_a_pause_the_picture_resumes_at_a_keyframe_without_a_gap() -> None:
    lesson = watched_lesson()
    lesson.send("teacher", 11)
    lesson.allow({})
    for seq in range(12, 20):
        lesson.send("teacher", seq, KEY)
    lesson.allow({CAMERA: ["site"]})
    lesson.send("teacher", 20)
    lesson.send("teacher", 21, KEY)
    lesson.send("teacher", 22)
    numbers = seqs(lesson.media("site down"))
    assert numbers == list(range(numbers[0], numbers[0] + 4))
    timestamps = [header[3] for header in lesson.media("site down")]
    assert timestamps[2] - timestamps[1] == 10 * 3000  # the publisher's own clock ran on


def test_a_pause_longer_than_half_the_sequence_numbers_is_survived() -> None:
    lesson = watched_lesson()
    lesson.allow({})
    lesson.allow({CAMERA: ["site"]})
    lesson.send("teacher", (10 + 40_000) & 0xFFFF, KEY)
    lesson.send("teacher", (10 + 40_001) & 0xFFFF)
    numbers = seqs(lesson.media("site down"))
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_a_recorded_track_goes_to_the_tape_and_to_nobody_else() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({}, recorded=[CAMERA])
    lesson.send("teacher", 1, KEY)
    assert lesson.router.outputs.tape == []
    lesson.router.set_recording(lesson.now, is_recording=True)
    lesson.send("teacher", 2, KEY)
    [(recorded, packet, arrival)] = lesson.router.outputs.tape
    assert (recorded, arrival) == (CAMERA, lesson.now)
    assert rtp.parse(packet, len(packet))[2:5] == (2, 6000, VIDEO_SSRC)
    lesson.router.set_recording(lesson.now, is_recording=False)
    lesson.send("teacher", 3, KEY)
    assert len(lesson.router.outputs.tape) == 1
    assert lesson.count("packets_out") == 0


def test_ending_the_recording_leaves_the_audience_alone() -> None:
    lesson = watched_lesson()
    lesson.router.set_recording(lesson.now, is_recording=True)
    lesson.allow({CAMERA: ["site"]}, recorded=[CAMERA])
    lesson.allow({CAMERA: ["site"]})
    lesson.send("teacher", 11)
    assert len(lesson.media("site down")) == 2


# -- offers ----------------------------------------------------------------------


def offers(lesson: Lesson) -> int:
    return sum(isinstance(event, OfferDue) for event in lesson.events)


def test_tracks_gained_together_come_in_one_offer() -> None:
    lesson = Lesson()
    lesson.router.add_subscriber(PeerId("site"), "site down", lesson.now)
    lesson.allow({CAMERA: ["site"], track("teacher", Source.MICROPHONE): ["site"]})
    lesson.pass_time(1.0)
    assert offers(lesson) == 0  # nothing is published yet
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    lesson.pass_time(1.0)
    assert offers(lesson) == 1


def test_the_first_offer_waits_for_nothing_when_there_are_tracks() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    lesson.allow({CAMERA: ["site"], track("teacher", Source.MICROPHONE): ["site"]})
    lesson.router.add_subscriber(PeerId("site"), "site down", lesson.now)
    lesson.pass_time(0.0)
    assert lesson.events.count(OfferDue(PeerId("site"))) == 1


def test_no_second_offer_while_one_is_unanswered() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"], track("other"): ["site"]})
    site = lesson.router.add_subscriber(PeerId("site"), "site down", lesson.now)
    lesson.pass_time(0.1)
    first = 7
    site.offer_made(first)
    lesson.publish("other")
    lesson.pass_time(1.0)
    assert offers(lesson) == 1
    assert site.is_answerable(first)
    lesson.router.accept_answer(site, {}, lesson.now)
    assert not site.is_answerable(first)
    lesson.pass_time(1.0)
    assert offers(lesson) == 2


def test_on_another_road_the_offer_is_made_anew_and_the_old_answer_is_stale() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    site.offer_made(5)
    before = offers(lesson)
    lesson.router.offer_again(site, lesson.now)
    lesson.pass_time(0.01)
    assert offers(lesson) == before + 1
    assert not site.is_answerable(5)
    lesson.send("teacher", 11)
    assert len(lesson.media("site down")) == 2


def test_a_section_added_after_the_offer_waits_for_its_own_answer() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"], track("other"): ["site"]})
    site = lesson.router.add_subscriber(PeerId("site"), "site down", lesson.now)
    site.offer_made(1)
    lesson.publish("other")
    lesson.router.set_connected(site, is_connected=True, now=lesson.now)
    accepted = {down.mid: {"H264": PayloadTypes(40, 41)} for down in site.sections}
    lesson.router.accept_answer(site, accepted, lesson.now)
    lesson.send("teacher", 1, KEY)
    lesson.send("other", 1, KEY)
    assert {header[4] for header in lesson.media("site down")} == {site.sections[0].ssrc}


def test_a_new_offer_does_not_interrupt_what_flows() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    lesson.allow({CAMERA: ["site"], track("other"): ["site"]})
    lesson.publish("other")
    lesson.answer(site)
    lesson.send("teacher", 11, DELTA)
    assert len(lesson.media("site down", site.sections[0].ssrc)) == 2


def test_a_browser_has_room_for_so_many_sections() -> None:
    lesson = Lesson()
    site = lesson.router.add_subscriber(PeerId("site"), "site down", lesson.now)
    names = [f"peer {number}" for number in range(MAX_SECTIONS + 1)]
    lesson.allow({track(name): ["site"] for name in names})
    for name in names:
        lesson.publish(name)
    assert len(site.sections) == MAX_SECTIONS
    assert lesson.count("sections_exhausted") == 1


def test_no_two_streams_of_a_subscriber_share_an_ssrc() -> None:
    drawn = iter([1, 0, 7, 2, 7, 0, 8, 3, 8, 9, 4, 10])
    site = Subscriber(PeerId("site"), "down", random_bits=lambda _: next(drawn), now=0.0)
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    sections = [site.add_section(key, 0.0) for key in lesson.router.tracks]
    ssrcs = [ssrc for down in sections if down for ssrc in (down.ssrc, down.rtx_ssrc)]
    assert len(ssrcs) == len(set(ssrcs)) == 4
    assert 0 not in ssrcs


def test_a_subscriber_without_the_codec_is_counted_and_reported_once() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"]})
    site = lesson.subscribe("site", codecs={"VP8": PayloadTypes(42, 43)})
    lesson.allow({CAMERA: ["site"]})
    lesson.drain()
    assert lesson.events.count(CodecRefused(PeerId("site"), CAMERA)) == 1
    assert lesson.count("codec_refused") == 1
    lesson.publish("teacher", camera("teacher", VP8))
    lesson.send("teacher", 1, b"\x10\x00" + bytes(9))
    [header] = lesson.media("site down", site.sections[0].ssrc)
    assert header[0] == 42


# -- publishers come and go ------------------------------------------------------


def test_a_publisher_who_returns_continues_the_stream() -> None:
    lesson = watched_lesson()
    lesson.send("teacher", 11)
    lesson.now += 2.0
    lesson.publish("teacher", camera("teacher", ssrc=5000))
    lesson.send("teacher", 60_000, DELTA, ssrc=5000, timestamp=7)
    lesson.send("teacher", 60_001, KEY, ssrc=5000, timestamp=77)
    headers = lesson.media("site down")
    numbers = seqs(headers)
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert headers[2][3] - headers[1][3] == 2 * 90_000
    assert len({header[4] for header in headers}) == 1


@pytest.mark.parametrize("is_told", [True, False])
def test_what_still_comes_of_a_replaced_connection_is_of_no_track(*, is_told: bool) -> None:
    lesson = watched_lesson()
    earlier = lesson.publishers["teacher"]
    new_ssrc = 5000 if is_told else None
    current = lesson.publish("teacher", camera("teacher", ssrc=new_ssrc))
    lesson.publishers["teacher"] = earlier
    lesson.send("teacher", 30_000, KEY)
    lesson.publishers["teacher"] = current
    lesson.send("teacher", 20_000, KEY, ssrc=5000)
    lesson.send("teacher", 20_001, DELTA, ssrc=5000)
    numbers = seqs(lesson.media("site down"))
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert lesson.count("unknown_ssrc") == 1


def test_what_still_comes_of_a_publisher_that_left_is_of_no_track() -> None:
    lesson = watched_lesson()
    lesson.publish("teacher", camera("teacher"), microphone("teacher"), twcc_id=3)
    lesson.router.remove_publisher(PeerId("teacher"))
    lesson.send("teacher", 11)
    lesson.send_audio("teacher", 1)
    assert lesson.count("unknown_ssrc") == 2
    assert len(lesson.media("site down")) == 1


def test_a_peer_that_renames_its_sections_is_not_remembered_without_end() -> None:
    lesson = Lesson()
    for number in range(200):
        lesson.publish("teacher", camera("teacher", ssrc=None, mid=f"m{number}"), again=number > 0)
        lesson.send("teacher", 1, KEY, ssrc=number + 1)
    assert len(lesson.publishers["teacher"]._bound_at) == 1


def test_a_section_is_kept_for_its_track_while_the_publisher_is_away() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    [down] = site.sections
    lesson.router.remove_publisher(PeerId("teacher"))
    assert lesson.count("forwarded_from:teacher") == 1
    lesson.publish("teacher")
    lesson.send("teacher", 500, KEY)
    assert site.sections == [down]
    numbers = seqs(lesson.media("site down", down.ssrc))
    assert numbers[1] == numbers[0] + 1
    assert lesson.count("forwarded_from:teacher") == 2


def test_a_track_left_out_of_a_new_offer_is_forgotten() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    lesson.publish("teacher", camera("teacher"), again=True)
    assert list(lesson.router.tracks) == [CAMERA]


def test_an_unchanged_track_is_not_disturbed_by_renegotiation() -> None:
    lesson = watched_lesson()
    lesson.publish("teacher", camera("teacher"), microphone("teacher"), again=True)
    lesson.send("teacher", 11, DELTA)
    assert len(lesson.media("site down")) == 2


def test_a_subscriber_who_leaves_is_told_goodbye_and_gets_nothing() -> None:
    lesson = watched_lesson()
    [down] = lesson.router.subscribers[PeerId("site")].sections
    lesson.router.remove_subscriber(PeerId("site"))
    lesson.send("teacher", 11)
    assert len(lesson.media("site down")) == 1
    assert rtcp.Bye((down.ssrc,)) in lesson.told("site down")


def test_nothing_the_shell_says_of_one_who_left_connects_it_again() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    sound = track("teacher", Source.MICROPHONE)
    lesson.allow({CAMERA: ["site"], sound: ["site"]})
    site = lesson.subscribe("site")
    lesson.router.remove_subscriber(PeerId("site"))
    lesson.router.hold_pictures(site, is_held=True, now=lesson.now)
    lesson.router.hold_pictures(site, is_held=False, now=lesson.now)
    lesson.send("teacher", 1, KEY)
    lesson.send_audio("teacher", 1)
    assert lesson.media("site down") == []
    assert not any(one.is_granted for one in lesson.router.tracks.values())


def test_leaving_after_the_publisher_is_no_matter() -> None:
    lesson = watched_lesson()
    lesson.router.remove_publisher(PeerId("teacher"))
    lesson.router.set_connected(
        lesson.router.subscribers[PeerId("site")], is_connected=False, now=lesson.now
    )
    lesson.answer(lesson.router.subscribers[PeerId("site")], {})
    lesson.router.remove_subscriber(PeerId("site"))
    lesson.router.remove_subscriber(PeerId("nobody"))
    assert lesson.router.subscribers == {}


def test_nothing_is_sent_to_a_subscriber_who_cannot_be_reached() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    lesson.router.set_connected(site, is_connected=False, now=lesson.now)
    lesson.send("teacher", 11, KEY)
    assert len(lesson.media("site down")) == 1
    lesson.router.remove_subscriber(PeerId("site"))
    assert lesson.told("site down") == []


# -- whose packet is this ----------------------------------------------------------

MID_ID = 4


def with_mid(mid: bytes, *, seq: int, payload_type: int, ssrc: int, payload: bytes = KEY) -> bytes:
    plain = rtp.build(payload, payload_type=payload_type, marker=0, seq=seq, timestamp=0, ssrc=ssrc)
    element = bytes((MID_ID << 4 | len(mid) - 1,)) + mid
    padded = element + bytes(-len(element) % 4)
    extension = b"\xbe\xde" + (len(padded) // 4).to_bytes(2) + padded
    return bytes((0x90,)) + plain[1:12] + extension + plain[12:]


def untold(mid: str, source: Source) -> PublishedTrack:
    return camera("teacher", mid=mid, track=track("teacher", source), ssrc=None, rtx_ssrc=None)


def two_cameras() -> Lesson:
    lesson = Lesson()
    lesson.publish(
        "teacher",
        untold("a", Source.CAMERA),
        untold("b", Source.SECOND_CAMERA),
        mid_id=MID_ID,
    )
    lesson.allow({CAMERA: ["site"], track("teacher", Source.SECOND_CAMERA): ["site"]})
    lesson.subscribe("site")
    return lesson


def test_an_ssrc_not_told_is_known_by_its_mid_and_remembered() -> None:
    lesson = two_cameras()
    second = lesson.router.subscribers[PeerId("site")].sections[1]
    lesson.receive("teacher", with_mid(b"b", seq=1, payload_type=VIDEO_TYPE, ssrc=9))
    lesson.send("teacher", 2, ssrc=9)
    assert len(lesson.media("site down", second.ssrc)) == 2


def test_an_ssrc_that_could_be_either_is_dropped() -> None:
    lesson = two_cameras()
    lesson.send("teacher", 1, KEY, ssrc=9)
    lesson.receive("teacher", with_mid(b"c", seq=1, payload_type=VIDEO_TYPE, ssrc=9))
    assert lesson.media("site down") == []
    assert lesson.count("unknown_ssrc") == 2


def test_an_ssrc_not_told_is_known_by_its_payload_type_if_only_one_has_it() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", ssrc=None, rtx_ssrc=None))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 1, KEY, ssrc=9)
    lesson.send("teacher", 3, ssrc=9)
    repaired = rtp.build(DELTA, payload_type=0, marker=0, seq=2, timestamp=6000, ssrc=0)
    lesson.receive("teacher", rtp.build_rtx(repaired, payload_type=RTX_TYPE, seq=1, ssrc=10))
    numbers = seqs(lesson.media("site down"))
    assert sorted(numbers) == [numbers[0], numbers[0] + 1, numbers[0] + 2]


def test_a_repair_before_any_media_is_not_understood() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", ssrc=None, rtx_ssrc=None))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.repair("teacher", 1, KEY, rtx_seq=1)
    assert lesson.media("site down") == []


def test_a_changed_ssrc_starts_anew_at_a_keyframe_but_not_many_times_a_second() -> None:
    lesson = watched_lesson()
    lesson.now += 1.0
    lesson.send("teacher", 5, DELTA, ssrc=9)
    lesson.send("teacher", 6, KEY, ssrc=9)
    lesson.send("teacher", 7, KEY, ssrc=10)
    numbers = seqs(lesson.media("site down"))
    assert numbers == [numbers[0], numbers[0] + 1]
    assert lesson.count("unknown_ssrc") == 1


def test_renegotiation_does_not_disturb_an_ssrc_that_was_never_told() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", ssrc=None))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 1, KEY)
    lesson.publish("teacher", camera("teacher", ssrc=None), again=True)
    lesson.send("teacher", 2, DELTA)
    assert len(lesson.media("site down")) == 2


def test_what_a_mid_said_once_is_remembered_over_renegotiation() -> None:
    lesson = two_cameras()
    second = lesson.router.subscribers[PeerId("site")].sections[1]
    lesson.receive("teacher", with_mid(b"b", seq=1, payload_type=VIDEO_TYPE, ssrc=9))
    lesson.publish(
        "teacher",
        untold("a", Source.CAMERA),
        untold("b", Source.SECOND_CAMERA),
        microphone("teacher"),
        mid_id=MID_ID,
        again=True,
    )
    lesson.send("teacher", 2, ssrc=9)  # without its mid: that rides on the first packets only
    assert len(lesson.media("site down", second.ssrc)) == 2
    assert lesson.count("unknown_ssrc") == 0


def test_what_was_not_negotiated_is_dropped() -> None:
    lesson = watched_lesson()
    lesson.send("teacher", 11, KEY, payload_type=96)
    lesson.send("teacher", 12, KEY, payload_type=AUDIO_TYPE, ssrc=RTX_SSRC)
    assert len(lesson.media("site down")) == 1
    assert lesson.count("unexpected_payload_type") == 2


# -- loss and repair ---------------------------------------------------------------


def test_a_late_packet_keeps_its_place() -> None:
    lesson = watched_lesson()
    for seq in (12, 11, 13):
        lesson.send("teacher", seq)
    numbers = seqs(lesson.media("site down"))
    assert [number - numbers[0] for number in numbers] == [0, 2, 1, 3]


def test_a_packet_from_before_the_keyframe_is_not_sent_late() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 8)
    lesson.send("teacher", 10, KEY)
    lesson.send("teacher", 9)
    assert len(lesson.media("site down")) == 1


def test_duplicates_are_dropped() -> None:
    lesson = watched_lesson()
    lesson.send("teacher", 11)
    lesson.send("teacher", 11)
    lesson.repair("teacher", 11, rtx_seq=1)
    assert len(lesson.media("site down")) == 2
    assert lesson.count("duplicates") == 2
    lesson.router.remove_publisher(PeerId("teacher"))
    assert lesson.count("duplicates") == 2


def test_a_repair_is_forwarded_in_its_place() -> None:
    lesson = watched_lesson()
    lesson.send("teacher", 12)
    lesson.repair("teacher", 11, rtx_seq=1)
    lesson.repair("teacher", 13, rtx_seq=2)  # the last packet was lost: nothing came after it
    numbers = seqs(lesson.media("site down"))
    assert [number - numbers[0] for number in numbers] == [0, 2, 1, 3]


def test_a_picture_begins_with_a_keyframe_that_came_as_a_repair() -> None:
    lesson = watched_lesson()
    lesson.allow({CAMERA: ["site", "late"]})
    late = lesson.subscribe("late")
    lesson.send("teacher", 12)
    assert late.sections[0].waits_in is not None
    lesson.repair("teacher", 11, KEY, rtx_seq=1)
    assert late.sections[0].flows_in is not None
    assert {header[3] for header in lesson.media("late down")} == {3000 * 11, 3000 * 12}


def test_repairs_nobody_asked_for_do_no_harm_without_nack() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", has_nack=False))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 1, KEY)
    lesson.repair("teacher", 1, KEY, rtx_seq=1)
    for seq in range(2, 6):
        lesson.now += 1.0
        lesson.send("teacher", seq, DELTA)
    numbers = seqs(lesson.media("site down"))
    assert sorted(set(numbers)) == list(range(numbers[0], numbers[0] + 5))


def test_probing_with_padding_is_no_packet() -> None:
    lesson = watched_lesson()
    lesson.send("teacher", 1, b"", ssrc=RTX_SSRC, payload_type=RTX_TYPE)
    with pytest.raises(MalformedPacket):
        lesson.send("teacher", 2, b"x", ssrc=RTX_SSRC, payload_type=RTX_TYPE)
    assert len(lesson.media("site down")) == 1
    assert lesson.count("rtx_in") == 2


def test_a_probe_that_repeats_an_old_keyframe_begins_nothing() -> None:
    lesson = watched_lesson()
    lesson.allow({})
    for seq in range(11, 70):
        lesson.send("teacher", seq)
    lesson.allow({CAMERA: ["site"]})
    lesson.repair("teacher", 12, KEY, rtx_seq=1)
    lesson.send("teacher", 70)
    lesson.send("teacher", 71, KEY)
    numbers = seqs(lesson.media("site down"))
    assert numbers == [numbers[0], numbers[0] + 1]
    lesson.pass_time(0.2)
    assert lesson.count("nack_sent") == 0


def test_padding_on_the_media_stream_keeps_its_number_but_not_its_bytes() -> None:
    lesson = watched_lesson()
    packet = bytearray(
        rtp.build(
            bytes(19) + b"\x14",
            payload_type=VIDEO_TYPE,
            marker=0,
            seq=11,
            timestamp=0,
            ssrc=VIDEO_SSRC,
        )
    )
    packet[0] |= 0x20
    lesson.receive("teacher", bytes(packet))
    header = lesson.media("site down")[-1]
    assert header[5] == header[6]
    assert header[2] == lesson.media("site down")[0][2] + 1


def test_a_keyframe_that_came_in_pieces_and_late_is_sent_whole() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 5, DELTA, timestamp=1)
    lesson.send("teacher", 9, b"\x41rest", timestamp=2)
    lesson.send("teacher", 7, b"\x68\xce", timestamp=2)  # picture parameters
    lesson.send("teacher", 8, KEY, timestamp=2)
    assert len(lesson.media("site down")) == 3
    lesson.send("teacher", 6, SPS, timestamp=2)
    numbers = seqs(lesson.media("site down"))
    assert sorted(numbers) == list(range(min(numbers), min(numbers) + 3))


def test_a_subscribers_nack_is_answered_from_the_cache_by_rtx() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    [down] = site.sections
    lost = lesson.media("site down")[0]
    lesson.nack(site, down.ssrc, lost[2])
    lesson.nack(site, down.ssrc, lost[2])
    first, second = lesson.media("site down", down.rtx_ssrc)
    assert first[0] == 41
    assert second[2] == first[2] + 1
    packet = lesson.sent[-1][1]
    original = rtp.unwrap_rtx(second, packet, payload_type=lost[0], ssrc=down.ssrc)
    assert original[:5] == lost[:5]
    assert lesson.count("nack_answered") == lesson.count("rtx_out") == 2
    assert not any(isinstance(said, rtcp.Nack) for said in lesson.told("teacher up"))


def test_without_rtx_the_packet_itself_is_sent_again() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"]})
    site = lesson.subscribe("site", codecs={"H264": PayloadTypes(40, None)})
    lesson.send("teacher", 1, KEY)
    lesson.nack(site, site.sections[0].ssrc, lesson.media("site down")[0][2])
    first, second = lesson.media("site down")
    assert first == second
    assert lesson.count("rtx_out") == 0


def test_what_cannot_be_resent_is_counted() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    [down] = site.sections
    sent = lesson.media("site down")[0][2]
    lesson.nack(site, down.ssrc, sent - 1, sent + 1)
    lesson.nack(site, 0xBAD, sent)
    assert lesson.count("nack_missed") == 2
    lesson.router.remove_publisher(PeerId("teacher"))
    lesson.nack(site, down.ssrc, sent)
    assert lesson.count("nack_answered") == 0


def test_small_requests_cannot_make_us_send_without_end() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    [down] = site.sections
    seq = lesson.media("site down")[0][2]
    for _ in range(600):
        lesson.nack(site, down.ssrc, seq)
    assert lesson.count("nack_answered") == 500
    lesson.now += 1.0
    lesson.nack(site, down.ssrc, seq)
    assert lesson.count("nack_answered") == 501


def test_a_packet_named_many_times_in_one_request_is_sent_once() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    [down] = site.sections
    seq = lesson.media("site down")[0][2]
    lesson.nack(site, down.ssrc, *[seq] * 6000)
    assert lesson.count("nack_answered") == 1
    assert lesson.count("nack_missed") == 0


def test_looking_for_what_was_never_sent_has_an_end_too() -> None:
    lesson = watched_lesson()
    site = lesson.router.subscribers[PeerId("site")]
    [down] = site.sections
    seq = lesson.media("site down")[0][2]
    lesson.nack(site, down.ssrc, *range(seq + 1, seq + 6000))
    lesson.nack(site, down.ssrc, seq)
    assert lesson.count("nack_answered") == 0
    lesson.now += 1.0
    lesson.nack(site, down.ssrc, seq)
    assert lesson.count("nack_answered") == 1


@dataclass(frozen=True)
class Run:
    """A stretch of one stream: `arrives[i]` whether packet i after the keyframe gets here."""

    is_new_stream: bool
    first_seq: int
    arrives: list[bool]
    swaps: list[int]

    def order_of_arrival(self) -> list[int]:
        """Return offsets after the keyframe, neighbours swapped where drawn."""
        offsets = [offset for offset, came in enumerate(self.arrives, start=1) if came]
        for at in self.swaps:
            if at + 1 < len(offsets):
                offsets[at], offsets[at + 1] = offsets[at + 1], offsets[at]
        return offsets

    def lost(self) -> int:
        """Return how many packets are missing before the last that came."""
        offsets = self.order_of_arrival()
        return max(offsets, default=0) - len(offsets)


RUNS = st.lists(
    st.builds(
        Run,
        is_new_stream=st.booleans(),
        first_seq=st.sampled_from([0, 100, 40_000, 65_530]),
        arrives=st.lists(st.booleans(), max_size=20),
        swaps=st.lists(st.integers(0, 18), max_size=5),
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=100)
@given(RUNS)
def test_the_outgoing_numbers_lack_only_what_was_lost_on_the_way_here(runs: list[Run]) -> None:
    """Across loss, reordering, wraps, pauses and new streams."""
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    ssrc, seq = VIDEO_SSRC, 0
    for number, run in enumerate(runs):
        lesson.now += 1.5
        lesson.allow({})
        if run.is_new_stream:
            ssrc, seq = 5000 + number, run.first_seq
            lesson.publish("teacher", camera("teacher", ssrc=ssrc))
        lesson.allow({CAMERA: ["site"]})
        lesson.send("teacher", seq & 0xFFFF, KEY, ssrc=ssrc)
        for offset in run.order_of_arrival():
            lesson.send("teacher", (seq + offset) & 0xFFFF, ssrc=ssrc)
        seq += len(run.arrives) + 1
    numbers = seqs(lesson.media("site down"))
    since_first = [(number - numbers[0]) & 0xFFFF for number in numbers]
    assert len(set(since_first)) == len(since_first)
    assert max(since_first) + 1 - len(since_first) == sum(run.lost() for run in runs)


def test_news_are_events_or_an_earlier_timer() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.router.handle_timer(lesson.now)
    lesson.router.armed_at = lesson.router.wake_at
    assert not lesson.router.has_news
    lesson.router.set_plan({}, frozenset(), lesson.now)
    assert lesson.router.has_news


# -- facts -------------------------------------------------------------------------


def test_a_track_starts_stalls_and_resumes() -> None:
    lesson = Lesson(silence_after_s=2.0)
    lesson.publish("teacher")
    lesson.pass_time(5.0)
    lesson.send("teacher", 1)
    lesson.pass_time(3.0)
    lesson.send("teacher", 2)
    facts = [
        event
        for event in lesson.events
        if isinstance(event, TrackStarted | TrackStalled | TrackResumed)
    ]
    assert facts == [TrackStarted(CAMERA), TrackStalled(CAMERA), TrackResumed(CAMERA)]

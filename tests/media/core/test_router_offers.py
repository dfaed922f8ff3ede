"""What subscribers are offered, and publishers and subscribers that come and go."""

import pytest

from media.core import rtcp
from media.core.codecs import VP8
from media.core.downtrack import PayloadTypes
from media.core.events import CodecRefused, OfferDue
from media.core.ids import PeerId
from media.core.subscriber import MAX_SECTIONS, Subscriber
from tests.media.core.lesson import (
    CAMERA,
    DELTA,
    KEY,
    SOUND,
    Lesson,
    camera,
    microphone,
    seqs,
    track,
    watched_lesson,
)

# --- offers ------------------------------------------------------------------------------


def offers(lesson: Lesson) -> int:
    return sum(isinstance(event, OfferDue) for event in lesson.events)


def test_tracks_gained_together_come_in_one_offer() -> None:
    lesson = Lesson()
    lesson.router.add_subscriber(PeerId("site"), "site down", lesson.now)
    lesson.allow({CAMERA: ["site"], SOUND: ["site"]})
    lesson.pass_time(1.0)
    assert offers(lesson) == 0  # nothing is published yet
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    lesson.pass_time(1.0)
    assert offers(lesson) == 1


def test_the_first_offer_waits_for_nothing_when_there_are_tracks() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    lesson.allow({CAMERA: ["site"], SOUND: ["site"]})
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


# --- publishers come and go --------------------------------------------------------------


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
    sound = SOUND
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

"""From a seat's own figures to a word and a cause."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.interface import Direction, LinkReport
from signaling.links import RECOVER_S, REPORTS_TO_WEAKEN, LinkMeter, Trouble
from signaling.messages import Leg, Link, LinkCause
from tests.signaling.link_reports import ALL_SENT, NO_CAMERA, SOUND_ONLY, report

REPORTS_TO_RECOVER = int(RECOVER_S) + 1  # at one a second
LOSS_DOWN = Trouble(LinkCause.LOSS_DOWN, Leg.DOWN)
LOSS_UP = Trouble(LinkCause.LOSS_UP, Leg.UP)
NARROW = Trouble(LinkCause.NARROW_DOWN, Leg.DOWN)
DECLARED = Trouble(LinkCause.DECLARED_DOWN, Leg.DOWN)
DELAY = Trouble(LinkCause.DELAY)


def after(*reports: LinkReport) -> LinkMeter:
    meter = LinkMeter()
    for now, each in enumerate(reports):
        meter.report(each, now=float(now))
    return meter


def link_after(*reports: LinkReport) -> Link:
    return after(*reports).link


def test_a_first_report_decides_alone_but_for_losses() -> None:
    assert link_after() is Link.UNKNOWN
    assert link_after(report()) is Link.GOOD
    assert link_after(report(rtt_ms=1500)) is Link.WEAK
    # What is sent before the other side listens is lost on every line.
    for first in (report(0.2), report(0.0, 0.2), report(0.05)):
        assert link_after(first) is Link.UNKNOWN
        assert link_after(first, report()) is Link.GOOD
    assert link_after(report(0.2), report(0.2)) is Link.WEAK


def test_a_report_without_figures_decides_nothing() -> None:
    assert link_after(report(None, None, rtt_ms=None)) is Link.UNKNOWN
    assert link_after(report(None, None, rtt_ms=50)) is Link.GOOD
    assert link_after(report(0.0, None, rtt_ms=None)) is Link.GOOD


def test_one_bad_report_does_not_weaken_and_four_good_ones_do_not_recover() -> None:
    good, bad, between = report(), report(0.2), report(0.05)
    unmeasured = report(None)
    assert link_after(good, bad) is Link.GOOD
    assert link_after(good, bad, between, bad) is Link.GOOD
    assert link_after(good, bad, bad) is Link.WEAK
    assert link_after(good, bad, unmeasured, bad) is Link.WEAK
    assert link_after(bad, bad, *[good] * 4) is Link.WEAK
    assert link_after(bad, bad, good, good, between, good, good, good, good) is Link.WEAK
    assert link_after(bad, bad, *[good] * 5) is Link.GOOD


def test_losses_reported_every_five_seconds_end_with_the_second_good_report() -> None:
    meter = after(report(), report(0.0, 0.3), report(0.0, 0.3))
    for now in range(3, 13):
        is_told = now in {7, 12}
        assert meter.trouble == LOSS_DOWN, now
        meter.report(report(0.0, 0.0 if is_told else None), now=float(now))
    assert meter.trouble is None
    # One good report alone ends nothing, however much later it comes.
    meter = after(report(0.0, 0.3), report(0.0, 0.3))
    meter.report(report(), now=600.0)
    assert meter.trouble == LOSS_DOWN


def test_silence_is_weak_at_once_until_both_connections_are_heard() -> None:
    meter = after(report())
    seen = []
    for direction, is_silent in (
        (Direction.PUBLISH, True),
        (Direction.SUBSCRIBE, True),
        (Direction.PUBLISH, False),
        (Direction.SUBSCRIBE, False),
    ):
        if is_silent:
            meter.silence(direction, now=7.0)
        else:
            meter.sound(direction)
        seen.append((meter.link, meter.trouble))
    assert seen == [
        (Link.WEAK, Trouble(LinkCause.SILENT, Leg.UP)),
        (Link.WEAK, Trouble(LinkCause.SILENT, None)),
        (Link.WEAK, Trouble(LinkCause.SILENT, Leg.DOWN)),
        (Link.GOOD, None),
    ]


GOOD = report(plan=ALL_SENT)


@pytest.mark.parametrize(
    ("reports", "link", "trouble"),
    [
        ([GOOD], Link.GOOD, None),
        ([report(0.0, 0.12)] * 2, Link.WEAK, LOSS_DOWN),
        ([report(0.12, 0.0)] * 2, Link.WEAK, LOSS_UP),
        # Both lose: the worse is named, and no other until it is twice as bad.
        ([report(0.1, 0.3)] * 2, Link.WEAK, LOSS_DOWN),
        ([report(0.3, 0.1)] * 2, Link.WEAK, LOSS_UP),
        ([report(0.3, 0.1), report(0.2, 0.3)], Link.WEAK, LOSS_UP),
        ([report(0.3, 0.1), report(0.1, 0.3)], Link.WEAK, LOSS_DOWN),
        # A picture held back is named twice it is seen; what explains it goes before.
        ([GOOD, report(plan=NO_CAMERA)], Link.GOOD, None),
        ([GOOD, *[report(plan=NO_CAMERA)] * 2], Link.WEAK, NARROW),
        ([GOOD, *[report(plan=SOUND_ONLY)] * 2], Link.SOUND_ONLY, NARROW),
        ([GOOD, *[report(0.0, 0.15, plan=NO_CAMERA)] * 2], Link.WEAK, LOSS_DOWN),
        # Loss that showed once already explains what was held back for it.
        (
            [GOOD, report(0.0, 0.15, plan=NO_CAMERA), report(0.0, None, plan=NO_CAMERA)],
            Link.WEAK,
            LOSS_DOWN,
        ),
        (
            [GOOD, report(0.0, 0.15), report(plan=NO_CAMERA), report(plan=NO_CAMERA)],
            Link.WEAK,
            NARROW,
        ),
        ([GOOD, *[report(rtt_ms=1200, plan=NO_CAMERA)] * 2], Link.WEAK, NARROW),
        # The line would carry it, what was declared does not.
        (
            [GOOD, *[report(plan=NO_CAMERA, estimate=3000, budget=512)] * 2],
            Link.WEAK,
            DECLARED,
        ),
        ([GOOD, *[report(plan=NO_CAMERA, estimate=520, budget=512)] * 2], Link.WEAK, NARROW),
        ([GOOD, *[report(plan=NO_CAMERA, estimate=520)] * 2], Link.WEAK, NARROW),
        # A satellite: good, and told once it is sure.
        ([report(rtt_ms=650)] * 4, Link.GOOD, None),
        ([report(rtt_ms=650)] * 5, Link.GOOD, DELAY),
        ([GOOD, *[report(rtt_ms=1200)] * 2], Link.WEAK, DELAY),
        ([*[report(rtt_ms=650)] * 5, *[report(rtt_ms=450)] * 9], Link.GOOD, DELAY),
        ([*[report(rtt_ms=650)] * 5, *[report(rtt_ms=300)] * 5], Link.GOOD, None),
    ],
)
def test_one_cause_is_named(reports: list[LinkReport], link: Link, trouble: Trouble | None) -> None:
    meter = after(*reports)
    assert (meter.link, meter.trouble) == (link, trouble)


def test_a_first_sign_is_kept_from_before_it_is_told_until_it_ends() -> None:
    meter = after(report(), report(0.0, 0.2))
    assert (meter.trouble, meter.first_sign(Leg.DOWN)) == (None, 1.0)
    meter.report(report(0.0, 0.2), now=2.0)
    assert (meter.trouble, meter.first_sign(Leg.DOWN)) == (LOSS_DOWN, 1.0)
    for now in range(3, 3 + REPORTS_TO_RECOVER):
        assert meter.first_sign(Leg.DOWN) == 1.0
        meter.report(report(), now=float(now))
    assert meter.first_sign(Leg.DOWN) is None
    assert meter.first_sign(Leg.UP) is None
    meter.silence(Direction.PUBLISH, now=9.0)
    assert meter.first_sign(Leg.UP) == 9.0


def test_a_sign_that_was_nothing_is_forgotten() -> None:
    assert after(report(), report(0.2), report()).first_sign(Leg.UP) is None


def test_what_a_line_was_from_the_first_it_is_by_nature() -> None:
    assert after(report(rtt_ms=1400)).first_sign(None) == -inf
    assert after(report(), report(rtt_ms=1400)).first_sign(None) == 1.0
    assert after(report(plan=NO_CAMERA)).first_sign(Leg.DOWN) == -inf
    assert after(GOOD, report(plan=NO_CAMERA)).first_sign(Leg.DOWN) == 1.0
    # What comes on top of it is new; what was declared is no trouble of the line's.
    both = after(report(plan=NO_CAMERA), report(0.0, 0.3, plan=NO_CAMERA))
    assert both.first_sign(Leg.DOWN) == 1.0
    small = report(plan=NO_CAMERA, estimate=3000, budget=512)
    assert after(GOOD, small, small).first_sign(Leg.DOWN) is None
    # A line that was slow to begin with, and is narrow again much later, is narrow anew.
    again = after(report(plan=NO_CAMERA), *[GOOD] * 5, report(plan=NO_CAMERA))
    assert again.first_sign(Leg.DOWN) == 6.0


values = st.none() | st.floats(0, 1)
reports = st.builds(
    report,
    values,
    values,
    rtt_ms=st.none() | st.floats(1, 5000),
    plan=st.sampled_from([(), ALL_SENT, NO_CAMERA, SOUND_ONLY]),
    estimate=st.none() | st.floats(10, 10_000),
    budget=st.none() | st.integers(64, 10_000),
)


@given(st.lists(reports, max_size=40))
def test_word_and_cause_agree_whatever_is_measured(seen: list[LinkReport]) -> None:
    meter = LinkMeter()
    for now, each in enumerate(seen):
        meter.report(each, now=float(now))
        trouble = meter.trouble
        if meter.link in {Link.WEAK, Link.SOUND_ONLY}:
            assert trouble is not None
        if trouble is not None and trouble.cause is not LinkCause.DELAY:
            assert meter.link in {Link.WEAK, Link.SOUND_ONLY}
            assert trouble.leg is not None


@given(st.lists(reports, min_size=1, max_size=20), st.sampled_from([GOOD, report(0.5, 0.5)]))
def test_a_line_that_stays_as_it_is_gets_its_word_in_time(
    before: list[LinkReport], lasting: LinkReport
) -> None:
    needed = REPORTS_TO_RECOVER if lasting is GOOD else REPORTS_TO_WEAKEN
    meter = after(*before, *[lasting] * needed)
    assert (meter.link is Link.GOOD) is (lasting is GOOD)
    assert (meter.trouble is None) is (lasting is GOOD)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_a_cause_is_no_news_more_often_than_every_second_report(bad: list[bool]) -> None:
    meter = after(report())
    changes, told = 0, meter.trouble
    for now, is_bad in enumerate(bad):
        meter.report(report(0.0, 0.2 if is_bad else 0.0), now=float(now))
        changes += meter.trouble != told
        told = meter.trouble
    assert changes <= 2 * (len(bad) // (REPORTS_TO_WEAKEN + REPORTS_TO_RECOVER)) + 1

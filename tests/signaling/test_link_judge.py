"""Whose line is at fault, with everybody's lines laid beside each other."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.interface import Direction, LinkReport
from signaling.link_judge import HOLD_S, Line, Verdict, blame
from signaling.links import LinkMeter, Trouble
from signaling.messages import Leg, LinkCause, Role
from tests.signaling.link_reports import ALL_SENT, NO_CAMERA, report

LOSS_DOWN = Trouble(LinkCause.LOSS_DOWN, Leg.DOWN)
LOSS_UP = Trouble(LinkCause.LOSS_UP, Leg.UP)
NARROW = Trouble(LinkCause.NARROW_DOWN, Leg.DOWN)
DECLARED = Trouble(LinkCause.DECLARED_DOWN, Leg.DOWN)
DELAY = Trouble(LinkCause.DELAY)
OF_HUB = Trouble(LinkCause.HUB_UP)
OF_SERVER = Trouble(LinkCause.SERVER)
CUT = Trouble(LinkCause.SILENT)

GOOD = report(plan=ALL_SENT)
LOSING = report(0.0, 0.15)
HELD_BACK = report(plan=NO_CAMERA)


class Lines:
    """A room's lines, fed report by report; one second passes with each round."""

    def __init__(self, *classrooms: str) -> None:
        self.now = 100.0
        self.lines = {"hub": Line(Role.LECTURER, LinkMeter())}
        self.lines |= {name: Line(Role.CLASSROOM, LinkMeter()) for name in classrooms}
        self.verdicts = {name: Verdict() for name in self.lines}

    def round(self, rounds: int = 1, **unlike: LinkReport) -> "Lines":
        """Report good lines for all seats but those named."""
        for _ in range(rounds):
            self.now += 1.0
            for name, line in self.lines.items():
                line.meter.report(unlike.get(name, GOOD), now=self.now)
            for name in self.lines:
                self.judge(name)
        return self

    def judge(self, name: str) -> bool:
        own = self.lines[name].meter.trouble
        return self.verdicts[name].judge(own, name, self.lines, now=self.now)

    @property
    def told(self) -> dict[str, Trouble]:
        troubles = {name: verdict.trouble for name, verdict in self.verdicts.items()}
        return {name: trouble for name, trouble in troubles.items() if trouble is not None}


def test_one_sites_trouble_is_its_own() -> None:
    lines = Lines("a", "b", "c").round(3).round(2, a=LOSING)
    assert lines.told == {"a": LOSS_DOWN}


def test_the_only_site_is_blamed_for_what_only_it_can_show() -> None:
    assert Lines("a").round(3).round(2, a=LOSING).told == {"a": LOSS_DOWN}


def test_what_the_hub_loses_is_not_the_sites_fault() -> None:
    lines = Lines("a", "b").round(3).round(2, hub=report(0.12, 0.0), a=LOSING, b=LOSING)
    assert lines.told == {"hub": LOSS_UP, "a": OF_HUB, "b": OF_HUB}


def test_a_single_site_behind_a_losing_hub_is_not_blamed_either() -> None:
    lines = Lines("a").round(3).round(2, hub=report(0.15, 0.0), a=report(0.0, 0.12))
    assert lines.told == {"hub": LOSS_UP, "a": OF_HUB}


def test_a_site_that_loses_more_than_the_hub_loses_by_itself() -> None:
    much = report(0.0, 0.4)
    lines = Lines("a", "b").round(3).round(2, hub=report(0.12, 0.0), a=much, b=report(0.0, 0.1))
    assert lines.told == {"hub": LOSS_UP, "a": LOSS_DOWN, "b": OF_HUB}


def test_a_site_that_loses_nothing_shows_that_the_hubs_loss_was_repaired() -> None:
    lines = Lines("a", "b").round(3).round(2, hub=report(0.2, 0.0), a=LOSING)
    assert lines.told == {"hub": LOSS_UP, "a": LOSS_DOWN}


@pytest.mark.parametrize(
    "bad",
    [LOSING, HELD_BACK, report(0.15, 0.0), report(rtt_ms=1500)],
    ids=["loss down", "narrow", "loss up", "late"],
)
def test_what_begins_everywhere_at_once_is_the_servers(bad: LinkReport) -> None:
    lines = Lines("a", "b", "c").round(3).round(2, a=bad, b=bad, c=bad)
    assert lines.told == dict.fromkeys("abc", OF_SERVER)


def test_the_hub_in_the_same_trouble_is_not_blamed_for_the_servers_line() -> None:
    bad = report(0.15, 0.0)
    lines = Lines("a", "b").round(3).round(2, hub=bad, a=bad, b=bad)
    assert lines.told == dict.fromkeys(["hub", "a", "b"], OF_SERVER)


def test_all_but_one_in_trouble_is_not_the_server() -> None:
    lines = Lines("a", "b", "c").round(3).round(2, a=LOSING, b=LOSING)
    assert lines.told == {"a": LOSS_DOWN, "b": LOSS_DOWN}


def test_the_same_trouble_one_after_the_other_is_everybodys_own() -> None:
    lines = Lines("a", "b").round(3).round(30, a=LOSING).round(5, a=LOSING, b=LOSING)
    assert lines.told == {"a": LOSS_DOWN, "b": LOSS_DOWN}


def test_who_was_in_trouble_before_stays_blamed_and_the_others_are_not() -> None:
    lines = Lines("a", "b", "c").round(3).round(30, a=LOSING).round(5, a=LOSING, b=LOSING, c=LOSING)
    assert lines.told == {"a": LOSS_DOWN, "b": OF_SERVER, "c": OF_SERVER}


def test_who_comes_into_trouble_later_by_itself_shows_that_the_others_were_not_common() -> None:
    lines = Lines("a", "b", "c").round(3).round(30, a=LOSING, b=LOSING)
    lines.round(5, a=LOSING, b=LOSING, c=LOSING)
    assert lines.told == dict.fromkeys("abc", LOSS_DOWN)


def test_villages_that_all_have_narrow_lines_or_satellites_are_no_fault_of_the_server() -> None:
    lines = Lines("a", "b").round(5, a=HELD_BACK, b=HELD_BACK)
    assert lines.told == {"a": NARROW, "b": NARROW}
    far = report(rtt_ms=1400)
    assert Lines("a", "b").round(5, a=far, b=far).told == {"a": DELAY, "b": DELAY}
    small = report(plan=NO_CAMERA, estimate=4000, budget=256)
    assert Lines("a", "b").round(3).round(3, a=small, b=small).told == {
        "a": DECLARED,
        "b": DECLARED,
    }


def test_a_site_that_is_narrow_by_nature_does_not_hide_that_the_others_are_not() -> None:
    lines = Lines("a", "b", "c").round(9, c=HELD_BACK)
    lines.round(2, a=HELD_BACK, b=HELD_BACK, c=HELD_BACK)
    assert lines.told == {"a": OF_SERVER, "b": OF_SERVER, "c": NARROW}


def test_a_site_not_measured_yet_says_nothing_about_the_server() -> None:
    lines = Lines("a", "b").round(3)
    lines.lines["new"] = Line(Role.CLASSROOM, LinkMeter())
    for _ in range(2):
        lines.now += 1
        for name in ("a", "b"):
            lines.lines[name].meter.report(LOSING, now=lines.now)
            lines.judge(name)
    lines.judge("b")
    lines.judge("a")
    assert lines.told == {"a": OF_SERVER, "b": OF_SERVER}


def test_a_cut_of_everybody_at_once_is_the_servers_and_of_one_its_own() -> None:
    def cut(*names: str) -> dict[str, Trouble]:
        lines = Lines("a", "b").round(3)
        for name in names:
            for direction in Direction:
                lines.lines[name].meter.silence(direction, now=lines.now)
        for name in names:
            lines.judge(name)
        return lines.told

    assert cut("a") == {"a": CUT}
    assert cut("a", "b") == {"a": OF_SERVER, "b": OF_SERVER}


def test_a_supervisors_line_is_judged_and_proves_nothing() -> None:
    lines = Lines("a", "b").round(3)
    lines.lines["visitor"] = Line(Role.SUPERVISOR, LinkMeter())
    lines.verdicts["visitor"] = Verdict()
    lines.round(3).round(2, visitor=LOSING)
    assert lines.told == {"visitor": LOSS_DOWN}
    lines = Lines("a", "b").round(3)
    lines.lines["visitor"] = Line(Role.SUPERVISOR, LinkMeter())
    lines.verdicts["visitor"] = Verdict()
    lines.round(3).round(2, a=LOSING, b=LOSING)
    assert lines.told == {"a": OF_SERVER, "b": OF_SERVER}


def test_a_common_cause_stands_while_it_ends_here_and_there() -> None:
    lines = Lines("a", "b").round(3).round(4, a=LOSING, b=LOSING)
    lines.round(6, b=LOSING)
    assert lines.told == {"b": OF_SERVER}
    lines.round(int(HOLD_S), b=LOSING)
    assert lines.told == {"b": LOSS_DOWN}


def test_what_is_no_trouble_any_more_is_over_at_once() -> None:
    lines = Lines("a", "b").round(3).round(4, a=LOSING, b=LOSING).round(5)
    assert lines.told == {}
    assert not lines.judge("a")


def test_only_news_is_news() -> None:
    lines = Lines("a").round(3, a=LOSING)
    assert not lines.judge("a")
    lines.lines["a"].meter.silence(Direction.PUBLISH, now=lines.now)
    assert lines.judge("a")


reports = st.sampled_from(
    [
        GOOD,
        LOSING,
        HELD_BACK,
        report(0.2, 0.0),
        report(0.2, 0.2),
        report(rtt_ms=1500),
        report(rtt_ms=650),
        report(None, None, rtt_ms=None),
    ]
)
rounds = st.lists(st.tuples(reports, reports, reports, reports), max_size=30)


@given(rounds)
def test_every_site_in_trouble_has_one_cause_and_no_other_has_any(
    seen: Sequence[tuple[LinkReport, ...]],
) -> None:
    lines = Lines("a", "b", "c")
    for row in seen:
        named: dict[str, Any] = dict(zip(("hub", "a", "b", "c"), row, strict=True))
        lines.round(**named)
        for name, verdict in lines.verdicts.items():
            own = lines.lines[name].meter.trouble
            assert (verdict.trouble is None) is (own is None)
            if verdict.trouble is not None and own is not None:
                is_common = verdict.trouble in {OF_HUB, OF_SERVER}
                assert is_common or verdict.trouble == own
        assert lines.told.get("hub") != OF_HUB


@given(rounds)
def test_a_site_that_is_well_clears_the_server(seen: Sequence[tuple[LinkReport, ...]]) -> None:
    """Blame, without what is kept for steadiness: no leg is common that one site has well."""
    lines = Lines("a", "b", "c", "well")
    for row in seen:
        named: dict[str, Any] = dict(zip(("hub", "a", "b", "c"), row, strict=True))
        lines.round(**named)
    for name, line in lines.lines.items():
        if (own := line.meter.trouble) is not None:
            assert blame(own, name, lines.lines) == own

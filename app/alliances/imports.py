"""Alliances from a table: each is taken whole, with its members and plans, or not at all.

What there is, is read in a few statements; of each row is said what is wrong with it. An alliance
that is founded has a hub, a member and the plan of a term of its region's calendar, and one that
is changed is not left without a hub. The same file a second time changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances.import_reading import Key, Known, Row, load
from app.alliances.models import Alliance, AllianceMember, MemberRole, TermPlan
from app.alliances.tables import (
    ALLIANCE,
    ENDS,
    HEADINGS,
    JOINED,
    LEFT,
    PLACE,
    PLAN,
    PURPOSE,
    ROLE,
    STARTS,
    TARGETS,
    TERM,
)
from app.database import PORTION, insert_many, uuid7
from app.schools.cells import Refused, Report
from app.schools.histories import Noting
from app.schools.models import Region
from app.schools.school_finder import SCHOOL
from app.schools.table_import import Kind, lacks_columns, let_others_run
from app.security import Scope
from app.sheets import Line, Table

REQUIRED = (ALLIANCE, PLACE, SCHOOL, ROLE)
_FACTS = {STARTS: "starts_on", ENDS: "ends_on", PURPOSE: "purpose"}
_PLAN_FIELDS = {PLAN: "text", **TARGETS}
_NOTHING = {PURPOSE: "", PLAN: "", **dict.fromkeys(TARGETS, 0)}
_FOR_GOOD = date.max


@dataclass(slots=True)
class _Stay:
    """A stay as it is to be. `row` None: of it the table says nothing. `there` None: it is new."""

    school_id: UUID
    from_on: date
    to_on: date | None
    role: MemberRole
    there: AllianceMember | None
    row: Row | None

    @property
    def differs(self) -> bool:
        """Return whether it is new or another than it was."""
        there = self.there
        return there is None or (there.role, there.to_on) != (self.role, self.to_on)


@dataclass(slots=True)
class _Group:
    """An alliance as the table has it; what is wrong with it by lines."""

    name: str
    region: Region
    there: Alliance | None
    known: Known
    rows: list[Row] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    faults: list[tuple[Line, Refused]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    stays: list[_Stay] = field(default_factory=list)
    others: list[_Stay] = field(default_factory=list)  # of which the table says nothing
    plans: dict[UUID, dict[str, Any]] = field(default_factory=dict)  # what is new or differs

    def read(self, line: Line) -> None:
        """Understand a row of it."""
        self.lines.append(line)
        try:
            self.rows.append(self.known.read(line, self.region, self.there))
        except Refused as refused:
            self.faults.append((line, refused))

    def decide(self, today: date) -> None:
        """Decide what becomes of it: its facts, its stays and its plans, or what is wrong."""
        said: dict[str, Any] = {}
        planned: dict[UUID, dict[str, Any]] = {}
        for row in self.rows:
            try:
                _agree(said, row.said)
                if row.term is not None:
                    _agree(planned.setdefault(row.term.id, {}), row.planned)
            except Refused as refused:
                self.faults.append((row.line, refused))
        if self.faults and self.there is None and STARTS not in said:
            return  # a row that cannot be read may have said it
        if self._decide_facts(said):
            self._decide_stays()
            self._decide_plans(planned)
        if not self.faults and self.differs:
            self._require_whole(today)

    @property
    def differs(self) -> bool:
        """Return whether anything of it is new or another than it was."""
        return bool(
            self.there is None or self.facts or self.plans or any(s.differs for s in self.stays)
        )

    @property
    def starts_on(self) -> date:
        """Return its first day, as it is to be."""
        if (first := self.facts.get("starts_on")) is None and self.there is not None:
            first = self.there.starts_on
        assert isinstance(first, date), "without a first day it is refused"
        return first

    @property
    def ends_on(self) -> date | None:
        """Return its last day, as it is to be."""
        was = None if self.there is None else self.there.ends_on
        last: date | None = self.facts.get("ends_on", was)
        return last

    def _refuse(self, column: str, reason: str) -> None:
        """Note what is wrong of the alliance, at the first row that fills in the column."""
        filled = (line for line in self.lines if line.cells.get(column))
        self.faults.append((next(filled, self.lines[0]), Refused(column, reason)))

    def _decide_facts(self, said: dict[str, Any]) -> bool:
        """Decide what is said of the alliance itself; return whether it has days to be checked."""
        wanted = {
            column: said.get(column, _NOTHING.get(column))
            for column in _FACTS
            if column in self.known.headings and (column in said or column != STARTS)
        }
        self.facts = {
            _FACTS[column]: value
            for column, value in wanted.items()
            if self.there is None or getattr(self.there, _FACTS[column]) != value
        }
        if self.there is None and STARTS not in said:
            self._refuse(STARTS, "required")
            return False
        if (self.ends_on or _FOR_GOOD) < self.starts_on:
            self._refuse(ENDS, "ends-before-it-begins")
            return False
        return True

    def _decide_stays(self) -> None:
        before = self.known.stays.get(self.there.id, []) if self.there else []
        there = {(stay.school_id, stay.from_on): stay for stay in before}
        wanted: dict[tuple[UUID, date], _Stay] = {}
        for row in self.rows:
            try:
                if (stay := self._stay(row, there)) is None:
                    continue
                twin = wanted.setdefault((stay.school_id, stay.from_on), stay)
                if twin is not stay:
                    is_same = twin.role == stay.role
                    raise Refused(ROLE, "twice-in-file" if is_same else "two-roles-at-once")
            except Refused as refused:
                self.faults.append((row.line, refused))
        self.stays = list(wanted.values())
        self.others = [
            _Stay(stay.school_id, stay.from_on, stay.to_on, stay.role, stay, None)
            for key, stay in there.items()
            if key not in wanted
        ]
        self.faults.extend(_overlaps([*self.stays, *self.others]))

    def _stay(self, row: Row, there: dict[tuple[UUID, date], AllianceMember]) -> _Stay | None:
        """Return the stay a row asks for. Raise Refused."""
        if row.school is None or row.role is None:
            return None
        from_on = row.joined or self.starts_on
        was = there.get((row.school.id, from_on))
        to_on = row.left
        if was is not None and LEFT not in self.known.headings:
            to_on = was.to_on
        if to_on is not None and to_on < from_on:
            raise Refused(LEFT, "ends-before-it-begins")
        stay = _Stay(row.school.id, from_on, to_on, row.role, was, row)
        if stay.differs:
            last = self.ends_on or _FOR_GOOD
            if not self.starts_on <= from_on <= last:
                raise Refused(JOINED, "outside-alliance")
            if to_on is not None and to_on > last:
                raise Refused(LEFT, "outside-alliance")
        if was is None:
            if not self.known.may_join(row.school, row.line.cells[SCHOOL]):
                raise Refused(SCHOOL, "no-such-school")
            closed_on = row.school.closed_on
            if closed_on is not None and (to_on is None or to_on >= closed_on):
                raise Refused(SCHOOL, "school-closed")
        return stay

    def _decide_plans(self, planned: dict[UUID, dict[str, Any]]) -> None:
        there = self.planned_before()
        for term_id, said in planned.items():
            plan = there.get(term_id)
            wanted = {
                field_: said.get(column, _NOTHING[column])
                for column, field_ in _PLAN_FIELDS.items()
                if plan is None or column in self.known.headings
            }
            if plan is None:
                self.plans[term_id] = wanted
            elif changes := {k: v for k, v in wanted.items() if getattr(plan, k) != v}:
                self.plans[term_id] = changes

    def planned_before(self) -> dict[UUID, TermPlan]:
        """Return the plans there are, by term."""
        plans = self.known.plans.get(self.there.id, []) if self.there else []
        return {plan.term_id: plan for plan in plans}

    def _require_whole(self, today: date) -> None:
        """Note what it lacks: a hub from today on, or on its last day; new, members and a term."""
        until = min(today, self.ends_on or _FOR_GOOD)
        every = [*self.stays, *self.others]
        if not any(s.role is MemberRole.HUB and (s.to_on or _FOR_GOOD) >= until for s in every):
            self._refuse(ROLE, "no-hub")
        if self.there is None and not any(s.role is MemberRole.MEMBER for s in every):
            self._refuse(ROLE, "no-member")
        if self.there is None and not self.plans:
            self._refuse(TERM, "no-term-plan")

    def count(self, report: Report) -> None:
        """Say of each of its rows what it makes or changes, or what is wrong with it."""
        if self.faults:
            report.left_out += len(self.lines)
            named = {line.number for line, _ in self.faults}
            for line, refused in self.faults:
                report.name(line, refused)
            for line in self.lines:
                if line.number not in named:
                    report.name(line, Refused(ALLIANCE, "goes-with-others"))
            return
        stays = {stay.row.line.number: stay for stay in self.stays if stay.row is not None}
        planned = set(self.plans)
        there = self.planned_before()
        for place, row in enumerate(self.rows):
            stay = stays.get(row.line.number)
            # A plan that several rows speak of is made by the first of them.
            plan = row.term.id if row.term is not None and row.term.id in planned else None
            planned -= {plan}
            is_made = (
                (place == 0 and self.there is None)
                or (stay is not None and stay.there is None)
                or (plan is not None and plan not in there)
            )
            differs = (
                (place == 0 and bool(self.facts))
                or (stay is not None and stay.differs)
                or plan is not None
            )
            report.created += is_made
            report.changed += differs and not is_made
            report.unchanged += not differs and not is_made

    def change(self) -> None:
        """Change what differs of an alliance that is there, its stays and its plans."""
        for key, value in self.facts.items():
            setattr(self.there, key, value)
        plans = self.planned_before()
        for term_id in self.plans.keys() & plans.keys():
            for key, value in self.plans[term_id].items():
                setattr(plans[term_id], key, value)
        for stay in self.stays:
            if stay.there is not None and stay.differs:
                stay.there.role, stay.there.to_on = stay.role, stay.to_on


def _agree(said: dict[str, Any], more: dict[str, Any]) -> None:
    """Note what another row says of the same thing. Raise Refused where it says otherwise."""
    for column, value in more.items():
        if said.setdefault(column, value) != value:
            raise Refused(column, "differs-in-table")


def _overlaps(stays: list[_Stay]) -> Iterator[tuple[Line, Refused]]:
    """Give the rows whose stay shares a day with another of the same school."""
    before: _Stay | None = None
    for stay in sorted(stays, key=lambda each: (each.school_id, each.from_on)):
        if before is None or before.school_id != stay.school_id:
            before = stay
            continue
        if (before.to_on or _FOR_GOOD) >= stay.from_on:
            row = stay.row or before.row
            if row is not None and (stay.differs or before.differs):
                is_same = before.role == stay.role
                reason = "membership-overlaps" if is_same else "two-roles-at-once"
                yield row.line, Refused(JOINED if is_same else ROLE, reason)
        if (stay.to_on or _FOR_GOOD) > (before.to_on or _FOR_GOOD):
            before = stay


async def _write(db: AsyncSession, groups: Iterable[_Group]) -> None:
    alliances, members, plans = [], [], []
    for number, group in enumerate(groups):
        if number % PORTION == 0:
            await db.flush()
        alliance_id = uuid7() if group.there is None else group.there.id
        if group.there is None:
            named = {"id": alliance_id, "region_id": group.region.id, "name": group.name}
            alliances.append(named | group.facts)
        else:
            group.change()
        members += [
            {
                "alliance_id": alliance_id,
                "school_id": stay.school_id,
                "role": stay.role,
                "from_on": stay.from_on,
                "to_on": stay.to_on,
            }
            for stay in group.stays
            if stay.there is None
        ]
        plans += [
            {"alliance_id": alliance_id, "term_id": term_id, **group.plans[term_id]}
            for term_id in group.plans.keys() - group.planned_before().keys()
        ]
    await db.flush()
    await insert_many(db, Alliance, alliances)
    await insert_many(db, AllianceMember, members)
    await insert_many(db, TermPlan, plans)


async def import_alliances(
    db: AsyncSession,
    table: Table,
    *,
    scope: Scope,
    noting: Noting,
    is_dry: bool,
    leaves_out: bool = False,
) -> Report:
    """Import a table of the alliances kept in `scope`; with `is_dry` only say what would be done.

    `leaves_out`: write the alliances nothing is wrong with although others are faulty.
    """
    report = Report(rows=len(table.lines))
    if lacks_columns(report, table, REQUIRED):
        return report
    known = await load(db, table, scope, is_held=not is_dry)
    groups: dict[Key, _Group] = {}
    for line in table.lines:
        await let_others_run(line.number)
        try:
            name, region, there = known.alliance_of(line)
        except Refused as refused:
            report.fault(line, refused)
            continue
        group = groups.setdefault((region.code, name), _Group(name, region, there, known))
        group.read(line)
    for number, group in enumerate(groups.values()):
        await let_others_run(number)
        group.decide(noting.on)
        group.count(report)
    report.faults.sort(key=lambda fault: fault.row)
    if is_dry or (report.faults and not leaves_out):
        return report
    await _write(db, (group for group in groups.values() if not group.faults))
    report.is_written = True
    return report


ALLIANCES = Kind(
    HEADINGS,
    REQUIRED,
    (
        (
            *("示范教学联盟", "990121", "2026-09-01", "", "音乐和美术专递课堂"),
            *("2199000001", "", "", "主讲学校", "", "", "2026年秋季学期", ""),
            *("每两周一次集体备课", "8", "120", "20", "4"),
        ),
        (
            *("示范教学联盟", "990121", "", "", ""),
            *("示范一村小", "990121", "示范中心小学", "成员", "", "", *[""] * 7),
        ),
    ),
    import_alliances,
)

"""The table alliances are imported from and exported to: a row for a member, or for a term's plan.

What is said of an alliance, or of its plan of a term, stands in any of its rows, once or again.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased, selectinload

from app.alliances.models import Alliance, AllianceMember, MemberRole, TermPlan
from app.calendars.models import Term
from app.database import PORTION, Database
from app.exports import Column
from app.schools import school_finder
from app.schools.models import Region, School
from app.schools.school_finder import school_columns

ALLIANCE, PLACE, STARTS, ENDS, PURPOSE = "联盟名称", "联盟区划代码", "联盟开始", "联盟结束", "宗旨"
ROLE, JOINED, LEFT = "身份", "加入日期", "退出日期"
TERM, TERM_STARTS, PLAN = "学期", "学期开始", "学期计划"
PREPARATIONS, LESSONS, RESOURCES, TRAININGS = "备课目标", "授课目标", "资源目标", "研修目标"
#: What is planned of each track, and the field of the plan it is.
TARGETS = {
    PREPARATIONS: "preparations",
    LESSONS: "lessons",
    RESOURCES: "resources",
    TRAININGS: "trainings",
}
HEADINGS = (
    *(ALLIANCE, PLACE, STARTS, ENDS, PURPOSE),
    *school_finder.HEADINGS,
    *(ROLE, JOINED, LEFT, TERM, TERM_STARTS, PLAN, *TARGETS),
)
#: Read by people alone: an import takes no notice of them.
SCHOOL_NAME, PLACE_NAME = "学校名称", "联盟区划"
ROLE_WORDS = {MemberRole.HUB: "主讲学校", MemberRole.MEMBER: "成员", MemberRole.OBSERVER: "观察员"}


Member = tuple[AllianceMember, School, Region, School | None]  # its region, its parent


@dataclass(frozen=True, slots=True)
class AllianceRow:
    """A row: an alliance with one of its members and one of its plans, where it has as many."""

    alliance: Alliance
    member: Member | None
    plan: TermPlan | None


def _school_columns() -> list[Column]:
    """Return the columns that name the school of a row, empty where it has no member."""

    def of(column: Column) -> Column:
        return Column(column.heading, lambda row: row.member and column.cell(row.member))

    return [of(column) for column in school_columns(1)]


def _target(heading: str, field: str) -> Column:
    return Column(heading, lambda row: row.plan and getattr(row.plan, field))


COLUMNS: Sequence[Column] = (
    Column(ALLIANCE, lambda row: row.alliance.name),
    Column(PLACE, lambda row: row.alliance.region.code),
    Column(STARTS, lambda row: row.alliance.starts_on),
    Column(ENDS, lambda row: row.alliance.ends_on),
    Column(PURPOSE, lambda row: row.alliance.purpose),
    *_school_columns(),
    Column(ROLE, lambda row: row.member and ROLE_WORDS[row.member[0].role]),
    Column(JOINED, lambda row: row.member and row.member[0].from_on),
    Column(LEFT, lambda row: row.member and row.member[0].to_on),
    Column(TERM, lambda row: row.plan and row.plan.term.name),
    Column(TERM_STARTS, lambda row: row.plan and row.plan.term.starts_on),
    Column(PLAN, lambda row: row.plan and row.plan.text),
    *(_target(heading, field) for heading, field in TARGETS.items()),
    Column(SCHOOL_NAME, lambda row: row.member and row.member[1].name),
    Column(PLACE_NAME, lambda row: row.alliance.region.name),
)


async def exported_rows(
    database: Database, alliance_ids: Sequence[UUID]
) -> AsyncGenerator[Sequence[AllianceRow], None]:
    """Give the rows of these alliances in their order, so many alliances at a time."""
    async with database.unit_of_work() as db:
        for first in range(0, len(alliance_ids), PORTION):
            ids = alliance_ids[first : first + PORTION]
            alliances = await db.scalars(
                select(Alliance).where(Alliance.id.in_(ids)).options(selectinload(Alliance.region))
            )
            parent = aliased(School)
            members = await db.execute(
                select(AllianceMember, School, Region, parent)
                .join(School, AllianceMember.school_id == School.id)
                .join(Region, School.region_id == Region.id)
                .outerjoin(parent, School.parent_id == parent.id)
                .where(AllianceMember.alliance_id.in_(ids))
                .order_by(AllianceMember.role, School.name, AllianceMember.id)
            )
            plans = await db.scalars(
                select(TermPlan)
                .join(Term, TermPlan.term_id == Term.id)
                .where(TermPlan.alliance_id.in_(ids))
                .order_by(Term.starts_on, TermPlan.id)
                .options(selectinload(TermPlan.term))
            )
            of_members: dict[UUID, list[Member]] = {each: [] for each in ids}
            for member, school, region, its_parent in members:
                of_members[member.alliance_id].append((member, school, region, its_parent))
            of_plans: dict[UUID, list[TermPlan]] = {each: [] for each in ids}
            for plan in plans:
                of_plans[plan.alliance_id].append(plan)
            by_id = {each.id: each for each in alliances}
            yield [
                AllianceRow(by_id[each], member, plan)
                for each in ids
                if each in by_id
                # One that has neither is a row all the same.
                for member, plan in list(zip_longest(of_members[each], of_plans[each]))
                or [(None, None)]
            ]

"""The users' words for what exports show of lessons; `docs/glossary.md` decides."""

from collections.abc import Iterable

from app.lessons.models import LessonKind, LessonSite, LessonState, OfferingSite, OfferingState

KIND = {
    LessonKind.DELIVERY: "专递课堂",
    LessonKind.MASTER: "名师课堂",
    LessonKind.ELITE: "名校网络课堂",
}
LESSON_STATE = {
    LessonState.PLANNED: "计划",
    LessonState.PUBLISHED: "已发布",
    LessonState.READY: "就绪",
    LessonState.LIVE: "上课中",
    LessonState.PAUSED_ALL: "已暂停互动",
    LessonState.ENDED: "已下课",
    LessonState.STOPPED_INCIDENT: "已关停",
    LessonState.VERIFIED: "已核对",
    LessonState.CREDITED: "已计入",
    LessonState.CANCELLED: "已取消",
    LessonState.MISSED: "缺课",
    LessonState.MADE_UP: "已补课",
}
OFFERING_STATE = {
    OfferingState.DRAFT: "草稿",
    OfferingState.ACTIVE: "开课中",
    OfferingState.ENDED: "已结束",
}


def receivers(sites: Iterable[OfferingSite | LessonSite]) -> str:
    """Return who receives as a cell of an export: each classroom, and who passes it on to it."""
    sites = list(sites)
    rooms = {row.classroom_id: f"{row.classroom.school.name} {row.classroom.name}" for row in sites}
    return "、".join(
        rooms[row.classroom_id]
        + (f" (由 {rooms[row.through_id]} 转播)" if row.through_id is not None else "")
        for row in sites
    )

"""Who receives a lesson from whom (一点带多点): from the hub, or from who passes it on. Pure.

All are sites of one lesson and one room; what is kept is in whose name a site receives it
(docs/adr/0026).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.lessons.errors import Misfit, SiteUnfit
from app.lessons.models import SiteMode

# From the hub to one who passes it on, to another who does, and to the last.
MOST_PASSES = 2


@dataclass(frozen=True, slots=True)
class Link:
    """A classroom that receives. `through_id`: the classroom that passes it on; None: the hub."""

    classroom_id: UUID
    school_id: UUID
    through_id: UUID | None
    mode: SiteMode = SiteMode.LIVE


def require_passable(links: Collection[Link], *, hub_school_id: UUID) -> None:
    """Raise SiteUnfit unless each way from the hub comes to an end and to each school once.

    Whoever passes a lesson on receives it live; it is passed on `MOST_PASSES` times at most.
    """
    at = {link.classroom_id: link for link in links}
    for link in links:
        schools, passes = {hub_school_id}, 0
        for passes, each in enumerate(_way(link, at)):  # a ring comes to a school again
            if link.through_id is not None and each.school_id in schools:
                raise unfit(
                    link.classroom_id,
                    Misfit.CIRCLE,
                    "This classroom would receive the lesson from its own school, or from one it "
                    "passes it on to. Name another that passes it on to it, or none.",
                )
            if passes and each.mode is not SiteMode.LIVE:
                raise unfit(
                    each.classroom_id,
                    Misfit.NOT_LIVE,
                    "A classroom passes on only what it receives live. Have this one take part "
                    "live, or name another.",
                )
            schools.add(each.school_id)
        if passes > MOST_PASSES:
            raise unfit(
                link.classroom_id,
                Misfit.TOO_FAR,
                f"A lesson is passed on {MOST_PASSES} times at most before it comes to a "
                "classroom. Name one nearer to the hub.",
            )


def _way(link: Link, at: Mapping[UUID, Link]) -> Iterator[Link]:
    """Return the classroom, then who passes it on to it, and so on towards the hub; maybe for ever.

    Raise SiteUnfit: who is to pass it on does not receive it.
    """
    yield link
    while link.through_id is not None:
        before = at.get(link.through_id)
        if before is None:
            raise unfit(
                link.classroom_id,
                Misfit.NOT_A_SITE,
                "The classroom that is to pass the lesson on does not receive it. Add it, or name "
                "another.",
            )
        yield before
        link = before


def unfit(classroom_id: UUID, reason: Misfit, why: str) -> SiteUnfit:
    """Return the refusal of a classroom; `why`: a sentence, and what to do."""
    return SiteUnfit(why, classroom_id=str(classroom_id), reason=reason)

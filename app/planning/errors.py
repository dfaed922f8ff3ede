"""What can be refused about plannings."""

from app.errors import Problem


class CannotPlan(Problem):
    """The offerings cannot be planned together, or this one not at all."""

    status, type, title = 409, "cannot-plan", "These offerings cannot be planned"


class PlanOutdated(Problem):
    """Offerings, bells, calendars or lessons changed since the plan was made."""

    status, type, title = 412, "plan-outdated", "The plan no longer fits"


class NoSuchPlan(Problem):
    """The planning has fewer plans than that."""

    status, type, title = 404, "no-such-plan", "There is no such plan"

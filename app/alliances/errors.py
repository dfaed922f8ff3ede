"""What can be refused about alliances, pairings, needs and offers."""

from app.errors import Problem


class AgreementMissing(Problem):
    """No agreement is attached to the pairing or to its alliance."""

    status, type, title = 409, "agreement-missing", "The agreement is missing"


class SchoolNotOpen(Problem):
    """A school of a pairing or a need is closed, or not open yet."""

    status, type, title = 409, "school-not-open", "A school is not open"


class AlreadyAgreed(Problem):
    """This school has agreed already; the others have not."""

    status, type, title = 409, "already-agreed", "This school has agreed already"


class PairingIncomplete(Problem):
    """Something a pairing of this kind needs is missing; `detail` says what."""

    status, type, title = 409, "pairing-incomplete", "The pairing is not complete"


class NotAMember(Problem):
    """A school of the pairing is no member of its alliance, or may not take this side in it."""

    status, type, title = 409, "not-a-member", "The school is no member that may do this"


class MembershipOverlaps(Problem):
    """The school is in the alliance already on some of these days."""

    status, type, title = 409, "membership-overlaps", "The school is a member at that time"


class TermForeign(Problem):
    """The term does not hold where the alliance is kept."""

    status, type, title = 409, "term-foreign", "The term is of another region"


class NotYet(Problem):
    """The day lies ahead: what has not happened is no fact."""

    status, type, title = 409, "not-yet", "That day has not come yet"


class OfferUnfit(Problem):
    """The offer does not answer the need: another subject, or other dates, or its own school."""

    status, type, title = 409, "offer-unfit", "This offer does not answer the need"

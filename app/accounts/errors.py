"""What can be refused about accounts."""

from app.errors import Problem


class SignInRefused(Problem):
    """The name or the password is wrong, or the account may not sign in: nobody is told which."""

    status, type, title = 401, "sign-in-refused", "Name or password is wrong"


class SignInLocked(Problem):
    """Too many failures for this name from this address."""

    status, type, title = 429, "sign-in-locked", "Too many failed attempts"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"Try again in {retry_after_s} s.",
            retry_after_s=retry_after_s,
        )
        self.extra["retry_after_s"] = retry_after_s


class LinkUsedOrExpired(Problem):
    """The link is unknown, was used, or is too old."""

    status, type, title = 410, "link-used-or-expired", "This link was used or has expired"


class PasswordTooWeak(Problem):
    """The password breaks a rule; `reasons` names each, for the page to put in words."""

    status, type, title = 422, "password-too-weak", "The password is too weak"

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("The password is too weak: " + ", ".join(reasons), reasons=reasons)


class OwnGrant(Problem):
    """Nobody gives herself a role, and nobody takes her own back."""

    status, type, title = 403, "own-grant", "Your own roles are others' to change"


class GrantTooLong(Problem):
    """Nobody gives a role for longer than her own lasts; `until` says how long that is."""

    status, type, title = 409, "grant-too-long", "The role would outlast your own"


class UsernameTaken(Problem):
    """Another account has this name."""

    status, type, title = 409, "username-taken", "This name is taken"

"""Return tickets: how a page whose line broke comes back without asking the application.

On a road that was cut, requests hang on connections that died with it, and a ticket costs a
round trip. So every page is given a ticket for its next WebSocket over the one it has. It is
256 random bits, of which only the hash is kept here; it is good once, for the same seat and the
same page, while its connection lives and some minutes after its line broke. A page that left,
was put out or replaced has none. It is not saved: after a restart of the server pages fetch
tickets as when they first came.
"""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from signaling.connection import Connection
from signaling.errors import ErrorCode
from signaling.ports import Admission, Refused

#: Ends of a session after which the page comes back by itself (docs/protocol.md, close codes).
_KEPT_AFTER: Final = frozenset(
    {"connection_lost", "silent", "too_slow", "room_failed", "room_closed", "session_failed"}
)


@dataclass(eq=False, slots=True)
class _Return:
    """Who may come back, as which page; `ends_at` None: as long as `connection` lives."""

    digest: bytes
    admission: Admission
    page: str
    connection: Connection
    ends_at: float | None = None

    @property
    def seat(self) -> tuple[str, str]:
        return self.admission.room_id, self.admission.seat_id


class ReturnTickets:
    """At most one ticket for each seat. Times are seconds on the caller's clock."""

    def __init__(self, *, kept_s: float) -> None:
        self._kept_s = kept_s
        self._by_seat: dict[tuple[str, str], _Return] = {}
        self._by_digest: dict[bytes, _Return] = {}

    def __len__(self) -> int:
        """Return how many seats may come back."""
        return len(self._by_seat)

    def issue(self, admission: Admission, connection: Connection, *, page: str, now: float) -> str:
        """Return the seat's ticket from now on; the one before is worth nothing any more."""
        for old in [one for one in self._by_seat.values() if _is_over(one, now)]:
            self._forget(old)
        ticket = secrets.token_urlsafe(32)
        given = _Return(_digest(ticket), admission, page, connection)
        self.void(admission.room_id, admission.seat_id)
        self._by_seat[given.seat] = self._by_digest[given.digest] = given
        return ticket

    def use(self, ticket: str, *, page: str | None, now: float) -> Admission:
        """Use up a ticket: it is gone, whoever came with it. Raise Refused."""
        given = self._by_digest.get(_digest(ticket))
        if given is None:
            raise Refused(ErrorCode.TICKET_INVALID, "This return ticket is not good any more.")
        self._forget(given)
        if given.page != page:
            raise Refused(ErrorCode.TICKET_INVALID, "This return ticket is another page's.")
        if _is_over(given, now):
            raise Refused(ErrorCode.TICKET_EXPIRED, "The page was away for too long.")
        return given.admission

    def connection_ended(
        self, admission: Admission, connection: Connection, *, reason: str, now: float
    ) -> None:
        """Note how a connection ended; nothing if its seat has another one by now."""
        given = self._by_seat.get((admission.room_id, admission.seat_id))
        if given is None or given.connection is not connection:
            return
        if reason in _KEPT_AFTER:
            given.ends_at = now + self._kept_s
        else:
            self._forget(given)

    def void(self, room_id: str, seat_id: str) -> None:
        """Let this seat's page fetch a ticket like everybody."""
        if given := self._by_seat.get((room_id, seat_id)):
            self._forget(given)

    def revoke(self, *, account_id: str | None, device_id: str | None) -> None:
        """Forget the tickets of an account or a device, also of seats that are away."""
        for given in list(self._by_seat.values()):
            is_account = account_id is not None and given.admission.account_id == account_id
            is_device = device_id is not None and given.admission.device_id == device_id
            if is_account or is_device:
                self._forget(given)

    def _forget(self, given: _Return) -> None:
        del self._by_seat[given.seat]
        del self._by_digest[given.digest]


def _digest(ticket: str) -> bytes:
    return sha256(ticket.encode()).digest()


def _is_over(given: _Return, now: float) -> bool:
    return given.ends_at is not None and now > given.ends_at

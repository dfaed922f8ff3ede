"""Entry with a ticket that is still being asked for.

A request for a ticket and the opening of the WebSocket behind it are three round trips; on a
satellite's line that is two seconds. So a page draws its ticket itself, asks the application to
accept it, and opens its WebSocket with it at the same time. Whichever comes first waits for the
other: here the WebSocket, for some seconds, until it is said that the ticket was accepted.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from signaling.errors import ErrorCode
from signaling.ports import Admission, Refused

Redeem = Callable[[str], Awaitable[Admission]]


class AnnouncedTickets:
    """Who waits for which ticket to be accepted: at most `most` together, each for `wait_s`.

    Strangers may wait too, so the bound is of all. Whoever comes above it is answered at once.
    """

    def __init__(self, *, wait_s: float, most: int) -> None:
        self._wait_s = wait_s
        self._most = most
        self._accepted: dict[str, asyncio.Event] = {}
        self._waiting: Counter[str] = Counter()

    async def redeem(self, ticket: str, redeem: Redeem) -> Admission:
        """Use up a ticket as soon as it is one. Raise Refused: it did not become one in time."""
        # Before the first look: what is accepted between that and the waiting is not missed.
        accepted = self._accepted.setdefault(ticket, asyncio.Event())
        self._waiting[ticket] += 1
        try:
            try:
                return await redeem(ticket)
            except Refused as refused:
                is_full = self._waiting.total() > self._most
                if refused.code != ErrorCode.TICKET_INVALID or is_full:
                    raise
                if not await self._is_accepted(accepted):
                    raise
            return await redeem(ticket)
        finally:
            self._waiting[ticket] -= 1
            if not self._waiting[ticket]:
                del self._waiting[ticket], self._accepted[ticket]

    async def _is_accepted(self, accepted: asyncio.Event) -> bool:
        try:
            async with asyncio.timeout(self._wait_s):
                await accepted.wait()
        except TimeoutError:
            return False
        return True

    def accept(self, ticket: str) -> None:
        """Let whoever waits with this ticket try it."""
        if accepted := self._accepted.get(ticket):
            accepted.set()

    def give_up(self) -> None:
        """Let nobody wait any longer: each is told now whether its ticket is one."""
        for accepted in self._accepted.values():
            accepted.set()

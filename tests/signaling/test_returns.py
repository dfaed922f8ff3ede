"""Coming back with a return ticket: single use, one page, one seat, and no longer than it lasts."""

import json
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.config import LiveConfig
from signaling.errors import CloseCode
from signaling.hub import TicketKind
from signaling.messages import PROTOCOL
from signaling.ports import Refused
from signaling.returns import ReturnTickets
from tests.signaling.live_rooms import admission
from tests.signaling.live_server import Client, Server, running_server

PAGE = "0123456789abcdef"
KEPT_S = 180.0


@dataclass(eq=False)
class Line:
    """A connection that keeps what it was sent."""

    sent: list[str] = field(default_factory=list)

    def send(self, text: str) -> None:
        self.sent.append(text)

    def send_fact(self, tail: str) -> None:
        self.sent.append(tail)

    def close(self, code: CloseCode, reason: str) -> None:
        raise AssertionError("tickets close nothing")


class Closable(Line):
    """One that the room may close."""

    def close(self, code: CloseCode, reason: str) -> None:
        self.sent.append(f"{code} {reason}")


def refusal(tickets: ReturnTickets, ticket: str, *, page: str | None = PAGE, now: float) -> str:
    with pytest.raises(Refused) as caught:
        tickets.use(ticket, page=page, now=now)
    return caught.value.code


def test_a_ticket_is_good_once_and_for_its_seat() -> None:
    tickets = ReturnTickets(kept_s=KEPT_S)
    given_a = tickets.issue(admission("a"), Line(), page=PAGE, now=0)
    given_b = tickets.issue(admission("b"), Line(), page=PAGE, now=0)
    assert tickets.use(given_a, page=PAGE, now=1) == admission("a")
    assert refusal(tickets, given_a, now=1) == "ticket_invalid"
    assert tickets.use(given_b, page=PAGE, now=1) == admission("b")
    assert not tickets


def test_another_page_gets_nowhere_and_uses_the_ticket_up() -> None:
    tickets = ReturnTickets(kept_s=KEPT_S)
    for page in (None, "another-page-of-it"):
        given = tickets.issue(admission("a"), Line(), page=PAGE, now=0)
        assert refusal(tickets, given, page=page, now=1) == "ticket_invalid"
        assert refusal(tickets, given, now=1) == "ticket_invalid"


def test_a_newer_ticket_of_the_seat_ends_the_older() -> None:
    tickets = ReturnTickets(kept_s=KEPT_S)
    old = tickets.issue(admission("a"), Line(), page=PAGE, now=0)
    new = tickets.issue(admission("a"), Line(), page=PAGE, now=1)
    assert refusal(tickets, old, now=2) == "ticket_invalid"
    assert tickets.use(new, page=PAGE, now=2) == admission("a")


def test_it_lasts_as_long_as_its_connection_and_some_minutes_after_the_line_broke() -> None:
    tickets = ReturnTickets(kept_s=KEPT_S)
    broken = ("silent", "connection_lost", "too_slow")
    for reason in (*broken, "room_failed", "room_closed", "session_failed"):
        line = Line()
        given = tickets.issue(admission("a"), line, page=PAGE, now=0)
        tickets.connection_ended(admission("a"), line, reason=reason, now=5000)
        assert tickets.use(given, page=PAGE, now=5000 + KEPT_S) == admission("a")
        given = tickets.issue(admission("a"), line, page=PAGE, now=0)
        tickets.connection_ended(admission("a"), line, reason=reason, now=5000)
        assert refusal(tickets, given, now=5001 + KEPT_S) == "ticket_expired"


@pytest.mark.parametrize("reason", ["left", "replaced", "put_out", "revoked", "malformed"])
def test_whoever_left_or_was_sent_away_has_none(reason: str) -> None:
    tickets, line = ReturnTickets(kept_s=KEPT_S), Line()
    given = tickets.issue(admission("a"), line, page=PAGE, now=0)
    tickets.connection_ended(admission("a"), line, reason=reason, now=1)
    assert refusal(tickets, given, now=1) == "ticket_invalid"


def test_one_whose_time_is_over_is_not_kept() -> None:
    tickets, line = ReturnTickets(kept_s=KEPT_S), Line()
    tickets.issue(admission("a"), line, page=PAGE, now=0)
    tickets.connection_ended(admission("a"), line, reason="silent", now=1)
    tickets.issue(admission("b"), Line(), page=PAGE, now=2 + KEPT_S)
    assert len(tickets) == 1


def test_how_an_older_connection_ended_is_nothing_to_the_newer() -> None:
    tickets, older, newer = ReturnTickets(kept_s=KEPT_S), Line(), Line()
    tickets.issue(admission("a"), older, page=PAGE, now=0)
    given = tickets.issue(admission("a"), newer, page=PAGE, now=1)
    tickets.connection_ended(admission("a"), older, reason="replaced", now=2)
    assert tickets.use(given, page=PAGE, now=3) == admission("a")


@pytest.mark.parametrize("who", [{"account_id": "account-a"}, {"device_id": "device-a"}])
def test_who_is_shut_out_cannot_return_even_from_away(who: dict[str, str]) -> None:
    tickets, line = ReturnTickets(kept_s=KEPT_S), Line()
    given = tickets.issue(admission("a"), line, page=PAGE, now=0)
    other = tickets.issue(admission("b"), Line(), page=PAGE, now=0)
    tickets.connection_ended(admission("a"), line, reason="silent", now=1)
    tickets.revoke(**{"account_id": None, "device_id": None} | who)
    assert refusal(tickets, given, now=2) == "ticket_invalid"
    assert tickets.use(other, page=PAGE, now=2) == admission("b")


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["issue", "break", "use", "wait"]))))
def test_there_is_never_more_than_one_for_a_seat_and_none_past_its_time(
    steps: list[tuple[int, str]],
) -> None:
    tickets, now = ReturnTickets(kept_s=10), 0.0
    held: dict[int, tuple[str, Line, float | None]] = {}
    for seat, what in steps:
        who = admission(f"seat-{seat}")
        match what:
            case "issue":
                line = Line()
                held[seat] = (tickets.issue(who, line, page=PAGE, now=now), line, None)
            case "break" if seat in held:
                ticket, line, ends_at = held[seat]
                tickets.connection_ended(who, line, reason="silent", now=now)
                held[seat] = (ticket, line, now + 10)
            case "use" if seat in held:
                ticket, _, ends_at = held.pop(seat)
                if ends_at is not None and now > ends_at:
                    with pytest.raises(Refused):
                        tickets.use(ticket, page=PAGE, now=now)
                else:
                    assert tickets.use(ticket, page=PAGE, now=now) == who
            case "wait":
                now += 6
        assert len(tickets) <= 4


# -- over real WebSockets ------------------------------------------------------------------


async def given_ticket(client: Client) -> str:
    return str((await client.until("return_ticket"))["ticket"])


def words(ticket: str, page: str = PAGE) -> tuple[str, ...]:
    return PROTOCOL, ticket, f"page.{page}"


async def broken(server: Server, client: Client, seat_id: str = "a") -> None:
    """Break the line without a close frame; wait until the server knows."""
    client.socket.transport.abort()
    await server.eventually(lambda: "seat_left" in server.ledger.types())


async def test_a_page_whose_line_broke_returns_without_the_application() -> None:
    async with running_server() as server:
        async with server.dial(*words(f"ticket.{server.ticket('a')}")) as first:
            ticket = await given_ticket(first)
            assert [message["type"] for message in first.seen] == ["room_state", "return_ticket"]
            await broken(server, first)
        server.gate.changes = {"name": "renamed"}
        async with server.dial(*words(f"return.{ticket}")) as second:
            state = await second.until("room_state")
            assert state["you"] == "a"
            assert [s["name"] for s in state["seats"] if s["seat_id"] == "a"] == ["renamed"]
            another = await given_ticket(second)
            assert another != ticket
            async with server.dial(*words(f"return.{ticket}")) as late:
                assert await late.until_closed() == (4401, "ticket_invalid")
            await second.send("ping", ref=1)
            await second.until("pong", ref=1)
            # Before the server misses the line: the newer connection wins, as with any ticket.
            async with server.dial(*words(f"return.{another}")) as third:
                await third.until("room_state")
                assert await second.until_closed() == (4412, "superseded")


async def test_a_page_is_not_told_that_its_seat_was_opened_elsewhere_by_itself() -> None:
    """A socket it gave up is let in behind the one it uses: it comes back with another."""
    async with running_server() as server:
        given_up, used = (words(f"ticket.{server.ticket('a')}") for _ in range(2))
        async with server.dial(*used) as client:
            await given_ticket(client)
            async with server.dial(*given_up) as late:
                assert await client.until_closed() == (4412, "superseded")
                await late.until("room_state")
        async with server.dial(*words(f"ticket.{server.ticket('a')}")) as again:
            await given_ticket(again)
            async with server.client("a"):  # of another page
                assert await again.until_closed() == (4409, "replaced")


async def test_who_is_shut_out_meanwhile_is_refused_at_the_door() -> None:
    async with running_server() as server:
        async with server.dial(*words(f"ticket.{server.ticket('a')}")) as first:
            ticket = await given_ticket(first)
            await broken(server, first)
        server.gate.shut_out.add("a")
        async with server.dial(*words(f"return.{ticket}")) as second:
            assert await second.until_closed() == (4401, "ticket_invalid")


async def test_who_is_shut_out_while_away_has_none_any_more() -> None:
    async with running_server() as server:
        async with server.dial(*words(f"ticket.{server.ticket('a')}")) as first:
            ticket = await given_ticket(first)
            await broken(server, first)
        await server.hub.revoke(device_id="device-a")
        async with server.dial(*words(f"return.{ticket}")) as second:
            assert await second.until_closed() == (4401, "ticket_invalid")


async def test_a_page_without_a_name_ends_the_ticket_of_the_page_before() -> None:
    async with running_server() as server:
        first, second, third = Closable(), Closable(), Closable()
        await server.hub.enter(server.ticket("a"), first, page=PAGE)
        told = [json.loads(each) for each in first.sent if "return_ticket" in each]
        await server.hub.enter(server.ticket("a"), second)
        with pytest.raises(Refused) as caught:
            await server.hub.enter(told[0]["ticket"], third, page=PAGE, kind=TicketKind.RETURN)
        assert caught.value.code == "ticket_invalid"


async def test_a_page_that_closed_or_was_revoked_does_not_return() -> None:
    async with running_server() as server:
        async with server.dial(*words(f"ticket.{server.ticket('a')}")) as first:
            left = await given_ticket(first)
        await server.eventually(lambda: "seat_left" in server.ledger.types())
        async with server.dial(*words(f"ticket.{server.ticket('b')}")) as other:
            revoked = await given_ticket(other)
            await server.hub.revoke(device_id="device-b")
            await other.until_closed()
        for ticket in (left, revoked, "never-given"):
            async with server.dial(*words(f"return.{ticket}")) as second:
                assert await second.until_closed() == (4401, "ticket_invalid")


async def test_a_ticket_of_one_who_was_away_for_too_long_has_expired() -> None:
    async with running_server(replace(LiveConfig(), return_ticket_s=0.0)) as server:
        async with server.dial(*words(f"ticket.{server.ticket('a')}")) as first:
            ticket = await given_ticket(first)
            await broken(server, first)
        async with server.dial(*words(f"return.{ticket}")) as second:
            assert await second.until_closed() == (4401, "ticket_expired")


async def test_without_a_page_name_and_with_two_tickets_there_is_none() -> None:
    async with running_server() as server:
        async with server.client("a") as client:
            await client.send("ping", ref=1)
            await client.until("pong", ref=1)
            assert "return_ticket" not in json.dumps(client.seen)
        ticket = f"ticket.{server.ticket('a')}"
        async with server.dial(PROTOCOL, ticket, "return.abc", f"page.{PAGE}") as both:
            assert await both.until_closed() == (4401, "ticket_invalid")

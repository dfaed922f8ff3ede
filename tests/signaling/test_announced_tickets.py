"""Entering with a ticket that the application is asked to accept at the same time."""

import asyncio

import pytest

from signaling.announced import AnnouncedTickets
from signaling.config import LiveConfig
from signaling.errors import ErrorCode
from signaling.messages import PROTOCOL
from signaling.ports import Admission, Refused
from tests.signaling.live_server import Server, running_server

LONG = LiveConfig(announced_ticket_s=60.0)


def announced(server: Server, seat_id: str = "a") -> tuple[str, str]:
    """Return a ticket that is none yet, and how the handshake names it."""
    ticket = server.ticket(seat_id)
    server.gate.unknown.add(ticket)
    return ticket, f"announced.{ticket}"


def accept(server: Server, ticket: str) -> None:
    server.gate.unknown.discard(ticket)
    server.hub.ticket_accepted(ticket)


async def test_who_comes_before_their_ticket_is_let_in_with_it() -> None:
    async with running_server(LONG) as server:
        ticket, word = announced(server)
        async with server.dial(PROTOCOL, word) as client:
            await server.eventually(lambda: server.gate.asked[ticket] == 1)
            assert server.gate.loads == 0
            accept(server, ticket)
            assert (await client.next())["you"] == "a"


async def test_who_comes_after_their_ticket_does_not_wait() -> None:
    async with running_server(LONG) as server:
        ticket, word = announced(server)
        accept(server, ticket)
        async with server.dial(PROTOCOL, word) as client:
            assert (await client.next())["you"] == "a"
            assert server.gate.asked[ticket] == 1


async def test_a_socket_that_its_page_gave_up_does_not_put_out_the_one_it_went_on_with() -> None:
    page = "page.0123456789abcdef"
    async with running_server(LONG) as server:
        ticket, word = announced(server)
        async with server.dial(PROTOCOL, word, page) as given_up:
            await server.eventually(lambda: server.gate.asked[ticket] == 1)
            async with server.dial(PROTOCOL, f"ticket.{server.ticket('a')}", page) as used:
                await used.until("room_state")
                accept(server, ticket)
                assert await given_up.until_closed() == (4401, "ticket_used")
                await used.send("ping", ref=1)
                await used.until("pong", ref=1)
                assert server.ledger.types().count("seat_joined") == 1


async def test_a_page_opened_elsewhere_meanwhile_is_put_out_all_the_same() -> None:
    async with running_server(LONG) as server:
        ticket, word = announced(server)
        async with server.dial(PROTOCOL, word, "page.0123456789abcdef") as client:
            await server.eventually(lambda: server.gate.asked[ticket] == 1)
            async with server.client("a") as elsewhere:
                accept(server, ticket)
                await client.until("room_state")
                assert await elsewhere.until_closed() == (4409, "replaced")


async def test_a_ticket_lets_in_nobody_who_waits_for_another() -> None:
    async with running_server(LONG) as server:
        (mine, my_word), (_, other_word) = announced(server), announced(server, "b")
        async with server.dial(PROTOCOL, other_word), server.dial(PROTOCOL, my_word) as client:
            await server.eventually(lambda: len(server.gate.asked) == 2)
            accept(server, mine)
            assert [
                seat["seat_id"] for seat in (await client.next())["seats"] if seat["is_present"]
            ] == ["a"]


async def test_of_two_who_wait_with_one_ticket_one_gets_in() -> None:
    async with running_server(LONG) as server:
        ticket, word = announced(server)
        async with server.dial(PROTOCOL, word) as first, server.dial(PROTOCOL, word) as second:
            await server.eventually(lambda: server.gate.asked[ticket] == 2)
            accept(server, ticket)
            told = {(await client.next())["type"] for client in (first, second)}
            assert told == {"room_state", "error"}


async def test_nothing_is_kept_of_a_ticket_that_nobody_waits_with() -> None:
    async def unknown(_: str) -> Admission:
        raise Refused(ErrorCode.TICKET_INVALID, "This ticket is not known.")

    tickets = AnnouncedTickets(wait_s=0.0, most=1)
    with pytest.raises(Refused):
        await tickets.redeem("never-accepted", unknown)
    assert not tickets._waiting
    assert not tickets._accepted


async def test_a_ticket_that_is_never_accepted_is_refused_in_the_end() -> None:
    async with running_server(LiveConfig(announced_ticket_s=0.05)) as server:
        _, word = announced(server)
        async with server.dial(PROTOCOL, word) as client:
            assert await client.until_closed() == (4401, "ticket_invalid")
        assert server.gate.loads == 0


async def test_a_used_ticket_is_refused_at_once() -> None:
    async with running_server(LONG) as server:
        ticket = server.ticket("a")
        async with server.dial(PROTOCOL, f"ticket.{ticket}") as first:
            await first.until("room_state")
            async with server.dial(PROTOCOL, f"announced.{ticket}") as second:
                assert await second.until_closed() == (4401, "ticket_used")


async def test_above_the_bound_nobody_waits() -> None:
    config = LiveConfig(announced_ticket_s=60.0, announced_tickets=2)
    async with running_server(config) as server:
        tickets = [announced(server, seat_id) for seat_id in ("a", "b", "c")]
        async with (
            server.dial(PROTOCOL, tickets[0][1]) as first,
            server.dial(PROTOCOL, tickets[1][1]),
        ):
            await server.eventually(lambda: len(server.gate.asked) == 2)
            async with server.dial(PROTOCOL, tickets[2][1]) as third:
                assert await third.until_closed() == (4401, "ticket_invalid")
            accept(server, tickets[0][0])
            assert (await first.next())["you"] == "a"
            # One place is free again.
            async with server.dial(PROTOCOL, announced(server, "c")[1]) as fourth:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await fourth.socket.recv()


async def test_whoever_is_shut_out_meanwhile_stays_outside() -> None:
    async with running_server(LONG) as server:
        ticket, word = announced(server)
        server.gate.changes = {"account_id": "account-1"}
        async with server.dial(PROTOCOL, word) as client:
            await server.eventually(lambda: server.gate.asked[ticket] == 1)
            await server.hub.revoke(account_id="account-1")
            accept(server, ticket)
            assert await client.until_closed() == (4401, "ticket_invalid")


async def test_a_server_that_stops_lets_nobody_wait() -> None:
    async with running_server(LONG) as server:
        _, word = announced(server)
        async with server.dial(PROTOCOL, word) as client:
            await server.eventually(lambda: len(server.gate.asked) == 1)
            await server.hub.drain()
            assert await client.until_closed() == (4401, "ticket_invalid")

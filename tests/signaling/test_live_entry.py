"""Opening a WebSocket: tickets, origins, refusals that a page can put into words."""

import pytest
from websockets.exceptions import InvalidStatus

from signaling.messages import PROTOCOL
from signaling.ports import Refused
from tests.signaling.live_server import running_server


async def test_a_ticket_opens_the_room_and_the_ticket_is_not_selected() -> None:
    async with (
        running_server() as server,
        server.dial(PROTOCOL, f"ticket.{server.ticket('a')}") as client,
    ):
        assert client.socket.subprotocol == PROTOCOL
        state = await client.next()
        assert (state["type"], state["seq"], state["you"]) == ("room_state", 1, "a")


async def test_a_ticket_is_good_once() -> None:
    async with running_server() as server:
        ticket = f"ticket.{server.ticket('a')}"
        async with server.dial(PROTOCOL, ticket) as first, server.dial(PROTOCOL, ticket) as second:
            assert await second.until_closed() == (4401, "ticket_used")
            (error,) = second.seen
            assert (error["type"], error["code"], error["ref"]) == ("error", "ticket_used", None)
            await first.until("room_state")
            await first.send("ping", ref=1)
            await first.until("pong", ref=1)


@pytest.mark.parametrize(
    "words",
    [
        (PROTOCOL,),
        (PROTOCOL, "ticket."),
        (PROTOCOL, "ticket.a!b"),
        (PROTOCOL, "ticket.a", "ticket.b"),
        (PROTOCOL, "announced."),
        (PROTOCOL, "ticket.a", "announced.b"),
    ],
)
async def test_without_one_readable_ticket_there_is_no_entry(words: tuple[str, ...]) -> None:
    async with running_server() as server, server.dial(*words) as client:
        assert await client.until_closed() == (4401, "ticket_invalid")
    assert server.gate.loads == 0


@pytest.mark.parametrize("names", [("short",), ("a" * 65,), ("not a token!" * 2,), ("x" * 16,) * 2])
async def test_a_page_says_once_and_readably_what_it_calls_itself(names: tuple[str, ...]) -> None:
    async with running_server() as server:
        words = [f"page.{name.replace(' ', '%')}" for name in names]
        if len(set(words)) < len(words):
            words[1] += "y"  # the handshake itself refuses a word offered twice
        ticket = f"ticket.{server.ticket('a')}"
        async with server.dial(PROTOCOL, ticket, *words) as client:
            assert await client.until_closed() == (4400, "malformed")
            assert client.seen[0]["code"] == "malformed"


async def test_a_page_that_returns_under_its_name_goes_on_with_its_media() -> None:
    async with running_server() as server:

        def words(name: str) -> tuple[str, ...]:
            return PROTOCOL, f"ticket.{server.ticket('a')}", f"page.{name}"

        async with server.dial(*words("0123456789abcdef")) as first:
            assert not (await first.until("room_state"))["is_resumed"]
            await first.send("subscribe", ref=1)
            await first.until("done", ref=1)
            async with server.dial(*words("0123456789abcdef")) as second:
                assert (await second.until("room_state"))["is_resumed"]
                await second.send("subscribe", is_restart=True, ref=2)
                await second.until("subscribe_offer")
                async with server.dial(*words("fedcba9876543210")) as third:
                    assert not (await third.until("room_state"))["is_resumed"]
        done = [call for call in server.sfu.calls if call[0] in {"subscribe", "restart", "remove"}]
        assert done[:3] == [("subscribe", "a"), ("restart", "a"), ("remove", "a")]


@pytest.mark.parametrize(
    ("code", "close_code"),
    [
        ("no_such_room", 4404),
        ("lesson_not_open", 4403),
        ("lesson_over", 4410),
        ("not_invited", 4403),
        ("unavailable", 1011),
        ("a_code_of_tomorrow", 4403),
    ],
)
async def test_a_refusal_is_told_and_closes_with_its_code(code: str, close_code: int) -> None:
    async with running_server() as server:
        server.gate.refusals["room"] = Refused(code, "A sentence for people.")
        async with server.dial(PROTOCOL, f"ticket.{server.ticket('a')}") as client:
            assert await client.until_closed() == (close_code, code)
        assert client.seen[0]["detail"] == "A sentence for people."
        del server.gate.refusals["room"]
        async with server.client("a"):
            pass


async def test_a_blocked_seat_is_refused_with_the_reason() -> None:
    async with running_server() as server, server.client("hub") as hub:
        await hub.send("eject", seat_id="a", is_blocked=True, ref=1)
        await hub.until("done", ref=1)
        async with server.dial(PROTOCOL, f"ticket.{server.ticket('a')}") as client:
            assert await client.until_closed() == (4403, "blocked")


@pytest.mark.parametrize("place", ["redeem", "load_room"])
async def test_a_gate_out_of_order_is_unavailable_and_recovers(
    place: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_server() as server:
        fault = ConnectionError("no database")
        if place == "redeem":
            server.gate.fault = fault
        else:
            server.gate.refusals["room"] = fault  # type: ignore[assignment]  # any fault
        ticket = server.ticket("a")
        async with server.dial(PROTOCOL, f"ticket.{ticket}") as client:
            assert await client.until_closed() == (1011, "unavailable")
        assert ticket not in caplog.text
        assert len([r for r in caplog.records if r.exc_info]) == 1
        server.gate.fault = None
        server.gate.refusals.clear()
        async with server.client("a"):
            pass


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:1",
        "http://127.0.0.1.evil.example:{port}",
        "null",
        "http://[",
        "file://",
        None,
    ],
)
async def test_a_foreign_or_missing_origin_is_refused_before_the_handshake(
    origin: str | None,
) -> None:
    async with running_server() as server:
        origin = origin and origin.format(port=server.port)
        with pytest.raises(InvalidStatus) as refused:
            async with server.dial(PROTOCOL, f"ticket.{server.ticket('a')}", origin=origin):
                pass
        assert refused.value.response.status_code == 403
        assert b"origin_not_allowed" in refused.value.response.body
        assert server.gate.loads == 0


async def test_a_configured_origin_is_welcome_with_its_default_port() -> None:
    async with (
        running_server(allowed_origins=["https://school.example:443/"]) as server,
        server.dial(
            PROTOCOL, f"ticket.{server.ticket('a')}", origin="https://School.Example"
        ) as client,
    ):
        await client.until("room_state")


async def test_a_client_that_is_no_browser_may_be_let_in() -> None:
    async with (
        running_server(allows_missing_origin=True) as server,
        server.dial(PROTOCOL, f"ticket.{server.ticket('a')}", origin=None) as client,
    ):
        await client.until("room_state")


@pytest.mark.parametrize("words", [(), ("classroom.v2", "ticket.x")])
async def test_another_protocol_is_refused(words: tuple[str, ...]) -> None:
    async with running_server() as server:
        with pytest.raises(InvalidStatus) as refused:
            async with server.dial(*words):
                pass
        assert refused.value.response.status_code == 400


async def test_two_who_come_at_once_open_the_room_once() -> None:
    async with running_server() as server, server.client("a"), server.client("b"):
        assert server.gate.loads == 1


async def test_a_server_that_does_not_run_rooms_says_so() -> None:
    async with running_server() as server:
        async with server.dial(PROTOCOL) as client:
            await client.until_closed()
        hub = server.hub
    with pytest.raises(Refused) as refused:
        await hub.enter("room_a_999", None)  # type: ignore[arg-type]  # never reached
    assert refused.value.code == "unavailable"

"""A real coturn with the product's own configuration, on loopback, for one test."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aioice import stun, turn

from app import coturn
from app.clock import utc_now
from app.live.schemas import IceServerOut
from app.live.turn import TurnRelay
from tests.needs import need_programs

TOO_OLD = datetime(2020, 1, 1, tzinfo=UTC)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Relay:
    """A relay that runs. `peers` are all it may reach."""

    def __init__(self, trial: coturn.Trial, port: int, tls_port: int) -> None:
        self.trial = trial
        self.port = port
        self.tls_port = tls_port

    def credentials(self, *, ends_at: datetime | None = None) -> IceServerOut:
        """Return what the platform would give a page, for a lesson that ends then."""
        ends_at = ends_at or utc_now() + timedelta(minutes=40)
        [server] = TurnRelay(self.trial.urls, self.trial.secret).servers(
            holder="device-1", room="lesson-1", ends_at=ends_at
        )
        return server

    async def client(
        self, username: str, password: str, *, over: str = "udp"
    ) -> turn.TurnClientMixin:
        """Connect to the relay; nothing is allocated yet."""
        loop = asyncio.get_running_loop()
        port = self.tls_port if over == "tls" else self.port
        options = {
            "username": username,
            "password": password,
            "lifetime": 600,
            "channel_refresh_time": 500,
        }
        if over == "udp":
            _, protocol = await loop.create_datagram_endpoint(
                lambda: turn.TurnClientUdpProtocol(("127.0.0.1", port), **options),  # type: ignore[arg-type] # by name
                remote_addr=("127.0.0.1", port),
            )
            return protocol
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # its certificate is its own, made for a trial
        _, stream = await loop.create_connection(
            lambda: turn.TurnClientTcpProtocol(("127.0.0.1", port), **options),  # type: ignore[arg-type] # by name
            "127.0.0.1",
            port,
            ssl=context if over == "tls" else None,
        )
        return stream


async def permit(client: turn.TurnClientMixin, host: str) -> int:
    """Ask for a permission to send to `host`; return 0, or the error's code."""
    request = stun.Message(stun.Method.CREATE_PERMISSION, stun.Class.REQUEST)
    request.attributes["XOR-PEER-ADDRESS"] = (host, 7882)
    try:
        await client.request_with_retry(request)
    except stun.TransactionFailed as refused:
        return int(refused.response.attributes["ERROR-CODE"][0])
    return 0


@asynccontextmanager
async def relay(folder: Path, peers: Sequence[str]) -> AsyncIterator[Relay]:
    """Run coturn until the block is left."""
    need_programs(turnserver="coturn")
    port, tls_port = _free_port(), _free_port()
    trial = coturn.for_trial(
        folder / "turn",
        peers,
        now=utc_now(),
        port=port,
        tls_port=tls_port,
    )
    process = await asyncio.create_subprocess_exec(
        *trial.command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(20):
            while not _listens(tls_port):
                assert process.returncode is None, "the relay did not start"
                await asyncio.sleep(0.05)
        yield Relay(trial, port, tls_port)
    finally:
        process.terminate()
        await process.wait()


def _listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

"""A road to a peer that loses media packets at random: a UDP forwarder on loopback."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class LossyPath:
    """Carry datagrams between one client and the server; lose some of the media.

    Of what looks like RTP or RTCP (first byte 128 to 191, RFC 7983) `down_loss` is dropped on
    the way to the client and `up_loss` on the way from it, by seeded chance.
    """

    def __init__(
        self, server: tuple[str, int], *, down_loss: float, up_loss: float, seed: int
    ) -> None:
        self.dropped = 0
        self.port = 0
        self._server = server
        self._down_loss, self._up_loss = down_loss, up_loss
        self._chance = random.Random(seed)
        self._client: tuple[str, int] | None = None
        self._near: asyncio.DatagramTransport | None = None
        self._far: asyncio.DatagramTransport | None = None

    def open(self, near: asyncio.DatagramTransport, far: asyncio.DatagramTransport) -> None:
        self._near, self._far = near, far
        self.port = near.get_extra_info("sockname")[1]

    def from_client(self, data: bytes, address: tuple[str, int]) -> None:
        self._client = address
        if self._far is not None and not self._is_lost(data, self._up_loss):
            self._far.sendto(data, self._server)

    def from_server(self, data: bytes) -> None:
        if self._client is None or self._near is None or self._is_lost(data, self._down_loss):
            return
        self._near.sendto(data, self._client)

    def _is_lost(self, data: bytes, loss: float) -> bool:
        is_lost = bool(data) and 127 < data[0] < 192 and self._chance.random() < loss
        self.dropped += is_lost
        return is_lost


class _Near(asyncio.DatagramProtocol):
    def __init__(self, path: LossyPath) -> None:
        self._path = path

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._path.from_client(data, addr)


class _Far(_Near):
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._path.from_server(data)


@asynccontextmanager
async def lossy_path(
    server_port: int, *, down_loss: float = 0.0, up_loss: float = 0.0, seed: int = 1
) -> AsyncIterator[LossyPath]:
    """Open a path to the server; the client is to be told its port in place of the server's."""
    loop = asyncio.get_running_loop()
    server = ("127.0.0.1", server_port)
    path = LossyPath(server, down_loss=down_loss, up_loss=up_loss, seed=seed)
    near, _ = await loop.create_datagram_endpoint(lambda: _Near(path), local_addr=("127.0.0.1", 0))
    far, _ = await loop.create_datagram_endpoint(lambda: _Far(path), local_addr=("127.0.0.1", 0))
    path.open(near, far)
    try:
        yield path
    finally:
        near.close()
        far.close()

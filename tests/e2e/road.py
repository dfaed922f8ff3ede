"""The line of a browser, which can be cut or narrow.

It is the relay of the integration tests, in a thread of its own.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from playwright.sync_api import BrowserContext

from tests.e2e.platform_process import Platform
from tests.integration.cut_line import CutLine

T = TypeVar("T")

# Pages are told the server's own media port: every description leads through the line instead.
_REROUTE = """
(() => {
  const real = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp.replaceAll(" %d ", " %d ");
    return real.call(this, { type: description.type, sdp });
  };
})();
"""


class Road:
    """A line that a browser's page takes to the platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._loop = asyncio.new_event_loop()
        self._line: CutLine
        self._end = asyncio.Event()

    @classmethod
    @contextmanager
    def laid(cls, platform: Platform) -> Iterator["Road"]:
        """Lay the line; take it away at the end."""
        road = cls(platform)
        is_laid = threading.Event()
        thread = threading.Thread(target=road._run, args=(is_laid,))
        thread.start()
        is_laid.wait()
        try:
            yield road
        finally:
            road._loop.call_soon_threadsafe(road._end.set)
            thread.join()

    def _run(self, is_laid: threading.Event) -> None:
        async def carry() -> None:
            ports = {"http_port": self._platform.http_port, "media_port": self._platform.media_port}
            async with CutLine.laid(**ports) as self._line:
                is_laid.set()
                await self._end.wait()

        self._loop.run_until_complete(carry())
        self._loop.close()

    def take(self, context: BrowserContext) -> None:
        """Have the pages of a window send their media through this line."""
        context.add_init_script(script=_REROUTE % (self._platform.media_port, self._line.udp_port))

    def link(self, who: str) -> str:
        """Return somebody's sign-in link, through this line."""
        return self.through(self._platform.links[who])

    def through(self, url: str) -> str:
        """Return an address of the platform's, through this line."""
        return url.replace(f":{self._platform.http_port}/", f":{self._line.tcp_port}/")

    def cut(self) -> None:
        """Let nothing pass."""
        self._do(self._line.cut)

    def mend(self) -> None:
        """Let everything pass again."""
        self._do(self._line.mend)

    def block_udp(self, *, is_blocked: bool) -> None:
        """Let no media pass, while the WebSocket lives; or let it again."""
        self._do(lambda: self._line.block_udp(is_blocked=is_blocked))

    def narrow(self, bits_per_s: float) -> None:
        """Let TCP carry so much down to the browser from now on, all connections together."""
        self._do(lambda: self._line.narrow(bits_per_s))

    def _do(self, what: Callable[[], T]) -> T:
        async def done() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result()

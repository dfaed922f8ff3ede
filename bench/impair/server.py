"""`classrooms serve` as a process of its own, wherever the road puts it."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import httpx2

_CHECKOUT = Path(__file__).resolve().parents[2]
_START_TIMEOUT_S = 60.0  # on a machine that others keep busy
_STOP_TIMEOUT_S = 20.0
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class ServerFailed(Exception):
    """The server did not start, or died; the message ends with what it said last."""


class LessonServer:
    """`prefix` is the command that moves the server to where it lives (nsenter), or empty.

    `module` is what is run: the product, or what makes it worse to try a judge. `settings` are
    further CLASSROOMS_*.
    """

    def __init__(
        self,
        folder: Path,
        *,
        http_host: str,
        http_port: int,
        media_hosts: Sequence[str],
        media_port: int,
        prefix: Sequence[str] = (),
        module: str = "app",
        settings: Mapping[str, str] = NO_SETTINGS,
    ) -> None:
        self.folder = folder
        host = f"[{http_host}]" if ":" in http_host else http_host
        self.url = f"http://{host}:{http_port}"
        self.media_port = media_port
        self._command = [*prefix, sys.executable, "-m", module, "serve"]
        is_v6 = any(":" in each for each in media_hosts)
        self.environment = {
            "CLASSROOMS_VAR_DIR": str(folder),
            "CLASSROOMS_HTTP_HOST": http_host,
            "CLASSROOMS_HTTP_PORT": str(http_port),
            "CLASSROOMS_MEDIA_PORT": str(media_port),
            "CLASSROOMS_MEDIA_BIND_HOST": "::" if is_v6 else "0.0.0.0",
            "CLASSROOMS_MEDIA_HOSTS": ",".join(media_hosts),
            "CLASSROOMS_METRICS_FROM": "127.0.0.0/8,198.18.0.0/15,2001:2::/48",
            **settings,
        }
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Return the process id; only while it runs."""
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        """Return all the server has said."""
        return (self.folder / "server.log").read_text()

    async def start(self) -> None:
        """Start it and wait until it serves. Raise ServerFailed."""
        with (self.folder / "server.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=_CHECKOUT, stdout=log, stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **self.environment},  # noqa: TID251 - a child's environment
            )  # fmt: skip
        give_up_at = time.monotonic() + _START_TIMEOUT_S
        async with httpx2.AsyncClient(base_url=self.url, timeout=2) as client:
            while not await self._answers(client):
                if self._process.returncode is not None or time.monotonic() > give_up_at:
                    await self.kill()  # nobody stops what has not started
                    raise ServerFailed(f"The server did not start:\n{self.log()[-2000:]}")
                await asyncio.sleep(0.1)

    async def _answers(self, client: httpx2.AsyncClient) -> bool:
        try:
            return (await client.get("/readyz")).status_code == 200
        except httpx2.TransportError:
            return False

    async def stop(self) -> None:
        """End it as a deployment would."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it as a power cut would."""
        await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(how)
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

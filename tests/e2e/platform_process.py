"""The platform as a process of its own, with a demonstration county in a folder of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx2

from app.clock import utc_now

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"http://(?P<host>[a-z0-9-]+)\.localhost:(?P<port>\d+)/\S+")
START_TIMEOUT_S = 60


@dataclass
class Platform:
    """A running `classrooms demo`. `links` are the sign-in links by host name, in order."""

    folder: Path
    http_port: int
    media_port: int
    links: dict[str, str] = field(default_factory=dict)
    #: Settings beside those every test has.
    more: dict[str, str] = field(default_factory=dict)
    #: Where pages look for it: a name whose own names lead there too, or else one address for all.
    host: str = "localhost"
    #: How much later than now the server believes it is.
    ahead: timedelta = timedelta(0)
    #: Whether the county has classes, timetables and lessons behind it.
    has_history: bool = True
    _process: subprocess.Popen[str] | None = None
    _lines: list[str] = field(default_factory=list)
    _reader: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Return the platform's own address."""
        return f"http://{self.host}:{self.http_port}"

    @property
    def now(self) -> datetime:
        """Return the moment it is to the server."""
        return utc_now() + self.ahead

    @property
    def pid(self) -> int:
        """Return the server's process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the server and wait until it has printed its links and answers.

        Raise RuntimeError when it does not: it is ended then.
        """
        environment = {
            **os.environ,  # noqa: TID251 - a child process is given what this one was
            "CLASSROOMS_VAR_DIR": str(self.folder),
            "CLASSROOMS_HTTP_PORT": str(self.http_port),
            "CLASSROOMS_MEDIA_PORT": str(self.media_port),
            "CLASSROOMS_MEDIA_HOSTS": "127.0.0.1",
            "PYTHONUNBUFFERED": "1",
            **self.more,
        }
        self._lines.clear()
        self._process = subprocess.Popen(
            [sys.executable, "-m", *self._command(), "demo"],
            cwd=ROOT, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._wait_until_ready()
        except BaseException:  # whoever waits in vain, or stops waiting, has nothing to stop
            self.kill()
            raise

    def _command(self) -> list[str]:
        assert self.has_history or not self.ahead, "a new county is looked at today"
        if not self.has_history:
            return ["tests.e2e.new_county"]
        if not self.ahead:
            return ["app"]
        return ["tests.e2e.later", str(self.ahead.total_seconds())]

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        with (self.folder / "server.log").open("a") as log:
            for line in self._process.stdout:
                self._lines.append(line)
                log.write(line)
                log.flush()

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < give_up_at:
            if self._process.poll() is not None:
                raise RuntimeError("The platform did not start:\n" + "".join(self._lines))
            found = LINK.finditer("".join(self._lines))
            self.links = {match["host"]: self._link(match) for match in found}
            if self.links and self._answers():
                return
            time.sleep(0.1)
        raise RuntimeError("The platform did not get ready:\n" + "".join(self._lines))

    def _link(self, match: re.Match[str]) -> str:
        if self.host == "localhost":
            return match[0]
        return match[0].replace(f"{match['host']}.localhost", self.host)

    def _answers(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx2.TransportError:
            return False

    def kill(self) -> None:
        """End the server as a power cut would: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server as a deployment would: SIGTERM."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
            raise RuntimeError(f"The platform did not end 30 s after {how.name}.") from None
        finally:
            if self._reader is not None:
                self._reader.join(5)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

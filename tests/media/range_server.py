"""A folder over HTTP, with one range per request, for browser tests."""

import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

_RANGE = re.compile(r"bytes=(\d+)-(\d*)$")
_KINDS = {
    ".webm": "video/webm",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".js": "text/javascript",
}


class _RangeHandler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if self.path == "/":
            self._send(200, b"<!doctype html><body></body>", "text/html", {})
            return
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        kind = _KINDS.get(path.suffix, "video/mp4")
        asked = _RANGE.match(self.headers.get("Range", ""))
        if not asked:
            self._send(200, data, kind, {})
            return
        first = int(asked[1])
        last = min(int(asked[2] or len(data) - 1), len(data) - 1)
        span = {"Content-Range": f"bytes {first}-{last}/{len(data)}"}
        self._send(206, data[first : last + 1], kind, span)

    def _send(self, status: int, body: bytes, kind: str, more: dict[str, str]) -> None:
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Accept-Ranges": "bytes"}
        self.send_response(status)
        for name, value in (headers | more).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            return  # a player that seeks drops the range it no longer wants

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        """Say nothing: a test prints what fails."""


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:  # Any: the base's
        """A player that goes away mid-request is no error."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on a port the system chooses; give its address, with a slash behind."""
    server = _Server(("127.0.0.1", 0), partial(_RangeHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

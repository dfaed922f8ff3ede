"""What every HTTP answer goes through, and the single-page application's files."""

import gzip
import hashlib
import mimetypes
import time
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi import Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.addresses import canonical
from app.errors import render_bug

log = structlog.get_logger(__name__)

NOT_BUILT = (
    "The pages are not built yet: run `make run` (it builds frontend/dist), then reload.\n"
    "页面尚未构建: 请运行 make run, 然后刷新.\n"
)
_COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")
_YEAR_S = 31_536_000


# style-src: Element Plus positions pop-ups with style attributes set by script (CSSOM), which CSP
# does not govern; no 'unsafe-inline' anywhere. blob: workers and media are made by our own page.
_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def _security_headers(scheme: str) -> dict[str, str]:
    """Return the headers of every answer, whatever its status."""
    headers = {
        "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), "
        "fullscreen=(self), geolocation=(), payment=(), usb=()",
    }
    if scheme == "https":
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


CALENDARS = "/api/calendars/"


class Edge:
    """Adds the security headers, logs one line without query string, counts, per request.

    An ASGI layer and not a Starlette middleware class: those buffer streamed answers.
    """

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._requests = Counter(
            "classrooms_http_requests_total",
            "HTTP answers",
            ("method", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "classrooms_http_request_seconds",
            "Time to the first byte of an HTTP answer",
            ("method",),
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _security_headers(scope["scheme"]).items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
                self._note(scope, message["status"], time.monotonic() - began)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if has_begun:  # half an answer is out: only breaking it off tells the caller
                raise
            await render_bug(shown_path(scope["path"]), error)(scope, receive, send_with_headers)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in {"GET", "POST", "HEAD"} else "other"
        self._requests.labels(method, str(status)).inc()
        self._seconds.labels(method).observe(seconds)
        log.debug(
            "http_answered",
            method=scope["method"],
            path=shown_path(scope["path"]),
            status=status,
            ms=round(seconds * 1000, 1),
        )


def shown_path(path: str) -> str:
    """Return what a log may say of a path: a calendar's address is all it takes to read it."""
    return f"{CALENDARS}..." if path.startswith(CALENDARS) else path


class CanonicalClient:
    """Writes the caller's address in its one way before anybody compares it with a network.

    A socket of both families tells an IPv4 caller as `::ffff:192.0.2.1`, which is in no
    IPv4 network: neither a trusted proxy's nor one that may read the metrics.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope.get("client"):
            host, port = scope["client"]
            scope["client"] = (canonical(host), port)
        await self._app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    packed: bytes | None
    media_type: str
    etag: str
    is_hashed: bool


class Pages:
    """The built application, read once: a path that is no file of it is a page of it.

    Only files found at start-up can be asked for, so no path leads out of the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._files = {
            "/" + path.relative_to(folder).as_posix(): _read(path, folder)
            for path in (sorted(folder.rglob("*")) if folder.is_dir() else [])
            if path.is_file()
        }

    def answer(self, request: Request) -> Response:
        """Return the file, or the application's page for any path without a file ending."""
        path = request.url.path
        page = self._files.get(path)
        if page is None and "." not in path.rsplit("/", 1)[-1]:
            page = self._files.get("/index.html")
            if page is None:
                return Response(NOT_BUILT, 503, media_type="text/plain; charset=utf-8")
        if page is None:
            return Response("Not found\n", 404, media_type="text/plain; charset=utf-8")
        headers = {
            "ETag": page.etag,
            "Vary": "Accept-Encoding",
            "Cache-Control": f"public, max-age={_YEAR_S}, immutable"
            if page.is_hashed
            else "no-cache",
        }
        if request.headers.get("If-None-Match") == page.etag:
            return Response(status_code=304, headers=headers)
        if page.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(page.packed, headers=headers, media_type=page.media_type)
        return Response(page.body, headers=headers, media_type=page.media_type)


def _read(path: Path, folder: Path) -> _Page:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix in {".js", ".mjs"}:  # Windows registries and old tables say otherwise
        media_type = "text/javascript"
    is_text = media_type.startswith(_COMPRESSIBLE)
    return _Page(
        body=body,
        packed=gzip.compress(body, 6) if is_text and len(body) > 1024 else None,
        media_type=media_type,
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        is_hashed=path.relative_to(folder).parts[0] == "assets",
    )

"""A file, or one range of it, sent in bounded pieces without blocking the event loop."""

import os
from collections.abc import AsyncIterator
from io import FileIO
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.errors import render_problem
from app.recordings.errors import ClipFileMissing, RangeNotSatisfiable
from app.recordings.ranges import ByteRange, NotSatisfiable, choose_range

PIECE_BYTES = 256 * 1024


class _FilePieces(StreamingResponse):
    """Streams `span` of an open file, and closes the file whatever becomes of the client."""

    def __init__(self, file: FileIO, span: ByteRange, status: int, headers: dict[str, str]) -> None:
        super().__init__(self._pieces(span.first, span.length), status, headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # A read still under way in its thread has been waited for: it is never abandoned.
            self._file.close()

    async def _pieces(self, offset: int, left: int) -> AsyncIterator[bytes]:
        while left > 0:
            piece = await anyio.to_thread.run_sync(
                os.pread, self._file.fileno(), min(left, PIECE_BYTES), offset
            )
            if not piece:
                raise OSError("A recording's file became shorter while it was sent.")
            offset, left = offset + len(piece), left - len(piece)
            yield piece


async def send_file(
    request: Request, path: Path, *, mime: str, shared_until: int | None = None
) -> Response:
    """Answer a GET or HEAD for a file that never changes: 200, 206 or 416.

    `path` comes from the database or a manifest, never from the client. HEAD ignores Range: only
    GET defines it (RFC 9110 section 14.2). Up to `shared_until` (seconds since 1970) a cache in
    front of the server may answer for us; no browser keeps anything. Raise ClipFileMissing.
    """
    try:
        file = await anyio.to_thread.run_sync(FileIO, os.fspath(path), "rb")
    except FileNotFoundError:
        raise ClipFileMissing from None
    stat = os.fstat(file.fileno())
    size, etag = stat.st_size, f'"{stat.st_size:x}-{stat.st_mtime_ns:x}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        # Pupils are in these pictures: nothing of them stays on a computer many people use.
        "Cache-Control": "private, no-store",
        "Content-Type": mime,
    }
    if shared_until is not None:
        headers["X-Accel-Expires"] = f"@{shared_until}"
    if request.method == "HEAD":
        file.close()
        return Response(headers=headers | {"Content-Length": str(size)})
    try:
        span = choose_range(
            request.headers.get("Range"), request.headers.get("If-Range"), etag=etag, size=size
        )
    except NotSatisfiable:
        file.close()
        refusal = render_problem(request, RangeNotSatisfiable())
        refusal.headers["Content-Range"] = f"bytes */{size}"
        return refusal
    if span is None:
        whole = ByteRange(0, size - 1, size)
        return _FilePieces(file, whole, 200, headers | {"Content-Length": str(size)})
    headers |= {"Content-Length": str(span.length), "Content-Range": span.content_range}
    return _FilePieces(file, span, 206, headers)

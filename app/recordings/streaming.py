"""A file on the disk or in the object store, or one range of it, sent in bounded pieces."""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from urllib.parse import quote

import anyio.to_thread
import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.errors import render_problem
from app.recordings.errors import ClipFileMissing, KeptElsewhere, RangeNotSatisfiable
from app.recordings.ranges import ByteRange, NotSatisfiable, choose_range
from app.store.client import ObjectStore
from app.store.errors import ObjectMissing, StoreError

log = structlog.get_logger(__name__)

PIECE_BYTES = 256 * 1024
AGAIN_AFTER_S = 60

#: What a description of the API says of an answer: its media types (OpenAPI 3.1, section 4.8.14).
Content = Mapping[str, Mapping[str, object]]


def ranged(what: str, content: Content) -> dict[int | str, dict[str, object]]:
    """Describe what `send_file` answers: the whole, or the range that was asked for."""
    return {
        200: {"description": what, "content": content},
        206: {"description": "The range that was asked for.", "content": content},
    }


def attachment(plain: str, called: str) -> str:
    """Return the Content-Disposition of a file to be kept as `called` (RFC 6266, section 4).

    `plain`: its name in ASCII, for who cannot read the other (appendix D).
    """
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(called, safe='')}"


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


class _StoredPieces(StreamingResponse):
    """Streams from the object store, and lets go of it whatever becomes of the client."""

    def __init__(
        self, first: bytes, rest: AsyncGenerator[bytes], status: int, headers: dict[str, str]
    ) -> None:
        super().__init__(self._pieces(first, rest), status, headers)
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._rest.aclose()

    async def _pieces(self, first: bytes, rest: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
        yield first
        async for piece in rest:
            yield piece


class LocalFile:
    """A file on the disk, open."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        stat = os.fstat(file.fileno())
        self.size, self.etag = stat.st_size, f'"{stat.st_size:x}-{stat.st_mtime_ns:x}"'

    def close(self) -> None:
        """Close it: nothing of it is sent."""
        self._file.close()

    async def send(self, span: ByteRange, status: int, headers: dict[str, str]) -> Response:
        """Return the answer that sends `span`, and closes the file."""
        return _FilePieces(self._file, span, status, headers)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies in the object store alone."""

    store: ObjectStore
    key: str
    size: int
    sha256: str

    @property
    def etag(self) -> str:
        """Return its strong entity tag."""
        return f'"{self.sha256}"'

    def close(self) -> None:
        """Let go of it: nothing is held before it is sent."""

    async def send(self, span: ByteRange, status: int, headers: dict[str, str]) -> Response:
        """Return the answer that sends `span`. Raise ClipFileMissing, KeptElsewhere."""
        pieces = self.store.read(self.key, span.first, span.last)
        try:
            # Asked for before anything is said to the client: afterwards it is too late to refuse.
            first = await anext(pieces)
        except ObjectMissing:
            raise ClipFileMissing from None
        except StoreError as error:
            log.warning("recording_not_read_from_store", key=self.key, reason=str(error))
            raise KeptElsewhere(
                "The recording is kept in a store that does not answer. Try again in a minute.",
                retry_after_s=AGAIN_AFTER_S,
            ) from error
        return _StoredPieces(first, pieces, status, headers)


async def open_local(path: Path) -> LocalFile | None:
    """Open a file on the disk; None when there is none."""
    try:
        return LocalFile(await anyio.to_thread.run_sync(FileIO, os.fspath(path), "rb"))
    except FileNotFoundError:
        return None


async def send_file(
    request: Request,
    source: LocalFile | StoredFile,
    *,
    mime: str,
    shared_until: int | None = None,
) -> Response:
    """Answer a GET or HEAD for a file that never changes: 200, 206 or 416.

    HEAD ignores Range: only GET defines it (RFC 9110 section 14.2). Up to `shared_until` (seconds
    since 1970) a cache in front of the server may answer for us; no browser keeps anything. Raise
    ClipFileMissing, KeptElsewhere.
    """
    size, etag = source.size, source.etag
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
        source.close()
        return Response(headers=headers | {"Content-Length": str(size)})
    try:
        span = choose_range(
            request.headers.get("Range"), request.headers.get("If-Range"), etag=etag, size=size
        )
    except NotSatisfiable:
        source.close()
        refusal = render_problem(request, RangeNotSatisfiable())
        refusal.headers["Content-Range"] = f"bytes */{size}"
        return refusal
    if span is None:
        headers["Content-Length"] = str(size)
        if not size:
            source.close()
            return Response(headers=headers)
        return await source.send(ByteRange(0, size - 1, size), 200, headers)
    headers |= {"Content-Length": str(span.length), "Content-Range": span.content_range}
    return await source.send(span, 206, headers)

"""An S3-compatible object store over HTTP: put, read, delete, list, and uploads in pieces.

Written here because no library at hand shows the id of an upload in pieces, which must be
remembered to go on after a restart. Keys consist of `A-Za-z0-9/._-`. Source: Amazon S3 API
reference (PutObject, GetObject, HeadObject, DeleteObject, ListObjectsV2, CreateMultipartUpload,
UploadPart, CompleteMultipartUpload, AbortMultipartUpload).
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from html import escape, unescape
from typing import Final

import httpx2

from app.store.errors import (
    ObjectMissing,
    RequestRefused,
    StoreAway,
    StoreError,
    UploadForgotten,
)
from app.store.signing import NO_BODY, Credentials, encode_path, encode_query, signed_headers

# A store that is slow but answers is waited for; one that says nothing for so long is away.
TIMEOUT: Final = httpx2.Timeout(60.0, connect=10.0)
READ_BYTES: Final = 256 * 1024
_KEY = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*", re.ASCII)
# Of the whole store and not of a request: not ours, too many requests, its own fault.
_AWAY = frozenset({401, 403, 408, 429})
# Of an upload whose pieces the store does not have (any more).
_FORGOTTEN = frozenset({"NoSuchUpload", "InvalidPart", "InvalidPartOrder"})


def is_key(text: str) -> bool:
    """Return whether an object may be called so: no name that would have to be escaped."""
    return _KEY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of an upload, as the store took it. Numbers begin with 1."""

    number: int
    etag: str


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What the store says of an object.

    Its checksums are not asked for: some stores keep what they were told instead of computing.
    """

    key: str
    bytes: int


class ObjectStore:
    """One bucket. `url` is the bucket's own: `https://host/bucket` or `https://bucket.host`.

    Raise StoreAway whatever is asked when the store cannot be used, RequestRefused when it
    refuses one request.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        clock: Callable[[], datetime],
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = httpx2.URL(url.rstrip("/"))
        self._credentials = credentials
        self._clock = clock
        # No proxy of the environment: what is sent are pictures of pupils.
        self._http = httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False, transport=transport)

    @property
    def url(self) -> str:
        """Return the bucket's address."""
        return str(self._url)

    async def close(self) -> None:
        """Give back the connections."""
        await self._http.aclose()

    async def put(self, key: str, body: bytes, sha256: str) -> None:
        """Store a whole object. `sha256` (hexadecimal) is what `body` must be when it arrives."""
        await self._ask("PUT", key, body=body, body_sha256=sha256)

    async def begin(self, key: str) -> str:
        """Begin an upload in pieces and return its id."""
        answer = await self._ask("POST", key, query={"uploads": ""})
        found = _element(answer.text, "UploadId")
        if found is None:
            raise RequestRefused("no id was given to an upload")
        return found

    async def put_piece(self, key: str, upload_id: str, number: int, body: bytes) -> Piece:
        """Store one piece; all but the last have 5 MiB at least. Raise UploadForgotten."""
        sha256 = await asyncio.to_thread(_sha256, body)
        query = {"partNumber": str(number), "uploadId": upload_id}
        answer = await self._ask("PUT", key, query=query, body=body, body_sha256=sha256)
        etag = answer.headers.get("etag")
        if etag is None:
            raise RequestRefused("a piece was taken without an ETag")
        return Piece(number, etag)

    async def complete(self, key: str, upload_id: str, pieces: Sequence[Piece]) -> None:
        """Make an object of the pieces. Raise UploadForgotten."""
        body = _completion(pieces).encode()
        answer = await self._ask(
            "POST",
            key,
            query={"uploadId": upload_id},
            body=body,
            body_sha256=hashlib.sha256(body).hexdigest(),
            headers={"content-type": "application/xml"},
        )
        # 200 is sent before the work is done: what went wrong meanwhile is in the body.
        if "<Error>" in answer.text:
            raise _refusal(500, answer.text)

    async def abort(self, key: str, upload_id: str) -> None:
        """Have the store forget an upload and its pieces; nothing if it has already."""
        try:
            await self._ask("DELETE", key, query={"uploadId": upload_id})
        except (ObjectMissing, UploadForgotten):
            return

    async def look(self, key: str) -> StoredObject | None:
        """Say what the store has under this key, or None."""
        try:
            answer = await self._ask("HEAD", key)
        except ObjectMissing:
            return None
        return StoredObject(key, int(answer.headers.get("content-length", "-1")))

    async def read(self, key: str, first: int, last: int) -> AsyncGenerator[bytes]:
        """Give bytes `first` to `last` of an object. Raise ObjectMissing.

        An answer that ends early is a StoreAway, after what came of it.
        """
        request = self._request("GET", key, headers={"range": f"bytes={first}-{last}"})
        left = last - first + 1
        async with self._sent(request) as answer:
            # A store may answer a range that is the whole with 200; no other may it leave out.
            length = answer.headers.get("content-length")
            if length != str(left):
                raise RequestRefused(f"{length} bytes were offered of {left} asked for")
            async for piece in answer.aiter_raw(READ_BYTES):
                left -= len(piece)
                yield piece
        if left:
            raise StoreAway("an answer ended early")

    async def sha256(self, key: str, size: int) -> str:
        """Return the SHA-256 (hexadecimal) of what is stored, by reading all of it."""
        digest = hashlib.sha256()
        if size:
            async for piece in self.read(key, 0, size - 1):
                digest.update(piece)
        return digest.hexdigest()

    async def delete(self, key: str) -> None:
        """Delete an object; nothing if there is none."""
        try:
            await self._ask("DELETE", key)
        except ObjectMissing:
            return

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Give all objects whose keys begin with `prefix`."""
        query = {"list-type": "2", "prefix": prefix}
        while True:
            text = (await self._ask("GET", "", query=query)).text
            for entry in re.findall(r"<Contents>(.*?)</Contents>", text, re.DOTALL):
                key, size = _element(entry, "Key"), _element(entry, "Size")
                if key is None or size is None:
                    raise RequestRefused("a list names an object without key or size")
                yield StoredObject(key, int(size))
            following = _element(text, "NextContinuationToken")
            if _element(text, "IsTruncated") != "true" or not following:
                return
            query["continuation-token"] = following

    async def _ask(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        body_sha256: str = NO_BODY,
    ) -> httpx2.Response:
        """Ask and return the whole answer."""
        request = self._request(
            method, key, query=query, headers=headers, body=body, body_sha256=body_sha256
        )
        async with self._sent(request) as answer:
            await answer.aread()
            return answer

    def _request(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        body_sha256: str = NO_BODY,
    ) -> httpx2.Request:
        assert not key or is_key(key), key
        path = f"{self._url.path.rstrip('/')}/{key}"
        signed = signed_headers(
            self._credentials,
            method=method,
            host=self._url.netloc.decode(),
            path=path,
            query=query or {},
            headers=headers or {},
            body_sha256=body_sha256,
            now=self._clock(),
        )
        target = encode_path(path) + (f"?{encode_query(query)}" if query else "")
        return httpx2.Request(
            method,
            self._url.copy_with(raw_path=target.encode()),
            headers=signed | ({"content-length": str(len(body))} if method in _WITH_BODY else {}),
            content=_slices(body) if method in _WITH_BODY else None,
        )

    @asynccontextmanager
    async def _sent(self, request: httpx2.Request) -> AsyncIterator[httpx2.Response]:
        """Send a request and give its answer, if it is a good one, while the body is open."""
        try:
            answer = await self._http.send(request, stream=True)
            try:
                if not answer.is_success:
                    await answer.aread()
                    raise _refusal(answer.status_code, answer.text)
                yield answer
            finally:
                await answer.aclose()
        except httpx2.TransportError as error:
            raise StoreAway(f"not reached: {type(error).__name__}") from error


_WITH_BODY = frozenset({"PUT", "POST"})


async def _slices(body: bytes) -> AsyncIterator[bytes]:
    """Give a body bit by bit: encrypting it at once would hold up the lessons of this loop."""
    for first in range(0, len(body), READ_BYTES):
        yield body[first : first + READ_BYTES]


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _completion(pieces: Sequence[Piece]) -> str:
    lines = "".join(
        f"<Part><PartNumber>{piece.number}</PartNumber><ETag>{escape(piece.etag)}</ETag></Part>"
        for piece in pieces
    )
    return (
        '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"{lines}</CompleteMultipartUpload>"
    )


def _refusal(status: int, text: str) -> StoreError:
    """Return what an answer that is not a good one means. Its text may be anything."""
    code = (_element(text, "Code") or "")[:60]
    reason = f"{status} {code}".strip()
    if code in _FORGOTTEN:
        return UploadForgotten(reason)
    if status == 404 and code != "NoSuchBucket":
        return ObjectMissing(reason)
    if status >= 500 or status in _AWAY or code == "NoSuchBucket" or 300 <= status < 400:
        return StoreAway(reason)
    return RequestRefused(reason)


def _element(text: str, name: str) -> str | None:
    found = re.search(f"<{name}>([^<]*)</{name}>", text)
    return unescape(found[1]) if found else None

"""A creation asked for twice happens once: the `Idempotency-Key` of a POST.

A router made with `route_class=IdempotentRoute` takes the header on all of its POST routes. The
first request with a key claims it in a transaction of its own, so that others see it at once. Its
answer is written in the very transaction that holds its effect: both are there, or neither. The
same request by the same caller is given that answer again; another request with its key is refused
(422, draft-ietf-httpapi-idempotency-key-header section 2.7). One from another version (`If-Match`)
is another: between a step and the same step later may lie its opposite. A request that is refused
gives its key back, for it has left nothing behind.

After `FORGOTTEN_AFTER` a key may be used anew.

An answer is kept as it was given. So a route that tells a secret, of which the database has no
more than the hash, takes no key; `tests/app/test_idempotent_posts.py` names every POST without.
"""

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import Message
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import JSON, LargeBinary, Result, String, UniqueConstraint, delete, update
from sqlalchemy import select as select_rows
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import Now
from app.database import Base, Database, Db, Id, is_one
from app.errors import Problem
from app.files import MOST_BYTES, FileTooLarge
from app.security import Callers, identify, made_by

HEADER = "Idempotency-Key"
LONGEST_KEY = 80
FORGOTTEN_AFTER = timedelta(hours=24)
# Longer than a request takes: whoever has not answered by then was killed, or has failed to commit.
GIVEN_UP_AFTER = timedelta(seconds=60)
# What a request with a key may bring: it is read as a whole, to be told from another. The largest
# file that is taken, and the form around it.
MOST_BODY_BYTES = MOST_BYTES + 64 * 1024
# What is kept of an answer beside its body.
KEPT_HEADERS = ("content-type", "etag", "location")


class KeyReused(Problem):
    """The key belongs to another request."""

    status, type, title = 422, "idempotency-key-reused", "This key was used for something else"


class StillRunning(Problem):
    """The first request with this key has not been answered yet."""

    status, type, title = 409, "still-running", "The first request is still running"


class IdempotencyKey(Base):
    """A key, the request it was used for, and the answer. `status` None: there is none yet."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("caller", "key"),)

    id: Mapped[Id]
    caller: Mapped[str] = mapped_column(String(48))
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    request_hash: Mapped[str] = mapped_column(String(64))
    attempt: Mapped[UUID] = mapped_column(unique=True)
    claimed_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


class _Replay(Exception):
    """The request was answered before."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


@dataclass(slots=True)
class _Attempt:
    """One request with a key, while it runs. `db`: the transaction its effect is made in."""

    request_hash: str
    id: UUID = field(default_factory=uuid4)
    db: AsyncSession | None = None


class IdempotentRoute(APIRoute):
    """A route that keeps its promise to an `Idempotency-Key`, when it is a POST."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if "POST" in (options.get("methods") or ()):
            options["dependencies"] = [*(options.get("dependencies") or ()), Depends(_claim)]
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route: replay, or record the answer beside the effect."""
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            if request.method != "POST" or HEADER not in request.headers:
                return await handle(request)
            attempt = _Attempt(await _hash(request))
            request.state.attempt = attempt
            try:
                answer = await handle(request)
                if attempt.db is not None:
                    await _record(attempt.db, attempt, answer)
            except _Replay as replay:
                return replay.answer
            except Exception:
                if attempt.db is not None:
                    await _give_back(request.app.state.database, attempt)
                raise
            return answer

        return handle_once


async def _hash(request: Request) -> str:
    """Return what tells this request from another: method, path, query, version seen and body."""
    digest = hashlib.sha256()
    for part in (
        request.method.encode(),
        request.url.path.encode(),
        request.url.query.encode(),
        request.headers.get("If-Match", "").encode(),
    ):
        digest.update(len(part).to_bytes(4, "big") + part)
    body = await _read(request)
    if boundary := _boundary(request.headers.get("content-type", "")):
        body = body.replace(boundary, b"")
    digest.update(body)
    return digest.hexdigest()


async def _read(request: Request) -> bytes:
    """Read the body, and leave it to be read again. Raise FileTooLarge as soon as it is."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BODY_BYTES:
            raise FileTooLarge(
                f"At most {MOST_BYTES // (1024 * 1024)} MiB: split it.", most_bytes=MOST_BYTES
            )
        pieces.append(piece)
    # Where Starlette itself leaves what `body` has read, which has no limit.
    request._body = b"".join(pieces)
    return request._body


def _boundary(content_type: str) -> bytes:
    """Return what parts a form, which a browser draws anew each time (RFC 2046 section 5.1.1)."""
    header = Message()
    header["Content-Type"] = content_type
    try:
        return (header.get_boundary() or "").encode("latin-1", "replace")
    except ValueError:  # in a character set that cannot say it: no form is read by it either
        return b""


async def _claim(
    request: Request,
    callers: Annotated[Callers, Depends(identify)],
    db: Db,
    now: Now,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=LONGEST_KEY,
            pattern=r"^[\x21-\x7e]+$",
            description="A word of the caller's choice, new for each thing to be made. The same "
            "request sent again with it is given the first one's answer and makes nothing. The "
            "same is of one method, address, body and `If-Match`: a step that is taken from "
            "another version is another, and needs another key.",
        ),
    ] = None,
) -> None:
    """Claim the key, or raise the answer it stands for. Whoever is nobody has no keys."""
    caller = _name(made_by(request, callers))
    if idempotency_key is None or caller is None:
        return
    attempt: _Attempt = request.state.attempt
    database: Database = request.app.state.database
    row = IdempotencyKey(
        caller=caller,
        key=idempotency_key,
        request_hash=attempt.request_hash,
        attempt=attempt.id,
        claimed_at=now,
    )
    try:
        async with database.unit_of_work() as own:
            own.add(row)
    except IntegrityError:
        async with database.unit_of_work() as own:
            await _take_over(own, attempt, caller=caller, key=idempotency_key, now=now)
    attempt.db = db


def _name(callers: Callers) -> str | None:
    if callers.person is not None:
        return f"person:{callers.person.person_id}"
    return f"device:{callers.device.device_id}" if callers.device is not None else None


async def _take_over(
    db: AsyncSession, attempt: _Attempt, *, caller: str, key: str, now: datetime
) -> None:
    """Claim a key that was used before. Raise KeyReused, StillRunning, or its answer."""
    row = await db.scalar(
        select_rows(IdempotencyKey).where(
            IdempotencyKey.caller == caller, IdempotencyKey.key == key
        )
    )
    if row is None:  # it was given back this very moment
        raise StillRunning("Send it again.", retry_after_s=1)
    is_forgotten = row.claimed_at <= now - FORGOTTEN_AFTER
    if not is_forgotten:
        if row.request_hash != attempt.request_hash:
            raise KeyReused("Choose a new key for each thing you make.")
        if row.status is not None:
            raise _Replay(Response(row.body, row.status, headers=row.headers))
        if row.claimed_at > now - GIVEN_UP_AFTER:
            raise StillRunning("Send it again a little later.", retry_after_s=2)
    taken = await db.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.id == row.id, IdempotencyKey.attempt == row.attempt)
        .values(
            request_hash=attempt.request_hash,
            attempt=attempt.id,
            claimed_at=now,
            status=None,
            headers=None,
            body=None,
        )
    )
    _require_one(taken)


def _require_one(changed: Result[Any]) -> None:
    """Raise StillRunning when another request has taken the key over."""
    if not is_one(changed):
        raise StillRunning("Send it again a little later.", retry_after_s=2)


async def _record(db: AsyncSession, attempt: _Attempt, answer: Response) -> None:
    """Write the answer into the transaction that holds the effect.

    Raise StillRunning, which undoes the effect, when this request was so slow that another
    has taken its place.
    """
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    _require_one(
        await db.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.attempt == attempt.id)
            .values(status=answer.status_code, headers=headers, body=bytes(answer.body))
        )
    )


async def _give_back(database: Database, attempt: _Attempt) -> None:
    """Let a refused request be sent again: nothing has come of it."""
    assert attempt.db is not None
    await attempt.db.rollback()  # with SQLite it may hold the lock that the next line needs
    async with database.unit_of_work() as own:
        await own.execute(delete(IdempotencyKey).where(IdempotencyKey.attempt == attempt.id))


async def forget_old(db: AsyncSession, *, now: datetime) -> None:
    """Delete the keys that may be used anew."""
    await db.execute(
        delete(IdempotencyKey).where(IdempotencyKey.claimed_at <= now - FORGOTTEN_AFTER)
    )

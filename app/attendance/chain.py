"""The chain of a lesson's events: each row's hash covers the row and the hash before it.

An edited, deleted, inserted or moved row no longer fits, and is named. The number and the
hash of the newest row are kept with the session, so that a row cut off the end shows too.
What this cannot show is somebody who rewrites every later row *and* the session; the hash
in the session is what an exported or printed copy is compared with.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """One row as it is hashed. `hash` is what the row claims."""

    session_id: UUID
    number: int
    clock_ms: int
    written_at: datetime
    type: str
    seat_id: str | None
    actor: str | None
    payload: Mapping[str, Any]
    previous_hash: str
    hash: str = ""


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """Whether a chain holds; if not, the number of the first row that does not fit.

    A missing row is named by its own number.
    """

    events: int
    broken_at: int | None

    @property
    def is_intact(self) -> bool:
        """Return whether every row is there and is what it was."""
        return self.broken_at is None


def hash_of(link: Link) -> str:
    """Return the SHA-256, in hex, of the previous hash and the canonical row.

    Canonical: JSON with sorted keys, no spaces, UTF-8, times in UTC to the microsecond.
    """
    row = {
        "session_id": str(link.session_id),
        "number": link.number,
        "clock_ms": link.clock_ms,
        "written_at": link.written_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "type": link.type,
        "seat_id": link.seat_id,
        "actor": link.actor,
        "payload": link.payload,
    }
    text = json.dumps(
        row, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(link.previous_hash.encode() + text.encode()).hexdigest()


def verify(links: Iterable[Link], *, count: int, head: str | None) -> ChainCheck:
    """Check rows, in the order of their numbers, against each other and the kept head."""
    seen, previous = 0, GENESIS
    for link in links:
        if link.number != seen + 1:
            return ChainCheck(count, seen + 1)
        if link.previous_hash != previous or hash_of(link) != link.hash:
            return ChainCheck(count, link.number)
        seen, previous = link.number, link.hash
    if seen < count:
        return ChainCheck(count, seen + 1)
    if seen > count or (count and previous != head):
        return ChainCheck(count, seen)
    return ChainCheck(count, None)

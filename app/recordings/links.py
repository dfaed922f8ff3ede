"""Links to parts of recordings: good for some hours, for one file, and for what `name` says.

Whoever makes them puts into the name who they are given to (`app.live.shift_links`), and asks
again, when they are followed, who does and with which right.
"""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from app.errors import Problem

PURPOSE = "links to parts of recordings"
_HOUR_S = 3600
HOURS = 6
"""A link is good for this long at least, and an hour more at most: a page that is loaded again
within the hour has the same ones."""


class LinkRefused(Problem):
    """The link was changed, or is too old: load the page again."""

    status, type, title = 403, "link-refused", "This link is not or no longer good"


class Links:
    """Makes and checks links. `key` (`Signer.secret`) is known to this installation only."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def until(self, now: datetime) -> int:
        """Return up to when links made now are good, in seconds since 1970."""
        return (int(now.timestamp()) // _HOUR_S + HOURS + 1) * _HOUR_S

    def query(self, recording_id: UUID, name: str, until: int) -> str:
        """Return the query of the link to what is called `name` in a recording."""
        return f"until={until}&key={self._proof(recording_id, name, until)}"

    def check(self, recording_id: UUID, name: str, *, until: int, key: str, now: datetime) -> None:
        """Raise LinkRefused unless `query` made this link and it is still good."""
        if not hmac.compare_digest(self._proof(recording_id, name, until), key):
            raise LinkRefused("The link was changed. Load the page again.")
        if now.timestamp() >= until:
            raise LinkRefused("The link is too old. Load the page again.")

    def _proof(self, recording_id: UUID, name: str, until: int) -> str:
        message = f"{recording_id} {until} {name}".encode()
        digest = hmac.digest(self._key, message, sha256)
        return urlsafe_b64encode(digest[:18]).decode()

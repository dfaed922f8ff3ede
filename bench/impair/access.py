"""Who a seat of a lesson is, and the requests it makes of the application as its page would."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from app.security import CSRF_HEADER

#: A connection that does not open is tried again; one that has opened may be slow.
OPEN_S = 3.0
_ANSWER_S = 10.0


class Refused(Exception):
    """The server said no; the message is its answer."""


@dataclass(slots=True)
class Access:
    """Who a seat is, and from which address it reaches which server.

    `through` changes an SDP of the server before it is used: a proxy in between names
    itself there.
    """

    url: str
    host: str
    cookies: Mapping[str, str]
    lesson_id: str
    role: str
    through: Callable[[str], str] = str


class Requests:
    """The requests of one seat, over connections that are kept alive."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._csrf = ""
        self._client = self._new_client()

    def _new_client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            base_url=self._access.url,
            cookies=dict(self._access.cookies),
            timeout=httpx2.Timeout(_ANSWER_S, connect=OPEN_S),
            transport=httpx2.AsyncHTTPTransport(local_address=self._access.host),
        )

    async def post(self, path: str, content: Any = None) -> Any:  # JSON both ways
        """Send a request as the page does. Raise Refused."""
        await self.load()
        headers = {CSRF_HEADER: self._csrf, "Origin": self._access.url}
        answer = await self._client.post(path, json=content, headers=headers)
        if answer.is_error:
            raise Refused(f"{path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    async def get(self, path: str, **fields: Any) -> httpx2.Response:
        """Ask for something, whatever the answer."""
        return await self._client.get(path, **fields)

    async def load(self) -> None:
        """Do what loading the page does: a connection is open then, and the token known."""
        if not self._csrf:
            me = (await self._client.get("/api/me")).json()
            self._csrf = (me["person"] or me["device"])["csrf_token"]

    async def renew(self) -> None:
        """Go on with other connections: one kept alive over a cut is a dead one."""
        await self.close()
        self._client = self._new_client()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

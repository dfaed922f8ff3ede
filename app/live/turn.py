"""Time-limited credentials of the TURN relay (draft-uberti-behave-turn-rest-00, as coturn has it).

The user name says until when, who and where; the password is its HMAC under a secret that the
platform and the relay share. Nothing is stored, and nothing can be used after the lesson.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.live.schemas import IceServerOut

#: A lesson may run over its plan, and whoever is in it then may have to connect once more.
GRACE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class TurnRelay:
    """The relay of this installation, if it has one. `urls` as RFC 7065 writes them."""

    urls: tuple[str, ...]
    secret: str

    def servers(self, *, holder: str, room: str, ends_at: datetime) -> list[IceServerOut]:
        """Return what RTCPeerConnection takes as `iceServers`, of use until soon after `ends_at`.

        `holder` and `room` are ids: the relay counts allocations by them, and its log names them.
        """
        if not self.urls:
            return []
        username = f"{int((ends_at + GRACE).timestamp())}:{holder}:{room}"
        digest = hmac.digest(self.secret.encode(), username.encode(), "sha1")
        return [
            IceServerOut(
                urls=list(self.urls),
                username=username,
                credential=base64.b64encode(digest).decode(),
            )
        ]

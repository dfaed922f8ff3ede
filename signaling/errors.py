"""What can be refused, and why a connection is closed: the codes a page turns into words.

A command that cannot be carried out raises `SignalError` and is answered with an `error`;
the session goes on. When it cannot go on, the socket is closed with a `CloseCode`. A bug
is neither: it propagates, and kills its room only.
"""

from enum import IntEnum, StrEnum


class ErrorCode(StrEnum):
    """The codes of an `error` message."""

    # The message itself.
    MALFORMED = "malformed"
    TOO_FAST = "too_fast"

    # The rules of the room.
    NOT_ALLOWED = "not_allowed"
    PAUSED = "paused"
    NO_SUCH_SEAT = "no_such_seat"
    SEAT_ABSENT = "seat_absent"
    STAGE_FULL = "stage_full"
    NOT_ON_STAGE = "not_on_stage"
    NOT_BLOCKED = "not_blocked"

    # Media negotiation; the words of `media.interface.NegotiationRefused`.
    SDP_MALFORMED = "sdp_malformed"
    SDP_TOO_LARGE = "sdp_too_large"
    TOO_MANY_MEDIA = "too_many_media"
    DATA_CHANNEL_REFUSED = "data_channel_refused"
    SOURCE_UNKNOWN = "source_unknown"
    CODEC_UNSUPPORTED = "codec_unsupported"
    NO_SUCH_PEER = "no_such_peer"
    STALE_ANSWER = "stale_answer"

    # Entry; the words of `signaling.ports.Refused`. A close frame follows.
    TICKET_INVALID = "ticket_invalid"
    TICKET_USED = "ticket_used"
    TICKET_EXPIRED = "ticket_expired"
    LESSON_NOT_OPEN = "lesson_not_open"
    LESSON_OVER = "lesson_over"
    NOT_INVITED = "not_invited"
    BLOCKED = "blocked"
    NO_SUCH_ROOM = "no_such_room"

    # The server.
    UNAVAILABLE = "unavailable"


class CloseCode(IntEnum):
    """Why the server closed a WebSocket (RFC 6455 section 7.4; 4000-4999 are private use)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    INTERNAL = 1011
    SERVICE_RESTART = 1012
    MALFORMED = 4400
    NO_TICKET = 4401
    NOT_ADMITTED = 4403
    NO_SUCH_ROOM = 4404
    SILENT = 4408
    REPLACED = 4409
    LESSON_OVER = 4410
    PUT_OUT = 4411
    SUPERSEDED = 4412
    TOO_SLOW_OR_FAST = 4429


class SignalError(Exception):
    """A command refused. `detail` is a sentence for people; it repeats nothing they sent."""

    def __init__(self, code: ErrorCode | str, detail: str) -> None:
        super().__init__(detail)
        self.code = str(code)
        self.detail = detail

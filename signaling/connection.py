"""What a room asks of a socket."""

from typing import Protocol

from signaling import wire
from signaling.errors import CloseCode
from signaling.messages import AnyServerMessage


class Connection(Protocol):
    """A socket as a room sees it. No method waits, and none fails on a closed one."""

    def send(self, text: str) -> None:
        """Queue a message."""

    def send_fact(self, tail: str) -> None:
        """Queue a fact, numbered by this connection (`wire.with_seq`)."""

    def close(self, code: CloseCode, reason: str) -> None:
        """Close after what is queued."""


def answer(connection: Connection, message: AnyServerMessage) -> None:
    """Send a message that is no fact."""
    connection.send(wire.encode(message))

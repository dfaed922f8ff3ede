"""The server with a leak: of every room it keeps one seat's receiving connection for ever.

To try the judge of `make soak`, which must fail it:

    make soak ARGS="--server tests.bench.leaking_server"
"""

from app.cli import main
from media.connection import SubscribeConnection
from media.core.ids import RoomId
from media.driver import RoomDriver
from media.transport import Transport

kept: dict[RoomId, Transport] = {}
_forget_owner = Transport.forget_owner


def room_of(connection: SubscribeConnection) -> RoomId:
    """Return the room a connection is in."""
    room = connection._home
    assert isinstance(room, RoomDriver)
    return room._room_id


def keep_the_first_of_each_room(self: Transport) -> None:
    """Let go of the owner as the product does, but keep the rest."""
    if isinstance(self.owner, SubscribeConnection):
        kept.setdefault(room_of(self.owner), self)
    _forget_owner(self)


if __name__ == "__main__":
    Transport.forget_owner = keep_the_first_of_each_room  # type: ignore[method-assign] # the leak
    main()

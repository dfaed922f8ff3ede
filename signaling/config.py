"""What the live plane is told when it starts: frozen, built in `app.main`."""

from dataclasses import dataclass, field

from signaling.messages import SILENT_AFTER_S


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: `burst` at once, then `per_s` a second."""

    per_s: float
    burst: float


@dataclass(frozen=True, slots=True)
class RoomConfig:
    """The times and rates of a room's rules."""

    lecturer_absent_s: float = 600.0
    media_grace_s: float = 10.0
    presence_interval_s: float = 2.0
    light_interval_s: float = 5.0
    chat_kept: int = 200
    quick_messages_kept: int = 100
    say: Rate = Rate(per_s=0.5, burst=5)
    quick_message: Rate = Rate(per_s=1 / 3, burst=1)
    classroom_action: Rate = Rate(per_s=2, burst=10)
    negotiation: Rate = Rate(per_s=1, burst=10)
    link_measured: Rate = Rate(per_s=0.5, burst=2)


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """The bounds of one WebSocket.

    It is given up when it has been silent for `silent_after_s` and the seat's media has too:
    then the line is cut. Silence alone may be TCP, which on a line that loses a fifth repeats
    ever more rarely: then it is given `silent_at_most_s`, in which the page comes back with
    another socket and its seat is never away.
    """

    silent_after_s: float = SILENT_AFTER_S
    silent_at_most_s: float = 15.0
    receive: Rate = Rate(per_s=30, burst=60)
    malformed_per_minute: int = 20
    send_queue_messages: int = 256
    send_queue_bytes: int = 1_000_000
    close_timeout_s: float = 1.0


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """Everything the hub is told. Times in seconds on the monotonic clock."""

    room: RoomConfig = field(default_factory=RoomConfig)
    session: SessionConfig = field(default_factory=SessionConfig)
    media_timeout_s: float = 10.0
    ledger_retry_max_s: float = 5.0
    ledger_queue_events: int = 20_000
    drain_s: float = 5.0
    reopen_wait_s: float = 5.0
    return_ticket_s: float = 180.0
    announced_ticket_s: float = 8.0
    announced_tickets: int = 500

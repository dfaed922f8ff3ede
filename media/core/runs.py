"""What a plane that forwards by itself does of an up-track's work, as the core sees it.

Such a plane takes in-order packets into the same timeline as the core, only sooner: it has sent
a packet to every row of its table before the core hears of it. So the core tells it when a row
begins and ends, and learns at its end how far it really got. Without such a plane (`None` where
a `Runs` is expected) the core does all of this itself.
"""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from media.core.arrival_digest import Digest
from media.core.packet_cache import CachedPacket
from media.core.rtcp import TransportFeedback
from media.core.rtp import Buffer, ParsedRtp

if TYPE_CHECKING:
    from media.core.downtrack import DownTrack
    from media.core.publisher import Publisher
    from media.core.uptrack import UpTrack


class Seen(NamedTuple):
    """Where the plane has put a packet: its extended number in the stream numbered `stream`.

    `packets` and `octets` are those in order before it. `is_sent`: it was in order and kept, so
    every row has it or gets it when it begins; otherwise the core sends it, if anybody does.
    """

    stream: int
    ext_seq: int
    packets: int
    octets: int
    is_sent: bool


class Progress(NamedTuple):
    """How far a stream had got when a row of it ended; `newest` is how its last payload begins.

    `at` is when its last packet arrived; `rtx_seq` the last number of a retransmission.
    """

    ext_seq: int
    timestamp: int
    at: float
    packets: int
    octets: int
    newest: bytes
    rtx_seq: int


class Runs(Protocol):
    """The rows of one room in a plane that forwards by itself. Every call takes effect at once."""

    def take(self, up: "UpTrack", header: ParsedRtp, buffer: Buffer, now: float) -> Seen:
        """Take a packet the plane could not attribute, or that came inside another."""

    def keep(self, up: "UpTrack", ext_seq: int, packet: CachedPacket) -> None:
        """Keep a packet that was not taken in order, to answer NACKs with."""

    def begin(self, up: "UpTrack", down: "DownTrack", after_ext: int) -> None:
        """Send to `down` whatever came after `after_ext`, from now on by yourself."""

    def end(self, up: "UpTrack", down: "DownTrack") -> Progress | None:
        """Send nothing more to `down`; None if nothing of the stream has come."""

    def changed(self, up: "UpTrack") -> None:
        """Look at the stream, its payload types, who wants or awaits it, how long it is kept."""

    def limit_resends(self, link: object, limit: tuple[float, float] | None) -> None:
        """Resend to the subscriber of `link` at most so many bytes a second, in such bursts."""

    def use_repairs(self, link: object, under_way_s: float) -> None:
        """Repair unasked what the subscriber of `link` misses; 0: it has a short line."""

    def digest(self, link: object, feedback: TransportFeedback, now: float) -> Digest | None:
        """Digest feedback of the subscriber of `link` that came among what only the core reads.

        What it misses is repaired, as after any other feedback.
        """

    def bound(self, publisher: "Publisher") -> None:
        """Look at which SSRCs the publisher's up-tracks are known by."""

    def forgotten(self, up: "UpTrack") -> None:
        """Forget an up-track that is no more; its rows have ended."""

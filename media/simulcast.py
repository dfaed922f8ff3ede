"""The encodings of a media section, read from SDP lines (RFC 8851, RFC 8853).

aiortc's parser drops `a=rid` and `a=simulcast`; without them in the answer a browser sends
its smallest encoding alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from media.interface import NegotiationRefused

#: Three sizes serve every line there is; more cost the publisher, whom nobody can help.
MAX_ENCODINGS = 3

# RFC 8852 section 3.1: letters and digits; RFC 8851 section 10 allows "-" and "_" too.
_RID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_RID_LINE = re.compile(r"a=rid:(\S+) (send|recv)(?: (\S+))?\s*")
_SIMULCAST_LINE = re.compile(r"a=simulcast:\s*(.*?)\s*")

_WAYS = {"send", "recv"}

#: Our pages' names, smallest first. Of other names the first offered counts as the smallest.
_BY_SIZE = ("q", "h", "f")


@dataclass(frozen=True, slots=True)
class OfferedEncodings:
    """The rids a section would send, in its order; empty if it sends one encoding, unnamed.

    `payload_types` restricts an encoding to these; no entry means any.
    """

    rids: tuple[str, ...] = ()
    payload_types: tuple[tuple[str, frozenset[int]], ...] = ()

    def layer_of(self, rid: str) -> int:
        """Return the layer of an encoding: 0 is the smallest."""
        if set(self.rids) <= set(_BY_SIZE):
            return sorted(self.rids, key=_BY_SIZE.index).index(rid)
        return self.rids.index(rid)

    def allows(self, payload_type: int) -> bool:
        """Return whether every encoding may be sent with this payload type."""
        return all(payload_type in allowed for _, allowed in self.payload_types)


def read_encodings(lines: Sequence[str]) -> OfferedEncodings:
    """Read one media section's lines. Raise NegotiationRefused, or ValueError for no number."""
    told = [found for line in lines if (found := _SIMULCAST_LINE.fullmatch(line))]
    if not told:
        return OfferedEncodings()
    if len(told) > 1 or not lines[0].startswith("m=video"):
        raise NegotiationRefused("sdp_malformed", "a=simulcast is out of place")
    rids = _streams_sent(told[0][1])
    restrictions = _rid_lines(lines)
    if len(rids) > MAX_ENCODINGS:
        raise NegotiationRefused("too_many_media", f"more than {MAX_ENCODINGS} encodings")
    if len(set(rids)) != len(rids) or not all(rid in restrictions for rid in rids):
        raise NegotiationRefused("sdp_malformed", "every encoding needs a rid of its own")
    allowed = ((rid, _payload_types(restrictions[rid])) for rid in rids)
    return OfferedEncodings(rids, tuple((rid, types) for rid, types in allowed if types))


def _streams_sent(value: str) -> tuple[str, ...]:
    """Return the rids after `send`: the first of alternatives, paused or not."""
    words = value.split()
    pairs = dict(zip(words[::2], words[1::2], strict=False))
    if len(words) not in (2, 4) or len(pairs) * 2 != len(words) or not pairs.keys() <= _WAYS:
        raise NegotiationRefused("sdp_malformed", "a=simulcast cannot be read")
    streams = pairs.get("send", "")
    if not streams:
        return ()
    return tuple(stream.split(",")[0].removeprefix("~") for stream in streams.split(";"))


def _rid_lines(lines: Sequence[str]) -> dict[str, str]:
    """Return the restrictions of each rid the section sends."""
    restrictions: dict[str, str] = {}
    for line in lines:
        if not line.startswith("a=rid:"):
            continue
        found = _RID_LINE.fullmatch(line)
        if found is None or not _RID.fullmatch(found[1]):
            raise NegotiationRefused("sdp_malformed", "a=rid cannot be read")
        if found[2] != "send":
            continue
        if found[1] in restrictions:
            raise NegotiationRefused("sdp_malformed", "a rid is named twice")
        restrictions[found[1]] = found[3] or ""
    return restrictions


def _payload_types(restrictions: str) -> frozenset[int]:
    for restriction in restrictions.split(";"):
        name, _, value = restriction.partition("=")
        if name == "pt":
            return frozenset(int(number) for number in value.split(","))
    return frozenset()

"""SRTP in place: two buffers per peer, no copy and no allocation per packet.

aiortc's DTLS transport derives the keys; its two libsrtp sessions are used through
pylibsrtp's own binding, because `Session.unprotect` copies every packet twice.
"""

from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

BUFFER_BYTES = 2048


class InPlaceSrtp:
    """Protects what lies at the start of `outbox`, unprotects what lies at that of `inbox`.

    Two buffers, so that sending while a received packet is being looked at harms neither.

    Each method takes the length of the packet and returns its new length, or a
    negative number when libsrtp refused it (its `srtp_err_status_t`, negated).
    """

    def __init__(self, *, receiving: Session, sending: Session) -> None:
        # Sessions are kept: libsrtp's memory is freed when they are collected.
        self._sessions = (receiving, sending)
        self._receiving = receiving._srtp[0]
        self._sending = sending._srtp[0]
        self._in = ffi.new("unsigned char[]", BUFFER_BYTES)
        self._out = ffi.new("unsigned char[]", BUFFER_BYTES)
        self._length = ffi.new("int *")
        self.inbox = memoryview(ffi.buffer(self._in))
        self.outbox = memoryview(ffi.buffer(self._out))

    def protect_rtp(self, length: int) -> int:
        """Encrypt the RTP packet in its buffer."""
        self._length[0] = length
        status = lib.srtp_protect(self._sending, self._out, self._length)
        return -int(status) if status else int(self._length[0])

    def protect_rtcp(self, length: int) -> int:
        """Encrypt the compound RTCP packet in its buffer."""
        self._length[0] = length
        status = lib.srtp_protect_rtcp(self._sending, self._out, self._length)
        return -int(status) if status else int(self._length[0])

    def unprotect_rtp(self, length: int) -> int:
        """Authenticate and decrypt the SRTP packet in its buffer."""
        self._length[0] = length
        status = lib.srtp_unprotect(self._receiving, self._in, self._length)
        return -int(status) if status else int(self._length[0])

    def unprotect_rtcp(self, length: int) -> int:
        """Authenticate and decrypt the SRTCP packet in its buffer."""
        self._length[0] = length
        status = lib.srtp_unprotect_rtcp(self._receiving, self._in, self._length)
        return -int(status) if status else int(self._length[0])

"""Connectivity checks for tests, written as a browser writes them (RFC 8445 section 7.1)."""

from aioice import stun


def check(ufrag: str, password: str, *, nominates: bool = False) -> bytes:
    """Return a check for the connection with this name, signed with this password."""
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{ufrag}:theirs"
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLING"] = 1
    if nominates:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    message.add_fingerprint()
    return bytes(message)

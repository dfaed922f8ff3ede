"""What the forwarding core raises about input from outside."""


class MalformedPacket(ValueError):
    """Bytes from the network break the format they claim to have.

    The caller drops the packet and counts it; nothing of the packet may have taken
    effect. It is never raised for a mistake of ours: those are assertions.
    """

"""Let the kernel drop most of a stream at its receiver, so that one core can play 200 of them.

The server does all its work for every packet; only the receiver reads one of `every`. A classic
BPF program on the socket (filter.txt of the kernel's documentation) passes STUN, DTLS, RTCP, and
RTP whose sequence number is a multiple of `every`: RTP's header is in the clear (RFC 3711).
"""

import ctypes
import socket
import struct

# At a UDP socket a filter sees the datagram from its eight bytes of UDP header on.
_UDP_HEADER = 8
_SO_ATTACH_FILTER = getattr(socket, "SO_ATTACH_FILTER", 26)  # Linux; not in every Python

# Opcodes of linux/bpf_common.h.
_LOAD_BYTE, _LOAD_HALF = 0x30, 0x28
_JUMP_GREATER, _JUMP_AT_LEAST, _JUMP_SET = 0x25, 0x35, 0x45
_RETURN = 0x06
_ALL = 0xFFFF_FFFF


def _program(every: int) -> list[tuple[int, int, int, int]]:
    """Return (opcode, jump if true, jump if false, operand) for each instruction."""
    return [
        (_LOAD_BYTE, 0, 0, _UDP_HEADER),  # RFC 7983: RTP and RTCP begin with 128..191
        (_JUMP_AT_LEAST, 0, 6, 128),
        (_JUMP_GREATER, 5, 0, 191),
        (_LOAD_BYTE, 0, 0, _UDP_HEADER + 1),  # RFC 5761: 192..223 is RTCP
        (_JUMP_AT_LEAST, 0, 1, 192),
        (_JUMP_GREATER, 0, 2, 223),
        (_LOAD_HALF, 0, 0, _UDP_HEADER + 2),
        (_JUMP_SET, 1, 0, every - 1),
        (_RETURN, 0, 0, _ALL),
        (_RETURN, 0, 0, 0),
    ]


def attach(opened: socket.socket, every: int) -> None:
    """Let `opened` receive one RTP packet of `every`, a power of two. Raise OSError."""
    assert every.bit_count() == 1, "a power of two"
    program = _program(every)
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    instructions = ctypes.create_string_buffer(code)
    filter_program = struct.pack("HP", len(program), ctypes.addressof(instructions))
    opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, filter_program)
